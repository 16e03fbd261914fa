//! Items: what lives in a schema.

use super::acl::{Acl, Privileges};
use super::id::Id;
use super::script::Script;
use crate::inventory::Millis;
use crate::types::Column;
use sqlparser::ast::Query;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

/// Every object type of an item, as the catalog names it.
pub const TYPES: [&str; 10] = [
    "table",
    "view",
    "materialized-view",
    "index",
    "source",
    "sink",
    "connection",
    "secret",
    "type",
    "function",
];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refresh {
    OnCommit,
    Every {
        interval: Duration,
        aligned_to: Millis,
    },
    At(Millis),
}

/// RETAIN HISTORY FOR.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retain {
    pub span: Duration,
    /// As it was written: the server keeps it so.
    pub text: String,
}

/// What WITH says of a materialized view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewOptions {
    /// Names of columns.
    pub assert_not_null: Vec<String>,
    /// Names of columns; empty for none.
    pub partition_by: Vec<String>,
    pub retain: Option<Retain>,
    pub refresh: Refresh,
}

/// A query that an item is defined by; its relations are named by id (see `select::scope`).
#[derive(Debug, Clone, PartialEq)]
pub struct Definition {
    pub query: Arc<Query>,
    pub script: Script,
}

/// The kind of a source that is one table of another one, made by FOR ALL TABLES.
pub const SUBSOURCE: &str = "subsource";
/// The kind of a source that tells how far another one has got.
pub const PROGRESS: &str = "progress";

#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    Table {
        /// `None` for a system table.
        script: Option<Script>,
        source: Option<Id>,
        retain: Option<Retain>,
    },
    View {
        definition: Definition,
        /// The names that it gives its columns, as many as it names.
        names: Vec<String>,
    },
    MaterializedView {
        definition: Definition,
        names: Vec<String>,
        cluster: Id,
        options: ViewOptions,
    },
    Index {
        on: Id,
        cluster: Id,
        keys: Vec<Key>,
        retain: Option<Retain>,
    },
    Source {
        /// `load-generator`, `kafka`, `log` for built-in ones; [`SUBSOURCE`], [`PROGRESS`].
        kind: &'static str,
        cluster: Option<Id>,
        connection: Option<Id>,
        envelope: Option<String>,
        script: Option<Script>,
    },
    Sink {
        from: Id,
        cluster: Id,
        connection: Option<Id>,
        envelope: String,
        format: String,
        script: Script,
        /// How often it was moved by ALTER SINK.
        version: u32,
    },
    Connection {
        kind: &'static str,
        script: Script,
    },
    Secret,
    /// `None` for a built-in one.
    Type(Option<TypeText>),
    Function,
    /// A built-in view.
    SystemView,
}

/// What a type of a user was made with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypeText {
    /// `list` or `map`.
    pub category: &'static str,
    /// Database, schema and name that it was made under.
    pub made_as: Vec<String>,
    /// ` AS LIST (...)`.
    pub script: Script,
}

/// One key of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// The column of the relation, counted from 1; `None` for an expression.
    pub column: Option<usize>,
    pub script: Script,
    pub nullable: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    pub id: Id,
    pub oid: u32,
    pub schema: Id,
    pub name: String,
    pub owner: Id,
    pub acl: Acl,
    pub body: Body,
    pub columns: Vec<Column>,
    /// What it is made of: items and, for types and functions, system items.
    pub references: BTreeSet<Id>,
    pub created_at: Millis,
    /// Dropped with its session.
    pub temporary: bool,
}

impl Item {
    /// As in `mz_objects.type` and `mz_comments.object_type`.
    #[must_use]
    pub fn object_type(&self) -> &'static str {
        match self.body {
            Body::Table { .. } => "table",
            Body::View { .. } | Body::SystemView => "view",
            Body::MaterializedView { .. } => "materialized-view",
            Body::Index { .. } => "index",
            Body::Source { .. } => "source",
            Body::Sink { .. } => "sink",
            Body::Connection { .. } => "connection",
            Body::Secret => "secret",
            Body::Type(_) => "type",
            Body::Function => "function",
        }
    }

    /// `MATERIALIZED VIEW`, as in notices and denials.
    #[must_use]
    pub fn type_in_capitals(&self) -> String {
        self.object_type().replace('-', " ").to_uppercase()
    }

    /// `materialized view`, as in refusals.
    #[must_use]
    pub fn type_in_words(&self) -> String {
        self.object_type().replace('-', " ")
    }

    /// The cluster that computes it.
    #[must_use]
    pub fn cluster(&self) -> Option<Id> {
        match &self.body {
            Body::MaterializedView { cluster, .. }
            | Body::Index { cluster, .. }
            | Body::Sink { cluster, .. } => Some(*cluster),
            Body::Source { cluster, .. } => *cluster,
            _ => None,
        }
    }

    /// Whether a query may read from it.
    #[must_use]
    pub fn is_relation(&self) -> bool {
        matches!(
            self.body,
            Body::Table { .. }
                | Body::View { .. }
                | Body::SystemView
                | Body::MaterializedView { .. }
                | Body::Source { .. }
        )
    }

    /// Whether it is a source of this kind.
    #[must_use]
    pub fn is_source_of(&self, wanted: &str) -> bool {
        matches!(self.body, Body::Source { kind, .. } if kind == wanted)
    }

    /// Whether it has privileges of its own: indexes and sinks have none.
    #[must_use]
    pub fn has_acl(&self) -> bool {
        !matches!(self.body, Body::Index { .. } | Body::Sink { .. })
    }

    /// What ALL means for it, and what its owner starts with.
    #[must_use]
    pub fn all_privileges(&self) -> Privileges {
        match self.body {
            Body::Table { source: None, .. } => Privileges::TABLE,
            Body::Table { .. } => Privileges::SELECT,
            Body::View { .. } | Body::SystemView => Privileges::SELECT,
            Body::MaterializedView { .. } | Body::Source { .. } => Privileges::SELECT,
            Body::Connection { .. } | Body::Secret | Body::Type(_) => Privileges::USAGE,
            Body::Index { .. } | Body::Sink { .. } | Body::Function => Privileges::NONE,
        }
    }

    #[must_use]
    pub fn definition(&self) -> Option<&Definition> {
        match &self.body {
            Body::View { definition, .. } | Body::MaterializedView { definition, .. } => {
                Some(definition)
            }
            _ => None,
        }
    }
}
