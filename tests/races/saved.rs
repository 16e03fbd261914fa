//! A world that was saved: the sample project deployed and hydrated, as statements that a server starts with, and its files.

use crate::stage::Stage;
use cutover::domain::action::Operation;
use cutover::domain::phase::Phase;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Where every race begins.
pub struct Saved {
    folder: TempDir,
    pub world: PathBuf,
}

impl Saved {
    /// Performs init and deploy once, and keeps what was sent.
    pub async fn new() -> Self {
        let stage = Stage::new().await;
        let mut sent = Vec::new();
        for operation in [Operation::Init, Operation::Deploy] {
            let outcome = stage.perform(operation).await;
            let audit = fs::read_to_string(outcome.audit.unwrap()).unwrap();
            sent.extend(audit.lines().filter_map(statement));
        }
        assert!(stage.wait().await.outcome.exit_code() == 0);
        assert_eq!(stage.phase().await, Phase::Ready);
        let folder = tempfile::tempdir().unwrap();
        copy(stage.folder.path(), &folder.path().join("project"));
        let demo = Path::new(env!("CARGO_MANIFEST_DIR")).join("assets/worlds/demo.toml");
        let mut world = fs::read_to_string(demo).unwrap();
        for sql in sent {
            world.push_str(&format!(
                "\n[[start]]\nsql = {}\n",
                toml::Value::String(sql)
            ));
        }
        let file = folder.path().join("world.toml");
        fs::write(&file, world).unwrap();
        Self {
            folder,
            world: file,
        }
    }

    /// The project's files, for one process alone: as on another machine.
    pub fn project(&self) -> TempDir {
        let project = tempfile::tempdir().unwrap();
        copy(&self.folder.path().join("project"), project.path());
        project
    }
}

fn statement(line: &str) -> Option<String> {
    let line: Value = serde_json::from_str(line).unwrap();
    (line["event"] == "sent").then(|| line["sql"].as_str().unwrap().to_owned())
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), &target).unwrap();
        }
    }
}
