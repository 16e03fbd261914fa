//! Macros, hooks and models that name a schema or a cluster by themselves: what the adapter would name proves nothing for them.

use super::clause::{Clauses, Named};
use super::deciders::{is_own, undispatched, words};
use super::target::{self, Name, NamedTarget, Of, made, targets, targets_sent};
use super::{Parsed, Reported};
use crate::dbt::json::Value;
use crate::dbt::manifest::{Macro, Node, ResourceType, UniqueId};
use crate::domain::environment::NamePair;
use crate::domain::name::Identifier;
use crate::domain::project::Materialization;
use crate::domain::rendered::{ClusterName, Doubt, DoubtAbout};
use std::collections::{BTreeMap, BTreeSet};

/// Why a text proves nothing, and what about.
type Reason = (DoubtAbout, String);

/// Everything that will run with the build and that names a place otherwise than dbt and the adapter do.
pub(super) fn doubts(parsed: &Parsed<'_>) -> Vec<Doubt> {
    let project = Project::of(parsed);
    let mut doubts = project.hooks();
    doubts.extend(project.models());
    let (builds, called) = (project.reached(), project.called_by_models());
    let called = called.into_iter().map(|(found, objects)| {
        let reasons = project.off_side(&targets(&found.sql()), true);
        (found, objects, reasons)
    });
    let builds = builds.into_iter().map(|(found, objects)| {
        let reasons = project.reasons(found);
        (found, objects, reasons)
    });
    for (found, objects, reasons) in builds.chain(called) {
        let decider = capital(&words(found, project.root));
        doubts.extend(project.told(&decider, reasons, objects));
    }
    doubts.sort();
    doubts.dedup();
    doubts
}

/// The macros that are not the adapter's, beside what is built.
struct Project<'a> {
    parsed: &'a Parsed<'a>,
    root: &'a str,
    macros: Vec<&'a Macro>,
    /// The adapter's own, by name without its dispatch.
    own: BTreeMap<String, Vec<&'a Macro>>,
    built: Vec<&'a Reported>,
}

impl<'a> Project<'a> {
    fn of(parsed: &'a Parsed<'a>) -> Self {
        let all = parsed.manifest.macros();
        let mut own: BTreeMap<String, Vec<&Macro>> = BTreeMap::new();
        for known in all.iter().filter(|known| is_own(known)) {
            let name = undispatched(&known.name()).to_owned();
            own.entry(name).or_default().push(known);
        }
        let project = parsed.manifest.metadata().project_name.as_deref();
        Self {
            parsed,
            root: project.unwrap_or_default(),
            macros: all.iter().filter(|known| !is_own(known)).collect(),
            own,
            built: parsed
                .report
                .iter()
                .filter(|reported| parsed.selected.contains(&reported.id))
                .collect(),
        }
    }

