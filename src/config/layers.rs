//! The sources of settings laid over each other: flags, then environment variables, then `cutover.toml`, then defaults.

use super::{
    document::Document,
    overrides::Overrides,
    problem::{Origin, Problem, suggestion},
    setting::{
        COMMAND_VARIABLES, CONFIG_VARIABLE, Key, LOG_VARIABLE, Optional, Setting, SettingRow,
        SettingScope, rows,
    },
    variables::Variables,
};
use serde::{Serialize, de::DeserializeOwned};
use std::borrow::Cow;
use toml::{
    Spanned, Value,
    de::{DeValue, Error, ValueDeserializer},
};

/// One value as `cutover config show` tells it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Described {
    /// The setting, or what was found.
    pub name: &'static str,
    /// The value that counts; secrets as `***`; absent where there is none.
    pub value: Option<Value>,
    pub origin: Origin,
}

impl Described {
    /// What can't be written as a TOML value counts as absent.
    pub(super) fn new(name: &'static str, value: Option<impl Serialize>, origin: Origin) -> Self {
        Self {
            name,
            value: value.and_then(|value| Value::try_from(value).ok()),
            origin,
        }
    }
}

/// A setting's value and where it comes from.
#[derive(Debug, Clone)]
pub(super) struct Chosen<T> {
    pub value: T,
    pub origin: Origin,
}

pub(super) struct Layers<'t> {
    pub flags: &'t Overrides,
    pub variables: &'t Variables,
    pub document: Option<Document<'t>>,
    /// Decides which `[environment.<target>]` counts; set once it is known.
    pub target: Option<String>,
    pub problems: Vec<Problem>,
    pub described: Vec<Described>,
}

enum Raw<'l, 't> {
    Text(&'l str),
    Toml(&'l Spanned<DeValue<'t>>),
}

impl<'t> Layers<'t> {
    pub fn new(
        flags: &'t Overrides,
        variables: &'t Variables,
        document: Option<Document<'t>>,
    ) -> Self {
        Self {
            flags,
            variables,
            document,
            target: None,
            problems: Vec::new(),
            described: Vec::new(),
        }
    }

    /// The strongest value of a setting that may have none. A value that can't be read becomes a problem and counts as absent.
    pub fn optional<T: DeserializeOwned + Serialize>(
        &mut self,
        key: &Optional<T>,
    ) -> Option<Chosen<T>> {
        let chosen = self.read(key);
        let (value, origin) = match &chosen {
            Some(chosen) => (Some(&chosen.value), chosen.origin.clone()),
            None => (None, Origin::Default),
        };
        self.describe(key.setting.key, value, origin);
        chosen
    }

    /// The strongest value of a setting, or its default.
    pub fn value<T: DeserializeOwned + Serialize>(&mut self, key: &Key<T>) -> Chosen<T> {
        let chosen = self.read(key).unwrap_or_else(|| Chosen {
            value: (key.default)(),
            origin: Origin::Default,
        });
        self.describe(key.setting.key, Some(&chosen.value), chosen.origin.clone());
        chosen
    }

    /// Tells the value that counts for a setting; what was told of it before is forgotten.
    pub fn describe(&mut self, key: &'static str, value: Option<impl Serialize>, origin: Origin) {
        self.described.retain(|described| described.name != key);
        self.described.push(Described::new(key, value, origin));
    }

    /// Whether anything sets it.
    pub fn is_set(&self, setting: &Setting) -> bool {
        self.strongest(setting).is_some()
    }

    /// Variables that look like ours and name nothing.
    pub fn check_variables(&mut self) {
        let settings: Vec<String> = rows().filter_map(|row| row.setting().variable()).collect();
        let known = settings.iter().map(String::as_str).chain(COMMAND_VARIABLES);
        for name in self.variables.names() {
            let ours =
                name.starts_with("CUTOVER_") && ![CONFIG_VARIABLE, LOG_VARIABLE].contains(&name);
            if ours && !known.clone().any(|known| known == name) {
                let remedy = suggestion(name, settings.iter().map(String::as_str));
                self.problems.push(Problem::new(
                    format!("the environment variable {name} sets nothing"),
                    remedy.unwrap_or_else(|| "unset it".to_owned()),
                ));
            }
        }
    }

    fn read<T: DeserializeOwned>(&mut self, row: &dyn SettingRow) -> Option<Chosen<T>> {
        let setting = row.setting();
        let (raw, origin) = self.strongest(setting)?;
        let read = match raw {
            Raw::Text(text) => from_text(text),
            Raw::Toml(value) => T::deserialize(ValueDeserializer::from(value.clone())),
        };
        match read {
            Ok(value) => Some(Chosen { value, origin }),
            Err(error) => {
                let remedy = format!("write it as in `{}`", row.line());
                let origin = self.nearest(&error, origin);
                let why = error.message().trim();
                self.problems
                    .push(Problem::value(setting.key, &origin, why, &remedy));
                None
            }
        }
    }

    fn strongest(&self, setting: &Setting) -> Option<(Raw<'_, 't>, Origin)> {
        if let Some(value) = self.flags.value(setting.key) {
            return Some((Raw::Text(value.text), Origin::Flag(value.flag)));
        }
        for name in setting.variables() {
            if let Some(text) = self.variables.filled(&name) {
                return Some((Raw::Text(text), Origin::Variable(name)));
            }
        }
        let document = self.document.as_ref()?;
        let per_target = setting.scope == SettingScope::Anywhere;
        let target = self.target.as_deref().filter(|_| per_target);
        let value = document.value(setting.key, target)?;
        let place = document.place(value.span().start);
        Some((Raw::Toml(value), Origin::File(place)))
    }

    /// Inside a table or a list, the line of the part that is wrong.
    fn nearest(&self, error: &Error, origin: Origin) -> Origin {
        match (&self.document, error.span(), &origin) {
            (Some(document), Some(span), Origin::File(_)) => {
                Origin::File(document.place(span.start))
            }
            _ => origin,
        }
    }
}

/// A flag's or a variable's text: as it is where the setting takes text, otherwise as a TOML value (`3`, `true`, `["a"]`).
fn from_text<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    let whole = Spanned::new(0..text.len(), DeValue::String(Cow::Borrowed(text)));
    T::deserialize(ValueDeserializer::from(whole)).or_else(|not_text| {
        ValueDeserializer::parse(text)
            .and_then(T::deserialize)
            .map_err(|_| not_text)
    })
}
