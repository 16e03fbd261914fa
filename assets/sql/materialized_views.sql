SELECT id, create_sql FROM mz_catalog.mz_materialized_views WHERE id LIKE 'u%'
