use super::*;
use serde::Deserialize;

/// Code, and what dbt 1.12.6 makes of it; nothing where it stops.
#[derive(Deserialize)]
struct Recorded(String, Option<BTreeMap<String, String>>);

/// Nesting of every kind, so many times.
fn nested(times: usize) -> Vec<String> {
    let around = |open: &str, inner: &str, close: &str| {
        format!("{}{inner}{}", open.repeat(times), close.repeat(times))
    };
    let expressions = [
        around("(", "1", ")"),
        around("[", "1", "]"),
        around("{1: ", "1", "}"),
        around("f(", "1", ")"),
        around("a[", "1", "]"),
        around("a is b [", "1", "]"),
        around("not ", "1", ""),
        around("- ", "1", ""),
        around("1 if 1 else ", "1", ""),
        around("", "1", " if 1"),
        around("", "1", " or 1"),
        around("", "1", " and 1"),
        around("", "1", " + 1"),
        around("", "1", " * 1"),
        around("", "1", " ** 1"),
        around("", "a", ".a"),
        around("", "a", "[1]"),
        around("", "a", "()"),
        around("", "a", " | a"),
        around("", "a", " is b()"),
    ];
    let mut codes: Vec<String> = expressions
        .iter()
        .map(|expression| format!("{{{{ config(a={expression}) }}}}"))
        .collect();
    codes.extend([
        around("{% if a %}", "{{ config(a=1) }}", "{% endif %}"),
        format!(
            "{{% set {} = 1 %}}{{{{ config(a=1) }}}}",
            around("(", "a", ")")
        ),
        format!(
            "{{% macro m(a: {}) %}}{{% endmacro %}}{{{{ config(a=1) }}}}",
            around("a[", "a", "]")
        ),
        format!(
            "{{% set a | {} %}}{{% endset %}}{{{{ config(a=1) }}}}",
            around("", "a", " | a")
        ),
    ]);
    codes
}

#[test]
fn what_is_nested_too_deeply_is_no_jinja_and_ends_nothing() {
    for code in nested(30) {
        assert!(config_arguments(&code).is_ok(), "{code}");
    }
    // As deep as the stack of a thread must hold, whether it is read or not.
    for code in (30..1_100).step_by(35).flat_map(nested) {
        let _ = config_arguments(&code);
    }
    for code in nested(20_000) {
        let told = config_arguments(&code).unwrap_err().to_string();
        assert_eq!(
            told,
            "it is nested too deeply to be read",
            "{}",
            &code[..60]
        );
    }
}

#[test]
fn config_calls_are_written_as_dbt_writes_them() {
    let recorded = include_str!("../../../tests/data/versions/config-calls.json");
    let recorded: Vec<Recorded> = serde_json::from_str(recorded).unwrap();
    assert!(recorded.len() > 30);
    for Recorded(code, expected) in recorded {
        assert_eq!(config_arguments(&code).ok(), expected, "{code}");
    }
}
