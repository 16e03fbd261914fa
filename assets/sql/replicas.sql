SELECT id, name, cluster_id, size, availability_zone
FROM mz_catalog.mz_cluster_replicas
WHERE cluster_id LIKE 'u%'
