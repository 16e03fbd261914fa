-- How many operators of a dataflow are hydrated, of how many.
SELECT
    object_id,
    replica_id,
    count(*) FILTER (WHERE hydrated) AS hydrated,
    count(*) AS total
FROM mz_internal.mz_compute_operator_hydration_statuses
WHERE object_id LIKE 'u%'
GROUP BY object_id, replica_id
