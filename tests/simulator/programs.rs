//! Whole conversations of dbt and psql with a server.

use super::recording::{Exchange, Recorded, conversation};
use super::replay::Replay;
use super::wire::{Answer, Session};
use std::collections::BTreeMap;
use std::time::Duration;

/// dbt's conversations, in the order of the commands that led them.
pub fn dbt(replay: &mut Replay) {
    // What had happened since the recordings before.
    replay.set_up("operator", "drop schema prod cascade");
    replay.set_up("operator", "create schema tmp_s");
    for name in [
        "dbt-01-run",
        "dbt-02-deploy_init",
        "dbt-03-run-deploy",
        "dbt-04-deploy_await",
        "dbt-05-promote-dry",
        "dbt-06-promote",
        "dbt-07-test",
        "dbt-08-docs",
        "dbt-09-cleanup",
        "dbt-10-init-missing",
    ] {
        // Long enough for everything to hydrate.
        replay.simulator.pass(Duration::from_secs(30));
        run(replay, &name[..6], &format!("dbt/{name}"));
    }
}

pub fn psql(replay: &mut Replay) {
    run(replay, "psql", "psql");
}

/// What a program and the server say on one connection.
struct Dialog {
    place: String,
    startup: BTreeMap<String, String>,
    parameters: BTreeMap<String, String>,
    queries: Vec<(String, Vec<Recorded>)>,
}

fn run(replay: &mut Replay, name: &str, file: &str) {
    for dialog in dialogs(name, file) {
        let startup = dialog.startup.iter().filter(|(key, _)| !key.is_empty());
        let startup: Vec<(&str, &str)> = startup
            .map(|(key, value)| (key.as_str(), value.as_str()))
            .collect();
        let mut session = Session::open(replay.simulator.address(), &startup);
        for (parameter, recorded) in &dialog.parameters {
            let simulated = session.parameters.get(parameter);
            if simulated != Some(recorded) {
                replay.fail(
                    &dialog.place,
                    &format!("parameter {parameter}: {recorded:?}, here {simulated:?}"),
                );
            }
        }
        // psql asks on with the oids that it was told.
        let mut oids = BTreeMap::new();
        for (number, (sql, recorded)) in dialog.queries.iter().enumerate() {
            let sql = oids.iter().fold(sql.clone(), |sql, (recorded, own)| {
                sql.replace(&format!("'{recorded}'"), &format!("'{own}'"))
            });
            let recorded: Vec<Answer> = recorded.iter().map(Recorded::answer).collect();
            let mut simulated = session.query(&sql);
            // The conversations were recorded without notices.
            simulated
                .iter_mut()
                .for_each(|answer| answer.notices.clear());
            oids.extend(told_oids(&recorded, &simulated));
            let place = format!("{}:{number}", dialog.place);
            replay.check_all(&place, &sql, &recorded, simulated);
        }
    }
}

/// Oids that the recorded server told, each with the one that the simulated server told in its place.
fn told_oids(recorded: &[Answer], simulated: &[Answer]) -> Vec<(String, String)> {
    const OID: u32 = 26;
    let first = |answers: &[Answer]| -> Vec<Option<String>> {
        let Some(answer) = answers.first() else {
            return Vec::new();
        };
        let Some(row) = answer.rows.first() else {
            return Vec::new();
        };
        let cells = row.iter().zip(&answer.columns);
        cells
            .filter(|(_, (_, oid))| *oid == OID)
            .map(|(cell, _)| cell.clone())
            .collect()
    };
    first(recorded)
        .into_iter()
        .zip(first(simulated))
        .filter_map(|(a, b)| a.zip(b))
        .collect()
}

fn dialogs(name: &str, file: &str) -> Vec<Dialog> {
    let mut dialogs: Vec<Dialog> = Vec::new();
    for exchange in conversation(file) {
        match exchange {
            Exchange::Startup { startup } => {
                let place = format!("{name}.{}", dialogs.len());
                dialogs.push(Dialog {
                    place,
                    startup,
                    parameters: BTreeMap::new(),
                    queries: Vec::new(),
                });
            }
            Exchange::Parameter {
                parameter: (key, value),
            } => {
                dialogs.last_mut().unwrap().parameters.insert(key, value);
            }
            Exchange::Query { sql, results } => {
                dialogs.last_mut().unwrap().queries.push((sql, results))
            }
        }
    }
    dialogs
}
