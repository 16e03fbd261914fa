//! dbt's word for where it will build: one process stands by from the look to the deed, so that what was proven is what runs.

use super::build::{ByDbt, Part};
use super::dbt::{UNREAD, as_result, options, quiet, told};
use super::error::OpsError;
use super::listener::Listener;
use super::stand_by::{StandBy, StandbyDriver, Taken, Told};
use super::state::MANIFEST;
use super::workspace::Workspace;
use crate::config::RunnerKind;
use crate::dbt::compare::Comparison;
use crate::dbt::manifest::{Manifest, ManifestHash, ResourceType};
use crate::dbt::rendering::{self, Parsed, Reported};
use crate::dbt::runner::arguments::{BuildCommand as Build, LEFT_OUT, Program, Suffix};
use crate::dbt::runner::driver::{Driver, DriverAnswer, DriverCommand, DriverError};
use crate::dbt::runner::limit::Limit;
use crate::dbt::runner::{executable, process};
use crate::dbt::selection::{ResourceTypes, Selection, select};
use crate::domain::action::Operation;
use crate::domain::environment::{Environment, Strategy};
use crate::domain::plan::{Bounds, DbtCommand, Request};
use crate::domain::rendered::Rendered;
use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// dbt's own file beside its manifest: what a later parse need not read again.
const PARTIAL_PARSE: &str = "partial_parse.msgpack";

impl Workspace {
    /// Compiles the project before a deploy or a sync by dbt is planned, so that the plan is about the files as they are now; the
    /// same process then parses with the deploy variable while the server is observed.
    ///
    /// # Errors
    /// When dbt can't be started or does not compile the project.
    pub async fn prepare(&self, request: &Request) -> Result<(), OpsError> {
        if !self.builds_by_dbt(request) {
            return Ok(());
        }
        let mut stand_by = self.dbt.lock().await;
        // An older one ends here.
        *stand_by = StandBy::Nobody;
        *stand_by = match self.start().await? {
            None => {
                self.compile().await?;
                StandBy::Processes
            }
            Some(mut driver) => {
                self.compile_with(&mut driver).await?;
                if self.environment().strategy == Strategy::Swap {
                    let program = self.program()?;
                    let suffix = Suffix::Deployment;
                    let path = self.build_path(&program, suffix);
                    self.seed_partial_parse(&path);
                    let command = program.render(suffix, &path);
                    driver.order_parse(&command.arguments).await?;
                }
                StandBy::Driver(Box::new(driver))
            }
        };
        Ok(())
    }

    /// As [`Workspace::prepare`], where the dbt that the plan was made with is gone.
    pub(super) async fn stand_by_again(&self, request: &Request) -> Result<(), OpsError> {
        if !self.builds_by_dbt(request) {
            return Ok(());
        }
        let stands = match &mut *self.dbt.lock().await {
            StandBy::Driver(driver) => driver.driver.is_alive(),
            StandBy::Processes => true,
            StandBy::Nobody => false,
        };
        if stands {
            return Ok(());
        }
        self.prepare(request).await
    }

    /// Lets go of the dbt that stands by: the plan was carried out, or nobody wants it any more.
    pub async fn abandon(&self) {
        *self.dbt.lock().await = StandBy::Nobody;
    }

    fn builds_by_dbt(&self, request: &Request) -> bool {
        matches!(request.operation, Operation::Deploy | Operation::Sync)
            && self.settings().dbt.runner == RunnerKind::Dbt
    }

    /// Where a build with these variables writes: a target path of its own, so that dbt finds again what it parsed with them.
    pub(super) fn build_path(&self, program: &Program, suffix: Suffix) -> PathBuf {
        let variables = program.render(suffix, Path::new("")).arguments;
        let name = ManifestHash::of(variables.join("\0").as_bytes());
        self.scratch().join(format!("vars-{name}"))
    }

    /// dbt parses less where it finds what the project's own parse left. What can't be copied costs time only.
    fn seed_partial_parse(&self, path: &Path) {
        let own = path.join(PARTIAL_PARSE);
        if own.exists() {
            return;
        }
        if let Ok(project) = self.settings().project() {
            let seeded = fs::create_dir_all(path)
                .and_then(|()| fs::copy(project.target_path.join(PARTIAL_PARSE), &own));
            if let Err(error) = seeded {
                tracing::info!(target: "dbt", "no partial parse to begin with: {error}");
            }
        }
    }

