SELECT id, create_sql FROM mz_catalog.mz_views WHERE id LIKE 'u%'
