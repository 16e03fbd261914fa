//! What can go wrong before an operation runs: one kind, one message, its causes, and what to do next.

use crate::config::{Problem, Problems};
use crate::dbt::diff::DiffError;
use crate::dbt::manifest::ManifestError;
use crate::dbt::runner::driver::DriverError;
use crate::dbt::runner::process::ProcessError;
use crate::dbt::selection::SelectionError;
use crate::domain::failure::{Cause, Failure, Remedy, told, told_with_remedy};
use crate::materialize::error::{Class, Error as ServerError};
use crate::ops::progress::{Outcome, OutcomeKind};
use crate::ops::secrets::hide;
use std::error::Error;
use std::fmt;
use std::io;
use std::sync::Arc;

/// Kinds of failures; each has one exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// What was asked for can't be done as asked: words that make no sense, a file that is not there yet, an unknown name.
    Usage,
    /// Files, variables or flags that configure it are wrong.
    Configuration,
    /// A manifest can't be compared.
    Manifest,
    /// No server, or none that can be trusted.
    Unreachable,
    /// The server answered, and not as asked.
    Server,
    /// A file can't be read or written.
    File,
    /// dbt, or a command, failed.
    Tool,
}

impl FailureKind {
    pub const ALL: &[Self] = &[
        Self::Usage,
        Self::Configuration,
        Self::Manifest,
        Self::Unreachable,
        Self::Server,
        Self::File,
        Self::Tool,
    ];

    /// How a command ends that fails so; the exit code follows from it.
    #[must_use]
    pub fn outcome(self) -> OutcomeKind {
        match self {
            Self::Usage | Self::Configuration | Self::Manifest => OutcomeKind::Refused,
            Self::Unreachable | Self::Server | Self::File | Self::Tool => OutcomeKind::Failed,
        }
    }
}

/// Why a verb could not even plan. Cheap to clone.
#[derive(Debug, Clone)]
pub struct OpsError {
    kind: FailureKind,
    error: Arc<dyn Error + Send + Sync>,
    remedy: Option<String>,
}

impl OpsError {
    /// A failure that needs no other error to explain it.
    #[must_use]
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self::of(kind, Cause::new(message))
    }

    /// What was asked for can't be done as asked.
    #[must_use]
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Usage, message)
    }

    /// Something outside failed.
    #[must_use]
    pub fn tool(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Tool, message)
    }

    /// A file can't be read or written: `what` says which.
    pub fn file(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let message = what.into();
        move |source| {
            Self::of(FailureKind::File, Step { message, source })
                .with_remedy("check the path and its permissions")
        }
    }

    /// An error of others, told without repeating itself.
    #[must_use]
    pub fn foreign(kind: FailureKind, error: &(dyn Error + 'static)) -> Self {
        Self::of(kind, Cause::of(error))
    }

    fn of(kind: FailureKind, error: impl Error + Send + Sync + 'static) -> Self {
        Self {
            kind,
            error: Arc::new(error),
            remedy: None,
        }
    }

    fn remedied(kind: FailureKind, error: impl Remedy + Send + Sync + 'static) -> Self {
        let remedy = error.remedy();
        Self {
            remedy,
            ..Self::of(kind, error)
        }
    }

    /// An error that says by itself what to do, met while something was asked for that it does not allow.
    #[must_use]
    pub fn refused(error: impl Remedy + Send + Sync + 'static) -> Self {
        Self::remedied(FailureKind::Usage, error)
    }

    /// The same failure, seen from further away: `message` says during what it came.
    #[must_use]
    pub fn during(self, message: impl Into<String>) -> Self {
        let (kind, remedy) = (self.kind, self.remedy.clone());
        let message = message.into();
        Self {
            remedy,
            ..Self::of(
                kind,
                Step {
                    message,
                    source: self,
                },
            )
        }
    }

    /// What to do next: one clause without a full stop.
    #[must_use]
    pub fn with_remedy(self, remedy: impl Into<String>) -> Self {
        Self {
            remedy: Some(remedy.into()),
            ..self
        }
    }

    #[must_use]
    pub fn kind(&self) -> FailureKind {
        self.kind
    }

    /// The class of this end, for the exit code.
    #[must_use]
    pub fn outcome(&self) -> OutcomeKind {
        self.kind.outcome()
    }

    /// Whether it came of a connection or a server that may be there again in a moment, so that another connection can help.
    #[must_use]
    pub fn is_of_link(&self) -> bool {
        let error = self.error.downcast_ref::<ServerError>();
        error.is_some_and(ServerError::is_transient)
    }

    /// The mistakes of a configuration, which are told one by one.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        let problems = self.error.downcast_ref::<Problems>();
        problems.map_or(&[], Problems::list)
    }

    /// The message with its causes, in one line.
    #[must_use]
    pub fn told(&self) -> String {
        hide(&told(self)).into_owned()
    }

    /// As [`OpsError::told`], and what to do next, for where there is one line only.
    #[must_use]
    pub fn told_with_remedy(&self) -> String {
        match self.problems() {
            [] => hide(&told_with_remedy(self)).into_owned(),
            problems => {
                let lines: Vec<String> = problems.iter().map(told_with_remedy).collect();
                hide(&lines.join("\n")).into_owned()
            }
        }
    }
}

impl Remedy for OpsError {
    fn remedy(&self) -> Option<String> {
        self.remedy.clone()
    }
}

/// The message alone.
impl fmt::Display for OpsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)
    }
}

impl Error for OpsError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.error.source()
    }
}

/// What was being done when something else failed.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
struct Step<E: Error + 'static> {
    message: String,
    source: E,
}

impl From<Problems> for OpsError {
    fn from(problems: Problems) -> Self {
        Self::remedied(FailureKind::Configuration, problems)
    }
}

impl From<ServerError> for OpsError {
    fn from(error: ServerError) -> Self {
        let kind = match error.class {
            Class::Settings { .. } => FailureKind::Configuration,
            Class::Unreachable { .. } | Class::Tls { .. } => FailureKind::Unreachable,
            _ => FailureKind::Server,
        };
        Self::remedied(kind, error)
    }
}

impl From<Failure> for OpsError {
    fn from(failure: Failure) -> Self {
        let kind = match failure.is_of_settings {
            true => FailureKind::Configuration,
            false => FailureKind::Unreachable,
        };
        Self::remedied(kind, failure)
    }
}

/// As the end of a step.
impl From<&OpsError> for Outcome {
    fn from(error: &OpsError) -> Self {
        Self::new(error.outcome(), error.told()).with_remedy(error.remedy())
    }
}

impl From<ManifestError> for OpsError {
    fn from(error: ManifestError) -> Self {
        Self::remedied(FailureKind::Manifest, error)
    }
}

/// dbt itself would stop at what it was asked.
impl From<SelectionError> for OpsError {
    fn from(error: SelectionError) -> Self {
        Self::remedied(FailureKind::Tool, error)
    }
}

impl From<DiffError> for OpsError {
    fn from(error: DiffError) -> Self {
        match error {
            DiffError::Manifest(error) => error.into(),
            error => Self::refused(error),
        }
    }
}

impl From<ProcessError> for OpsError {
    fn from(error: ProcessError) -> Self {
        Self::remedied(FailureKind::Tool, error)
    }
}

impl From<DriverError> for OpsError {
    fn from(error: DriverError) -> Self {
        Self::remedied(FailureKind::Tool, error)
    }
}
