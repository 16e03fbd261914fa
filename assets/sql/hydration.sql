-- A NULL replica: no replica has reported the object yet.
SELECT object_id, replica_id, hydrated
FROM mz_internal.mz_hydration_statuses
WHERE object_id LIKE 'u%'
