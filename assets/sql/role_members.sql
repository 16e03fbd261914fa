SELECT role_id, member FROM mz_catalog.mz_role_members
