-- Materialized views that wait to replace another one.
SELECT id, target_id FROM mz_internal.mz_replacements
