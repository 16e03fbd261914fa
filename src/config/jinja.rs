//! Jinja in `profiles.yml` and `dbt_project.yml`: `env_var` and dbt's filters, nothing else.

use super::variables::Variables;
use minijinja::{Environment, Error, ErrorKind, UndefinedBehavior, Value};
use std::fmt;

/// Renders scalars of dbt's configuration files.
pub(super) struct Jinja(Environment<'static>);

impl Jinja {
    pub fn new(variables: &Variables) -> Self {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        let variables = variables.clone();
        environment.add_function("env_var", move |name: &str, default: Option<Value>| {
            env_var(&variables, name, default)
        });
        environment.add_filter("as_number", as_number);
        environment.add_filter("as_bool", as_bool);
        environment.add_filter("as_native", |value: Value| value);
        environment.add_filter("as_text", |value: Value| value.to_string());
        Self(environment)
    }

    /// # Errors
    /// Why the text can't be rendered: one clause without a full stop, never a variable's value.
    pub fn render(&self, text: &str) -> Result<String, String> {
        if !text.contains("{{") && !text.contains("{%") {
            return Ok(text.to_owned());
        }
        self.0.render_str(text, ()).map_err(|error| explain(&error))
    }
}

fn explain(error: &Error) -> String {
    match error.kind() {
        ErrorKind::UnknownFunction => format!(
            "{}; outside a dbt run only `env_var` is known here",
            error.detail().unwrap_or("unknown function")
        ),
        kind => error
            .detail()
            .map_or_else(|| kind.to_string(), str::to_owned),
    }
}

fn env_var(variables: &Variables, name: &str, default: Option<Value>) -> Result<Value, Error> {
    if let Some(value) = variables.get(name) {
        return Ok(Value::from(value));
    }
    default.ok_or_else(|| {
        Error::new(
            ErrorKind::InvalidOperation,
            format!("the environment variable `{name}` is not set and has no default"),
        )
    })
}

/// dbt refuses what is no number; so do we.
fn as_number(value: Value) -> Result<Value, Error> {
    let text = value.to_string();
    let number = text.trim();
    if let Ok(whole) = number.parse::<i64>() {
        return Ok(Value::from(whole));
    }
    number
        .parse::<f64>()
        .map(Value::from)
        .map_err(|_| not_a("number"))
}

fn as_bool(value: Value) -> Result<Value, Error> {
    match value.to_string().trim().to_lowercase().as_str() {
        "true" => Ok(Value::from(true)),
        "false" => Ok(Value::from(false)),
        _ => Err(not_a("truth value")),
    }
}

fn not_a(what: impl fmt::Display) -> Error {
    Error::new(
        ErrorKind::InvalidOperation,
        format!("the value is no {what}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn render(text: &str) -> Result<String, String> {
        let variables = [
            ("PORT", "6875"),
            ("ON", "True"),
            ("DBT_ENV_SECRET_PW", "s3cret"),
        ];
        Jinja::new(&variables.into_iter().collect()).render(text)
    }

    #[test]
    fn reads_variables_with_defaults_and_filters() {
        for (text, rendered) in [
            ("plain", "plain"),
            ("{{ env_var('PORT') }}", "6875"),
            ("{{ env_var('PORT') | as_number }}", "6875"),
            ("{{ env_var('NO_PORT', '1') | int }}", "1"),
            ("{{ env_var('NO_PORT', 5432) }}", "5432"),
            ("{{ env_var('ON') | as_bool }}", "True"),
            ("{{ env_var('DBT_ENV_SECRET_PW') }}", "s3cret"),
            (
                "h-{{ env_var('PORT') | as_native }}.example",
                "h-6875.example",
            ),
            (
                "{% if env_var('ON') == 'True' %}a{% else %}b{% endif %}",
                "a",
            ),
        ] {
            assert_eq!(render(text), Ok(rendered.to_owned()), "{text}");
        }
    }

    #[test]
    fn says_what_is_missing_without_telling_values() {
        let missing = render("{{ env_var('NOPE') }}").unwrap_err();
        assert!(missing.contains("`NOPE` is not set"), "{missing}");
        let refused = render("{{ env_var('DBT_ENV_SECRET_PW') | as_number }}").unwrap_err();
        assert!(!refused.contains("s3cret"), "{refused}");
        let unknown = render("{{ var('x') }}").unwrap_err();
        assert!(unknown.contains("var"), "{unknown}");
    }
}
