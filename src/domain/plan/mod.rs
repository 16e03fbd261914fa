//! Plans: ordered steps with the facts they rely on, their findings and a fingerprint.
//!
//! A [`Plan`] only shows. What may be executed is a [`ConfirmedPlan`], and [`Plan::confirm`] is the only way to one.

mod bounds;
mod cleanup;
mod confirm;
mod deploy;
mod draft;
mod fingerprint;
mod holding;
mod identities;
mod init;
mod promise;
mod promote;
mod proof;
mod relation;
mod repair;
mod request;
mod rollback;
mod script;
mod sinks;
mod statement;
mod swap;
mod twin;
mod way_back;

pub use bounds::Bounds;
pub use cleanup::cleanup;
pub use confirm::{Confirmation, ConfirmedPlan, NotConfirmed, WithoutFence};
pub use deploy::{Build, deploy, sync};
pub use draft::Stamp;
pub use fingerprint::Fingerprint;
pub use identities::Identities;
pub use init::{Sizes, init};
pub use promise::{Harm, Promise};
pub use promote::{promote, rehearsal_refused};
pub use proof::{Confirmed, Difference, Proof};
pub use relation::{ColumnText, IndexDefinition, ViewOption};
pub use repair::repair;
pub use request::Request;
pub use rollback::rollback;
pub use script::{LINE_ENDS, STOP_AT_FAILURE, commented};
pub use sinks::{SinkMove, qualified, sinks_reading};
pub use statement::{GrantTarget, Statement};
pub use swap::{Rename, Swap};
pub use way_back::rollback_script;

use super::action::Operation;
use super::finding::{Allowance, Finding, Severity};
use super::lease::Place;
use super::name::{Identifier, ObjectId};
use super::object::ObjectKind;
use serde::Serialize;
use std::sync::Arc;

/// One step of a plan, in the order of execution.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// One statement on its own.
    Run(Statement),
    /// `BEGIN`, these, `COMMIT`, behind a fence: all or nothing. Only renames and swaps may stand together (recorded: 05).
    Transaction(Swap),
    /// `ALTER SINK ... SET FROM`, which may hang past any `statement_timeout` (recorded: 10): under a deadline of ours.
    MoveSink {
        sink: ObjectId,
        statement: Statement,
    },
    /// The statements that make one model with its indexes and comments.
    Build {
        model: String,
        statements: Vec<Statement>,
    },
    /// A `dbt` process.
    Dbt(DbtCommand),
    /// Sends nothing: the catalog must show what the build promised before its record says that it is whole.
    Verify(Promise),
}

/// A dbt command line: the arguments as a vector, never for a shell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DbtCommand {
    pub program: String,
    pub arguments: Vec<String>,
    /// The models that it will build, for the picture and the fingerprint.
    pub models: Vec<String>,
}

impl Step {
    /// Whether names change with it.
    #[must_use]
    pub fn is_swap(&self) -> bool {
        matches!(self, Self::Transaction(_))
    }
}

impl DbtCommand {
    /// The command as a person would type it.
    #[must_use]
    pub fn display(&self) -> String {
        let words = std::iter::once(&self.program).chain(&self.arguments);
        request::typed(words.map(String::as_str))
    }
}

/// One object that a drop would take along.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct ClosureItem {
    pub id: ObjectId,
    pub name: String,
    pub kind: ObjectKind,
    pub owner: String,
    /// Whether it lives in the side that is dropped.
    pub inside: bool,
}

/// What an operation would do, and what the preflight saw.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// What was asked for.
    pub request: Request,
    /// What it is: a request to promote finishes a rollback that is committed and unfinished.
    pub operation: Operation,
    /// [`super::environment::Environment::id`].
    pub environment: String,
    /// Sentences for people: what this plan is about.
    pub summary: Vec<String>,
    pub steps: Vec<Step>,
    pub findings: Vec<Finding>,
    /// The manifest that is built: first 12 hex digits of its hash. The fingerprint leaves it out, since each compilation has another one.
    #[serde(skip)]
    pub manifest: Option<String>,
    /// What goes when something is dropped, sorted.
    pub closure: Vec<ClosureItem>,
    pub fingerprint: Fingerprint,
    /// The ids and definitions that it rests on.
    #[serde(skip)]
    pub identities: Arc<Identities>,
    /// Where the operation puts its marker while it is at work, since it goes by names that somebody could move.
    #[serde(skip)]
    pub lease: Option<Place>,
    /// The word to type: the production cluster, or schema where there is none.
    pub word: Identifier,
}

impl Plan {
    pub fn blocks(&self) -> impl Iterator<Item = &Finding> {
        self.findings
            .iter()
            .filter(|finding| finding.severity == Severity::Block)
    }

    #[must_use]
    pub fn is_blocked(&self) -> bool {
        self.blocks().next().is_some()
    }

    /// The names that change together, where some do.
    #[must_use]
    pub fn transaction(&self) -> Option<&Swap> {
        self.steps.iter().find_map(|step| match step {
            Step::Transaction(swap) => Some(swap),
            _ => None,
        })
    }

    /// Whether the operator allowed this finding for this object by name.
    #[must_use]
    pub fn allows(&self, finding: &Finding, object: &str) -> bool {
        self.request.allow.contains(&Allowance {
            finding: finding.id,
            object: object.to_owned(),
        })
    }

    /// Whether something is written before the names move: by names, so it must be known right before whose they are.
    #[must_use]
    pub fn writes_before_swap(&self) -> bool {
        self.transaction().is_some() && !self.steps.first().is_some_and(Step::is_swap)
    }

    /// Findings that an operator should look at before going on: those that he did not allow by name.
    #[must_use]
    pub fn has_warnings(&self) -> bool {
        let is_open = |finding: &Finding| {
            finding.objects.is_empty() || finding.objects.iter().any(|it| !self.allows(finding, it))
        };
        let asking = self.findings.iter().filter(|it| it.needs_a_look());
        asking.into_iter().any(is_open)
    }
}

#[cfg(test)]
mod tests;
