//! A server that holds its connections and says nothing: every command ends by itself, says what it waited for, and hears signals.

use crate::output::Server;
use crate::{Ended, command, project, value};
use rustix::process::{Pid, Signal, kill_process};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

/// Longer than anything here takes, even on a busy machine: a limit for what never comes, not a pause.
const LIMIT: Duration = Duration::from_secs(120);

/// When a server falls silent, on all its connections.
#[derive(Debug, Clone, Copy)]
enum Stage {
    /// Before it answers the first message.
    Startup,
    /// After it has let us in, before the session is ready.
    Welcome,
    /// When it hears a statement with this text.
    Statement(&'static str),
    /// In the middle of the answer to such a statement.
    Answer(&'static str),
    /// When it hears the COMMIT of a swap.
    Commit,
}

/// Stands before a server and falls silent at a stage.
struct Mute {
    address: SocketAddr,
    silence: Arc<Silence>,
}

struct Silence {
    stage: Stage,
    fallen: Mutex<bool>,
    changed: Condvar,
}

impl Silence {
    fn has_fallen(&self) -> bool {
        *self.fallen.lock().unwrap()
    }

    fn fall(&self) {
        *self.fallen.lock().unwrap() = true;
        self.changed.notify_all();
    }

    fn until_fallen(&self) {
        let fallen = self.fallen.lock().unwrap();
        let (fallen, _) = self
            .changed
            .wait_timeout_while(fallen, LIMIT, |fallen| !*fallen)
            .unwrap();
        assert!(*fallen, "{:?} was never reached", self.stage);
    }
}

impl Mute {
    fn before(server: &str, stage: Stage) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let silence = Arc::new(Silence {
            stage,
            fallen: Mutex::new(false),
            changed: Condvar::new(),
        });
        let (shared, server) = (Arc::clone(&silence), server.to_owned());
        std::thread::spawn(move || {
            // Connections that are made in silence are held, too.
            let mut held = Vec::new();
            for client in listener.incoming().flatten() {
                if shared.has_fallen() {
                    held.push(client);
                } else {
                    pass(client, TcpStream::connect(&server).unwrap(), &shared);
                }
            }
        });
        Self { address, silence }
    }
}

fn pass(client: TcpStream, server: TcpStream, silence: &Arc<Silence>) {
    let half = Arc::new(AtomicBool::new(false));
    let up = (client.try_clone().unwrap(), server.try_clone().unwrap());
    let (shared, answer_half) = (Arc::clone(silence), Arc::clone(&half));
    std::thread::spawn(move || talk(up, &shared, &answer_half));
    let shared = Arc::clone(silence);
    std::thread::spawn(move || answer((server, client), &shared, &half));
}

/// What the client says, as far as the server is to hear it.
fn talk((mut client, mut server): (TcpStream, TcpStream), silence: &Silence, half: &AtomicBool) {
    let mut bytes = [0; 65_536];
    let mut swaps = false;
    while let Ok(length @ 1..) = client.read(&mut bytes) {
        let said = String::from_utf8_lossy(&bytes[..length]).into_owned();
        swaps |= said.contains("SWAP WITH");
        match silence.stage {
            Stage::Startup => silence.fall(),
            Stage::Statement(text) if said.contains(text) => silence.fall(),
            Stage::Commit if swaps && said.contains("COMMIT") => silence.fall(),
            Stage::Answer(text) if said.contains(text) => half.store(true, Ordering::SeqCst),
            _ => {}
        }
        if !silence.has_fallen() && server.write_all(&bytes[..length]).is_err() {
            break;
        }
    }
    let _ = server.shutdown(Shutdown::Both);
}

/// What the server says, as far as the client is to hear it.
fn answer((mut server, mut client): (TcpStream, TcpStream), silence: &Silence, half: &AtomicBool) {
    let mut bytes = [0; 65_536];
    while let Ok(length @ 1..) = server.read(&mut bytes) {
        if silence.has_fallen() {
            continue;
        }
        // Nine bytes say that the password is right, or are the beginning of an answer.
        let cut = matches!(silence.stage, Stage::Welcome) || half.load(Ordering::SeqCst);
        let heard = if cut { 9.min(length) } else { length };
        if client.write_all(&bytes[..heard]).is_err() {
            return;
        }
        if cut {
            silence.fall();
        }
    }
}

/// A project that waits for nothing longer than a moment.
fn hasty() -> tempfile::TempDir {
    with_deadlines("400ms")
}

fn with_deadlines(span: &str) -> tempfile::TempDir {
    let project = project();
    let file = project.path().join("cutover.toml");
    let mut text = std::fs::read_to_string(&file).unwrap_or_default();
    for key in ["read", "statement", "swap", "sink", "validate", "stream"] {
        text.insert_str(0, &format!("{key}_deadline = \"{span}\"\n"));
    }
    text.insert_str(0, "cancel_deadline = \"200ms\"\n");
    std::fs::write(&file, text).unwrap();
    project
}

/// A command against a server that will fall silent.
struct Running {
    child: Child,
}

impl Running {
    fn start(folder: &Path, words: &[&str], mute: &Mute) -> Self {
        let child = Self::command(folder, words, mute).spawn().unwrap();
        Self { child }
    }

