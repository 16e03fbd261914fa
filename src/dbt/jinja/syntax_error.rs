//! Code that Jinja can't parse.

/// Code that Jinja can't parse.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SyntaxError(String);

impl SyntaxError {
    pub(super) fn new(what: impl Into<String>) -> Self {
        Self(what.into())
    }

    pub(super) fn too_deep() -> Self {
        Self::new("it is nested too deeply to be read")
    }
}
