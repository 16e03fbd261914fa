//! One operation at work: its steps in order, each under the audit.

use super::audit::Reply;
use super::error::OpsError;
use super::gate::ClosedGate;
use super::planning::Planned;
use super::progress::{ModelState, Progress};
use super::reporter::Reporter;
use super::workspace::Workspace;
use crate::domain::failure::{Remedy, told};
use crate::domain::plan::{
    Bounds, DbtCommand, Difference, Harm, Identities, Plan, Promise, Statement, Step, WithoutFence,
};
use crate::domain::quantity::first_of;
use crate::materialize::error::{Class, Error};
use crate::materialize::execute::{Executor, StatementEvent};
use crate::materialize::observe::Observer;
use std::fmt;
use std::sync::Arc;
use std::time::Instant;
use tokio_util::sync::CancellationToken;

/// How a run of steps ended before its last step.
#[derive(Debug)]
pub(super) enum Stop {
    /// Nothing of this plan took effect.
    Untouched(StopReason),
    /// Some of it did; the same command finishes it.
    Partly(StopReason),
    /// The swap lost every race (40001) of the time that it had.
    SerializationFailure { tries: u32, reason: StopReason },
    /// The swap is committed, and the names are not where it should have put them.
    Elsewhere,
    /// What was confirmed does not hold any more: nothing was swapped.
    Differs(Difference),
    /// The connection broke; `swap_sent` tells whether a COMMIT was on its way.
    LinkLost { reason: StopReason, swap_sent: bool },
    /// A build did not leave production as it was.
    Harmed { reason: StopReason, harm: Vec<Harm> },
    /// The operator asked to stop; what was under way then, where something was.
    Interrupted(Option<String>),
}

impl Stop {
    /// Half a sentence.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Untouched(reason)
            | Self::Partly(reason)
            | Self::SerializationFailure { reason, .. }
            | Self::LinkLost { reason, .. }
            | Self::Harmed { reason, .. } => reason.words.clone(),
            Self::Elsewhere => "the names are elsewhere".to_owned(),
            Self::Differs(difference) => difference.to_string(),
            Self::Interrupted(why) => why.clone().unwrap_or_else(|| "interrupted".to_owned()),
        }
    }
}

/// Why it stopped, and what to do about it where that is known.
#[derive(Debug, Clone)]
pub(super) struct StopReason {
    pub words: String,
    pub remedy: Option<String>,
}

impl<E: Remedy + 'static> From<&E> for StopReason {
    fn from(error: &E) -> Self {
        Self {
            words: told(error),
            remedy: error.remedy(),
        }
    }
}

impl From<String> for StopReason {
    fn from(words: String) -> Self {
        Self {
            words,
            remedy: None,
        }
    }
}

impl fmt::Display for StopReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

/// One operation at work.
pub(super) struct Run<'a> {
    pub workspace: &'a Workspace,
    /// The confirmed plan with what it rests on.
    pub planned: &'a Planned,
    pub cancel: &'a CancellationToken,
    pub reporter: Reporter,
    /// Whether anything took effect yet.
    pub touched: bool,
    /// Whether a build began: then production is looked at, however the rest ends.
    pub has_built: bool,
    /// Whether the swap is committed: from then on nothing stops the rest.
    pub committed: bool,
    /// Kept from the swap's transaction to the end: then the process is not stopped.
    pub gate: Option<ClosedGate>,
    /// What could not be done after the commit, as sentences.
    pub left: Vec<String>,
    /// Models built and to be built by statements.
    pub models: (usize, usize),
    /// A second connection, for looks.
    pub reader: Option<Observer>,
    /// The leave to swap without a fence, where that was confirmed.
    pub without_fence: Option<WithoutFence>,
    /// Once a COMMIT was sent: whose the names were before it.
    pub before_swap: Option<Arc<Identities>>,
}

