//! Production after a build: looked at however the build ended, and told with what makes it again.

use super::progress::{Outcome, OutcomeKind, Progress};
use super::project::relation;
use super::run::{Run, Stop};
use super::workspace::Observation;
use crate::dbt::manifest::{Node, ResourceType};
use crate::domain::environment::Strategy;
use crate::domain::name::ObjectId;
use crate::domain::object::{Object, ObjectKind};
use crate::domain::plan::{DbtCommand, Harm, Promise, Step, qualified};
use crate::domain::quantity::{MOST_NAMED, agree, count, first_of};
use std::collections::BTreeSet;

impl Run<'_> {
    /// After a build that ended before its last step: what became of production, where it is not what it was.
    pub(super) async fn after_build(&mut self, stop: &Stop) -> Option<Outcome> {
        let how = stop.words();
        let (kind, error) = match self.look().await {
            Ok(Ok(observation)) => {
                let harm = self.harm_in(&observation)?;
                return Some(self.harmed(&how, &harm));
            }
            Ok(Err(error)) => (OutcomeKind::Unfinished, error.told()),
            Err(why) => (OutcomeKind::Interrupted, why),
        };
        let message = format!(
            "{how}. Whether production stands as it stood could not be read: {error}. Look at it before anything is repeated."
        );
        Some(Outcome::new(kind, message).and_look())
    }

    /// What became of production since the plan was confirmed.
    pub(super) fn harm_in(&self, observation: &Observation) -> Option<Vec<Harm>> {
        let promise = self.promise()?;
        let harm = observation.with_inputs(|inputs| promise.harm(inputs.resolved));
        (!harm.is_empty()).then_some(harm)
    }

    /// What the confirmed plan promised, before its first statement.
    fn promise(&self) -> Option<&Promise> {
        let steps = &self.planned.plan.steps;
        steps.iter().find_map(|step| match step {
            Step::Verify(promise) => Some(promise),
            _ => None,
        })
    }

    /// Tells what became of production, what not to do now, and what makes it again.
    pub(super) fn harmed(&mut self, how: &str, harm: &[Harm]) -> Outcome {
        self.list(harm.iter().map(Harm::to_string).collect());
        let gone: Vec<&Harm> = harm.iter().filter(|harm| harm.is_gone()).collect();
        let names = gone.iter().filter_map(|harm| harm.was.as_deref());
        let what = if gone.is_empty() {
            format!("Production is not what it was: {}", first_of(harm))
        } else {
            format!(
                "Production was damaged: {} of it {} gone ({})",
                count(gone.len(), "object"),
                agree(gone.len(), "is", "are"),
                first_of(names)
            )
        };
        let operation = self.planned.plan.operation.command();
        let mut message = format!(
            "{how}. {what}. Do not repeat `cutover {operation}` before what did this is known and mended: a hook, a macro, or somebody else."
        );
        let rebuild = self.rebuild(&gone);
        message.push_str(&rebuild.words(self.commit()));
        let ended = Outcome::new(OutcomeKind::Unfinished, message).and_look();
        let first = rebuild.commands.into_iter().next();
        Outcome {
            next: first.or(ended.next),
            ..ended
        }
    }

    /// Lines, the first of them; the audit has all.
    pub(super) fn list(&mut self, lines: Vec<String>) {
        let more = lines.len().saturating_sub(MOST_NAMED);
        for (at, line) in lines.into_iter().enumerate() {
            let text = format!("After the build: {line}.");
            if at < MOST_NAMED {
                self.reporter.note(text);
            } else {
                self.reporter.write(&text);
            }
        }
        if more > 0 {
            let text = format!("and {more} more; the audit names all");
            self.reporter.tell(Progress::Note { text });
        }
    }

    /// The commit that production runs, where its record tells.
    fn commit(&self) -> Option<&str> {
        let provenance = &self.planned.observation.board.provenance;
        provenance.production.as_ref()?.commit.as_deref()
    }

    /// dbt's commands for what its models made; the definition of everything else goes into the audit.
    fn rebuild(&self, gone: &[&Harm]) -> Rebuild {
        let mut rebuild = Rebuild::default();
        let (mut models, mut seeds) = (BTreeSet::new(), BTreeSet::new());
        for harm in gone {
            let was = harm.was.clone().unwrap_or_default();
            match self.maker(&harm.id) {
                Some(node) if node.resource_type == ResourceType::Seed => {
                    seeds.insert(node.name().into_owned());
                }
                Some(node) => {
                    models.insert(node.name().into_owned());
                }
                None => rebuild.unmade.push(was),
            }
        }
        for lost in gone.iter().filter_map(|harm| self.before(&harm.id)) {
            if let Some(sql) = lost.create_sql.as_deref().filter(|_| is_harmless(lost)) {
                self.reporter.write(&format!("{} was: {sql}", lost.name));
            }
        }
        for (verb, names) in [("seed", seeds), ("run", models)] {
            if !names.is_empty() {
                rebuild.commands.push(self.command(verb, names));
            }
        }
        rebuild
    }

    /// The object as it stood before the build.
    fn before(&self, id: &str) -> Option<&Object> {
        let catalog = &self.planned.observation.board.snapshot.catalog;
        catalog.objects.get(&id.parse::<ObjectId>().ok()?)
    }

    /// The node that made an object, or the relation that an index was on.
    fn maker(&self, id: &str) -> Option<&Node> {
        let observation = &self.planned.observation;
        let catalog = &observation.board.snapshot.catalog;
        let lost = self.before(id)?;
        let made = match (&lost.kind, &lost.parent) {
            (ObjectKind::Index, Some(parent)) => catalog.objects.get(parent)?,
            _ => lost,
        };
        let name = qualified(catalog, made)?;
        let manifests = &observation.manifests;
        let manifest = manifests
            .production
            .as_ref()
            .or(manifests.candidate.as_ref())?;
        let environment = &observation.board.environment;
        let mut nodes = manifest.nodes().iter();
        nodes.find(|node| {
            matches!(node.resource_type, ResourceType::Model | ResourceType::Seed)
                && relation(node, environment).as_ref() == Some(&name)
        })
    }

    fn command(&self, verb: &str, names: BTreeSet<String>) -> String {
        let settings = self.workspace.settings();
        let environment = &self.planned.observation.board.environment;
        let target = match environment.strategy {
            Strategy::Swap => settings.target(),
            Strategy::Targets => self.workspace.targets(environment).0,
        };
        let words = [verb, "--target", target, "--select"].map(str::to_owned);
        let command = DbtCommand {
            program: "dbt".to_owned(),
            arguments: words.into_iter().chain(names).collect(),
            models: Vec::new(),
        };
        command.display()
    }
}

