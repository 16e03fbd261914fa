//! After a swap, production is what is judged.

use super::*;

fn said(world: &World) -> String {
    headline(&world.board(), None).sentence(|operation| operation.to_string())
}

#[test]
fn after_a_promote_production_that_is_not_well_is_the_headline() {
    let promoted = after(&World::new(), Operation::Promote);
    assert!(said(&promoted).starts_with("production moved; rollback"));
    // The fixture names sides as they were before the swap.
    let (production, retired) = (Side::Deployment, Side::Production);
    let behind = |world: &mut World, side, name| {
        let object = world.id(side, name);
        world.lag(&object, 26_000);
    };
    let late = bent(&promoted, |world| behind(world, production, "foo"));
    let told = said(&late);
    assert!(
        told.starts_with("production moved and is lagging: "),
        "{told}"
    );
    assert!(
        told.ends_with("; rollback goes back to what is ready"),
        "{told}"
    );
    let both = bent(&late, |world| {
        let foo = world.id(retired, "foo");
        world.snapshot.readings.frontiers.remove(&foo);
    });
    let told = said(&both);
    assert!(told.ends_with("; the retired side is unknown"), "{told}");
    // What a swap has retired is nobody's headline.
    let left = bent(&promoted, |world| behind(world, retired, "foo"));
    assert_eq!(said(&left), said(&promoted));
}

#[test]
fn the_subject_is_the_side_that_carries_the_risk() {
    let ready = World::new();
    assert_eq!(ready.board().phase.subject(), Side::Deployment);
    let promoted = after(&ready, Operation::Promote);
    assert_eq!(promoted.board().phase.subject(), Side::Production);
    let back = after(&promoted, Operation::Rollback);
    assert_eq!(back.board().phase.subject(), Side::Deployment);
}
