//! The dbt that stands by for a plan, as long as somebody looks at the plan.

use super::{LIMIT, NO_SIDE, Terminal, server};
use cutover::ops::sample;
use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, TryRecvError, channel};

/// Stands in for a Python with dbt in it, and obeys the driver's orders as far as a plan needs it. It holds a pipe open while it lives.
const PYTHON: &str = r#"#!/bin/sh
exec 3>"$(dirname "$0")/alive"
read -r first
marker=${first#*\"marker\":\"}
marker=${marker%\"*}
answer() { printf '%s{"exit":0%s}\n' "$marker" "$1"; }
answer
while read -r order; do
    case $order in
    *'"do":"parse"'*)
        path=${order#*\"--target-path\",\"}
        path=${path%%\"*}
        mkdir -p "$path" && cp target/manifest.json "$path"
        answer ',"relations":[]'
        ;;
    *'"do":"list"'*) answer ',"ids":[]' ;;
    *) answer ;;
    esac
done
"#;

fn runnable(file: &Path, text: &str) {
    fs::write(file, text).unwrap();
    fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
}

/// A dbt in this folder; what is returned tells once that it has ended.
fn stand_in(home: &Path) -> Receiver<()> {
    runnable(&home.join("python"), PYTHON);
    let shebang = format!("#!{}\n", home.join("python").display());
    runnable(&home.join("dbt"), &shebang);
    let alive = home.join("alive");
    let made = Command::new("mkfifo").arg(&alive).status().unwrap();
    assert!(made.success());
    let (sender, ended) = channel();
    std::thread::spawn(move || {
        // Both wait: for the beginning and for the end of the process that writes nothing.
        let read = File::open(alive).unwrap().read_to_end(&mut Vec::new());
        read.map(|_| sender.send(()))
    });
    ended
}

#[test]
fn closing_the_dialog_of_a_plan_ends_the_dbt_that_stood_by_for_it() {
    let (_runtime, simulator) = server();
    let home = tempfile::tempdir().unwrap();
    sample::unpack(home.path()).unwrap();
    let ended = stand_in(home.path());
    let dbt = home.path().join("dbt").display().to_string();
    let url = crate::server::url(simulator.address());
    let environment = [("CUTOVER_RUNNER", "dbt"), ("CUTOVER_DBT", &dbt)];
    let mut terminal = Terminal::start(home, &["--url", &url], &environment);
    terminal.see(NO_SIDE);
    terminal.press("I");
    terminal.see("y yes");
    terminal.press("y");
    terminal.see("init done");
    terminal.press("D");
    terminal.see("ctrl-r look again");
    assert_eq!(
        ended.try_recv(),
        Err(TryRecvError::Empty),
        "it stands by while the plan is shown"
    );
    terminal.press("\u{1b}");
    terminal.see("not confirmed, nothing was done");
    ended.recv_timeout(LIMIT).expect("dbt ends with the dialog");
    terminal.press("q");
    assert!(terminal.end().success());
}
