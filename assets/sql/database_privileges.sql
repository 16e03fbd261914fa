SELECT id, privileges::text AS privileges FROM mz_catalog.mz_databases WHERE id LIKE 'u%'
