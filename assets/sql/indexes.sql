SELECT id, on_id, create_sql FROM mz_catalog.mz_indexes WHERE id LIKE 'u%'
