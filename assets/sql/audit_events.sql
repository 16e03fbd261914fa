-- Who made DDL last, whatever it was about; a swap shows as renames of one time stamp.
SELECT
    id::text AS id,
    event_type,
    object_type,
    details::text AS details,
    "user" AS user_name,
    EXTRACT(EPOCH FROM occurred_at)::float8 AS occurred_at
FROM mz_catalog.mz_audit_events
ORDER BY occurred_at DESC
LIMIT 500
