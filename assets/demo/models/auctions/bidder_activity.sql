SELECT
    buyer,
    count(DISTINCT auction_id) AS auctions,
    count(*) AS bids,
    sum(amount) AS amount
FROM {{ ref('bids_enriched') }}
GROUP BY buyer
