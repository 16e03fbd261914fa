//! Real dbt with dbt-materialize, run against the simulated Materialize: a whole blue/green deployment by dbt's own macros.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "real_dbt/deploy.rs"]
mod deploy;
#[path = "real_dbt/gate.rs"]
mod gate;
#[path = "real_dbt/hostile.rs"]
mod hostile;
#[path = "support/server.rs"]
mod server;

use cutover::sim::world::World;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdout, Command};
use tokio_postgres::{Client, NoTls, SimpleQueryMessage};

/// Hydration that is over before dbt has looked twice, and a reader to whom privileges were given.
const WORLD: &str = r#"
[hydration.default]
attach = "100ms"
time = "200ms"

[[role]]
name = "reader"
"#;

/// The dbt to test with: what the environment names, or what `.ci/dbt-venv` installed.
///
/// # Panics
/// When there is none: this test never passes without having run.
fn dbt() -> PathBuf {
    let named = ["CUTOVER_TEST_DBT", "DBT"]
        .into_iter()
        .find_map(std::env::var_os);
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv/bin/dbt");
    let dbt = named.map_or(installed, PathBuf::from);
    assert!(
        dbt.is_file(),
        "there is no dbt at {}: run .ci/dbt-venv, which installs it, or set CUTOVER_TEST_DBT",
        dbt.display()
    );
    dbt
}

/// The sample of dbt's own macros, with a dbt that stands by for its commands.
struct Project {
    folder: TempDir,
    dbt: Child,
    answers: Lines<BufReader<ChildStdout>>,
}

/// What a dbt command told, and whether it succeeded.
#[derive(serde::Deserialize)]
struct Ran {
    succeeded: bool,
    words: String,
}

impl Project {
    fn new(server: SocketAddr) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/dbt-project");
        copy_folder(&project, folder.path());
        let mut dbt = Command::new(dbt().with_file_name("python"))
            .args(["-c", include_str!("real_dbt/invoke.py")])
            .current_dir(folder.path())
            .env("MZ_PORT", server.port().to_string())
            .env_remove("CI_TAG")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let answers = BufReader::new(dbt.stdout.take().unwrap()).lines();
        Self {
            folder,
            dbt,
            answers,
        }
    }

    async fn dbt(&mut self, arguments: &[&str]) -> Ran {
        let flags = ["--no-use-colors", "--no-send-anonymous-usage-stats"];
        let here = ["--project-dir", ".", "--profiles-dir", "."];
        let words = serde_json::to_string(&[&flags, arguments, &here].concat()).unwrap();
        let asked = self.dbt.stdin.as_mut().unwrap();
        asked
            .write_all(format!("{words}\n").as_bytes())
            .await
            .unwrap();
        let answer = self.answers.next_line().await.unwrap();
        serde_json::from_str(&answer.expect("dbt ended")).unwrap()
    }

    async fn must(&mut self, arguments: &[&str]) -> String {
        let Ran { succeeded, words } = self.dbt(arguments).await;
        assert!(succeeded, "dbt {arguments:?} failed:\n{words}");
        words
    }
}

fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

async fn connect(server: SocketAddr) -> Client {
    let url = format!("postgres://materialize@{server}/materialize");
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

/// The rows of a query, cells joined by a space, NULL as `-`.
async fn rows(client: &Client, sql: &str) -> Vec<String> {
    let messages = client
        .simple_query(sql)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error:?}"));
    let line = |message| match message {
        SimpleQueryMessage::Row(row) => Some(
            (0..row.len())
                .map(|cell| row.get(cell).unwrap_or("-"))
                .collect::<Vec<_>>()
                .join(" "),
        ),
        _ => None,
    };
    messages.into_iter().filter_map(line).collect()
}

const IDS: &str = "select 'schema', id, name from mz_schemas where name like 'prod%' \
                   union all select 'cluster', id, name from mz_clusters where name like 'prod%' order by 1, 3";

