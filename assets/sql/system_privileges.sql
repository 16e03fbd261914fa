SELECT privileges::text AS privileges FROM mz_catalog.mz_system_privileges
