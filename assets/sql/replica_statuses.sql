-- One row per process of a replica, of built-in clusters too: mz_catalog_server answers what we ask.
SELECT
    replica_id,
    process_id::text AS process_id,
    status,
    reason,
    EXTRACT(EPOCH FROM updated_at)::float8 AS since
FROM mz_internal.mz_cluster_replica_statuses
