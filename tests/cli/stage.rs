//! A simulated server in this process, whose world the test can change, with the sample project beside it.

use crate::{Ended, project, run, server, value};
use cutover::sim::{Simulator, World};
use std::path::Path;

pub struct Stage {
    sim: Simulator,
    project: tempfile::TempDir,
    url: String,
}

impl Stage {
    pub async fn new() -> Self {
        Self::in_world(World::named("demo").unwrap()).await
    }

    pub async fn in_world(world: World) -> Self {
        let sim = server::start(world, 40.0).await;
        let url = server::url(sim.address());
        Self {
            sim,
            project: project(),
            url,
        }
    }

    pub fn here(&self) -> &Path {
        self.project.path()
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn sql(&self, sql: &str) -> Vec<Vec<Option<String>>> {
        let done = self.sim.control().execute("materialize", sql);
        done.unwrap_or_else(|error| panic!("{sql}: {error}"))
    }

    /// The binary at work on the server, in the project.
    pub fn run(&self, words: &[&str]) -> Ended {
        run(self.here(), &[words, &["--url", &self.url]].concat())
    }

    /// Agrees to the plan that is there now, warnings included.
    #[track_caller]
    pub fn agree(&self, operation: &str) -> Ended {
        let plan = value(&self.run(&[operation, "--dry-run", "--output", "json"]));
        let fingerprint = plan["fingerprint"].as_str().unwrap();
        self.run(&[operation, "--yes", "--expect", fingerprint])
            .with_code(0)
    }
}
