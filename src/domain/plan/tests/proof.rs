//! Whether what was confirmed still holds: the comparison that a fence commits on.

use super::*;
use crate::domain::action::Operation;
use crate::domain::name::ObjectId;
use crate::domain::snapshot::{LogicalTime, Subscription};

fn holds(shown: &Plan, now: &Plan) -> Result<(), Difference> {
    Confirmed::newly(shown).holds(now)
}

fn lasting(shown: &Plan, now: &Plan) -> Vec<String> {
    match holds(shown, now) {
        Err(Difference::Lasting(told)) => told,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_has_not_moved_is_proven_with_its_time() {
    let shown = promoted(&World::new());
    let now = promoted(&World::new());
    let proof = Proof::of(Confirmed::newly(&shown), &now, LogicalTime(7)).unwrap();
    assert_eq!(proof.at(), LogicalTime(7));
    assert_eq!(proof.fingerprint(), &shown.fingerprint);
    assert_eq!(Some(proof.swap()), shown.transaction());
    let bearers: Vec<_> = proof.identities().bearers().collect();
    assert_eq!(
        bearers,
        [
            "schema prod u1",
            "schema prod_dbt_deploy u2",
            "cluster compute u1",
            "cluster compute_dbt_deploy u2"
        ]
    );
    assert_eq!(proof.identities().objects(), 6);
}

#[test]
fn each_object_that_moved_is_named_with_its_ids() {
    let world = World::new();
    let shown = promoted(&world);
    let mut gone = world.clone();
    let bar = gone.id(Side::Deployment, "bar");
    gone.remove(&bar);
    let told = lasting(&shown, &promoted(&gone));
    assert!(
        told.contains(&format!("view db.prod_dbt_deploy.bar ({bar}) is gone")),
        "{told:?}"
    );
    let mut replaced = world.clone();
    replaced.give_id(&bar, ObjectId::user(900));
    let told = lasting(&shown, &promoted(&replaced));
    assert!(
        told.contains(&format!(
            "view db.prod_dbt_deploy.bar was replaced (u900, was {bar})"
        )),
        "{told:?}"
    );
    let mut more = world.clone();
    let sink = more.add_in("u3", "u3", "late", ObjectKind::Sink, &[&bar]);
    let told = lasting(&shown, &promoted(&more));
    assert!(
        told.contains(&format!("sink db.other.late ({sink}) is new")),
        "{told:?}"
    );
    let mut altered = world;
    let id = altered.id(Side::Production, "foo");
    altered.redefine(&id, "CREATE MATERIALIZED VIEW f AS SELECT 1");
    let told = lasting(&shown, &promoted(&altered));
    assert!(
        told.contains(&format!(
            "materialized-view db.prod.foo ({id}) has another definition"
        )),
        "{told:?}"
    );
}

#[test]
fn whoever_swaps_first_is_told_as_that() {
    let world = World::new();
    let shown = promoted(&world);
    let mut swapped = world;
    swapped.swap();
    assert_eq!(holds(&shown, &promoted(&swapped)), Err(Difference::Swapped));
    let named = shown.identities.after_swap();
    assert_eq!(named, promoted(&swapped).identities.named());
}

#[test]
fn what_comes_and_goes_stops_a_promote_when_it_comes_and_never_when_it_goes() {
    let healthy = World::new();
    let mut sick = World::new();
    let foo = sick.id(Side::Production, "foo");
    sick.status(&foo, Some("u11"), Some(false));
    let (calm, warned) = (promoted(&healthy), promoted(&sick));
    assert_eq!(calm.fingerprint, warned.fingerprint);
    assert_eq!(holds(&warned, &calm), Ok(()), "it has gone");
    let Err(Difference::Momentary(told)) = holds(&calm, &warned) else {
        panic!("it has come");
    };
    assert_eq!(told, ["new: production-unhealthy (compute)"]);
    let allowed = allowing(Operation::Promote, &["production-unhealthy:compute"]);
    let with_leave =
        |world: &World| world.with_inputs(|inputs| promote(inputs, &stamp(), &allowed, None));
    assert_eq!(holds(&with_leave(&healthy), &with_leave(&sick)), Ok(()));
}

#[test]
fn a_rollback_is_stopped_by_what_moved_and_by_nothing_that_only_warns() {
    let mut world = World::new();
    let plan = promoted(&world);
    carry_out(&mut world, &plan);
    let shown = rolled_back(&world);
    let mut sick = world.clone();
    // The world knows objects by where they were built: this one runs production since.
    let foo = sick.id(Side::Deployment, "foo");
    sick.lag(&foo, 60_000);
    sick.add_in("u3", "u3", "outside", ObjectKind::View, &[&foo]);
    let now = rolled_back(&sick);
    assert_eq!(holds(&shown, &now), Ok(()));
    let news = Confirmed::newly(&shown).news(&now);
    assert!(
        news.iter().any(|told| told.contains("dependent-outside")),
        "{news:?}"
    );
    let mut moved = world;
    let bar = moved.id(Side::Deployment, "bar");
    moved.remove(&bar);
    assert!(holds(&shown, &rolled_back(&moved)).is_err());
}

#[test]
fn records_that_this_run_wrote_are_no_difference() {
    let mut world = World::new();
    let shown = promoted(&world);
    assert!(shown.writes_before_swap(), "production has no record yet");
    let first = shown.steps.first().unwrap();
    carry_out_step(&mut world, first);
    let now = promoted(&world);
    assert!(!now.writes_before_swap());
    assert!(holds(&shown, &now).is_err(), "somebody else's record");
    let recorded = Confirmed {
        plan: &shown,
        recorded: true,
    };
    assert_eq!(recorded.holds(&now), Ok(()));
    let bar = world.id(Side::Deployment, "bar");
    world.remove(&bar);
    assert!(recorded.holds(&promoted(&world)).is_err());
}

#[test]
fn what_a_drop_would_take_more_or_less_is_named() {
    let planned = |world: &World| {
        world.with_inputs(|inputs| cleanup(inputs, &stamp(), &asked(Operation::Cleanup)))
    };
    let world = World::new();
    let mut more = world.clone();
    more.add_in("u2", "u2", "new_here", ObjectKind::View, &[]);
    let told = lasting(&planned(&world), &planned(&more)).join("; ");
    assert!(
        told.contains("the drop would take db.prod_dbt_deploy.new_here along"),
        "{told}"
    );
    let told = lasting(&planned(&more), &planned(&world)).join("; ");
    assert!(
        told.contains("the drop would not take db.prod_dbt_deploy.new_here any more"),
        "{told}"
    );
}

/// A reader that came since is no part of the fingerprint, and is told all the same.
#[test]
fn a_reader_that_comes_stops_a_drop() {
    let planned = |world: &World| {
        world.with_inputs(|inputs| cleanup(inputs, &stamp(), &asked(Operation::Cleanup)))
    };
    let world = World::new();
    let mut read = world.clone();
    let foo = read.id(Side::Deployment, "foo");
    read.snapshot.readings.subscriptions = [Subscription {
        id: "s1".to_owned(),
        session: "c1".to_owned(),
        cluster: ClusterId::user(2),
        objects: BTreeSet::from([foo]),
        since: None,
    }]
    .into();
    let (quiet, busy) = (planned(&world), planned(&read));
    assert_eq!(quiet.fingerprint, busy.fingerprint);
    assert!(matches!(
        holds(&quiet, &busy),
        Err(Difference::Momentary(_))
    ));
    assert_eq!(holds(&busy, &quiet), Ok(()));
}

/// Two first promotes at once: the loser wrote production's record by a name that had moved, after the winner was done.
#[test]
fn a_record_that_came_too_late_unsays_nothing() {
    let mut world = World::new();
    let loser = promoted(&world);
    assert!(loser.writes_before_swap());
    let winner = promoted(&world);
    carry_out(&mut world, &winner);
    assert_eq!(world.board().phase, Phase::Promoted);
    let too_late = loser.steps.first().unwrap();
    carry_out_step(&mut world, too_late);
    let board = world.board();
    assert_eq!(board.provenance.contradictions, []);
    assert_eq!(board.phase, Phase::Promoted);
}

#[test]
fn what_is_left_of_an_operation_is_a_part_of_what_was_confirmed() {
    let covers = |shown: &Plan, rest: &Plan| Confirmed::newly(shown).covers(rest);
    let world = World::new();
    let shown = promoted(&world);
    assert_eq!(covers(&shown, &shown), Ok(()));
    // What finishes a swap is no leave for another one.
    let finishing = Plan {
        steps: shown
            .steps
            .iter()
            .filter(|it| !it.is_swap())
            .cloned()
            .collect(),
        ..shown.clone()
    };
    assert_eq!(covers(&shown, &finishing), Ok(()));
    assert_eq!(
        covers(&finishing, &shown),
        Err(vec!["names would move".to_owned()])
    );
    let other = Plan {
        operation: Operation::Rollback,
        ..finishing.clone()
    };
    assert_eq!(covers(&finishing, &other).unwrap_err().len(), 1);
    let built = |manifest: &str| Plan {
        manifest: Some(manifest.to_owned()),
        ..shown.clone()
    };
    assert_eq!(
        covers(&built("0123456789ab"), &built("0123456789ab")),
        Ok(())
    );
    let told = covers(&built("0123456789ab"), &built("ba9876543210")).unwrap_err();
    assert_eq!(told, ["the manifest is another one"]);
}

#[test]
fn the_rest_of_a_cleanup_takes_nothing_that_was_not_shown() {
    let mut world = World::new();
    let planned = |world: &World| {
        world.with_inputs(|inputs| {
            cleanup(
                inputs,
                &stamp(),
                &crate::domain::fixture::asked(Operation::Cleanup),
            )
        })
    };
    let shown = planned(&world);
    world.add_in("u2", "u2", "new_here", ObjectKind::View, &[]);
    let with_more = planned(&world);
    let told = Confirmed::newly(&shown).covers(&with_more).unwrap_err();
    assert!(told[0].contains("new_here"), "{told:?}");
    let part = Confirmed::newly(&with_more).covers(&shown);
    assert_eq!(part, Ok(()), "a part is gone already");
}

#[test]
fn what_is_left_goes_by_the_names_that_were_shown() {
    let built = |plan: Plan| Plan {
        manifest: Some("0123456789ab".to_owned()),
        steps: plan
            .steps
            .iter()
            .filter(|it| !it.is_swap())
            .cloned()
            .collect(),
        ..plan
    };
    let world = World::new();
    let shown = built(promoted(&world));
    let mut swapped = world.clone();
    swapped.swap();
    let rest = Plan {
        identities: promoted(&swapped).identities,
        ..shown.clone()
    };
    let told = Confirmed::newly(&shown).covers(&rest).unwrap_err();
    assert!(
        told.contains(&"schema prod_dbt_deploy is u1, and was u2".to_owned()),
        "{told:?}"
    );
    // Its own swap has moved them, and that it did is known by then.
    let confirmed = promoted(&world);
    let finishing = Plan {
        identities: promoted(&swapped).identities,
        ..built(confirmed.clone())
    };
    let finishing = Plan {
        manifest: None,
        ..finishing
    };
    assert_eq!(Confirmed::newly(&confirmed).covers(&finishing), Ok(()));
}
