SELECT id, name FROM mz_catalog.mz_databases WHERE id LIKE 'u%'
