//! Plans on the small world, executed by hand: what the statements would do to names, ids and records.

mod apart;
mod clusters;
mod holding;
mod proof;
mod records;
mod rollback;
mod sides;
mod walk;
mod way_back;

use super::*;
use crate::domain::action::Operation;
use crate::domain::environment::Side;
use crate::domain::finding::{Allowance, FindingId};
use crate::domain::fixture::{World, asked, carry_out, carry_out_step, comment, name, stamp};
use crate::domain::name::{ClusterId, SchemaId};
use crate::domain::object::ObjectKind;
use crate::domain::phase::Phase;
use crate::domain::reading::{CatalogReading, Missing};
use crate::domain::record::{DeploymentRole, Record};
use proptest::prelude::*;
use std::collections::BTreeSet;

fn promoted(world: &World) -> Plan {
    world.with_inputs(|inputs| promote(inputs, &stamp(), &asked(Operation::Promote), None))
}

fn rolled_back(world: &World) -> Plan {
    world.with_inputs(|inputs| rollback(inputs, &stamp(), &asked(Operation::Rollback), None))
}

/// A request with findings allowed by name.
fn allowing(operation: Operation, texts: &[&str]) -> Request {
    let allow = texts.iter().map(|text| Allowance::parse(text).unwrap());
    Request {
        allow: allow.collect(),
        ..asked(operation)
    }
}

fn blocks(plan: &Plan) -> Vec<FindingId> {
    plan.blocks().map(|finding| finding.id).collect()
}

fn role_of(world: &World, schema: &str) -> Option<DeploymentRole> {
    let schema = world
        .snapshot
        .catalog
        .schemas
        .values()
        .find(|known| known.name == name(schema))
        .unwrap();
    schema
        .comment
        .as_deref()
        .and_then(Record::find)
        .map(|record| record.role)
}

#[test]
fn a_ready_candidate_is_promoted_in_one_transaction() {
    let plan = promoted(&World::new());
    assert_eq!(blocks(&plan), []);
    let swap = plan
        .script()
        .iter()
        .position(|line| line == "BEGIN;")
        .unwrap();
    assert_eq!(
        plan.script()[swap..swap + 4],
        [
            "BEGIN;",
            "ALTER SCHEMA \"db\".\"prod\" SWAP WITH \"prod_dbt_deploy\";",
            "ALTER CLUSTER \"compute\" SWAP WITH \"compute_dbt_deploy\";",
            "COMMIT;"
        ]
    );
    assert_eq!(plan.word, name("compute"));
}

#[test]
fn promote_and_rollback_restore_every_id_and_the_way_is_shown_all_along() {
    let mut world = World::new();
    let foo = world.id(Side::Production, "foo");
    let sink = world.add_in("u3", "u3", "feed", ObjectKind::Sink, &[&foo]);
    let before = world.snapshot.catalog.clone();
    assert_eq!(world.board().phase, Phase::Ready);
    let plan = promoted(&world);
    carry_out(&mut world, &plan);
    assert_eq!(world.board().phase, Phase::Promoted);
    assert_eq!(
        (role_of(&world, "prod"), role_of(&world, "prod_dbt_deploy")),
        (
            Some(DeploymentRole::Production),
            Some(DeploymentRole::Retired)
        )
    );
    assert_ne!(world.snapshot.catalog.inputs[&sink], before.inputs[&sink]);
    let plan = rolled_back(&world);
    assert_eq!(blocks(&plan), []);
    carry_out(&mut world, &plan);
    assert_eq!(
        world.board().phase,
        Phase::Ready,
        "the candidate is where it was before the promote"
    );
    assert_eq!(world.snapshot.catalog.inputs, before.inputs);
    for (id, schema) in &before.schemas {
        assert_eq!(world.snapshot.catalog.schemas[id].name, schema.name);
    }
    for (id, cluster) in &before.clusters {
        assert_eq!(world.snapshot.catalog.clusters[id].name, cluster.name);
    }
}

