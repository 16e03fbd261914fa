SELECT id, privileges::text AS privileges
FROM mz_catalog.mz_schemas
WHERE id LIKE 'u%' AND database_id IS NOT NULL
