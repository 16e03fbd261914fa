//! What happens in a world at given times, whatever its clients do.

use super::clock::Timestamp;
use super::fault::Fault;
use std::collections::VecDeque;
use std::time::Duration;

/// An object by the names that it has when the event happens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ObjectName {
    pub schema: String,
    pub name: String,
}

/// Trouble that no statement causes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Disturbance {
    /// A replica runs out of memory and is killed, `times` times, `every` so often.
    OomKill {
        cluster: String,
        replica: String,
        times: u32,
        every: Duration,
    },
    /// A source stops reading, or a sink stops writing, and says `error`; for ever where `lasts` is `None`.
    Stall {
        object: ObjectName,
        error: String,
        lasts: Option<Duration>,
    },
    /// A source or sink works again.
    Recover { object: ObjectName },
    /// An object falls behind its inputs by `by`.
    FallBehind {
        object: ObjectName,
        by: Duration,
        lasts: Option<Duration>,
    },
}

/// What a scripted event does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    Disturb(Disturbance),
    /// Another person, logged in as `role`, runs these statements.
    Run {
        role: String,
        sql: String,
    },
    Arm(Fault),
}

/// An event at a world time, counted from when the world opens for clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scripted {
    pub after: Duration,
    pub action: Action,
}

/// The events that are still to come.
#[derive(Debug, Clone, Default)]
pub struct Script(VecDeque<(Timestamp, Action)>);

impl Script {
    /// The events of a world that opens at `opening`. Events of the same time keep their order.
    #[must_use]
    pub fn new(events: &[Scripted], opening: Timestamp) -> Self {
        let mut due: Vec<_> = events
            .iter()
            .map(|event| (opening.plus(event.after), event.action.clone()))
            .collect();
        due.sort_by_key(|(at, _)| *at);
        Self(due.into())
    }

    /// When the next event is due.
    #[must_use]
    pub fn next(&self) -> Option<Timestamp> {
        self.0.front().map(|(at, _)| *at)
    }

    /// Takes the next event that is due at `now`.
    pub fn take_due(&mut self, now: Timestamp) -> Option<Action> {
        let is_due = self.next().is_some_and(|at| at <= now);
        let due = if is_due { self.0.pop_front() } else { None };
        due.map(|(_, action)| action)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_in_order_of_time_and_only_once() {
        let run = |sql: &str, seconds| Scripted {
            after: Duration::from_secs(seconds),
            action: Action::Run {
                role: "colleague".to_owned(),
                sql: sql.to_owned(),
            },
        };
        let opening = Timestamp(1_000_000);
        let mut script = Script::new(
            &[run("late", 9), run("first", 1), run("second", 1)],
            opening,
        );
        assert_eq!(script.next(), Some(opening.plus(Duration::from_secs(1))));
        assert_eq!(script.take_due(opening), None);
        let now = opening.plus(Duration::from_secs(5));
        let sql = |action: Option<Action>| match action {
            Some(Action::Run { sql, .. }) => sql,
            other => panic!("{other:?}"),
        };
        assert_eq!(sql(script.take_due(now)), "first");
        assert_eq!(sql(script.take_due(now)), "second");
        assert_eq!(script.take_due(now), None);
        assert_eq!(script.next(), Some(opening.plus(Duration::from_secs(9))));
    }
}
