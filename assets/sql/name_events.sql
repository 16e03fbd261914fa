-- The newest event of each kind about every schema and cluster: made, renamed from one name to another, commented on.
-- The private names of a swap count as one name, so that the answer does not grow with the number of swaps.
SELECT
    q.object_type,
    q.id,
    q.event_type,
    q.old_name,
    q.new_name,
    max(q.event)::text AS event
FROM (
    SELECT
        e.object_type,
        e.event_type,
        -- A comment tells the id as `Schema((Id(User(1)), Id(User(49))))`.
        CASE
            WHEN e.event_type = 'comment'
            THEN 'u' || split_part(split_part(e.details ->> 'id', 'User(', 3), ')', 1)
            ELSE e.details ->> 'id'
        END AS id,
        CASE
            WHEN e.details ->> 'old_name' LIKE 'mz_schema_swap_%' OR e.details ->> 'old_name' LIKE 'mz_cluster_swap_%'
            THEN 'mz_swap'
            ELSE e.details ->> 'old_name'
        END AS old_name,
        CASE
            WHEN e.details ->> 'new_name' LIKE 'mz_schema_swap_%' OR e.details ->> 'new_name' LIKE 'mz_cluster_swap_%'
            THEN 'mz_swap'
            ELSE e.details ->> 'new_name'
        END AS new_name,
        e.id::text::numeric AS event
    FROM mz_catalog.mz_audit_events AS e
    WHERE e.object_type IN ('schema', 'cluster') AND e.event_type IN ('create', 'alter', 'comment')
) AS q
GROUP BY q.object_type, q.id, q.event_type, q.old_name, q.new_name