    fn command(folder: &Path, words: &[&str], mute: &Mute) -> Command {
        let url = format!(
            "postgres://materialize@{}/materialize?sslmode=disable&connect_timeout=1",
            mute.address
        );
        let mut command = command(folder);
        command
            .args(words)
            .args(["--url", &url])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).unwrap();
        kill_process(Pid::from_raw(id).unwrap(), signal).unwrap();
    }

    /// Waits for the end, which must come by itself.
    fn end(self, what: &str) -> Ended {
        let id = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        let (sender, ended) = channel();
        std::thread::spawn(move || sender.send(self.child.wait_with_output()));
        match ended.recv_timeout(LIMIT) {
            Ok(output) => Ended::of(output.unwrap()),
            Err(RecvTimeoutError::Timeout) => {
                let _ = kill_process(id, Signal::KILL);
                panic!("{what} hangs");
            }
            Err(error) => panic!("{what}: {error}"),
        }
    }
}

const READING: &[Stage] = &[
    Stage::Startup,
    Stage::Welcome,
    Stage::Statement("mz_catalog.mz_columns"),
    Stage::Answer("mz_catalog.mz_columns"),
    Stage::Statement("mz_internal.mz_frontiers"),
    Stage::Statement("AS fact"),
];

#[test]
fn a_silent_server_ends_what_reads_with_a_sentence_about_the_wait() {
    let folder = hasty();
    let server = Server::start(folder.path());
    for words in [
        &["status"][..],
        &["doctor"],
        &["init", "--yes"],
        &["promote", "--yes"],
        &["await"],
        &["environments"],
    ] {
        // Side by side: what they do is wait.
        std::thread::scope(|scope| {
            for stage in READING {
                scope
                    .spawn(|| ends_with_a_sentence(folder.path(), server.address(), words, *stage));
            }
        });
    }
}

fn ends_with_a_sentence(folder: &Path, server: &str, words: &[&str], stage: Stage) {
    let what = format!("{words:?} at {stage:?}");
    let mute = Mute::before(server, stage);
    let ended = Running::start(folder, words, &mute).end(&what);
    let said = format!("{}{}", ended.stdout, ended.stderr);
    let told = said.contains(" within ") || said.contains("no sign of life");
    assert!(told, "{what}: {said}");
    assert_eq!(ended.code, 1, "{what}: {said}");
}

