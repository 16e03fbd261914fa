//! dbt in one process: it is told to compile and to parse, tells where it would build, and builds only on a last order.
//!
//! The process is Python's, with our own driver in it. Orders go in as JSON lines; answers come back as JSON lines behind a
//! marker that nobody else knows, among the lines that dbt itself prints. It ends when its input ends, however we ended.

use super::event::DbtEvent;
use super::executable::Interpreter;
use super::group::{Group, SignalEscalation};
use super::limit::{Limit, Timer};
use super::process::{self, GracePeriods, LAST_WORDS, ProcessError, ProcessOptions};
use crate::dbt::rendering::Reported;
use crate::domain::failure::Remedy;
use crate::domain::plan::Bounds;
use serde::{Deserialize, Serialize};
use std::hash::{BuildHasher, Hasher, RandomState};
use tokio::io::AsyncWriteExt;
use tokio::process::{ChildStdin, Command};
use tokio::sync::mpsc;
use tokio::time::{sleep_until, timeout};
use tokio_util::sync::CancellationToken;

/// One program: how SQL is read, what may be sent, and the driver itself.
const DRIVER: &str = concat!(
    include_str!("../../../assets/dbt/lexer.py"),
    include_str!("../../../assets/dbt/gate.py"),
    include_str!("../../../assets/dbt/driver.py"),
);

/// One dbt process that takes orders.
pub struct Driver {
    group: Group,
    input: ChildStdin,
    lines: mpsc::Receiver<String>,
    marker: String,
    grace: GracePeriods,
}

/// What the driver is told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum DriverCommand {
    /// Runs a command that parses by itself.
    Compile,
    /// Parses, and keeps what was parsed.
    Parse,
    /// Tells what a selection takes of what was parsed.
    List,
    /// Takes the arguments of a build of what was parsed and tells, in its place, where it would put every relation.
    Tell,
    /// Builds from what was parsed.
    Go,
}

#[derive(Serialize)]
struct Order<'a> {
    #[serde(rename = "do")]
    verb: DriverCommand,
    args: &'a [String],
    parsed: bool,
    /// What may be changed; nothing where there are none.
    bounds: Option<&'a Bounds>,
}

/// What came of an order.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct DriverAnswer {
    /// As dbt itself would exit: 0, 1 for failed nodes, 2 for everything else.
    pub exit: i32,
    pub error: Option<String>,
    /// After [`DriverCommand::Tell`].
    #[serde(default)]
    pub relations: Vec<Reported>,
    /// After [`DriverCommand::List`]: unique ids.
    #[serde(default)]
    pub ids: Vec<String>,
}

/// Why an order has no answer.
#[derive(Debug, thiserror::Error)]
pub enum DriverError {
    #[error(transparent)]
    Process(#[from] ProcessError),
    /// The interpreter has no dbt that can be driven: before 1.5, or another one's.
    #[error("the Python behind dbt can't drive it: {0}")]
    Unusable(String),
    #[error("dbt ended without an answer{}", .0.as_ref().map_or_else(String::new, |words| format!(": {words}")))]
    Ended(Option<String>),
    /// What was said in the place of an answer is none.
    #[error("the answer of dbt can't be read: {0}")]
    Unreadable(String),
    #[error("{0}, so it was ended")]
    Overdue(Limit),
    #[error("dbt was stopped")]
    Cancelled,
}

impl Remedy for DriverError {
    fn remedy(&self) -> Option<String> {
        match self {
            Self::Process(error) => error.remedy(),
            Self::Unusable(_) | Self::Ended(_) | Self::Unreadable(_) | Self::Overdue(_) => {
                Some("run the same with dbt by hand, or use --runner compiled".to_owned())
            }
            Self::Cancelled => None,
        }
    }
}

impl Driver {
    /// Starts the interpreter and waits until it has imported dbt, for as long as `start` allows.
    ///
    /// # Errors
    /// When it can't be started, has no dbt to drive, or does not answer.
    pub async fn start(
        interpreter: &Interpreter,
        options: &ProcessOptions,
        events: &mpsc::Sender<DbtEvent>,
        start: Limit,
    ) -> Result<Self, DriverError> {
        let program = interpreter.program.display().to_string();
        let mut process = Command::new(&interpreter.program);
        process.args(&interpreter.arguments).args(["-c", DRIVER]);
        let mut group = Group::start(process, &program, options)?;
        let lines = group.lines();
        let input = group.input().ok_or(DriverError::Ended(None))?;
        let mut driver = Self {
            group,
            input,
            lines,
            // What the project's own macros print must not pass for an answer.
            marker: format!(
                "@cutover:{:016x} ",
                RandomState::new().build_hasher().finish()
            ),
            grace: options.grace,
        };
        let first = serde_json::json!({ "marker": driver.marker });
        driver.send(&first.to_string()).await?;
        let ready = driver
            .answer(events, &CancellationToken::new(), start)
            .await?;
        match ready.exit {
            0 => Ok(driver),
            _ => Err(DriverError::Unusable(ready.error.unwrap_or_default())),
        }
    }

