//! What plans and trends need beside a snapshot: how a cluster was made, how an object's lag went.

use super::cluster_options::{ClusterOptions, UnreadableOptions};
use super::name::{ClusterId, Identifier};
use super::snapshot::LogicalTime;
use serde::{Deserialize, Serialize};

/// How a cluster was made, so that a twin can be made the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClusterDefinition {
    pub id: ClusterId,
    /// The text of `SHOW CREATE CLUSTER`; `None` for unmanaged clusters, whose replicas tell (the server refuses to show those).
    pub create_sql: Option<String>,
    /// The auto-scaling strategy as JSON text, where the server has the relation and the cluster a strategy.
    pub autoscaling: Option<String>,
}

impl ClusterDefinition {
    /// The options that the server shows of this cluster, which is named so; `None` where it shows none.
    #[must_use]
    pub fn options(&self, name: &Identifier) -> Option<Result<ClusterOptions, UnreadableOptions>> {
        let text = self.create_sql.as_deref()?;
        Some(ClusterOptions::parse(text, name))
    }
}

/// One minute of an object's lag.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LagSample {
    pub at: LogicalTime,
    /// Seconds; `None` where the lag could not be read.
    pub seconds: Option<f64>,
}
