//! Running a confirmed plan: observe again, compare fingerprints, then step by step under the audit.

use super::audit::AuditFile;
use super::planning::Planned;
use super::progress::{Outcome, OutcomeKind, Progress};
use super::request::Request;
use super::run::Run;
use super::session::Session;
use crate::domain::action::Operation;
use crate::domain::environment::Side;
use crate::domain::name::SchemaId;
use crate::domain::plan::{Confirmation, Confirmed, ConfirmedPlan, Plan, Step};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Where progress goes. Nobody listening is no reason to stop.
pub type Listener = mpsc::UnboundedSender<Progress>;

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
        if matches!(
            confirmed.plan().operation,
            Operation::Deploy | Operation::Sync
        ) {
            self.abandon().await;
        }
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
        let anew = async {
            if let Some(planned) = self.shown_again(&request, shown)? {
                return Ok(planned);
            }
            self.stand_by_again(&request).await?;
            self.look_again(&request).await
        };
        let planned = match self.unless(cancel, anew).await {
            Ok(Ok(planned)) => planned,
            Ok(Err(error)) => {
                return outcome(OutcomeKind::Failed, format!("{error} Nothing was changed."));
            }
            Err(interrupted) => {
                return outcome(
                    OutcomeKind::Interrupted,
                    format!("{interrupted}; nothing was changed."),
                );
            }
        };
        if let Err(difference) = Confirmed::newly(shown).holds(&planned.plan) {
            let told = self.what_differs(None, shown, &difference).await;
            return outcome(OutcomeKind::Blocked, format!("{told} Nothing was changed."));
        }
        let expect = Some(planned.plan.fingerprint.to_string());
        let confirmed = match planned
            .plan
            .clone()
            .confirm(&Confirmation::Flags { expect })
        {
            Ok(confirmed) => confirmed,
            Err(refused) => {
                return outcome(
                    OutcomeKind::Blocked,
                    format!("Not confirmed: {refused}. Nothing was changed."),
                );
            }
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
        let dir = &self.settings().folders.audit;
        let audit = match AuditFile::begin(dir, plan, &by, builds_in(plan, &planned)) {
            Ok(audit) => Arc::new(Mutex::new(audit)),
            Err(error) => {
                let place = dir.display();
                return outcome(
                    OutcomeKind::Failed,
                    format!(
                        "The audit file can't be written in {place}: {error}. Nothing was changed."
                    ),
                );
            }
        };
        let way_back = self.leave_way_back(plan, &planned, lock(&audit).path());
        let mut run = Run {
            session: self,
            planned: &planned,
            progress,
            cancel,
            audit,
            touched: false,
            has_built: false,
            committed: false,
            gate: None,
            left: Vec::new(),
            reader: None,
            without_fence: confirmed.without_fence(),
            before_swap: None,
            models: (
                0,
                plan.steps
                    .iter()
                    .filter(|step| matches!(step, Step::Build { .. }))
                    .count(),
            ),
        };
        let outcome = match way_back {
            Ok(script) => {
                if let Some(script) = script {
                    run.note(format!("The way back for psql: {}", script.display()));
                }
                run.conduct(&request, plan, &planned).await
            }
            Err(error) => outcome(
                OutcomeKind::Failed,
                format!("The way back for psql can't be written: {error}. Nothing was changed."),
            ),
        };
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
        if kept == *candidate.hash() {
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

/// The schemas whose contents a build replaces, by id.
fn builds_in(plan: &Plan, planned: &Planned) -> Vec<SchemaId> {
    match plan.operation {
        Operation::Deploy | Operation::Sync => planned.observation.schemas(Side::Deployment),
        _ => Vec::new(),
    }
}

pub(super) fn tell(progress: &Listener, event: Progress) {
    let _ = progress.send(event);
}

pub(super) fn lock(audit: &Mutex<AuditFile>) -> MutexGuard<'_, AuditFile> {
    audit.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(super) fn outcome(kind: OutcomeKind, message: String) -> Outcome {
    Outcome {
        outcome: kind,
        message,
        next: None,
        audit: None,
    }
}
