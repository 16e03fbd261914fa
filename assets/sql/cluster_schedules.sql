SELECT cluster_id, type FROM mz_internal.mz_cluster_schedules WHERE cluster_id LIKE 'u%'
