SELECT object_id, replica_id, EXTRACT(EPOCH FROM hydration_time)::float8 AS seconds
FROM mz_internal.mz_compute_hydration_statuses
WHERE object_id LIKE 'u%' AND hydration_time IS NOT NULL
