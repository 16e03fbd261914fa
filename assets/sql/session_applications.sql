-- Sampled by the server: a session without a row is of unknown application.
SELECT h.session_id::text AS session_id, h.initial_application_name AS application
FROM mz_internal.mz_session_history AS h
JOIN mz_internal.mz_sessions AS s ON s.id = h.session_id
