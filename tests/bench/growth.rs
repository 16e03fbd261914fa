//! What size costs: the same three things with 5,000 objects on 20 clusters and with 50,000 on 200, half of them a deployment's. Run with
//! `cargo bench --bench growth`.
//!
//! | line | means |
//! |---|---|
//! | `status` | processor time of `cutover status` |
//! | `promote's plan` | processor time of `cutover promote --dry-run` |
//! | `read` | what these have to read: the bytes that pass |
//! | `frame` | one whole frame of the cockpit, and the picture behind it taken in |
//!
//! None may grow by more than what is read does, and a quarter. Ends with 1 when one does. Linux only: the times come from `/proc`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../support/boards.rs"]
#[allow(dead_code)]
mod boards;
#[path = "../support/distance.rs"]
mod distance;
#[path = "../support/process_time.rs"]
mod process_time;
#[path = "../support/server.rs"]
mod server;

use cutover::domain::picture::{ConnectionState, ConnectionStatus, Picture};
use cutover::sim::{Simulator, World};
use cutover::tui::event::Event;
use cutover::tui::glyphs::Glyphs;
use cutover::tui::keymap::Keymap;
use cutover::tui::state::{State, TargetInfo};
use cutover::tui::theme::Theme;
use cutover::tui::{update, view};
use process_time::processor_time;
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

/// Schemas with a cluster each, on each side.
const SIZES: [usize; 2] = [10, 100];
/// Objects of each schema.
const OBJECTS: usize = 250;
const RUNS: usize = 3;
/// How much more than what is read a time may grow.
const ALLOWED: f64 = 1.25;
const FRAME: (u16, u16) = (200, 60);

/// What it costs at one size.
#[derive(Default)]
struct Costs {
    status: f64,
    plan: f64,
    read: f64,
    frame: f64,
}

fn fill(simulator: &Simulator, schemas: usize) {
    let mut statements = vec!["CREATE TABLE public.orders (id int, amount int)".to_owned()];
    for suffix in ["", "_dbt_deploy"] {
        for schema in 0..schemas {
            statements.push(format!("CREATE SCHEMA shop_{schema}{suffix}"));
            statements.push(format!(
                "CREATE CLUSTER shop_{schema}{suffix} (SIZE '25cc')"
            ));
            statements.extend((0..OBJECTS).map(|object| {
                format!(
                    "CREATE MATERIALIZED VIEW shop_{schema}{suffix}.model_{object} IN CLUSTER shop_{schema}{suffix} \
                     AS SELECT id, amount FROM public.orders WHERE id = {object}"
                )
            }));
        }
    }
    simulator.load("materialize", &statements).unwrap();
    // Everything is hydrated, and nothing is new.
    simulator.control().advance(Duration::from_secs(60));
}

fn write_project(folder: &Path, schemas: usize) {
    let names: Vec<String> = (0..schemas)
        .map(|schema| format!("shop_{schema}"))
        .collect();
    let names = names.join(", ");
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).unwrap();
    write(
        "dbt_project.yml",
        &format!(
            "name: shop\nversion: '1.0'\nprofile: shop\nvars:\n  deployment:\n    production:\n      clusters: [{names}]\n      schemas: [{names}]\n"
        ),
    );
    write(
        "profiles.yml",
        "shop:\n  target: production\n  outputs:\n    production:\n      type: materialize\n      host: localhost\n      port: 1\n      \
         user: materialize\n      database: materialize\n      schema: shop_0\n      cluster: shop_0\n",
    );
}

/// Processor time of one command, which is not refused.
fn time(folder: &Path, url: &str, words: &[&str]) -> f64 {
    let mut child = Command::new(env!("CARGO_BIN_EXE_cutover"))
        .args(words)
        .args(["--output", "json", "--url", url])
        .current_dir(folder)
        .env("HOME", folder)
        .stdout(Stdio::null())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap()).unwrap();
    let ended = WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    waitid(WaitId::Pid(pid), ended).unwrap();
    let time = processor_time(child.id()).as_secs_f64();
    let code = child.wait().unwrap().code();
    // 4: the plan has a block, which is worth as much.
    assert!(matches!(code, Some(0 | 4)), "{words:?}: {code:?}");
    time
}

fn least(mut one: impl FnMut() -> f64) -> f64 {
    (0..RUNS).map(|_| one()).fold(f64::INFINITY, f64::min)
}

/// A picture taken in, and the frame that shows it.
fn frame(objects: usize) -> f64 {
    let picture = |second| {
        Event::Picture(Picture {
            board: Some(boards::large(objects, second)),
            preflight: None,
            connection: ConnectionStatus {
                state: ConnectionState::Live,
                ..ConnectionStatus::default()
            },
            ..Picture::default()
        })
    };
    let keymap = Arc::new(Keymap::default());
    let mut state = State::new(TargetInfo::default(), keymap, Instant::now(), FRAME);
    update(&mut state, picture(0));
    let theme = Theme::ansi(Glyphs::UNICODE);
    let mut terminal = Terminal::new(TestBackend::new(FRAME.0, FRAME.1)).unwrap();
    let mut second = 0;
    least(|| {
        second += 1;
        let next = picture(second);
        let begun = Instant::now();
        update(&mut state, next);
        terminal.draw(|frame| view(&state, &theme, frame)).unwrap();
        begun.elapsed().as_secs_f64()
    })
}

fn measure(runtime: &Runtime, schemas: usize) -> Costs {
    let simulator = runtime.block_on(server::start(World::empty(), 1.0));
    fill(&simulator, schemas);
    let folder = tempfile::tempdir().unwrap();
    write_project(folder.path(), schemas);
    let way = runtime.block_on(distance::put(simulator.address(), Duration::ZERO));
    let url = server::url(way.address);
    let status = least(|| time(folder.path(), &url, &["status"]));
    let before = way.passed.load(Ordering::Relaxed);
    let plan = least(|| time(folder.path(), &url, &["promote", "--dry-run"]));
    let read = way.passed.load(Ordering::Relaxed) - before;
    Costs {
        status,
        plan,
        read: f64::from(u32::try_from(read / RUNS as u64 / 1_000).unwrap()),
        frame: frame(schemas * OBJECTS),
    }
}

fn main() -> ExitCode {
    let runtime = Runtime::new().unwrap();
    let [small, large] = SIZES.map(|schemas| measure(&runtime, schemas));
    let read = large.read / small.read;
    println!(
        "read           {:9.0} kB {:9.0} kB   {read:5.1} times",
        small.read, large.read
    );
    let mut good = true;
    for (name, of) in [
        ("status", (|it: &Costs| it.status) as fn(&Costs) -> f64),
        ("promote's plan", |it| it.plan),
        ("frame", |it| it.frame),
    ] {
        let times = of(&large) / of(&small);
        let within = times <= read * ALLOWED;
        good &= within;
        println!(
            "{name:14} {:9.3} s  {:9.3} s    {times:5.1} times{}",
            of(&small),
            of(&large),
            if within { "" } else { "   MORE THAN IS READ" }
        );
    }
    runtime.shutdown_background();
    if good {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
