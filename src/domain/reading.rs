//! What pictures are read from, and what of it a server or a role does not give.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// A reading of the catalog that a picture can do without: where it is missing, what rests on it is unknown. Each is one query of
/// `materialize::queries`, which tells its relation and columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CatalogReading {
    /// Records of deployments among them.
    Comments,
    ClusterSchedules,
    /// Which replicas Materialize's support runs.
    InternalReplicas,
    Views,
    MaterializedViews,
    Indexes,
    Sources,
    Tables,
    Types,
    /// Which source feeds a table.
    TableSources,
    Sinks,
    /// Under which ids altered objects report.
    GlobalIds,
    RefreshStrategies,
    Refreshes,
    Hydration,
    HydrationTimes,
    Operators,
    Frontiers,
    SourceStatuses,
    SinkStatuses,
    SourceStatistics,
    ReplicaStatuses,
    ReplicaUtilization,
    ReplicaInterruptions,
    Sessions,
    SessionApplications,
    /// Running SUBSCRIBEs.
    Subscriptions,
}

/// Why a reading is missing: its relation is not there or not to be read, or only this column of it is not there.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Missing {
    /// With its schema: `mz_internal.mz_frontiers`.
    pub relation: String,
    pub column: Option<String>,
}

/// The readings that a server does not give to a role.
pub type MissingReadings = BTreeMap<CatalogReading, Missing>;

impl Missing {
    #[must_use]
    pub fn relation(relation: &str) -> Self {
        Self {
            relation: relation.to_owned(),
            column: None,
        }
    }

    #[must_use]
    pub fn column(relation: &str, column: &str) -> Self {
        Self {
            relation: relation.to_owned(),
            column: Some(column.to_owned()),
        }
    }

    /// Without the schema, as people name it on a command line: `mz_frontiers`, `mz_tables.source_id`.
    #[must_use]
    pub fn short(&self) -> String {
        let name = self.to_string();
        match name.split_once('.') {
            Some((_, short)) => short.to_owned(),
            None => name,
        }
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.relation)?;
        match &self.column {
            Some(column) => write!(f, ".{column}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_missing_is_named_with_and_without_its_schema() {
        let relation = Missing::relation("mz_internal.mz_frontiers");
        assert_eq!(relation.to_string(), "mz_internal.mz_frontiers");
        assert_eq!(relation.short(), "mz_frontiers");
        let column = Missing::column("mz_catalog.mz_tables", "source_id");
        assert_eq!(column.to_string(), "mz_catalog.mz_tables.source_id");
        assert_eq!(column.short(), "mz_tables.source_id");
    }
}
