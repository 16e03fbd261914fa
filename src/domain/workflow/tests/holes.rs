//! Where models are missing, each answer says so, and no two differ in what fills the hole.

use super::*;

const MODELS: [&str; 3] = ["foo", "bar", "foobar"];

/// The stand of this name, with the manifests of both sides at hand.
fn whole(name: &str) -> World {
    let stand = stands().into_iter().find(|stand| stand.name == name);
    bent(&stand.unwrap().world, |world| {
        world.project = Some(world.project_of(&MODELS));
        for side in [Side::Production, Side::Deployment] {
            world.manifests.insert(side, MODELS.to_vec());
        }
    })
}

/// After a swap the world still knows objects by where they were built.
fn without_foobar(world: &World, built_in: Side) -> Board {
    let without = bent(world, |world| {
        let foobar = world.id(built_in, "foobar");
        world.remove(&foobar);
    });
    without.board()
}

fn said(board: &Board) -> String {
    headline(board, None).sentence(|operation| operation.to_string())
}

const HOLE: &str = "1 of 3 models is missing (prod.foobar)";

#[test]
fn a_candidate_with_a_hole_is_deployed_again_and_never_waited_for() {
    let board = without_foobar(&World::new(), Side::Deployment);
    assert_eq!(
        said(&board),
        format!("{HOLE}; deploy builds what is missing")
    );
    assert_eq!(step(&board), Some(Operation::Deploy));
    assert_eq!(
        ahead(&board),
        Operation::Promote,
        "its guards name the hole"
    );
    let Err(Hindrance::Hopeless(why)) = may(&board, Operation::Await) else {
        panic!("waiting fills no hole");
    };
    assert!(why.contains(HOLE), "{why}");
    assert_eq!(
        towards(&board, Goal::Ready),
        Next::Operate(Operation::Deploy)
    );
}

#[test]
fn what_production_lacks_after_a_sync_comes_back_with_a_candidate() {
    let synced = whole("synced");
    assert_eq!(steps_done(&synced.board()), Some(STEPS.len()));
    let board = without_foobar(&synced, Side::Deployment);
    assert!(said(&board).starts_with(&format!("in production {HOLE}; deploy makes")));
    assert_eq!(step(&board), Some(Operation::Deploy));
    assert_eq!(steps_done(&board), Some(1));
    let Err(hindrance @ Hindrance::Synced(Some(_))) = may(&board, Operation::Promote) else {
        panic!("there is no candidate");
    };
    let finding = hindrance.finding(Operation::Promote, "prod").unwrap();
    assert!(finding.message.contains(HOLE), "{}", finding.message);
    assert!(finding.remedy.contains("`cutover deploy`"));
    for goal in [Goal::Promoted, Goal::Synced] {
        assert_eq!(towards(&board, goal), Next::Operate(Operation::Deploy));
    }
}

#[test]
fn what_the_other_side_lacks_after_a_sync_is_synced_again() {
    let board = without_foobar(&whole("synced"), Side::Production);
    assert_eq!(said(&board), format!("{HOLE}; sync builds what is missing"));
    assert_eq!(step(&board), Some(Operation::Sync));
    assert_eq!(steps_done(&board), Some(4));
    assert!(may(&board, Operation::Sync).is_ok());
    assert_eq!(
        towards(&board, Goal::Synced),
        Next::Operate(Operation::Sync)
    );
    let reached = Next::Reached("Production runs this project.");
    assert_eq!(towards(&board, Goal::Promoted), reached);
}

#[test]
fn nothing_is_done_while_a_promoted_production_has_a_hole() {
    let board = without_foobar(&whole("promoted"), Side::Deployment);
    assert!(said(&board).starts_with(&format!("in production {HOLE}; rollback goes back")));
    let Next::Decide { why, command } = towards(&board, Goal::Promoted) else {
        panic!("production does not run the project");
    };
    assert!(why.contains(HOLE), "{why}");
    assert_eq!(command, "cutover sync");
    let Err(hindrance) = may(&board, Operation::Promote) else {
        panic!("there is no candidate");
    };
    let finding = hindrance.finding(Operation::Promote, "prod").unwrap();
    assert!(finding.message.contains(HOLE), "{}", finding.message);
}
