//! The words for kinds of objects, connectors and schedules.

use crate::domain::word::words;

words! {
    /// What a catalog item is: `mz_catalog.mz_objects.type`. A kind that is not known is never ready.
    ObjectKind {
        Table = "table",
        Source = "source",
        View = "view",
        MaterializedView = "materialized-view",
        Index = "index",
        Sink = "sink",
        Connection = "connection",
        Secret = "secret",
        Type = "type",
        Function = "function",
    }
}

impl ObjectKind {
    /// The words that `DROP` and `COMMENT ON` use: `MATERIALIZED VIEW`.
    #[must_use]
    pub fn keyword(&self) -> String {
        self.as_str().replace('-', " ").to_uppercase()
    }

    /// Whether a manifest tells of it: what indexes and sinks somebody adds by hand makes no other release.
    #[must_use]
    pub fn is_relation(&self) -> bool {
        matches!(self, Self::Table | Self::View | Self::MaterializedView)
    }

    /// Whether the item runs as a dataflow on a cluster, so that hydration and a frontier are expected of it.
    #[must_use]
    pub fn has_dataflow(&self) -> bool {
        matches!(
            self,
            Self::MaterializedView | Self::Index | Self::Sink | Self::Source
        )
    }
}

words! {
    /// What a source or sink connects to: `mz_catalog.mz_sources.type` and `mz_catalog.mz_sinks.type`.
    ConnectorType {
        Kafka = "kafka",
        Postgres = "postgres",
        MySql = "mysql",
        SqlServer = "sql-server",
        LoadGenerator = "load-generator",
        Iceberg = "iceberg",
        Webhook = "webhook",
        /// Tells how far its source has read.
        Progress = "progress",
        /// A table of its source.
        Subsource = "subsource",
    }
}

impl ConnectorType {
    /// Whether it comes with another source and goes with it.
    #[must_use]
    pub fn is_subordinate(&self) -> bool {
        matches!(self, Self::Progress | Self::Subsource)
    }

    /// Whether it ingests in a dataflow of its own. What is not known does.
    #[must_use]
    pub fn has_dataflow(&self) -> bool {
        !self.is_subordinate() && *self != Self::Webhook
    }
}

words! {
    /// When a managed cluster runs: `mz_internal.mz_cluster_schedules.type`.
    ClusterSchedule {
        Manual = "manual",
        /// Without replicas between refreshes: legitimately paused.
        OnRefresh = "on-refresh",
    }
}

impl ClusterSchedule {
    /// The words of `CREATE CLUSTER ... (SCHEDULE = ...)`.
    #[must_use]
    pub fn keyword(&self) -> String {
        self.as_str().replace('-', " ").to_uppercase()
    }
}
