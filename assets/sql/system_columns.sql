-- Which columns the system relations of this server have: versions differ.
SELECT s.name AS schema_name, o.name AS relation_name, c.name AS column_name
FROM mz_catalog.mz_columns AS c
JOIN mz_catalog.mz_objects AS o ON o.id = c.id
JOIN mz_catalog.mz_schemas AS s ON s.id = o.schema_id
WHERE s.name IN ('mz_catalog', 'mz_internal') AND o.id LIKE 's%'
