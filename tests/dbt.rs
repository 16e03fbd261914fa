//! The runner with real dbt. `.ci/dbt-venv` installs it where it is not.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use cutover::dbt::manifest::{Manifest, ResourceType};
use cutover::dbt::runner::{
    arguments::{Program, SelectionArguments, Suffix},
    event::DbtEvent,
    limit::Limit,
    process::{self, DbtExit, FinishedRun, ProcessOptions},
    version,
};
use cutover::domain::plan::DbtCommand;
use cutover::ops::sample;
use std::{
    collections::BTreeMap, path::Path, path::PathBuf, process::Command, sync::OnceLock,
    time::Duration,
};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::mpsc};
use tokio_util::sync::CancellationToken;

/// Longer than dbt takes for the sample, even on a busy machine.
const LONG: Limit = Limit::Reading(Duration::from_secs(600));

/// The executable: `DBT`, or the one that the script makes.
fn executable() -> PathBuf {
    static FOUND: OnceLock<PathBuf> = OnceLock::new();
    let found = FOUND.get_or_init(|| {
        if let Some(dbt) = std::env::var_os("DBT") {
            return dbt.into();
        }
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/dbt-venv");
        let made = Command::new(script).output().expect(".ci/dbt-venv runs");
        assert!(
            made.status.success(),
            "{}",
            String::from_utf8_lossy(&made.stderr)
        );
        String::from_utf8(made.stdout).unwrap().trim().into()
    });
    found.clone()
}

/// The sample project, unpacked.
struct Sample(TempDir);

impl Sample {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        sample::unpack(folder.path()).unwrap();
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn program(&self) -> Program {
        Program {
            executable: executable(),
            project_dir: self.path().into(),
            profiles_dir: Some(self.path().into()),
            profile: None,
            target: Some("production".into()),
            extra: Vec::new(),
        }
    }

    async fn run(
        &self,
        command: &DbtCommand,
        surroundings: &ProcessOptions,
    ) -> (FinishedRun, Vec<DbtEvent>) {
        let (events, mut heard) = mpsc::channel(16);
        let run = async move {
            let cancel = CancellationToken::new();
            process::run(command, surroundings, &events, &cancel, LONG)
                .await
                .unwrap()
        };
        let hear = async {
            let mut all = Vec::new();
            while let Some(event) = heard.recv().await {
                all.push(event);
            }
            all
        };
        tokio::join!(run, hear)
    }
}

fn compiled_models(manifest: &Path) -> BTreeMap<String, String> {
    let manifest = Manifest::read(manifest).unwrap();
    let models = manifest
        .nodes()
        .iter()
        .filter(|node| node.resource_type == ResourceType::Model);
    models
        .map(|node| {
            let code = node.compiled_code().expect("compiled");
            (node.unique_id.to_string(), code.into_owned())
        })
        .collect()
}

#[tokio::test]
async fn the_version_is_the_one_that_the_sample_was_compiled_with() {
    let sample = Sample::new();
    let found = version::probe(&sample.program().version(), sample.path(), LONG)
        .await
        .unwrap()
        .unwrap();
    assert!(found.core.starts_with("1.11."), "{found:?}");
    assert_eq!(found.adapter.as_deref(), Some("1.9.11"));
}

#[tokio::test]
async fn compiling_the_sample_gives_the_committed_manifest() {
    let sample = Sample::new();
    let target = sample.path().join("fresh");
    let command = sample.program().compile(&target);
    let (ended, events) = sample
        .run(&command, &ProcessOptions::folder(sample.path()))
        .await;
    assert_eq!(ended.exit, DbtExit::Succeeded, "{events:?}");
    assert!(
        events
            .iter()
            .any(|event| matches!(event, DbtEvent::Planned { nodes } if *nodes > 10))
    );
    assert_eq!(
        compiled_models(&target.join("manifest.json")),
        compiled_models(&sample.path().join("target/manifest.json"))
    );
    // Two parses never write the same file, and tell of one project.
    let again = sample.path().join("again");
    let (ended, _) = sample
        .run(
            &sample.program().parse(&again),
            &ProcessOptions::folder(sample.path()),
        )
        .await;
    assert_eq!(ended.exit, DbtExit::Succeeded);
    let read = |folder: &Path| Manifest::read(&folder.join("manifest.json")).unwrap();
    let (compiled, parsed) = (read(&target), read(&again));
    assert_ne!(compiled.hash(), parsed.hash());
    assert_eq!(compiled.project(), parsed.project());
    assert_eq!(
        compiled.project(),
        read(&sample.path().join("target")).project()
    );
}

#[tokio::test]
async fn a_server_that_is_not_there_is_a_failed_run_that_says_so() {
    let sample = Sample::new();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let mut surroundings = ProcessOptions::folder(sample.path());
    surroundings.variables = vec![(
        "MZ_PORT".into(),
        cutover::domain::connection::Secret::new(port.to_string()),
    )];
    let selection = SelectionArguments {
        select: vec!["state:modified+".into()],
        state: Some(sample.path().join("state")),
        ..SelectionArguments::default()
    };
    let command = sample
        .program()
        .run(&selection, Suffix::Deployment, &sample.path().join("run"));
    let (ended, events) = sample.run(&command, &surroundings).await;
    assert_eq!(ended.exit, DbtExit::Failed, "{events:?}");
    let error = ended.error.unwrap();
    assert!(error.contains(&port.to_string()), "{error}");
    // Six models are new, modified or downstream of one that is; the sink among them is left out.
    assert!(
        events.contains(&DbtEvent::Planned { nodes: 5 }),
        "{events:?}"
    );
}
