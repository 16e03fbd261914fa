//! Rows about clusters whose shape changes (recorded: v26.39/20).

use super::Row;
use super::row::id;
use crate::catalog::{Catalog, IN_PROGRESS, Managed, Strategy};
use crate::value::Value;
use serde_json::{Value as Json, json};
use std::time::Duration;

pub fn reconfigurations(catalog: &Catalog) -> Vec<Row> {
    let rows = catalog.clusters.iter().filter_map(|(key, cluster)| {
        let change = cluster.reconfiguration.as_ref()?;
        let realized = cluster.managed.as_ref()?;
        let goes_on = change.status == IN_PROGRESS && realized.size != change.target.size;
        let changes = if goes_on {
            json!({"size": change.target.size})
        } else {
            json!({})
        };
        Some(vec![
            id(*key),
            change.status.into(),
            Value::Int(i64::try_from(change.deadline).unwrap_or(i64::MAX)),
            "rollback".into(),
            target(&change.target).to_string().into(),
            changes.to_string().into(),
        ])
    });
    rows.collect()
}

fn target(managed: &Managed) -> Json {
    json!({
        "arrangement_compression": managed.arrangement_compression,
        "availability_zones": [],
        "logging": {
            "interval": managed.introspection_interval.map(duration),
            "log_logging": managed.introspection_debugging,
        },
        "replication_factor": managed.replication_factor,
        "size": managed.size,
    })
}

fn duration(duration: Duration) -> Json {
    json!({"nanos": duration.subsec_nanos(), "secs": duration.as_secs()})
}

pub fn strategies(catalog: &Catalog) -> Vec<Row> {
    let rows = catalog.clusters.iter().filter_map(|(key, cluster)| {
        let strategy = cluster.managed.as_ref()?.strategy.as_ref()?;
        let told = json!({
            "on_hydration": {
                "hydration_size": strategy.size,
                "linger_duration": strategy.linger.map(duration),
            }
        });
        let state = cluster.burst.as_ref().map(|burst| {
            let Strategy { size, linger } = &burst.strategy;
            let state = json!({
                "burst": {
                    "burst_size": size,
                    "linger_duration": linger.map(duration),
                    "steady_hydrated_at": burst.steady_hydrated_at,
                }
            });
            Value::from(state.to_string())
        });
        Some(vec![
            id(*key),
            told.to_string().into(),
            state.unwrap_or(Value::Null),
        ])
    });
    rows.collect()
}
