//! The twin of a production cluster: what it is created with, and what it will lack.

use super::Statement;
use super::request::{BurstStrategy, Request};
use crate::domain::cluster_options::{ClusterOptions, TwinOptions, UnreadableOptions};
use crate::domain::finding::{Finding, FindingId, Severity};
use crate::domain::guard::PlanInputs;
use crate::domain::name::{Identifier, literal};
use crate::domain::object::Cluster;

/// The first server with auto-scaling strategies (its release notes).
const STRATEGIES_SINCE: (u64, u64) = (26, 34);

/// A cluster that init creates.
pub(super) struct Twin<'a> {
    production: &'a Cluster,
    name: &'a Identifier,
    size: Option<&'a str>,
    /// The strategy asked for, in place of production's.
    burst: Option<&'a BurstStrategy>,
    /// Why the strategy asked for can't be given to it.
    refused: Option<String>,
    /// What the server shows of production's; `None` where it shows nothing, and the catalog decides.
    options: Option<Result<ClusterOptions, UnreadableOptions>>,
}

/// The clusters that init creates, in the order of the environment.
pub(super) fn twins<'a>(inputs: &'a PlanInputs<'_>, request: &'a Request) -> Vec<Twin<'a>> {
    inputs
        .resolved
        .clusters
        .iter()
        .filter(|pair| pair.deployment.is_none())
        .filter_map(|pair| {
            let (production, name) = (pair.production?, &pair.names.deployment);
            let names = [production.name.as_str(), name.as_str()];
            let size = names.iter().find_map(|name| request.sizes.get(*name));
            let burst = names.iter().find_map(|name| request.bursts.get(*name));
            let refused = burst.and_then(|_| strategies_refused(inputs, production));
            let definition = inputs.clusters.iter().find(|of| of.id == production.id);
            Some(Twin {
                production,
                name,
                size: size.map(String::as_str),
                burst: burst.filter(|_| refused.is_none()),
                refused: burst.zip(refused).map(|(burst, why)| {
                    format!(
                        "{}, {why}",
                        ClusterOptions::strategy_of(&burst.size, burst.linger.as_deref())
                    )
                }),
                options: definition.and_then(|of| of.options(&production.name)),
            })
        })
        .collect()
}

