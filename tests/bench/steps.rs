//! What the steps of a deployment cost beside the SQL that they consist of, and beside dbt's. Run with `cargo bench --bench steps`.
//!
//! The sample project, built as a whole, on a simulated server that takes 20 ms for a statement and is 50 ms away. With
//! `CUTOVER_BENCH_URL=postgres://...` on any server whose production is that of the sample project (assets/demo/setup.sql, `dbt run`), without
//! TLS; it is left as it was. dbt takes part where `CUTOVER_BENCH_DBT` names one, or `.ci/dbt-venv` has installed it.
//!
//! | column | means |
//! |---|---|
//! | `cutover` | the command, from its start to its end |
//! | `bare` | everything that it sent to change something, records and rehearsal included, one by one on an open connection |
//! | `looks` | everything that it read, in one go on an open connection |
//! | `dbt` | dbt's own command for it |
//!
//! A step may take 1.3 times the bare SQL, beside its looks; the five steps a quarter of dbt's; and no step as long as dbt's. In seconds, on a
//! server whose statements take as long as a real one's (or on the one that is named): init 0.8, promote and cleanup 0.6, status 0.15.
//! Ends with 1 when a goal is missed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/distance.rs"]
mod distance;
#[path = "../support/server.rs"]
mod server;
#[path = "../support/tap.rs"]
#[allow(dead_code)]
mod tap;

use cutover::ops::sample;
use cutover::sim::world::Latency;
use cutover::sim::{Simulator, World};
use futures_util::future::join_all;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{ExitCode, Output};
use std::time::{Duration, Instant};
use tap::{Passed, Tap};
use tempfile::TempDir;
use tokio::process::Command;
use tokio_postgres::config::Host;
use tokio_postgres::{Client, Config, NoTls};

const STATEMENT: Duration = Duration::from_millis(20);
const ROUND_TRIP: Duration = Duration::from_millis(50);
/// The simulated world's seconds a second, so that hydration does not fill the hour.
const SPEED: f64 = 10.0;
const RUNS: usize = 3;

type Words = &'static [&'static str];

/// A step's name, the words that take it, and dbt's words for it; the last two as an operator comes to them.
const STEPS: [(&str, Words, Option<Words>); 6] = [
    ("init", &["init"], Some(&["run-operation", "deploy_init"])),
    (
        "deploy",
        &["deploy", "--full"],
        Some(&[
            "run",
            "--vars",
            "{deploy: true}",
            "--exclude",
            "config.materialized:sink",
        ]),
    ),
    (
        "await",
        &["await"],
        Some(&["run-operation", "deploy_await"]),
    ),
    (
        "promote",
        &["promote"],
        Some(&["run-operation", "deploy_promote"]),
    ),
    ("rollback", &["rollback"], None),
    (
        "cleanup",
        &["cleanup"],
        Some(&["run-operation", "deploy_cleanup"]),
    ),
];

/// Where the steps are taken.
#[derive(Clone)]
enum Ground {
    Server(Box<Config>),
    /// How long its statements take, how far away it is, and how fast its time passes.
    Simulated(Latency, Duration, f64),
}

/// The sample project beside a server with its production.
struct Course {
    _simulator: Option<Simulator>,
    tap: Tap,
    config: Config,
    folder: TempDir,
}

impl Course {
    async fn on(ground: &Ground) -> Self {
        let (simulator, address, mut config) = match ground {
            Ground::Server(config) => {
                let Host::Tcp(host) = &config.get_hosts()[0] else {
                    panic!("the server has no address");
                };
                let port = config.get_ports().first().copied().unwrap_or(6875);
                let mut found = tokio::net::lookup_host((host.as_str(), port))
                    .await
                    .unwrap();
                (None, found.next().unwrap(), Config::clone(config))
            }
            Ground::Simulated(latency, round_trip, speed) => {
                let mut world = World::named("demo").unwrap();
                world.latency = *latency;
                let simulator = server::start(world, *speed).await;
                let far = distance::put(simulator.address(), *round_trip)
                    .await
                    .address;
                let config = server::url(far).parse().unwrap();
                (Some(simulator), far, config)
            }
        };
        let tap = Tap::before(address).await;
        config = tapped(&config, tap.address);
        let folder = tempfile::tempdir().unwrap();
        sample::unpack(folder.path()).unwrap();
        if let Some(dbt) = dbt() {
            let line = format!("dbt = \"{}\"\n", dbt.display());
            std::fs::write(folder.path().join("cutover.toml"), line).unwrap();
        }
        Self {
            _simulator: simulator,
            tap,
            config,
            folder,
        }
    }

