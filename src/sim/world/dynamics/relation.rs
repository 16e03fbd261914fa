//! The relations that the dynamics own.

use crate::sim::Value;

/// All rows of one relation.
#[derive(Debug, Clone, PartialEq)]
pub struct Reading {
    pub relation: Relation,
    pub rows: Vec<Vec<Value>>,
}

macro_rules! relations {
    ($($variant:ident = $name:literal),+ $(,)?) => {
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
        }
    };
}

relations! {
    HydrationStatuses = "mz_internal.mz_hydration_statuses",
    ComputeHydrationStatuses = "mz_internal.mz_compute_hydration_statuses",
    ComputeHydrationTimes = "mz_internal.mz_compute_hydration_times",
    OperatorHydrationStatuses = "mz_internal.mz_compute_operator_hydration_statuses",
    Frontiers = "mz_internal.mz_frontiers",
    ReplicaFrontiers = "mz_catalog.mz_cluster_replica_frontiers",
    MaterializationLag = "mz_internal.mz_materialization_lag",
    WallclockGlobalLag = "mz_internal.mz_wallclock_global_lag",
    WallclockGlobalLagRecentHistory = "mz_internal.mz_wallclock_global_lag_recent_history",
    WallclockGlobalLagHistory = "mz_internal.mz_wallclock_global_lag_history",
    MaterializedViewRefreshes = "mz_internal.mz_materialized_view_refreshes",
    SourceStatuses = "mz_internal.mz_source_statuses",
    SourceStatusHistory = "mz_internal.mz_source_status_history",
    SourceStatistics = "mz_internal.mz_source_statistics",
    SinkStatuses = "mz_internal.mz_sink_statuses",
    SinkStatusHistory = "mz_internal.mz_sink_status_history",
    SinkStatistics = "mz_internal.mz_sink_statistics",
    ReplicaStatuses = "mz_internal.mz_cluster_replica_statuses",
    ReplicaStatusHistory = "mz_internal.mz_cluster_replica_status_history",
    ReplicaUtilization = "mz_internal.mz_cluster_replica_utilization",
    ReplicaUtilizationHistory = "mz_internal.mz_cluster_replica_utilization_history",
    ReplicaMetrics = "mz_internal.mz_cluster_replica_metrics",
}
