//! SHOW.

use super::Name;
use super::object_kind::ObjectKind;
use super::tokens::{Cursor, shown};
use crate::error::{SqlError, SqlResult};
use sqlparser::tokenizer::Token;

/// What a listing lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Listing {
    Databases,
    Schemas,
    Clusters,
    ClusterReplicas,
    Roles,
    Objects,
    Tables,
    Views,
    MaterializedViews,
    Indexes,
    Sources,
    Sinks,
    Connections,
    Secrets,
    Types,
    Columns,
}

const LISTINGS: [(&str, Listing); 16] = [
    ("databases", Listing::Databases),
    ("schemas", Listing::Schemas),
    ("cluster replicas", Listing::ClusterReplicas),
    ("clusters", Listing::Clusters),
    ("roles", Listing::Roles),
    ("objects", Listing::Objects),
    ("tables", Listing::Tables),
    ("views", Listing::Views),
    ("materialized views", Listing::MaterializedViews),
    ("indexes", Listing::Indexes),
    ("sources", Listing::Sources),
    ("sinks", Listing::Sinks),
    ("connections", Listing::Connections),
    ("secrets", Listing::Secrets),
    ("types", Listing::Types),
    ("columns", Listing::Columns),
];

#[derive(Debug, Clone)]
pub enum Show {
    Variable(String),
    /// All variables.
    All,
    List {
        what: Listing,
        /// FROM: a schema, a database, or a relation for columns.
        from: Option<Name>,
        in_cluster: Option<String>,
        /// ON: indexes of one relation.
        on: Option<Name>,
        /// LIKE or WHERE, as a condition in SQL.
        filter: Option<String>,
    },
    Create {
        kind: ObjectKind,
        name: Name,
    },
    DefaultPrivileges,
    Privileges {
        /// `schema`, `cluster`, ..; `None` for all.
        object_type: Option<String>,
    },
}

pub fn parse(cursor: &mut Cursor<'_>) -> SqlResult<Show> {
    cursor.expect("show")?;
    let show = if cursor.accept("create") {
        let kind = ObjectKind::read(cursor).ok_or_else(|| cursor.unexpected("an object type"))?;
        Show::Create {
            kind,
            name: cursor.name()?,
        }
    } else if cursor.accept("default privileges") {
        Show::DefaultPrivileges
    } else if cursor.accept("privileges") {
        privileges(cursor)?
    } else if cursor.accept("all") {
        Show::All
    } else if cursor.accept("time zone") {
        Show::Variable("timezone".to_owned())
    } else if cursor.accept("transaction isolation level") {
        Show::Variable("transaction_isolation".to_owned())
    } else if let Some((_, what)) = LISTINGS.iter().find(|(words, _)| cursor.accept(words)) {
        list(cursor, *what)?
    } else {
        Show::Variable(cursor.identifier()?)
    };
    cursor.end()?;
    Ok(show)
}

fn privileges(cursor: &mut Cursor<'_>) -> SqlResult<Show> {
    if !cursor.accept("on") {
        return Ok(Show::Privileges { object_type: None });
    }
    let plural = cursor.identifier()?;
    Ok(Show::Privileges {
        object_type: Some(plural.trim_end_matches('s').to_owned()),
    })
}

fn list(cursor: &mut Cursor<'_>, what: Listing) -> SqlResult<Show> {
    let (mut from, mut in_cluster, mut on, mut filter) = (None, None, None, None);
    while !cursor.is_at_end() {
        if cursor.accept("in cluster") {
            in_cluster = Some(cursor.identifier()?);
        } else if cursor.accept("from") || cursor.accept("in") {
            from = Some(cursor.name()?);
        } else if cursor.accept("on") {
            on = Some(cursor.name()?);
        } else if cursor.accept("like") {
            let pattern = cursor.string()?;
            filter = Some(format!("name LIKE '{}'", pattern.replace('\'', "''")));
        } else if cursor.accept("where") {
            filter = Some(to_sql(cursor.until(&[])));
        } else {
            return Err(SqlError::unsupported(format!(
                "SHOW .. {}",
                shown(cursor.rest())
            )));
        }
    }
    Ok(Show::List {
        what,
        from,
        in_cluster,
        on,
        filter,
    })
}

fn to_sql(tokens: &[Token]) -> String {
    let words: Vec<String> = tokens.iter().map(ToString::to_string).collect();
    words.join(" ")
}
