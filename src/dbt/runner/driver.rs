//! dbt in one process: it is told to compile and to parse, tells where it would build, and builds only on a last order.
//!
//! The process is Python's, with our own driver in it. Orders go in as JSON lines; answers come back as JSON lines behind a
//! marker that nobody else knows, among the lines that dbt itself prints. It ends when its input ends, however we ended.

use super::event::DbtEvent;
use super::executable::Interpreter;
use super::group::{Group, Ladder};
use super::process::{self, LAST_WORDS, Patience, ProcessError, Surroundings};
use crate::dbt::rendering::Reported;
use serde::{Deserialize, Serialize};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::process::{ChildStdin, Command};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

const DRIVER: &str = include_str!("../../../assets/dbt/driver.py");

/// How long the imports may take.
const IMPORTS: Duration = Duration::from_secs(120);

/// One dbt process that takes orders.
pub struct Driver {
    group: Group,
    input: ChildStdin,
    lines: mpsc::Receiver<String>,
    marker: String,
    patience: Patience,
}

/// What the driver is told to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    /// Runs a command that parses by itself.
    Compile,
    /// Parses, keeps what was parsed, and tells of every relation.
    Parse,
    /// Tells what a selection takes of what was parsed.
    List,
    /// Builds from what was parsed.
    Go,
}

#[derive(Serialize)]
struct Order<'a> {
    #[serde(rename = "do")]
    verb: Verb,
    args: &'a [String],
    parsed: bool,
}

/// What came of an order.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Answer {
    /// As dbt itself would exit: 0, 1 for failed nodes, 2 for everything else.
    pub exit: i32,
    pub error: Option<String>,
    /// After [`Verb::Parse`].
    #[serde(default)]
    pub relations: Vec<Reported>,
    /// After [`Verb::List`]: unique ids.
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
    #[error("dbt gave no answer for {} seconds; run the same with dbt by hand, or use --runner compiled", .0.as_secs())]
    Silent(Duration),
    #[error("dbt was stopped")]
    Cancelled,
}

impl Driver {
    /// Starts the interpreter and waits until it has imported dbt.
    ///
    /// # Errors
    /// When it can't be started, has no dbt to drive, or does not answer.
    pub async fn start(
        interpreter: &Interpreter,
        surroundings: &Surroundings,
        events: &mpsc::Sender<DbtEvent>,
    ) -> Result<Self, DriverError> {
        let program = interpreter.program.display().to_string();
        let mut process = Command::new(&interpreter.program);
        process.args(&interpreter.arguments).args(["-c", DRIVER]);
        let mut group = Group::start(process, &program, surroundings)?;
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
            patience: surroundings.patience,
        };
        let first = serde_json::json!({ "marker": driver.marker });
        driver.send(&first.to_string()).await?;
        let ready = driver
            .answer(events, &CancellationToken::new(), Some(IMPORTS))
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
    pub async fn order(&mut self, verb: Verb, args: &[String]) -> Result<(), DriverError> {
        let order = Order {
            verb,
            args,
            parsed: matches!(verb, Verb::List | Verb::Go),
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

    /// Waits for the answer to the oldest order, and passes on what dbt says meanwhile. When `cancel` fires, the process group
    /// gets SIGINT, later SIGTERM, later SIGKILL.
    ///
    /// # Errors
    /// When the process ends first, is cancelled, or is silent for longer than `within`.
    pub async fn answer(
        &mut self,
        events: &mpsc::Sender<DbtEvent>,
        cancel: &CancellationToken,
        within: Option<Duration>,
    ) -> Result<Answer, DriverError> {
        let mut ladder = Ladder::new(self.patience);
        let mut error = None;
        let deadline = Instant::now() + within.unwrap_or_default();
        loop {
            tokio::select! {
                biased;
                Some(line) = self.lines.recv() => match self.read(&line) {
                    Some(_) if ladder.is_climbed() => return Err(DriverError::Cancelled),
                    Some(answer) => return Ok(answer),
                    None => process::pass_on(&line, events, &mut error).await,
                },
                () = cancel.cancelled(), if !ladder.is_climbed() => ladder.climb(&mut self.group),
                () = sleep_until(ladder.next), if ladder.is_climbed() => ladder.climb(&mut self.group),
                () = sleep_until(deadline), if within.is_some() => {
                    return Err(DriverError::Silent(within.unwrap_or_default()));
                }
                status = self.group.child.wait() => {
                    status.map_err(ProcessError::Watch)?;
                    self.group.ended = true;
                    return self.last_words(events, error, ladder.is_climbed()).await;
                }
            }
        }
    }

    /// What was said before the end: an answer may be among it.
    async fn last_words(
        &mut self,
        events: &mpsc::Sender<DbtEvent>,
        mut error: Option<String>,
        is_cancelled: bool,
    ) -> Result<Answer, DriverError> {
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
            _ if is_cancelled => Err(DriverError::Cancelled),
            Ok(Some(answer)) => Ok(answer),
            _ => Err(DriverError::Ended(error.or(last))),
        }
    }

    fn read(&self, line: &str) -> Option<Answer> {
        serde_json::from_str(line.strip_prefix(&self.marker)?).ok()
    }
}

impl Answer {
    /// What the command's exit means, in the words of a dbt process.
    #[must_use]
    pub fn ended(&self) -> process::Ended {
        process::Ended {
            verdict: match self.exit {
                0 => process::Verdict::Succeeded,
                1 => process::Verdict::NodesFailed,
                _ => process::Verdict::Failed,
            },
            error: self.error.clone(),
        }
    }
}
