//! What all kinds of objects share: CREATE of the simplest, DROP, ALTER .. RENAME / SWAP / OWNER, COMMENT.

use super::tokens::{Cursor, shown};
use super::{Ddl, Name, cluster, rights};
use crate::error::{SqlError, SqlResult};

pub use super::object_kind::ObjectKind;

use ObjectKind as K;

/// CREATE of databases, schemas, roles and secrets.
pub fn parse_create(cursor: &mut Cursor<'_>, statement: &Cursor<'_>) -> SqlResult<Ddl> {
    let kind = ObjectKind::read(cursor);
    match kind {
        Some(K::Database) => {
            let if_not_exists = cursor.if_not_exists();
            let name = cursor.identifier()?;
            cursor.end()?;
            Ok(Ddl::CreateDatabase {
                name,
                if_not_exists,
            })
        }
        Some(K::Schema) => {
            let if_not_exists = cursor.if_not_exists();
            let name = cursor.name()?;
            cursor.end()?;
            Ok(Ddl::CreateSchema {
                name,
                if_not_exists,
            })
        }
        Some(K::Role) => {
            let name = cursor.identifier()?;
            rights::skip_role_options(cursor)?;
            Ok(Ddl::CreateRole { name })
        }
        Some(K::Secret) => {
            let if_not_exists = cursor.if_not_exists();
            let name = cursor.name()?;
            cursor.expect("as")?;
            Ok(Ddl::CreateSecret {
                name,
                if_not_exists,
            })
        }
        Some(_) => Err(SqlError::unsupported(shown(statement.rest()))),
        None => Err(cursor.unexpected("an object type")),
    }
}

pub fn parse_drop(cursor: &mut Cursor<'_>) -> SqlResult<Ddl> {
    cursor.expect("drop")?;
    if cursor.accept("owned by") {
        let roles = cursor.separated(rights::role_name)?;
        let cascade = cascades(cursor)?;
        return Ok(Ddl::DropOwned { roles, cascade });
    }
    let kind = ObjectKind::read(cursor).ok_or_else(|| cursor.unexpected("an object type"))?;
    let if_exists = cursor.if_exists();
    let names = cursor.separated(Cursor::name)?;
    let cascade = cascades(cursor)?;
    Ok(Ddl::Drop {
        kind,
        names,
        if_exists,
        cascade,
    })
}

/// The end of a DROP.
fn cascades(cursor: &mut Cursor<'_>) -> SqlResult<bool> {
    let cascade = cursor.accept("cascade");
    if !cascade {
        cursor.accept("restrict");
    }
    cursor.end()?;
    Ok(cascade)
}

pub fn parse_reassign(cursor: &mut Cursor<'_>) -> SqlResult<Ddl> {
    cursor.expect("reassign owned by")?;
    let roles = cursor.separated(rights::role_name)?;
    cursor.expect("to")?;
    let to = rights::role_name(cursor)?;
    cursor.end()?;
    Ok(Ddl::ReassignOwned { roles, to })
}

pub fn parse_alter(cursor: &mut Cursor<'_>, statement: &Cursor<'_>) -> SqlResult<Ddl> {
    let kind = ObjectKind::read(cursor).ok_or_else(|| cursor.unexpected("an object type"))?;
    let if_exists = cursor.if_exists();
    let name = cursor.name()?;
    let ddl = if cursor.accept("swap with") {
        swap(cursor, kind, name, statement)?
    } else if cursor.accept("rename to") {
        Ddl::Rename {
            kind,
            name,
            to: cursor.identifier()?,
            if_exists,
        }
    } else if cursor.accept("owner to") {
        Ddl::ChangeOwner {
            kind,
            name,
            role: rights::role_name(cursor)?,
            if_exists,
        }
    } else if kind == K::Sink && cursor.accept("set from") {
        Ddl::MoveSink {
            sink: name,
            from: cursor.name()?,
        }
    } else if kind == K::MaterializedView && cursor.accept("apply replacement") {
        Ddl::ApplyReplacement {
            view: name,
            replacement: cursor.name()?,
        }
    } else if kind == K::Cluster {
        Ddl::AlterCluster {
            name: cluster::single(&name)?,
            if_exists,
            change: cluster::parse_change(cursor)?,
        }
    } else {
        return Err(SqlError::unsupported(shown(statement.rest())));
    };
    cursor.end()?;
    Ok(ddl)
}

fn swap(
    cursor: &mut Cursor<'_>,
    kind: ObjectKind,
    name: Name,
    statement: &Cursor<'_>,
) -> SqlResult<Ddl> {
    if !matches!(kind, K::Schema | K::Cluster) {
        return Err(SqlError::unsupported(shown(statement.rest())));
    }
    Ok(Ddl::Swap {
        kind,
        name,
        with: cursor.identifier()?,
    })
}

pub fn parse_comment(cursor: &mut Cursor<'_>) -> SqlResult<Ddl> {
    cursor.expect("comment on")?;
    let (kind, name, column) = if cursor.accept("column") {
        let mut name = cursor.name()?;
        let column = name.pop();
        (K::Column, name, column)
    } else {
        let kind = ObjectKind::read(cursor).ok_or_else(|| cursor.unexpected("an object type"))?;
        (kind, cursor.name()?, None)
    };
    cursor.expect("is")?;
    let text = if cursor.accept("null") {
        None
    } else {
        Some(cursor.string()?)
    };
    cursor.end()?;
    Ok(Ddl::Comment {
        kind,
        name,
        column,
        text,
    })
}
