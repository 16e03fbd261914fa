{{ config(indexes=[{'columns': ['auction_id'], 'cluster': 'serving', 'name': 'auction_totals_by_auction'}]) }}

SELECT
    auction_id,
    item,
    count(*) AS bids,
    max(amount) AS highest_bid
FROM {{ ref('bids_enriched') }}
GROUP BY auction_id, item
