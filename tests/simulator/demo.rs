//! The world of the demo against the manifest that says what production runs.

use super::server::{Simulator, rows};
use super::wire::Session;
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn demo() -> (Simulator, Session) {
    let world = std::fs::read_to_string(root().join("assets/worlds/demo.toml")).unwrap();
    let simulator = Simulator::start(&world);
    let session = Session::login(simulator.address(), "materialize");
    (simulator, session)
}

#[test]
fn production_is_what_its_manifest_says() {
    let manifest = std::fs::read(root().join("assets/demo/state/manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    let mut expected = BTreeSet::new();
    for node in manifest["nodes"]
        .as_object()
        .unwrap()
        .values()
        .filter(|node| node["resource_type"] == "model")
    {
        let (schema, name) = (
            node["schema"].as_str().unwrap(),
            node["alias"].as_str().unwrap(),
        );
        let kind = node["config"]["materialized"]
            .as_str()
            .unwrap()
            .replace('_', "-");
        let cluster = if kind == "view" {
            "-"
        } else {
            node["config"]["cluster"].as_str().unwrap()
        };
        expected.insert(format!("{kind} {schema} {name} {cluster}"));
    }
    let (_simulator, mut session) = demo();
    let sql = "select o.type, s.name, o.name, c.name from mz_objects o join mz_schemas s on s.id = o.schema_id left join \
               mz_clusters c on c.id = o.cluster_id where o.id like 'u%' and o.type in ('view', 'materialized-view', 'sink')";
    let found: BTreeSet<String> = rows(&mut session, sql).into_iter().collect();
    assert_eq!(found, expected);
}

/// Without the lines that begin with `--`, and without what is there already.
fn setup() -> Vec<String> {
    let script = std::fs::read_to_string(root().join("assets/demo/setup.sql")).unwrap();
    let lines: Vec<&str> = script
        .lines()
        .filter(|line| !line.starts_with("--"))
        .collect();
    lines
        .join("\n")
        .split_inclusive(';')
        .map(|statement| statement.trim().to_owned())
        .filter(|statement| !statement.is_empty())
        .collect()
}

#[test]
fn the_setup_script_runs_on_a_server_with_default_settings() {
    let simulator = Simulator::start("");
    let mut system = Session::login(simulator.address(), "mz_system");
    rows(
        &mut system,
        "grant createrole, createcluster on system to materialize",
    );
    let mut session = Session::login(simulator.address(), "materialize");
    for statement in setup() {
        rows(&mut session, &statement);
    }
    let missing = "select count(*) from mz_objects o join mz_schemas s on s.id = o.schema_id where s.name = 'auction_house' \
                   and o.name in ('auctions', 'bids', 'users')";
    assert_eq!(rows(&mut session, missing), ["3"]);
}

#[test]
fn the_world_holds_what_the_setup_script_makes() {
    let world = std::fs::read_to_string(root().join("assets/worlds/demo.toml")).unwrap();
    for statement in setup() {
        // The world has bigger clusters, and the role is one that can log in.
        if !statement.starts_with("CREATE CLUSTER") && !statement.starts_with("CREATE ROLE") {
            assert!(world.contains(&statement), "{statement}");
        }
    }
}

#[test]
fn production_is_hydrated_and_has_a_past() {
    let (_simulator, mut session) = demo();
    let unhydrated = "select o.name from mz_objects o join mz_internal.mz_hydration_statuses h on h.object_id = o.id \
                      where o.id like 'u%' and not h.hydrated";
    assert_eq!(rows(&mut session, unhydrated), Vec::<String>::new());
    let past = "select count(*) > 100 from mz_internal.mz_wallclock_global_lag_recent_history h join mz_objects o on \
                o.id = h.object_id where o.name = 'bids_enriched'";
    assert_eq!(rows(&mut session, past), ["t"]);
}

#[test]
fn a_deployment_of_everything_hydrates_in_about_half_a_minute() {
    let (simulator, mut session) = demo();
    for sql in [
        "create schema blue_green_slim_dbt_deploy",
        "create schema serving_dbt_deploy",
        "create cluster compute_dbt_deploy (size '100cc', replication factor 1)",
        "create cluster serving_dbt_deploy (size '50cc', replication factor 2)",
    ] {
        rows(&mut session, sql);
    }
    let world = std::fs::read_to_string(root().join("assets/worlds/demo.toml")).unwrap();
    let models = world
        .split("# What `dbt run` made of the project.")
        .nth(1)
        .unwrap()
        .split("\"\"\"")
        .nth(1)
        .unwrap();
    for schema in ["blue_green_slim", "serving"] {
        assert!(models.contains(schema));
    }
    let models = models
        .replace("\"blue_green_slim\"", "\"blue_green_slim_dbt_deploy\"")
        .replace("\"serving\"", "\"serving_dbt_deploy\"")
        .replace("CLUSTER compute", "CLUSTER compute_dbt_deploy")
        .replace("CLUSTER serving", "CLUSTER serving_dbt_deploy");
    for statement in models
        .split(";\n")
        .filter(|statement| !statement.trim().is_empty() && !statement.contains("SINK"))
    {
        rows(&mut session, statement);
    }
    let waiting = "select count(distinct o.id) from mz_objects o join mz_schemas s on s.id = o.schema_id join \
                   mz_internal.mz_hydration_statuses h on h.object_id = o.id where s.name like '%_dbt_deploy' and not h.hydrated";
    let start = simulator.now();
    let mut seen = BTreeSet::new();
    loop {
        let left = rows(&mut session, waiting).remove(0);
        let took = simulator.now() - start;
        if left == "0" {
            assert!(
                (Duration::from_secs(18)..Duration::from_secs(42)).contains(&took),
                "{took:?}"
            );
            break;
        }
        seen.insert(left);
        assert!(took < Duration::from_secs(60), "still waiting: {seen:?}");
        simulator.pass(Duration::from_secs(1));
    }
    assert!(seen.len() > 5, "everything hydrated at once: {seen:?}");
}
