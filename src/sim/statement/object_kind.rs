//! The kinds of objects that statements name.

use super::tokens::Cursor;
use ObjectKind as K;

/// A kind of object, as statements name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ObjectKind {
    Database,
    Schema,
    Cluster,
    ClusterReplica,
    Role,
    Table,
    View,
    MaterializedView,
    Index,
    Source,
    Sink,
    Connection,
    Secret,
    Type,
    Function,
    /// In GRANT: a table, view, materialized view or source.
    Relation,
    /// In GRANT: the system as a whole.
    System,
    Column,
}

impl ObjectKind {
    /// `materialized view`.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            K::Relation => "table",
            K::System => "system",
            K::Column => "column",
            kind => KEYWORDS
                .iter()
                .find(|(k, _)| *k == kind)
                .map_or("object", |(_, words)| words),
        }
    }

    /// `MATERIALIZED VIEW`.
    #[must_use]
    pub fn capitals(self) -> String {
        self.words().to_uppercase()
    }

    /// As in the catalog's `object_type` columns: `materialized-view`.
    #[must_use]
    pub fn object_type(self) -> &'static str {
        match self {
            K::MaterializedView => "materialized-view",
            K::ClusterReplica => "cluster-replica",
            kind => kind.words(),
        }
    }

    pub fn read(cursor: &mut Cursor<'_>) -> Option<Self> {
        KEYWORDS
            .iter()
            .find(|(_, words)| cursor.accept(words))
            .map(|(kind, _)| *kind)
    }
}

const KEYWORDS: [(ObjectKind, &str); 15] = [
    (K::Database, "database"),
    (K::Schema, "schema"),
    (K::ClusterReplica, "cluster replica"),
    (K::Cluster, "cluster"),
    (K::Role, "role"),
    (K::Table, "table"),
    (K::View, "view"),
    (K::MaterializedView, "materialized view"),
    (K::Index, "index"),
    (K::Source, "source"),
    (K::Sink, "sink"),
    (K::Connection, "connection"),
    (K::Secret, "secret"),
    (K::Type, "type"),
    (K::Function, "function"),
];
