-- Changes of a cluster's shape under way: the new replicas run beside the old ones (recorded: v26.39/20).
SELECT cluster_id, deadline::text AS deadline, on_timeout, changes::text AS changes
FROM mz_internal.mz_cluster_reconfigurations
WHERE cluster_id LIKE 'u%' AND status = 'in-progress'
