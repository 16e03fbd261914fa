//! What a cluster is busy with beside its steady replicas.

use crate::domain::object::Cluster;
use crate::domain::quantity::age;
use crate::domain::snapshot::Snapshot;

/// `burst 1600cc for 3 min, steady 2 of 5`; `reconfiguring size to 50cc; in 3 h it is rolled back, hydrated or not`.
pub(super) fn activity(
    snapshot: &Snapshot,
    cluster: &Cluster,
    (hydrated, total): (usize, usize),
) -> Option<String> {
    let catalog = &snapshot.catalog;
    let burst = catalog.bursts.get(&cluster.id).map(|burst| {
        let mut replicas = catalog.replicas_of(&cluster.id);
        let replica = replicas.find(|replica| replica.size.as_deref() == Some(&burst.size));
        let health = replica.and_then(|replica| snapshot.readings.replicas.get(&replica.id));
        let since = health.and_then(|health| health.since);
        let since = since.map_or_else(String::new, |since| {
            format!(" for {}", age(snapshot.time.millis_since(since)))
        });
        let lingers = if burst.lingers { " lingers" } else { "" };
        format!(
            "burst {}{lingers}{since}, steady {hydrated} of {total}",
            burst.size
        )
    });
    let reconfiguration = catalog.reconfigurations.get(&cluster.id);
    let reconfiguration = reconfiguration.map(|it| it.sentence(snapshot.time));
    let told: Vec<String> = burst.into_iter().chain(reconfiguration).collect();
    (!told.is_empty()).then(|| told.join("; "))
}
