-- Indexes and sinks have none.
SELECT id, privileges::text AS privileges
FROM mz_catalog.mz_objects
WHERE id LIKE 'u%' AND privileges IS NOT NULL
