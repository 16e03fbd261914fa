SELECT
    id,
    session_id::text AS session_id,
    cluster_id,
    referenced_object_ids::text AS objects,
    EXTRACT(EPOCH FROM created_at)::float8 AS since
FROM mz_internal.mz_subscriptions