#[test]
fn a_signal_ends_what_waits_for_a_silent_server_at_once() {
    let folder = with_deadlines("1h");
    let server = Server::start(folder.path());
    for words in [
        &["status"][..],
        &["status", "--watch"],
        &["doctor"],
        &["init", "--yes"],
        &["promote", "--wait", "--yes"],
        &["run", "--until", "ready"],
        &["await"],
        &["environments"],
        &["validate"],
    ] {
        for signal in [Signal::INT, Signal::TERM] {
            let what = format!("{words:?} with {signal:?}");
            let stage = Stage::Statement("mz_catalog.mz_columns");
            let mute = Mute::before(server.address(), stage);
            let running = Running::start(folder.path(), words, &mute);
            mute.silence.until_fallen();
            running.signal(signal);
            let ended = running.end(&what).with_code(130);
            // The connection for what ticks is opened at the same time.
            let waited_for = ["a reading of the catalog", "to let us in"];
            let told = ended.stderr.contains("Interrupted after waiting")
                && waited_for.iter().any(|what| ended.stderr.contains(what));
            assert!(told, "{what}: {}", ended.stderr);
        }
    }
}

#[test]
fn a_signal_ends_what_waits_for_what_stands_beside_the_picture() {
    let folder = with_deadlines("1h");
    let server = Server::start(folder.path());
    for words in [&["status", "--watch"][..], &["await"]] {
        let stage = Stage::Statement("mz_catalog.mz_audit_events");
        let mute = Mute::before(server.address(), stage);
        let running = Running::start(folder.path(), words, &mute);
        mute.silence.until_fallen();
        running.signal(Signal::INT);
        let what = format!("{words:?}");
        let ended = running.end(&what).with_code(130);
        let told = ended.stderr.contains("Interrupted after waiting");
        assert!(told, "{what}: {}", ended.stderr);
    }
}

#[test]
fn a_git_that_says_nothing_is_waited_for_with_an_end() {
    let folder = project();
    let server = Server::start(folder.path());
    let fake = folder.path().join("bin");
    std::fs::create_dir(&fake).unwrap();
    runnable(&fake.join("git"), "#!/bin/sh\nexec sleep 600\n");
    let path = format!("{}:{}", fake.display(), std::env::var("PATH").unwrap());
    let mute = Mute::before(server.address(), Stage::Commit);
    let mut status = Running::command(folder.path(), &["status"], &mute);
    let child = status.env("PATH", path).spawn().unwrap();
    Running { child }.end("status").with_code(0);
}

#[test]
fn a_signal_ends_a_change_that_is_not_answered_and_says_what_is_unknown() {
    let folder = with_deadlines("1h");
    let server = Server::start(folder.path());
    let mute = Mute::before(server.address(), Stage::Statement("CREATE SCHEMA"));
    let running = Running::start(folder.path(), &["init", "--yes"], &mute);
    mute.silence.until_fallen();
    running.signal(Signal::TERM);
    let ended = running.end("init").with_code(130);
    for words in [
        "Asked to stop: the answer to `CREATE SCHEMA",
        "no answer to a statement",
        "the same command goes on from here",
    ] {
        assert!(ended.stderr.contains(words), "{words}: {}", ended.stderr);
    }
    assert_eq!(audit_ends(folder.path()), ["interrupted"]);
    // Nothing was lost: the same command goes on.
    server.run(folder.path(), &["init", "--yes"]).with_code(0);
}

