//! What a deploy or a sync builds: which models, why these, and by which runner.

mod builder;
mod choice;
mod drawn;
mod elsewhere;

use super::error::OpsError;
use super::project::{Changes, relation};
use super::workspace::{Observation, Workspace};
use crate::config::RunnerKind;
use crate::dbt::manifest::{Manifest, Node, ResourceType};
use crate::dbt::runner::arguments::{BuildCommand, SelectionArguments as DbtSelection, Suffix};
use crate::dbt::runner::compiled::{self, BuildRequest, ExistingRelation};
use crate::domain::definition::digest;
use crate::domain::environment::{Side, Strategy};
use crate::domain::finding::{Finding, FindingId, Severity};
use crate::domain::name::{Identifier, QualifiedName};
use crate::domain::object::ObjectKind;
use crate::domain::plan::{Build, Request, Step, qualified};
use crate::domain::quantity::count;
use crate::domain::rendered::{Rendered, RenderedRelation};
pub(super) use builder::Builder;
use builder::is_built_by_dbt;
use builder::is_deployed;
use choice::Choice;
pub(super) use drawn::{ByDbt, Drawn, Part};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// What the compiled runner does, what it can't, and where it puts things.
struct CompiledSteps {
    steps: Vec<Step>,
    refused: Vec<Finding>,
    rendered: Rendered,
}

impl<'a> Builder<'a> {
    pub fn new(workspace: &'a Workspace, observation: &'a Observation) -> Self {
        Self {
            workspace,
            observation,
        }
    }

    /// The candidate: the project as last compiled, against what the deployment side holds.
    pub fn candidate(&self, request: &Request) -> Result<Drawn, OpsError> {
        let Some(manifest) = &self.observation.manifests.candidate else {
            let file = self.workspace.candidate_file()?;
            let missing = OpsError::usage(format!("there is no {}", file.display()));
            return Err(missing.with_remedy("run `dbt compile` in the project first"));
        };
        let mut choice = if request.select.is_empty() {
            self.choose(manifest, self.base(request)?.as_ref(), request)?
        } else {
            self.choose_by(manifest, request)?
        };
        // dbt itself reads the files before it builds.
        if self.workspace.settings().dbt.runner == RunnerKind::Compiled {
            choice.findings.extend(self.workspace.stale());
        }
        self.build(choice)
    }

    /// What production runs, against what the retired side holds.
    pub fn production(&self) -> Result<Drawn, OpsError> {
        let manifests = &self.observation.manifests;
        let Some(production) = &manifests.production else {
            let message = "the manifest of what production runs is not in the state directory, so there is nothing to sync from";
            let remedy = "fetch the state directory of the machine that deployed it";
            return Err(OpsError::usage(message).with_remedy(remedy));
        };
        let request = Request::new(crate::domain::action::Operation::Sync);
        let mut choice = self.choose(production, manifests.deployment.as_ref(), &request)?;
        choice.findings.extend(self.built_by_hand());
        if self.workspace.settings().dbt.runner == RunnerKind::Dbt {
            choice.findings.extend(self.project_differs(production)?);
        }
        self.build(choice)
    }

    /// What somebody built in production since its record was written, its manifest does not tell: a sync would not make the twin equal,
    /// and would end the way back for nothing.
    fn built_by_hand(&self) -> Option<Finding> {
        let board = &self.observation.board;
        board.provenance.is_outdated(Side::Production).then(|| Finding {
            id: FindingId::ProjectDiffers,
            severity: Severity::Block,
            message: "Somebody built in production since its record was written, so its manifest no longer tells what it runs.".to_owned(),
            remedy: "Bring what was built there into the project, deploy and promote it.".to_owned(),
            objects: vec![self.workspace.settings().target().to_owned()],
        })
    }

    /// dbt builds from the files on disk: they must be what production runs.
    fn project_differs(&self, production: &Arc<Manifest>) -> Result<Option<Finding>, OpsError> {
        let Some(candidate) = &self.observation.manifests.candidate else {
            return Ok(Some(Finding {
                id: FindingId::ProjectDiffers,
                severity: Severity::Block,
                message: "dbt has not read the project on disk, so whether it is what production runs is unknown.".to_owned(),
                remedy: "Run `dbt parse`, or use --runner compiled, which builds from the kept manifest.".to_owned(),
                objects: vec![self.workspace.settings().target().to_owned()],
            }));
        };
        let changes = Changes::new(production, candidate, self.workspace.compare_options())?;
        let commit = self
            .observation
            .board
            .provenance
            .production
            .as_ref()
            .and_then(|record| record.commit.clone());
        let differing: Vec<String> = changes.ids().map(ToString::to_string).collect();
        Ok((!differing.is_empty()).then(|| Finding {
            id: FindingId::ProjectDiffers,
            severity: Severity::Block,
            message: "The project on disk is not what production runs; dbt would build something else.".to_owned(),
            remedy: match commit {
                Some(commit) => format!("Check out {commit}, or use --runner compiled, which builds from the kept manifest."),
                None => "Check out what production runs, or use --runner compiled, which builds from the kept manifest.".to_owned(),
            },
            objects: differing,
        }))
    }