#[test]
fn cut_off_after_any_step_a_promote_is_finished_and_never_repeated() {
    for rolled_back_too in [false, true] {
        let mut start = World::new();
        let foo = start.id(Side::Production, "foo");
        start.add_in("u3", "u3", "feed", ObjectKind::Sink, &[&foo]);
        if rolled_back_too {
            let plan = promoted(&start);
            carry_out(&mut start, &plan);
        }
        let plan = if rolled_back_too {
            rolled_back(&start)
        } else {
            promoted(&start)
        };
        let committed = plan
            .steps
            .iter()
            .position(|step| matches!(step, Step::Transaction(_)))
            .unwrap();
        for cut in 0..plan.steps.len() {
            let mut world = start.clone();
            plan.steps[..=cut]
                .iter()
                .for_each(|step| carry_out_step(&mut world, step));
            let again = if rolled_back_too {
                rolled_back(&world)
            } else {
                promoted(&world)
            };
            let finished = cut + 1 == plan.steps.len();
            if cut >= committed && !finished {
                assert_eq!(
                    world.board().phase,
                    Phase::Promoting,
                    "cut after step {cut}"
                );
                assert!(
                    again.transaction().is_none(),
                    "a second swap would undo the first (cut after step {cut})"
                );
                assert_eq!(blocks(&again), []);
                assert_eq!(
                    promoted(&world).steps,
                    again.steps,
                    "promote finishes either"
                );
                carry_out(&mut world, &again);
            }
            if cut >= committed {
                let expected = if rolled_back_too {
                    Phase::Ready
                } else {
                    Phase::Promoted
                };
                assert_eq!(world.board().phase, expected, "cut after step {cut}");
            }
        }
    }
}

#[test]
fn a_promote_of_what_is_promoted_is_refused() {
    let mut world = World::new();
    let plan = promoted(&world);
    carry_out(&mut world, &plan);
    assert!(blocks(&promoted(&world)).contains(&FindingId::AlreadyPromoted));
    assert!(!FindingId::AlreadyPromoted.can_be_allowed());
}

#[test]
fn without_a_record_the_candidate_is_marked_before_the_swap() {
    let mut world = World::new();
    world
        .catalog()
        .schemas
        .get_mut(&SchemaId::user(2))
        .unwrap()
        .comment = Some("pr_12".to_owned());
    let plan = promoted(&world);
    assert!(plan.script()[0].contains("role=candidate"));
    assert!(plan.script()[0].contains("pr_12 | "));
    let swap = plan
        .script()
        .iter()
        .position(|line| line == "BEGIN;")
        .unwrap();
    assert!(
        plan.script()[..swap]
            .iter()
            .all(|line| line.starts_with("COMMENT"))
    );
}

#[test]
fn a_retired_side_that_dbt_left_is_known_by_its_comment() {
    let mut world = World::new();
    world.swap();
    for id in ["u1", "u2"] {
        world.comment(id, None);
    }
    assert_eq!(world.board().phase, Phase::Promoted, "the events tell it");
    let lineage = world.lineage.take();
    assert_eq!(
        world.board().phase,
        Phase::Ready,
        "nothing tells it from a candidate"
    );
    assert!(blocks(&promoted(&world)).contains(&FindingId::ProvenanceUnknown));
    world.comment("u2", Some("Deployment by me on 2026-11-20".to_owned()));
    assert_eq!(world.board().phase, Phase::Promoted);
    world.lineage = lineage;
    let plan = rolled_back(&world);
    assert_eq!(blocks(&plan), []);
    assert!(
        plan.script()[0].contains("role=retired"),
        "the way back is marked before the swap"
    );
}

#[test]
fn only_what_was_shown_and_agreed_to_can_run() {
    let plan = promoted(&World::new());
    assert!(plan.clone().confirm(&Confirmation::Key).is_err());
    assert!(
        plan.clone()
            .confirm(&Confirmation::Typed("compute_dbt_deploy".to_owned()))
            .is_err()
    );
    assert!(
        plan.clone()
            .confirm(&Confirmation::Typed("compute".to_owned()))
            .is_ok()
    );
    assert!(
        plan.clone()
            .confirm(&Confirmation::Flags {
                expect: Some("0000000000000000".to_owned())
            })
            .is_err()
    );
    assert!(
        plan.clone()
            .confirm(&Confirmation::Flags {
                expect: Some(plan.fingerprint.to_string())
            })
            .is_ok()
    );
    let mut warned = World::new();
    let foo = warned.id(Side::Production, "foo");
    warned.add_in("u3", "u3", "team_view", ObjectKind::View, &[&foo]);
    let plan = promoted(&warned);
    assert!(matches!(
        plan.confirm(&Confirmation::Flags { expect: None }),
        Err(NotConfirmed::NeedsExpect(_))
    ));
}

#[test]
fn the_fingerprint_is_about_ids_and_definitions_not_about_lag_or_time() {
    let mut world = World::new();
    let first = promoted(&world).fingerprint;
    let foo = world.id(Side::Deployment, "foo");
    world.lag(&foo, 900);
    let later = Stamp {
        at: "2027-01-01T00:00:00Z".to_owned(),
        ..stamp()
    };
    assert_eq!(
        world
            .with_inputs(|inputs| promote(inputs, &later, &asked(Operation::Promote), None))
            .fingerprint,
        first
    );
    let blue = world.id(Side::Production, "foo");
    world.lag(&blue, 60_000);
    let unhealthy = promoted(&world);
    assert!(unhealthy.has_warnings(), "production lags now");
    assert_eq!(unhealthy.fingerprint, first);
    world.catalog().objects.get_mut(&foo).unwrap().create_sql =
        Some("CREATE MATERIALIZED VIEW other".to_owned().into());
    assert_ne!(promoted(&world).fingerprint, first);
}

