-- One row per replica; text, since unsigned counters can exceed bigint.
SELECT
    id,
    messages_received::text AS messages_received,
    snapshot_records_known::text AS snapshot_records_known,
    snapshot_records_staged::text AS snapshot_records_staged,
    snapshot_committed,
    offset_known::text AS offset_known,
    offset_committed::text AS offset_committed
FROM mz_internal.mz_source_statistics
WHERE id LIKE 'u%'
