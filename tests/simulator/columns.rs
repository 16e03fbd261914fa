//! The relations of the simulator against those of a real server: columns, their order and their types.

use super::recording::read;
use super::server::{Simulator, rows};
use super::wire::{Column, Session};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Deserialize)]
struct Catalog {
    relations: BTreeMap<String, Relation>,
}

#[derive(Deserialize)]
struct Relation {
    /// Name, type, type OID, whether it can be NULL.
    columns: Vec<(String, String, u32, bool)>,
}

/// What the product and dbt read, so that it must be there.
const NEEDED: [&str; 46] = [
    "mz_catalog.mz_audit_events",
    "mz_catalog.mz_cluster_replica_frontiers",
    "mz_catalog.mz_cluster_replica_sizes",
    "mz_catalog.mz_cluster_replicas",
    "mz_catalog.mz_clusters",
    "mz_catalog.mz_columns",
    "mz_catalog.mz_databases",
    "mz_catalog.mz_default_privileges",
    "mz_catalog.mz_indexes",
    "mz_catalog.mz_materialized_views",
    "mz_catalog.mz_objects",
    "mz_catalog.mz_role_members",
    "mz_catalog.mz_roles",
    "mz_catalog.mz_schemas",
    "mz_catalog.mz_sinks",
    "mz_catalog.mz_sources",
    "mz_catalog.mz_system_privileges",
    "mz_catalog.mz_tables",
    "mz_catalog.mz_views",
    "mz_internal.mz_cluster_replica_metrics",
    "mz_internal.mz_cluster_replica_status_history",
    "mz_internal.mz_cluster_replica_statuses",
    "mz_internal.mz_cluster_replica_utilization",
    "mz_internal.mz_cluster_schedules",
    "mz_internal.mz_comments",
    "mz_internal.mz_compute_hydration_statuses",
    "mz_internal.mz_compute_hydration_times",
    "mz_internal.mz_compute_operator_hydration_statuses",
    "mz_internal.mz_frontiers",
    "mz_internal.mz_hydration_statuses",
    "mz_internal.mz_materialization_lag",
    "mz_internal.mz_materialized_view_refresh_strategies",
    "mz_internal.mz_materialized_view_refreshes",
    "mz_internal.mz_object_dependencies",
    "mz_internal.mz_object_fully_qualified_names",
    "mz_internal.mz_object_global_ids",
    "mz_internal.mz_object_transitive_dependencies",
    "mz_internal.mz_sessions",
    "mz_internal.mz_show_default_privileges",
    "mz_internal.mz_sink_statistics",
    "mz_internal.mz_sink_statuses",
    "mz_internal.mz_source_statistics",
    "mz_internal.mz_source_statuses",
    "mz_internal.mz_subscriptions",
    "mz_internal.mz_wallclock_global_lag",
    "mz_internal.mz_wallclock_global_lag_recent_history",
];

/// The recorded catalogs, and what the servers that they are of said of themselves.
const RECORDED: [(&str, &str); 2] = [
    ("v26.9.0", "catalog-columns.json.gz"),
    ("v26.39.0", "v26.39/catalog-columns.json.gz"),
];

fn serving(version: &str) -> (Simulator, Session) {
    let simulator = Simulator::start(&format!("[server]\nversion = \"{version}\""));
    let session = Session::login(simulator.address(), "materialize");
    (simulator, session)
}

#[test]
fn relations_have_the_columns_of_a_real_server() {
    let mut wrong = Vec::new();
    for (version, recorded) in RECORDED {
        let (_simulator, mut session) = serving(version);
        let catalog: Catalog = serde_json::from_str(&read(recorded)).unwrap();
        for (name, relation) in &catalog.relations {
            let answer = session.ask(&format!("select * from {name} limit 0"));
            if let Some(error) = answer.error {
                if NEEDED.contains(&name.as_str()) {
                    wrong.push(format!("{version}: {name} is missing: {}", error.message));
                }
                continue;
            }
            let recorded: Vec<Column> = relation
                .columns
                .iter()
                .map(|(name, _, oid, _)| (name.clone(), *oid))
                .collect();
            if answer.columns != recorded {
                wrong.push(format!(
                    "{version}: {name}\n  recorded:  {recorded:?}\n  simulated: {:?}",
                    answer.columns
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_server_lists_the_relations_of_its_version_and_no_others() {
    for (version, recorded) in RECORDED {
        let (_simulator, mut session) = serving(version);
        let catalog: Catalog = serde_json::from_str(&read(recorded)).unwrap();
        let listed = rows(
            &mut session,
            "select s.name || '.' || r.name from mz_catalog.mz_relations r join mz_catalog.mz_schemas s on s.id = r.schema_id \
             where s.name in ('mz_catalog', 'mz_internal') order by 1",
        );
        let recorded: BTreeSet<&String> = catalog.relations.keys().collect();
        assert_eq!(
            listed.iter().collect::<BTreeSet<_>>(),
            recorded,
            "{version}"
        );
    }
}

/// A belief: no recording is of a server so new.
#[test]
fn the_newest_servers_keep_a_history_of_hydration() {
    let sql = "select object_id, hydrated_at from mz_internal.mz_object_hydration_history";
    for (version, known) in [("v26.41.0", false), ("v26.42.0", true), ("v26.43.0", true)] {
        let (_simulator, mut session) = serving(version);
        assert_eq!(session.ask(sql).error.is_none(), known, "{version}");
    }
}
