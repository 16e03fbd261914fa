SELECT
    id::text AS id,
    role_id,
    client_ip,
    EXTRACT(EPOCH FROM connected_at)::float8 AS since
FROM mz_internal.mz_sessions
