//! Rows about privileges.

use super::Row;
use super::row::id;
use crate::catalog::Catalog;
use crate::catalog::acl::Acl;
use crate::value::Value;

pub fn role_members(catalog: &Catalog) -> Vec<Row> {
    let rows = catalog
        .members
        .iter()
        .map(|m| vec![id(m.role), id(m.member), id(m.grantor)]);
    rows.collect()
}

pub fn default_privileges(catalog: &Catalog) -> Vec<Row> {
    let rows = catalog
        .default_privileges
        .iter()
        .map(|(scope, privileges)| {
            vec![
                id(scope.role),
                scope.database.map(id).unwrap_or(Value::Null),
                scope.schema.map(id).unwrap_or(Value::Null),
                scope.object_type.into(),
                id(scope.grantee),
                privileges.letters().into(),
            ]
        });
    rows.collect()
}

/// One row per privilege, by names; what goes to system roles is left out (recorded: 04).
pub fn show_default_privileges(catalog: &Catalog) -> Vec<Row> {
    let mut rows = Vec::new();
    for (scope, privileges) in &catalog.default_privileges {
        let grantee = catalog.role_name(scope.grantee);
        if grantee.starts_with("mz_") {
            continue;
        }
        let database = scope.database.and_then(|id| catalog.databases.get(&id));
        let schema = scope.schema.and_then(|id| catalog.schemas.get(&id));
        for privilege in privileges.names() {
            rows.push(vec![
                catalog.role_name(scope.role).into(),
                database.map(|d| d.name.clone()).into(),
                schema.map(|s| s.name.clone()).into(),
                scope.object_type.into(),
                grantee.into(),
                privilege.into(),
            ]);
        }
    }
    rows
}

pub fn system_privileges(catalog: &Catalog) -> Vec<Row> {
    catalog
        .system_acl
        .items()
        .map(|item| vec![Value::from(item)])
        .collect()
}

/// All privileges on user objects by names: grantor, grantee, database, schema, name, type, privilege.
pub fn all_privileges(catalog: &Catalog) -> Vec<Row> {
    let mut rows = Vec::new();
    let mut add = |acl: &Acl, place: [Option<&str>; 3], object_type: &str| {
        let [database, schema, name] = place.map(|part| Value::from(part.map(str::to_owned)));
        for (grantee, grantor, privileges) in acl.iter() {
            let grantee = catalog.role_name(grantee);
            if grantee.starts_with("mz_") {
                continue;
            }
            for privilege in privileges.names() {
                rows.push(vec![
                    catalog.role_name(grantor).into(),
                    grantee.into(),
                    database.clone(),
                    schema.clone(),
                    name.clone(),
                    object_type.into(),
                    privilege.into(),
                ]);
            }
        }
    };
    add(&catalog.system_acl, [None; 3], "system");
    for (key, database) in &catalog.databases {
        if key.is_user() {
            add(
                &database.acl,
                [None, None, Some(&database.name)],
                "database",
            );
        }
    }
    for (key, cluster) in &catalog.clusters {
        if key.is_user() {
            add(&cluster.acl, [None, None, Some(&cluster.name)], "cluster");
        }
    }
    let database_name = |id: Option<crate::catalog::id::Id>| {
        id.and_then(|id| catalog.databases.get(&id))
            .map(|database| database.name.as_str())
    };
    for (key, schema) in &catalog.schemas {
        if key.is_user() {
            let place = [
                database_name(schema.database),
                None,
                Some(schema.name.as_str()),
            ];
            add(&schema.acl, place, "schema");
        }
    }
    for item in catalog.items.values() {
        if !item.id.is_user() || !item.has_acl() {
            continue;
        }
        if let Some(schema) = catalog.schemas.get(&item.schema) {
            let place = [
                database_name(schema.database),
                Some(schema.name.as_str()),
                Some(item.name.as_str()),
            ];
            add(&item.acl, place, item.object_type());
        }
    }
    rows
}
