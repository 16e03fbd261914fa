//! Faults, disturbances and scripted events, as a client meets them.

use super::server::{Simulator, rows};
use super::wire::Session;
use cutover::sim::world::{Disturbance, Fault, FaultKind, LinkCut, Refusal};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// Two schemas to swap, and a sink to move.
const WORLD: &str = r#"
[hydration.default]
attach = "1s"
time = "1s"

[[start]]
sql = """
create cluster compute (size '25cc');
create schema blue;
create schema green;
create table blue.t (a int);
create materialized view blue.mv in cluster compute as select a from blue.t;
create materialized view green.mv in cluster compute as select a from blue.t;
create connection blue.kafka to kafka (broker 'localhost:9092', security protocol plaintext);
create sink blue.feed in cluster compute from blue.mv into kafka connection blue.kafka (topic 'feed') format json envelope debezium;
"""
"#;

fn start() -> (Simulator, Session) {
    let simulator = Simulator::start(WORLD);
    let session = Session::login(simulator.address(), "materialize");
    simulator.pass(Duration::from_secs(10));
    (simulator, session)
}

/// Waits for something that happens on the server in a moment.
fn eventually(what: &str, mut happens: impl FnMut() -> bool) {
    let patience = Instant::now() + Duration::from_secs(10);
    while !happens() {
        assert!(Instant::now() < patience, "never: {what}");
        std::thread::yield_now();
    }
}

/// The schema that holds the materialized view which `blue` held at first.
fn home_of_the_first_view(session: &mut Session) -> String {
    let sql = "select s.name from mz_schemas s join mz_objects o on o.schema_id = s.id join mz_sinks k on k.name = 'feed' \
               join mz_internal.mz_object_dependencies d on d.object_id = k.id and d.referenced_object_id = o.id \
               where o.type = 'materialized-view'";
    rows(session, sql).remove(0)
}

const SWAP: [&str; 2] = ["begin", "alter schema blue swap with green"];

fn begin_swap(session: &mut Session) {
    for sql in SWAP {
        rows(session, sql);
    }
}

#[test]
fn a_conflict_at_commit_undoes_the_transaction_and_the_next_try_succeeds() {
    let (simulator, mut session) = start();
    simulator.arm(Fault::conflict_at_commit(1));
    begin_swap(&mut session);
    let refused = session.ask("commit").error.unwrap();
    assert_eq!(refused.code, "40001");
    assert_eq!(home_of_the_first_view(&mut session), "blue");
    begin_swap(&mut session);
    assert_eq!(session.ask("commit").tag.as_deref(), Some("COMMIT"));
    assert_eq!(home_of_the_first_view(&mut session), "green");
}

#[test]
fn a_link_cut_before_commit_leaves_everything_and_after_commit_nothing_is_lost() {
    for (cut, home) in [
        (LinkCut::BeforePerforming, "blue"),
        (LinkCut::AfterPerforming, "green"),
    ] {
        let (simulator, mut session) = start();
        simulator.arm(Fault::once("commit", FaultKind::Cut(cut)));
        begin_swap(&mut session);
        assert!(session.is_left_without_answer("commit"), "{cut:?}");
        let mut again = Session::login(simulator.address(), "materialize");
        assert_eq!(home_of_the_first_view(&mut again), home, "{cut:?}");
    }
}

#[test]
fn a_wedged_alter_sink_waits_while_others_go_on_and_a_cancel_ends_it() {
    let (simulator, mut session) = start();
    simulator.arm(Fault::once("alter sink", FaultKind::Wedge));
    let mut wedged = Session::login(simulator.address(), "materialize");
    wedged.send("alter sink blue.feed set from green.mv");
    eventually("the fault strikes", || simulator.armed() == 0);
    rows(&mut session, "create schema meanwhile");
    Session::cancel(simulator.address(), wedged.process_id, wedged.secret_key);
    let ended = wedged.answers().remove(0).error.unwrap();
    assert_eq!(ended.code, "57014");
    assert_eq!(home_of_the_first_view(&mut session), "blue");
    rows(&mut wedged, "alter sink blue.feed set from green.mv");
    assert_eq!(home_of_the_first_view(&mut session), "green");
}

#[test]
fn a_refusal_says_what_it_was_told_to_say() {
    let (simulator, mut session) = start();
    let refusal = Refusal {
        sqlstate: "42501".to_owned(),
        message: "not today".to_owned(),
        detail: Some("the server is in a mood".to_owned()),
        hint: Some("come back tomorrow".to_owned()),
    };
    simulator.arm(Fault::once("create index", FaultKind::Refuse(refusal)));
    let sql = "create index i in cluster compute on blue.mv (a)";
    let error = session.ask(sql).error.unwrap();
    assert_eq!(
        (error.code.as_str(), error.message.as_str()),
        ("42501", "not today")
    );
    assert_eq!(error.hint.as_deref(), Some("come back tomorrow"));
    rows(&mut session, sql);
}

#[test]
fn a_slow_statement_is_performed_only_after_its_time() {
    let (simulator, mut session) = start();
    simulator.arm(Fault::once(
        "create schema late",
        FaultKind::Slow(Duration::from_secs(30)),
    ));
    let mut slow = Session::login(simulator.address(), "materialize");
    slow.send("create schema late");
    eventually("the fault strikes", || simulator.armed() == 0);
    let late = "select name from mz_schemas where name = 'late'";
    assert!(rows(&mut session, late).is_empty());
    eventually("the schema is there", || {
        simulator.pass(Duration::from_secs(30));
        !rows(&mut session, late).is_empty()
    });
    assert_eq!(
        slow.answers().remove(0).tag.as_deref(),
        Some("CREATE SCHEMA")
    );
}

