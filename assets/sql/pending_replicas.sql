-- Replicas of a change of shape that a session waits for: before 26.34 they end with it.
SELECT id FROM mz_internal.mz_pending_cluster_replicas
