//! dbt as a child process: its events as they come, and a way to end it that gives it time to clean up.

pub use super::error::ProcessError;
use super::event::{self, DbtEvent, LogLevel};
use super::executable;
use super::group::{Group, SignalEscalation};
use super::limit::{Limit, Timer};
pub use super::process_options::{GracePeriods, ProcessOptions};
use crate::domain::plan::DbtCommand;
use std::{process::ExitStatus, time::Duration};
use tokio::{
    process::Command,
    sync::mpsc,
    time::{sleep_until, timeout},
};
use tokio_util::sync::CancellationToken;

/// Runs a command that ends with whoever started it, however that ended.
const WATCH: &str = include_str!("../../../assets/dbt/watch.sh");

/// How long the output of a process that has ended is read for; a grandchild may keep the pipe open.
pub(super) const LAST_WORDS: Duration = Duration::from_secs(2);

/// How dbt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FinishedRun {
    pub exit: DbtExit,
    /// The last error that dbt told, where it told one.
    pub error: Option<String>,
}

/// dbt's exit, in terms of what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DbtExit {
    /// Exit code 0.
    Succeeded,
    /// Exit code 1: at least one node failed.
    NodesFailed,
    /// Any other exit code: dbt itself failed (2: usage, connection, parse errors).
    Failed,
    /// We ended it, as we were asked to.
    Cancelled,
    /// We ended it, since it did not keep to this limit.
    Overdue(Limit),
    /// Somebody else ended it with a signal.
    Killed,
}

