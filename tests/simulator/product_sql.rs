//! The simulator answers the statements of the product in the form in which real servers did (recordings 17).

use super::recording::{Step, steps};
use super::server::Simulator;
use super::wire::{Answer, Session};
use std::collections::BTreeSet;

const RECORDINGS: [&str; 2] = ["v26.24/17-product-sql", "v26.39/17-product-sql"];

/// The roles and grants that the recorded servers had.
fn prepared(simulator: &Simulator) -> Session {
    let mut system = Session::login(simulator.address(), "mz_system");
    let mut operator = Session::login(simulator.address(), "materialize");
    for (session, sql) in [
        (true, "create role deployer"),
        (true, "create role reader"),
        (
            true,
            "grant createrole, createdb, createcluster on system to deployer",
        ),
        (false, "create schema serving"),
        (false, "grant usage on schema serving to reader"),
        (false, "create cluster compute (size '25cc')"),
        (false, "create table serving.t (a int)"),
    ] {
        let session = if session { &mut system } else { &mut operator };
        let answer = session.ask(sql);
        assert!(answer.error.is_none(), "{sql}: {:?}", answer.error);
    }
    operator
}

/// How the roles of access control items are written in a column: as ids, or by name.
fn roles_in(answer: &Answer, column: usize) -> BTreeSet<&'static str> {
    let cells = answer.rows.iter().filter_map(|row| row[column].as_deref());
    let items = cells.flat_map(|cell| cell.trim_matches(['{', '}']).split(','));
    let roles = items.flat_map(|item| {
        let (grantee, rest) = item.split_once('=').unwrap_or_default();
        [grantee, rest.split_once('/').unwrap_or_default().1]
    });
    let is_id = |role: &str| {
        let number = role.strip_prefix(['u', 's', 'g']).unwrap_or_default();
        !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit())
    };
    roles
        .filter(|role| !role.is_empty())
        .map(|role| if is_id(role) { "ids" } else { "names" })
        .collect()
}

#[test]
fn columns_and_types_are_those_of_the_recordings() {
    for recording in RECORDINGS {
        let simulator = Simulator::of_recording(recording);
        let mut operator = prepared(&simulator);
        for step in steps(recording) {
            let recorded = step.answer.answer();
            let simulated = operator.ask(&step.sql);
            assert_eq!(simulated.error, recorded.error, "{recording}: {}", step.sql);
            assert_eq!(
                simulated.columns, recorded.columns,
                "{recording}: {}",
                step.sql
            );
        }
    }
}

#[test]
fn a_single_item_shows_names_and_an_array_ids() {
    let mut compared = 0;
    for recording in RECORDINGS {
        let simulator = Simulator::of_recording(recording);
        let mut operator = prepared(&simulator);
        let of_privileges = |step: &Step| step.sql.to_lowercase().contains("privileges");
        for step in steps(recording).into_iter().filter(of_privileges) {
            let recorded = step.answer.answer();
            let simulated = operator.ask(&step.sql);
            for (at, (name, _)) in recorded.columns.iter().enumerate() {
                if name == "privileges" && !step.sql.contains("mz_default_privileges") {
                    compared += 1;
                    assert_eq!(
                        roles_in(&simulated, at),
                        roles_in(&recorded, at),
                        "{recording}: {}: {:?}",
                        step.sql,
                        simulated.rows
                    );
                }
            }
        }
    }
    assert!(compared >= 18, "{compared} columns");
    let simulator = Simulator::start("");
    let mut operator = prepared(&simulator);
    let item = "select privileges::text from mz_system_privileges where privileges::text like 'deployer=%'";
    assert_eq!(
        operator.ask(item).rows,
        [[Some("deployer=RBN/mz_system".to_owned())]]
    );
}
