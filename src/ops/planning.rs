//! From a request to a plan: observe, plan, rehearse.

use super::audit;
use super::build::Builder;
use super::error::OpsError;
use super::workspace::{Observation, Workspace};
use crate::domain::action::{Danger, Operation};
use crate::domain::environment::Side;
use crate::domain::finding::{Finding, FindingId, Severity};
use crate::domain::last_build::LastBuilds;
use crate::domain::plan::{self, Build, Plan, Request, Stamp};
use crate::domain::readiness::Readiness;
use crate::materialize::error::Error;
use crate::materialize::execute::Executor;
use crate::materialize::observe::Observer;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How often a rehearsal that only lost a race is sent again.
const REHEARSAL_TRIES: u32 = 3;

/// One late reading is no finding: while lag alone is in the way, the server is looked at again, for this long at most.
pub(super) const LONGEST_FLAP: Duration = Duration::from_secs(3);
pub(super) const NEXT_LOOK: Duration = Duration::from_millis(500);

/// A plan with the observation that it rests on.
#[derive(Debug)]
pub struct Planned {
    pub plan: Plan,
    pub observation: Arc<Observation>,
}

impl Workspace {
    /// Observes, plans and rehearses; changes nothing.
    ///
    /// # Errors
    /// When the server can't be read, a manifest is broken, or what was asked for can't be done as asked.
    pub async fn plan(&self, request: &Request) -> Result<Planned, OpsError> {
        self.prepare(request).await?;
        self.plan_from(request, self.observe().await?).await
    }

    /// Plans from an observation that was just made.
    ///
    /// # Errors
    /// As [`Workspace::plan`].
    pub async fn plan_from(
        &self,
        request: &Request,
        observation: Observation,
    ) -> Result<Planned, OpsError> {
        let mut observation = observation;
        let mut build = self.build(request, &observation).await?;
        let mut plan = self.draw(request, &observation, build.clone(), None, &self.stamp())?;
        let settle = self.settings().waiting.settle.duration().min(LONGEST_FLAP);
        let until = Instant::now() + settle;
        while only_lags(&plan, &observation) && Instant::now() < until {
            sleep(NEXT_LOOK.min(settle)).await;
            observation = self.observe().await?;
            build = self.build(request, &observation).await?;
            plan = self.draw(request, &observation, build.clone(), None, &self.stamp())?;
        }
        if let Some(refused) = self.rehearse(&plan).await? {
            plan = self.draw(request, &observation, build, Some(refused), &self.stamp())?;
        }
        let observation = Arc::new(observation);
        self.remember(&plan, &observation);
        Ok(Planned { plan, observation })
    }

    fn remember(&self, plan: &Plan, observation: &Arc<Observation>) {
        let mut last = self
            .last_look
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *last = Some((plan.fingerprint.clone(), Arc::clone(observation)));
    }

    /// The plan that was shown, with the time of now, from the look that it was drawn from: where the binding look comes under the fence,
    /// none is needed before it. `None`: that look is not at hand, or something is written before the fence stands.
    pub(super) fn shown_again(&self, shown: &Plan) -> Result<Option<Planned>, OpsError> {
        let request = &shown.request;
        if shown.transaction().is_none() || shown.writes_before_swap() || request.without_fence {
            return Ok(None);
        }
        let last = self
            .last_look
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let known = last.as_ref().filter(|(of, _)| *of == shown.fingerprint);
        let Some(observation) = known.map(|(_, observation)| Arc::clone(observation)) else {
            return Ok(None);
        };
        drop(last);
        let plan = self.draw(request, &observation, Build::default(), None, &self.stamp())?;
        Ok(Some(Planned { plan, observation }))
    }

    /// A plan from the look under a fence: drawn, neither rehearsed nor waited for. What is not the server's is as it was.
    pub(super) async fn plan_under_fence(
        &self,
        request: &Request,
        observer: &mut Observer,
        earlier: &Observation,
        stamp: &Stamp,
    ) -> Result<Planned, OpsError> {
        let observation = Arc::new(self.observe_on(observer, Some(earlier)).await?);
        let plan = self.draw(request, &observation, Build::default(), None, stamp)?;
        Ok(Planned { plan, observation })
    }

