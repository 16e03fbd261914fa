-- System roles too: they own what the installation brought along.
SELECT id, name FROM mz_catalog.mz_roles
