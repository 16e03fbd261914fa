SELECT bid_id, auction_id, buyer, amount, bid_time
FROM {{ ref('bids_enriched') }}
WHERE mz_now() <= bid_time + {{ minutes(30) }}
