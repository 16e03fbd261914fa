//! Clusters whose shape changes while a swap would move them, and views that wait to replace another.

use super::inputs::{PlanInputs, about};
use crate::domain::cluster_options::ClusterOptions;
use crate::domain::environment::Side;
use crate::domain::finding::{Finding, FindingId, Severity};
use crate::domain::object::Cluster;
use crate::domain::quantity::{agree, count, some_of};

/// The first server on which a replacement that waits does not take its target with it at a restart.
const REPLACEMENTS_LAST_SINCE: (u64, u64) = (26, 34);

/// A change of shape follows its cluster to the other name, and at its deadline the server may take it back (recorded: v26.39/20).
#[must_use]
pub fn reconfigurations(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    let snapshot = inputs.snapshot();
    let told: Vec<(String, String)> = clusters(inputs)
        .filter_map(|cluster| {
            let found = snapshot.catalog.reconfigurations.get(&cluster.id)?;
            let name = cluster.name.to_string();
            Some((name, found.sentence(snapshot.time)))
        })
        .collect();
    let sentences = told
        .iter()
        .map(|(name, sentence)| format!("{name}: {sentence}"));
    about(
        FindingId::ReconfigurationInProgress,
        Severity::Warn,
        format!(
            "{} in the middle of a change of shape, which goes on under the name that the cluster gets. {}.",
            agree(told.len(), "A cluster is", "Clusters are"),
            some_of(sentences)
        ),
        "Wait until SHOW CLUSTERS shows no activity; readiness counts the replicas that stay.",
        told.into_iter().map(|(name, _)| name).collect(),
    )
}

/// A strategy that only the deployment side has: the swap gives it to production.
#[must_use]
pub fn strategies_carried_over(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    let options = |cluster: &Cluster| {
        let definition = inputs.clusters.iter().find(|of| of.id == cluster.id)?;
        definition.options(&cluster.name)?.ok()
    };
    let pairs = inputs.resolved.clusters.iter();
    let pairs = pairs.filter_map(|pair| Some((pair.production?, pair.deployment?)));
    let (mut objects, mut mends) = (Vec::new(), Vec::new());
    for (production, deployment) in pairs {
        let has = |cluster| options(cluster).as_ref().and_then(ClusterOptions::strategy);
        let (None, Some(strategy)) = (has(production), has(deployment)) else {
            continue;
        };
        objects.push(format!("{}: {strategy}", deployment.name));
        mends.push(format!(
            "ALTER CLUSTER {} RESET (AUTO SCALING STRATEGY);",
            production.name.quoted()
        ));
    }
    about(
        FindingId::ClusterOptionsDiffer,
        Severity::Info,
        "An auto-scaling strategy of the deployment side becomes production's with the swap: it bursts there too, whenever a replica hydrates anew.",
        format!(
            "Where it was meant for this deployment only, run after the promote: {}",
            mends.join(" ")
        ),
        objects,
    )
}

/// A materialized view that waits to replace another: applied, it gives the name another id and another definition.
#[must_use]
pub fn replacements_pending(inputs: &PlanInputs<'_>) -> Vec<Finding> {
    let catalog = &inputs.snapshot().catalog;
    let on_a_side = |id| {
        let object = catalog.objects.get(id);
        object.is_some_and(|object| inputs.resolved.side_of(object).is_some())
    };
    let pending = catalog.replacements.iter();
    let named: Vec<String> = pending
        .filter(|(replacement, target)| on_a_side(replacement) || on_a_side(target))
        .map(|(replacement, target)| {
            let name = |id| catalog.display_name(id);
            format!("{} for {}", name(replacement), name(target))
        })
        .collect();
    let danger = match inputs.snapshot().server.is_since(REPLACEMENTS_LAST_SINCE) {
        true => "",
        false => " Before 26.34 a restart of the server can end the replaced one too.",
    };
    about(
        FindingId::ReplacementPending,
        Severity::Warn,
        format!(
            "{} {} to be applied on a side that would be swapped; it goes with its schema.{danger}",
            count(named.len(), "replacement of a materialized view"),
            agree(named.len(), "waits", "wait"),
        ),
        "Apply it (ALTER MATERIALIZED VIEW ... APPLY REPLACEMENT ...) or drop it before the promote; a deploy would not know of it.",
        named,
    )
}

fn clusters<'a>(inputs: &PlanInputs<'a>) -> impl Iterator<Item = &'a Cluster> {
    let pairs = inputs.resolved.clusters.iter();
    pairs.flat_map(|pair| {
        [Side::Production, Side::Deployment]
            .into_iter()
            .filter_map(|side| pair.side(side))
    })
}
