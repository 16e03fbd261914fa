//! What depends on the server's state: time, roles, privileges, other connections.

use super::facts::{Facts, lock};
use super::scalar::{pure, refuse, text};
use crate::catalog::Catalog;
use crate::catalog::acl::{Privileges, read_item};
use crate::catalog::id::{Id, Space};
use crate::catalog::names::Path;
use crate::error::SqlError;
use rusqlite::functions::FunctionFlags;
use rusqlite::{Connection, Result};
use std::sync::Arc;

pub(super) fn register(sqlite: &Connection, facts: &Arc<Facts>) -> Result<()> {
    let flags = FunctionFlags::SQLITE_UTF8;
    let of = facts.clone();
    sqlite.create_scalar_function("sim_mz_now", 0, flags, move |_| {
        Ok(i64::try_from(of.logical_time()).unwrap_or(i64::MAX))
    })?;
    let of = facts.clone();
    sqlite.create_scalar_function("sim_now", 0, flags, move |_| {
        Ok(i64::try_from(of.now()).unwrap_or(i64::MAX / 1000) * 1000)
    })?;
    let of = facts.clone();
    sqlite.create_scalar_function("sim_cancel_backend", 1, flags, move |c| {
        let connection = u32::try_from(c.get::<i64>(0)?).unwrap_or(0);
        let live = lock(&of.live).contains(&connection);
        if live {
            lock(&of.cancelled).insert(connection);
        }
        Ok(live)
    })?;
    let of = facts.clone();
    pure(sqlite, "sim_role_by_oid", 1, move |c| {
        let oid = c.get::<i64>(0)?;
        let catalog = of.catalog();
        let mut roles = catalog.roles.values();
        let role = roles.find(|role| i64::from(role.oid) == oid);
        Ok(role.map_or_else(|| format!("unknown (OID={oid})"), |role| role.name.clone()))
    })?;
    let of = facts.clone();
    pure(sqlite, "sim_acl_text", 1, move |c| {
        let item = text(c, 0)?;
        let catalog = of.catalog();
        let name = |id: &str| match id {
            "p" => String::new(),
            id => {
                let mut roles = catalog.roles.iter();
                let role = roles.find(|(of, _)| of.to_string() == id);
                role.map_or_else(|| id.to_owned(), |(_, role)| role.name.clone())
            }
        };
        Ok(
            read_item(&item).map_or(item.clone(), |(grantor, grantee, privileges)| {
                format!(
                    "{}={}/{}",
                    name(grantee),
                    privileges.letters(),
                    name(grantor)
                )
            }),
        )
    })?;
    let of = facts.clone();
    pure(sqlite, "sim_has_role", 2, move |c| {
        let catalog = of.catalog();
        let member = catalog.role(&text(c, 0)?).map_err(refuse)?;
        let role = catalog.role(&text(c, 1)?).map_err(refuse)?;
        Ok(catalog.is_superuser(member) || catalog.roles_of(member).contains(&role))
    })?;
    let of = facts.clone();
    pure(sqlite, "sim_has_privilege", 5, move |c| {
        let request = Request {
            kind: text(c, 0)?,
            path: text(c, 1)?,
            role: text(c, 2)?,
            object: text(c, 3)?,
            privilege: text(c, 4)?,
        };
        request.answer(&of.catalog()).map_err(refuse)
    })
}

/// `has_<kind>_privilege(role, object, privilege)`.
struct Request {
    kind: String,
    /// JSON: the current database, the search path.
    path: String,
    role: String,
    object: String,
    privilege: String,
}

impl Request {
    fn answer(&self, catalog: &Catalog) -> Result<bool, SqlError> {
        let role = catalog.role(&self.role)?;
        let mut wanted = Privileges::NONE;
        for name in self.privilege.split(',') {
            let privilege = Privileges::by_name(name.trim())
                .ok_or_else(|| SqlError::plan(format!("unrecognized privilege type: {name:?}")))?;
            wanted = wanted.and(privilege);
        }
        let (database, schemas): (String, Vec<String>) =
            serde_json::from_str(&self.path).unwrap_or_default();
        let path = Path {
            database,
            schemas,
            temporary: Id {
                space: Space::Transient,
                number: 0,
            },
        };
        let name: Vec<String> = self.object.split('.').map(str::to_owned).collect();
        let answer = match self.kind.as_str() {
            "system" => catalog.require_on_system(role, wanted),
            "database" => {
                catalog.require_on_database(role, catalog.database(&self.object)?, wanted)
            }
            "schema" => catalog.require_on_schema(role, catalog.schema(&path, &name)?, wanted),
            "cluster" => catalog.require_on_cluster(role, catalog.cluster(&self.object)?.0, wanted),
            "table" | "connection" | "secret" | "type" => {
                catalog.require_on_item(role, catalog.resolve(&path, &name)?, wanted)
            }
            kind => return Err(SqlError::unsupported(format!("has_{kind}_privilege"))),
        };
        Ok(answer.is_ok())
    }
}
