-- Tables that a source feeds (CREATE TABLE ... FROM SOURCE); older servers have no such column.
SELECT id, source_id FROM mz_catalog.mz_tables WHERE id LIKE 'u%' AND source_id IS NOT NULL
