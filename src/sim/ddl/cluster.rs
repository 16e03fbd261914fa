//! Clusters and their replicas.

use super::Work;
use crate::catalog::Catalog;
use crate::catalog::acl::Privileges;
use crate::catalog::id::Id;
use crate::catalog::ownership::Owned;
use crate::catalog::{Cluster, Managed, Strategy};
use crate::error::{SqlError, SqlResult};
use crate::statement::cluster::{ClusterChange, ClusterOptions, ClusterSpec, Schedule};
use crate::version::Change;
use serde_json::json;
use std::time::Duration;

/// Name and size.
type ReplicaSpec = (String, String);

impl Work<'_> {
    pub(super) fn create_cluster(
        &mut self,
        name: &str,
        if_not_exists: bool,
        spec: &ClusterSpec,
    ) -> SqlResult<()> {
        let role = self.viewer.role;
        if let ClusterSpec::Managed(options) = spec {
            self.refuse_options(options)?;
        }
        self.catalog
            .require_on_system(role, Privileges::CREATECLUSTER)?;
        if self.catalog.cluster_named(name).is_some() {
            if if_not_exists {
                self.already("cluster", name);
                return Ok(());
            }
            return Err(SqlError::plan(format!("cluster '{name}' already exists")));
        }
        if name.starts_with("mz_") {
            return Err(SqlError::plan(format!(
                "cluster name \"{name}\" is reserved"
            )));
        }
        let (managed, replicas) = match spec {
            ClusterSpec::Managed(options) => self.managed(options)?,
            ClusterSpec::Unmanaged(replicas) => {
                for (_, size) in replicas {
                    self.catalog.check_size(size)?;
                }
                (None, replicas.clone())
            }
        };
        self.catalog.counters.cluster += 1;
        let id = Id::user(self.catalog.counters.cluster);
        let cluster = Cluster {
            name: name.to_owned(),
            owner: role,
            acl: self
                .catalog
                .initial_acl(role, "cluster", None, Privileges::CONTAINER),
            managed,
            reconfiguration: None,
            burst: None,
        };
        self.catalog.clusters.insert(id, cluster);
        let details = json!({"id": id.to_string(), "name": name});
        self.catalog
            .record(self.actor(), "create", "cluster", details);
        for (name, size) in replicas {
            let actor = self.actor();
            self.catalog.add_replica(actor, id, &name, &size);
        }
        Ok(())
    }

    /// Options that servers of another version know, or that only system roles may set (recorded: v26.24/18, v26.39/18 and 20; of FEATURES the source says the same).
    fn refuse_options(&self, options: &ClusterOptions) -> SqlResult<()> {
        let knows_compression = self.catalog.version.has(Change::ArrangementCompression);
        if options.arrangement_compression.is_some() && !knows_compression {
            return Err(SqlError::syntax(
                "Expected a cluster option, found identifier \"experimental\"",
            ));
        }
        let knows_strategies = self.catalog.version.has(Change::AutoScaling);
        if options.strategy.is_some() && !knows_strategies {
            return Err(SqlError::syntax(
                "Expected a cluster option, found identifier \"auto\"",
            ));
        }
        let is_user = self.viewer.role.is_user();
        let refused = [
            ("FEATURES", !options.features.is_empty()),
            ("WORKLOAD CLASS", options.workload_class.is_some()),
        ];
        match refused.into_iter().find(|(_, given)| is_user && *given) {
            Some((option, _)) => Err(SqlError::plan(format!(
                "{option} not supported for non-system users"
            ))),
            None => Ok(()),
        }
    }

    /// A managed cluster and the replicas that it starts with.
    fn managed(&self, options: &ClusterOptions) -> SqlResult<(Option<Managed>, Vec<ReplicaSpec>)> {
        let size = options
            .size
            .clone()
            .ok_or_else(|| SqlError::plan("SIZE option must be specified for managed clusters"))?;
        self.catalog.check_size(&size)?;
        let strategy = options.strategy.clone().flatten();
        check_strategy(self.catalog, strategy.as_ref(), &size)?;
        let on_refresh = self.schedule(options.schedule)?;
        let replication_factor = match (options.replication_factor, on_refresh) {
            (Some(_), Some(_)) => {
                return Err(SqlError::plan(
                    "REPLICATION FACTOR cannot be given together with any SCHEDULE other than MANUAL",
                ));
            }
            (_, Some(_)) => 0,
            (factor, None) => factor.unwrap_or(1),
        };
        let replicas = (1..=replication_factor)
            .map(|n| (format!("r{n}"), size.clone()))
            .collect();
        let managed = Managed {
            size,
            replication_factor,
            arrangement_compression: options.arrangement_compression.unwrap_or(false),
            introspection_debugging: options.introspection_debugging.unwrap_or(false),
            introspection_interval: options
                .introspection_interval
                .unwrap_or(Some(Duration::from_secs(1))),
            on_refresh,
            strategy,
            workload_class: options.workload_class.clone().flatten(),
            features: options.features.clone(),
        };
        Ok((Some(managed), replicas))
    }

    fn schedule(&self, schedule: Option<Schedule>) -> SqlResult<Option<Duration>> {
        match schedule {
            None | Some(Schedule::Manual) => Ok(None),
            Some(Schedule::OnRefresh(estimate)) => {
                let flag = "enable_cluster_schedule_refresh";
                if self.catalog.setting(flag) {
                    Ok(Some(estimate))
                } else {
                    Err(SqlError::unavailable(
                        "`SCHEDULE = ON REFRESH` cluster option",
                        flag,
                    ))
                }
            }
        }
    }

    pub(super) fn remove_replica(&mut self, id: Id) {
        let actor = self.actor();
        self.catalog.remove_replica(actor, id);
    }

    pub(super) fn create_replica(
        &mut self,
        cluster: &str,
        name: &str,
        size: &str,
    ) -> SqlResult<()> {
        let (id, of) = self.catalog.cluster(cluster)?;
        if of.managed.is_some() {
            return Err(SqlError::plan(format!(
                "cannot modify managed cluster {cluster}"
            )));
        }
        self.catalog
            .require_owner(self.viewer.role, &[Owned::Cluster(id)])?;
        self.catalog.check_size(size)?;
        let mut replicas = self.catalog.replicas.values();
        if replicas.any(|r| r.cluster == id && r.name == name) {
            return Err(SqlError::plan(format!(
                "CLUSTER REPLICA '{cluster}.{name}' already exists"
            )));
        }
        let actor = self.actor();
        self.catalog.add_replica(actor, id, name, size);
        Ok(())
    }

    pub(super) fn alter_cluster(
        &mut self,
        name: &str,
        if_exists: bool,
        change: &ClusterChange,
    ) -> SqlResult<()> {
        let Some(id) = self.catalog.cluster_named(name) else {
            if if_exists {
                self.skipped("CLUSTER", name);
                return Ok(());
            }
            return Err(SqlError::unknown_cluster(name));
        };
        if let ClusterChange::Set(options) = change {
            self.refuse_options(options)?;
        }
        self.catalog
            .require_owner(self.viewer.role, &[Owned::Cluster(id)])?;
        let options = match change {
            ClusterChange::Set(options) => options.clone(),
            ClusterChange::Reset(names) => defaults(names)?,
        };
        let managed = self
            .catalog
            .clusters
            .get(&id)
            .and_then(|c| c.managed.clone());
        let Some(mut managed) = managed else {
            return Err(unmanaged(&options));
        };
        if let Some(size) = &options.size {
            self.catalog.check_size(size)?;
            managed.size.clone_from(size);
        }
        if options.schedule.is_some() {
            managed.on_refresh = self.schedule(options.schedule)?;
        }
        if let Some(factor) = options.replication_factor {
            if managed.on_refresh.is_some() {
                return Err(SqlError::plan(
                    "REPLICATION FACTOR cannot be set if the cluster SCHEDULE is anything other than MANUAL",
                ));
            }
            managed.replication_factor = factor;
        }
        if let Some(compression) = options.arrangement_compression {
            managed.arrangement_compression = compression;
        }
        if let Some(debugging) = options.introspection_debugging {
            managed.introspection_debugging = debugging;
        }
        if let Some(interval) = options.introspection_interval {
            managed.introspection_interval = interval;
        }
        if let Some(class) = options.workload_class {
            managed.workload_class = class;
        }
        if let Some(strategy) = options.strategy {
            managed.strategy = strategy;
        }
        check_strategy(self.catalog, managed.strategy.as_ref(), &managed.size)?;
        self.reshape(id, managed);
        let details = json!({"id": id.to_string(), "name": name});
        self.catalog
            .record(self.actor(), "alter", "cluster", details);
        Ok(())
    }
}