/// Runs dbt until it ends, and sends what it says to `events`. When `cancel` fires, or when it exceeds the limit, dbt's whole process
/// group gets SIGINT, later SIGTERM, later SIGKILL. When this future is dropped, the group is killed.
///
/// # Errors
/// When dbt can't be started or watched. A dbt that fails is no error: see [`FinishedRun`].
pub async fn run(
    command: &DbtCommand,
    options: &ProcessOptions,
    events: &mpsc::Sender<DbtEvent>,
    cancel: &CancellationToken,
    limit: Limit,
) -> Result<FinishedRun, ProcessError> {
    let program = executable::find(&command.program, &options.dir)?;
    let mut process = Command::new("sh");
    process
        .args(["-c", WATCH, "dbt"])
        .arg(program)
        .args(&command.arguments);
    let mut group = Group::start(process, &command.program, options)?;
    // Open for as long as this is awaited: its end is the end of the process.
    let _input = group.input();
    let mut lines = group.lines();
    let mut ladder = SignalEscalation::new(options.grace);
    let mut timer = Timer::new(limit);
    let mut stopped = None;
    let mut error = None;
    let status = loop {
        tokio::select! {
            Some(line) = lines.recv() => {
                timer.heard();
                pass_on(&line, events, &mut error).await;
            }
            () = cancel.cancelled(), if !ladder.is_climbed() => {
                stopped = Some(DbtExit::Cancelled);
                ladder.climb(&mut group);
            }
            () = timer.over(), if !ladder.is_climbed() => {
                stopped = Some(DbtExit::Overdue(limit));
                ladder.climb(&mut group);
            }
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
    Ok(FinishedRun {
        exit: exit(status, stopped),
        error,
    })
}

pub(super) async fn pass_on(
    line: &str,
    events: &mpsc::Sender<DbtEvent>,
    error: &mut Option<String>,
) {
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

/// What an exit means. `stopped`: why we ended it, where we did.
fn exit(status: ExitStatus, stopped: Option<DbtExit>) -> DbtExit {
    match (status.code(), stopped) {
        (Some(0), _) => DbtExit::Succeeded,
        (_, Some(stopped)) => stopped,
        (Some(1), None) => DbtExit::NodesFailed,
        (Some(_), None) => DbtExit::Failed,
        (None, None) => DbtExit::Killed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::failure::Remedy;

    fn shell(script: &str) -> DbtCommand {
        DbtCommand {
            program: "sh".into(),
            arguments: vec!["-c".into(), script.into()],
            models: Vec::new(),
        }
    }

    fn options() -> ProcessOptions {
        ProcessOptions {
            grace: GracePeriods {
                interrupt: Duration::from_millis(50),
                terminate: Duration::from_millis(50),
            },
            ..ProcessOptions::folder(std::env::temp_dir())
        }
    }

    /// Runs to the end and cancels once the script has said `ready`.
    async fn ended(script: &str, cancel_when_ready: bool) -> (FinishedRun, Vec<DbtEvent>) {
        let long = Limit::Silence(Duration::from_secs(600));
        ended_within(script, cancel_when_ready, long).await
    }

    async fn ended_within(
        script: &str,
        cancel_when_ready: bool,
        limit: Limit,
    ) -> (FinishedRun, Vec<DbtEvent>) {
        let (events, mut heard) = mpsc::channel(1);
        let cancel = CancellationToken::new();
        let (command, options) = (shell(script), options());
        let run = async {
            let ended = run(&command, &options, &events, &cancel, limit).await;
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
        assert_eq!(ended.exit, DbtExit::Failed);
        assert_eq!(ended.error.as_deref(), Some("refused"));
        assert_eq!(events.len(), 3);
    }

    #[tokio::test]
    async fn the_exit_code_tells_failed_nodes_from_a_failed_dbt() {
        assert_eq!(ended("exit 0", false).await.0.exit, DbtExit::Succeeded);
        assert_eq!(ended("exit 1", false).await.0.exit, DbtExit::NodesFailed);
        assert_eq!(ended("kill -9 $$", false).await.0.exit, DbtExit::Killed);
    }

    #[tokio::test]
    async fn a_polite_process_ends_at_the_first_signal() {
        let script = "trap 'echo cancelled; exit 1' INT; echo ready; while :; do sleep 0.01; done";
        let (ended, events) = ended(script, true).await;
        assert_eq!(ended.exit, DbtExit::Cancelled);
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
        assert_eq!(ended.exit, DbtExit::Cancelled);
    }

    #[tokio::test]
    async fn what_says_nothing_for_too_long_is_ended_and_says_its_last_words() {
        let limit = Limit::Silence(Duration::from_millis(100));
        let script = "trap 'echo cancelled; exit 1' INT; while :; do sleep 0.01; done";
        let (ended, events) = ended_within(script, false, limit).await;
        assert_eq!(ended.exit, DbtExit::Overdue(limit));
        assert!(
            events
                .iter()
                .any(|event| matches!(event, DbtEvent::Log { text, .. } if text == "cancelled")),
            "{events:?}"
        );
        // It ended well just then.
        let script = "trap 'exit 0' INT; while :; do sleep 0.01; done";
        let (ended, _) = ended_within(script, false, limit).await;
        assert_eq!(ended.exit, DbtExit::Succeeded);
    }

    #[tokio::test]
    async fn a_process_ends_with_whoever_started_it() {
        let mut process = Command::new("sh");
        process.args(["-c", WATCH, "dbt", "sh", "-c", "echo ready; exec sleep 600"]);
        let mut group = Group::start(process, "sh", &options()).unwrap();
        let mut lines = group.lines();
        let input = group.input();
        assert_eq!(lines.recv().await.as_deref(), Some("ready"));
        // As when the one who holds it is killed.
        drop(input);
        assert!(!group.child.wait().await.unwrap().success());
        group.ended = true;
        assert_eq!(
            lines.recv().await,
            None,
            "nobody is left who could say anything"
        );
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
            &options(),
            &events,
            &CancellationToken::new(),
            Limit::Start(Duration::from_secs(600)),
        )
        .await
        .unwrap_err();
        assert!(
            error.remedy().unwrap().contains("--runner compiled"),
            "{error}"
        );
    }
}
