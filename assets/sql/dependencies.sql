-- Direct edges between user objects; edges to system objects say nothing about a deployment.
SELECT object_id, referenced_object_id
FROM mz_internal.mz_object_dependencies
WHERE object_id LIKE 'u%' AND referenced_object_id LIKE 'u%'
