//! An open DDL transaction as a fence (recordings 16): what of other sessions makes its COMMIT fail, and what does not.

use super::compare::differences;
use super::recording::{Step, steps};
use super::server::Simulator;
use super::wire::{Answer, Session};
use std::collections::BTreeMap;

const RECORDINGS: [&str; 2] = ["v26.24/16-fence", "v26.39/16-fence"];

/// Which of the simulator's ids stands for which of the recorded server's: each stands for one, or a swap could go unseen.
#[derive(Default)]
struct Ids {
    simulated: BTreeMap<String, String>,
    recorded: BTreeMap<String, String>,
}

impl Ids {
    fn agree(&mut self, recorded: &Answer, simulated: &Answer) -> bool {
        let ids = |answer: &Answer| -> Vec<String> {
            let column = answer.columns.iter().position(|(name, _)| name == "id");
            let cells = answer.rows.iter().filter_map(|row| row[column?].clone());
            cells.collect()
        };
        let (recorded, simulated) = (ids(recorded), ids(simulated));
        recorded.len() == simulated.len()
            && recorded.into_iter().zip(simulated).all(|(one, other)| {
                let known = self.simulated.entry(one.clone()).or_insert(other.clone());
                *known == other && *self.recorded.entry(other).or_insert(one.clone()) == one
            })
    }
}

struct People {
    operator: Session,
    second: Session,
}

impl People {
    fn of(simulator: &Simulator) -> Self {
        let mut system = Session::login(simulator.address(), "mz_system");
        assert_eq!(system.ask("create role deployer").error, None);
        let login = || Session::login(simulator.address(), "materialize");
        Self {
            operator: login(),
            second: login(),
        }
    }

    fn ask(&mut self, step: &Step) -> Answer {
        let session = match step.role.as_str() {
            "operator" => &mut self.operator,
            "operator2" => &mut self.second,
            other => panic!("nobody is called {other}"),
        };
        let mut answer = session.ask(&step.sql);
        answer
            .notices
            .iter_mut()
            .for_each(|notice| *notice = message(notice));
        answer
    }
}

/// These recordings hold the message of a notice alone.
fn message(notice: &str) -> String {
    let first = notice.lines().next().unwrap_or_default();
    first.trim_start_matches("NOTICE:").trim_start().to_owned()
}

#[test]
fn the_fence_answers_as_recorded() {
    for recording in RECORDINGS {
        let simulator = Simulator::of_recording(recording);
        let mut people = People::of(&simulator);
        let mut ids = Ids::default();
        let mut wrong = Vec::new();
        let steps = steps(recording);
        assert_eq!(steps.len(), 79, "{recording}");
        for (line, step) in steps.iter().enumerate() {
            let (recorded, simulated) = (step.answer.answer(), people.ask(step));
            let found = differences(&step.sql, &recorded, &simulated);
            wrong.extend(
                found
                    .iter()
                    .map(|one| format!("{recording}:{line} {}: {one}", step.sql)),
            );
            if found.is_empty() && !ids.agree(&recorded, &simulated) {
                let ids = (recorded.rows, simulated.rows);
                wrong.push(format!("{recording}:{line} {}: ids {ids:?}", step.sql));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }
}