#[test]
fn a_silent_server_during_a_promote_leaves_no_doubt_unsaid() {
    let folder = with_deadlines("2s");
    let here = folder.path();
    let server = Server::start(here);
    server.run(here, &["init", "--yes"]).with_code(0);
    server.run(here, &["deploy", "--yes"]).with_code(0);
    server.run(here, &["await"]).with_code(0);
    // The rehearsal is the first to be refused an answer.
    let mute = Mute::before(server.address(), Stage::Statement("SWAP WITH"));
    let ended = Running::start(here, &["promote", "--yes"], &mute).end("promote");
    assert!(
        ended.stderr.contains("a statement of the swap within 2"),
        "{}",
        ended.stderr
    );
    assert_eq!(ended.code, 1, "{}", ended.stderr);

    let plan = value(&server.run(here, &["promote", "--dry-run", "--output", "json"]));
    let fingerprint = plan["fingerprint"].as_str().unwrap().to_owned();
    let mute = Mute::before(server.address(), Stage::Commit);
    let words = ["promote", "--yes", "--expect", &fingerprint];
    let running = Running::start(here, &words, &mute);
    mute.silence.until_fallen();
    running.signal(Signal::INT);
    let ended = running.end("promote at COMMIT").with_code(5);
    for words in [
        "Asked to stop: the answer to `COMMIT` is waited for",
        "no answer to COMMIT within 2",
        "what became of COMMIT is unknown",
        "cutover promote",
    ] {
        assert!(ended.stderr.contains(words), "{words}: {}", ended.stderr);
    }
    assert_eq!(audit_ends(here).last().unwrap(), "unknown");
    let plan = value(&server.run(here, &["promote", "--dry-run", "--output", "json"]));
    let fingerprint = plan["fingerprint"].as_str().unwrap().to_owned();
    server
        .run(here, &["promote", "--yes", "--expect", &fingerprint])
        .with_code(0);
    let status = value(&server.run(here, &["status", "--output", "json"]));
    assert_eq!(status["phase"], "promoted");
}

fn runnable(file: &Path, script: &str) {
    std::fs::write(file, script).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(file, mode).unwrap();
}

/// A dbt that is started and then says nothing, for ever.
fn with_a_silent_dbt(deadlines: &str) -> tempfile::TempDir {
    let project = project();
    runnable(
        &project.path().join("dbt.sh"),
        "#!/bin/sh\nexec sleep 600\n",
    );
    let config = format!("runner = \"dbt\"\ndbt = \"./dbt.sh\"\n{deadlines}\n");
    std::fs::write(project.path().join("cutover.toml"), config).unwrap();
    project
}

#[test]
fn a_silent_dbt_ends_what_waits_for_it_with_a_sentence_about_the_wait() {
    let folder = with_a_silent_dbt("dbt_start_deadline = \"300ms\"\ndbt_read_deadline = \"300ms\"");
    let server = Server::start(folder.path());
    let ended = server.run(folder.path(), &["deploy", "--yes"]).with_code(1);
    let told = "dbt did not read the project within 0.3 s (`dbt_read_deadline`), so it was ended";
    assert!(ended.stderr.contains(told), "{}", ended.stderr);
    let ended = server.run(folder.path(), &["doctor"]);
    let said = format!("{}{}", ended.stdout, ended.stderr);
    let told = "dbt did not answer within 0.3 s (`dbt_start_deadline`), so it was ended";
    assert!(said.contains(told), "{said}");
}

#[test]
fn a_command_of_validate_that_does_not_end_has_not_passed() {
    let folder = with_a_silent_dbt(
        "validate = [{ name = \"mine\", command = [\"./dbt.sh\"] }]\ncommand_deadline = \"300ms\"",
    );
    let server = Server::start(folder.path());
    let ended = server.run(folder.path(), &["validate"]).with_code(4);
    let said = format!("{}{}", ended.stdout, ended.stderr);
    let told = "./dbt.sh did not end within 0.3 s (`command_deadline`), so it was killed";
    assert!(said.contains(told), "{said}");
}

/// The outcomes in the audit files, oldest first.
fn audit_ends(project: &Path) -> Vec<String> {
    let mut files: Vec<_> = std::fs::read_dir(project.join("state/audit"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|file| file.extension().is_some_and(|end| end == "jsonl"))
        .collect();
    files.sort();
    let last_line = |file: &std::path::PathBuf| {
        let text = std::fs::read_to_string(file).unwrap();
        let line: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
        line["outcome"].as_str().unwrap_or("cut off").to_owned()
    };
    files.iter().map(last_line).collect()
}
