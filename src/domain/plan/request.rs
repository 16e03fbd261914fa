//! What an operator asks for.

use crate::domain::action::Operation;
use crate::domain::finding::Allowance;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

/// One operation with its options, before anything was looked at. A plan carries it, so that planning anew needs nothing beside the plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Request {
    pub operation: Operation,
    /// Findings that the operator allows by name.
    pub allow: BTreeSet<Allowance>,
    /// `init`: sizes by cluster name.
    pub sizes: Sizes,
    /// `init`: auto-scaling strategies by cluster name, for the deployment side only.
    pub bursts: Bursts,
    /// `deploy`: everything instead of what changed.
    pub full: bool,
    /// `deploy`: dbt selectors in place of `state:modified+`.
    pub select: Vec<String>,
    pub exclude: Vec<String>,
    /// `deploy`: compare with the manifest in this directory instead of what the deployment side holds.
    pub state: Option<PathBuf>,
    /// `rollback`: as one transaction, without a look inside it.
    pub without_fence: bool,
}

impl Request {
    #[must_use]
    pub fn new(operation: Operation) -> Self {
        Self {
            operation,
            allow: BTreeSet::new(),
            sizes: Sizes::new(),
            bursts: Bursts::new(),
            full: false,
            select: Vec::new(),
            exclude: Vec::new(),
            state: None,
            without_fence: false,
        }
    }

    /// The command that asks for the same, as a person types it.
    #[must_use]
    pub fn command(&self) -> String {
        let mut words = vec!["cutover".to_owned()];
        words.extend(self.operation.command().split(' ').map(str::to_owned));
        let mut flag = |name: &str, value: String| words.extend([name.to_owned(), value]);
        for (cluster, size) in &self.sizes {
            flag("--size", format!("{cluster}={size}"));
        }
        for (cluster, burst) in &self.bursts {
            flag("--burst", format!("{cluster}={burst}"));
        }
        for selector in &self.select {
            flag("--select", selector.clone());
        }
        for selector in &self.exclude {
            flag("--exclude", selector.clone());
        }
        if let Some(state) = &self.state {
            flag("--state", state.display().to_string());
        }
        for allowance in &self.allow {
            flag("--allow", allowance.to_string());
        }
        let switches = [
            ("--full", self.full),
            ("--without-fence", self.without_fence),
        ];
        let set = switches.into_iter().filter(|(_, is_set)| *is_set);
        words.extend(set.map(|(name, _)| name.to_owned()));
        typed(words.iter().map(String::as_str))
    }
}

/// These words as a person would type them for a shell. A NUL, which no argument can hold, is left out.
pub(super) fn typed<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.map(|word| word.replace('\0', "")).collect();
    shlex::try_join(words.iter().map(String::as_str)).unwrap_or_default()
}

/// Sizes asked for by cluster name (production or deployment name), e.g. a larger one to hydrate faster.
pub type Sizes = BTreeMap<String, String>;

/// Auto-scaling strategies asked for by cluster name (production or deployment name).
pub type Bursts = BTreeMap<String, BurstStrategy>;

/// A larger replica beside the steady ones while they hydrate: `1600cc`, or `1600cc,5m` with how long it lingers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BurstStrategy {
    pub size: String,
    /// How long it stays once a steady replica is hydrated, as the server reads intervals; its own choice where not given.
    pub linger: Option<String>,
}

impl fmt::Display for BurstStrategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.size)?;
        match &self.linger {
            Some(linger) => write!(f, ",{linger}"),
            None => Ok(()),
        }
    }
}
