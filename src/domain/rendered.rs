//! Where a build will put things, in the words of what builds it: the proof that a deploy never touches production.
//!
//! dbt renders schemas, databases, names and clusters by macros that a project may override, so only dbt itself can tell where
//! it will build. What it could not tell is a [`Doubt`], and a doubt is never taken for proof.

use super::name::QualifiedName;
use std::sync::Arc;

/// What a runner told about everything that it will build.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rendered {
    pub relations: Vec<RenderedRelation>,
    pub doubts: Vec<Doubt>,
}

/// One relation, or one step of a build that makes none (a test, a hook of the project).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedRelation {
    /// dbt's unique id.
    pub id: String,
    pub place: Option<RenderedName>,
    /// The twin that the plan shows for it; absent where the plan does not show it.
    pub planned: Option<QualifiedName>,
    pub clusters: Vec<RenderedCluster>,
    pub by: Arc<Deciders>,
}

/// A relation's name as the runner writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedName {
    pub database: String,
    pub schema: String,
    pub name: String,
}

/// A cluster that a relation needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedCluster {
    pub of: ClusterUse,
    pub name: ClusterName,
}

/// What a cluster is named for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ClusterUse {
    /// The relation runs on it.
    Relation,
    /// One of its indexes does.
    Index,
    /// Only a query of the session does: a test, or the DELETE before a seed is loaded again.
    Session,
}

/// A cluster's name as it will stand in a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ClusterName {
    Named(String),
    /// The statement will name none, so the server takes the session's.
    None,
    /// It could not be rendered; the reason.
    Unknown(String),
}

/// Who decides where a relation goes, each as words: a macro with its file, or a setting.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash)]
pub struct Deciders {
    pub database: Decider,
    pub schema: Decider,
    pub name: Decider,
    pub cluster: Decider,
}

/// One who decides.
#[derive(Debug, Clone, PartialEq, Eq, Default, Hash, PartialOrd, Ord)]
pub struct Decider {
    /// For example `` `generate_schema_name` in macros/schema.sql``.
    pub words: String,
    /// Whether the project, or a package of it, replaced the adapter's own.
    pub is_overridden: bool,
}

/// What a doubt is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DoubtAbout {
    Schema,
    Cluster,
}

/// Something that will build and that nobody can tell the place of, or that names a place off the deployment side.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Doubt {
    pub about: DoubtAbout,
    /// The macro or hook with its file.
    pub decider: String,
    /// Why it proves nothing, as the rest of a sentence: "names cluster `x`".
    pub reason: String,
    /// The models that it builds.
    pub objects: Vec<String>,
}

impl ClusterName {
    /// The name as the server will read it: the adapter writes clusters without quotes, so a plain name folds to lower case.
    #[must_use]
    pub fn as_read(&self) -> Option<String> {
        let Self::Named(name) = self else {
            return None;
        };
        if let Some(inner) = name
            .strip_prefix('"')
            .and_then(|rest| rest.strip_suffix('"'))
        {
            return Some(inner.replace("\"\"", "\""));
        }
        let plain = name
            .chars()
            .all(|c| c.is_alphanumeric() || c == '_' || c == '$');
        Some(if plain {
            name.to_lowercase()
        } else {
            name.clone()
        })
    }
}

impl Rendered {
    /// Lines for the fingerprint: where each relation goes, in a fixed order.
    #[must_use]
    pub fn content(&self) -> Vec<String> {
        let mut lines: Vec<String> = self
            .relations
            .iter()
            .map(|relation| {
                let clusters: Vec<String> = relation
                    .clusters
                    .iter()
                    .map(|cluster| format!("{:?} {:?}", cluster.of, cluster.name))
                    .collect();
                format!(
                    "rendered {} {} {}",
                    relation.id,
                    relation.display(),
                    clusters.join(" ")
                )
            })
            .collect();
        lines.sort();
        lines
    }
}

impl RenderedRelation {
    /// `database.schema.name`, or the id of what makes no relation.
    #[must_use]
    pub fn display(&self) -> String {
        self.place.as_ref().map_or_else(
            || self.id.clone(),
            |place| format!("{}.{}.{}", place.database, place.schema, place.name),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cluster_is_read_as_the_server_reads_it() {
        let read = |name: &str| ClusterName::Named(name.to_owned()).as_read().unwrap();
        assert_eq!(read("Prod"), "prod");
        assert_eq!(read("\"Pr\"\"od\""), "Pr\"od");
        assert_eq!(read("Serving-1"), "Serving-1");
        assert_eq!(ClusterName::None.as_read(), None);
    }
}