    /// What a deploy or a sync builds, with the proof of where.
    async fn build(&self, request: &Request, observation: &Observation) -> Result<Build, OpsError> {
        let builder = Builder::new(self, observation);
        let drawn = match request.operation {
            Operation::Deploy => builder.candidate(request)?,
            Operation::Sync => builder.production()?,
            _ => return Ok(Build::default()),
        };
        let mut build = drawn.build;
        if let Some(by_dbt) = &drawn.by_dbt {
            let proven = self.prove(by_dbt, &observation.board.environment).await?;
            build.rendered.relations.extend(proven.relations);
            build.rendered.doubts.extend(proven.doubts);
        }
        Ok(build)
    }

    fn draw(
        &self,
        request: &Request,
        observation: &Observation,
        build: Build,
        rehearsed: Option<Finding>,
        stamp: &Stamp,
    ) -> Result<Plan, OpsError> {
        let mut plan = observation.with_inputs(|inputs| match request.operation {
            Operation::Init => Ok(plan::init(inputs, stamp, request)),
            Operation::Deploy => Ok(plan::deploy(inputs, stamp, build, request)),
            Operation::Sync => Ok(plan::sync(inputs, stamp, build, request)),
            Operation::Promote => Ok(plan::promote(inputs, stamp, request, rehearsed)),
            Operation::Rollback => Ok(plan::rollback(inputs, stamp, request, rehearsed)),
            Operation::Cleanup => Ok(plan::cleanup(inputs, stamp, request)),
            Operation::Repair => {
                let builds = self.last_builds(observation);
                Ok(plan::repair(inputs, stamp, &builds, request))
            }
            Operation::Await => Err(OpsError::usage("await has no plan: it only waits")),
        })?;
        if self.settings().read_only && request.operation.danger() > Danger::Look {
            plan.findings.insert(0, read_only(self.settings().target()));
        }
        Ok(plan)
    }

    /// What the audit trail of this machine tells of both sides.
    fn last_builds(&self, observation: &Observation) -> LastBuilds {
        let environment = observation.board.environment.id();
        let on = |side| {
            let schemas = observation.schemas(side).into_iter().collect();
            audit::last_build(&self.settings().folders.audit, &environment, &schemas)
        };
        LastBuilds {
            production: on(Side::Production),
            deployment: on(Side::Deployment),
        }
    }

    /// Sends the transaction with ROLLBACK in place of COMMIT. A plan that is blocked already is not rehearsed.
    async fn rehearse(&self, plan: &Plan) -> Result<Option<Finding>, OpsError> {
        let Some(swap) = plan.transaction().filter(|_| !plan.is_blocked()) else {
            return Ok(None);
        };
        let mut executor = Executor::connect(self.connector(), |_| {}).await?;
        let mut rehearsed = executor.rehearse(swap).await;
        for _ in 1..REHEARSAL_TRIES {
            if rehearsed.as_ref().is_err_and(Error::is_retried) {
                rehearsed = executor.rehearse(swap).await;
            }
        }
        let Err(error) = rehearsed else {
            return Ok(None);
        };
        match error.server() {
            Some(words) => Ok(Some(plan::rehearsal_refused(
                &words.to_string(),
                self.settings().target(),
            ))),
            None => Err(error.into()),
        }
    }
}

/// Whether nothing but lag blocks the plan: what lasts of it will still be there in a moment.
fn only_lags(plan: &Plan, observation: &Observation) -> bool {
    plan.is_blocked()
        && plan.blocks().all(|finding| finding.id.is_momentary())
        && observation.board.deployment.readiness == Readiness::Lagging
}

fn read_only(target: &str) -> Finding {
    Finding {
        id: FindingId::ReadOnly,
        severity: Severity::Block,
        message: "The session is read-only.".to_owned(),
        remedy: "Leave out --read-only, or set `read_only = false` for this environment."
            .to_owned(),
        objects: vec![target.to_owned()],
    }
}
