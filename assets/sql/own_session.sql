-- Both numbers are the connection's. As text, since their types differ.
SELECT id::text AS id
FROM mz_internal.mz_sessions
WHERE connection_id::text = pg_backend_pid()::text
