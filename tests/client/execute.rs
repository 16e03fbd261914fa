//! Transactions whose end is told precisely, whatever happens to the link.

use crate::connector;
use crate::proxy::{Cut, Proxy};
use crate::script::{Reply, Script};
use cutover::materialize::error::Class;
use cutover::materialize::execute::{Executor, StatementEvent, TransactionOutcome};
use std::time::Duration;

const SWAPS: [&str; 2] = [
    r#"ALTER SCHEMA "a" SWAP WITH "b""#,
    r#"ALTER CLUSTER "c" SWAP WITH "d""#,
];

async fn transaction(script: &Script) -> TransactionOutcome {
    Executor::connect(&connector(script.address), |_| {})
        .await
        .unwrap()
        .transaction(&SWAPS)
        .await
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
        });
    })
    .await
    .unwrap()
    .rehearse(&SWAPS[..1])
    .await;
    assert!(matches!(outcome, TransactionOutcome::Rehearsed { .. }));
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
    assert!(outcome.is_retryable(), "{outcome:?}");
    let TransactionOutcome::NotCommitted { failed, error } = outcome else {
        panic!("{outcome:?}");
    };
    assert_eq!(failed, Some(1));
    assert!(error.to_string().contains(race), "{error}");
    assert!(script.heard("COMMIT").is_empty());
    assert_eq!(script.heard("ROLLBACK").len(), 1);
}

#[tokio::test]
async fn other_refusals_are_not_retryable() {
    let script = Script::start().await;
    let missing = "must be owner of SCHEMA materialize.a";
    script.reply("ALTER SCHEMA", Reply::Error("42501", missing));
    let outcome = transaction(&script).await;
    assert!(!outcome.is_retryable());
    let TransactionOutcome::NotCommitted { error, .. } = outcome else {
        panic!("{outcome:?}");
    };
    assert!(matches!(error.class, Class::Permission(_)));
}

async fn cut_at(statement: &'static str, cut: Cut) -> (Script, TransactionOutcome) {
    let script = Script::start().await;
    let proxy = Proxy::before(script.address).await;
    let mut executor = Executor::connect(&connector(proxy.address), |_| {})
        .await
        .unwrap();
    proxy.cut_at(statement.as_bytes(), cut);
    let outcome = executor.transaction(&SWAPS).await;
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
    for (at, failed) in [("BEGIN", None), (SWAPS[0], Some(0)), (SWAPS[1], Some(1))] {
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

#[tokio::test]
async fn a_statement_past_its_deadline_is_cancelled() {
    let script = Script::start().await;
    script.reply("ALTER SINK", Reply::Hang);
    let mut executor = Executor::connect(&connector(script.address), |_| {})
        .await
        .unwrap();
    let error = executor
        .statement_within("ALTER SINK s SET FROM t", Duration::from_millis(50))
        .await
        .unwrap_err();
    assert!(matches!(error.class, Class::Cancelled(_)), "{error}");
    assert!(!error.is_outcome_unknown());
    let next = executor.statement("SELECT 1").await;
    assert!(next.is_ok(), "the session goes on: {next:?}");
}