    fn build(&self, choice: Choice) -> Result<Drawn, OpsError> {
        let environment = &self.observation.board.environment;
        let chosen = || choice.nodes.iter().filter_map(|id| choice.manifest.get(id));
        let mut findings = choice.findings.clone();
        let (mut steps, mut by_dbt, mut rendered) = (Vec::new(), None, Rendered::default());
        match self.workspace.settings().dbt.runner {
            _ if choice.nodes.is_empty() => {}
            RunnerKind::Dbt => {
                let (commands, asked) = self.dbt_steps(&choice)?;
                (steps, by_dbt) = (commands, Some(asked));
            }
            RunnerKind::Compiled => {
                let compiled = self.compiled_steps(&choice);
                findings.extend(compiled.refused);
                (steps, rendered) = (compiled.steps, compiled.rendered);
            }
        }
        findings.extend(left_out(&choice));
        let elsewhere = self.elsewhere(&choice.manifest);
        if elsewhere.is_empty() {
            findings.extend(self.nothing_to_build(&choice.manifest));
        }
        rendered.relations.extend(elsewhere);
        let build = Build {
            rendered,
            partial: !choice.left_out.is_empty(),
            steps,
            relations: chosen()
                .filter_map(|node| relation(node, environment))
                .map(|name| (name.schema, name.name))
                .collect(),
            removed: choice.removed,
            manifest: choice.manifest.hash().to_string(),
            project: Some(choice.manifest.project().to_string()),
            content: chosen().map(content).collect(),
            findings,
            summary: choice.why,
        };
        Ok(Drawn { build, by_dbt })
    }

    /// Seeds first, since models read them; then everything else, by exact names, so that what runs is what was shown.
    fn dbt_steps(&self, choice: &Choice) -> Result<(Vec<Step>, ByDbt), OpsError> {
        let settings = self.workspace.settings();
        let (target, suffix) = match self.observation.board.environment.strategy {
            Strategy::Swap => (settings.target(), Suffix::Deployment),
            Strategy::Targets => {
                let sides = self.workspace.targets(&self.observation.board.environment);
                (sides.1, Suffix::None)
            }
        };
        let mut asked = ByDbt {
            program: self.workspace.program_for(target)?,
            suffix,
            parts: Vec::new(),
            planned: self.planned(choice),
        };
        let of_kind = |seeds: bool| -> Vec<&Node> {
            let nodes = choice.nodes.iter().filter_map(|id| choice.manifest.get(id));
            nodes
                .filter(|node| (node.resource_type == ResourceType::Seed) == seeds)
                .collect()
        };
        let mut steps = Vec::new();
        let (seeds, models) = (of_kind(true), of_kind(false));
        let whole = choice.everything && !self.has_models_outside(&choice.manifest);
        for (verb, nodes) in [(BuildCommand::Seed, seeds), (BuildCommand::Run, models)] {
            if nodes.is_empty() {
                continue;
            }
            let selection = match verb {
                BuildCommand::Run if whole => DbtSelection::default(),
                _ => exactly(&nodes, &choice.manifest),
            };
            let path = self.workspace.build_path(&asked.program, suffix);
            let mut command = match verb {
                BuildCommand::Seed => asked.program.seed(&selection, suffix, &path),
                BuildCommand::Run => asked.program.run(&selection, suffix, &path),
            };
            command.models = names(&nodes);
            steps.push(Step::Dbt(command.clone()));
            asked.parts.push(Part {
                verb,
                list: asked.program.list(verb, &selection, suffix, &path),
                selection,
                command,
            });
        }
        Ok((steps, asked))
    }

    /// The twin of each relation that the plan shows.
    fn planned(&self, choice: &Choice) -> BTreeMap<String, QualifiedName> {
        let environment = &self.observation.board.environment;
        let nodes = choice.nodes.iter().filter_map(|id| choice.manifest.get(id));
        nodes
            .filter_map(|node| {
                let name = relation(node, environment)?;
                let pairs = &environment.schemas;
                let pair = pairs.iter().find(|pair| pair.production == name.schema)?;
                let schema = pair.deployment.clone();
                Some((node.unique_id.to_string(), QualifiedName { schema, ..name }))
            })
            .collect()
    }

