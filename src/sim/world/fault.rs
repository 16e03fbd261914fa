//! Disturbances of single statements: what a network, a colleague or a busy server does to a client, on demand.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The message and hint that a server gives with 40001 (recorded: 05).
const CONFLICT_MESSAGE: &str =
    "another session modified the catalog while this DDL transaction was open";
const CONFLICT_HINT: &str = "Currently, DDL transactions fail when any other DDL happens concurrently, even on unrelated schemas/clusters.";

/// When the link to the client is cut, seen from the statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkCut {
    /// The statement never reaches the server: nothing is performed.
    BeforePerforming,
    /// The server performs the statement, and the client never hears of it.
    AfterPerforming,
    /// The link is cut at once, and a COMMIT of renames takes effect after this much world time; another statement never does.
    PerformingLater(Duration),
}

/// An error answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub sqlstate: String,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
}

impl Refusal {
    /// The answer of a server whose catalog another session changed (recorded: 05).
    #[must_use]
    pub fn conflict() -> Self {
        Self {
            sqlstate: "40001".to_owned(),
            message: CONFLICT_MESSAGE.to_owned(),
            detail: None,
            hint: Some(CONFLICT_HINT.to_owned()),
        }
    }
}

/// What happens to a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FaultKind {
    Cut(LinkCut),
    Refuse(Refusal),
    /// The statement is performed after this much world time.
    Slow(Duration),
    /// Another person, logged in as `role`, runs these statements right before it.
    Meanwhile {
        role: String,
        sql: String,
    },
    /// The statement is not performed and never answers; only a cancel ends it (57014).
    Wedge,
    /// Every SUBSCRIBE is refused with 0A000.
    RefuseSubscribe,
    /// A SUBSCRIBE that runs is ended, as where its client reads too slowly; servers that are too old for it go on.
    SubscribeFallsBehind,
    /// The server doesn't have this relation (`schema.name`), as an older version would.
    MissingRelation(String),
}

/// A fault, armed for a number of statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Part of the statement's text; letter case and the amount of white space don't matter. Empty matches every statement.
    pub matching: String,
    /// How many statements it strikes; `None` is every one.
    pub times: Option<u32>,
    pub kind: FaultKind,
}

impl Fault {
    /// A fault that strikes the next statement that holds `matching`.
    #[must_use]
    pub fn once(matching: &str, kind: FaultKind) -> Self {
        Self {
            matching: matching.to_owned(),
            times: Some(1),
            kind,
        }
    }

    /// A fault that strikes every statement that holds `matching`.
    #[must_use]
    pub fn always(matching: &str, kind: FaultKind) -> Self {
        Self {
            matching: matching.to_owned(),
            times: None,
            kind,
        }
    }

    /// 40001 at the next `times` COMMITs.
    #[must_use]
    pub fn conflict_at_commit(times: u32) -> Self {
        Self {
            matching: "commit".to_owned(),
            times: Some(times),
            kind: FaultKind::Refuse(Refusal::conflict()),
        }
    }

    #[must_use]
    pub fn missing_relation(qualified: &str) -> Self {
        Self::always("", FaultKind::MissingRelation(qualified.to_owned()))
    }

    #[must_use]
    pub fn refuse_subscribe() -> Self {
        Self::always("subscribe", FaultKind::RefuseSubscribe)
    }

    /// Whether it is about this statement, normalised. A word that is a statement of its own means that statement only: `commit` also
    /// stands in `offset_committed`.
    fn is_about(&self, statement: &str) -> bool {
        let matching = normalised(&self.matching);
        match matching.as_str() {
            "begin" | "commit" | "rollback" => statement.trim_end_matches(';') == matching,
            part => statement.contains(part),
        }
    }

    /// Whether it answers for statements; the others describe the server.
    fn strikes_statements(&self) -> bool {
        !matches!(
            self.kind,
            FaultKind::RefuseSubscribe
                | FaultKind::SubscribeFallsBehind
                | FaultKind::MissingRelation(_)
        )
    }
}

/// What the server does with one statement, all armed faults considered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Interference {
    /// World time to wait first.
    pub delay: Duration,
    /// What others do before it, as role and statements.
    pub meanwhile: Vec<(String, String)>,
    pub outcome: Outcome,
}

/// How a statement ends.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Outcome {
    /// As if there were no faults.
    #[default]
    Normal,
    Cut(LinkCut),
    Refused(Refusal),
    Wedged,
}

/// The armed faults of one server. Clones are handles on the same faults.
#[derive(Debug, Clone, Default)]
pub struct Faults(Arc<Mutex<Vec<Fault>>>);

impl Faults {
    #[must_use]
    pub fn new(faults: Vec<Fault>) -> Self {
        Self(Arc::new(Mutex::new(faults)))
    }

    pub fn arm(&self, fault: Fault) {
        self.armed().push(fault);
    }

    /// How many faults are still armed: a test's way to see that its fault struck.
    #[must_use]
    pub fn remaining(&self) -> usize {
        self.armed().len()
    }

