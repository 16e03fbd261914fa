-- Role `p` stands for every role, a NULL scope for everywhere.
SELECT role_id, database_id, schema_id, object_type, grantee, privileges
FROM mz_catalog.mz_default_privileges
