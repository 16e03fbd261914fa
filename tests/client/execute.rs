//! Transactions whose end is told precisely, whatever happens to the link.

use crate::proxy::{Cut, Proxy};
use crate::script::{Reply, Script};
use crate::swaps::{name, send, swap};
use crate::{connector, settings};
use cutover::domain::failure::told;
use cutover::domain::name::QualifiedName;
use cutover::domain::plan::{Rename, Statement, Swap};
use cutover::materialize::connection::Connector;
use cutover::materialize::error::Class;
use cutover::materialize::execute::{Executor, StatementEvent, TransactionOutcome};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

const SWAPS: [&str; 2] = [
    r#"ALTER SCHEMA "materialize"."a" SWAP WITH "b""#,
    r#"ALTER CLUSTER "c" SWAP WITH "d""#,
];

fn swaps() -> Swap {
    let swap = swap(("a", "b"), Some(("c", "d")));
    let texts: Vec<_> = swap.renames().iter().map(Rename::sql).collect();
    assert_eq!(texts, SWAPS);
    swap
}

async fn transaction(script: &Script) -> TransactionOutcome {
    let mut executor = Executor::connect(&connector(script.address), |_| {})
        .await
        .unwrap();
    send(&mut executor, &swaps()).await
}

#[tokio::test]
async fn each_statement_is_told_before_and_after() {
    let script = Script::start().await;
    let mut told = Vec::new();
    let outcome = Executor::connect(&connector(script.address), |event| {
        told.push(match event {
            StatementEvent::Started { statement, .. } => format!("> {statement}"),
            StatementEvent::Finished {
                statement, outcome, ..
            } => format!("{} {statement}", outcome.map(|done| done.tag).unwrap()),
            StatementEvent::AskedToStop { statement, .. } => panic!("{statement}"),
        });
    })
    .await
    .unwrap()
    .rehearse(&swap(("a", "b"), None))
    .await;
    assert_eq!(outcome, Ok(()));
    assert_eq!(
        told,
        [
            "> BEGIN".to_owned(),
            "BEGIN BEGIN".to_owned(),
            format!("> {}", SWAPS[0]),
            format!("ALTER SCHEMA {}", SWAPS[0]),
            "> ROLLBACK".to_owned(),
            "ROLLBACK ROLLBACK".to_owned(),
        ]
    );
    assert!(script.heard("COMMIT").is_empty());
}

#[tokio::test]
async fn only_the_tag_commit_is_committed() {
    let script = Script::start().await;
    let outcome = transaction(&script).await;
    assert!(matches!(outcome, TransactionOutcome::Committed { .. }));
    script.reply("COMMIT", Reply::Tag("ROLLBACK"));
    let outcome = transaction(&script).await;
    let TransactionOutcome::NotCommitted {
        failed: None,
        error,
    } = outcome
    else {
        panic!("{outcome:?}");
    };
    assert_eq!(error.class, Class::RolledBack);
}

#[tokio::test]
async fn a_refused_statement_ends_the_transaction_without_commit() {
    let script = Script::start().await;
    let race = "another session modified the catalog while this DDL transaction was open";
    script.reply("ALTER CLUSTER", Reply::Error("40001", race));
    let outcome = transaction(&script).await;
    let TransactionOutcome::NotCommitted { failed, error } = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(failed, Some(1), "the fence stood");
    assert!(error.is_retried(), "{error}");
    assert!(error.to_string().contains(race), "{error}");
    assert!(script.heard("COMMIT").is_empty());
    assert_eq!(script.heard("ROLLBACK").len(), 1);
}

#[tokio::test]
async fn other_refusals_are_no_races() {
    let script = Script::start().await;
    let missing = "must be owner of SCHEMA materialize.a";
    script.reply("ALTER SCHEMA", Reply::Error("42501", missing));
    let outcome = transaction(&script).await;
    let TransactionOutcome::NotCommitted { error, .. } = outcome else {
        panic!("{outcome:?}");
    };
    assert!(!error.is_retried(), "{error}");
    assert!(matches!(error.class, Class::Permission(_)));
}

async fn cut_at(statement: &'static str, cut: Cut) -> (Script, TransactionOutcome) {
    let script = Script::start().await;
    let proxy = Proxy::before(script.address).await;
    let mut executor = Executor::connect(&connector(proxy.address), |_| {})
        .await
        .unwrap();
    proxy.cut_at(statement.as_bytes(), cut);
    let outcome = send(&mut executor, &swaps()).await;
    (script, outcome)
}

#[tokio::test]
async fn a_link_cut_at_commit_leaves_the_outcome_unknown_on_both_sides_of_it() {
    let (script, outcome) = cut_at("COMMIT", Cut::After).await;
    assert!(
        matches!(outcome, TransactionOutcome::Unknown { .. }),
        "{outcome:?}"
    );
    assert_eq!(script.heard("COMMIT").len(), 1);
    let (script, outcome) = cut_at("COMMIT", Cut::Before).await;
    assert!(
        matches!(outcome, TransactionOutcome::Unknown { .. }),
        "{outcome:?}"
    );
    assert!(script.heard("COMMIT").is_empty());
}

#[tokio::test]
async fn a_link_cut_before_commit_changed_nothing() {
    // What is refused before the fence stands is told without a number.
    for (at, failed) in [("BEGIN", None), (SWAPS[0], None), (SWAPS[1], Some(1))] {
        for cut in [Cut::Before, Cut::After] {
            let (script, outcome) = cut_at(at, cut).await;
            let TransactionOutcome::NotCommitted {
                failed: at_statement,
                error,
            } = outcome
            else {
                panic!("{at} {cut:?}: {outcome:?}");
            };
            assert_eq!(at_statement, failed);
            assert!(matches!(error.class, Class::LinkLost { .. }), "{error}");
            assert!(script.heard("COMMIT").is_empty());
        }
    }
}

