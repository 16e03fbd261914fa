//! What the records say that a side holds: only what is proven.

use super::*;
use crate::domain::action::Operation;
use crate::domain::finding::Severity;
use crate::domain::guard;
use crate::domain::last_build::{Built, LastBuild, LastBuilds, contents};

fn written(world: &World, schema: &str) -> Record {
    let mut schemas = world.snapshot.catalog.schemas.values();
    let found = schemas.find(|known| known.name == name(schema)).unwrap();
    Record::find(found.comment.as_deref().unwrap()).unwrap()
}

/// Everything on the schema anew, as a whole build by dbt leaves it: without a record.
fn build_by_dbt(world: &mut World, schema: &str) {
    let id = crate::domain::fixture::id::<SchemaId>(schema);
    world
        .catalog()
        .objects
        .retain(|_, object| object.schema != id);
    let foo = world.add_in(schema, schema, "foo", ObjectKind::MaterializedView, &[]);
    let bar = world.add_in(schema, schema, "bar", ObjectKind::View, &[&foo]);
    let foobar = world.add_in(
        schema,
        schema,
        "foobar",
        ObjectKind::MaterializedView,
        &[&bar],
    );
    world.redefine(
        &foobar,
        "CREATE MATERIALIZED VIEW foobar AS SELECT 'by dbt'",
    );
}

fn promote_by_dbt(world: &mut World) {
    world.swap();
    let production = world.snapshot.catalog.schemas.values();
    let id = production
        .filter(|schema| schema.name == name("prod"))
        .map(|schema| schema.id.to_string())
        .next()
        .unwrap();
    world.comment(&id, Some("Deployment by me on 2026-11-20".to_owned()));
}

#[test]
fn going_back_from_dbts_promote_makes_up_no_manifest() {
    let mut world = World::new();
    let plan = promoted(&world);
    carry_out(&mut world, &plan);
    build_by_dbt(&mut world, "u1");
    promote_by_dbt(&mut world);
    assert_eq!(world.board().phase, Phase::Promoted);
    // The state directory still says what it said after cutover's own promote.
    world.project.as_mut().unwrap().production = Some("0123456789ab".to_owned());
    let plan = rolled_back(&world);
    assert_eq!(blocks(&plan), []);
    carry_out(&mut world, &plan);
    let candidate = written(&world, "prod_dbt_deploy");
    assert_eq!(
        (candidate.role, candidate.manifest, candidate.claimed),
        (DeploymentRole::Candidate, None, None)
    );
    let production = written(&world, "prod");
    assert_eq!(
        production.manifest.as_deref(),
        Some("0123456789ab"),
        "its own record tells it"
    );
}

#[test]
fn what_dbt_built_over_a_candidate_is_not_its_manifest() {
    let mut world = World::new();
    assert_eq!(
        world.board().provenance.held(Side::Deployment),
        Some("0123456789ab")
    );
    build_by_dbt(&mut world, "u2");
    let board = world.board();
    assert_eq!(
        (board.phase, board.provenance.held(Side::Deployment)),
        (Phase::Ready, None)
    );
    let plan = promoted(&world);
    carry_out(&mut world, &plan);
    assert_eq!(written(&world, "prod").manifest, None);
    // By hand an index makes no other release, a view does.
    let mut world = World::new();
    let foo = world.id(Side::Deployment, "foo");
    world.add_in("u2", "u2", "foo_idx", ObjectKind::Index, &[&foo]);
    assert!(world.board().provenance.held(Side::Deployment).is_some());
    world.add_in("u2", "u2", "by_hand", ObjectKind::View, &[&foo]);
    assert!(world.board().provenance.held(Side::Deployment).is_none());
}

#[test]
fn what_a_state_directory_says_of_production_is_written_as_said() {
    let mut world = World::new();
    let plan = promoted(&world);
    carry_out(&mut world, &plan);
    let retired = written(&world, "prod_dbt_deploy");
    assert_eq!(
        (
            retired.role,
            retired.manifest.as_deref(),
            retired.claimed.as_deref()
        ),
        (DeploymentRole::Retired, None, Some("aaaaaaaaaaaa"))
    );
    let plan = rolled_back(&world);
    carry_out(&mut world, &plan);
    let production = written(&world, "prod");
    assert_eq!(
        (
            production.manifest.as_deref(),
            production.claimed.as_deref()
        ),
        (None, Some("aaaaaaaaaaaa"))
    );
    assert_eq!(
        written(&world, "prod_dbt_deploy").manifest.as_deref(),
        Some("0123456789ab")
    );
}

