//! Cluster options that a server refuses to users (recorded: v26.24/18, v26.39/18; of FEATURES the server's source says the same), and clusters
//! whose shape changes while they run (recorded: v26.39/20).

use super::compare::differences;
use super::recording::steps;
use super::server::{Simulator, rows};
use super::wire::Session;
use std::time::Duration;

#[test]
fn a_workload_class_is_for_the_system_alone() {
    for recording in [
        "v26.24/18-options-replacement-types",
        "v26.39/18-options-replacement-types",
    ] {
        let simulator = Simulator::of_recording(recording);
        let mut operator = Session::login(simulator.address(), "materialize");
        let mut system = Session::login(simulator.address(), "mz_system");
        let of_clusters = |sql: &str| {
            sql.contains("cluster r18 ")
                || sql.contains("cluster r18_")
                || sql.ends_with("cluster r18")
        };
        let steps = steps(recording).into_iter().take(5);
        let steps: Vec<_> = steps.filter(|step| of_clusters(&step.sql)).collect();
        assert_eq!(steps.len(), 4);
        for step in steps {
            let session = if step.role == "system" {
                &mut system
            } else {
                &mut operator
            };
            let answer = session.ask(&step.sql);
            let found = differences(&step.sql, &step.answer.answer(), &answer);
            assert!(found.is_empty(), "{recording}: {}: {found:?}", step.sql);
        }
        let refused = operator
            .ask("alter cluster r18 set (workload class 'light')")
            .error;
        assert_eq!(
            refused.unwrap().message,
            "WORKLOAD CLASS not supported for non-system users"
        );
    }
}

#[test]
fn optimizer_features_are_for_the_system_alone() {
    let simulator = Simulator::start("");
    let mut operator = Session::login(simulator.address(), "materialize");
    let mut system = Session::login(simulator.address(), "mz_system");
    let create = "create cluster f (size '25cc') features (enable eager delta joins = true)";
    let refused = operator.ask(create).error.unwrap();
    assert_eq!(
        (refused.code.as_str(), refused.message.as_str()),
        ("XX000", "FEATURES not supported for non-system users")
    );
    assert_eq!(system.ask(create).error, None);
    let shown = &operator.ask("show create cluster f").rows[0][1];
    let shown = shown.as_deref().unwrap();
    assert!(
        shown.ends_with("SCHEDULE = MANUAL) FEATURES (ENABLE EAGER DELTA JOINS = true)"),
        "{shown}"
    );
}

const SHAPES: &str = "select c.name, r.name, r.size from mz_catalog.mz_cluster_replicas r \
     join mz_catalog.mz_clusters c on c.id = r.cluster_id where c.name like 'c20%' order by r.id";
const CHANGES: &str =
    "select status, on_timeout, changes from mz_internal.mz_cluster_reconfigurations";
const SIZES: &str =
    "select name, size from mz_catalog.mz_clusters where name like 'c20%' order by name";

/// Two clusters, and something on the first that hydrates.
fn with_clusters() -> (Simulator, Session) {
    let simulator = Simulator::of_recording("v26.39/20-clusters");
    let mut operator = Session::login(simulator.address(), "materialize");
    for sql in [
        "create schema c20",
        "create cluster c20 (size '25cc')",
        "create cluster c20_dbt_deploy (size '25cc')",
        "create table c20.t (a int)",
        "create materialized view c20.m in cluster c20 as select count(*) as n from c20.t",
    ] {
        assert_eq!(operator.ask(sql).error, None, "{sql}");
    }
    simulator.pass(Duration::from_secs(600));
    (simulator, operator)
}

