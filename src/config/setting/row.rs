//! What one row of the table says, and how its default is written.
//!
//! Never: which source of a value wins (`layers`), or what a value means (`load`, `tool`).

use serde::Serialize;
use std::marker::PhantomData;

/// Where in `cutover.toml` a setting may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SettingScope {
    /// At the top only, and nowhere but in the file: a table with names of its own.
    File,
    /// At the top only: it decides which target is meant, so it can't depend on the target.
    Top,
    /// At the top, and under `[environment.<target>]`, which is stronger.
    Anywhere,
}

/// One setting, but for its type and default.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    pub key: &'static str,
    pub scope: SettingScope,
    /// dbt's own variable for the same thing, weaker than ours.
    pub dbt_variable: Option<&'static str>,
    /// The strongest first.
    pub flags: &'static [Flag],
    /// A value that the example file shows commented out.
    pub example: Option<&'static str>,
    /// What it does and why one would set it, in lines of the example file.
    pub reason: &'static [&'static str],
}

pub(super) const fn in_file() -> Setting {
    Setting {
        key: "",
        scope: SettingScope::File,
        dbt_variable: None,
        flags: &[],
        example: None,
        reason: &[],
    }
}

pub(super) const fn top() -> Setting {
    Setting {
        scope: SettingScope::Top,
        ..in_file()
    }
}

pub(super) const fn anywhere() -> Setting {
    Setting {
        scope: SettingScope::Anywhere,
        ..in_file()
    }
}

impl Setting {
    pub(super) const fn dbt(self, variable: &'static str) -> Self {
        Self {
            dbt_variable: Some(variable),
            ..self
        }
    }

    pub(super) const fn flags(self, flags: &'static [Flag]) -> Self {
        Self { flags, ..self }
    }

    pub(super) const fn example(self, value: &'static str) -> Self {
        Self {
            example: Some(value),
            ..self
        }
    }

    pub(super) const fn row(self, key: &'static str, reason: &'static [&'static str]) -> Self {
        Self {
            key,
            reason,
            ..self
        }
    }

    /// `CUTOVER_<KEY>`, where a variable may set it.
    #[must_use]
    pub fn variable(&self) -> Option<String> {
        (self.scope != SettingScope::File).then(|| format!("CUTOVER_{}", self.key.to_uppercase()))
    }

    /// The variables that set it, the strongest first.
    pub fn variables(&self) -> impl Iterator<Item = String> {
        self.variable()
            .into_iter()
            .chain(self.dbt_variable.map(str::to_owned))
    }
}

/// What follows a flag on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Argument {
    /// A value, under this name in the help.
    Value(&'static str),
    /// Nothing: the flag alone means this value.
    Means(&'static str),
    /// Whatever follows it for another setting: that it is there means this value.
    ImpliedBy(&'static str),
}

/// A flag that sets a setting.
#[derive(Debug, Clone, Copy)]
pub struct Flag {
    /// With its dashes.
    pub name: &'static str,
    pub short: Option<char>,
    pub argument: Argument,
    pub help: &'static str,
    /// The commands that take it; empty for all of them.
    pub commands: &'static [&'static str],
    pub hidden: bool,
}

impl Flag {
    const fn new(name: &'static str, argument: Argument, help: &'static str) -> Self {
        Self {
            name,
            short: None,
            argument,
            help,
            commands: &[],
            hidden: false,
        }
    }

    pub(super) const fn takes(name: &'static str, value: &'static str, help: &'static str) -> Self {
        Self::new(name, Argument::Value(value), help)
    }

    pub(super) const fn means(name: &'static str, value: &'static str, help: &'static str) -> Self {
        Self::new(name, Argument::Means(value), help)
    }

    pub(super) const fn implied_by(name: &'static str, value: &'static str) -> Self {
        Self::new(name, Argument::ImpliedBy(value), "")
    }

    pub(super) const fn short(self, short: char) -> Self {
        Self {
            short: Some(short),
            ..self
        }
    }

    pub(super) const fn of(self, commands: &'static [&'static str]) -> Self {
        Self { commands, ..self }
    }

    pub(super) const fn hidden(self) -> Self {
        Self {
            hidden: true,
            ..self
        }
    }
}

/// A setting that always has a value.
pub(in crate::config) struct Key<T> {
    pub setting: Setting,
    pub default: fn() -> T,
}

impl<T> Key<T> {
    pub(super) const fn new(setting: Setting, default: fn() -> T) -> Self {
        Self { setting, default }
    }
}

/// A setting that may have none; its reason says what holds then.
pub(in crate::config) struct Optional<T> {
    pub setting: Setting,
    value: PhantomData<fn() -> T>,
}

impl<T> Optional<T> {
    pub(super) const fn new(setting: Setting) -> Self {
        Self {
            setting,
            value: PhantomData,
        }
    }
}

/// A row of the table, whatever its type.
pub trait SettingRow: Sync {
    fn setting(&self) -> &Setting;

    /// The value that holds where nobody sets it.
    fn default(&self) -> Option<toml::Value>;

    /// How it is written in `cutover.toml`.
    fn line(&self) -> String {
        let Setting { key, example, .. } = self.setting();
        let value = match (self.default(), example) {
            (_, Some(example)) => (*example).to_owned(),
            (Some(default), None) => default.to_string(),
            (None, None) => String::new(),
        };
        format!("{key} = {value}")
    }
}

impl<T: Serialize> SettingRow for Key<T> {
    fn setting(&self) -> &Setting {
        &self.setting
    }

    fn default(&self) -> Option<toml::Value> {
        toml::Value::try_from((self.default)()).ok()
    }
}

impl<T> SettingRow for Optional<T> {
    fn setting(&self) -> &Setting {
        &self.setting
    }

    fn default(&self) -> Option<toml::Value> {
        None
    }
}
