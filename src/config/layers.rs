//! The sources of settings laid over each other: flags, then environment variables, then `cutover.toml`, then defaults.

use super::{
    document::Document,
    overrides::FlagValue,
    problem::{Origin, Problem, suggestion},
    setting::{OTHER_VARIABLES, SETTINGS, Scope, setting, variable_of},
    variables::Variables,
};
use serde::{Serialize, de::DeserializeOwned};
use std::borrow::Cow;
use toml::{
    Spanned,
    de::{DeValue, Error, ValueDeserializer},
};

/// One setting as `cutover config show` prints it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Described {
    pub key: &'static str,
    /// As it would stand in `cutover.toml`; secrets as `***`; absent where nothing is set.
    pub value: Option<String>,
    pub origin: Origin,
}

/// A setting's value and where it comes from.
#[derive(Debug, Clone)]
pub(super) struct Chosen<T> {
    pub value: T,
    pub origin: Origin,
}

pub(super) struct Layers<'t> {
    pub flags: Vec<FlagValue>,
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
    /// The strongest value of a setting. A value that can't be read becomes a problem and counts as absent.
    pub fn optional<T: DeserializeOwned + Serialize>(
        &mut self,
        key: &'static str,
    ) -> Option<Chosen<T>> {
        let Some((raw, origin)) = self.strongest(key) else {
            self.describe(key, None::<&T>, Origin::Default);
            return None;
        };
        let read = match raw {
            Raw::Text(text) => from_text(text),
            Raw::Toml(value) => T::deserialize(ValueDeserializer::from(value.clone())),
        };
        match read {
            Ok(value) => {
                self.describe(key, Some(&value), origin.clone());
                Some(Chosen { value, origin })
            }
            Err(error) => {
                let remedy = "correct the value; config.example.toml shows how it is written";
                let origin = self.nearest(&error, origin);
                self.problems
                    .push(Problem::value(key, &origin, error.message().trim(), remedy));
                None
            }
        }
    }

    /// The strongest value of a setting, or its default.
    pub fn value<T: DeserializeOwned + Serialize>(
        &mut self,
        key: &'static str,
        default: T,
    ) -> Chosen<T> {
        let chosen = self.optional(key);
        chosen.unwrap_or_else(|| {
            self.described.retain(|described| described.key != key);
            self.describe(key, Some(&default), Origin::Default);
            Chosen {
                value: default,
                origin: Origin::Default,
            }
        })
    }

    /// Variables that look like ours and name nothing.
    pub fn check_variables(&mut self) {
        let known: Vec<String> = SETTINGS.iter().map(|setting| setting.variable()).collect();
        for name in self.variables.names() {
            let ours = name.starts_with("CUTOVER_");
            if ours && !known.iter().any(|known| known == name) && !OTHER_VARIABLES.contains(&name)
            {
                let remedy = suggestion(name, known.iter().map(String::as_str));
                self.problems.push(Problem::new(
                    format!("the environment variable {name} sets nothing"),
                    remedy.unwrap_or_else(|| "unset it".to_owned()),
                ));
            }
        }
    }

    fn strongest(&self, key: &str) -> Option<(Raw<'_, 't>, Origin)> {
        if let Some(value) = self.flags.iter().find(|value| value.key == key) {
            return Some((Raw::Text(&value.text), Origin::Flag(value.flag)));
        }
        let setting = setting(key);
        let dbt_variable = setting.and_then(|setting| setting.dbt_variable);
        let names = [Some(variable_of(key)), dbt_variable.map(str::to_owned)];
        for name in names.into_iter().flatten() {
            if let Some(text) = self.variables.filled(&name) {
                return Some((Raw::Text(text), Origin::Variable(name)));
            }
        }
        let document = self.document.as_ref()?;
        let per_target = setting.is_some_and(|setting| setting.scope == Scope::Anywhere);
        let target = self.target.as_deref().filter(|_| per_target);
        let value = document.value(key, target)?;
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

    fn describe<T: Serialize>(&mut self, key: &'static str, value: Option<&T>, origin: Origin) {
        let shown = value.and_then(|value| {
            let mut text = String::new();
            value
                .serialize(toml::ser::ValueSerializer::new(&mut text))
                .ok()?;
            Some(text)
        });
        self.described.push(Described {
            key,
            value: shown,
            origin,
        });
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
