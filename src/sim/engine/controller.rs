//! What a server does with its clusters by itself: it ends changes of shape, and keeps a larger replica while steady ones hydrate
//! (recorded: v26.39/20; how soon, and what it does at a deadline, are from its source).

use super::Engine;
use crate::catalog::audit::Actor;
use crate::catalog::builtin::MZ_SYSTEM;
use crate::catalog::id::Id;
use crate::catalog::{Burst, Catalog, Cluster, IN_PROGRESS};
use crate::error::SqlResult;
use crate::inventory::Millis;
use crate::world::Dynamics;

/// One thing to do to a cluster.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Deed {
    Finalize,
    TimeOut,
    StartBurst,
    NoteSteady,
    ForgetSteady,
    EndBurst,
}

impl Engine {
    /// Does what is to be done now.
    ///
    /// # Errors
    /// When SQLite refuses a table.
    pub fn control_clusters(&mut self) -> SqlResult<()> {
        let due: Vec<(Id, Deed)> = self
            .catalog
            .clusters
            .iter()
            .filter_map(|(id, cluster)| Some((*id, self.deed(*id, cluster)?)))
            .collect();
        if due.is_empty() {
            return Ok(());
        }
        let mut catalog = Catalog::clone(&self.catalog);
        let actor = Actor {
            role: MZ_SYSTEM,
            now: self.now,
        };
        for (cluster, deed) in due {
            perform(&mut catalog, actor, cluster, deed);
        }
        let now = self.now;
        self.install(catalog, now)
    }

    fn deed(&self, id: Id, cluster: &Cluster) -> Option<Deed> {
        let hydrated = |replica: &Id| is_hydrated(&self.dynamics, id, *replica);
        let change = cluster.reconfiguration.as_ref();
        if let Some(change) = change.filter(|it| it.status == IN_PROGRESS) {
            if change.replicas.iter().all(hydrated) {
                return Some(Deed::Finalize);
            }
            if self.now >= change.deadline {
                return Some(Deed::TimeOut);
            }
        }
        let steady = self.steady_replicas(id, cluster);
        let is_steady = steady.iter().any(hydrated);
        match (&cluster.burst, &cluster.managed.as_ref()?.strategy) {
            (None, Some(_)) if !is_steady && !steady.is_empty() && self.has_work(id) => {
                Some(Deed::StartBurst)
            }
            (Some(_), None) => Some(Deed::EndBurst),
            (Some(burst), Some(_)) => match burst.steady_hydrated_at {
                None if is_steady => Some(Deed::NoteSteady),
                // Something came that no steady replica has.
                Some(_) if !is_steady => Some(Deed::ForgetSteady),
                Some(at) if self.now >= at + lingers(burst) => Some(Deed::EndBurst),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether anything of a user's on the cluster hydrates.
    fn has_work(&self, cluster: Id) -> bool {
        self.dynamics.hydrates_something(&cluster.to_string())
    }

    fn steady_replicas(&self, id: Id, cluster: &Cluster) -> Vec<Id> {
        let passing = cluster.passing_replicas();
        let replicas = self.catalog.replicas.iter();
        replicas
            .filter(|(replica, it)| it.cluster == id && !passing.contains(replica))
            .map(|(replica, _)| *replica)
            .collect()
    }
}

fn is_hydrated(dynamics: &Dynamics, cluster: Id, replica: Id) -> bool {
    dynamics.has_everything(&cluster.to_string(), &replica.to_string())
}

fn lingers(burst: &Burst) -> Millis {
    let linger = burst.strategy.linger.unwrap_or_default();
    Millis::try_from(linger.as_millis()).unwrap_or(Millis::MAX)
}

fn perform(catalog: &mut Catalog, actor: Actor, id: Id, deed: Deed) {
    let Some(mut cluster) = catalog.clusters.get(&id).cloned() else {
        return;
    };
    let mut gone = Vec::new();
    match deed {
        Deed::Finalize => {
            if let Some(change) = &mut cluster.reconfiguration {
                let staying: Vec<Id> = change.replicas.drain(..).collect();
                let burst = cluster.burst.as_ref().map(|burst| burst.replica);
                let replicas = catalog.replicas.iter();
                gone.extend(
                    replicas
                        .filter(|(replica, it)| {
                            it.cluster == id
                                && !staying.contains(replica)
                                && Some(**replica) != burst
                        })
                        .map(|(replica, _)| *replica),
                );
                change.status = "finalized";
                cluster.managed = Some(change.target.clone());
            }
        }
        Deed::TimeOut => {
            if let Some(change) = &mut cluster.reconfiguration {
                gone.append(&mut change.replicas);
                change.status = "timed-out";
            }
        }
        Deed::StartBurst => {
            let strategy = cluster.managed.as_ref().and_then(|it| it.strategy.clone());
            cluster.burst = strategy.and_then(|strategy| {
                let made = catalog.add_replicas(actor, id, (&strategy.size, 1));
                Some(Burst {
                    replica: *made.first()?,
                    strategy,
                    steady_hydrated_at: None,
                })
            });
        }
        Deed::NoteSteady | Deed::ForgetSteady => {
            if let Some(burst) = &mut cluster.burst {
                let is_steady = deed == Deed::NoteSteady;
                burst.steady_hydrated_at = is_steady.then_some(actor.now);
            }
        }
        Deed::EndBurst => gone.extend(cluster.burst.take().map(|burst| burst.replica)),
    }
    catalog.clusters.insert(id, cluster);
    for replica in gone {
        catalog.remove_replica(actor, replica);
    }
}
