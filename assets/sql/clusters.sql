SELECT id, name, owner_id, managed, size, replication_factor::bigint AS replication_factor
FROM mz_catalog.mz_clusters
WHERE id LIKE 'u%'
