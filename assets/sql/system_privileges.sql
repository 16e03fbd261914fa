-- No cast: a single access control item as text holds the names of roles; itself, as an array of them, it holds ids (recorded: v26.24/17).
SELECT privileges FROM mz_catalog.mz_system_privileges
