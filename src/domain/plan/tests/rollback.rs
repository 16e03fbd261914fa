//! Going back in an incident: refused only for what makes it impossible.

use super::*;
use crate::domain::action::Operation;
use crate::domain::finding::{Finding, Severity};
use crate::domain::plan::rehearsal_refused;

fn after_promote() -> World {
    let mut world = World::new();
    let plan = promoted(&world);
    carry_out(&mut world, &plan);
    world
}

fn warned(plan: &Plan, id: FindingId) -> Option<&Finding> {
    plan.findings
        .iter()
        .find(|finding| finding.id == id && finding.severity == Severity::Warn)
}

#[test]
fn without_a_retired_side_there_is_no_rollback() {
    let mut world = World::new();
    assert_eq!(blocks(&rolled_back(&world)), [FindingId::NoWayBack]);
    let plan = promoted(&world);
    carry_out(&mut world, &plan);
    for text in ["foo", "bar", "foobar"] {
        // The retired objects carry the first ids.
        let id = world.id(Side::Production, text);
        world.remove(&id);
    }
    assert_eq!(blocks(&rolled_back(&world)), [FindingId::NoWayBack]);
}

#[test]
fn lag_of_the_retired_side_warns_with_the_figures_of_both_sides() {
    let mut world = after_promote();
    let foo = world.id(Side::Production, "foo");
    world.lag(&foo, 30_000);
    let plan = rolled_back(&world);
    assert_eq!(blocks(&plan), []);
    let finding = warned(&plan, FindingId::NotReady).unwrap();
    assert!(
        finding.message.ends_with(
            "Retired side: 2 of 2 hydrated, lag 30.0 s. Production: 2 of 2 hydrated, lag 0.0 s."
        ),
        "{}",
        finding.message
    );
    assert!(plan.transaction().is_some());
}

#[test]
fn a_paused_retired_side_and_a_sick_production_warn() {
    let mut world = after_promote();
    world.catalog().replicas.clear();
    let plan = rolled_back(&world);
    assert_eq!(blocks(&plan), []);
    assert!(warned(&plan, FindingId::NotReady).is_some());
    assert!(warned(&plan, FindingId::ProductionUnhealthy).is_some());
}

#[test]
fn sinks_that_may_hang_or_are_not_ours_warn_and_are_tried_all_the_same() {
    let mut world = after_promote();
    let foo = world.id(Side::Deployment, "foo");
    let sink = world.add_in("u3", "u3", "feed", ObjectKind::Sink, &[&foo]);
    world.connector(&sink, "stalled");
    world.catalog().objects.get_mut(&sink).unwrap().owner = crate::domain::name::RoleId::user(2);
    let plan = rolled_back(&world);
    assert_eq!(blocks(&plan), []);
    assert!(warned(&plan, FindingId::SinkStalled).is_some());
    assert!(warned(&plan, FindingId::Ownership).is_some());
    assert!(
        plan.steps
            .iter()
            .any(|step| matches!(step, Step::MoveSink { sink: moved, .. } if *moved == sink))
    );
}

#[test]
fn what_the_guards_could_not_read_warns() {
    let mut world = after_promote();
    world.lack(
        CatalogReading::SinkStatuses,
        Missing::relation("mz_internal.mz_sink_statuses"),
    );
    let plan = rolled_back(&world);
    assert_eq!(blocks(&plan), []);
    assert!(warned(&plan, FindingId::Unverified).is_some());
}

#[test]
fn without_a_record_ids_and_contents_of_both_sides_are_shown() {
    let mut world = after_promote();
    world.record(Side::Production, DeploymentRole::Production, true);
    world.record(Side::Deployment, DeploymentRole::Production, true);
    assert_eq!(world.board().phase, Phase::Unknown);
    let plan = rolled_back(&world);
    assert_eq!(blocks(&plan), []);
    let finding = warned(&plan, FindingId::ProvenanceUnknown).unwrap();
    assert!(
        finding.message.ends_with(
            "The production side: schema prod (u2), cluster compute (u2), 1 view, 2 materialized views. \
             The deployment side: schema prod_dbt_deploy (u1), cluster compute_dbt_deploy (u1), 1 view, 2 materialized views."
        ),
        "{}",
        finding.message
    );
    let no_word = plan.clone().confirm(&Confirmation::Key);
    assert!(matches!(no_word, Err(NotConfirmed::WrongWord(_))));
    let flags = Confirmation::Flags { expect: None };
    assert!(matches!(
        plan.confirm(&flags),
        Err(NotConfirmed::NeedsExpect(_))
    ));
    let plan = rolled_back(&world);
    carry_out(&mut world, &plan);
    assert_eq!(role_of(&world, "prod"), Some(DeploymentRole::Production));
    assert_eq!(
        role_of(&world, "prod_dbt_deploy"),
        Some(DeploymentRole::Candidate)
    );
}

#[test]
fn an_unfinished_promote_is_taken_back_as_it_stands() {
    let mut world = World::new();
    let foo = world.id(Side::Production, "foo");
    let sink = world.add_in("u3", "u3", "feed", ObjectKind::Sink, &[&foo]);
    let before = world.snapshot.catalog.clone();
    for step in &promoted(&world).steps {
        carry_out_step(&mut world, step);
        if matches!(step, Step::Transaction(_)) {
            break;
        }
    }
    assert_eq!(world.board().phase, Phase::Promoting);
    let plan = rolled_back(&world);
    assert_eq!(blocks(&plan), []);
    assert!(warned(&plan, FindingId::UnfinishedPromote).is_some());
    // Cut off after any step of it, the rollback is finished by its own command.
    for cut in 0..=plan.steps.len() {
        let mut world = world.clone();
        for step in &plan.steps[..cut] {
            carry_out_step(&mut world, step);
        }
        if world.board().phase != Phase::Ready {
            let rest = rolled_back(&world);
            assert_eq!(blocks(&rest), [], "after {cut} steps");
            carry_out(&mut world, &rest);
        }
        let after = &world.snapshot.catalog;
        assert_eq!(after.inputs[&sink], before.inputs[&sink], "{cut}");
        assert_eq!(
            after.schemas[&SchemaId::user(1)].name,
            before.schemas[&SchemaId::user(1)].name
        );
        assert_eq!(world.board().phase, Phase::Ready, "after {cut} steps");
    }
}

#[test]
fn what_makes_it_impossible_blocks() {
    let missing = |world: &mut World| {
        world.catalog().clusters.remove(&ClusterId::user(1));
    };
    let not_ours = |world: &mut World| {
        let schema = SchemaId::user(1);
        world.catalog().schemas.get_mut(&schema).unwrap().owner =
            crate::domain::name::RoleId::user(2);
    };
    type Bend = (fn(&mut World), FindingId);
    let bends: [Bend; 2] = [
        (missing, FindingId::NamesMissing),
        (not_ours, FindingId::Ownership),
    ];
    for (bend, expected) in bends {
        let mut world = after_promote();
        bend(&mut world);
        let found = blocks(&rolled_back(&world));
        assert!(found.contains(&expected), "{expected}: {found:?}");
    }
    let world = after_promote();
    let refused = rehearsal_refused("no", "production");
    let plan = world.with_inputs(|inputs| {
        rollback(inputs, &stamp(), &asked(Operation::Rollback), Some(refused))
    });
    assert_eq!(blocks(&plan), [FindingId::RehearsalRefused]);
}