    fn address(&self) -> SocketAddr {
        self.tap.address
    }

    fn user(&self) -> &str {
        self.config.get_user().unwrap_or("materialize")
    }

    fn password(&self) -> String {
        let password = self.config.get_password().unwrap_or_default();
        String::from_utf8_lossy(password).into_owned()
    }

    /// `cutover` with these words.
    async fn cutover(&self, words: &[&str], runner: &str) -> Output {
        let folder = self.folder.path();
        let database = self.config.get_dbname().unwrap_or("materialize");
        let url = format!(
            "postgres://{}@{}/{database}?sslmode=disable",
            self.user(),
            self.address()
        );
        Command::new(env!("CARGO_BIN_EXE_cutover"))
            .args(words)
            .args(["--url", &url, "--runner", runner])
            .current_dir(folder)
            .env("HOME", folder)
            .env("PGPASSWORD", self.password())
            .env("DBT_ENV_SECRET_MZ_PASSWORD", self.password())
            .output()
            .await
            .unwrap()
    }

    /// What a command took, which must succeed.
    async fn time(&self, words: &[&str], runner: &str) -> Duration {
        let begun = Instant::now();
        let output = self.cutover(words, runner).await;
        let took = begun.elapsed();
        must(words, &output);
        took
    }

    /// Takes a step as somebody does who has seen its plan.
    async fn step(&self, words: &[&str], runner: &str) -> Duration {
        if words == ["await"] {
            self.tap.take();
            return self.time(words, runner).await;
        }
        let dry = [words, &["--dry-run", "--output", "json"]].concat();
        let shown = self.cutover(&dry, runner).await;
        must(&dry, &shown);
        let plan: serde_json::Value = serde_json::from_slice(&shown.stdout).unwrap();
        let expect = plan["fingerprint"].as_str().unwrap();
        self.tap.take();
        let confirmed = [words, &["--yes", "--expect", expect]].concat();
        self.time(&confirmed, runner).await
    }

    /// What a command of dbt took, which must succeed.
    async fn dbt(&self, dbt: &Path, words: &[&str]) -> Duration {
        let begun = Instant::now();
        let output = Command::new(dbt)
            .args(["--no-use-colors", "--no-send-anonymous-usage-stats"])
            .args(words)
            .args(["--profiles-dir", "."])
            .current_dir(self.folder.path())
            .env("MZ_HOST", self.address().ip().to_string())
            .env("MZ_PORT", self.address().port().to_string())
            .env("MZ_USER", self.user())
            .env("DBT_ENV_SECRET_MZ_PASSWORD", self.password())
            .output()
            .await
            .unwrap();
        let took = begun.elapsed();
        must(words, &output);
        took
    }

    async fn connect(&self) -> Client {
        let (client, connection) = self.config.connect(NoTls).await.unwrap();
        tokio::spawn(connection);
        client
    }
}

/// The same connection by way of another address.
fn tapped(config: &Config, address: SocketAddr) -> Config {
    let mut tapped = Config::new();
    tapped
        .host(address.ip().to_string())
        .port(address.port())
        .user(config.get_user().unwrap_or("materialize"))
        .dbname(config.get_dbname().unwrap_or("materialize"));
    if let Some(password) = config.get_password() {
        tapped.password(password);
    }
    tapped
}