    /// What happens to this statement. A fault that strikes is used up by one. Every slow fault that matches adds its delay, and every
    /// other person's statements are run; of the others the one armed first decides.
    #[must_use]
    pub fn strike(&self, statement: &str) -> Interference {
        let statement = normalised(statement);
        let mut interference = Interference::default();
        let mut armed = self.armed();
        for fault in armed.iter_mut() {
            let decided = interference.outcome != Outcome::Normal;
            if !fault.strikes_statements() || !fault.is_about(&statement) {
                continue;
            }
            match &fault.kind {
                FaultKind::Slow(by) => interference.delay += *by,
                FaultKind::Meanwhile { role, sql } => {
                    interference.meanwhile.push((role.clone(), sql.clone()));
                }
                _ if decided => continue,
                FaultKind::Cut(cut) => interference.outcome = Outcome::Cut(*cut),
                FaultKind::Refuse(refusal) => {
                    interference.outcome = Outcome::Refused(refusal.clone())
                }
                FaultKind::Wedge => interference.outcome = Outcome::Wedged,
                FaultKind::RefuseSubscribe
                | FaultKind::SubscribeFallsBehind
                | FaultKind::MissingRelation(_) => continue,
            }
            fault.times = fault.times.map(|times| times.saturating_sub(1));
        }
        armed.retain(|fault| fault.times != Some(0));
        interference
    }

    /// Whether SUBSCRIBE is refused.
    #[must_use]
    pub fn refuses_subscribe(&self) -> bool {
        self.armed()
            .iter()
            .any(|fault| fault.kind == FaultKind::RefuseSubscribe)
    }

    /// Whether a SUBSCRIBE that runs is ended now.
    #[must_use]
    pub fn subscribe_falls_behind(&self) -> bool {
        let mut armed = self.armed();
        let mut of_it = armed
            .iter_mut()
            .filter(|fault| fault.kind == FaultKind::SubscribeFallsBehind);
        let Some(fault) = of_it.next() else {
            return false;
        };
        fault.times = fault.times.map(|times| times.saturating_sub(1));
        armed.retain(|fault| fault.times != Some(0));
        true
    }

    /// The relations (`schema.name`) that this server doesn't have.
    #[must_use]
    pub fn missing_relations(&self) -> Vec<String> {
        self.armed()
            .iter()
            .filter_map(|fault| match &fault.kind {
                FaultKind::MissingRelation(name) => Some(name.clone()),
                _ => None,
            })
            .collect()
    }

    fn armed(&self) -> MutexGuard<'_, Vec<Fault>> {
        // The list is valid after every single change, so a panic elsewhere can't have left it half changed.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Lower case, with every run of white space as one space.
fn normalised(sql: &str) -> String {
    sql.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_conflict_strikes_as_often_as_armed() {
        let faults = Faults::new(vec![Fault::conflict_at_commit(2)]);
        assert_eq!(faults.strike("BEGIN").outcome, Outcome::Normal);
        for _ in 0..2 {
            assert_eq!(
                faults.strike("COMMIT").outcome,
                Outcome::Refused(Refusal::conflict())
            );
        }
        assert_eq!(faults.strike("COMMIT").outcome, Outcome::Normal);
        assert_eq!(faults.remaining(), 0);
    }

    #[test]
    fn matching_ignores_case_and_white_space() {
        let faults = Faults::default();
        faults.arm(Fault::once("alter  sink", FaultKind::Wedge));
        assert_eq!(
            faults.strike("ALTER\n  SINK \"a\" SET FROM \"b\"").outcome,
            Outcome::Wedged
        );
    }

    #[test]
    fn the_first_of_two_decides_and_the_second_stays_armed() {
        let faults = Faults::new(vec![
            Fault::once("commit", FaultKind::Cut(LinkCut::AfterPerforming)),
            Fault::conflict_at_commit(1),
        ]);
        assert_eq!(
            faults.strike("commit").outcome,
            Outcome::Cut(LinkCut::AfterPerforming)
        );
        assert_eq!(
            faults.strike("commit").outcome,
            Outcome::Refused(Refusal::conflict())
        );
    }

    #[test]
    fn slow_faults_add_up_and_leave_the_outcome() {
        let slow = FaultKind::Slow(Duration::from_secs(2));
        let faults = Faults::new(vec![
            Fault::always("select", slow.clone()),
            Fault::once("mz_objects", slow),
        ]);
        let first = faults.strike("SELECT * FROM mz_objects");
        assert_eq!(
            (first.delay, first.outcome),
            (Duration::from_secs(4), Outcome::Normal)
        );
        assert_eq!(
            faults.strike("SELECT * FROM mz_objects").delay,
            Duration::from_secs(2)
        );
    }

    #[test]
    fn server_wide_faults_never_strike_a_statement() {
        let faults = Faults::new(vec![
            Fault::refuse_subscribe(),
            Fault::missing_relation("mz_internal.mz_frontiers"),
        ]);
        assert_eq!(
            faults.strike("SUBSCRIBE (SELECT 1)"),
            Interference::default()
        );
        assert!(faults.refuses_subscribe());
        assert_eq!(faults.missing_relations(), ["mz_internal.mz_frontiers"]);
    }
}
