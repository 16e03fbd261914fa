//! Running a confirmed plan: observe again, compare fingerprints, then step by step under the audit.

use super::audit::AuditFile;
use super::error::OpsError;
use super::listener::Listener;
use super::planning::Planned;
use super::progress::{Outcome, OutcomeKind, Progress};
use super::reporter::Reporter;
use super::run::Run;
use super::workspace::Workspace;
use crate::domain::action::Operation;
use crate::domain::environment::Side;
use crate::domain::failure::Remedy;
use crate::domain::name::SchemaId;
use crate::domain::plan::{Confirmation, Confirmed, ConfirmedPlan, Plan, Request, Step};
use tokio_util::sync::CancellationToken;

impl Workspace {
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
        self.release_lease().await;
        progress.tell(Progress::Finished(outcome.clone()));
        outcome
    }

    async fn execute_confirmed(
        &self,
        confirmed: &ConfirmedPlan,
        progress: &Listener,
        cancel: &CancellationToken,
    ) -> Outcome {
        let shown = confirmed.plan();
        let request = &shown.request;
        let anew = async {
            if let Some(planned) = self.shown_again(shown)? {
                return Ok(planned);
            }
            self.stand_by_again(request).await?;
            self.look_under_lease(shown).await
        };
        let planned = match self.unless(cancel, anew).await {
            Ok(Ok(planned)) => planned,
            Ok(Err(error)) => return untouched(&error),
            Err(interrupted) => {
                return Outcome::new(
                    OutcomeKind::Interrupted,
                    format!("{interrupted}; nothing was changed."),
                );
            }
        };
        if let Err(difference) = Confirmed::newly(shown).holds(&planned.plan) {
            let told = self.what_differs(None, shown, &difference).await;
            return Outcome::new(OutcomeKind::Blocked, format!("{told} Nothing was changed."));
        }
        let expect = Some(planned.plan.fingerprint.to_string());
        let confirmed = match planned
            .plan
            .clone()
            .confirm(&Confirmation::Flags { expect })
        {
            Ok(confirmed) => confirmed,
            Err(refused) => {
                return Outcome::new(
                    OutcomeKind::Blocked,
                    format!("Not confirmed: {refused}. Nothing was changed."),
                );
            }
        };
        let plan = confirmed.plan();
        if plan.steps.is_empty() {
            return Outcome::new(OutcomeKind::Done, plan.summary.join(" "));
        }
        if let Err(error) = self.keep_manifest(plan, &planned) {
            return untouched(&error);
        }
        let by = planned.observation.access.role_name.to_string();
        let dir = &self.settings().folders.audit;
        let audit = match AuditFile::begin(dir, plan, &by, builds_in(plan, &planned)) {
            Ok(audit) => audit,
            Err(error) => {
                let what = format!("The audit file can't be written in {}", dir.display());
                return untouched(&OpsError::file(what)(error));
            }
        };
        let reporter = Reporter::new(progress.clone(), audit);
        if let Some(marker) = self.lease() {
            reporter.write(&format!("The lease: {}", marker.statement().sql()));
        }
        let way_back = self.leave_way_back(plan, &planned, &reporter.audit_path());
        let mut run = Run {
            workspace: self,
            planned: &planned,
            cancel,
            reporter: reporter.clone(),
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
                    reporter.note(format!("The way back for psql: {}", script.display()));
                }
                run.conduct(plan).await
            }
            Err(error) => untouched(&OpsError::file("The way back for psql can't be written")(
                error,
            )),
        };
        reporter.end(outcome)
    }

    /// A deploy's manifest must be at hand for whoever goes on from its record: the next deploy, a sync, a rollback.
    fn keep_manifest(&self, plan: &Plan, planned: &Planned) -> Result<(), OpsError> {
        let Some(candidate) = &planned.observation.manifests.candidate else {
            return Ok(());
        };
        if plan.operation != Operation::Deploy {
            return Ok(());
        }
        let file = self.candidate_file()?;
        let dir = self.store().dir().display();
        let what = format!("the manifest can't be kept in {dir}");
        let kept = self.store().keep(&file).map_err(OpsError::file(what))?;
        if kept == *candidate.hash() {
            Ok(())
        } else {
            let message = format!("{} changed since the plan was made", file.display());
            Err(OpsError::usage(message).with_remedy("look at the plan again"))
        }
    }

    /// A new plan from a new observation, for the same request; dbt is not asked again.
    pub(super) async fn look_again(&self, request: &Request) -> Result<Planned, OpsError> {
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

/// An end before the first statement.
fn untouched(error: &OpsError) -> Outcome {
    let message = format!("{}. Nothing was changed.", error.told());
    Outcome::new(OutcomeKind::Failed, message).with_remedy(error.remedy())
}
