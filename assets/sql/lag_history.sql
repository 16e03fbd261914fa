-- One row per object and minute of the last day; NULL where the lag was not readable.
SELECT
    object_id,
    EXTRACT(EPOCH FROM lag)::float8 AS lag,
    EXTRACT(EPOCH FROM occurred_at)::float8 AS occurred_at
FROM mz_internal.mz_wallclock_global_lag_recent_history
WHERE object_id LIKE 'u%' AND occurred_at >= now() - INTERVAL '30 minutes'
