//! Replays recordings against a simulated server, in one history.

use super::compare::{Difference, differences};
use super::known::{KNOWN, Known};
use super::recording::{Step, steps};
use super::server::Simulator;
use super::wire::{Answer, Session, last};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// World time between two statements.
const PAUSE: Duration = Duration::from_millis(100);

pub struct Replay {
    pub simulator: Simulator,
    sessions: BTreeMap<String, Session>,
    failures: Vec<String>,
    used: BTreeSet<usize>,
}

impl Replay {
    pub fn new(simulator: Simulator) -> Self {
        Self {
            simulator,
            sessions: BTreeMap::new(),
            failures: Vec::new(),
            used: BTreeSet::new(),
        }
    }

    /// The session of a person of the recordings.
    pub fn session(&mut self, person: &str) -> &mut Session {
        let address = self.simulator.address();
        let role = match person {
            "operator" | "other" | "subscriber" | "waiting" => "materialize",
            "system" => "mz_system",
            role => role,
        };
        self.sessions
            .entry(person.to_owned())
            .or_insert_with(|| Session::login(address, role))
    }

    /// Runs what a recording takes for granted; that it fails is a difference too.
    pub fn set_up(&mut self, person: &str, sql: &str) {
        let answer = self.session(person).ask(sql);
        if let Some(error) = answer.error {
            self.fail("set-up", &format!("{sql}: {error:?}"));
        }
    }

    /// Runs all steps of a recording; `before` is called before each and may do it instead (`true`).
    pub fn recording(&mut self, name: &str, mut before: impl FnMut(&mut Self, &Step) -> bool) {
        for step in steps(name) {
            self.simulator.pass(PAUSE);
            if !before(self, &step) {
                let answer = self.session(&step.role).ask(&step.sql);
                self.check(&step.place, &step.sql, &step.answer.answer(), &answer);
            }
        }
    }

    /// Compares an answer with the recorded one.
    pub fn check(&mut self, place: &str, sql: &str, recorded: &Answer, simulated: &Answer) {
        for difference in differences(sql, recorded, simulated) {
            self.note(place, sql, &difference);
        }
    }

    pub fn note(&mut self, place: &str, sql: &str, difference: &Difference) {
        let covers = |known: &Known| known.part == difference.part && known.places.contains(&place);
        let known = KNOWN.iter().position(covers);
        match known {
            Some(number) => drop(self.used.insert(number)),
            None => {
                let sql: String = sql
                    .split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" ")
                    .chars()
                    .take(200)
                    .collect();
                self.failures
                    .push(format!("{place}  {sql}\n    {difference}"));
            }
        }
    }

    /// A difference that is not of one answer.
    pub fn fail(&mut self, place: &str, words: &str) {
        self.failures.push(format!("{place}  {words}"));
    }

    /// Answers of several queries at once, as one conversation sends them.
    pub fn check_all(
        &mut self,
        place: &str,
        sql: &str,
        recorded: &[Answer],
        simulated: Vec<Answer>,
    ) {
        if recorded.len() == simulated.len() {
            for (recorded, simulated) in recorded.iter().zip(&simulated) {
                self.check(place, sql, recorded, simulated);
            }
        } else if let Some(recorded) = recorded.last() {
            self.check(place, sql, recorded, &last(simulated));
        }
    }

    /// Fails with everything that differs and is not known, and with every known difference that no longer is one.
    pub fn finish(self) {
        let unused = KNOWN
            .iter()
            .enumerate()
            .filter(|(number, _)| !self.used.contains(number));
        let unused: Vec<_> = unused
            .map(|(_, known)| format!("{:?}: {}", known.places, known.why))
            .collect();
        assert!(
            self.failures.is_empty() && unused.is_empty(),
            "{} differences from the recorded server:\n{}\n{} known differences are none any more:\n{}",
            self.failures.len(),
            self.failures.join("\n"),
            unused.len(),
            unused.join("\n"),
        );
    }
}
