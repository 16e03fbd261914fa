//! Nothing is called ready beside what stops it.

use super::*;
use crate::domain::finding::{Finding, FindingId, Severity};
use crate::domain::picture::Preflight;

fn saw(operation: Operation, severity: Severity, messages: &[&str]) -> Preflight {
    let finding = |message: &&str| Finding {
        id: FindingId::ModelNotBuilt,
        severity,
        message: (*message).to_owned(),
        remedy: "Build it.".to_owned(),
        objects: vec!["materialize.blue.foo".to_owned()],
    };
    Preflight {
        operation,
        findings: messages.iter().map(finding).collect(),
    }
}

fn said(board: &Board, ahead: &Preflight) -> String {
    headline(board, Some(ahead)).sentence(|operation| operation.to_string())
}

#[test]
fn a_ready_side_that_guards_would_stop_is_not_to_be_promoted() {
    let board = World::new().board();
    assert_eq!(board.phase, Phase::Ready);
    let one = saw(Operation::Promote, Severity::Block, &["It lacks foo."]);
    assert_eq!(said(&board, &one), "DO NOT PROMOTE: It lacks foo");
    let three = saw(
        Operation::Promote,
        Severity::Block,
        &["One.", "Two.", "Three."],
    );
    assert_eq!(
        said(&board, &three),
        "DO NOT PROMOTE: One (and 2 more blocks)"
    );
    assert!(headline(&board, Some(&three)).is_stopped);
}

#[test]
fn what_does_not_stop_the_step_that_is_named_changes_no_headline() {
    let board = World::new().board();
    let ready = headline(&board, None);
    for ahead in [
        saw(Operation::Promote, Severity::Warn, &["Look at it."]),
        saw(Operation::Promote, Severity::Block, &[]),
        // Of a moment ago.
        saw(Operation::Deploy, Severity::Block, &["It was held."]),
    ] {
        assert_eq!(headline(&board, Some(&ahead)), ready, "{ahead:?}");
    }
}

/// A viewer used to read DO NOT ROLLBACK in place of what ails production.
#[test]
fn what_stands_is_told_to_those_too_who_may_not_change_it() {
    let not_owner = |operation| Preflight {
        operation,
        findings: vec![Finding {
            id: FindingId::Ownership,
            ..saw(operation, Severity::Block, &["The role does not own it."]).findings[0].clone()
        }],
    };
    let ready = World::new().board();
    let told = said(&ready, &not_owner(Operation::Promote));
    assert_eq!(
        told,
        "every object is hydrated and caught up; promote is stopped: The role does not own it"
    );
    let both = Preflight {
        findings: [
            not_owner(Operation::Promote).findings,
            saw(Operation::Promote, Severity::Block, &["It lacks foo."]).findings,
        ]
        .concat(),
        operation: Operation::Promote,
    };
    assert_eq!(
        said(&ready, &both),
        "DO NOT PROMOTE: It lacks foo (and 1 more block)"
    );
    let promoted = after(&World::new(), Operation::Promote);
    let late = bent(&promoted, |world| {
        let foo = world.id(Side::Deployment, "foo");
        world.lag(&foo, 26_000);
    });
    let told = said(&late.board(), &not_owner(Operation::Rollback));
    assert!(
        told.starts_with("production moved and is lagging: "),
        "{told}"
    );
    assert!(
        told.ends_with("; rollback is stopped: The role does not own it"),
        "{told}"
    );
}