    /// Gives an order; the answer is awaited by [`Driver::answer`], in the order of the orders.
    ///
    /// # Errors
    /// When the process is gone.
    pub async fn order(&mut self, verb: DriverCommand, args: &[String]) -> Result<(), DriverError> {
        self.give(verb, args, None).await
    }

    /// The order to build, with what it may change: whatever else dbt would send to the server is not sent.
    ///
    /// # Errors
    /// When the process is gone.
    pub async fn go(&mut self, args: &[String], bounds: &Bounds) -> Result<(), DriverError> {
        self.give(DriverCommand::Go, args, Some(bounds)).await
    }

    async fn give(
        &mut self,
        verb: DriverCommand,
        args: &[String],
        bounds: Option<&Bounds>,
    ) -> Result<(), DriverError> {
        let order = Order {
            verb,
            args,
            parsed: matches!(verb, DriverCommand::List | DriverCommand::Go),
            bounds,
        };
        let text = serde_json::to_string(&order).unwrap_or_default();
        self.send(&text).await
    }

    async fn send(&mut self, line: &str) -> Result<(), DriverError> {
        let written = self.input.write_all(format!("{line}\n").as_bytes()).await;
        written.map_err(|_| DriverError::Ended(None))
    }

    /// Whether the process still runs.
    pub fn is_alive(&mut self) -> bool {
        matches!(self.group.child.try_wait(), Ok(None))
    }

    /// Waits for the answer to the oldest order, and passes on what dbt says meanwhile. When `cancel` fires, or when dbt exceeds the
    /// limit, the process group gets SIGINT, later SIGTERM, later SIGKILL.
    ///
    /// # Errors
    /// When the process ends first, is cancelled, or is ended for the limit's sake.
    pub async fn answer(
        &mut self,
        events: &mpsc::Sender<DbtEvent>,
        cancel: &CancellationToken,
        limit: Limit,
    ) -> Result<DriverAnswer, DriverError> {
        let mut ladder = SignalEscalation::new(self.grace);
        let mut timer = Timer::new(limit);
        let mut stopped = None;
        let mut error = None;
        loop {
            tokio::select! {
                // A dbt that never stops printing must not drown a wish to stop, nor a limit.
                biased;
                () = cancel.cancelled(), if !ladder.is_climbed() => {
                    stopped = Some(DriverError::Cancelled);
                    ladder.climb(&mut self.group);
                }
                () = timer.over(), if !ladder.is_climbed() => {
                    stopped = Some(DriverError::Overdue(limit));
                    ladder.climb(&mut self.group);
                }
                () = sleep_until(ladder.next), if ladder.is_climbed() => ladder.climb(&mut self.group),
                Some(line) = self.lines.recv() => {
                    timer.heard();
                    match self.read(&line) {
                        Some(answer) => return stopped.map_or(answer, Err),
                        None => process::pass_on(&line, events, &mut error).await,
                    }
                }
                status = self.group.child.wait() => {
                    status.map_err(ProcessError::Watch)?;
                    self.group.ended = true;
                    let answer = self.last_words(events, error).await;
                    return stopped.map_or(answer, Err);
                }
            }
        }
    }

    /// What was said before the end: an answer may be among it.
    async fn last_words(
        &mut self,
        events: &mpsc::Sender<DbtEvent>,
        mut error: Option<String>,
    ) -> Result<DriverAnswer, DriverError> {
        let mut last = None;
        let rest = async {
            while let Some(line) = self.lines.recv().await {
                if let Some(answer) = self.read(&line) {
                    return Some(answer);
                }
                process::pass_on(&line, events, &mut error).await;
                last = Some(line).filter(|line| !line.is_empty()).or(last.take());
            }
            None
        };
        match timeout(LAST_WORDS, rest).await {
            Ok(Some(answer)) => answer,
            _ => Err(DriverError::Ended(error.or(last))),
        }
    }

