//! The command line's contract: exit codes, what goes to stdout and what to stderr, and the shapes of JSON.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "cli/bounded.rs"]
mod bounded;
#[path = "cli/diff.rs"]
mod diff;
#[cfg(feature = "sim")]
#[path = "cli/failures.rs"]
mod failures;
#[path = "cli/hostile.rs"]
mod hostile;
#[path = "cli/misuse.rs"]
mod misuse;
#[path = "cli/output.rs"]
mod output;
#[path = "cli/proof.rs"]
mod proof;
#[cfg(feature = "sim")]
#[path = "cli/psql.rs"]
mod psql;
#[path = "cli/schema.rs"]
mod schema;
#[path = "cli/secret.rs"]
mod secret;
#[path = "support/server.rs"]
mod server;
#[cfg(feature = "sim")]
#[path = "cli/settings.rs"]
mod settings;
#[path = "cli/silence.rs"]
mod silence;
#[path = "cli/stage.rs"]
mod stage;
#[path = "cli/stale.rs"]
mod stale;
#[path = "cli/whole.rs"]
mod whole;

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// How a command ended.
pub struct Ended {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ended {
    fn of(output: Output) -> Self {
        Self {
            code: output.status.code().expect("ended by a signal"),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// Asserts the exit code, showing what was said otherwise.
    #[track_caller]
    pub fn with_code(self, code: i32) -> Self {
        assert_eq!(
            self.code, code,
            "stdout:\n{}\nstderr:\n{}",
            self.stdout, self.stderr
        );
        self
    }
}

/// JSON that is the whole answer.
pub fn value(ended: &Ended) -> serde_json::Value {
    serde_json::from_str(&ended.stdout).unwrap()
}

/// The binary in a folder, with an environment that tells it nothing of the machine.
pub fn command(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cutover"));
    for (name, _) in std::env::vars() {
        if ["CUTOVER_", "DBT_", "MZ_", "XDG_"]
            .iter()
            .any(|start| name.starts_with(start))
        {
            command.env_remove(name);
        }
    }
    command
        .current_dir(folder)
        .env("HOME", folder)
        .stdin(Stdio::null());
    command
}

#[track_caller]
pub fn run(folder: &Path, words: &[&str]) -> Ended {
    Ended::of(command(folder).args(words).output().unwrap())
}

pub fn asset(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("assets")
        .join(path)
}

/// A copy of the sample project.
pub fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    cutover::ops::sample::unpack(folder.path()).unwrap();
    folder
}
