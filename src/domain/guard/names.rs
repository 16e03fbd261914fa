//! Guards on names and cluster options.

use super::inputs::{PlanInputs, about};
use crate::domain::environment::{ResolvedPair, Side};
use crate::domain::finding::{Finding, FindingId, Severity};
use crate::domain::name::{Identifier, literal};
use crate::domain::object::{Cluster, ClusterSchedule};
use crate::domain::quantity::{agree, count};
use std::collections::BTreeSet;

/// Production names that do not exist.
#[must_use]
pub fn production_names_missing(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    missing(
        inputs,
        Side::Production,
        "Correct `vars.deployment` in dbt_project.yml, or create what is missing.",
    )
}

/// Deployment names that do not exist.
#[must_use]
pub fn deployment_names_missing(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    missing(inputs, Side::Deployment, "Run `cutover init`.")
}

fn missing(inputs: &PlanInputs<'_>, side: Side, remedy: &str) -> Vec<Finding> {
    let resolved = inputs.resolved;
    let mut names = absent(&resolved.schemas, side, "schema");
    names.extend(absent(&resolved.clusters, side, "cluster"));
    if resolved.database.is_none() {
        names.push(format!("database {}", resolved.environment.database));
    }
    let message = format!(
        "{} of the {side} side {} not exist.",
        count(names.len(), "name"),
        agree(names.len(), "does", "do")
    );
    about(
        FindingId::NamesMissing,
        Severity::Block,
        message,
        remedy,
        names,
    )
}

fn absent<T>(pairs: &[ResolvedPair<'_, T>], side: Side, kind: &str) -> Vec<String> {
    pairs
        .iter()
        .filter(|pair| pair.side(side).is_none())
        .map(|pair| format!("{kind} {}", pair.names.name(side)))
        .collect()
}

/// A name that is its own twin or stands twice: the server swaps a name with itself without complaint (recorded: 05).
#[must_use]
pub fn self_swap(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    let environment = inputs.resolved.environment;
    let mut doubtful = Vec::new();
    for pairs in [&environment.schemas, &environment.clusters] {
        let mut seen: BTreeSet<&Identifier> = BTreeSet::new();
        for name in pairs
            .iter()
            .flat_map(|pair| [&pair.production, &pair.deployment])
        {
            if !seen.insert(name) {
                doubtful.push(name.to_string());
            }
        }
    }
    about(
        FindingId::SelfSwap,
        Severity::Block,
        "A name would be swapped with itself or twice.",
        "Name each schema and cluster once in `vars.deployment`, without the `_dbt_deploy` suffix.",
        doubtful,
    )
}

/// Twin clusters of other options: production would silently change its shape.
#[must_use]
pub fn cluster_options_differ(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    let differing = inputs
        .resolved
        .clusters
        .iter()
        .filter_map(|pair| Some((pair.production?, pair.deployment?)))
        .flat_map(|(one, other)| {
            option_differences(inputs, one, other)
                .into_iter()
                .map(|difference| format!("{}: {difference}", other.name))
        })
        .collect();
    about(
        FindingId::ClusterOptionsDiffer,
        Severity::Warn,
        "Twin clusters have different options, and the swap makes the deployment's options production's.",
        "Fine when it is meant (a larger cluster to hydrate faster); else ALTER CLUSTER before the promote, and wait until SHOW CLUSTERS shows no activity. WORKLOAD CLASS and FEATURES are for the system role `mz_system` to set.",
        differing,
    )
}

/// From the server's own words where it shows both, else from the catalog.
fn option_differences(inputs: &PlanInputs<'_>, one: &Cluster, other: &Cluster) -> Vec<String> {
    let shown = |cluster: &Cluster| {
        let definition = inputs.clusters.iter().find(|of| of.id == cluster.id)?;
        definition.options(&cluster.name)
    };
    match (shown(one), shown(other)) {
        (Some(Ok(ours)), Some(Ok(theirs))) => ours.differences(&theirs),
        (Some(Err(error)), _) | (_, Some(Err(error))) => {
            vec![format!("the options can't be compared: {error}")]
        }
        _ => catalog_differences(one, other),
    }
}

fn catalog_differences(one: &Cluster, other: &Cluster) -> Vec<String> {
    let words = |cluster: &Cluster| {
        let none = || "none".to_owned();
        // Of a scheduled cluster it tells what the schedule wants now (0 between refreshes since 26.35, by its source).
        let is_manual = cluster.schedule == ClusterSchedule::Manual;
        let factor = cluster.replication_factor.filter(|_| is_manual);
        [
            ("MANAGED", cluster.managed.to_string()),
            ("SIZE", cluster.size.as_deref().map_or_else(none, literal)),
            (
                "REPLICATION FACTOR",
                factor.map_or_else(none, |factor| factor.to_string()),
            ),
            ("SCHEDULE", cluster.schedule.keyword()),
        ]
    };
    words(one)
        .into_iter()
        .zip(words(other))
        .filter(|(ours, theirs)| ours != theirs)
        .map(|((name, ours), (_, theirs))| format!("{name} {ours} -> {theirs}"))
        .collect()
}
