-- Every time that a replica's process went away, with the reason where the server knows one.
SELECT
    replica_id,
    process_id::text AS process_id,
    reason,
    EXTRACT(EPOCH FROM occurred_at)::float8 AS occurred_at
FROM mz_internal.mz_cluster_replica_status_history
WHERE status = 'offline'