    fn has_models_outside(&self, manifest: &Manifest) -> bool {
        let environment = &self.observation.board.environment;
        manifest.nodes().iter().any(|node| {
            node.resource_type == ResourceType::Model
                && is_built_by_dbt(node)
                && !is_deployed(node, environment)
        })
    }

    fn compiled_steps(&self, choice: &Choice) -> CompiledSteps {
        let planned = self.planned(choice);
        let connection = self.workspace.settings().connection().ok();
        let default_cluster =
            connection.and_then(|connection| Identifier::new(connection.cluster.clone()?).ok());
        let built = compiled::build(&BuildRequest {
            manifest: &choice.manifest,
            selected: &choice.nodes,
            environment: &self.observation.board.environment,
            default_cluster: default_cluster.as_ref(),
            existing: &self.standing_relations(),
        });
        let rendered = Rendered {
            relations: built
                .models
                .iter()
                .map(|model| RenderedRelation {
                    planned: planned.get(model.rendered.id.as_str()).cloned(),
                    ..model.rendered.clone()
                })
                .collect(),
            doubts: Vec::new(),
        };
        let drops = built.drops.into_iter().map(Step::Run);
        let models = built.models.into_iter().map(|model| Step::Build {
            model: model.relation.name.to_string(),
            statements: model.statements,
        });
        let refused = built.refusals.iter().map(|refusal| Finding {
            id: FindingId::ModelUnsupported,
            severity: Severity::Block,
            message: format!(
                "The compiled runner can't build {}: {}.",
                refusal.unique_id, refusal.reason
            ),
            remedy: "Use --runner dbt.".to_owned(),
            objects: vec![refusal.unique_id.to_string()],
        });
        CompiledSteps {
            refused: refused.collect(),
            rendered,
            steps: drops.chain(models).collect(),
        }
    }

    /// The relations on the deployment side, by name there: each is dropped before it is built again.
    fn standing_relations(&self) -> BTreeMap<QualifiedName, ExistingRelation> {
        self.observation.with_inputs(|inputs| {
            let catalog = &inputs.snapshot().catalog;
            inputs
                .resolved
                .objects(Side::Deployment)
                .filter(|object| object.kind != ObjectKind::Index)
                .filter_map(|object| {
                    let existing = ExistingRelation {
                        kind: object.kind.clone(),
                        cascade: !catalog.dependents(&object.id).is_empty(),
                    };
                    Some((qualified(catalog, object)?, existing))
                })
                .collect()
        })
    }
}

/// A selection that leaves changes unbuilt is allowed, and the record says that the deployment is not whole.
fn left_out(choice: &Choice) -> Option<Finding> {
    (!choice.left_out.is_empty()).then(|| Finding {
        id: FindingId::IncompleteDeployment,
        severity: Severity::Info,
        message: format!(
            "The selection leaves {} unbuilt; the deployment stays incomplete.",
            count(choice.left_out.len(), "changed model")
        ),
        remedy: "Run `cutover deploy` without a selection to complete it.".to_owned(),
        objects: choice.left_out.iter().map(ToString::to_string).collect(),
    })
}

/// dbt selectors that mean exactly these nodes. dbt takes a name for a folder's too, so what lies below one of them is left out.
fn exactly(nodes: &[&Node], manifest: &Manifest) -> DbtSelection {
    let chosen: BTreeSet<Vec<String>> = nodes.iter().map(|node| node.fqn()).collect();
    let is_below = |fqn: &[String]| {
        (1..fqn.len()).any(|length| {
            fqn.get(..length)
                .is_some_and(|above| chosen.contains(above))
        })
    };
    let stays = |fqn: &[String]| chosen.iter().any(|chosen| chosen.starts_with(fqn));
    let kind = nodes.first().map(|node| node.resource_type);
    let others = manifest.nodes().iter();
    let excluded = others
        .filter(|node| Some(node.resource_type) == kind)
        .map(Node::fqn)
        .filter(|fqn| is_below(fqn) && !stays(fqn));
    DbtSelection {
        select: chosen
            .iter()
            .map(|fqn| format!("fqn:{}", fqn.join(".")))
            .collect(),
        exclude: excluded
            .map(|fqn| format!("fqn:{}", fqn.join(".")))
            .collect(),
        ..DbtSelection::default()
    }
}

fn names(nodes: &[&Node]) -> Vec<String> {
    nodes.iter().map(|node| node.name().into_owned()).collect()
}

/// What a node is made of: its SQL and its configuration.
fn content(node: &Node) -> String {
    let sql = node.compiled_code().unwrap_or_else(|| node.raw_code());
    let config = node.config();
    format!(
        "{} {}",
        node.unique_id,
        digest(&format!("{config:?} {sql}"))
    )
}
