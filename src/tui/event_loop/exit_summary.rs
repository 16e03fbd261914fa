//! What the cockpit leaves behind: the last operation, and the exit code.

use crate::ops::progress::{Outcome, OutcomeKind};
use crate::tui::update;
use std::fmt;

/// What is left to say on the normal screen.
#[derive(Debug, Clone, Default)]
pub struct ExitSummary {
    /// The last operation of the session and how it ended.
    pub last: Option<(String, Outcome)>,
    /// Why the cockpit ended, where its operator did not just leave: that of an operation that leaving stopped, or a signal.
    pub cut_short: Option<OutcomeKind>,
}

impl ExitSummary {
    /// The process exit code, of the same contract as the commands'.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        self.cut_short.map_or(0, OutcomeKind::exit_code)
    }
}

impl fmt::Display for ExitSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((label, outcome)) = &self.last else {
            return Ok(());
        };
        write!(
            f,
            "{label} {}: {}",
            update::outcome_word(outcome.outcome),
            outcome.message
        )?;
        if let Some(remedy) = &outcome.remedy {
            write!(f, "\nhint: {remedy}")?;
        }
        if let Some(next) = &outcome.next {
            write!(f, "\nnext: {next}")?;
        }
        if let Some(audit) = &outcome.audit {
            write!(f, "\naudit: {}", audit.display())?;
        }
        Ok(())
    }
}
