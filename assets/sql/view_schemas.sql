SELECT v.name AS view, s.name AS schema
FROM mz_catalog.mz_views AS v
JOIN mz_catalog.mz_schemas AS s ON s.id = v.schema_id
