SELECT
    replica_id,
    process_id::text AS process_id,
    cpu_percent::float8 AS cpu_percent,
    memory_percent::float8 AS memory_percent
FROM mz_internal.mz_cluster_replica_utilization
WHERE replica_id LIKE 'u%'
