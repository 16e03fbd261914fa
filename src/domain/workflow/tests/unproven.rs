//! What nobody proves is not told as so, and what is told names what mends it.

use super::*;
use crate::domain::fixture::stamp;
use crate::domain::name::ObjectId;
use crate::domain::object::ObjectKind;
use crate::domain::readiness::Readiness;
use crate::domain::record::Record;

const MODELS: [&str; 3] = ["foo", "bar", "foobar"];

fn of(name: &str) -> World {
    let stand = stands().into_iter().find(|stand| stand.name == name);
    stand.unwrap().world
}

/// Somebody makes this object of a side anew: another id, which is younger than every record.
fn built_again(world: &World, built_in: Side, text: &str) -> World {
    bent(world, |world| {
        let was = world.id(built_in, text);
        let is = ObjectId::user(world.next_object);
        world.next_object += 1;
        world.give_id(&was, is);
    })
}

fn recorded(world: &World, schema: &str) -> Option<Record> {
    let schemas = &world.snapshot.catalog.schemas;
    let comment = schemas[&id::<SchemaId>(schema)].comment.as_deref();
    comment.and_then(Record::find)
}

#[test]
fn a_side_that_somebody_built_on_is_not_the_project_that_its_record_names() {
    let ready = bent(&World::new(), |world| {
        world.project = Some(world.project_of(&MODELS));
        world.record(Side::Deployment, DeploymentRole::Candidate, true);
    });
    assert_eq!(
        towards(&ready.board(), Goal::Promoted),
        Next::Operate(Operation::Promote)
    );
    let over = built_again(&ready, Side::Deployment, "bar");
    assert_eq!(
        towards(&over.board(), Goal::Promoted),
        Next::Operate(Operation::Deploy)
    );
    let promoted = after(&ready, Operation::Promote);
    assert_eq!(
        towards(&promoted.board(), Goal::Promoted),
        Next::Reached("Production runs this project.")
    );
    // The world knows objects by where they were built.
    let by_hand = built_again(&promoted, Side::Deployment, "bar");
    let Next::Decide { why, .. } = towards(&by_hand.board(), Goal::Promoted) else {
        panic!("nobody knows what production runs");
    };
    assert!(
        why.contains("somebody built on the production side"),
        "{why}"
    );
}

#[test]
fn both_sides_are_the_same_only_where_that_is_proven() {
    let said = |world: &World| headline(&world.board(), None).stands.into_owned();
    let synced = of("synced");
    assert!(said(&synced).contains("whether it is whole is not known"));
    let whole = bent(&synced, |world| {
        world.manifests.insert(Side::Deployment, MODELS.to_vec());
    });
    assert_eq!(said(&whole), "both sides hold what production runs");
}

#[test]
fn what_is_unfinished_is_finished_by_the_command_that_is_named() {
    for name in ["promote cut off", "rollback cut off"] {
        let board = of(name).board();
        let (finishes, _) = headline(&board, None).then.unwrap();
        assert_eq!(Some(finishes), step(&board), "{name}");
    }
}

#[test]
fn an_empty_side_is_ready_only_where_nothing_belongs_there() {
    let emptied = bent(&World::new(), |world| {
        world.project = None;
        world.record(Side::Deployment, DeploymentRole::Candidate, true);
        for text in MODELS {
            let id = world.id(Side::Deployment, text);
            world.remove(&id);
        }
    });
    let board = emptied.board();
    assert_eq!(board.readiness(), Some(Readiness::Unknown));
    assert!(may(&board, Operation::Await).is_err());
    assert_ne!(step(&board), Some(Operation::Promote));
    let retired = of("retired side emptied").board();
    assert_ne!(retired.deployment.readiness, Readiness::Ready);
}

#[test]
fn missing_parts_are_told_with_the_command_that_makes_them() {
    let plan = planned(&of("parts dropped"), Operation::Deploy);
    let unknown = plan
        .findings
        .iter()
        .find(|finding| finding.id == FindingId::ProvenanceUnknown)
        .unwrap();
    assert!(unknown.message.contains("Parts"), "{}", unknown.message);
    assert!(
        unknown.remedy.contains("`cutover init`"),
        "{}",
        unknown.remedy
    );
}

