//! The fence: no COMMIT without a look that began after the first rename and found what was confirmed.

use crate::connector;
use crate::script::{Reply, Script};
use crate::swaps::{Seen, plan, swap};
use cutover::domain::plan::{Confirmed, Difference};
use cutover::materialize::error::{Class, Error};
use cutover::materialize::execute::{Executor, StatementEvent, TransactionOutcome, Unfenced};

async fn executor(script: &Script) -> Executor<impl FnMut(StatementEvent) + Send + use<>> {
    Executor::connect(&connector(script.address), |_| {})
        .await
        .unwrap()
}

#[tokio::test]
async fn the_look_begins_when_the_first_rename_is_answered_and_the_others_follow_it() {
    let script = Script::start().await;
    let shown = plan(&swap(("a", "b"), Some(("c", "d"))));
    let look = async || {
        let heard = |part: &str| script.heard(part).len();
        assert_eq!([heard("BEGIN"), heard("ALTER SCHEMA")], [1, 1]);
        assert_eq!([heard("ALTER CLUSTER"), heard("COMMIT")], [0, 0]);
        Ok::<_, Error>(Seen(shown.clone()))
    };
    let mut executor = executor(&script).await;
    let fenced = executor.fence(Confirmed::newly(&shown), look).await;
    let fenced = fenced.unwrap_or_else(|unfenced| panic!("{unfenced:?}"));
    assert_eq!(fenced.proof().fingerprint(), &shown.fingerprint);
    let (outcome, _) = fenced.commit().await;
    assert!(matches!(outcome, TransactionOutcome::Committed { .. }));
    assert_eq!(script.heard("ALTER CLUSTER").len(), 1);
}

#[tokio::test]
async fn what_differs_under_the_fence_undoes_it() {
    let script = Script::start().await;
    let shown = plan(&swap(("a", "b"), None));
    let other = plan(&swap(("a", "z"), None));
    let look = async || Ok::<_, Error>(Seen(other));
    let mut executor = executor(&script).await;
    let unfenced = executor.fence(Confirmed::newly(&shown), look).await.err();
    let Some(Unfenced::Differs(Difference::Lasting(told))) = unfenced else {
        panic!("{unfenced:?}");
    };
    assert_eq!(told, ["what would be sent"]);
    assert_eq!(script.heard("ROLLBACK").len(), 1);
    assert!(script.heard("COMMIT").is_empty());
}

#[tokio::test]
async fn a_look_that_fails_undoes_it() {
    let script = Script::start().await;
    let shown = plan(&swap(("a", "b"), None));
    let look = async || Err::<Seen, _>(Error::new(Class::Stopped));
    let mut executor = executor(&script).await;
    let unfenced = executor.fence(Confirmed::newly(&shown), look).await.err();
    assert!(
        matches!(unfenced, Some(Unfenced::Unseen(_))),
        "{unfenced:?}"
    );
    assert_eq!(script.heard("ROLLBACK").len(), 1);
    assert!(script.heard("COMMIT").is_empty());
}

#[tokio::test]
async fn a_refused_first_rename_is_never_looked_behind() {
    let script = Script::start().await;
    script.reply("ALTER SCHEMA", Reply::Error("XX000", "unknown schema 'a'"));
    let shown = plan(&swap(("a", "b"), None));
    let look = async || -> Result<Seen, Error> { panic!("nothing stands to look under") };
    let mut executor = executor(&script).await;
    let unfenced = executor.fence(Confirmed::newly(&shown), look).await.err();
    assert!(
        matches!(unfenced, Some(Unfenced::Refused(_))),
        "{unfenced:?}"
    );
    assert!(script.heard("COMMIT").is_empty());
}
