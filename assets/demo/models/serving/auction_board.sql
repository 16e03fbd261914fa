{{ config(indexes=[{'columns': ['auction_id']}, {'columns': ['highest_bid'], 'name': 'auction_board_by_price'}]) }}

SELECT totals.auction_id, totals.item, totals.bids, totals.highest_bid, auctions.end_time
FROM {{ ref('auction_totals') }} AS totals
JOIN {{ source('auction_house', 'auctions') }} AS auctions ON auctions.id = totals.auction_id
