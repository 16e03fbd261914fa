{{ config(indexes=[{'columns': ['buyer']}]) }}

SELECT buyer, bids, amount
FROM {{ ref('bidder_activity') }}
ORDER BY amount DESC
LIMIT 100
