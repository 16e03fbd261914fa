//! What must be done outside, as plain data: the only way by which the cockpit reaches the world.

use crate::domain::action::Operation;
use crate::domain::finding::Allowance;
use crate::domain::plan::ConfirmedPlan;
use std::collections::BTreeSet;

/// Numbers requests; an answer to an older one is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Generation(pub u64);

/// What an operator asks of a plan beside the operation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PlanOptions {
    /// Deploy everything instead of what changed.
    pub full: bool,
    /// Findings allowed by name.
    pub allow: BTreeSet<Allowance>,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    Plan {
        generation: Generation,
        operation: Operation,
        options: PlanOptions,
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