impl Run<'_> {
    /// Runs all steps, in order. With the swap `plan` becomes what was drawn under its fence.
    pub(super) async fn steps(&mut self, plan: &mut Plan) -> Result<(), Stop> {
        self.reporter.tell(Progress::Started {
            operation: plan.operation,
            steps: plan.steps.len(),
        });
        let (mut executor, reader) = match plan.transaction() {
            Some(_) => {
                let (executor, reader) = tokio::join!(self.connect(), self.connect_reader());
                (executor?, Some(reader?))
            }
            None => (self.connect().await?, None),
        };
        self.reader = reader.or(self.reader.take());
        let mut at = 0;
        while let Some(step) = plan.steps.get(at).cloned() {
            at += 1;
            self.goes_on()?;
            if !matches!(step, Step::Verify(_)) {
                self.holds_lease().await?;
            }
            match &step {
                // Records come last: while a sink is left, production keeps the mark of an unfinished operation.
                Step::Run(_) if !self.left.is_empty() => {}
                Step::Run(statement) => self.run(&mut executor, statement).await?,
                Step::Transaction(_) => {
                    let fresh = self.swap(&mut executor, plan).await?;
                    at = 1 + fresh.steps.iter().take_while(|it| !it.is_swap()).count();
                    *plan = fresh;
                }
                Step::MoveSink { statement, .. } => {
                    if self.move_sink(&mut executor, statement).await? {
                        executor = self.connect().await?;
                    }
                }
                Step::Build { model, statements } => {
                    self.build(&mut executor, model, statements).await?
                }
                Step::Dbt(command) => self.dbt(command).await?,
                Step::Verify(promise) => self.verify(promise).await?,
            }
        }
        Ok(())
    }

    /// Before a COMMIT, a wish to stop is followed between two statements.
    fn goes_on(&self) -> Result<(), Stop> {
        match self.cancel.is_cancelled() && !self.committed {
            true => Err(Stop::Interrupted(None)),
            false => Ok(()),
        }
    }

    pub(super) async fn connect(
        &self,
    ) -> Result<Executor<impl FnMut(StatementEvent) + Send + use<>>, Stop> {
        let reporter = self.reporter.clone();
        let connecting = Executor::connect(self.workspace.connector(), move |event| {
            reporter.hear(event);
        });
        let connected = match self.committed {
            true => connecting.await,
            false => self
                .workspace
                .unless(self.cancel, connecting)
                .await
                .map_err(|interrupted| Stop::Interrupted(Some(interrupted)))?,
        };
        match connected {
            Ok(executor) => Ok(executor.stopped_by(self.cancel.clone(), !self.committed)),
            Err(error) if self.touched => Err(Stop::LinkLost {
                reason: (&error).into(),
                swap_sent: false,
            }),
            Err(error) => Err(Stop::Untouched((&error).into())),
        }
    }

    /// The connection for looks, ready: what is asked of the server to get to know it is asked before the fence stands.
    pub(super) async fn connect_reader(&self) -> Result<Observer, Stop> {
        let connecting = Observer::connect(self.workspace.connector());
        let connected = self.workspace.unless(self.cancel, connecting).await;
        connected
            .map_err(|interrupted| Stop::Interrupted(Some(interrupted)))?
            .map_err(|error| Stop::Untouched((&error).into()))
    }

    async fn run(
        &mut self,
        executor: &mut Executor<impl FnMut(StatementEvent) + Send>,
        statement: &Statement,
    ) -> Result<(), Stop> {
        self.goes_on()?;
        match executor.statement(statement).await {
            Ok(_) => {
                self.touched = true;
                self.lease_goes_with(statement);
                self.audit_holds()
            }
            Err(error) => {
                // An answer that never came may have been a yes.
                self.touched |= error.is_outcome_unknown();
                Err(self.stop(&error))
            }
        }
    }

    /// One model by its statements; the first refusal ends the build.
    async fn build(
        &mut self,
        executor: &mut Executor<impl FnMut(StatementEvent) + Send>,
        model: &str,
        statements: &[Statement],
    ) -> Result<(), Stop> {
        self.has_built = true;
        let began = Instant::now();
        self.tell_model(model, ModelState::Running, None, None);
        for statement in statements {
            if let Err(stop) = self.run(executor, statement).await {
                let words = match &stop {
                    Stop::Untouched(words)
                    | Stop::Partly(words)
                    | Stop::LinkLost { reason: words, .. } => Some(words.to_string()),
                    Stop::SerializationFailure { .. }
                    | Stop::Elsewhere
                    | Stop::Differs(_)
                    | Stop::Harmed { .. }
                    | Stop::Interrupted(_) => None,
                };
                self.tell_model(
                    model,
                    ModelState::Failed,
                    Some(began.elapsed().as_secs_f64()),
                    words,
                );
                return Err(stop);
            }
        }
        self.models.0 += 1;
        self.tell_model(
            model,
            ModelState::Done,
            Some(began.elapsed().as_secs_f64()),
            None,
        );
        Ok(())
    }

    fn tell_model(
        &self,
        name: &str,
        state: ModelState,
        seconds: Option<f64>,
        message: Option<String>,
    ) {
        let (done, total) = self.models;
        self.reporter.tell(Progress::Model {
            name: name.to_owned(),
            state,
            seconds,
            message,
            done,
            total,
        });
    }

    pub(super) fn stop(&self, error: &Error) -> Stop {
        if self.cancel.is_cancelled() && !self.committed {
            return Stop::Interrupted(Some(told(error)));
        }
        match (&error.class, self.touched) {
            (
                Class::LinkLost {
                    statement_sent: false,
                },
                false,
            ) => Stop::Untouched(error.into()),
            (Class::LinkLost { .. } | Class::Timeout { .. }, _) => Stop::LinkLost {
                reason: error.into(),
                swap_sent: false,
            },
            // The server cancelled what it had begun: looking again is the only way to know how far it came.
            (Class::Overdue { .. }, _) | (_, true) => Stop::Partly(error.into()),
            (_, false) => Stop::Untouched(error.into()),
        }
    }

    /// Under a deadline of ours: what can't be moved is left for the next run, and the other sinks are moved all the same.
    ///
    /// # Errors
    /// When the connection broke: then `true` asks for a new one, since the statement may still be running on the old.
    async fn move_sink(
        &mut self,
        executor: &mut Executor<impl FnMut(StatementEvent) + Send>,
        statement: &Statement,
    ) -> Result<bool, Stop> {
        match executor.move_sink(statement).await {
            Ok(_) => {
                self.touched = true;
                Ok(false)
            }
            Err(error) if matches!(error.class, Class::LinkLost { .. }) => Err(Stop::LinkLost {
                reason: (&error).into(),
                swap_sent: false,
            }),
            Err(error) => {
                self.left.push(told(&error));
                Ok(matches!(error.class, Class::Timeout { .. }))
            }
        }
    }

    /// A statement that no audit line explains must stay the last one.
    pub(super) fn audit_holds(&self) -> Result<(), Stop> {
        match self.reporter.audit_failure() {
            None => Ok(()),
            Some(reason) => {
                let words = format!("the audit file can't be written: {reason}");
                Err(Stop::Partly(words.into()))
            }
        }
    }

    /// A dbt process with its output shown. Models that fail leave the record incomplete.
    async fn dbt(&mut self, command: &DbtCommand) -> Result<(), Stop> {
        let shown = command.display();
        self.reporter.sent(&shown);
        self.audit_holds()?;
        self.touched = true;
        self.has_built = true;
        let began = Instant::now();
        let observation = &self.planned.observation;
        let bounds =
            observation.with_inputs(|inputs| Bounds::of(inputs.resolved, &self.planned.plan));
        let stop = self.cancel.child_token();
        let listener = self.reporter.listener();
        let building = self.workspace.let_build(command, &bounds, listener, &stop);
        tokio::pin!(building);
        let (ended, lost) = tokio::select! {
            biased;
            ended = &mut building => (ended, None),
            lost = self.lease_lost() => {
                stop.cancel();
                (building.await, Some(lost))
            }
        };
        let words = ended.as_ref().err().map(OpsError::told);
        self.reporter.answered(&Reply {
            sql: &shown,
            seconds: began.elapsed().as_secs_f64(),
            ok: ended.is_ok(),
            sqlstate: None,
            outcome: words.as_deref().unwrap_or("done"),
        });
        self.goes_on()?;
        match lost {
            Some(lost) => Err(lost),
            None => ended.map_err(|error| Stop::Partly((&error).into())),
        }
    }

    /// Before the record says that the side is whole, the catalog must show what was promised.
    async fn verify(&mut self, promise: &Promise) -> Result<(), Stop> {
        let observation = match self.workspace.observe().await {
            Ok(observation) => observation,
            Err(error) => {
                let error = error.during("what was built can't be read back");
                return Err(Stop::Partly((&error).into()));
            }
        };
        let broken = observation.with_inputs(|inputs| promise.missing_twins(inputs.resolved));
        let reason = format!(
            "the build did not do what it promised: {}",
            first_of(&broken)
        );
        let is_whole = broken.is_empty();
        self.list(broken);
        match self.harm_in(&observation) {
            Some(harm) if is_whole => Err(Stop::Harmed {
                reason: "the build is done".to_owned().into(),
                harm,
            }),
            Some(harm) => Err(Stop::Harmed {
                reason: reason.into(),
                harm,
            }),
            None if is_whole => Ok(()),
            None => Err(Stop::Partly(reason.into())),
        }
    }
}
