//! The live picture of a server, one type from the feed to the screen: the feed fills in snapshot and connection, whoever watches adds what
//! follows from them.

use super::action::Operation;
use super::background::LagSample;
use super::board::Board;
use super::failure::{Failure, told_with_remedy};
use super::finding::{Finding, Severity};
use super::name::ObjectId;
use super::quantity::{count, span};
use super::snapshot::Snapshot;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The newest that is known of a server.
#[derive(Debug, Clone, Default)]
pub struct Picture {
    pub connection: ConnectionStatus,
    /// `None` until the first reading is complete. A lost connection keeps the last.
    pub snapshot: Option<Arc<Snapshot>>,
    /// The snapshot, judged. It may be of the snapshot before, for as long as judging takes.
    pub board: Option<Arc<Board>>,
    /// What the guards see for the step ahead, where they have looked.
    pub preflight: Option<Arc<Preflight>>,
    /// Each object's lag before the watch began, oldest first, where the server keeps it.
    pub past: Option<Arc<LagHistory>>,
    /// Why this role can change nothing here, where that is so.
    pub read_only_reason: Option<Arc<str>>,
}

/// Lag by object, one sample a minute.
pub type LagHistory = BTreeMap<ObjectId, Vec<LagSample>>;

/// The findings of the step ahead ([`super::workflow::ahead`]); nothing was rehearsed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preflight {
    pub operation: Operation,
    pub findings: Vec<Finding>,
}

impl Preflight {
    /// What stops the operation unless it is allowed by name.
    pub fn blocks(&self) -> impl Iterator<Item = &Finding> {
        let findings = self.findings.iter();
        findings.filter(|finding| finding.severity == Severity::Block)
    }
}

/// How the connection to the server stands, by the clock of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ConnectionStatus {
    pub state: ConnectionState,
    /// When the last news of any kind came (a progress message counts): the data's age is counted from here. `None` before the first.
    pub heard_at: Option<Instant>,
    /// How often the streams had to be read anew from the start, by a gap or a lost connection: an outage counts once, however many tries it
    /// takes.
    pub restarts: u32,
    /// How the streams contradicted themselves when that was last the reason.
    pub last_gap: Option<String>,
    /// Why SUBSCRIBE is not used, where the server refused it.
    pub polling_reason: Option<String>,
    /// Whether the server's certificate was checked (`false` for sslmode `disable`, and `prefer` and `require` without sslrootcert).
    pub server_verified: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum ConnectionState {
    /// The first connection is being made.
    #[default]
    Connecting,
    /// Changes arrive as they happen.
    Live,
    /// The picture is read again at this interval, because the server refuses SUBSCRIBE or polling was asked for.
    Polling { every: Duration },
    /// The last picture is kept; connecting goes on.
    Lost {
        since: Instant,
        error: Failure,
        /// Attempts that failed since then, and when the next one starts.
        attempts: u32,
        retry_at: Instant,
    },
    /// Read once; nothing keeps it up to date.
    Once,
}

impl ConnectionState {
    /// One word, for JSON.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Live => "live",
            Self::Polling { .. } => "polling",
            Self::Lost { .. } => "lost",
            Self::Once => "once",
        }
    }
}

impl ConnectionStatus {
    /// How old the data is; `None` before the first.
    #[must_use]
    pub fn age(&self, now: Instant) -> Option<Duration> {
        let heard_at = self.heard_at?;
        Some(now.saturating_duration_since(heard_at))
    }

    #[must_use]
    pub fn is_lost(&self) -> bool {
        matches!(self.state, ConnectionState::Lost { .. })
    }

    /// Why it is read at an interval, as the rest of a sentence.
    #[must_use]
    pub fn why_polled(&self) -> String {
        match &self.polling_reason {
            Some(reason) => format!("since the server refused SUBSCRIBE: {reason}"),
            None => "as it was asked for".to_owned(),
        }
    }

    /// All that is known of it, as sentences.
    #[must_use]
    pub fn sentences(&self, now: Instant) -> Vec<String> {
        let state = match &self.state {
            ConnectionState::Connecting => "The first connection is being made.".to_owned(),
            ConnectionState::Live => "Changes arrive as they happen, by SUBSCRIBE.".to_owned(),
            ConnectionState::Polling { every } => {
                format!("Read every {}, {}.", span(*every), self.why_polled())
            }
            ConnectionState::Lost {
                since,
                error,
                attempts,
                retry_at,
            } => format!(
                "Lost for {}, {}: {}.",
                span(now.saturating_duration_since(*since)),
                next_try(*attempts, *retry_at, now),
                told_with_remedy(error),
            ),
            ConnectionState::Once => String::new(),
        };
        let mut sentences = vec![state];
        sentences.retain(|sentence| !sentence.is_empty());
        if !self.server_verified {
            sentences.push(UNVERIFIED.to_owned());
        }
        if self.restarts > 0 {
            let because = self.last_gap.as_ref();
            let because = because.map_or_else(String::new, |gap| format!("; the last gap: {gap}"));
            sentences.push(format!(
                "Read anew {}{because}.",
                count(self.restarts, "time")
            ));
        }
        sentences
    }
}

/// What it means that nobody proved who the server is.
const UNVERIFIED: &str = "The server's certificate was not checked, so another server may answer in its place (sslmode verify-full checks it).";

/// `attempt 3 in 2.1 s`, where two failed.
#[must_use]
pub fn next_try(attempts: u32, retry_at: Instant, now: Instant) -> String {
    let next = attempts.saturating_add(1);
    let wait = retry_at.saturating_duration_since(now);
    if wait.is_zero() {
        format!("attempt {next} now")
    } else {
        format!("attempt {next} in {}", span(wait))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_that_the_feed_knows_is_said() {
        let now = Instant::now();
        let lost = ConnectionStatus {
            state: ConnectionState::Lost {
                since: now,
                error: Failure::new("connection refused"),
                attempts: 2,
                retry_at: now + Duration::from_secs(5),
            },
            restarts: 3,
            last_gap: Some("it went back".to_owned()),
            ..ConnectionStatus::default()
        };
        let said = lost.sentences(now + Duration::from_secs(2)).join(" ");
        for told in [
            "Lost for 2 s, attempt 3 in 3 s: connection refused.",
            "certificate was not checked",
            "Read anew 3 times; the last gap: it went back.",
        ] {
            assert!(said.contains(told), "{told} is not in {said}");
        }
        let polling = ConnectionStatus {
            state: ConnectionState::Polling {
                every: Duration::from_secs(5),
            },
            polling_reason: Some("not supported here".to_owned()),
            server_verified: true,
            ..ConnectionStatus::default()
        };
        assert_eq!(
            polling.sentences(now),
            ["Read every 5 s, since the server refused SUBSCRIBE: not supported here."]
        );
    }
}
