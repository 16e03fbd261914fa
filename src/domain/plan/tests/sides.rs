//! Making, filling and dropping the deployment side.

use super::*;
use crate::domain::action::Operation;

#[test]
fn cleanup_drops_both_and_shows_what_goes() {
    let world = World::new();
    let plan = world.with_inputs(|inputs| cleanup(inputs, &stamp(), &asked(Operation::Cleanup)));
    assert_eq!(
        plan.script(),
        [
            "DROP SCHEMA \"db\".\"prod_dbt_deploy\" CASCADE;",
            "DROP CLUSTER \"compute_dbt_deploy\";"
        ]
    );
    assert_eq!(plan.closure.len(), 3);
    assert!(plan.closure.iter().all(|item| item.inside));
}

#[test]
fn what_goes_by_leave_changes_the_plan_and_its_fingerprint() {
    let mut world = World::new();
    let foo = world.id(Side::Deployment, "foo");
    world.add_in("u3", "u3", "team_view", ObjectKind::View, &[&foo]);
    let blocked = world.with_inputs(|inputs| cleanup(inputs, &stamp(), &asked(Operation::Cleanup)));
    assert_eq!(blocks(&blocked), [FindingId::ClosureOutside]);
    let leave = allowing(Operation::Cleanup, &["closure-outside:db.other.team_view"]);
    let allowed = world.with_inputs(|inputs| cleanup(inputs, &stamp(), &leave));
    assert_eq!(blocks(&allowed), []);
    assert_ne!(blocked.fingerprint, allowed.fingerprint);
}

#[test]
fn an_init_adds_what_is_new_to_a_side_that_a_record_explains() {
    let run =
        |world: &World| world.with_inputs(|inputs| init(inputs, &stamp(), &asked(Operation::Init)));
    let mut world = World::new();
    world
        .environment
        .schemas
        .push(crate::domain::fixture::pair("other"));
    assert_eq!(blocks(&run(&world)), []);
    assert_eq!(
        run(&world).script(),
        ["CREATE SCHEMA \"db\".\"other_dbt_deploy\";"]
    );
    world
        .catalog()
        .schemas
        .get_mut(&SchemaId::user(2))
        .unwrap()
        .comment = None;
    assert_eq!(blocks(&run(&world)), [FindingId::DeploymentNotEmpty]);
}

#[test]
fn an_init_again_only_mends_grants() {
    let mut world = World::empty();
    let run =
        |world: &World| world.with_inputs(|inputs| init(inputs, &stamp(), &asked(Operation::Init)));
    assert!(run(&world).steps.is_empty());
    let grants = |text: &str| crate::domain::access::Grant::parse_list(text).unwrap();
    world
        .access
        .schema_grants
        .insert(SchemaId::user(1), grants("{=U/u1,u2=U/u1}"));
    world
        .access
        .schema_grants
        .insert(SchemaId::user(2), grants("{u2=C/u1}"));
    assert_eq!(
        run(&world).script(),
        [
            "REVOKE CREATE ON SCHEMA \"db\".\"prod_dbt_deploy\" FROM \"reader\";",
            "GRANT USAGE ON SCHEMA \"db\".\"prod_dbt_deploy\" TO PUBLIC;",
            "GRANT USAGE ON SCHEMA \"db\".\"prod_dbt_deploy\" TO \"reader\";"
        ]
    );
}

#[test]
fn a_deploy_over_the_way_back_is_blocked_and_a_rebuild_names_what_goes_along() {
    let mut world = World::new();
    let foo = world.id(Side::Deployment, "foo");
    world.add(Side::Deployment, "by_hand", ObjectKind::View, &[&foo]);
    let build = Build {
        relations: BTreeSet::from([
            (name("prod"), name("foo")),
            (name("prod"), name("bar")),
            (name("prod"), name("foobar")),
        ]),
        manifest: "aaaaaaaaaaaa".to_owned(),
        steps: vec![Step::Build {
            model: "foo".to_owned(),
            statements: Vec::new(),
        }],
        ..Build::default()
    };
    let plan = world
        .with_inputs(|inputs| deploy(inputs, &stamp(), build.clone(), &asked(Operation::Deploy)));
    assert_eq!(
        blocks(&plan),
        [FindingId::ClosureOutside],
        "a view made by hand would not come back"
    );
    let promote = promoted(&world);
    carry_out(&mut world, &promote);
    assert_eq!(world.board().phase, Phase::Promoted);
    let plan =
        world.with_inputs(|inputs| deploy(inputs, &stamp(), build, &asked(Operation::Deploy)));
    assert!(blocks(&plan).contains(&FindingId::WayBackEnds));
}

#[test]
fn a_deploy_marks_its_beginning_and_its_end_and_keeps_the_base() {
    let world = World::new();
    let build = Build {
        manifest: "aaaaaaaaaaaa".to_owned(),
        steps: vec![Step::Build {
            model: "foo".to_owned(),
            statements: Vec::new(),
        }],
        ..Build::default()
    };
    let script = world
        .with_inputs(|inputs| deploy(inputs, &stamp(), build, &asked(Operation::Deploy)))
        .script();
    assert!(
        script[0].contains("manifest=aaaaaaaaaaaa base=0123456789ab complete=no"),
        "{}",
        script[0]
    );
    assert!(
        script[1].contains("manifest=aaaaaaaaaaaa complete=yes"),
        "{}",
        script[1]
    );
}

#[test]
fn another_compilation_of_the_same_content_is_the_same_plan() {
    let world = World::new();
    let fingerprint = |manifest: &str, content: &str| {
        let build = Build {
            manifest: manifest.to_owned(),
            content: vec![content.to_owned()],
            steps: vec![Step::Build {
                model: "foo".to_owned(),
                statements: Vec::new(),
            }],
            ..Build::default()
        };
        world
            .with_inputs(|inputs| deploy(inputs, &stamp(), build, &asked(Operation::Deploy)))
            .fingerprint
    };
    let seen = fingerprint("aaaaaaaaaaaa", "foo 1");
    assert_eq!(fingerprint("bbbbbbbbbbbb", "foo 1"), seen);
    assert_ne!(fingerprint("aaaaaaaaaaaa", "foo 2"), seen);
}

#[test]
fn a_partial_deploy_stays_incomplete_and_keeps_its_base() {
    let world = World::new();
    let build = Build {
        manifest: "aaaaaaaaaaaa".to_owned(),
        partial: true,
        steps: vec![Step::Build {
            model: "foo".to_owned(),
            statements: Vec::new(),
        }],
        ..Build::default()
    };
    let script = world
        .with_inputs(|inputs| deploy(inputs, &stamp(), build, &asked(Operation::Deploy)))
        .script();
    assert!(
        script[1].contains("base=0123456789ab complete=no"),
        "{}",
        script[1]
    );
}

#[test]
fn a_deploy_that_changes_nothing_writes_nothing() {
    let world = World::new();
    let build = Build {
        manifest: "0123456789ab".to_owned(),
        ..Build::default()
    };
    assert!(
        world
            .with_inputs(|inputs| deploy(inputs, &stamp(), build, &asked(Operation::Deploy)))
            .steps
            .is_empty()
    );
}
