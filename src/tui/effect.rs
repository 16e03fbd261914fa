//! What must be done outside, as plain data: the only way by which the cockpit reaches the world.

use crate::domain::plan::{ConfirmedPlan, Request};

/// Numbers requests; an answer to an older one is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Generation(pub u64);

#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    Plan {
        generation: Generation,
        request: Request,
    },
    /// Runs an operation. It holds a plan that was agreed to, and there is no other way to one.
    Execute {
        generation: Generation,
        plan: Box<ConfirmedPlan>,
    },
    /// Nobody wants the plan any more: what stands by for it may go.
    Abandon,
    /// Asks the running operation to stop; once COMMIT is on its way it finishes first.
    Cancel,
    /// Reads anew now.
    Refresh,
    LoadChanges,
    LoadHistory,
    /// Runs `dbt parse` in a target path of its own.
    Parse,
    /// To the clipboard, by OSC 52.
    Copy(String),
    Save {
        name: String,
        text: String,
    },
    /// Turns mouse reporting on or off.
    Mouse(bool),
    /// Gives the terminal back to the shell until SIGCONT.
    Suspend,
    Quit,
}
