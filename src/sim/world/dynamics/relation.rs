//! The relations that the dynamics own.

use crate::Value;

/// All rows of one relation.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    pub relation: Relation,
    pub rows: Vec<Vec<Value>>,
}

/// What makes the rows of a relation change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cause {
    /// An object attached, hydrated, came or went.
    Hydration,
    /// Some dataflow operator may have hydrated.
    Progress,
    /// Time passed.
    Time,
    /// A minute passed.
    Minute,
    /// Statistics of sources and sinks were read.
    Statistics,
    /// The status of a source or sink changed.
    Status,
    /// A replica came, went, or was killed.
    Replica,
}

const CAUSES: usize = 7;

macro_rules! relations {
    ($($variant:ident = $name:literal by $($cause:ident)|+),+ $(,)?) => {
        /// A relation whose rows come from the dynamics.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Relation {
            $($variant),+
        }

        impl Relation {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// With its schema.
            #[must_use]
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),+
                }
            }

            fn causes(self) -> &'static [Cause] {
                match self {
                    $(Self::$variant => &[$(Cause::$cause),+]),+
                }
            }
        }
    };
}

relations! {
    HydrationStatuses = "mz_internal.mz_hydration_statuses" by Hydration | Status | Statistics,
    ComputeHydrationStatuses = "mz_internal.mz_compute_hydration_statuses" by Hydration,
    ComputeHydrationTimes = "mz_internal.mz_compute_hydration_times" by Hydration,
    OperatorHydrationStatuses = "mz_internal.mz_compute_operator_hydration_statuses" by Hydration | Progress,
    Frontiers = "mz_internal.mz_frontiers" by Time,
    ReplicaFrontiers = "mz_catalog.mz_cluster_replica_frontiers" by Time,
    MaterializationLag = "mz_internal.mz_materialization_lag" by Time,
    MaterializedViewRefreshes = "mz_internal.mz_materialized_view_refreshes" by Time,
    WallclockGlobalLag = "mz_internal.mz_wallclock_global_lag" by Minute | Hydration,
    WallclockGlobalLagRecentHistory = "mz_internal.mz_wallclock_global_lag_recent_history" by Minute | Hydration,
    WallclockGlobalLagHistory = "mz_internal.mz_wallclock_global_lag_history" by Minute | Hydration,
    SourceStatuses = "mz_internal.mz_source_statuses" by Status,
    SourceStatusHistory = "mz_internal.mz_source_status_history" by Status,
    SourceStatistics = "mz_internal.mz_source_statistics" by Statistics | Hydration,
    SinkStatuses = "mz_internal.mz_sink_statuses" by Status,
    SinkStatusHistory = "mz_internal.mz_sink_status_history" by Status,
    SinkStatistics = "mz_internal.mz_sink_statistics" by Statistics | Hydration,
    ReplicaStatuses = "mz_internal.mz_cluster_replica_statuses" by Replica,
    ReplicaStatusHistory = "mz_internal.mz_cluster_replica_status_history" by Replica,
    ReplicaUtilization = "mz_internal.mz_cluster_replica_utilization" by Minute | Replica,
    ReplicaUtilizationHistory = "mz_internal.mz_cluster_replica_utilization_history" by Minute | Replica,
    ReplicaMetrics = "mz_internal.mz_cluster_replica_metrics" by Minute | Replica,
}

/// Counts how often each cause has struck, so that a reader knows what it has to read again.
#[derive(Debug, Default)]
pub(super) struct Generations {
    counts: [u64; CAUSES],
    taken: [u64; CAUSES],
}

impl Generations {
    pub(super) fn bump(&mut self, cause: Cause) {
        self.counts[cause as usize] += 1;
    }

    pub(super) fn of(&self, relation: Relation) -> u64 {
        relation
            .causes()
            .iter()
            .map(|cause| self.counts[*cause as usize])
            .sum()
    }

    /// The relations that may have changed since the last call.
    pub(super) fn take_changed(&mut self) -> Vec<Relation> {
        let struck = |cause: &Cause| self.counts[*cause as usize] != self.taken[*cause as usize];
        let changed = Relation::ALL
            .iter()
            .copied()
            .filter(|relation| relation.causes().iter().any(struck))
            .collect();
        self.taken = self.counts;
        changed
    }
}
