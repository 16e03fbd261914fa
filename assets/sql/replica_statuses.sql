-- One row per process of a replica.
SELECT
    replica_id,
    process_id::text AS process_id,
    status,
    reason,
    EXTRACT(EPOCH FROM updated_at)::float8 AS since
FROM mz_internal.mz_cluster_replica_statuses
WHERE replica_id LIKE 'u%'