#[test]
fn another_size_takes_replicas_of_its_own_until_they_are_hydrated() {
    let (simulator, mut operator) = with_clusters();
    operator.ask("alter cluster c20 set (size '50cc')");
    let changing = ["c20 r1 25cc", "c20_dbt_deploy r1 25cc", "c20 r2 50cc"];
    assert_eq!(rows(&mut operator, SHAPES), changing);
    let told = r#"in-progress rollback {"size":"50cc"}"#;
    assert_eq!(rows(&mut operator, CHANGES), [told]);
    assert_eq!(
        rows(&mut operator, SIZES),
        ["c20 25cc", "c20_dbt_deploy 25cc"]
    );
    let activity = |operator: &mut Session| {
        let shown = rows(operator, "show clusters");
        shown.into_iter().find(|row| row.contains("reconfiguring"))
    };
    assert_eq!(
        activity(&mut operator).as_deref(),
        Some("c20 r1 (25cc), r2 (50cc) reconfiguring size to 50cc ")
    );
    // A second one replaces the target, and a swap takes it along.
    operator.ask("alter cluster c20 set (size '100cc')");
    operator.ask("alter cluster c20 swap with c20_dbt_deploy");
    assert_eq!(
        activity(&mut operator).as_deref(),
        Some("c20_dbt_deploy r1 (25cc), r3 (100cc) reconfiguring size to 100cc ")
    );
    simulator.pass(Duration::from_secs(600));
    assert_eq!(
        rows(&mut operator, SHAPES),
        ["c20 r1 25cc", "c20_dbt_deploy r3 100cc"]
    );
    assert_eq!(rows(&mut operator, CHANGES), ["finalized rollback {}"]);
    assert_eq!(
        rows(&mut operator, SIZES),
        ["c20 25cc", "c20_dbt_deploy 100cc"]
    );
    assert_eq!(activity(&mut operator), None);
}

/// What ends a change otherwise is from the server's source.
#[test]
fn a_change_of_size_can_be_taken_back() {
    let (_simulator, mut operator) = with_clusters();
    operator.ask("alter cluster c20 set (size '50cc')");
    operator.ask("alter cluster c20 set (size '25cc')");
    let left = ["c20 r1 25cc", "c20_dbt_deploy r1 25cc"];
    assert_eq!(rows(&mut operator, SHAPES), left);
    assert_eq!(rows(&mut operator, CHANGES), ["cancelled rollback {}"]);
}

#[test]
fn a_burst_stands_beside_the_steady_replica_while_that_hydrates() {
    let (simulator, mut operator) = with_clusters();
    let create = "create cluster c20_s (size '25cc', auto scaling strategy = (on hydration (hydration size = '100cc', linger duration = '10s')))";
    assert_eq!(operator.ask(create).error, None);
    assert_eq!(
        rows(&mut operator, "show create cluster c20_s"),
        [
            "c20_s CREATE CLUSTER \"c20_s\" (AUTO SCALING STRATEGY = (ON HYDRATION (HYDRATION SIZE = '100cc', LINGER DURATION = INTERVAL '00:00:10')), \
             EXPERIMENTAL ARRANGEMENT COMPRESSION = false, INTROSPECTION DEBUGGING = false, INTROSPECTION INTERVAL = INTERVAL '00:00:01', \
             MANAGED = true, REPLICATION FACTOR = 1, SIZE = '25cc', SCHEDULE = MANUAL)"
        ]
    );
    let strategies = "select strategy, state from mz_internal.mz_cluster_auto_scaling_strategies";
    let strategy =
        r#"{"on_hydration":{"hydration_size":"100cc","linger_duration":{"nanos":0,"secs":10}}}"#;
    let quiet = [format!("{strategy} -")];
    assert_eq!(rows(&mut operator, strategies), quiet);
    operator
        .ask("create materialized view c20.s in cluster c20_s as select count(*) as n from c20.t");
    simulator.pass(Duration::from_secs(1));
    let state = r#"{"burst":{"burst_size":"100cc","linger_duration":{"nanos":0,"secs":10},"steady_hydrated_at":null}}"#;
    assert_eq!(
        rows(&mut operator, strategies),
        [format!("{strategy} {state}")]
    );
    let sizes = "select r.size from mz_catalog.mz_cluster_replicas r join mz_catalog.mz_clusters c on c.id = r.cluster_id \
         where c.name = 'c20_s' order by r.id";
    assert_eq!(rows(&mut operator, sizes), ["25cc", "100cc"]);
    simulator.pass(Duration::from_secs(600));
    assert_eq!(rows(&mut operator, strategies), quiet);
    assert_eq!(rows(&mut operator, sizes), ["25cc"]);
    let refused = "create cluster c20_t (size '100cc', auto scaling strategy = (on hydration (hydration size = '100cc')))";
    let error = operator.ask(refused).error.unwrap();
    assert_eq!(
        error.message,
        "HYDRATION SIZE must differ from the cluster SIZE ('100cc')"
    );
}
