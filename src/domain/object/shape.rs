//! A cluster whose shape is about to change, or that has a replica for a while only.

use crate::domain::quantity::age;
use crate::domain::time::LogicalTime;
use crate::domain::word::words;

words! {
    /// What happens to a reconfiguration at its deadline: `mz_internal.mz_cluster_reconfigurations.on_timeout`.
    AtDeadline {
        /// Its replicas are dropped, hydrated or not.
        Rollback = "rollback",
        /// Its replicas take over, hydrated or not. Known from the documentation of ALTER CLUSTER; none was seen.
        Commit = "commit",
    }
}

/// A change of a cluster's shape that the server is making: its new replicas run beside the old ones until they are hydrated (recorded:
/// v26.39/20).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reconfiguration {
    /// What changes, as `size to 50cc`.
    pub changes: String,
    pub deadline: Option<LogicalTime>,
    pub at_deadline: AtDeadline,
}

impl Reconfiguration {
    /// `reconfiguring size to 50cc; in 3 h it is rolled back, hydrated or not`.
    #[must_use]
    pub fn sentence(&self, now: LogicalTime) -> String {
        let changes = match self.changes.as_str() {
            "" => "",
            changes => &format!(" {changes}"),
        };
        let Some(deadline) = self.deadline else {
            return format!("reconfiguring{changes}");
        };
        let at = match deadline.millis_since(now) {
            0 => "now".to_owned(),
            left => format!("in {}", age(left)),
        };
        let end = match &self.at_deadline {
            AtDeadline::Rollback => "it is rolled back, hydrated or not".to_owned(),
            AtDeadline::Commit => "it takes effect, hydrated or not".to_owned(),
            AtDeadline::Other(word) => format!("it ends ({word})"),
        };
        format!("reconfiguring{changes}; {at} {end}")
    }
}

/// A larger replica that the cluster's strategy has put beside the steady ones until one of those is hydrated (recorded: v26.39/20).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Burst {
    pub size: String,
    /// A steady replica is hydrated; the other one lingers.
    pub lingers: bool,
}
