//! Clusters whose shape changes, or that have a replica for a while only.

use super::store::CatalogRows;
use crate::domain::name::ClusterId;
use crate::domain::object::{AtDeadline, Burst, Reconfiguration};
use crate::domain::snapshot::LogicalTime;
use crate::materialize::error::Error;
use crate::materialize::queries::rows;
use serde_json::Value;
use std::collections::BTreeMap;

/// # Errors
/// When a row lacks its cluster.
pub fn reconfigurations(told: &CatalogRows) -> Result<BTreeMap<ClusterId, Reconfiguration>, Error> {
    told.all::<rows::Reconfigurations>()
        .map(|row| {
            let reconfiguration = Reconfiguration {
                changes: row.changes().get().map_or_else(String::new, changes),
                deadline: row.deadline().number().map(LogicalTime),
                at_deadline: AtDeadline::from(row.on_timeout().get().unwrap_or_default()),
            };
            Ok((row.cluster_id().id()?, reconfiguration))
        })
        .collect()
}

/// `{"size":"50cc","replication_factor":2}` as SHOW CLUSTERS says it: `replication factor to 2, size to 50cc`.
fn changes(json: &str) -> String {
    let Ok(Value::Object(changes)) = serde_json::from_str(json) else {
        return json.to_owned();
    };
    let words = changes.iter().map(|(option, value)| {
        let value = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        format!("{} to {value}", option.replace('_', " "))
    });
    words.collect::<Vec<_>>().join(", ")
}

/// # Errors
/// When a row lacks its cluster.
pub fn bursts(told: &CatalogRows) -> Result<BTreeMap<ClusterId, Burst>, Error> {
    told.all::<rows::Autoscaling>()
        .filter_map(|row| {
            let found = burst(row.state().get()?)?;
            Some(row.cluster_id().id().map(|cluster| (cluster, found)))
        })
        .collect()
}

/// A state that can't be read is a burst of a size that nobody knows: then no replica but those of the cluster's own size counts.
fn burst(state: &str) -> Option<Burst> {
    let unreadable = || Burst {
        size: "of an unknown size".to_owned(),
        lingers: false,
    };
    let Ok(state) = serde_json::from_str::<Value>(state) else {
        return Some(unreadable());
    };
    let burst = state.get("burst").filter(|burst| !burst.is_null())?;
    let size = burst.get("burst_size").and_then(Value::as_str);
    Some(size.map_or_else(unreadable, |size| {
        Burst {
            size: size.to_owned(),
            lingers: burst
                .get("steady_hydrated_at")
                .is_some_and(|at| !at.is_null()),
        }
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::materialize::queries::CatalogQuery;
    use crate::materialize::row::TextRow;

    fn told(query: CatalogQuery, cells: &[Option<&str>]) -> CatalogRows {
        let mut told = CatalogRows::default();
        told.change(query, TextRow::new(cells.iter().copied()), 1);
        told
    }

    /// Recorded: v26.39/20.
    #[test]
    fn a_reconfiguration_says_what_changes_until_when() {
        let cells = [
            Some("u11"),
            Some("1795888168971"),
            Some("rollback"),
            Some(r#"{"size":"50cc"}"#),
        ];
        let found = reconfigurations(&told(CatalogQuery::Reconfigurations, &cells)).unwrap();
        let found = &found[&ClusterId::user(11)];
        assert_eq!(found.changes, "size to 50cc");
        let now = LogicalTime(1_795_888_168_971 - 86_000_000);
        assert_eq!(
            found.sentence(now),
            "reconfiguring size to 50cc; in 24 h it is rolled back, hydrated or not"
        );
        assert_eq!(
            found.sentence(LogicalTime(1_795_888_168_972)),
            "reconfiguring size to 50cc; now it is rolled back, hydrated or not"
        );
    }

    /// Recorded: v26.39/20.
    #[test]
    fn a_burst_is_told_by_the_state_of_the_strategy() {
        let strategy = r#"{"on_hydration":{"hydration_size":"100cc"}}"#;
        let burst = |state| {
            let cells = [Some("u13"), Some(strategy), state];
            let found = bursts(&told(CatalogQuery::Autoscaling, &cells)).unwrap();
            found.get(&ClusterId::user(13)).cloned()
        };
        assert_eq!(burst(None), None);
        let state = r#"{"burst":{"burst_size":"100cc","linger_duration":{"nanos":0,"secs":10},"steady_hydrated_at":null}}"#;
        let expected = Burst {
            size: "100cc".to_owned(),
            lingers: false,
        };
        assert_eq!(burst(Some(state)), Some(expected));
        for odd in ["{", r#"{"burst":{}}"#, r#"{"burst":7}"#] {
            let found = burst(Some(odd)).unwrap();
            assert_eq!(found.size, "of an unknown size", "{odd}");
        }
        assert_eq!(burst(Some(r#"{"burst":null}"#)), None);
        // That it is a time then was read in the source of 26.39, not seen.
        let lingering = state.replace("null", "1795888168971");
        assert!(burst(Some(&lingering)).unwrap().lingers);
    }
}
