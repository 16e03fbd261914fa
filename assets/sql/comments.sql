-- An id is unique per kind only, so the kind goes with it.
SELECT id, object_type, comment
FROM mz_internal.mz_comments
WHERE object_sub_id IS NULL AND object_type IN ('schema', 'cluster')
