SELECT id, name, schema_id, type, cluster_id, owner_id
FROM mz_catalog.mz_objects
WHERE id LIKE 'u%'