    /// `None`: the line is dbt's own.
    fn read(&self, line: &str) -> Option<Result<DriverAnswer, DriverError>> {
        let text = line.strip_prefix(&self.marker)?;
        let answer = serde_json::from_str(text);
        Some(answer.map_err(|error| DriverError::Unreadable(error.to_string())))
    }
}

impl DriverAnswer {
    /// What the command's exit means, in the words of a dbt process.
    #[must_use]
    pub fn ended(&self) -> process::FinishedRun {
        process::FinishedRun {
            exit: match self.exit {
                0 => process::DbtExit::Succeeded,
                1 => process::DbtExit::NodesFailed,
                _ => process::DbtExit::Failed,
            },
            error: self.error.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::process::GracePeriods;
    use super::*;
    use std::time::Duration;

    /// Answers to the first order as one that stands by, then does as it is told by the script.
    const READY: &str = r#"read -r first; marker=${first#*\"marker\":\"}; printf '%s{"exit":0}\n' "${marker%\"*}"; "#;

    const SOON: Duration = Duration::from_millis(100);
    const LONG: Duration = Duration::from_secs(600);

    async fn start(script: &str, start: Limit) -> Result<Driver, DriverError> {
        let interpreter = Interpreter {
            program: "sh".into(),
            arguments: vec!["-c".to_owned(), script.to_owned()],
        };
        let options = ProcessOptions {
            grace: GracePeriods {
                interrupt: Duration::from_millis(50),
                terminate: Duration::from_millis(50),
            },
            ..ProcessOptions::folder(std::env::temp_dir())
        };
        let (events, _heard) = mpsc::channel(16);
        Driver::start(&interpreter, &options, &events, start).await
    }

    async fn build(
        script: &str,
        limit: Limit,
    ) -> (Result<DriverAnswer, DriverError>, Vec<DbtEvent>) {
        let script = format!("{READY} read -r go; {script}");
        let mut driver = start(&script, Limit::Start(LONG)).await.ok().unwrap();
        let (events, mut heard) = mpsc::channel(16);
        driver.order(DriverCommand::Go, &[]).await.unwrap();
        let answer = driver
            .answer(&events, &CancellationToken::new(), limit)
            .await;
        drop(events);
        let mut all = Vec::new();
        while let Some(event) = heard.recv().await {
            all.push(event);
        }
        (answer, all)
    }

    #[tokio::test]
    async fn a_dbt_that_never_starts_is_ended() {
        let limit = Limit::Start(SOON);
        let error = start("exec sleep 600", limit).await.err().unwrap();
        assert!(
            matches!(error, DriverError::Overdue(it) if it == limit),
            "{error}"
        );
        assert!(error.to_string().contains("dbt_start_deadline"), "{error}");
    }

    #[tokio::test]
    async fn an_answer_that_can_not_be_read_is_told_as_such() {
        let script = r#"printf '%s{"exit":"no"}\n' "${marker%\"*}"; exec sleep 600"#;
        let (answer, _) = build(script, Limit::Start(LONG)).await;
        let error = answer.unwrap_err();
        assert!(matches!(error, DriverError::Unreadable(_)), "{error}");
        assert!(
            error.to_string().contains("`exit`") || error.to_string().contains("\"no\""),
            "{error}"
        );
    }

    #[tokio::test]
    async fn a_dbt_that_never_stops_printing_hears_a_wish_to_stop() {
        let script = format!("{READY} read -r go; exec yes");
        let mut driver = start(&script, Limit::Start(LONG)).await.ok().unwrap();
        let (events, mut heard) = mpsc::channel(16);
        let (cancel, seen) = (CancellationToken::new(), CancellationToken::new());
        let told = seen.clone();
        tokio::spawn(async move {
            while heard.recv().await.is_some() {
                told.cancel()
            }
        });
        driver.order(DriverCommand::Go, &[]).await.unwrap();
        let stop = cancel.clone();
        tokio::spawn(async move {
            seen.cancelled().await;
            stop.cancel()
        });
        let answer = driver.answer(&events, &cancel, Limit::Start(LONG)).await;
        assert!(matches!(answer, Err(DriverError::Cancelled)), "{answer:?}");
    }

    #[tokio::test]
    async fn a_dbt_that_falls_silent_while_it_builds_is_ended_and_heard_to_the_end() {
        let script = "trap 'echo cancelled; exit 1' INT; while :; do sleep 0.01; done";
        let (answer, events) = build(script, Limit::Silence(SOON)).await;
        let error = answer.unwrap_err().to_string();
        assert!(
            error.contains("said nothing for 0.1 s") && error.contains("dbt_silence_deadline"),
            "{error}"
        );
        let cancelled =
            |event: &DbtEvent| matches!(event, DbtEvent::Log { text, .. } if text == "cancelled");
        assert!(events.iter().any(cancelled), "{events:?}");
    }

    #[tokio::test]
    async fn an_answer_in_time_is_one_whatever_the_limit() {
        let script = r#"printf '%s{"exit":1}\n' "${marker%\"*}"; exec sleep 600"#;
        for limit in [Limit::Silence(LONG), Limit::Reading(LONG)] {
            let (answer, _) = build(script, limit).await;
            assert_eq!(answer.unwrap().exit, 1);
        }
    }
}
