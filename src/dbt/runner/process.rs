//! dbt as a child process: its events as they come, and a way to end it that gives it time to clean up.

use super::event::{self, DbtEvent, LogLevel};
use crate::domain::{connection::Secret, plan::DbtCommand};
use process_wrap::tokio::{ChildWrapper, CommandWrap, KillOnDrop, ProcessGroup};
use std::{
    io,
    path::PathBuf,
    process::{ExitStatus, Stdio},
    time::Duration,
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, BufReader},
    process::Command,
    signal::unix::SignalKind,
    sync::mpsc,
    time::{Instant, sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;

/// How many lines may wait to be read; dbt is slowed down beyond that.
const LINES: usize = 256;

/// How long the output of a process that has ended is read for; a grandchild may keep the pipe open.
const LAST_WORDS: Duration = Duration::from_secs(2);

/// Why dbt could not be run.
#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    #[error(
        "there is no dbt executable `{program}`; install dbt-materialize, or name the executable with the setting `dbt`, or use --runner compiled"
    )]
    Missing { program: String },
    #[error("dbt (`{program}`) can't be started: {source}; check that it runs in a shell")]
    Start { program: String, source: io::Error },
    #[error("the folder {} can't be entered: {source}; check --project-dir", dir.display())]
    Folder { dir: PathBuf, source: io::Error },
    #[error("dbt could not be watched: {0}; look at what it built before going on")]
    Watch(#[source] io::Error),
}

/// How dbt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    pub verdict: Verdict,
    /// The last error that dbt told, where it told one.
    pub error: Option<String>,
}

/// dbt's exit, in terms of what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Exit code 0.
    Succeeded,
    /// Exit code 1: at least one node failed.
    NodesFailed,
    /// Any other exit code: dbt itself failed (2: usage, connection, parse errors).
    Failed,
    /// We ended it.
    Cancelled,
    /// Somebody else ended it with a signal.
    Killed,
}

/// How long dbt is left alone after each signal before the next, stronger one.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// After SIGINT, at which dbt cancels its queries.
    pub interrupt: Duration,
    /// After SIGTERM; then comes SIGKILL.
    pub terminate: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            interrupt: Duration::from_secs(10),
            terminate: Duration::from_secs(5),
        }
    }
}

/// What a process runs in.
#[derive(Debug, Clone)]
pub struct Surroundings {
    pub dir: PathBuf,
    /// Variables beside our own environment's.
    pub variables: Vec<(String, Secret)>,
    pub patience: Patience,
}

impl Surroundings {
    #[must_use]
    pub fn folder(dir: impl Into<PathBuf>) -> Self {
        Self {
            dir: dir.into(),
            variables: Vec::new(),
            patience: Patience::default(),
        }
    }
}

/// Runs dbt until it ends, and sends what it says to `events`. When `cancel` fires, dbt's whole process group gets SIGINT,
/// later SIGTERM, later SIGKILL. When this future is dropped, the group is killed.
///
/// # Errors
/// When dbt can't be started or watched. A dbt that fails is no error: see [`Ended`].
pub async fn run(
    command: &DbtCommand,
    surroundings: &Surroundings,
    events: &mpsc::Sender<DbtEvent>,
    cancel: &CancellationToken,
) -> Result<Ended, ProcessError> {
    let mut group = Group::start(command, surroundings)?;
    let mut lines = group.lines();
    let mut ladder = Ladder::new(surroundings.patience);
    let mut error = None;
    let status = loop {
        tokio::select! {
            Some(line) = lines.recv() => pass_on(&line, events, &mut error).await,
            () = cancel.cancelled(), if !ladder.is_climbed() => ladder.climb(&mut group),
            () = sleep_until(ladder.next), if ladder.is_climbed() => ladder.climb(&mut group),
            status = group.child.wait() => break status.map_err(ProcessError::Watch)?,
        }
    };
    group.ended = true;
    let rest = async {
        while let Some(line) = lines.recv().await {
            pass_on(&line, events, &mut error).await;
        }
    };
    // A grandchild that keeps the pipe open costs its last words, nothing else.
    let _ = timeout(LAST_WORDS, rest).await;
    Ok(Ended {
        verdict: verdict(status, ladder.is_climbed()),
        error,
    })
}

async fn pass_on(line: &str, events: &mpsc::Sender<DbtEvent>, error: &mut Option<String>) {
    let Some(event) = event::parse(line) else {
        return;
    };
    if let DbtEvent::Log {
        level: LogLevel::Error,
        text,
    } = &event
    {
        *error = Some(text.clone());
    }
    // Nobody listening is no reason to stop building.
    let _ = events.send(event).await;
}

fn verdict(status: ExitStatus, cancelled: bool) -> Verdict {
    match status.code() {
        Some(0) => Verdict::Succeeded,
        _ if cancelled => Verdict::Cancelled,
        Some(1) => Verdict::NodesFailed,
        Some(_) => Verdict::Failed,
        None => Verdict::Killed,
    }
}

/// A process group that dies with this value.
struct Group {
    child: Box<dyn ChildWrapper>,
    ended: bool,
}

impl Group {
    fn start(command: &DbtCommand, surroundings: &Surroundings) -> Result<Self, ProcessError> {
        // A missing folder and a missing program give the same error code.
        std::fs::metadata(&surroundings.dir).map_err(|source| ProcessError::Folder {
            dir: surroundings.dir.clone(),
            source,
        })?;
        let mut process = Command::new(&command.program);
        process
            .args(&command.arguments)
            .current_dir(&surroundings.dir)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        for (name, value) in &surroundings.variables {
            process.env(name, value.reveal());
        }
        let child = CommandWrap::from(process)
            .wrap(ProcessGroup::leader())
            .wrap(KillOnDrop)
            .spawn()
            .map_err(|source| match source.kind() {
                io::ErrorKind::NotFound => ProcessError::Missing {
                    program: command.program.clone(),
                },
                _ => ProcessError::Start {
                    program: command.program.clone(),
                    source,
                },
            })?;
        Ok(Self {
            child,
            ended: false,
        })
    }

