SELECT id, privileges::text AS privileges FROM mz_catalog.mz_clusters WHERE id LIKE 'u%'
