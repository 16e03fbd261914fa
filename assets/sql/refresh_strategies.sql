SELECT materialized_view_id
FROM mz_internal.mz_materialized_view_refresh_strategies
WHERE materialized_view_id LIKE 'u%' AND type <> 'on-commit'
