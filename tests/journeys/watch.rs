//! The live picture on its way from the server to the screen.

use crate::stage::Stage;
use cutover::domain::action::Operation;
use cutover::domain::picture::{ConnectionState, Picture};
use cutover::ops::watch::Watch;
use cutover::sim::world::{Fault, FaultKind, Refusal};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::timeout;

const PATIENCE: Duration = Duration::from_secs(60);

async fn picture(watch: &Watch, is: impl FnMut(&Picture) -> bool) -> Picture {
    let mut pictures = watch.pictures();
    let found = timeout(PATIENCE, pictures.wait_for(is)).await;
    match found {
        Ok(found) => found.unwrap().clone(),
        Err(_) => panic!(
            "never came; last: {:?}",
            watch.pictures().borrow().connection
        ),
    }
}

/// Every reading of the catalog but SUBSCRIBE.
fn reading_refused() -> Fault {
    let refusal = Refusal {
        sqlstate: "XX000".to_owned(),
        message: "no reading now".to_owned(),
        detail: None,
        hint: None,
    };
    Fault::always("AS time, t.*", FaultKind::Refuse(refusal))
}

/// It used to observe the whole server again.
#[tokio::test(flavor = "multi_thread")]
async fn the_guards_look_ahead_on_the_picture_that_is_there() {
    let stage = Stage::new().await;
    stage.must(Operation::Init).await;
    stage.sim.control().arm(reading_refused());
    assert!(stage.workspace.observe().await.is_err());
    let watch = Watch::start(Arc::clone(&stage.workspace));
    let found = picture(&watch, |picture| picture.preflight.is_some()).await;
    let preflight = found.preflight.unwrap();
    assert_eq!(preflight.operation, Operation::Deploy);
    assert!(found.board.is_some());
    assert_eq!(found.read_only_reason, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_feed_knows_comes_with_the_picture() {
    let stage = Stage::new().await;
    let control = stage.sim.control();
    control.arm(Fault::always("", FaultKind::RefuseSubscribe));
    let watch = Watch::start(Arc::clone(&stage.workspace));
    let polled = picture(&watch, |picture| picture.board.is_some()).await;
    assert!(matches!(
        polled.connection.state,
        ConnectionState::Polling { .. }
    ));
    assert!(
        polled.connection.polling_reason.is_some(),
        "{:?}",
        polled.connection
    );
    assert!(!polled.connection.server_verified);
    control.close();
    let lost = picture(&watch, |picture| {
        matches!(
            picture.connection.state,
            ConnectionState::Lost { attempts: 1.., .. }
        )
    })
    .await;
    assert!(lost.board.is_some(), "the last picture stays");
    control.open();
    watch.refresh();
    let back = picture(&watch, |picture| !picture.connection.is_lost()).await;
    assert_eq!(back.connection.restarts, 1);
}