    /// The project's macros that this build comes to: by a materialization, in the place of an own one, or by a call.
    fn reached(&self) -> Vec<(&'a Macro, BTreeSet<String>)> {
        let mut reached: BTreeMap<&'a str, (&'a Macro, BTreeSet<String>)> = BTreeMap::new();
        for known in self.macros.iter().copied() {
            let objects = self.begins(known);
            if !objects.is_empty() {
                let slot = reached
                    .entry(known.unique_id.as_str())
                    .or_insert_with(|| (known, BTreeSet::new()));
                slot.1.extend(objects);
            }
        }
        self.with_called(reached)
    }

    /// The same with all that these call, by name or by what dbt found itself.
    fn with_called(
        &self,
        mut reached: BTreeMap<&'a str, (&'a Macro, BTreeSet<String>)>,
    ) -> Vec<(&'a Macro, BTreeSet<String>)> {
        let mut open: Vec<&str> = reached.keys().copied().collect();
        while let Some(id) = open.pop() {
            let Some((caller, objects)) = reached.get(id).cloned() else {
                continue;
            };
            for called in self.called_by(&caller.sql(), caller.depends_on()) {
                let id = called.unique_id.as_str();
                let slot = reached
                    .entry(id)
                    .or_insert_with(|| (called, BTreeSet::new()));
                let before = slot.1.len();
                slot.1.extend(objects.iter().cloned());
                if slot.1.len() > before {
                    open.push(id);
                }
            }
        }
        reached.into_values().collect()
    }

    /// What is built by this macro without any other calling it.
    fn begins(&self, known: &Macro) -> BTreeSet<String> {
        let name = known.name();
        let ids = |wanted: &dyn Fn(&Reported) -> bool| -> BTreeSet<String> {
            let wanted = self.built.iter().filter(|reported| wanted(reported));
            wanted.map(|reported| reported.id.clone()).collect()
        };
        if let Some(kind) = name.strip_prefix("materialization_") {
            return ids(&|reported| {
                let materialized = reported.materialized.as_ref();
                let materialized = materialized.map_or("view", Materialization::as_str);
                ["_materialize", "_postgres", "_default"]
                    .iter()
                    .any(|adapter| kind.strip_suffix(adapter) == Some(materialized))
            });
        }
        let replaced = self.own.get(undispatched(&name));
        let changes = |own: &&Macro| target::changes(&own.sql());
        let decides = |own: &&Macro| own.sql().contains("cluster");
        if replaced.is_some_and(|own| own.iter().any(changes) && !own.iter().any(decides)) {
            return ids(&|_| true);
        }
        if replaced.is_some_and(|own| own.iter().any(decides)) {
            let of_indexes = name.contains("index");
            return ids(&|reported| {
                !reported.indexes.is_empty()
                    || !of_indexes && (reported.cluster.is_some() || reported.session.is_some())
            });
        }
        let nodes = self.nodes();
        nodes
            .filter(|node| {
                let hooks = hooks(node).join("\n");
                let mut called = self.called_by(&hooks, &[]);
                called.any(|called| called.unique_id == known.unique_id)
            })
            .map(|node| node.unique_id.to_string())
            .collect()
    }

    /// The project's macros that a text calls by name, and those that dbt found itself.
    fn called_by<'s>(
        &'s self,
        text: &str,
        known: &'s [Option<UniqueId>],
    ) -> impl Iterator<Item = &'a Macro> + use<'s, 'a> {
        let known: BTreeSet<&str> = known.iter().flatten().map(UniqueId::as_str).collect();
        let names: BTreeSet<String> = calls(text).map(str::to_owned).collect();
        self.macros.iter().copied().filter(move |called| {
            known.contains(called.unique_id.as_str())
                || names.contains(undispatched(&called.name()))
                || names.contains(called.name().as_ref())
        })
    }

    /// The nodes that are built, and the hooks of the whole run.
    fn nodes(&self) -> impl Iterator<Item = &'a Node> + use<'_, 'a> {
        let nodes = self.parsed.manifest.nodes().iter();
        nodes.filter(|node| {
            node.resource_type == ResourceType::Operation
                || self.parsed.selected.contains(node.unique_id.as_str())
        })
    }

    fn hooks(&self) -> Vec<Doubt> {
        let mut doubts = Vec::new();
        for node in self.nodes() {
            for hook in hooks(node) {
                let mut reasons = self.off_side(&targets(&hook), false);
                let cluster = self.reason_of(&hook, &[]);
                reasons.extend(cluster.map(|reason| (DoubtAbout::Cluster, reason)));
                let decider = format!("A hook in {}", node.original_file_path());
                doubts.extend(self.told(&decider, reasons, [node.unique_id.to_string()].into()));
            }
        }
        doubts
    }

    /// What models send while they are compiled.
    fn models(&self) -> Vec<Doubt> {
        let mut doubts = Vec::new();
        for node in self
            .nodes()
            .filter(|node| node.resource_type == ResourceType::Model)
        {
            let reasons = self.off_side(&targets_sent(&node.raw_code()), false);
            let decider = format!("The model in {}", node.original_file_path());
            doubts.extend(self.told(&decider, reasons, [node.unique_id.to_string()].into()));
        }
        doubts
    }

    /// The project's macros that models call, and what these call.
    fn called_by_models(&self) -> Vec<(&'a Macro, BTreeSet<String>)> {
        let mut called: BTreeMap<&str, (&Macro, BTreeSet<String>)> = BTreeMap::new();
        for node in self
            .nodes()
            .filter(|node| node.resource_type == ResourceType::Model)
        {
            let known = node.depends_on_macros();
            for found in self.called_by(&node.raw_code(), &known) {
                let slot = called.entry(found.unique_id.as_str());
                let (_, objects) = slot.or_insert_with(|| (found, BTreeSet::new()));
                objects.insert(node.unique_id.to_string());
            }
        }
        self.with_called(called)
    }

    fn told(&self, decider: &str, reasons: Vec<Reason>, objects: BTreeSet<String>) -> Vec<Doubt> {
        let objects: Vec<String> = objects.iter().map(|id| self.display(id)).collect();
        let doubt = |(about, reason)| Doubt {
            about,
            decider: decider.to_owned(),
            reason,
            objects: objects.clone(),
        };
        reasons.into_iter().map(doubt).collect()
    }

    /// A relation's name as dbt will write it; the id of what makes none.
    fn display(&self, id: &str) -> String {
        let mut report = self.parsed.report.iter();
        let reported = report.find(|reported| reported.id == id);
        reported.map_or_else(|| id.to_owned(), Reported::display)
    }

    fn reasons(&self, known: &Macro) -> Vec<Reason> {
        let (name, sql) = (known.name(), known.sql());
        let replaced = self.own.get(undispatched(&name)).map(Vec::as_slice);
        let named = [targets(&sql), made(&sql)].concat();
        let mut reasons = self.off_side(&named, false);
        let cluster = self.reason_of(&sql, replaced.unwrap_or_default());
        reasons.extend(cluster.map(|reason| (DoubtAbout::Cluster, reason)));
        reasons
    }

    /// What a text changes off the deployment side; where that may be meant for another use of it, only what is production's.
    fn off_side(&self, named: &[NamedTarget], only_production: bool) -> Vec<Reason> {
        let environment = self.parsed.environment;
        let lies = |pairs: &[NamePair], name: &str, of: fn(&NamePair) -> &Identifier| {
            pairs.iter().any(|pair| of(pair).as_str() == name)
        };
        let off = |pairs: &[NamePair], name: &str| match only_production {
            true => lies(pairs, name, |pair| &pair.production),
            false => !lies(pairs, name, |pair| &pair.deployment),
        };
        let reason = |named: &NamedTarget| match (named.of, &named.name) {
            (Of::Schema, Name::Written(name)) if off(&environment.schemas, name) => {
                Some((DoubtAbout::Schema, format!("changes schema `{name}`")))
            }
            (Of::Cluster, Name::Written(name)) if off(&environment.clusters, name) => {
                Some((DoubtAbout::Cluster, format!("changes cluster `{name}`")))
            }
            (Of::Database, Name::Written(name))
                if !only_production && name != environment.database.as_str() =>
            {
                Some((DoubtAbout::Schema, format!("builds in database `{name}`")))
            }
            (Of::Schema, Name::ByItself(shown)) if self.parsed.is_suffixed => Some((
                DoubtAbout::Schema,
                format!("names its schema by itself, as `{shown}`"),
            )),
            _ => None,
        };
        named.iter().find_map(reason).into_iter().collect()
    }

    /// Why a text proves nothing; `None` where all its clusters are the adapter's, or the deployment side's by name.
    fn reason_of(&self, text: &str, replaces: &[&Macro]) -> Option<String> {
        let clauses = Clauses::of(text);
        if clauses.creates && clauses.named.is_empty() {
            return Some("creates what runs on a cluster and names none".to_owned());
        }
        clauses.named.iter().find_map(|named| match named {
            Named::Adapter(Some(name)) if !self.parsed.is_suffixed && !self.is_deployment(name) => {
                Some(format!("names cluster `{name}`"))
            }
            Named::Adapter(_) => None,
            Named::Literal(name) if self.is_deployment(name) => None,
            Named::Literal(name) => Some(format!("names cluster `{name}`")),
            Named::Parameter(name) if is_parameter_of(replaces, name) => None,
            Named::Parameter(name) => Some(format!(
                "takes its cluster from a parameter, `{{{{ {name} }}}}`"
            )),
            Named::Expression(shown) => Some(format!("names its cluster by itself, as `{shown}`")),
        })
    }

    fn is_deployment(&self, name: &str) -> bool {
        let read = ClusterName::Named(name.to_owned()).as_read();
        let clusters = &self.parsed.environment.clusters;
        clusters
            .iter()
            .any(|pair| Some(pair.deployment.as_str()) == read.as_deref())
    }
}

/// An own macro of the same name takes it the same way: then its caller has asked the adapter.
fn is_parameter_of(replaced: &[&Macro], name: &str) -> bool {
    replaced.iter().any(|own| {
        let named = Clauses::of(&own.sql()).named;
        named.contains(&Named::Parameter(name.to_owned()))
    })
}

/// The hooks of a node, and the whole of a hook of the run.
fn hooks(node: &Node) -> Vec<String> {
    if node.resource_type == ResourceType::Operation {
        return vec![node.raw_code().into_owned()];
    }
    let Some(config) = node.config() else {
        return Vec::new();
    };
    ["pre-hook", "post-hook"]
        .into_iter()
        .filter_map(|key| config.get(key))
        .flat_map(Value::items)
        .filter_map(|hook| hook.get("sql").and_then(Value::as_text))
        .map(str::to_owned)
        .collect()
}

/// The names before each `(`, without their namespace.
fn calls(text: &str) -> impl Iterator<Item = &str> {
    text.split('(').filter_map(|before| {
        let name = before
            .trim_end()
            .rsplit(|c: char| !c.is_alphanumeric() && c != '_')
            .next();
        name.filter(|name| !name.is_empty())
    })
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(chars).collect()
    })
}
