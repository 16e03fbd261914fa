//! Data that is asked for once and shown later.

/// Data that is asked for once and shown later.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Loaded<T> {
    #[default]
    NotAsked,
    Loading,
    Here(T),
    Failed(String),
}

impl<T> Loaded<T> {
    #[must_use]
    pub fn here(&self) -> Option<&T> {
        match self {
            Self::Here(value) => Some(value),
            _ => None,
        }
    }
}
