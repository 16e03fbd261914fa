//! No success without proof: what is not known is never told as done.

use crate::stage::Stage;
use serde_json::Value;
use std::fs;

impl Stage {
    /// What `run` says, on whichever stream.
    fn until(&self, point: &str, code: i32) -> String {
        let ended = self
            .run(&["run", "--until", point, "--yes"])
            .with_code(code);
        format!("{}{}", ended.stdout, ended.stderr)
    }

    /// A fresh clone: the files of the project and nothing that this machine kept.
    fn forget(&self) {
        fs::remove_dir_all(self.here().join("state")).unwrap();
    }

    /// As dbt leaves it when it reads the same files again: with another time and another id.
    fn parse_again(&self) {
        let file = self.here().join("target/manifest.json");
        let text = fs::read_to_string(&file).unwrap();
        let mut manifest: Value = serde_json::from_str(&text).unwrap();
        manifest["metadata"]["generated_at"] = "2026-11-28T10:00:00.000000Z".into();
        manifest["metadata"]["invocation_id"] = "00000000-0000-0000-0000-000000000000".into();
        for node in manifest["nodes"].as_object_mut().unwrap().values_mut() {
            node["created_at"] = 1_795_860_000.5.into();
        }
        fs::write(&file, manifest.to_string()).unwrap();
    }

    /// Edits a model, and has dbt read the project.
    fn edit(&self) {
        let file = self.here().join("target/manifest.json");
        let text = fs::read_to_string(&file).unwrap();
        let edited = text.replace("'warm'", "'hot'");
        assert_ne!(edited, text);
        fs::write(&file, edited).unwrap();
    }
}

/// Where production's manifest is not at hand, `run` used to take no known difference for no difference.
#[tokio::test(flavor = "multi_thread")]
async fn run_does_not_take_unknown_for_the_same() {
    let stage = Stage::new().await;
    stage.agree("init");
    stage.agree("deploy");
    stage.run(&["await"]).with_code(0);
    stage.agree("promote");
    assert!(
        stage
            .until("promoted", 0)
            .contains("Production runs this project.")
    );
    stage.agree("sync");
    let same = "Production runs this project, and both sides are the same.";
    assert!(stage.until("promoted", 0).contains(same));
    stage.forget();
    // The record on the server names this very manifest: that is a proof.
    assert!(stage.until("promoted", 0).contains(same));
    stage.edit();
    // Now nothing tells how the project differs: everything is built, which proves it. `deploy --yes` says yes to that too.
    let said = stage.until("ready", 0);
    assert!(!said.contains("same"), "{said}");
    assert!(said.contains("every model is built anew"), "{said}");
    assert!(said.contains("14/14 "), "{said}");
    stage.agree("promote");
    // On the way back there is no room for the next deployment, and what production runs is not known here.
    stage.forget();
    let file = stage.here().join("target/manifest.json");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replace("'hot'", "'warm'")).unwrap();
    let said = stage.until("promoted", 4);
    assert!(said.contains("is unknown"), "{said}");
    assert!(!said.contains("Production runs this project."), "{said}");
}

/// The manifest's file is of another machine and of another parse; that the project is the same one is known all the same.
#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_clone_knows_the_project_that_runs() {
    let stage = Stage::new().await;
    stage.agree("init");
    stage.agree("deploy");
    // Only what production ran before is at hand.
    fs::remove_dir_all(stage.here().join("state/production")).unwrap();
    stage.parse_again();
    let plan = stage.run(&["deploy", "--dry-run"]).with_code(0);
    assert!(plan.stderr.contains("Nothing changed"), "{}", plan.stderr);
    assert!(stage.until("ready", 0).contains("Ready for the promote."));
    stage.agree("promote");
    stage.forget();
    assert!(
        stage
            .until("promoted", 0)
            .contains("Production runs this project.")
    );
    // A sync, which builds what production runs, goes by definitions: what the retired side holds is known no other way.
    let sync = stage.run(&["sync", "--dry-run"]).with_code(4);
    assert!(
        sync.stderr.contains(
            "What is not proven by its definition to be as in production: 5 of 14 models."
        ),
        "{}",
        sync.stderr
    );
    stage.edit();
    let said = stage.until("promoted", 4);
    for words in ["is unknown", "another state of the project"] {
        assert!(said.contains(words), "{said}");
    }
}

