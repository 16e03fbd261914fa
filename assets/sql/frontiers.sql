-- A NULL frontier is the empty one: the collection is complete.
SELECT object_id, write_frontier::text AS write_frontier
FROM mz_internal.mz_frontiers
WHERE object_id LIKE 'u%'