fn defaults(names: &[String]) -> SqlResult<ClusterOptions> {
    let mut options = ClusterOptions::default();
    for name in names {
        match name.as_str() {
            "replication factor" => options.replication_factor = Some(1),
            "introspection debugging" => options.introspection_debugging = Some(false),
            "introspection interval" => {
                options.introspection_interval = Some(Some(Duration::from_secs(1)));
            }
            "schedule" => options.schedule = Some(Schedule::Manual),
            "auto scaling strategy" => options.strategy = Some(None),
            other => {
                return Err(SqlError::unsupported(format!(
                    "ALTER CLUSTER .. RESET ({other})"
                )));
            }
        }
    }
    Ok(options)
}

/// Recorded: 03.
fn unmanaged(options: &ClusterOptions) -> SqlError {
    let option = if options.size.is_some() {
        "SIZE"
    } else if options.replication_factor.is_some() {
        "REPLICATION FACTOR"
    } else if options.schedule.is_some() {
        "SCHEDULE"
    } else {
        "INTROSPECTION"
    };
    SqlError::plan(format!("{option} not supported for unmanaged clusters"))
}

/// Recorded: v26.39/20.
fn check_strategy(catalog: &Catalog, strategy: Option<&Strategy>, size: &str) -> SqlResult<()> {
    let Some(strategy) = strategy else {
        return Ok(());
    };
    catalog.check_size(&strategy.size)?;
    if strategy.size == size {
        return Err(SqlError::plan(format!(
            "HYDRATION SIZE must differ from the cluster SIZE ('{size}')"
        ))
        .detail(
            "A burst replica at the same size as the steady replicas would not accelerate hydration.",
        ));
    }
    Ok(())
}
