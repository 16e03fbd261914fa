//! Transactions.

use super::{PAIR, observer, run, schema, standing};
use crate::connector;
use crate::proxy::{Cut, Proxy};
use crate::swaps::{send, swap};
use cutover::domain::snapshot::Snapshot;
use cutover::materialize::connection::Purpose;
use cutover::materialize::execute::{Executor, TransactionOutcome};
use cutover::sim;

#[tokio::test]
async fn a_swap_moves_names_and_comments_stay_with_ids() {
    let simulator = standing().await;
    run(&simulator, &PAIR);
    let mut observer = observer(&simulator).await;
    let before = observer.observe().await.unwrap();
    let green = schema(&before.catalog, "green").unwrap().clone();
    let mut executor = Executor::connect(&connector(simulator.address()), |_| {})
        .await
        .unwrap();
    let swaps = swap(("blue", "green"), Some(("blue_c", "green_c")));
    assert_eq!(executor.rehearse(&swaps).await, Ok(()));
    let unchanged = observer.observe().await.unwrap();
    assert_eq!(unchanged.catalog, before.catalog);
    let committed = send(&mut executor, &swaps).await;
    assert!(
        matches!(committed, TransactionOutcome::Committed { .. }),
        "{committed:?}"
    );
    let after = observer.observe().await.unwrap();
    let blue = schema(&after.catalog, "blue").unwrap();
    assert_eq!((&blue.id, &blue.comment), (&green.id, &green.comment));
}

#[tokio::test]
async fn a_cut_around_commit_is_settled_by_reading_back() {
    for (cut, swapped) in [(Cut::Before, false), (Cut::After, true)] {
        let simulator = standing().await;
        run(&simulator, &PAIR);
        let mut observer = observer(&simulator).await;
        let before = observer.observe().await.unwrap();
        let proxy = Proxy::before(simulator.address()).await;
        let mut executor = Executor::connect(&connector(proxy.address), |_| {})
            .await
            .unwrap();
        proxy.cut_at(b"COMMIT", cut);
        let outcome = send(&mut executor, &swap(("blue", "green"), None)).await;
        assert!(
            matches!(outcome, TransactionOutcome::Unknown { .. }),
            "{outcome:?}"
        );
        let after = observer.observe().await.unwrap();
        let id = |snapshot: &Snapshot| schema(&snapshot.catalog, "blue").unwrap().id;
        assert_eq!(id(&before) != id(&after), swapped, "{cut:?}");
    }
}

#[tokio::test]
async fn a_failed_transaction_does_not_commit() {
    let simulator = standing().await;
    run(&simulator, &PAIR);
    let link = connector(simulator.address())
        .connect(Purpose::Execute)
        .await
        .unwrap();
    link.run("BEGIN").await.unwrap();
    link.run("ALTER SCHEMA blue SWAP WITH nosuch")
        .await
        .unwrap_err();
    let end = link.run("COMMIT").await.unwrap();
    assert_eq!(end.tag, "ROLLBACK", "the tag alone tells it");
}

#[tokio::test]
async fn a_race_is_told_as_one() {
    let simulator = standing().await;
    run(&simulator, &PAIR);
    let control = simulator.control();
    control.arm(sim::Fault::conflict_at_commit(1));
    let mut executor = Executor::connect(&connector(simulator.address()), |_| {})
        .await
        .unwrap();
    let swap = swap(("blue", "green"), None);
    let lost = send(&mut executor, &swap).await;
    let is_race =
        matches!(&lost, TransactionOutcome::NotCommitted { error, .. } if error.is_retried());
    assert!(is_race, "{lost:?}");
    let won = send(&mut executor, &swap).await;
    assert!(
        matches!(won, TransactionOutcome::Committed { .. }),
        "{won:?}"
    );
}
