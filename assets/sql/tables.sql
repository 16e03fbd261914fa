SELECT id, create_sql FROM mz_catalog.mz_tables WHERE id LIKE 'u%'