#[test]
fn a_synced_side_whose_record_is_gone_is_not_newer() {
    let mut world = World::new();
    let plan = promoted(&world);
    carry_out(&mut world, &plan);
    // A sync builds what production runs.
    let twins = world.snapshot.catalog.objects.clone();
    for id in twins
        .values()
        .filter(|object| object.schema == SchemaId::user(1))
        .map(|object| &object.id)
    {
        world.remove(id);
    }
    let foo = world.add_in("u1", "u1", "foo", ObjectKind::MaterializedView, &[]);
    let bar = world.add_in("u1", "u1", "bar", ObjectKind::View, &[&foo]);
    world.add_in("u1", "u1", "foobar", ObjectKind::MaterializedView, &[&bar]);
    world.comment("u1", Some("hi".to_owned()));
    let board = world.board();
    assert_eq!(board.phase, Phase::Synced);
    assert!(board.provenance.is_newer().is_err());
    assert!(promoted(&world).is_blocked());
    let untold = || LastBuild::Untold("no build is on record".to_owned());
    let builds = LastBuilds {
        production: untold(),
        deployment: untold(),
    };
    let plan =
        world.with_inputs(|inputs| repair(inputs, &stamp(), &builds, &asked(Operation::Repair)));
    carry_out(&mut world, &plan);
    let synced = written(&world, "prod_dbt_deploy");
    assert_eq!(
        (synced.role, synced.manifest.as_deref()),
        (DeploymentRole::Synced, Some("0123456789ab")),
        "production's, by the definitions"
    );
    // Rows are no definition: with a table nobody knows whether it is newer.
    world.comment("u1", Some("hi".to_owned()));
    for schema in ["u1", "u2"] {
        world.add_in(schema, schema, "seed", ObjectKind::Table, &[]);
    }
    let board = world.board();
    assert_eq!(board.phase, Phase::Ready);
    let told = world.with_inputs(guard::newer_than_production);
    assert_eq!(told[0].severity, Severity::Block);
    assert!(
        told[0]
            .message
            .contains("whether the rows of its 1 table are newer is not known"),
        "{}",
        told[0].message
    );
}

#[test]
fn productions_records_are_made_again_whatever_the_other_side_is() {
    let mut world = World::new();
    let plan = promoted(&world);
    carry_out(&mut world, &plan);
    let last = world.with_inputs(|inputs| {
        LastBuild::Whole(Built {
            manifest: "0123456789ab".to_owned(),
            project: None,
            commit: None,
            tag: None,
            contents: contents(inputs.resolved, Side::Production),
        })
    });
    build_by_dbt(&mut world, "u1");
    world.record_on("u1", DeploymentRole::Candidate, true);
    world.comment("u2", Some("hi".to_owned()));
    assert_eq!(world.board().phase, Phase::Ready);
    let untold = || LastBuild::Untold("no build is on record".to_owned());
    for (production, manifest) in [(last, Some("0123456789ab")), (untold(), None)] {
        let builds = LastBuilds {
            production,
            deployment: untold(),
        };
        let plan = world
            .with_inputs(|inputs| repair(inputs, &stamp(), &builds, &asked(Operation::Repair)));
        let mut world = world.clone();
        carry_out(&mut world, &plan);
        let record = written(&world, "prod");
        assert_eq!(
            (record.role, record.manifest.as_deref()),
            (DeploymentRole::Production, manifest)
        );
    }
}

#[test]
fn a_made_up_sync_is_not_believed() {
    let mut world = World::new();
    let foobar = world.id(Side::Deployment, "foobar");
    world.redefine(&foobar, "CREATE MATERIALIZED VIEW foobar AS SELECT 2");
    let plan = promoted(&world);
    carry_out(&mut world, &plan);
    world.record_on("u1", DeploymentRole::Synced, true);
    let board = world.board();
    assert_eq!(board.phase, Phase::Unknown);
    let told = &board.provenance.contradictions[0].message;
    assert!(told.contains("db.prod_dbt_deploy.foobar"), "{told}");
    // A true one, and a hotfix in production afterwards.
    let mut world = World::new();
    let plan = promoted(&world);
    carry_out(&mut world, &plan);
    world.record_on("u1", DeploymentRole::Synced, true);
    assert_eq!(world.board().phase, Phase::Synced);
    let bar = world.id(Side::Deployment, "bar");
    let fixed = crate::domain::name::ObjectId::user(world.next_object);
    world.give_id(&bar, fixed);
    world.redefine(&fixed, "CREATE VIEW bar AS SELECT 'fixed'");
    assert_eq!(world.board().phase, Phase::Synced);
}
