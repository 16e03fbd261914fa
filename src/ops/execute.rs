//! Running a confirmed plan: observe again, compare fingerprints, then step by step under the audit.

use super::audit::{AuditFile, Reply};
use super::planning::Planned;
use super::progress::{ModelState, Outcome, OutcomeKind, Progress};
use super::request::Request;
use super::session::Session;
use crate::domain::action::Operation;
use crate::domain::plan::{Confirmation, ConfirmedPlan, DbtCommand, Plan, Statement, Step};
use crate::materialize::error::{Class, Error};
use crate::materialize::execute::{Executor, StatementEvent, TransactionOutcome};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How a run of steps ended before its last step.
#[derive(Debug)]
pub(super) enum Stop {
    /// Nothing of this plan took effect.
    Untouched(String),
    /// Some of it did; the same command finishes it.
    Partly(String),
    /// The swap lost a race (40001): it may be tried again from a new observation.
    Raced(String),
    /// The link broke; `swap_sent` tells whether a COMMIT was on its way.
    LinkLost {
        reason: String,
        swap_sent: bool,
    },
    Interrupted,
}

/// Where progress goes. Nobody listening is no reason to stop.
pub type Listener = mpsc::UnboundedSender<Progress>;

/// One operation at work.
pub(super) struct Run<'a> {
    pub session: &'a Session,
    pub progress: &'a Listener,
    pub cancel: &'a CancellationToken,
    pub audit: Arc<Mutex<AuditFile>>,
    /// Whether anything took effect yet.
    pub touched: bool,
    /// Whether the swap is committed: from then on nothing stops the rest.
    pub committed: bool,
    /// What could not be done after the commit, as sentences.
    pub left: Vec<String>,
    /// Models built and to be built by statements.
    pub models: (usize, usize),
}

impl Session {
    /// Observes again and runs the plan if its fingerprint still holds.
    ///
    /// Once COMMIT is sent, cancelling no longer stops it. The last progress event is always `Finished` with the outcome returned.
    pub async fn execute(
        &self,
        confirmed: ConfirmedPlan,
        progress: Listener,
        cancel: CancellationToken,
    ) -> Outcome {
        let outcome = self.execute_confirmed(&confirmed, &progress, &cancel).await;
        tell(&progress, Progress::Finished(outcome.clone()));
        outcome
    }

    async fn execute_confirmed(
        &self,
        confirmed: &ConfirmedPlan,
        progress: &Listener,
        cancel: &CancellationToken,
    ) -> Outcome {
        let shown = confirmed.plan();
        let request = self.request_of(shown);
        let planned = match self.look_again(&request).await {
            Ok(planned) => planned,
            Err(error) => {
                return outcome(OutcomeKind::Failed, format!("{error} Nothing was changed."));
            }
        };
        let confirmed = match planned.plan.clone().confirm(&Confirmation::Flags {
            expect: Some(shown.fingerprint.to_string()),
        }) {
            Ok(confirmed) => confirmed,
            Err(_) => return outcome(OutcomeKind::Blocked, what_changed(shown, &planned.plan)),
        };
        let plan = confirmed.plan();
        if plan.steps.is_empty() {
            return outcome(OutcomeKind::Done, plan.summary.join(" "));
        }
        if let Err(reason) = self.keep_manifest(plan, &planned) {
            return outcome(
                OutcomeKind::Failed,
                format!("{reason}. Nothing was changed."),
            );
        }
        let by = planned.observation.access.role_name.to_string();
        let audit = match AuditFile::begin(&self.settings().folders.audit, plan, &by) {
            Ok(audit) => Arc::new(Mutex::new(audit)),
            Err(error) => {
                let place = self.settings().folders.audit.display();
                return outcome(
                    OutcomeKind::Failed,
                    format!(
                        "The audit file can't be written in {place}: {error}. Nothing was changed."
                    ),
                );
            }
        };
        let mut run = Run {
            session: self,
            progress,
            cancel,
            audit,
            touched: false,
            committed: false,
            left: Vec::new(),
            models: (
                0,
                plan.steps
                    .iter()
                    .filter(|step| matches!(step, Step::Build { .. }))
                    .count(),
            ),
        };
        let outcome = run.conduct(&request, plan, &planned).await;
        run.close(outcome)
    }

    /// A deploy's manifest must be at hand for whoever goes on from its record: the next deploy, a sync, a rollback.
    fn keep_manifest(&self, plan: &Plan, planned: &Planned) -> Result<(), String> {
        let Some(candidate) = &planned.observation.manifests.candidate else {
            return Ok(());
        };
        if plan.operation != Operation::Deploy {
            return Ok(());
        }
        let file = self.candidate_file().map_err(|error| error.to_string())?;
        let kept = self.store().keep(&file).map_err(|error| {
            format!(
                "the manifest can't be kept in {}: {error}",
                self.store().dir().display()
            )
        })?;
        if kept == candidate.hash() {
            Ok(())
        } else {
            Err(format!(
                "{} changed since the plan was made; look at the plan again",
                file.display()
            ))
        }
    }