fn relation(of: &str) -> QualifiedName {
    QualifiedName {
        database: name("materialize"),
        schema: name("public"),
        name: name(of),
    }
}

fn hasty(address: SocketAddr) -> Connector {
    let mut settings = settings(address);
    settings.connect_timeout = Duration::from_millis(500);
    settings.deadlines.change = Duration::from_millis(50);
    settings.deadlines.swap = Duration::from_millis(50);
    settings.deadlines.sink = Duration::from_millis(50);
    settings.deadlines.cancel = Duration::from_millis(200);
    Connector::new(settings).unwrap()
}

#[tokio::test]
async fn a_statement_past_its_deadline_is_cancelled() {
    let script = Script::start().await;
    script.reply("ALTER SINK", Reply::Hang);
    let mut executor = Executor::connect(&hasty(script.address), |_| {})
        .await
        .unwrap();
    let error = executor
        .move_sink(&Statement::move_sink(&relation("s"), &relation("t")))
        .await
        .unwrap_err();
    assert!(matches!(error.class, Class::Overdue { .. }), "{error}");
    assert!(error.to_string().contains("the move of a sink"), "{error}");
    assert!(!error.is_outcome_unknown());
    let next = executor.read("SELECT 1").await;
    assert!(next.is_ok(), "the session goes on: {next:?}");
}

#[tokio::test]
async fn a_statement_whose_cancel_is_not_answered_closes_the_link() {
    let script = Script::start().await;
    let proxy = Proxy::before(script.address).await;
    let mut executor = Executor::connect(&hasty(proxy.address), |_| {})
        .await
        .unwrap();
    proxy.hold();
    let error = executor
        .statement(&Statement::temporary_view())
        .await
        .unwrap_err();
    assert!(matches!(error.class, Class::Timeout { .. }), "{error}");
    assert!(error.is_outcome_unknown());
    let next = executor.read("SELECT 1").await.unwrap_err();
    let sent = matches!(next.class, Class::LinkLost { statement_sent, .. } if statement_sent);
    assert!(!sent, "nothing is sent on a link that was given up: {next}");
}

#[tokio::test]
async fn a_silent_server_at_commit_leaves_the_outcome_unknown_and_before_it_does_not() {
    for (at, unknown) in [("BEGIN", false), (SWAPS[1], false), ("COMMIT", true)] {
        let script = Script::start().await;
        let proxy = Proxy::before(script.address).await;
        let mut executor = Executor::connect(&hasty(proxy.address), |_| {})
            .await
            .unwrap();
        proxy.cut_at(at.as_bytes(), Cut::Silent);
        let outcome = send(&mut executor, &swaps()).await;
        let is_unknown = matches!(outcome, TransactionOutcome::Unknown { .. });
        assert_eq!(is_unknown, unknown, "{at}: {outcome:?}");
        let (TransactionOutcome::Unknown { error }
        | TransactionOutcome::NotCommitted { error, .. }) = outcome
        else {
            panic!("{at}: {outcome:?}");
        };
        assert!(error.to_string().contains("within"), "{error}");
    }
}

#[tokio::test]
async fn whoever_asks_to_stop_ends_a_swap_before_its_commit_and_never_after() {
    for (at, ends) in [(SWAPS[1], true), ("COMMIT", false)] {
        let script = Script::start().await;
        script.reply_once(at, Reply::Hang);
        let stop = CancellationToken::new();
        let (sender, mut told) = tokio::sync::mpsc::unbounded_channel();
        let mut settings = settings(script.address);
        settings.deadlines.cancel = Duration::from_millis(50);
        settings.deadlines.swap = Duration::from_millis(if ends { 60_000 } else { 400 });
        let connector = Connector::new(settings).unwrap();
        let mut executor = Executor::connect(&connector, move |event| {
            let _ = sender.send(event);
        })
        .await
        .unwrap()
        .stopped_by(stop.clone(), true);
        let running = tokio::spawn(async move { send(&mut executor, &swaps()).await });
        let is_there = |event: &StatementEvent| matches!(event, StatementEvent::Started { statement, .. } if statement == at);
        while !is_there(&told.recv().await.unwrap()) {}
        stop.cancel();
        let outcome = running.await.unwrap();
        match ends {
            true => assert!(
                matches!(outcome, TransactionOutcome::NotCommitted { .. }),
                "{outcome:?}"
            ),
            // 57014 at COMMIT says nothing: it may have been done before.
            false => assert!(
                matches!(outcome, TransactionOutcome::Unknown { .. }),
                "{outcome:?}"
            ),
        }
        let mut notes = 0;
        while let Some(event) = told.recv().await {
            notes += usize::from(matches!(event, StatementEvent::AskedToStop { .. }));
        }
        assert_eq!(notes, 1, "{at}");
        assert_eq!(script.heard("COMMIT").is_empty(), ends);
    }
}

#[tokio::test]
async fn a_server_that_takes_the_connection_and_says_nothing_is_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let connecting = hasty(listener.local_addr().unwrap());
    let error = Executor::connect(&connecting, |_| {}).await.err().unwrap();
    let words = told(&error);
    assert!(
        words.contains("took the connection and said nothing within 0.5 s"),
        "{words}"
    );
    assert_eq!(connecting.waiting(), None);
}