    /// The lines of both outputs, in the order in which they are read.
    fn lines(&mut self) -> mpsc::Receiver<String> {
        let (sender, receiver) = mpsc::channel(LINES);
        if let Some(stdout) = self.child.stdout().take() {
            tokio::spawn(forward(stdout, sender.clone()));
        }
        if let Some(stderr) = self.child.stderr().take() {
            tokio::spawn(forward(stderr, sender));
        }
        receiver
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        // Once the leader is reaped its id may belong to somebody else.
        if !self.ended {
            let _ = self.child.start_kill();
        }
    }
}

async fn forward(output: impl AsyncRead + Unpin, lines: mpsc::Sender<String>) {
    let mut reader = BufReader::new(output).split(b'\n');
    while let Ok(Some(line)) = reader.next_segment().await {
        let line = String::from_utf8_lossy(&line).trim_end().to_owned();
        if lines.send(line).await.is_err() {
            return;
        }
    }
}

/// Signals of rising strength.
struct Ladder {
    patience: Patience,
    rung: usize,
    next: Instant,
}

impl Ladder {
    fn new(patience: Patience) -> Self {
        Self {
            patience,
            rung: 0,
            next: Instant::now(),
        }
    }

    fn is_climbed(&self) -> bool {
        self.rung > 0
    }

    fn climb(&mut self, group: &mut Group) {
        // A signal that can't be sent means that the group is gone; its end is noticed elsewhere.
        let wait = match self.rung {
            0 => {
                let _ = group.child.signal(SignalKind::interrupt().as_raw_value());
                self.patience.interrupt
            }
            1 => {
                let _ = group.child.signal(SignalKind::terminate().as_raw_value());
                self.patience.terminate
            }
            _ => {
                let _ = group.child.start_kill();
                self.patience.terminate
            }
        };
        self.rung += 1;
        self.next = Instant::now() + wait;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> DbtCommand {
        DbtCommand {
            program: "sh".into(),
            arguments: vec!["-c".into(), script.into()],
            models: Vec::new(),
        }
    }

    fn surroundings() -> Surroundings {
        Surroundings {
            patience: Patience {
                interrupt: Duration::from_millis(50),
                terminate: Duration::from_millis(50),
            },
            ..Surroundings::folder(std::env::temp_dir())
        }
    }

    /// Runs to the end and cancels once the script has said `ready`.
    async fn ended(script: &str, cancel_when_ready: bool) -> (Ended, Vec<DbtEvent>) {
        let (events, mut heard) = mpsc::channel(1);
        let cancel = CancellationToken::new();
        let (command, surroundings) = (shell(script), surroundings());
        let run = async {
            let ended = run(&command, &surroundings, &events, &cancel).await;
            drop(events);
            ended.unwrap()
        };
        let hear = async {
            let mut all = Vec::new();
            while let Some(event) = heard.recv().await {
                if cancel_when_ready
                    && matches!(&event, DbtEvent::Log { text, .. } if text == "ready")
                {
                    cancel.cancel();
                }
                all.push(event);
            }
            all
        };
        tokio::join!(run, hear)
    }

    #[tokio::test]
    async fn lines_of_both_outputs_arrive_and_the_exit_code_is_judged() {
        let error = r#"{"info":{"name":"MainEncounteredError","level":"error","msg":"x"},"data":{"exc":"refused"}}"#;
        let (ended, events) = ended(
            &format!("echo one; echo two >&2; echo '{error}'; exit 2"),
            false,
        )
        .await;
        assert_eq!(ended.verdict, Verdict::Failed);
        assert_eq!(ended.error.as_deref(), Some("refused"));
        assert_eq!(events.len(), 3);
    }

    #[tokio::test]
    async fn the_exit_code_tells_failed_nodes_from_a_failed_dbt() {
        assert_eq!(ended("exit 0", false).await.0.verdict, Verdict::Succeeded);
        assert_eq!(ended("exit 1", false).await.0.verdict, Verdict::NodesFailed);
        assert_eq!(ended("kill -9 $$", false).await.0.verdict, Verdict::Killed);
    }

    #[tokio::test]
    async fn a_polite_process_ends_at_the_first_signal() {
        let script = "trap 'echo cancelled; exit 1' INT; echo ready; while :; do sleep 0.01; done";
        let (ended, events) = ended(script, true).await;
        assert_eq!(ended.verdict, Verdict::Cancelled);
        assert!(
            events
                .iter()
                .any(|event| matches!(event, DbtEvent::Log { text, .. } if text == "cancelled"))
        );
    }

    #[tokio::test]
    async fn a_stubborn_process_is_killed_in_the_end() {
        let script =
            "trap '' INT TERM; (trap '' INT TERM; while :; do sleep 0.01; done) & echo ready; wait";
        let (ended, _) = ended(script, true).await;
        assert_eq!(ended.verdict, Verdict::Cancelled);
    }

    #[tokio::test]
    async fn a_missing_executable_says_what_to_do() {
        let command = DbtCommand {
            program: "no-such-dbt".into(),
            arguments: Vec::new(),
            models: Vec::new(),
        };
        let (events, _heard) = mpsc::channel(1);
        let error = run(
            &command,
            &surroundings(),
            &events,
            &CancellationToken::new(),
        )
        .await
        .unwrap_err();
        assert!(error.to_string().contains("--runner compiled"), "{error}");
    }
}
