-- The replicas of the built-in cluster that answers readings of the catalog.
SELECT r.id AS id
FROM mz_catalog.mz_cluster_replicas AS r
JOIN mz_catalog.mz_clusters AS c ON c.id = r.cluster_id
WHERE c.name = 'mz_catalog_server'
