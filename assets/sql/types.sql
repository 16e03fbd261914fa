-- A swap before 26.33 leaves a type's text with the other schema's name.
SELECT id, create_sql FROM mz_catalog.mz_types WHERE id LIKE 'u%'
