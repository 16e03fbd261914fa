//! Sources, sinks and replicas as rows.

use super::super::moving::Dynamics;
use super::super::node::{Node, OnReplica, StatusEntry};
use super::super::replica::Utilization;
use super::field::{Row, interval, millis, text, timestamptz};
use crate::Value;
use crate::inventory::Kind;
use std::time::Duration;

impl Dynamics {
    pub(super) fn source_statuses(&self) -> Vec<Row> {
        self.with_status(
            |kind| matches!(kind, Kind::Source | Kind::SourceTable),
            status_row,
        )
    }

    pub(super) fn sink_statuses(&self) -> Vec<Row> {
        self.with_status(|kind| kind == Kind::Sink, status_row)
    }

    pub(super) fn source_status_history(&self) -> Vec<Row> {
        self.with_status(
            |kind| matches!(kind, Kind::Source | Kind::SourceTable),
            history_rows,
        )
    }

    pub(super) fn sink_status_history(&self) -> Vec<Row> {
        self.with_status(|kind| kind == Kind::Sink, history_rows)
    }

    fn with_status<R: IntoIterator<Item = Row>>(
        &self,
        wanted: impl Fn(Kind) -> bool,
        rows: impl Fn(&Node) -> R,
    ) -> Vec<Row> {
        self.living()
            .filter(|node| wanted(node.kind))
            .flat_map(rows)
            .collect()
    }

    pub(super) fn source_statistics(&self) -> Vec<Row> {
        self.per_external(Kind::Source, |node, replica, on| {
            self.source_row(node, replica, on)
        })
    }

    pub(super) fn sink_statistics(&self) -> Vec<Row> {
        // What a sink wrote is the one batch that a table's content at its start is.
        self.per_external(Kind::Sink, |node, replica, _| {
            let messages = millis(u64::from(node.readable));
            let bytes = millis(u64::from(node.readable) * node.source_pace.record_bytes);
            let id = text(&node.id);
            Some(vec![
                id,
                text(replica),
                messages.clone(),
                messages,
                bytes.clone(),
                bytes,
            ])
        })
    }

    fn per_external(
        &self,
        kind: Kind,
        row: impl Fn(&Node, &str, &OnReplica) -> Option<Row>,
    ) -> Vec<Row> {
        let mut rows = Vec::new();
        for node in self.living().filter(|node| node.kind == kind) {
            rows.extend(
                node.on
                    .iter()
                    .filter_map(|(replica, on)| row(node, replica, on)),
            );
        }
        rows
    }

    /// How long the object had been attached when statistics were read last; `None` before the first reading.
    pub(super) fn read_since(&self, on: &OnReplica) -> Option<Duration> {
        let every = u64::try_from(self.model.statistics_every.as_millis())
            .unwrap_or(u64::MAX)
            .max(1);
        let read_at = self.now.millis() / every * every;
        read_at
            .checked_sub(on.attached_at.millis())
            .map(Duration::from_millis)
    }

    /// A source has no statistics before the first reading (recorded: 09).
    fn source_row(&self, node: &Node, replica: &str, on: &OnReplica) -> Option<Row> {
        let running = self.read_since(on)?;
        let pace = &node.source_pace;
        let (known, took) = (pace.snapshot_records, pace.snapshot_time());
        let snapshot = u64::try_from(running.as_millis())
            .unwrap_or(u64::MAX)
            .saturating_mul(pace.snapshot_rate)
            / 1_000;
        let staged = known.min(snapshot);
        let live = running.saturating_sub(took).as_secs() * pace.live_rate;
        let (received, committed) = (staged + live, if node.readable { known + live } else { 0 });
        let latency = node.readable.then_some(took);
        Some(vec![
            text(&node.id),
            text(replica),
            millis(received),
            millis(received * pace.record_bytes),
            millis(received),
            millis(committed),
            millis(0),
            millis(0),
            interval(latency),
            millis(known),
            millis(staged),
            node.readable.into(),
            millis(received),
            millis(committed),
        ])
    }

    pub(super) fn replica_statuses(&self) -> Vec<Row> {
        self.replicas
            .iter()
            .map(|(id, replica)| {
                vec![
                    text(id),
                    Value::Int(0),
                    text(replica.status()),
                    replica.reason.map_or(Value::Null, text),
                    timestamptz(replica.changed_at),
                ]
            })
            .collect()
    }

    pub(super) fn replica_status_history(&self) -> Vec<Row> {
        self.replica_history
            .iter()
            .map(|entry| {
                vec![
                    text(&entry.replica),
                    Value::Int(0),
                    text(entry.status),
                    entry.reason.map_or(Value::Null, text),
                    timestamptz(entry.at),
                ]
            })
            .collect()
    }

    fn newest_utilization(&self, replica: &str) -> Option<&Utilization> {
        self.utilization
            .iter()
            .rev()
            .find(|reading| reading.replica == replica)
    }

    /// A replica has no readings before its first full minute (recorded: 09).
    pub(super) fn replica_utilization(&self) -> Vec<Row> {
        let percentages = |id: &String| match self.newest_utilization(id) {
            Some(reading) => utilization_row(reading),
            None => vec![
                text(id),
                Value::Int(0),
                Value::Null,
                Value::Null,
                Value::Null,
                Value::Null,
            ],
        };
        self.replicas.keys().map(percentages).collect()
    }

    pub(super) fn replica_utilization_history(&self) -> Vec<Row> {
        let row = |reading: &Utilization| {
            let mut row = utilization_row(reading);
            row.push(timestamptz(reading.at));
            row
        };
        self.utilization.iter().map(row).collect()
    }

    pub(super) fn replica_metrics(&self) -> Vec<Row> {
        let metrics = |id: &String| {
            let reading = self.newest_utilization(id)?;
            let nano_cores = (reading.cpu_percent * 10_000_000.0) as i64;
            let memory = millis(reading.memory_bytes);
            Some(vec![
                text(id),
                Value::Int(0),
                Value::Int(nano_cores),
                memory.clone(),
                Value::Null,
                memory,
                millis(reading.memory_limit),
            ])
        };
        self.replicas.keys().filter_map(metrics).collect()
    }
}

fn utilization_row(reading: &Utilization) -> Row {
    let memory = reading.memory_bytes as f64 / reading.memory_limit.max(1) as f64 * 100.0;
    vec![
        text(&reading.replica),
        Value::Int(0),
        reading.cpu_percent.into(),
        memory.into(),
        Value::Null,
        memory.into(),
    ]
}

fn details(node: &Node, error: Option<&String>) -> Value {
    match error {
        // The namespace is named once: in front of the error, or around it (recorded: 10).
        Some(error) => {
            let own = error
                .strip_prefix(&format!("{}: ", node.subtype))
                .unwrap_or(error);
            Value::Text(
                serde_json::json!({ "namespaced": { node.subtype.clone(): own } }).to_string(),
            )
        }
        None => Value::Null,
    }
}

fn status_row(node: &Node) -> Option<Row> {
    let StatusEntry { at, status, error } = node.history.last()?;
    Some(vec![
        text(&node.id),
        text(&node.name),
        text(&node.subtype),
        timestamptz(*at),
        text(status),
        error.clone().into(),
        details(node, error.as_ref()),
    ])
}

fn history_rows(node: &Node) -> Vec<Row> {
    let replica = node.on.keys().next().cloned();
    let row = |entry: &StatusEntry| {
        vec![
            timestamptz(entry.at),
            text(&node.id),
            text(entry.status),
            entry.error.clone().into(),
            details(node, entry.error.as_ref()),
            replica.clone().into(),
        ]
    };
    node.history.iter().map(row).collect()
}
