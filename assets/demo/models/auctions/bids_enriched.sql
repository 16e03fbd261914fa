SELECT
    bids.id AS bid_id,
    bids.auction_id,
    auctions.item,
    users.name AS buyer,
    bids.amount,
    bids.bid_time
FROM {{ source('auction_house', 'bids') }} AS bids
JOIN {{ source('auction_house', 'auctions') }} AS auctions ON auctions.id = bids.auction_id
JOIN {{ source('auction_house', 'users') }} AS users ON users.id = bids.buyer
