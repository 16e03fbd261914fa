//! Plans as an operator meets them.

use super::boards::{environment, name};
use cutover::domain::action::Operation;
use cutover::domain::finding::{Finding, FindingId, Severity};
use cutover::domain::name::ObjectId;
use cutover::domain::object::ObjectKind;
use cutover::domain::plan::{
    ClosureItem, DbtCommand, Fingerprint, Plan, Rename, Request, Statement, Step, Swap,
};
use std::collections::BTreeSet;

fn swap() -> Vec<Step> {
    let database = name("materialize");
    let pair = |text: &str| (name(text), name(&format!("{text}_dbt_deploy")));
    let schemas = ["blue_green_slim", "marts"].map(pair);
    let clusters = ["compute", "serving"].map(pair);
    let swaps = schemas
        .iter()
        .map(|(one, other)| Rename::schemas(&database, one, other))
        .chain(
            clusters
                .iter()
                .map(|(one, other)| Rename::clusters(one, other)),
        )
        .collect();
    Swap::new(swaps)
        .map(Step::Transaction)
        .into_iter()
        .collect()
}

fn drops() -> Vec<Step> {
    let database = name("materialize");
    vec![
        Step::Run(Statement::drop_schema(
            &database,
            &name("marts_dbt_deploy"),
            true,
        )),
        Step::Run(Statement::drop_cluster(&name("compute_dbt_deploy"), true)),
    ]
}

fn build() -> Vec<Step> {
    vec![Step::Dbt(DbtCommand {
        program: "dbt".to_owned(),
        arguments: [
            "run",
            "--vars",
            "deploy: true",
            "--select",
            "state:modified+",
        ]
        .map(str::to_owned)
        .to_vec(),
        models: vec!["model.shop.bar".to_owned()],
    })]
}

fn closure() -> Vec<ClosureItem> {
    ["auction_board", "house_summary"]
        .into_iter()
        .enumerate()
        .map(|(at, object)| ClosureItem {
            id: ObjectId::user(200 + at as u64),
            name: format!("materialize.marts_dbt_deploy.{object}"),
            kind: ObjectKind::MaterializedView,
            owner: "deployer".to_owned(),
            inside: true,
        })
        .collect()
}

/// A plan for an operation; `salt` makes two plans for the same operation different.
pub fn plan(operation: Operation, blocked: bool, salt: u64) -> Plan {
    let steps = match operation {
        Operation::Promote | Operation::Rollback => swap(),
        Operation::Cleanup => drops(),
        Operation::Await => Vec::new(),
        Operation::Init | Operation::Deploy | Operation::Sync | Operation::Repair => build(),
    };
    let mut findings = vec![Finding {
        id: FindingId::GrantsDiffer,
        severity: Severity::Warn,
        message: "A grant on production is missing on the deployment side.".to_owned(),
        remedy: "Run init again, which copies grants, or grant it by hand.".to_owned(),
        objects: vec!["materialize.marts.auction_board".to_owned()],
    }];
    if blocked {
        findings.push(Finding {
            id: FindingId::NotReady,
            severity: Severity::Block,
            message: "The deployment side is not ready.".to_owned(),
            remedy: "Wait, or run await.".to_owned(),
            objects: vec!["compute_dbt_deploy".to_owned()],
        });
    }
    let environment = environment();
    let inputs = [format!("salt {salt}")];
    Plan {
        request: Request::new(operation),
        operation,
        environment: environment.id(),
        summary: vec![format!(
            "{operation} of 2 schemas and 2 clusters of {}.",
            environment.id()
        )],
        fingerprint: Fingerprint::of(
            operation,
            &environment.id(),
            &inputs,
            &steps,
            &findings,
            &BTreeSet::new(),
        ),
        identities: std::sync::Arc::default(),
        lease: None,
        manifest: None,
        closure: if operation == Operation::Cleanup {
            closure()
        } else {
            Vec::new()
        },
        steps,
        findings,
        word: name("compute"),
    }
}