#[test]
fn a_side_that_was_synced_is_measured_by_its_manifest_whatever_the_project_has() {
    let synced = bent(&of("promoted"), |world| {
        for text in MODELS {
            // The world knows objects by where they were built.
            let id = world.id(Side::Production, text);
            world.remove(&id);
        }
        let foo = world.add_in("u1", "u1", "foo", ObjectKind::MaterializedView, &[]);
        let bar = world.add_in("u1", "u1", "bar", ObjectKind::View, &[&foo]);
        world.add_in("u1", "u1", "foobar", ObjectKind::MaterializedView, &[&bar]);
        world.comment("u1", Some("hi".to_owned()));
        world.project = Some(world.project_of(&["foo", "bar", "foobar", "new"]));
    });
    let board = synced.board();
    assert_eq!(board.phase, Phase::Synced);
    assert!(!board.wholeness.lacks(Side::Deployment));
    assert_eq!(step(&board), Some(Operation::Deploy));
}

#[test]
fn an_index_that_only_production_has_is_a_difference() {
    let equal = built_again(&World::new(), Side::Deployment, "bar");
    let with_index = bent(&equal, |world| {
        let foo = world.id(Side::Production, "foo");
        world.add_in("u1", "u1", "foo_idx", ObjectKind::Index, &[&foo]);
    });
    assert!(!with_index.board().provenance.age.is_same());
}

#[test]
fn a_record_names_no_commit_that_nothing_proves() {
    let world = World::new();
    assert!(recorded(&world, "u1").is_none(), "production has no record");
    let here = plan::Stamp {
        commit: Some("c0ffee".to_owned()),
        ci_tag: Some("pr7".to_owned()),
        ..stamp()
    };
    let promote =
        world.with_inputs(|inputs| plan::promote(inputs, &here, &asked(Operation::Promote), None));
    let mut promoted = world;
    carry_out(&mut promoted, &promote);
    let retired = recorded(&promoted, "u1").unwrap();
    assert_eq!(retired.role, DeploymentRole::Retired);
    assert_eq!((retired.commit, retired.tag), (None, None));
}

#[test]
fn a_repair_that_is_in_the_way_of_itself_says_so() {
    let crossed = bent(&of("promoted"), |world| world.swap_only(&[], &["compute"]));
    let plan = planned(&crossed, Operation::Repair);
    assert!(plan.is_blocked(), "{:?}", plan.findings);
    assert_eq!(plan.summary, ["Nothing can be written: see the findings."]);
}

#[test]
fn a_retired_side_that_a_record_calls_a_candidate_is_unknown_and_the_way_back_stays() {
    let ready = bent(&World::new(), |world| {
        world.record(Side::Deployment, DeploymentRole::Candidate, true);
    });
    let promoted = after(&ready, Operation::Promote);
    assert_eq!(promoted.board().phase, Phase::Promoted);
    let forged = bent(&promoted, |world| {
        world.record_on("u1", DeploymentRole::Candidate, true);
    });
    let board = forged.board();
    assert_eq!(board.phase, Phase::Unknown, "nothing was built there since");
    assert!(planned(&forged, Operation::Deploy).is_blocked());
    assert!(planned(&forged, Operation::Cleanup).has_warnings());
    assert!(!planned(&forged, Operation::Rollback).is_blocked());
    let back = after(&promoted, Operation::Rollback);
    assert_eq!(
        back.board().phase,
        Phase::Ready,
        "what a rollback leaves is a candidate"
    );
}

#[test]
fn a_sync_that_was_cut_off_is_finished_by_a_sync() {
    let promoted = after(
        &bent(&World::new(), |world| {
            world.record(Side::Deployment, DeploymentRole::Candidate, true);
        }),
        Operation::Promote,
    );
    let begun = bent(&promoted, |world| {
        world.record_on("u1", DeploymentRole::Synced, false);
    });
    // The retired side was built as production; the world knows objects by where they were built.
    let cut = built_again(&begun, Side::Production, "bar");
    assert_eq!(cut.board().phase, Phase::Deploying);
    assert_eq!(step(&cut.board()), Some(Operation::Sync));
}
