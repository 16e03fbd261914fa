//! A `profiles.yml` for dbt where the connection comes from a URL: dbt must build on the very server that is being watched.

use crate::domain::connection::{ConnectionSettings, RootCertificates};
use serde_json::{Map, Value, json};

/// The variable that carries the password to dbt, which hides variables of this prefix in its own output.
pub const PASSWORD_VARIABLE: &str = "DBT_ENV_SECRET_CUTOVER_PASSWORD";

/// The text of a `profiles.yml` with one profile and these targets, each with its schema; the first is the default. The password is not in
/// it: it goes to dbt as [`PASSWORD_VARIABLE`].
#[must_use]
pub fn text(profile: &str, targets: &[(&str, &str)], connection: &ConnectionSettings) -> String {
    let outputs = targets.iter().map(|(target, schema)| {
        let output = output(schema, connection);
        ((*target).to_owned(), Value::Object(output))
    });
    let outputs: Map<_, _> = outputs.collect();
    let default = targets.first().map(|(target, _)| *target);
    // JSON is YAML.
    json!({ profile: { "target": default, "outputs": outputs } }).to_string()
}

fn output(schema: &str, connection: &ConnectionSettings) -> Map<String, Value> {
    let mut output = Map::new();
    let mut set = |key: &str, value: Value| {
        if !value.is_null() {
            output.insert(key.to_owned(), value);
        }
    };
    set("type", json!("materialize"));
    set("threads", json!(1));
    set("host", literal(&connection.host));
    set("port", json!(connection.port));
    set("user", literal(&connection.user));
    set(
        "password",
        json!(format!("{{{{ env_var('{PASSWORD_VARIABLE}', '') }}}}")),
    );
    set("database", literal(&connection.database));
    set("schema", literal(schema));
    set("cluster", optional(connection.cluster.as_deref()));
    set("search_path", optional(connection.search_path.as_deref()));
    set("sslmode", json!(connection.sslmode.as_str()));
    set(
        "sslrootcert",
        match &connection.sslrootcert {
            Some(RootCertificates::File(file)) => literal(&file.display().to_string()),
            Some(RootCertificates::System) => json!("system"),
            None => Value::Null,
        },
    );
    let file = |path: &Option<std::path::PathBuf>| {
        optional(
            path.as_ref()
                .map(|path| path.display().to_string())
                .as_deref(),
        )
    };
    set("sslcert", file(&connection.sslcert));
    set("sslkey", file(&connection.sslkey));
    set(
        "connect_timeout",
        json!(connection.connect_timeout.as_secs()),
    );
    if !connection.options.is_empty() {
        let options = connection.options.iter();
        let options: Map<_, _> = options
            .map(|(name, value)| (name.clone(), literal(value)))
            .collect();
        set("options", Value::Object(options));
    }
    output
}

fn optional(text: Option<&str>) -> Value {
    text.map_or(Value::Null, literal)
}

/// A text that dbt's Jinja leaves as it is.
fn literal(text: &str) -> Value {
    if text.contains("{{") || text.contains("{%") || text.contains("{#") {
        json!(format!("{{% raw %}}{text}{{% endraw %}}"))
    } else {
        json!(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::connection::Secret;

    #[test]
    fn the_password_stays_out_of_the_file() {
        let connection = ConnectionSettings {
            host: "db.example".into(),
            password: Some(Secret::new("hunter2")),
            cluster: Some("compute".into()),
            ..ConnectionSettings::default()
        };
        let text = text("shop", &[("prod", "marts"), ("green", "new")], &connection);
        assert!(!text.contains("hunter2"));
        let profiles: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(profiles["shop"]["target"], "prod");
        let green = &profiles["shop"]["outputs"]["green"];
        assert_eq!(
            (&green["host"], &green["schema"]),
            (&json!("db.example"), &json!("new"))
        );
        let output = &profiles["shop"]["outputs"]["prod"];
        assert_eq!(output["host"], "db.example");
        assert_eq!(output["schema"], "marts");
        assert_eq!(output["cluster"], "compute");
        assert!(
            output["password"]
                .as_str()
                .unwrap()
                .contains(PASSWORD_VARIABLE)
        );
        assert!(output.get("sslcert").is_none());
    }
}