async fn objects(client: &Client, schema: &str) -> Vec<String> {
    let sql = format!(
        "select o.type, o.name, c.name from mz_objects o join mz_schemas s on s.id = o.schema_id \
         left join mz_clusters c on c.id = o.cluster_id where s.name = '{schema}' order by 2"
    );
    rows(client, &sql).await
}

#[tokio::test(flavor = "multi_thread")]
async fn dbt_leads_a_blue_green_deployment_from_init_to_cleanup() {
    let world = World::from_toml(WORLD).unwrap();
    let simulator = server::start(world, 2.0).await;
    let client = connect(simulator.address()).await;
    let mut project = Project::new(simulator.address());
    let deploy = ["--vars", "{deploy: true}"];

    rows(&client, "create cluster prod (size '25cc')").await;
    project.must(&["run"]).await;
    let production = [
        "materialized-view bar prod",
        "index bar_name_idx prod",
        "view bar_view -",
        "index bar_view_name_idx prod",
        "materialized-view foo prod",
        "materialized-view foobar prod",
    ];
    assert_eq!(objects(&client, "prod").await, production);
    rows(&client, "grant usage on schema prod to reader").await;

    project.must(&["run-operation", "deploy_init"]).await;
    let before = rows(&client, IDS).await;
    assert_eq!(before.len(), 4, "{before:?}");
    let grants = "select grantee, privilege_type from mz_internal.mz_show_schema_privileges where name = 'prod_dbt_deploy' \
                  and grantee = 'reader'";
    assert_eq!(rows(&client, grants).await, ["reader USAGE"]);

    project.must(&["run", deploy[0], deploy[1]]).await;
    let twins: Vec<String> = production
        .iter()
        .map(|object| object.replace(" prod", " prod_dbt_deploy"))
        .collect();
    assert_eq!(objects(&client, "prod_dbt_deploy").await, twins);

    let awaited = project
        .must(&[
            "run-operation",
            "deploy_await",
            "--args",
            "{poll_interval: 1}",
        ])
        .await;
    assert!(
        awaited.contains("prod_dbt_deploy: ready (hydration: 36/36"),
        "{awaited}"
    );

    let rehearsed = project
        .must(&[
            "run-operation",
            "deploy_promote",
            "--args",
            "{dry_run: true}",
        ])
        .await;
    assert!(rehearsed.contains("DRY RUN"), "{rehearsed}");
    assert_eq!(
        rows(&client, IDS).await,
        before,
        "a dry run changes nothing"
    );

    project.must(&["run-operation", "deploy_promote"]).await;
    let after = rows(&client, IDS).await;
    let swapped: Vec<String> = before.iter().map(|row| swap_name(row)).collect();
    assert_eq!(sorted(after), sorted(swapped));
    let comment = "select c.comment from mz_internal.mz_comments c join mz_schemas s on s.id = c.id \
                   where c.object_type = 'schema' and s.name = 'prod'";
    assert!(rows(&client, comment).await[0].contains("Deployment by materialize on"));

    project.must(&["test"]).await;
    project.must(&["docs", "generate"]).await;
    let catalog =
        std::fs::read_to_string(project.folder.path().join("target/catalog.json")).unwrap();
    let catalog: serde_json::Value = serde_json::from_str(&catalog).unwrap();
    let columns = &catalog["nodes"]["model.materialize_blue_green_slim.foobar"]["columns"];
    assert_eq!(columns["mood"]["type"], "text", "{catalog}");

    project.must(&["run-operation", "deploy_cleanup"]).await;
    assert_eq!(rows(&client, IDS).await.len(), 2);
    let nothing = project.dbt(&["run-operation", "deploy_promote"]).await;
    assert!(
        !nothing.succeeded && nothing.words.contains("prod_dbt_deploy does not exist"),
        "{}",
        nothing.words
    );
}

/// `schema u3 prod` as `schema u3 prod_dbt_deploy`, and the other way round.
fn swap_name(row: &str) -> String {
    row.strip_suffix("_dbt_deploy")
        .map_or_else(|| format!("{row}_dbt_deploy"), str::to_owned)
}

fn sorted(mut rows: Vec<String>) -> Vec<String> {
    rows.sort();
    rows
}
