-- Who answers, and as whom we ask.
SELECT
    mz_version() AS version,
    current_user AS role,
    mz_is_superuser() AS superuser,
    current_database() AS database
