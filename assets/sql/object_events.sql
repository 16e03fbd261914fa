-- When each object was made, by the number of the event; objects are numbered in the order in which they are made.
SELECT
    e.id::text::numeric AS event,
    CASE
        WHEN e.details ->> 'id' LIKE 'u%' THEN substring(e.details ->> 'id', 2)::numeric
    END AS object
FROM mz_catalog.mz_audit_events AS e
WHERE e.event_type = 'create'
    AND e.object_type IN ('table', 'source', 'view', 'materialized-view', 'index', 'sink', 'connection', 'secret', 'type')
