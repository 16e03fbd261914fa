//! Processes: the server, and two who act on it.

use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// `cutover sim` as a process of its own.
pub struct Server {
    process: Child,
    pub address: SocketAddr,
}

impl Server {
    pub fn start(world: &Path) -> Self {
        let mut process = binary(world.parent().unwrap())
            .args(["sim", "--listen", "127.0.0.1:0", "--speed", "1", "--world"])
            .arg(world)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        let mut said = BufReader::new(process.stdout.take().unwrap());
        said.read_line(&mut line).unwrap();
        let address = line.trim().rsplit(' ').next().unwrap().parse();
        Self {
            address: address.unwrap_or_else(|_| panic!("the server said {line:?}")),
            process,
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn binary(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cutover"));
    for (name, _) in std::env::vars() {
        let ours = ["CUTOVER_", "DBT_", "MZ_", "XDG_"];
        if ours.iter().any(|start| name.starts_with(start)) {
            command.env_remove(name);
        }
    }
    command
        .current_dir(folder)
        .env("HOME", folder)
        .stdin(Stdio::null())
        .stderr(Stdio::piped());
    command
}

/// How a process ended: its exit code and the last sentence that it said.
#[derive(Debug, Clone)]
pub struct Said {
    pub words: Vec<&'static str>,
    pub code: i32,
    pub message: String,
    /// The ids of what it showed that it would drop; `None` where nothing was agreed to, and `--yes` was to whatever is free of warnings.
    pub shown: Option<Vec<String>>,
}

/// An operation of one person, on one server.
pub struct Person<'a> {
    pub folder: &'a Path,
    pub server: SocketAddr,
}

impl Person<'_> {
    fn command(&self, words: &[&str]) -> Command {
        let url = crate::server::url(self.server);
        let mut command = binary(self.folder);
        command
            .args(words)
            .args(["--url", &url, "--output", "json"])
            .stdout(Stdio::piped());
        command
    }

    /// The command, agreed to as it shows itself now; `None` when it has nothing to agree to.
    pub fn agreed(&self, words: &[&'static str]) -> Agreed {
        let output = self
            .command(&[words, &["--dry-run"]].concat())
            .output()
            .unwrap();
        let shown: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        let mut command = self.command(&[words, &["--yes"]].concat());
        let fingerprint = shown["fingerprint"].as_str();
        let agreed = fingerprint.filter(|_| output.status.success());
        if let Some(fingerprint) = agreed {
            command.args(["--expect", fingerprint]);
        }
        let closure = shown["closure"].as_array().into_iter().flatten();
        let ids = closure.filter_map(|item| item["id"].as_str().map(str::to_owned));
        Agreed {
            words: words.to_vec(),
            command,
            shown: agreed.map(|_| ids.collect()),
        }
    }

    /// What a command answers that changes nothing.
    pub fn asks(&self, words: &[&str]) -> Value {
        let output = self.command(words).output().unwrap();
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// Performs it alone, to its end.
    pub fn performs(&self, words: &[&'static str]) -> Said {
        self.agreed(words).start().ended()
    }
}

/// A command with its fingerprint.
pub struct Agreed {
    words: Vec<&'static str>,
    command: Command,
    shown: Option<Vec<String>>,
}

impl Agreed {
    pub fn start(mut self) -> Running {
        let mut process = self.command.spawn().unwrap();
        Running {
            said: BufReader::new(process.stdout.take().unwrap()),
            process,
            words: self.words,
            shown: self.shown,
            last: None,
        }
    }
}

pub struct Running {
    process: Child,
    said: BufReader<ChildStdout>,
    words: Vec<&'static str>,
    shown: Option<Vec<String>>,
    last: Option<String>,
}

impl Running {
    /// Lets it come so far that it has told this many events, or to its end.
    pub fn comes_to(&mut self, events: u32) {
        for _ in 0..events {
            if !self.hear() {
                return;
            }
        }
    }

    fn hear(&mut self) -> bool {
        let mut line = String::new();
        if self.said.read_line(&mut line).unwrap() == 0 {
            return false;
        }
        let event: Value = serde_json::from_str(&line).unwrap_or_default();
        if let Some(message) = event["message"].as_str() {
            self.last = Some(message.to_owned());
        }
        true
    }

    pub fn ended(mut self) -> Said {
        while self.hear() {}
        let output = self.process.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        Said {
            words: self.words,
            code: output.status.code().unwrap(),
            message: self.last.unwrap_or(errors),
            shown: self.shown,
        }
    }
}
