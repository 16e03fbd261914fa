//! Everything that can happen to the cockpit. Time and the outside world enter only here.

use super::effect::Generation;
use crate::domain::changes::ChangesView;
use crate::domain::history::AuditEntry;
use crate::domain::picture::Picture;
use crate::domain::plan::Plan;
use crate::ops::progress::Progress;
use crossterm::event::{KeyEvent, MouseEvent};
use std::sync::Arc;

#[derive(Debug, Clone)]
pub enum Event {
    /// What time it is. The loop sends one before whatever else it hands over, and one per second while ages are on the screen.
    Tick(Now),
    Key(KeyEvent),
    Paste(String),
    Mouse(MouseEvent),
    Resize {
        columns: u16,
        rows: u16,
    },
    /// The newest picture of the server; older ones that were not looked at yet are skipped.
    Picture(Picture),
    Planned {
        generation: Generation,
        result: Result<Box<Plan>, String>,
    },
    Progress {
        generation: Generation,
        progress: Progress,
    },
    Changes(Result<Arc<ChangesView>, String>),
    History(Result<Arc<[AuditEntry]>, String>),
    /// `dbt parse` ended.
    Parsed(Result<String, String>),
    Signal(Signal),
    /// Something an operator should read now: what was copied, where a file was saved, what failed.
    Flash(String),
}

/// What the operating system asks of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// SIGTERM or SIGHUP: leave, after a COMMIT that is on its way.
    Leave,
    /// SIGTSTP: back to the shell until SIGCONT, unless a swap is under way.
    Suspend,
    /// SIGCONT: the terminal is ours again and must be drawn anew.
    Continue,
}

/// A moment by two clocks of this machine; neither is ever compared with the server's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Now {
    /// Milliseconds since the cockpit started, monotonic.
    pub millis: u64,
    /// Local wall time, for the journal.
    pub wall: jiff::civil::DateTime,
}

impl Now {
    /// Milliseconds since an earlier moment, 0 when it is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> u64 {
        self.millis.saturating_sub(earlier.millis)
    }
}
