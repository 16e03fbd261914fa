//! What is printed for people has a bound, however large the world is; JSON has all of it.

use crate::stage::Stage;
use serde_json::Value;

#[tokio::test(flavor = "multi_thread")]
async fn lists_are_bounded_for_people_and_whole_in_json() {
    let stage = Stage::new().await;
    for at in 0..37 {
        stage.sql(&format!(
            "CREATE VIEW materialize.blue_green_slim.unmanaged_{at} AS SELECT {at} AS one"
        ));
    }
    stage.run(&["init", "--yes"]).with_code(0);
    let words = stage.run(&["promote", "--dry-run"]).with_code(4).stderr;
    let listed = words.matches("unmanaged_").count();
    let json = stage
        .run(&["promote", "--dry-run", "--output", "json"])
        .with_code(4);
    let plan: Value = serde_json::from_str(&json.stdout).unwrap();
    let findings = plan["findings"].as_array().unwrap();
    let of = |finding: &&Value| finding["objects"].to_string().contains("unmanaged_");
    let about: Vec<&Value> = findings.iter().filter(of).collect();
    assert!(!about.is_empty(), "{plan:#}");
    for finding in &about {
        assert!(
            finding["objects"].as_array().unwrap().len() >= 37,
            "{finding:#}"
        );
    }
    assert!(
        words.contains(" more; `--output json` lists all"),
        "{words}"
    );
    assert!(listed <= 10 * about.len(), "{listed} lines:\n{words}");

    for at in 0..12 {
        stage.sql(&format!(
            "CREATE VIEW materialize.blue_green_slim_dbt_deploy.left_{at} AS SELECT {at} AS one"
        ));
    }
    let cleanup = stage.run(&["cleanup", "--dry-run"]).stderr;
    assert!(
        cleanup.contains("and 2 more; `--output json` lists all"),
        "{cleanup}"
    );
    assert!(!cleanup.contains("1 schemas"), "{cleanup}");
}
