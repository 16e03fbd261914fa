{{ config(materialized='materialized_view') }}

SELECT count(*) AS auctions, sum(bids) AS bids, max(highest_bid) AS highest_bid
FROM {{ ref('auction_totals') }}