#[test]
fn what_comes_and_goes_by_itself_does_not_make_another_plan() {
    let mut world = World::new();
    let first = promoted(&world).fingerprint;
    let (blue, green) = (
        world.id(Side::Production, "foo"),
        world.id(Side::Deployment, "foo"),
    );
    world.lag(&blue, 60_000);
    let plan = promoted(&world);
    assert!(plan.has_warnings(), "production lags, and that is said");
    assert_eq!(plan.fingerprint, first);
    world.lag(&blue, 0);
    world.lag(&green, 60_000);
    let plan = promoted(&world);
    assert_eq!(plan.fingerprint, first);
    assert_eq!(
        blocks(&plan),
        [FindingId::NotReady],
        "what is not ready still blocks"
    );
    assert!(
        plan.confirm(&Confirmation::Flags {
            expect: Some(first.to_string())
        })
        .is_err()
    );
    world.lag(&blue, 0);
    world.lag(&green, 0);
    let subscription = crate::domain::snapshot::Subscription {
        session: "s1".to_owned(),
        id: "u900".to_owned(),
        cluster: ClusterId::user(1),
        since: None,
        objects: BTreeSet::from([blue]),
    };
    world.snapshot.readings.subscriptions = [subscription].into();
    let plan = promoted(&world);
    assert!(
        plan.findings
            .iter()
            .any(|finding| finding.id == FindingId::ReadersAttached)
    );
    assert_eq!(plan.fingerprint, first, "a client that comes never asks");
}

#[test]
fn the_commit_on_record_stays_with_what_was_built_from_it() {
    let mut world = World::new();
    let schema = SchemaId::user(2);
    let built = Record {
        commit: Some("built".to_owned()),
        ..world
            .catalog()
            .schemas
            .get(&schema)
            .and_then(|schema| Record::find(schema.comment.as_deref()?))
            .unwrap()
    };
    world.catalog().schemas.get_mut(&schema).unwrap().comment = Some(built.to_string());
    let elsewhere = Stamp {
        commit: Some("checked-out".to_owned()),
        ..stamp()
    };
    let plan =
        world.with_inputs(|inputs| promote(inputs, &elsewhere, &asked(Operation::Promote), None));
    carry_out(&mut world, &plan);
    let comment = world.snapshot.catalog.schemas[&schema]
        .comment
        .clone()
        .unwrap();
    assert!(comment.contains("Commit SHA: checked-out"), "as dbt does");
    let record = Record::find(&comment).unwrap();
    assert_eq!(
        (record.role, record.commit.as_deref()),
        (DeploymentRole::Production, Some("built"))
    );
}

#[test]
fn an_unfinished_swap_is_not_finished_blindly() {
    let mut world = World::new();
    world.swap();
    assert_eq!(blocks(&promoted(&world)), []);
    world.lack(
        CatalogReading::SinkStatuses,
        Missing::relation("mz_internal.mz_sink_statuses"),
    );
    assert_eq!(
        blocks(&promoted(&world)),
        [FindingId::Unverified],
        "sinks of unknown state may still read the retired side"
    );
}

proptest! {
    /// Whatever the names are, each pair is swapped exactly once and every name stands quoted.
    #[test]
    fn any_names_are_swapped_once_each(names in proptest::collection::btree_set("[^\\x00]{1,24}", 1..5)) {
        let mut world = World::empty();
        world.environment.schemas = names.iter().map(|text| crate::domain::fixture::pair(text)).collect();
        world.environment.clusters = world.environment.schemas.clone();
        let plan = promoted(&world);
        let statements = plan.transaction().unwrap().renames();
        prop_assert_eq!(statements.len(), 2 * names.len());
        for pair in &world.environment.schemas {
            let schema = format!("ALTER SCHEMA \"db\".{} SWAP WITH {}", pair.production.quoted(), pair.deployment.quoted());
            let cluster = format!("ALTER CLUSTER {} SWAP WITH {}", pair.production.quoted(), pair.deployment.quoted());
            prop_assert_eq!(statements.iter().filter(|statement| statement.sql() == schema).count(), 1);
            prop_assert_eq!(statements.iter().filter(|statement| statement.sql() == cluster).count(), 1);
        }
    }
}
