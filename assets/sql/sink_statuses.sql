SELECT id, status, error, EXTRACT(EPOCH FROM last_status_change_at)::float8 AS since
FROM mz_internal.mz_sink_statuses
WHERE id LIKE 'u%'