    fn request_of(&self, plan: &Plan) -> Request {
        let planned = self.planned.lock().unwrap_or_else(PoisonError::into_inner);
        planned
            .get(&plan.fingerprint)
            .cloned()
            .unwrap_or_else(|| Request::new(plan.operation))
    }

    /// A new plan from a new observation, for the same request; dbt is not asked again.
    pub(super) async fn look_again(
        &self,
        request: &Request,
    ) -> Result<Planned, super::error::OpsError> {
        self.plan_from(request, self.observe().await?).await
    }
}

pub(super) fn tell(progress: &Listener, event: Progress) {
    let _ = progress.send(event);
}

pub(super) fn lock(audit: &Mutex<AuditFile>) -> MutexGuard<'_, AuditFile> {
    audit.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Writes a statement's event to the audit, then tells whoever watches.
fn hear(audit: &Mutex<AuditFile>, progress: &Listener, event: StatementEvent) {
    match event {
        StatementEvent::Started { statement, .. } => {
            lock(audit).sent(&statement);
            if statement == "COMMIT" {
                tell(progress, Progress::Committing);
            }
            tell(progress, Progress::StatementStarted { sql: statement });
        }
        StatementEvent::Finished {
            statement,
            took,
            outcome,
            ..
        } => {
            let seconds = took.as_secs_f64();
            let (ok, words) = match &outcome {
                Ok(done) => (true, done.tag.clone()),
                Err(error) => (false, error.to_string()),
            };
            let sqlstate = outcome.as_ref().err().and_then(Error::sqlstate);
            let reply = Reply {
                sql: &statement,
                seconds,
                ok,
                sqlstate,
                outcome: &words,
            };
            lock(audit).answered(&reply);
            tell(
                progress,
                Progress::StatementFinished {
                    sql: statement,
                    ok,
                    outcome: words,
                    seconds,
                },
            );
        }
    }
}

pub(super) fn outcome(kind: OutcomeKind, message: String) -> Outcome {
    Outcome {
        outcome: kind,
        message,
        next: None,
        audit: None,
    }
}

/// Why a plan that was looked at is not what would run now.
fn what_changed(shown: &Plan, now: &Plan) -> String {
    let mut changes = Vec::new();
    for finding in now
        .findings
        .iter()
        .filter(|finding| !shown.findings.contains(finding))
    {
        changes.push(format!(
            "new: {} ({})",
            finding.id,
            finding.objects.join(", ")
        ));
    }
    for finding in shown
        .findings
        .iter()
        .filter(|finding| !now.findings.contains(finding))
    {
        changes.push(format!(
            "gone: {} ({})",
            finding.id,
            finding.objects.join(", ")
        ));
    }
    let closure = |plan: &Plan| {
        plan.closure
            .iter()
            .map(|item| item.name.clone())
            .collect::<Vec<_>>()
    };
    if closure(shown) != closure(now) {
        changes.push("what a drop would take along".to_owned());
    }
    if changes.is_empty() {
        changes.push("objects or definitions moved".to_owned());
    }
    format!(
        "The facts changed since the plan was shown: {}. Nothing was changed; look at the plan again.",
        changes.join("; ")
    )
}