fn must(words: &[&str], output: &Output) {
    assert!(
        output.status.success(),
        "{words:?}: {}\n{}{}",
        output.status,
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
}

fn dbt() -> Option<PathBuf> {
    let installed = Path::new(env!("CARGO_MANIFEST_DIR")).join(".venv/bin/dbt");
    let named = std::env::var_os("CUTOVER_BENCH_DBT").map(PathBuf::from);
    Some(named.unwrap_or(installed)).filter(|dbt| dbt.is_file())
}

/// What a step sent: to change something, and to read.
#[derive(Clone, Default)]
struct Sent {
    writes: Vec<String>,
    reads: Vec<String>,
}

impl Sent {
    fn of(passed: Vec<Passed>) -> Self {
        let mut sent = Self::default();
        for connection in passed {
            let writes = connection.statements.iter().any(|it| changes(it));
            for statement in connection.statements {
                if is_read(&statement) {
                    sent.reads.push(statement);
                } else if writes {
                    sent.writes.push(statement);
                }
            }
        }
        sent
    }
}

fn first_word(statement: &str) -> String {
    let word = statement.split_whitespace().next().unwrap_or_default();
    word.trim_end_matches(';').to_lowercase()
}

fn is_read(statement: &str) -> bool {
    matches!(
        first_word(statement).as_str(),
        "select" | "show" | "with" | "subscribe" | "copy" | "declare" | "fetch"
    ) || statement.to_lowercase().contains("subscribe")
}

fn changes(statement: &str) -> bool {
    let words = ["alter", "create", "drop", "comment", "grant", "revoke"];
    words.contains(&first_word(statement).as_str())
}

/// What statements take one by one on an open connection; they must succeed.
async fn bare(client: &Client, statements: &[String]) -> Duration {
    let begun = Instant::now();
    for statement in statements {
        let done = client.simple_query(statement).await;
        done.unwrap_or_else(|error| panic!("{statement}: {error:?}"));
    }
    begun.elapsed()
}

/// What reading takes in one go. What is gone by now may be missing.
async fn looks(client: &Client, statements: &[String]) -> Duration {
    let begun = Instant::now();
    join_all(statements.iter().map(|it| client.simple_query(it))).await;
    begun.elapsed()
}

/// What waiting takes that asks without a pause.
async fn hydrated(client: &Client) -> Duration {
    let begun = Instant::now();
    let sql = "SELECT h.object_id FROM mz_internal.mz_hydration_statuses h JOIN mz_catalog.mz_objects o ON o.id = h.object_id \
               JOIN mz_catalog.mz_clusters c ON c.id = o.cluster_id WHERE c.name LIKE '%_dbt_deploy' AND NOT h.hydrated LIMIT 1";
    loop {
        let rows = client.simple_query(sql).await.unwrap();
        let left = |it: &tokio_postgres::SimpleQueryMessage| {
            matches!(it, tokio_postgres::SimpleQueryMessage::Row(_))
        };
        if !rows.iter().any(left) {
            return begun.elapsed();
        }
    }
}

/// What one step took each time.
#[derive(Default)]
struct Cost {
    cutover: Vec<Duration>,
    bare: Vec<Duration>,
    looks: Vec<Duration>,
    with_dbt: Vec<Duration>,
    dbt: Vec<Duration>,
    sent: Sent,
}

fn median(times: &[Duration]) -> Option<f64> {
    let mut seconds: Vec<f64> = times.iter().map(Duration::as_secs_f64).collect();
    seconds.sort_by(f64::total_cmp);
    seconds.get(seconds.len() / 2).copied()
}

/// All steps by `cutover` itself, and again as bare SQL where production is as before.
async fn compiled(ground: &Ground, costs: &mut [Cost]) {
    let course = Course::on(ground).await;
    for ((name, words, _), cost) in STEPS.iter().zip(costs.iter_mut()) {
        if *name == "cleanup" {
            // What was rolled back is promoted again, so that there is a side to clean up.
            course.step(&["promote"], "compiled").await;
        }
        cost.cutover.push(course.step(words, "compiled").await);
        cost.sent = Sent::of(course.tap.take());
        if *name == "rollback" {
            settle(&course).await;
        }
    }
    let course = Course::on(ground).await;
    let client = course.connect().await;
    let promote = costs[3].sent.writes.clone();
    for ((name, ..), cost) in STEPS.iter().zip(costs.iter_mut()) {
        if *name == "await" {
            cost.bare.push(hydrated(&client).await);
            cost.looks.push(Duration::ZERO);
            continue;
        }
        if *name == "cleanup" {
            bare(&client, &promote).await;
        }
        cost.bare.push(bare(&client, &cost.sent.writes).await);
        cost.looks.push(looks(&client, &cost.sent.reads).await);
    }
}

/// Waits until the deployment side is as ready as a promote wants it.
async fn settle(course: &Course) {
    course.time(&["await"], "compiled").await;
}

/// The five steps by dbt, and by `cutover` with dbt.
async fn by_dbt(ground: &Ground, dbt: &Path, costs: &mut [Cost]) {
    let (alone, course) = (Course::on(ground).await, Course::on(ground).await);
    for ((_, words, of_dbt), cost) in STEPS.iter().zip(costs.iter_mut()) {
        if let Some(of_dbt) = of_dbt {
            cost.dbt.push(alone.dbt(dbt, of_dbt).await);
            cost.with_dbt.push(course.step(words, "dbt").await);
        }
    }
}

/// Prints what was measured; whether it is as good as it has to be.
fn report(costs: &[Cost]) -> bool {
    let mut good = true;
    let mut sums = (0.0, 0.0);
    println!(
        "step       cutover     bare    looks   cutover : bare      dbt   dbt : cutover   cutover with dbt"
    );
    for ((name, _, of_dbt), cost) in STEPS.iter().zip(costs) {
        let [cutover, bare, looks] =
            [&cost.cutover, &cost.bare, &cost.looks].map(|it| median(it).unwrap());
        let ratio = (cutover - looks) / bare;
        let slow = *name != "await" && ratio > 1.3;
        print!("{name:9} {cutover:7.2} s {bare:6.2} s {looks:6.2} s {ratio:12.2}    ");
        let mut slower = false;
        if let (Some(dbt), Some(with_dbt)) = (median(&cost.dbt), median(&cost.with_dbt)) {
            sums = (sums.0 + cutover, sums.1 + dbt);
            slower = cutover >= dbt || with_dbt >= dbt;
            print!("{dbt:9.2} s {:12.1}    {with_dbt:12.2} s", dbt / cutover);
        } else if of_dbt.is_none() {
            print!("        -");
        }
        if slow {
            print!("   OVER 1.3");
        }
        println!("{}", if slower { "   SLOWER THAN DBT" } else { "" });
        good &= !slow && !slower;
    }
    if sums.1 > 0.0 {
        let times = sums.1 / sums.0;
        let missed = times < 4.0;
        let word = if missed { "   LESS THAN 4" } else { "" };
        println!("five steps: dbt takes {times:.1} times as long{word}");
        good &= !missed;
    }
    good
}

/// Prints one time against its goal; whether that is kept.
fn seconds(name: &str, times: &[Duration], goal: f64) -> bool {
    let took = median(times).unwrap();
    let good = took < goal;
    let word = if good { "" } else { "   TOO SLOW" };
    println!("{name:9} {took:7.2} s   goal {goal:.2} s{word}");
    good
}

/// The steps whose time is bounded, on a server that takes its real time.
async fn in_seconds(ground: &Ground) -> bool {
    let course = Course::on(ground).await;
    let mut status = Vec::new();
    for _ in 0..RUNS {
        status.push(course.time(&["status"], "compiled").await);
    }
    let init = course.step(&["init"], "compiled").await;
    course.step(&["deploy", "--full"], "compiled").await;
    settle(&course).await;
    let promote = course.step(&["promote"], "compiled").await;
    let cleanup = course.step(&["cleanup"], "compiled").await;
    let mut good = seconds("status", &status, 0.15);
    good &= seconds("init", &[init], 0.8);
    good &= seconds("promote", &[promote], 0.6);
    good & seconds("cleanup", &[cleanup], 0.6)
}

async fn measure() -> bool {
    let named = std::env::var("CUTOVER_BENCH_URL").ok();
    let server = named.map(|url| Ground::Server(Box::new(url.parse().unwrap())));
    let far = Ground::Simulated(Latency::Each(STATEMENT), ROUND_TRIP, SPEED);
    let real = Ground::Simulated(Latency::Real, Duration::ZERO, SPEED);
    let ground = server.clone().unwrap_or(far);
    let mut costs: Vec<Cost> = STEPS.iter().map(|_| Cost::default()).collect();
    for _ in 0..RUNS {
        compiled(&ground, &mut costs).await;
    }
    if let Some(dbt) = dbt() {
        by_dbt(&ground, &dbt, &mut costs).await;
    }
    let good = report(&costs);
    println!();
    in_seconds(&server.unwrap_or(real)).await && good
}

fn main() -> ExitCode {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let good = runtime.block_on(measure());
    runtime.shutdown_background();
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