#[test]
fn subscribe_can_be_refused_and_relations_can_be_missing() {
    let (simulator, mut session) = start();
    simulator.arm(Fault::refuse_subscribe());
    simulator.arm(Fault::missing_relation("mz_internal.mz_hydration_statuses"));
    let refused = session
        .ask("subscribe (select id from mz_schemas)")
        .error
        .unwrap();
    assert_eq!(refused.code, "0A000");
    let missing = session
        .ask("select * from mz_internal.mz_hydration_statuses")
        .error
        .unwrap();
    assert_eq!(
        missing.message,
        "unknown catalog item 'mz_internal.mz_hydration_statuses'"
    );
    let listed = "select name from mz_objects where name = 'mz_hydration_statuses'";
    assert!(rows(&mut session, listed).is_empty());
}

#[test]
fn a_killed_replica_is_offline_and_comes_back() {
    let (simulator, mut session) = start();
    let sql = "select s.status, s.reason from mz_internal.mz_cluster_replica_statuses s join mz_cluster_replicas r on \
               r.id = s.replica_id join mz_clusters c on c.id = r.cluster_id where c.name = 'compute'";
    let hydrated = "select h.hydrated from mz_internal.mz_hydration_statuses h join mz_objects o on o.id = h.object_id \
                    where o.name = 'mv' and h.hydrated";
    assert_eq!(rows(&mut session, sql), ["online -"]);
    assert_eq!(rows(&mut session, hydrated).len(), 2);
    simulator.disturb(&Disturbance::OomKill {
        cluster: "compute".to_owned(),
        replica: "r1".to_owned(),
        times: 1,
        every: Duration::from_secs(60),
    });
    assert_eq!(rows(&mut session, sql), ["offline oom-killed"]);
    assert!(rows(&mut session, hydrated).is_empty());
    simulator.pass(Duration::from_secs(10));
    assert_eq!(rows(&mut session, sql), ["online -"]);
    assert_eq!(rows(&mut session, hydrated).len(), 2);
}

#[test]
fn scripted_events_happen_at_their_time() {
    let events = r#"
[[role]]
name = "colleague"

[[event]]
after = "60s"
do = { run = { as = "materialize", sql = "alter schema blue swap with green" } }
[[event]]
after = "90s"
do = { pause = { cluster = "compute" } }
[[event]]
after = "90s"
do = { stall = { object = "green.feed", error = "kafka: broker gone" } }
"#;
    let simulator = Simulator::start(&format!("{WORLD}{events}"));
    let mut session = Session::login(simulator.address(), "materialize");
    simulator.pass(Duration::from_secs(59));
    assert_eq!(home_of_the_first_view(&mut session), "blue");
    simulator.pass(Duration::from_secs(2));
    assert_eq!(home_of_the_first_view(&mut session), "green");
    let replicas = "select r.name from mz_cluster_replicas r join mz_clusters c on c.id = r.cluster_id where c.name = 'compute'";
    assert_eq!(rows(&mut session, replicas), ["r1"]);
    simulator.pass(Duration::from_secs(30));
    assert!(rows(&mut session, replicas).is_empty());
    let status = "select status, error from mz_internal.mz_sink_statuses";
    assert_eq!(rows(&mut session, status), ["stalled kafka: broker gone"]);
}

#[test]
fn a_late_commit_takes_effect_after_the_link_is_gone_unless_ddl_comes_first() {
    for (ddl, home) in [
        (None, "green"),
        (Some("create temporary view fence as select 1"), "blue"),
    ] {
        let (simulator, mut session) = start();
        let later = LinkCut::PerformingLater(Duration::from_secs(5));
        simulator.arm(Fault::once("commit", FaultKind::Cut(later)));
        begin_swap(&mut session);
        assert!(session.is_left_without_answer("commit"));
        let mut other = Session::login(simulator.address(), "materialize");
        assert_eq!(home_of_the_first_view(&mut other), "blue", "not yet");
        if let Some(ddl) = ddl {
            rows(&mut other, ddl);
        }
        simulator.pass(Duration::from_secs(6));
        if home == "green" {
            eventually("the COMMIT takes effect", || {
                home_of_the_first_view(&mut other) == "green"
            });
        }
        assert_eq!(home_of_the_first_view(&mut other), home, "{ddl:?}");
    }
}

#[test]
fn somebody_else_comes_right_before_a_statement() {
    let (simulator, mut session) = start();
    let comes = |at: &str, schema: &str| {
        simulator.arm(Fault::once(
            at,
            FaultKind::Meanwhile {
                role: "materialize".to_owned(),
                sql: format!("create schema {schema}"),
            },
        ));
    };
    comes("begin", "before");
    begin_swap(&mut session);
    assert_eq!(session.ask("commit").tag.as_deref(), Some("COMMIT"));
    comes("commit", "meanwhile");
    begin_swap(&mut session);
    assert_eq!(session.ask("commit").error.unwrap().code, "40001");
    let made = "select name from mz_schemas where name in ('before', 'meanwhile') order by name";
    assert_eq!(rows(&mut session, made), ["before", "meanwhile"]);
}

#[test]
fn a_closed_server_refuses_connections_and_opens_with_all_it_had() {
    let (simulator, mut session) = start();
    rows(&mut session, "create schema kept");
    simulator.close();
    eventually("the session is left without an answer", || {
        session.is_left_without_answer("select 1")
    });
    eventually("connections are refused", || {
        TcpStream::connect(simulator.address()).is_err()
    });
    simulator.open();
    eventually("connections are accepted", || {
        TcpStream::connect(simulator.address()).is_ok()
    });
    let mut again = Session::login(simulator.address(), "materialize");
    assert_eq!(
        rows(
            &mut again,
            "select name from mz_schemas where name = 'kept'"
        ),
        ["kept"]
    );
}
