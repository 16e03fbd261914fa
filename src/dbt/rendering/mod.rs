//! Where dbt will build: what the driver (or a parse) reports, with who decides it and what proves nothing.
//!
//! | module | is |
//! |---|---|
//! | [`report`] | each relation with its schema and clusters, as dbt rendered them |
//! | [`deciders`] | the macros that decide, for messages |
//! | [`overrides`] | macros, hooks and models of the project that name schemas or clusters by themselves |
//! | [`clause`], [`target`] | the clusters that a text of SQL and Jinja names, and the places that it would change |
//! | [`text`] | such a text, flattened |

mod clause;
mod deciders;
mod overrides;
mod parsed;
mod report;
mod target;
mod text;

pub use parsed::Parsed;
pub use report::{Reported, ReportedCluster};

use super::manifest::{Manifest, ResourceType, UniqueId};
use crate::domain::project::Materialization;
use crate::domain::rendered::{
    ClusterUse, Deciders, Doubt, DoubtAbout, Rendered, RenderedCluster, RenderedName,
    RenderedRelation,
};
use deciders::MacroNames;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The proof, as far as there is one.
#[must_use]
pub fn rendered(parsed: &Parsed<'_>) -> Rendered {
    let names = MacroNames::of(parsed.manifest);
    let reported: BTreeMap<&str, &Reported> = parsed
        .report
        .iter()
        .map(|reported| (reported.id.as_str(), reported))
        .collect();
    let mut built = Rendered::default();
    for id in parsed.selected {
        match reported.get(id.as_str()) {
            // A part of others, or nothing at all: dbt lists it and builds no relation of it.
            Some(reported)
                if reported.materialized == Some(Materialization::Ephemeral)
                    || is_blank(parsed.manifest, id) => {}
            Some(reported) => built.relations.push(relation(parsed, &names, reported)),
            None => built.doubts.push(Doubt {
                about: DoubtAbout::Schema,
                decider: format!("`{id}`"),
                reason: "is selected by dbt and stands in no report of it".to_owned(),
                objects: vec![id.clone()],
            }),
        }
    }
    let tests = tests(parsed)
        .filter_map(|id| reported.get(id.as_str()))
        .map(|reported| RenderedRelation {
            place: None,
            ..relation(parsed, &names, reported)
        });
    built.relations.extend(tests);
    built.doubts.extend(overrides::doubts(parsed));
    built
}

/// Who decides where the relations of a package go.
#[must_use]
pub fn deciders(manifest: &Manifest, package: &str) -> Arc<Deciders> {
    MacroNames::of(manifest).deciders(package)
}

/// Whether this is a model without SQL, which dbt runs not.
fn is_blank(manifest: &Manifest, id: &str) -> bool {
    let node = manifest.get(&UniqueId::from(id));
    node.is_some_and(|node| node.resource_type == ResourceType::Model && !node.has_code())
}

/// The data tests of what is built.
fn tests<'a>(parsed: &'a Parsed<'_>) -> impl Iterator<Item = &'a UniqueId> {
    let nodes = parsed.manifest.nodes().iter();
    nodes
        .filter(|node| node.resource_type == ResourceType::Test && node.is_enabled())
        .filter(|node| {
            let read = node.depends_on_nodes();
            read.iter().any(|id| parsed.selected.contains(id.as_str()))
        })
        .map(|node| &node.unique_id)
}

fn relation(parsed: &Parsed<'_>, names: &MacroNames<'_>, reported: &Reported) -> RenderedRelation {
    let package = reported.id.split('.').nth(1).unwrap_or_default();
    let of = |of: ClusterUse| {
        move |cluster: &ReportedCluster| RenderedCluster {
            of,
            name: cluster.name(),
        }
    };
    let own = reported.cluster.iter().map(of(ClusterUse::Relation));
    let indexes = reported.indexes.iter().map(of(ClusterUse::Index));
    let session = reported.session.iter().map(of(ClusterUse::Session));
    RenderedRelation {
        id: reported.id.clone(),
        place: Some(RenderedName {
            database: reported.database.clone().unwrap_or_default(),
            schema: reported.schema.clone().unwrap_or_default(),
            name: reported.name.clone().unwrap_or_default(),
        }),
        planned: parsed.planned.get(&reported.id).cloned(),
        clusters: own.chain(indexes).chain(session).collect(),
        by: names.deciders(package),
    }
}

#[cfg(test)]
mod tests;
