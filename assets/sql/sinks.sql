SELECT id, type, create_sql FROM mz_catalog.mz_sinks WHERE id LIKE 'u%'
