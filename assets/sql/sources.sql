SELECT id, type, create_sql FROM mz_catalog.mz_sources WHERE id LIKE 'u%'