/// Why this server gives no strategy to the twin of this cluster.
fn strategies_refused(inputs: &PlanInputs<'_>, production: &Cluster) -> Option<&'static str> {
    if !production.managed {
        return Some("which an unmanaged cluster can't have");
    }
    let known = inputs.snapshot().server.is_since(STRATEGIES_SINCE);
    (!known).then_some("which servers before 26.34 do not know")
}

impl Twin<'_> {
    /// What it is created with; `None` where the server shows nothing of production's.
    fn made(&self) -> Option<TwinOptions> {
        let Some(Ok(options)) = &self.options else {
            return None;
        };
        let burst = self
            .burst
            .map(|burst| (burst.size.as_str(), burst.linger.as_deref()));
        Some(options.twin(self.size, burst))
    }

    pub(super) fn is_of(&self, production: &Cluster) -> bool {
        self.production.id == production.id
    }

    /// CREATE CLUSTER, from the server's own words where it shows some, so that every option comes along; else from the catalog.
    pub(super) fn create(&self, inputs: &PlanInputs<'_>) -> Statement {
        let options = match self.made() {
            Some(made) => made.sql,
            _ if self.production.managed => self.managed(),
            _ => format!("REPLICAS ({})", self.replicas(inputs)),
        };
        Statement::built(format!("CREATE CLUSTER {} {options}", self.name.quoted()))
    }

    fn managed(&self) -> String {
        let size = self.size.or(self.production.size.as_deref());
        let factor = self.production.replication_factor.unwrap_or(1);
        let strategy = self.burst.map_or_else(String::new, |burst| {
            let strategy = ClusterOptions::strategy_of(&burst.size, burst.linger.as_deref());
            format!("{strategy}, ")
        });
        format!(
            "({strategy}SIZE = {}, REPLICATION FACTOR = {factor})",
            literal(size.unwrap_or_default())
        )
    }

    fn replicas(&self, inputs: &PlanInputs<'_>) -> String {
        inputs
            .snapshot()
            .catalog
            .replicas_of(&self.production.id)
            .filter_map(|replica| {
                let size = self.size.or(replica.size.as_deref())?;
                let zone = replica
                    .availability_zone
                    .as_ref()
                    .map_or_else(String::new, |zone| {
                        format!(", AVAILABILITY ZONE {}", literal(zone))
                    });
                Some(format!(
                    "{} (SIZE {}{zone})",
                    replica.name.quoted(),
                    literal(size)
                ))
            })
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// What the twins will lack: a block for what this version does not understand, a warning for what only others may set.
pub(super) fn findings(twins: &[Twin<'_>]) -> Vec<Finding> {
    [
        unknown(twins),
        left_out(twins),
        refused(twins),
        not_shown(twins),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn unknown(twins: &[Twin<'_>]) -> Option<Finding> {
    let (mut objects, mut reasons) = (Vec::new(), Vec::new());
    for twin in twins {
        let reason = match &twin.options {
            Some(Err(error)) => error.to_string(),
            Some(Ok(options)) if !options.unknown().is_empty() => options.unknown().join(", "),
            _ => continue,
        };
        objects.push(twin.production.name.to_string());
        reasons.push(format!("{}: {reason}", twin.production.name));
    }
    let creates: Vec<_> = twins.iter().map(|twin| twin.name.quoted()).collect();
    finding(
        FindingId::ClusterOptionsUnknown,
        Severity::Block,
        format!(
            "Options that this version does not know ({}).",
            reasons.join("; ")
        ),
        format!(
            "Create the twin yourself with the options that you mean ({}), then run `cutover init` again; or allow it, and the twin is created without them.",
            creates.join(", ")
        ),
        objects,
    )
}

fn left_out(twins: &[Twin<'_>]) -> Option<Finding> {
    let (mut objects, mut mends) = (Vec::new(), Vec::new());
    for twin in twins {
        let Some(made) = twin.made() else {
            continue;
        };
        for option in made.of_the_system {
            if !option.starts_with("FEATURES") {
                mends.push(format!(
                    "ALTER CLUSTER {} SET ({option});",
                    twin.name.quoted()
                ));
            }
            objects.push(format!("{}: {option}", twin.name));
        }
        if let Some(strategy) = made.strategy {
            objects.push(format!(
                "{}: {strategy}, which the server refuses beside a size equal to its hydration size",
                twin.name
            ));
        }
    }
    let mends = if mends.is_empty() {
        String::new()
    } else {
        format!(" Once the twin stands, let it run: {}", mends.join(" "))
    };
    finding(
        FindingId::ClusterOptionsLeftOut,
        Severity::Warn,
        "The twin will lack options of its production cluster, and after a promote production lacks them.".to_owned(),
        format!(
            "WORKLOAD CLASS and FEATURES can be set by the system role `mz_system` only: by who runs the server, or by Materialize's support.{mends}"
        ),
        objects,
    )
}

fn refused(twins: &[Twin<'_>]) -> Option<Finding> {
    let refused = twins.iter().filter_map(|twin| {
        let refused = twin.refused.as_ref()?;
        Some(format!("{}: {refused}", twin.name))
    });
    finding(
        FindingId::ClusterOptionsLeftOut,
        Severity::Warn,
        "The twin will not burst as --burst asks.".to_owned(),
        "Leave out --burst; --size gives the whole twin another size.".to_owned(),
        refused.collect(),
    )
}

/// A twin that stands keeps what it was made with, whatever this command asks.
pub(super) fn kept_as_made(inputs: &PlanInputs<'_>, request: &Request) -> Option<Finding> {
    let pairs = inputs.resolved.clusters.iter();
    let asked = pairs.filter_map(|pair| {
        let twin = pair.deployment?;
        let names = [pair.names.production.as_str(), twin.name.as_str()];
        let size = names.iter().find_map(|name| request.sizes.get(*name));
        let size = size.filter(|size| twin.size.as_ref() != Some(*size));
        let burst = names.iter().any(|name| request.bursts.contains_key(*name));
        let size = size.map(|size| format!("--size {size}"));
        let words: Vec<String> = size
            .into_iter()
            .chain(burst.then(|| "--burst".to_owned()))
            .collect();
        (!words.is_empty()).then(|| format!("{}: {}", twin.name, words.join(" and ")))
    });
    finding(
        FindingId::ClusterOptionsLeftOut,
        Severity::Warn,
        "A twin stands already and stays as it is: what is asked for it here is for one that init creates.".to_owned(),
        "Change it by ALTER CLUSTER, or make it anew: `cutover cleanup`, then init.".to_owned(),
        asked.collect(),
    )
}

/// Of an unmanaged cluster the server shows its replicas' sizes and zones, and nothing else.
fn not_shown(twins: &[Twin<'_>]) -> Option<Finding> {
    let unmanaged = twins.iter().filter(|twin| !twin.production.managed);
    finding(
        FindingId::ClusterOptionsLeftOut,
        Severity::Info,
        "The server does not show the introspection settings of an unmanaged cluster's replicas: the twin gets the default ones.".to_owned(),
        "Where production's are others, create the twin yourself, then run `cutover init`.".to_owned(),
        unmanaged.map(|twin| twin.name.to_string()).collect(),
    )
}

fn finding(
    id: FindingId,
    severity: Severity,
    message: String,
    remedy: String,
    mut objects: Vec<String>,
) -> Option<Finding> {
    objects.sort();
    (!objects.is_empty()).then_some(Finding {
        id,
        severity,
        message,
        remedy,
        objects,
    })
}
