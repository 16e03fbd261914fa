//! Everything that can happen to the cockpit. Time and the outside world enter only here.

use super::effect::Generation;
use crate::domain::action::Operation;
use crate::domain::background::LagSample;
use crate::domain::board::Board;
use crate::domain::changes::ChangesView;
use crate::domain::finding::Finding;
use crate::domain::history::AuditEntry;
use crate::domain::name::ObjectId;
use crate::domain::plan::Plan;
use crate::ops::progress::Progress;
use crossterm::event::{KeyEvent, MouseEvent};
use std::collections::BTreeMap;
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

/// What is known of the server, and how well the link stands.
#[derive(Debug, Clone, Default)]
pub struct Picture {
    /// `None` until the first reading is complete.
    pub board: Option<Arc<Board>>,
    /// What the guards see for the next step, where they have looked.
    pub preflight: Option<Arc<Preflight>>,
    pub link: Link,
    /// Each object's lag before the cockpit opened, oldest first, where the server keeps it.
    pub past: Option<Arc<BTreeMap<ObjectId, Vec<LagSample>>>>,
    /// Why this role can change nothing here, where that is so: then the cockpit is read-only.
    pub powerless: Option<Arc<str>>,
}

/// The findings of the step that comes next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preflight {
    pub operation: Operation,
    pub findings: Vec<Finding>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Link {
    pub state: LinkState,
    /// How old the data was when this was sent, in milliseconds of this machine.
    pub age_ms: u64,
    /// How often the link was lost in this session.
    pub losses: u32,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum LinkState {
    #[default]
    Connecting,
    /// SUBSCRIBE is streaming.
    Live,
    /// SUBSCRIBE was refused or `--poll` asked for reads.
    Polling { every_ms: u64 },
    /// The link is lost and is being restored; the last picture stays.
    Lost { error: String },
}
