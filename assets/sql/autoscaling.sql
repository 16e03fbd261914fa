SELECT cluster_id, strategy::text AS strategy
FROM mz_internal.mz_cluster_auto_scaling_strategies
WHERE cluster_id LIKE 'u%'
