//! Cluster options that a server refuses to users (recorded: v26.24/18, v26.39/18; of FEATURES the server's source says the same).

use super::compare::differences;
use super::recording::steps;
use super::server::Simulator;
use super::wire::Session;

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