/// What makes again what is gone.
#[derive(Default)]
struct Rebuild {
    commands: Vec<String>,
    /// What no model made.
    unmade: Vec<String>,
}

impl Rebuild {
    fn words(&self, commit: Option<&str>) -> String {
        let mut words = String::new();
        let commands: Vec<String> = self
            .commands
            .iter()
            .map(|command| format!("`{command}`"))
            .collect();
        if !commands.is_empty() {
            let from = commit.map_or_else(
                || "what production runs".to_owned(),
                |commit| format!("commit {commit}, which production runs"),
            );
            words.push_str(&format!(
                " Then {}, from {from}, builds it again.",
                commands.join(" and ")
            ));
        }
        if !self.unmade.is_empty() {
            words.push_str(&format!(
                " No model of the project made {}; its definition is in the audit, as far as the server showed it.",
                first_of(&self.unmade)
            ));
        }
        words
    }
}

/// Whether a definition may be written down: those of connections and sources can hold more than they should.
fn is_harmless(object: &Object) -> bool {
    matches!(
        object.kind,
        ObjectKind::View | ObjectKind::MaterializedView | ObjectKind::Index | ObjectKind::Table
    )
}

impl Stop {
    /// How it ended, as the beginning of a message without its full stop.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Interrupted(None) => "Interrupted half way".to_owned(),
            Self::Interrupted(Some(while_at)) => format!("Interrupted half way ({while_at})"),
            stopped => {
                let reason = stopped.reason();
                format!("Stopped half way: {}", reason.trim_end_matches(['.', '\n']))
            }
        }
    }
}
