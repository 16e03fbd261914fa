//! Who owns what, and who may do what.

use super::*;

#[test]
fn ownership_counts_membership() {
    let mut world = World::new();
    silent(&world, |inputs| schema_ownership(inputs, &BOTH));
    world
        .catalog()
        .schemas
        .get_mut(&SchemaId::user(1))
        .unwrap()
        .owner = RoleId::user(2);
    world
        .catalog()
        .clusters
        .get_mut(&ClusterId::user(2))
        .unwrap()
        .owner = RoleId::user(2);
    fires(
        &world,
        |inputs| schema_ownership(inputs, &BOTH),
        FindingId::Ownership,
        Severity::Block,
    );
    fires(
        &world,
        |inputs| cluster_ownership(inputs, &BOTH),
        FindingId::Ownership,
        Severity::Block,
    );
    silent(&world, |inputs| {
        schema_ownership(inputs, &[Side::Deployment])
    });
    world.access.member_of.insert(RoleId::user(2));
    silent(&world, |inputs| schema_ownership(inputs, &BOTH));
    silent(&world, |inputs| cluster_ownership(inputs, &BOTH));
}

#[test]
fn privileges_to_create() {
    let mut world = World::new();
    silent(&world, |inputs| create_privileges(inputs, true, true));
    world.access.system_grants.clear();
    fires(
        &world,
        |inputs| create_privileges(inputs, true, true),
        FindingId::Permission,
        Severity::Block,
    );
    silent(&world, |inputs| create_privileges(inputs, true, false));
    world.access.database_grants.clear();
    fires(
        &world,
        |inputs| create_privileges(inputs, true, false),
        FindingId::Permission,
        Severity::Block,
    );
    world.access.superuser = true;
    silent(&world, |inputs| create_privileges(inputs, true, true));
}

#[test]
fn grants_that_clients_would_lose() {
    let mut world = World::new();
    silent(&world, owners_and_grants);
    world.access.schema_grants.insert(
        SchemaId::user(1),
        Grant::parse_list("{=U/u1,u1=UC/u1,s2=U/u1}").unwrap(),
    );
    fires(
        &world,
        owners_and_grants,
        FindingId::GrantsDiffer,
        Severity::Warn,
    );
    world
        .access
        .schema_grants
        .insert(SchemaId::user(2), Grant::parse_list("{=U/u1}").unwrap());
    silent(&world, owners_and_grants);
    let foo = world.id(Side::Production, "foo");
    world
        .access
        .object_grants
        .insert(foo, Grant::parse_list("{u2=r/u1}").unwrap());
    let lost = world.with_inputs(owners_and_grants);
    assert_eq!(
        lost[0].objects,
        [format!("db.prod.foo: {} to reader", Privilege::Select)]
    );
    let twin = world.id(Side::Deployment, "foo");
    world.catalog().objects.get_mut(&twin).unwrap().owner = RoleId::user(2);
    assert!(seen(&world, owners_and_grants).contains(&(FindingId::OwnerDiffers, Severity::Warn)));
}
