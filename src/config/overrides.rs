//! What the command line says about settings.

use super::setting::{Argument, rows};
use crate::domain::connection::Secret;
use std::path::PathBuf;

/// The flags that stand for settings, unparsed: [`super::Settings::load`] reads them together with all other sources, so that every
/// mistake is told at once.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--config`: another file instead of the project's `cutover.toml`.
    pub config: Option<PathBuf>,
    /// By flag. Any text may be a URL with a password, where somebody mistyped.
    given: Vec<(&'static str, Secret)>,
}

/// A flag's text for one setting.
#[derive(Debug, Clone, Copy)]
pub(super) struct FlagValue<'a> {
    pub flag: &'static str,
    pub text: &'a str,
}

impl Overrides {
    /// The flag with this name was given, with this text after it (none after a switch). A later one of the same name counts.
    pub fn give(&mut self, flag: &'static str, text: impl Into<String>) {
        self.given.retain(|(given, _)| *given != flag);
        self.given.push((flag, Secret::new(text)));
    }

    /// As if this flag had been given, too.
    #[must_use]
    pub fn with(mut self, flag: &'static str, text: impl Into<String>) -> Self {
        self.give(flag, text);
        self
    }

    /// Takes a flag back.
    #[must_use]
    pub fn without(mut self, flag: &str) -> Self {
        self.given.retain(|(given, _)| *given != flag);
        self
    }

    /// What the flags say about a setting; the strongest of them, where it has several.
    pub(super) fn value(&self, key: &str) -> Option<FlagValue<'_>> {
        let setting = rows().map(|row| row.setting()).find(|row| row.key == key)?;
        setting.flags.iter().find_map(|flag| {
            let (_, text) = self.given.iter().find(|(given, _)| *given == flag.name)?;
            let text = match flag.argument {
                Argument::Value(_) => text.reveal(),
                Argument::Means(value) | Argument::ImpliedBy(value) => value,
            };
            Some(FlagValue {
                flag: flag.name,
                text,
            })
        })
    }
}
