//! GRANT, REVOKE and ALTER DEFAULT PRIVILEGES.

use super::Ddl;
use super::object_kind::ObjectKind;
use super::tokens::{Cursor, shown};
use crate::catalog::acl::Privileges;
use crate::error::{SqlError, SqlResult};

pub use super::parsed::{DefaultPrivileges, Grant, On, Scope, Which};

/// A role's name; `GROUP` before it is a leftover of Postgres.
pub fn role_name(cursor: &mut Cursor<'_>) -> SqlResult<String> {
    cursor.accept("group");
    cursor.identifier()
}

/// The attributes of CREATE ROLE: they change nothing here, but must be known.
pub fn skip_role_options(cursor: &mut Cursor<'_>) -> SqlResult<()> {
    cursor.accept("with");
    loop {
        let known = ["inherit", "login", "nologin", "superuser", "nosuperuser"]
            .iter()
            .any(|option| cursor.accept(option));
        let password = !known && cursor.accept("password");
        if password {
            cursor.string()?;
        }
        if !known && !password {
            return cursor.end();
        }
    }
}

pub fn parse_grant(cursor: &mut Cursor<'_>) -> SqlResult<Ddl> {
    let statement = cursor.clone();
    let revoke = cursor.accept("revoke");
    if !revoke {
        cursor.expect("grant")?;
    }
    let mut ahead = cursor.clone();
    if privileges(&mut ahead).is_err() || !ahead.sees("on") {
        return grant_role(cursor, revoke);
    }
    let privileges = privileges(cursor)?;
    cursor.expect("on")?;
    let on = target(cursor, &statement)?;
    let grantees = grantees(cursor, revoke)?;
    cursor.end()?;
    Ok(Ddl::Grant(Grant {
        revoke,
        privileges,
        on,
        grantees,
    }))
}

fn grant_role(cursor: &mut Cursor<'_>, revoke: bool) -> SqlResult<Ddl> {
    let roles = cursor.separated(role_name)?;
    let members = grantees(cursor, revoke)?;
    cursor.end()?;
    Ok(Ddl::GrantRole {
        roles,
        members,
        revoke,
    })
}

fn grantees(cursor: &mut Cursor<'_>, revoke: bool) -> SqlResult<Vec<String>> {
    cursor.expect(if revoke { "from" } else { "to" })?;
    cursor.separated(role_name)
}

fn privileges(cursor: &mut Cursor<'_>) -> SqlResult<Which> {
    if cursor.accept("all") {
        cursor.accept("privileges");
        return Ok(Which::All);
    }
    let each = cursor.separated(|cursor| {
        let name = cursor.identifier()?;
        Privileges::by_name(&name).ok_or_else(|| cursor.unexpected("a privilege"))
    })?;
    Ok(Which::These(
        each.into_iter().fold(Privileges::NONE, Privileges::and),
    ))
}

fn target(cursor: &mut Cursor<'_>, statement: &Cursor<'_>) -> SqlResult<On> {
    if cursor.accept("system") {
        return Ok(On::System);
    }
    if cursor.accept("all") {
        let kind = plural(cursor).ok_or_else(|| cursor.unexpected("an object type"))?;
        if !cursor.accept("in schema") {
            return Err(SqlError::unsupported(shown(statement.rest())));
        }
        let schemas = cursor.separated(Cursor::name)?;
        return Ok(On::AllIn { kind, schemas });
    }
    let kind = ObjectKind::read(cursor).map_or(ObjectKind::Relation, |kind| match kind {
        ObjectKind::Table => ObjectKind::Relation,
        kind => kind,
    });
    let names = cursor.separated(Cursor::name)?;
    Ok(On::Objects { kind, names })
}

fn plural(cursor: &mut Cursor<'_>) -> Option<ObjectKind> {
    const PLURALS: [(&str, ObjectKind); 7] = [
        ("tables", ObjectKind::Relation),
        ("schemas", ObjectKind::Schema),
        ("databases", ObjectKind::Database),
        ("clusters", ObjectKind::Cluster),
        ("secrets", ObjectKind::Secret),
        ("connections", ObjectKind::Connection),
        ("types", ObjectKind::Type),
    ];
    PLURALS
        .iter()
        .find(|(words, _)| cursor.accept(words))
        .map(|(_, kind)| *kind)
}

pub fn parse_default_privileges(cursor: &mut Cursor<'_>) -> SqlResult<DefaultPrivileges> {
    cursor.expect("for")?;
    let creators = if cursor.accept("all roles") {
        None
    } else {
        if !cursor.accept("role") {
            cursor.expect("user")?;
        }
        Some(cursor.separated(role_name)?)
    };
    let scope = if cursor.accept("in schema") {
        Scope::Schemas(cursor.separated(Cursor::name)?)
    } else if cursor.accept("in database") {
        Scope::Databases(cursor.separated(Cursor::identifier)?)
    } else {
        Scope::Everywhere
    };
    let revoke = cursor.accept("revoke");
    if !revoke {
        cursor.expect("grant")?;
    }
    let privileges = privileges(cursor)?;
    cursor.expect("on")?;
    let kind = plural(cursor).ok_or_else(|| cursor.unexpected("an object type"))?;
    let grantees = grantees(cursor, revoke)?;
    cursor.end()?;
    Ok(DefaultPrivileges {
        creators,
        scope,
        revoke,
        privileges,
        kind,
        grantees,
    })
}
