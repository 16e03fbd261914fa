use super::*;
use serde::Deserialize;

/// Code, and what dbt 1.12.6 makes of it; nothing where it stops.
#[derive(Deserialize)]
struct Recorded(String, Option<BTreeMap<String, String>>);

#[test]
fn config_calls_are_written_as_dbt_writes_them() {
    let recorded = include_str!("../../../tests/data/versions/config-calls.json");
    let recorded: Vec<Recorded> = serde_json::from_str(recorded).unwrap();
    assert!(recorded.len() > 30);
    for Recorded(code, expected) in recorded {
        assert_eq!(config_arguments(&code).ok(), expected, "{code}");
    }
}
