//! The process's environment, as a value that tests can make up.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

/// How the names of dbt's secret variables begin.
const DBT_SECRETS: &str = "DBT_ENV_SECRET";

/// Environment variables by name.
#[derive(Clone, Default)]
pub struct Variables(BTreeMap<String, String>);

impl Variables {
    /// What this process was started with; variables that are not UTF-8 are left out.
    #[must_use]
    pub fn from_process() -> Self {
        std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
            .collect()
    }

    /// The value, even when it is empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// The value, unless it is empty: an empty variable counts as unset for settings.
    #[must_use]
    pub fn filled(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether programs are asked for no colours (<https://no-color.org>).
    #[must_use]
    pub fn no_color(&self) -> bool {
        self.filled("NO_COLOR").is_some()
    }

    /// The values that dbt hides in its own output.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        let secret = self
            .0
            .iter()
            .filter(|(name, _)| name.starts_with(DBT_SECRETS));
        secret.map(|(_, value)| value.as_str())
    }

    /// The user's home folder.
    #[must_use]
    pub fn home(&self) -> Option<&Path> {
        self.filled("HOME")
            .or_else(|| self.filled("USERPROFILE"))
            .map(Path::new)
    }

    /// Where programs keep their state between runs, by the XDG rules (on every system).
    #[must_use]
    pub fn state_home(&self) -> Option<PathBuf> {
        self.filled("XDG_STATE_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(self.home()?.join(".local/state")))
    }

    /// Where programs keep what they can make again, by the XDG rules (on every system).
    #[must_use]
    pub fn cache_home(&self) -> Option<PathBuf> {
        self.filled("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .or_else(|| Some(self.home()?.join(".cache")))
    }
}

impl<K: Into<String>, V: Into<String>> FromIterator<(K, V)> for Variables {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(variables: I) -> Self {
        Self(
            variables
                .into_iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        )
    }
}

/// Names only: values may be secrets.
impl std::fmt::Debug for Variables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