impl Run<'_> {
    /// Runs all steps, in order.
    pub(super) async fn steps(&mut self, plan: &Plan) -> Result<(), Stop> {
        tell(
            self.progress,
            Progress::Started {
                operation: plan.operation,
                steps: plan.steps.len(),
            },
        );
        let mut executor = self.connect().await?;
        for step in &plan.steps {
            if self.cancel.is_cancelled() && !self.committed {
                return Err(Stop::Interrupted);
            }
            match step {
                // Records come last: while a sink is left, production keeps the mark of an unfinished operation.
                Step::Run(_) if !self.left.is_empty() && self.committed => {}
                Step::Run(statement) => self.run(&mut executor, statement).await?,
                Step::Transaction(statements) => {
                    self.transaction(&mut executor, statements).await?
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
            }
        }
        Ok(())
    }

    async fn connect(&self) -> Result<Executor<impl FnMut(StatementEvent) + use<>>, Stop> {
        let (audit, progress) = (Arc::clone(&self.audit), self.progress.clone());
        let connected = Executor::connect(self.session.connector(), move |event| {
            hear(&audit, &progress, event)
        })
        .await;
        connected.map_err(|error| match self.touched {
            true => Stop::LinkLost {
                reason: error.to_string(),
                swap_sent: false,
            },
            false => Stop::Untouched(error.to_string()),
        })
    }

    async fn run(
        &mut self,
        executor: &mut Executor<impl FnMut(StatementEvent)>,
        statement: &Statement,
    ) -> Result<(), Stop> {
        match executor.statement(statement.sql()).await {
            Ok(_) => {
                self.touched = true;
                self.audit_holds()
            }
            Err(error) => Err(self.stop(&error)),
        }
    }

    /// One model by its statements; the first refusal ends the build.
    async fn build(
        &mut self,
        executor: &mut Executor<impl FnMut(StatementEvent)>,
        model: &str,
        statements: &[Statement],
    ) -> Result<(), Stop> {
        let began = Instant::now();
        self.tell_model(model, ModelState::Running, None, None);
        for statement in statements {
            if let Err(stop) = self.run(executor, statement).await {
                let words = match &stop {
                    Stop::Untouched(words)
                    | Stop::Partly(words)
                    | Stop::LinkLost { reason: words, .. } => Some(words.clone()),
                    Stop::Raced(_) | Stop::Interrupted => None,
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
        tell(
            self.progress,
            Progress::Model {
                name: name.to_owned(),
                state,
                seconds,
                message,
                done,
                total,
            },
        );
    }

    fn stop(&self, error: &Error) -> Stop {
        match (&error.class, self.touched) {
            (
                Class::LinkLost {
                    statement_sent: false,
                    ..
                },
                false,
            ) => Stop::Untouched(error.to_string()),
            (Class::LinkLost { .. } | Class::Timeout { .. }, _) => Stop::LinkLost {
                reason: error.to_string(),
                swap_sent: false,
            },
            (_, true) => Stop::Partly(error.to_string()),
            (_, false) => Stop::Untouched(error.to_string()),
        }
    }

    async fn transaction(
        &mut self,
        executor: &mut Executor<impl FnMut(StatementEvent)>,
        statements: &[Statement],
    ) -> Result<(), Stop> {
        let texts: Vec<&str> = statements.iter().map(Statement::sql).collect();
        match executor.transaction(&texts).await {
            TransactionOutcome::Committed { .. } | TransactionOutcome::Rehearsed { .. } => {
                self.touched = true;
                self.committed = true;
                tell(self.progress, Progress::Committed);
                Ok(())
            }
            outcome if outcome.is_retryable() => match outcome {
                TransactionOutcome::NotCommitted { error, .. } => {
                    Err(Stop::Raced(error.to_string()))
                }
                _ => Err(Stop::Raced("the catalog changed".to_owned())),
            },
            // Without a COMMIT the server undoes the transaction, whatever became of the link.
            TransactionOutcome::NotCommitted { error, .. } => {
                Err(Stop::Untouched(error.to_string()))
            }
            TransactionOutcome::Unknown { error } => Err(Stop::LinkLost {
                reason: error.to_string(),
                swap_sent: true,
            }),
        }
    }

    /// Under a deadline of ours: what can't be moved is left for the next run, and the other sinks are moved all the same.
    ///
    /// # Errors
    /// When the link broke: then `true` asks for a new one, since the statement may still be running on the old.
    async fn move_sink(
        &mut self,
        executor: &mut Executor<impl FnMut(StatementEvent)>,
        statement: &Statement,
    ) -> Result<bool, Stop> {
        let deadline = self.session.settings().promotion.sink_deadline.duration();
        match executor.statement_within(statement.sql(), deadline).await {
            Ok(_) => {
                self.touched = true;
                Ok(false)
            }
            Err(error) if matches!(error.class, Class::LinkLost { .. }) => Err(Stop::LinkLost {
                reason: error.to_string(),
                swap_sent: false,
            }),
            Err(error) => {
                self.left.push(format!("{error}"));
                Ok(matches!(error.class, Class::Timeout { .. }))
            }
        }
    }

    /// A statement that no audit line explains must stay the last one.
    fn audit_holds(&self) -> Result<(), Stop> {
        match lock(&self.audit).failure() {
            None => Ok(()),
            Some(reason) => Err(Stop::Partly(format!(
                "the audit file can't be written: {reason}"
            ))),
        }
    }

    /// A dbt process with its output shown. Models that fail leave the record incomplete.
    async fn dbt(&mut self, command: &DbtCommand) -> Result<(), Stop> {
        let shown = command.display();
        tell(
            self.progress,
            Progress::StatementStarted { sql: shown.clone() },
        );
        lock(&self.audit).sent(&shown);
        self.audit_holds()?;
        self.touched = true;
        let began = Instant::now();
        let ended =
            super::dbt::run(self.session.settings(), command, self.progress, self.cancel).await;
        let seconds = began.elapsed().as_secs_f64();
        let words = ended.as_ref().err().map_or("done", String::as_str);
        let reply = Reply {
            sql: &shown,
            seconds,
            ok: ended.is_ok(),
            sqlstate: None,
            outcome: words,
        };
        lock(&self.audit).answered(&reply);
        tell(
            self.progress,
            Progress::StatementFinished {
                sql: shown.clone(),
                ok: ended.is_ok(),
                outcome: words.to_owned(),
                seconds,
            },
        );
        if self.cancel.is_cancelled() {
            return Err(Stop::Interrupted);
        }
        ended.map_err(Stop::Partly)
    }

    /// Ends the audit and puts its file into the outcome.
    fn close(self, mut outcome: Outcome) -> Outcome {
        let mut audit = lock(&self.audit);
        outcome.audit = Some(audit.path().to_owned());
        audit.end(&outcome);
        outcome
    }

    /// The command that goes on where this one stopped.
    pub(super) fn again(operation: Operation) -> String {
        format!("cutover {operation}")
    }
}
