SELECT cluster_id, strategy::text AS strategy, state::text AS state
FROM mz_internal.mz_cluster_auto_scaling_strategies
WHERE cluster_id LIKE 'u%'
