SELECT
    materialized_view_id,
    last_completed_refresh::text AS last_completed_refresh,
    next_refresh::text AS next_refresh
FROM mz_internal.mz_materialized_view_refreshes
WHERE materialized_view_id LIKE 'u%'