    /// Starts the driver. `None`: dbt is no Python program that could be driven.
    async fn start(&self) -> Result<Option<StandbyDriver>, OpsError> {
        let settings = self.settings();
        let program = settings.dbt.executable.display().to_string();
        let file = executable::find(&program, &settings.project_dir)?;
        let Some(interpreter) = executable::interpreter(&file) else {
            return Ok(None);
        };
        let options = options(settings);
        let deadlines = settings.dbt.deadlines;
        let start = Limit::Start(deadlines.start.duration());
        let started =
            quiet(async |events| Driver::start(&interpreter, &options, events, start).await).await;
        match started {
            Ok(driver) => Ok(Some(StandbyDriver {
                driver,
                reading: Limit::Reading(deadlines.read.duration()),
                ordered: None,
                parsed: None,
            })),
            Err(error @ DriverError::Unusable(_)) => {
                tracing::info!(target: "dbt", "{error}");
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// As [`Workspace::compile`], by the process that stands by.
    async fn compile_with(&self, driver: &mut StandbyDriver) -> Result<(), OpsError> {
        let target_path = self.settings().project()?.target_path.clone();
        let program = self.program()?;
        let mut last = Ok(());
        for command in [program.compile(&target_path), program.parse(&target_path)] {
            let answer = driver
                .order(DriverCommand::Compile, &command.arguments)
                .await?;
            last = as_result(answer.ended());
            if last.is_ok() {
                break;
            }
        }
        last.map_err(|error| error.during(UNREAD))
    }

    /// Where everything would be built that these commands take.
    ///
    /// # Errors
    /// When dbt can't be started, does not parse the project, or does not answer.
    pub(super) async fn prove(
        &self,
        asked: &ByDbt,
        environment: &Environment,
    ) -> Result<Rendered, OpsError> {
        let path = self.build_path(&asked.program, asked.suffix);
        let render = asked.program.render(asked.suffix, &path);
        let mut stand_by = self.dbt.lock().await;
        let is_gone = match &mut *stand_by {
            StandBy::Driver(driver) => !driver.driver.is_alive(),
            StandBy::Nobody => true,
            StandBy::Processes => false,
        };
        if is_gone {
            *stand_by = match self.start().await? {
                Some(driver) => StandBy::Driver(Box::new(driver)),
                None => StandBy::Processes,
            };
        }
        let told = match &mut *stand_by {
            StandBy::Driver(driver) => driver.tell(&render.arguments, &asked.parts, &path).await,
            _ => self.tell_by_processes(&render, asked, &path).await,
        };
        match told {
            Ok((manifest, taken)) => Ok(proven(&manifest, &taken, asked, environment)),
            Err(error) => {
                *stand_by = StandBy::Nobody;
                Err(error)
            }
        }
    }

    /// The same from a parse by a process of its own, as far as a manifest can tell it.
    async fn tell_by_processes(
        &self,
        render: &DbtCommand,
        asked: &ByDbt,
        path: &Path,
    ) -> Result<(Arc<Manifest>, Taken), OpsError> {
        self.quietly(render).await?;
        let manifest = Arc::new(Manifest::read(&path.join(MANIFEST))?);
        let connection = self.settings().connection().ok();
        let default = connection.and_then(|connection| connection.cluster.as_deref());
        let report =
            Reported::from_manifest(&manifest, default, asked.suffix == Suffix::Deployment);
        let selected = selected(&manifest, asked, self)?;
        Ok((manifest, Taken { selected, report }))
    }

    /// Lets dbt build: the process that stands by, with what it has parsed.
    ///
    /// # Errors
    /// When it is gone, was stopped, or models failed.
    pub(super) async fn let_build(
        &self,
        command: &DbtCommand,
        bounds: &Bounds,
        progress: &Listener,
        cancel: &CancellationToken,
    ) -> Result<(), OpsError> {
        let silence = Limit::Silence(self.settings().dbt.deadlines.silence.duration());
        let mut stand_by = self.dbt.lock().await;
        told(command, progress, async |events| match &mut *stand_by {
            StandBy::Driver(driver) => {
                let go = async {
                    driver.driver.go(&command.arguments, bounds).await?;
                    driver.driver.answer(events, cancel, silence).await
                };
                let answer: DriverAnswer = go.await?;
                Ok(answer.ended())
            }
            StandBy::Processes => {
                let options = options(self.settings());
                Ok(process::run(command, &options, events, cancel, silence).await?)
            }
            StandBy::Nobody => {
                let gone = OpsError::tool("the dbt that the plan was made with is gone");
                Err(gone.with_remedy("look at the plan again"))
            }
        })
        .await
    }
}

impl StandbyDriver {
    async fn order_parse(&mut self, arguments: &[String]) -> Result<(), DriverError> {
        self.driver.order(DriverCommand::Parse, arguments).await?;
        self.ordered = Some(arguments.to_vec());
        Ok(())
    }

    /// Parses unless that is done, and tells what these parts take and where they put it.
    async fn tell(
        &mut self,
        arguments: &[String],
        parts: &[Part],
        path: &Path,
    ) -> Result<(Arc<Manifest>, Taken), OpsError> {
        let parsed = self.parsed.take();
        let mut told = match parsed.filter(|told| told.arguments == arguments) {
            Some(told) => told,
            None => self.parse(arguments, path).await?,
        };
        let mut taken = Taken::default();
        for part in parts {
            let arguments = &part.list.arguments;
            if !told.listed.contains_key(arguments) {
                let answer = self.ask(DriverCommand::List, arguments).await?;
                told.listed.insert(arguments.clone(), answer.ids);
            }
            let ids = told.listed.get(arguments).into_iter().flatten();
            taken.selected.extend(ids.cloned());
            // Under the command that will build: a macro may ask which one it is.
            let arguments = &part.command.arguments;
            if !told.placed.contains_key(arguments) {
                let answer = self.ask(DriverCommand::Tell, arguments).await?;
                told.placed.insert(arguments.clone(), answer.relations);
            }
            let placed = told.placed.get(arguments).into_iter().flatten();
            taken
                .report
                .extend(placed.filter(|reported| part.builds(reported)).cloned());
        }
        let manifest = Arc::clone(&told.manifest);
        self.parsed = Some(told);
        Ok((manifest, taken))
    }

    async fn parse(&mut self, arguments: &[String], path: &Path) -> Result<Told, OpsError> {
        if let Some(ordered) = self.ordered.take_if(|ordered| ordered != arguments) {
            tracing::info!(target: "dbt", "an order that nobody needs any more: {ordered:?}");
            self.hear().await?;
        }
        if self.ordered.is_none() {
            self.order_parse(arguments).await?;
        }
        let answer = self.hear().await?;
        self.ordered = None;
        as_result(answer.ended())
            .map_err(|error| error.during("dbt could not parse the project as a deploy does"))?;
        Ok(Told {
            arguments: arguments.to_vec(),
            manifest: Arc::new(Manifest::read(&path.join(MANIFEST))?),
            listed: HashMap::new(),
            placed: HashMap::new(),
        })
    }

    async fn order(
        &mut self,
        verb: DriverCommand,
        arguments: &[String],
    ) -> Result<DriverAnswer, OpsError> {
        self.driver.order(verb, arguments).await?;
        self.hear().await
    }

    /// What dbt says of a build that it is not yet to begin.
    async fn ask(
        &mut self,
        verb: DriverCommand,
        arguments: &[String],
    ) -> Result<DriverAnswer, OpsError> {
        let answer = self.order(verb, arguments).await?;
        as_result(answer.ended())
            .map_err(|error| error.during("dbt could not tell what it would build"))?;
        Ok(answer)
    }

    async fn hear(&mut self) -> Result<DriverAnswer, OpsError> {
        let never = CancellationToken::new();
        let (driver, reading) = (&mut self.driver, self.reading);
        let heard = quiet(async |events| driver.answer(events, &never, reading).await).await;
        Ok(heard?)
    }
}

impl Part {
    /// Whether this command builds what is reported: seeds are another's.
    fn builds(&self, reported: &Reported) -> bool {
        reported.id.starts_with("seed.") == matches!(self.verb, Build::Seed)
    }
}

fn proven(
    manifest: &Manifest,
    taken: &Taken,
    asked: &ByDbt,
    environment: &Environment,
) -> Rendered {
    rendering::rendered(&Parsed {
        manifest,
        report: &taken.report,
        selected: &taken.selected,
        planned: &asked.planned,
        environment,
        is_suffixed: asked.suffix == Suffix::Deployment,
    })
}

/// What the selectors take, by our own reading of them.
fn selected(
    manifest: &Arc<Manifest>,
    asked: &ByDbt,
    workspace: &Workspace,
) -> Result<BTreeSet<String>, OpsError> {
    let comparison = Comparison::new(None, Arc::clone(manifest), workspace.compare_options());
    let mut taken = BTreeSet::new();
    for part in &asked.parts {
        let chosen = &part.selection;
        let kind = match part.verb {
            Build::Run => ResourceType::Model,
            Build::Seed => ResourceType::Seed,
        };
        let left_out = LEFT_OUT.map(str::to_owned);
        let exclude = [chosen.exclude.as_slice(), &left_out].concat();
        let selection = Selection::parse(&chosen.select, &exclude)?;
        let selection = selection.resource_types(ResourceTypes::only([kind]));
        let found = select(&comparison, &selection)?;
        taken.extend(found.iter().map(ToString::to_string));
    }
    Ok(taken)
}
