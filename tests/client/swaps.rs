//! Swaps for tests of the connection: a plan of names that nobody looked at twice.

use cutover::domain::action::Operation;
use cutover::domain::name::Identifier;
use cutover::domain::plan::{Confirmed, Fingerprint, Plan, Rename, Request, Step, Swap};
use cutover::domain::snapshot::LogicalTime;
use cutover::materialize::error::Error;
use cutover::materialize::execute::{
    Executor, Looked, StatementEvent, TransactionOutcome, Unfenced,
};
use std::collections::BTreeSet;
use std::sync::Arc;

pub fn name(text: &str) -> Identifier {
    Identifier::new(text).unwrap()
}

/// These schemas with each other, then these clusters.
pub fn swap(schemas: (&str, &str), clusters: Option<(&str, &str)>) -> Swap {
    let schema = Rename::schemas(&name("materialize"), &name(schemas.0), &name(schemas.1));
    let cluster = clusters.map(|(one, other)| Rename::clusters(&name(one), &name(other)));
    Swap::new([schema].into_iter().chain(cluster).collect()).unwrap()
}

pub fn plan(swap: &Swap) -> Plan {
    let steps = vec![Step::Transaction(swap.clone())];
    let operation = Operation::Promote;
    let fingerprint = Fingerprint::of(operation, "", &[], &steps, &[], &BTreeSet::new());
    Plan {
        request: Request::new(operation),
        operation,
        environment: String::new(),
        summary: Vec::new(),
        steps,
        findings: Vec::new(),
        closure: Vec::new(),
        fingerprint,
        lease: None,
        manifest: None,
        identities: Arc::default(),
        word: name("word"),
    }
}

/// What a look under the fence saw.
pub struct Seen(pub Plan);

impl Looked for Seen {
    fn plan(&self) -> &Plan {
        &self.0
    }

    fn at(&self) -> LogicalTime {
        LogicalTime(1)
    }
}

/// The swap behind a fence under which nothing has changed.
pub async fn send(
    executor: &mut Executor<impl FnMut(StatementEvent) + Send>,
    swap: &Swap,
) -> TransactionOutcome {
    let shown = plan(swap);
    let look = async || Ok::<_, Error>(Seen(plan(swap)));
    match executor.fence(Confirmed::newly(&shown), look).await {
        Ok(fenced) => fenced.commit().await.0,
        Err(Unfenced::Refused(error)) => TransactionOutcome::NotCommitted {
            failed: None,
            error,
        },
        Err(other) => panic!("{other:?}"),
    }
}
