//! A diff and a history to look at.

use super::boards::name;
use cutover::domain::action::Operation;
use cutover::domain::changes::{ChangedNode, ChangesView, ConfigChange, Versions};
use cutover::domain::history::{AuditEntry, AuditStatement};
use cutover::domain::project::ModelChange;
use std::sync::Arc;

const BAR_BEFORE: &str = "-- bar adds a category to every color
select
    foo.id,
    foo.name,
    foo.color,
    case foo.color when 'red' then 'warm' else 'cold' end as category
from foo
where foo.id > 10
";

const BAR_AFTER: &str = "-- bar adds a category to every color
select
    foo.id,
    foo.name,
    foo.color,
    palette.category as category
from foo
join palette on palette.color = foo.color
where foo.id > 12
";

fn node(name_: &str, change: ModelChange) -> ChangedNode {
    ChangedNode {
        unique_id: format!("model.shop.{name_}"),
        name: name_.to_owned(),
        resource_type: "model".to_owned(),
        relation: Some((name("blue_green_slim"), name(name_))),
        change,
        reasons: Vec::new(),
        path: Vec::new(),
        dependents: Vec::new(),
        raw: Versions::default(),
        compiled: Versions::default(),
        config: Vec::new(),
        in_production: "runs there since manifest 0123456789ab".to_owned(),
        in_deployment: "modified, not yet in green".to_owned(),
        drift: None,
    }
}

/// One node of each change, as in the sample project.
pub fn view() -> Arc<ChangesView> {
    let versions = |before: Option<&str>, after: Option<&str>| Versions {
        before: before.map(Into::into),
        after: after.map(Into::into),
    };
    let bar = ChangedNode {
        reasons: vec!["body".into(), "config.cluster".into()],
        dependents: vec!["model.shop.foobar".to_owned()],
        compiled: versions(Some(BAR_BEFORE), Some(BAR_AFTER)),
        raw: versions(
            Some(&BAR_BEFORE.replace("from foo", "from {{ ref('foo') }}")),
            Some(&BAR_AFTER.replace("from foo", "from {{ ref('foo') }}")),
        ),
        config: vec![ConfigChange {
            key: "cluster".to_owned(),
            before: Some("\"serving\"".to_owned()),
            after: Some("\"compute\"".to_owned()),
        }],
        drift: Some("the live view has another WHERE than the manifest".to_owned()),
        ..node("bar", ModelChange::Modified)
    };
    let foobar = ChangedNode {
        reasons: vec!["downstream of bar".into()],
        path: vec!["model.shop.bar".to_owned(), "model.shop.foobar".to_owned()],
        dependents: vec!["model.shop.mood_share".to_owned()],
        ..node("foobar", ModelChange::Downstream)
    };
    let mood_share = ChangedNode {
        reasons: vec!["new".into()],
        compiled: versions(None, Some("select mood, count(*) from foobar group by 1\n")),
        in_production: "is not there".to_owned(),
        ..node("mood_share", ModelChange::New)
    };
    let warm_people = ChangedNode {
        reasons: vec!["only production's manifest has it".into()],
        compiled: versions(Some("select * from foo\n"), None),
        in_deployment: "is not there".to_owned(),
        ..node("warm_people", ModelChange::Removed)
    };
    Arc::new(ChangesView {
        manifest: "fedcba987654".to_owned(),
        compared_with: "production's manifest 0123456789ab".to_owned(),
        stale: None,
        nodes: vec![foobar, mood_share, bar, warm_people],
    })
}

/// Two past operations, one of which was cut off.
pub fn history() -> Arc<[AuditEntry]> {
    let entry = |operation: Operation, outcome: Option<&str>| AuditEntry {
        operation,
        environment: "materialize/prod".to_owned(),
        started: "2026-11-20T09:58:12Z".to_owned(),
        by: "deployer".to_owned(),
        outcome: outcome.map(str::to_owned),
        message: "2 schemas and 2 clusters swapped, 1 sink moved".to_owned(),
        seconds: Some(1.7),
        statements: vec![AuditStatement {
            at: "2026-11-20T09:58:12Z".to_owned(),
            sql: "ALTER SCHEMA \"materialize\".\"marts\" SWAP WITH \"marts_dbt_deploy\"".to_owned(),
            seconds: Some(0.1),
            sqlstate: None,
            outcome: "ALTER SCHEMA".to_owned(),
        }],
        file: "state/prod/audit/20261120T095812-promote.jsonl".to_owned(),
    };
    Arc::from([
        entry(Operation::Promote, Some("done")),
        entry(Operation::Deploy, None),
    ])
}
