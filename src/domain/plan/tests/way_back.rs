//! rollback.sql: the same way back, for psql alone.

use super::*;
use crate::domain::plan::rollback_script;

fn script(world: &World) -> String {
    world
        .with_inputs(|inputs| rollback_script(inputs, &stamp()))
        .unwrap()
}

/// The statements that change something, in order.
fn changes(script: &str) -> Vec<&str> {
    let kinds = ["BEGIN", "ALTER", "COMMIT", "COMMENT"];
    let lines = script.lines();
    lines
        .filter(|line| kinds.iter().any(|kind| line.starts_with(kind)))
        .collect()
}

#[test]
fn it_does_what_a_rollback_right_after_the_promote_does() {
    let mut world = World::new();
    let foo = world.id(Side::Production, "foo");
    world.add_in("u3", "u3", "feed", ObjectKind::Sink, &[&foo]);
    world.record(Side::Production, DeploymentRole::Production, true);
    let before = world.snapshot.catalog.clone();
    let left = script(&world);
    let plan = promoted(&world);
    carry_out(&mut world, &plan);
    let own = rolled_back(&world).script();
    let not_a_comment = |line: &&str| !line.starts_with("COMMENT");
    assert_eq!(
        changes(&left)
            .into_iter()
            .filter(not_a_comment)
            .collect::<Vec<_>>(),
        own.iter()
            .map(String::as_str)
            .filter(not_a_comment)
            .collect::<Vec<_>>()
    );
    // The records say what they say after a rollback, times and dbt's mark aside.
    for line in changes(&left)
        .into_iter()
        .filter(|line| line.starts_with("COMMENT"))
    {
        comment(&mut world, line.trim_end_matches(';'));
    }
    world.swap();
    let after = &world.snapshot.catalog;
    assert_eq!(
        after.schemas[&SchemaId::user(1)].name,
        before.schemas[&SchemaId::user(1)].name
    );
}

#[test]
fn after_its_records_the_candidate_is_one_again() {
    let mut world = World::new();
    world.record(Side::Production, DeploymentRole::Production, true);
    let left = script(&world);
    let plan = promoted(&world);
    carry_out(&mut world, &plan);
    world.swap();
    for line in changes(&left) {
        comment(&mut world, line.trim_end_matches(';'));
    }
    assert_eq!(role_of(&world, "prod"), Some(DeploymentRole::Production));
    assert_eq!(
        role_of(&world, "prod_dbt_deploy"),
        Some(DeploymentRole::Candidate)
    );
    assert_eq!(world.board().phase, Phase::Ready);
}

#[test]
fn it_names_the_ids_that_it_is_right_for_and_asks_for_them() {
    let world = World::new();
    let left = script(&world);
    for line in [
        "--   schema prod is u2 (what was promoted)",
        "--   schema prod_dbt_deploy is u1 (the old production)",
        "--   cluster compute is u2 (what was promoted)",
        "SELECT count(*) = 2 AS cutover_holds FROM mz_catalog.mz_schemas AS s JOIN mz_catalog.mz_databases AS d ON s.database_id = d.id \
         WHERE d.name = 'db' AND ((s.name = 'prod' AND s.id = 'u2') OR (s.name = 'prod_dbt_deploy' AND s.id = 'u1')) \\gset",
        "SELECT count(*) = 3 AS cutover_holds FROM mz_catalog.mz_objects WHERE id IN ('u100', 'u101', 'u102') \\gset",
    ] {
        assert!(
            left.lines().any(|known| known == line),
            "{line}\n---\n{left}"
        );
    }
    let first_check = left.find("\\gset").unwrap();
    assert!(first_check < left.find("BEGIN;").unwrap());
}

#[test]
fn the_way_back_of_an_unfinished_promote_is_the_same() {
    let mut world = World::new();
    let foo = world.id(Side::Production, "foo");
    world.add_in("u3", "u3", "feed", ObjectKind::Sink, &[&foo]);
    let before = script(&world);
    for step in &promoted(&world).steps {
        carry_out_step(&mut world, step);
        if matches!(step, Step::Transaction(_)) {
            break;
        }
    }
    let not_a_comment = |line: &&str| !line.starts_with("COMMENT");
    let after = script(&world);
    assert_eq!(
        changes(&after)
            .into_iter()
            .filter(not_a_comment)
            .collect::<Vec<_>>(),
        changes(&before)
            .into_iter()
            .filter(not_a_comment)
            .collect::<Vec<_>>()
    );
    let ids = |text: &str| -> Vec<String> {
        let lines = text.lines().filter(|line| line.contains(" is u"));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(ids(&after), ids(&before));
}

#[test]
fn no_name_ends_a_remark() {
    let mut world = World::new();
    world.environment.schemas[0].production = name("a\r\\! id\n\\! id\u{2028}");
    let schema = world.environment.schemas[0].production.clone();
    world
        .catalog()
        .schemas
        .get_mut(&SchemaId::user(1))
        .unwrap()
        .name = schema;
    let left = script(&world);
    let head: String = left
        .lines()
        .take_while(|line| line.starts_with("-- "))
        .collect();
    assert!(!head.contains('\r'));
    assert!(
        left.lines()
            .nth(head.matches("-- ").count())
            .unwrap()
            .starts_with("\\set")
    );
}
