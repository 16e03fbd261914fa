//! What a swap of schemas can do to a server, and what sessions have for themselves.

use super::*;
use crate::domain::finding::Allowance;
use crate::domain::plan;
use crate::domain::snapshot::ClientSession;
use std::sync::Arc;

/// A type as its text names it.
fn type_in(world: &mut World, side: Side, written: &str) -> ObjectId {
    let id = world.add(side, "strs", ObjectKind::Type, &[]);
    let sql = format!(
        r#"CREATE TYPE "db"."{written}"."strs" AS LIST (ELEMENT TYPE = [s46 AS "pg_catalog"."text"])"#
    );
    world.catalog().objects.get_mut(&id).unwrap().create_sql = Some(sql.into());
    id
}

fn of_version(version: &str) -> World {
    let mut world = World::new();
    world.snapshot.server.version = version.to_owned();
    world
}

#[test]
fn a_type_in_a_swapped_schema_stops_a_promote_before_26_33() {
    for (version, unsafe_) in [
        ("v26.9.0 (9e9123290)", true),
        ("v26.32.4", true),
        ("v26.33.0-dev.0 (abc)", true),
        ("v26.33.0 (abc)", false),
        ("v26.39.0", false),
        ("v27.0.0", false),
        // A version of another form may be any.
        ("(unknown)", true),
    ] {
        let mut world = of_version(version);
        silent(&world, swap_unsafe);
        type_in(&mut world, Side::Production, "prod");
        let found = seen(&world, swap_unsafe);
        let expected = [(FindingId::SwapUnsafe, Severity::Block)];
        assert_eq!(found, &expected[..usize::from(unsafe_)], "{version}");
        world.environment.strategy = crate::domain::environment::Strategy::Targets;
        silent(&world, swap_unsafe);
    }
    assert!(Allowance::parse("swap-unsafe:db.prod.strs").is_err());
}

/// No server was recorded with a function of a user; the catalog has the kind.
#[test]
fn a_function_counts_as_a_type_does() {
    let mut world = of_version("v26.24.0");
    world.add(Side::Deployment, "f", ObjectKind::Function, &[]);
    fires(&world, swap_unsafe, FindingId::SwapUnsafe, Severity::Block);
}

#[test]
fn the_way_back_is_open_and_mends_what_the_swap_left_wrong() {
    let mut world = of_version("v26.24.0");
    type_in(&mut world, Side::Production, "prod");
    silent(&world, misnamed);
    world.swap();
    fires(&world, misnamed, FindingId::SwapUnsafe, Severity::Warn);
    silent(&world, swap_back_unsafe);
    let blocks = |world: &World| {
        world.with_inputs(|inputs| {
            let asked = crate::domain::fixture::asked(crate::domain::action::Operation::Rollback);
            let plan = plan::rollback(inputs, &crate::domain::fixture::stamp(), &asked, None);
            let blocks = plan.blocks().map(|finding| finding.id);
            blocks.collect::<Vec<_>>()
        })
    };
    assert_eq!(blocks(&world), []);
    world.swap();
    silent(&world, misnamed);
}

#[test]
fn the_way_back_warns_of_what_it_would_leave_wrong() {
    let mut world = of_version("v26.24.0");
    world.swap();
    type_in(&mut world, Side::Production, "prod_dbt_deploy");
    fires(
        &world,
        swap_back_unsafe,
        FindingId::SwapUnsafe,
        Severity::Warn,
    );
}

/// A temporary view of another role, which has one session.
fn temporary_view(world: &mut World, reads: &[&str]) -> ObjectId {
    let inputs: Vec<ObjectId> = reads
        .iter()
        .map(|text| world.id(Side::Production, text))
        .collect();
    let inputs: Vec<&ObjectId> = inputs.iter().collect();
    let id = world.add(Side::Production, "peek", ObjectKind::View, &inputs);
    let object = world.catalog().objects.get_mut(&id).unwrap();
    object.schema = SchemaId::TEMPORARY;
    object.owner = RoleId::user(2);
    world.snapshot.readings.sessions = Arc::from([ClientSession {
        id: "s-1".to_owned(),
        role: RoleId::user(2),
        client_ip: Some("10.0.0.7".to_owned()),
        application: Some("psql".to_owned()),
        since: None,
    }]);
    id
}

#[test]
fn what_a_session_has_for_itself_is_nobodys_dependent() {
    let mut world = of_version("v26.39.0");
    temporary_view(&mut world, &["foo", "bar"]);
    silent(&world, dependents_outside);
    fires(
        &world,
        temporary_readers,
        FindingId::DependentOutside,
        Severity::Info,
    );
    let told = world.with_inputs(|inputs| temporary_readers(inputs)[0].message.clone());
    assert_eq!(
        told,
        "1 temporary object reads production and stays on the retired objects until its session ends: peek of reader (psql from 10.0.0.7)."
    );
}

/// The source of Materialize before 26.33 says so; no recording shows it.
#[test]
fn an_old_server_can_fail_over_one_that_names_two() {
    let mut world = of_version("v26.24.0");
    temporary_view(&mut world, &["foo"]);
    let severity = |world: &World| seen(world, temporary_readers)[0].1;
    assert_eq!(severity(&world), Severity::Info);
    let mut world = of_version("v26.24.0");
    temporary_view(&mut world, &["foo", "bar"]);
    assert_eq!(severity(&world), Severity::Warn);
}

#[test]
fn a_session_does_not_stop_a_cleanup() {
    let mut world = of_version("v26.39.0");
    world.swap();
    let peek = temporary_view(&mut world, &["foo"]);
    let foo = world.id(Side::Production, "foo");
    assert!(world.snapshot.catalog.dependents(&foo).contains(&peek));
    let (closure, found) = world.with_inputs(|inputs| {
        let asked = crate::domain::fixture::asked(crate::domain::action::Operation::Cleanup);
        let plan = plan::cleanup(inputs, &crate::domain::fixture::stamp(), &asked);
        let found = plan.findings.iter().map(|it| (it.id, it.severity));
        let names = plan.closure.iter().map(|item| item.name.clone());
        (names.collect::<Vec<_>>(), found.collect::<Vec<_>>())
    });
    assert!(
        !closure.iter().any(|name| name.contains("peek")),
        "{closure:?}"
    );
    let of_closure: Vec<_> = found
        .iter()
        .filter(|(id, _)| *id == FindingId::ClosureOutside)
        .collect();
    assert_eq!(of_closure, [&(FindingId::ClosureOutside, Severity::Info)]);
}

#[test]
fn an_index_of_a_session_is_not_waited_for() {
    let mut world = of_version("v26.39.0");
    let peek = temporary_view(&mut world, &["foo"]);
    let index = world.add(Side::Deployment, "peek_idx", ObjectKind::Index, &[]);
    world.catalog().inputs.insert(index, BTreeSet::from([peek]));
    let object = world.catalog().objects.get_mut(&index).unwrap();
    object.schema = SchemaId::TEMPORARY;
    world.status(&index, None, Some(false));
    silent(&world, |inputs| {
        foreign_on_clusters(inputs, Side::Deployment)
    });
    silent(&world, not_ready);
}
