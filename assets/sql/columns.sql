-- The columns of every user relation, to compare twins.
SELECT id, position, name, type, type_mod, nullable
FROM mz_catalog.mz_columns
WHERE id LIKE 'u%'
