-- Dataflows report under a global id of their own where an object was altered or replaced.
SELECT id, global_id
FROM mz_internal.mz_object_global_ids
WHERE id LIKE 'u%' AND id <> global_id