/// A promote follows a readiness that has held for `--settle`, after each operation anew.
#[tokio::test(flavor = "multi_thread")]
async fn run_waits_until_readiness_has_held() {
    let stage = Stage::new().await;
    stage.agree("init");
    stage.agree("deploy");
    stage.run(&["await"]).with_code(0);
    let until = |point: &str, settle: &str| {
        let words = ["run", "--until", point, "--yes", "--timeout", "5s"];
        stage.run(&[&words[..], &["--settle", settle]].concat())
    };
    // It is ready, and stays so; and yet not for as long as is asked.
    for point in ["ready", "promoted"] {
        let ended = until(point, "1h").with_code(3);
        assert!(ended.stderr.contains("await"), "{}", ended.stderr);
        assert!(
            ended.stderr.contains("Not ready within"),
            "{}",
            ended.stderr
        );
    }
    let status = stage.run(&["status"]).with_code(0);
    assert!(status.stdout.contains("phase ready"), "{}", status.stdout);
    let ended = until("ready", "0s").with_code(0);
    let waited = ended.stderr.find("await").expect("it waits all the same");
    let done = ended.stderr.find("Ready for the promote.").unwrap();
    assert!(waited < done, "{}", ended.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_side_is_not_ready_and_nothing_compared_is_no_validation() {
    let stage = Stage::new().await;
    let before = stage.run(&["validate"]).with_code(4);
    assert!(before.stderr.contains(" missing"), "{}", before.stderr);
    stage.agree("init");
    let ended = stage.run(&["await"]);
    assert_ne!(ended.code, 0, "{}", ended.stderr);
    assert!(!ended.stderr.contains("Ready"), "{}", ended.stderr);
    assert!(ended.stderr.contains("cutover deploy"), "{}", ended.stderr);
    // An init that has nothing to do says so where it is true.
    let again = stage.run(&["init", "--yes"]).with_code(0);
    assert!(again.stderr.contains("stands already"), "{}", again.stderr);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_relation_that_the_deployment_side_lacks_is_no_validation() {
    let stage = Stage::new().await;
    stage.agree("init");
    stage.agree("deploy");
    stage.run(&["await"]).with_code(0);
    stage.run(&["validate"]).with_code(0);
    stage.sql("DROP VIEW materialize.serving_dbt_deploy.color_card");
    // What nobody's project makes is nobody's to miss.
    stage.sql("CREATE VIEW materialize.serving.by_hand AS SELECT 1 AS one");
    let ended = stage.run(&["validate"]).with_code(4);
    assert!(ended.stderr.contains(", 1 missing."), "{}", ended.stderr);
    let line = ended.stdout.lines().find(|line| line.contains("MISSING"));
    let line = line.unwrap_or_else(|| panic!("{}", ended.stdout));
    assert!(line.starts_with("serving.color_card "), "{line}");
    let json = stage.run(&["validate", "--output", "json"]).with_code(4);
    crate::schema::Schema::named("validation").check(&crate::value(&json));
}

#[tokio::test(flavor = "multi_thread")]
async fn init_does_not_speak_of_a_production_that_is_not_there() {
    let stage = Stage::new().await;
    stage.agree("init");
    stage.sql("ALTER SCHEMA materialize.serving RENAME TO elsewhere");
    let ended = stage.run(&["init", "--dry-run"]).with_code(4);
    assert!(!ended.stderr.contains("stands already"), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("Production does not exist"),
        "{}",
        ended.stderr
    );
}

/// A target whose server does not answer is not told as one that is fine.
#[test]
fn an_environment_that_can_not_be_reached_is_no_success() {
    let project = crate::project();
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = crate::server::url(listener.local_addr().unwrap());
    drop(listener);
    for output in ["text", "json"] {
        let words = ["environments", "--url", &url, "--output", output];
        crate::run(project.path(), &words).with_code(1);
    }
}
