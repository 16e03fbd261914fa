-- Replicas that Materialize's support runs on a user's cluster.
SELECT id FROM mz_internal.mz_internal_cluster_replicas
