SELECT id, name, database_id, owner_id
FROM mz_catalog.mz_schemas
WHERE id LIKE 'u%' AND database_id IS NOT NULL
