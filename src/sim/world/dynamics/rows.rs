//! The state of the dynamics as rows, columns in catalog order.

mod external;
mod field;
mod lag;

use super::Relation;
use super::moving::{Dynamics, MINUTE};
use super::node::{Frontier, Node, OnReplica, Progress, read_frontier};
use crate::Value;
use crate::inventory::Kind;
use field::{Row, frontier, interval, millis, text, timestamptz};
use std::time::Duration;

/// `mz_wallclock_global_lag` shows the newest sample of this long.
const NEWEST_LAG_WITHIN: Duration = Duration::from_millis(5 * MINUTE);
const RECENT: Duration = Duration::from_millis(24 * 60 * MINUTE);
const HISTORY: Duration = Duration::from_millis(30 * 24 * 60 * MINUTE);

impl Dynamics {
    /// All rows of a relation, columns in catalog order.
    #[must_use]
    pub fn rows(&self, relation: Relation) -> Vec<Vec<Value>> {
        match relation {
            Relation::HydrationStatuses => self.hydration_statuses(),
            Relation::ComputeHydrationStatuses => self.per_compute_replica(|node, replica, on| {
                vec![
                    text(&node.id),
                    text(replica),
                    on.is_hydrated().into(),
                    interval(hydration_time(node, on)),
                ]
            }),
            Relation::ComputeHydrationTimes => self.per_compute_replica(|node, replica, on| {
                let nanos = hydration_time(node, on)
                    .map(|took| i64::try_from(took.as_nanos()).unwrap_or(i64::MAX));
                vec![text(replica), text(&node.id), nanos.into()]
            }),
            Relation::OperatorHydrationStatuses => self.operators(),
            Relation::Frontiers => self.living().filter_map(frontier_row).collect(),
            Relation::ReplicaFrontiers => self.replica_frontiers(),
            Relation::MaterializationLag => self.materialization_lag(),
            Relation::MaterializedViewRefreshes => self.refreshes(),
            Relation::WallclockGlobalLag => self.newest_lag(),
            Relation::WallclockGlobalLagRecentHistory => self.lag_history(RECENT),
            Relation::WallclockGlobalLagHistory => self.lag_history(HISTORY),
            Relation::SourceStatuses => self.source_statuses(),
            Relation::SourceStatusHistory => self.source_status_history(),
            Relation::SourceStatistics => self.source_statistics(),
            Relation::SinkStatuses => self.sink_statuses(),
            Relation::SinkStatusHistory => self.sink_status_history(),
            Relation::SinkStatistics => self.sink_statistics(),
            Relation::ReplicaStatuses => self.replica_statuses(),
            Relation::ReplicaStatusHistory => self.replica_status_history(),
            Relation::ReplicaUtilization => self.replica_utilization(),
            Relation::ReplicaUtilizationHistory => self.replica_utilization_history(),
            Relation::ReplicaMetrics => self.replica_metrics(),
        }
    }

    fn hydration_statuses(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for node in self.living().filter(|node| node.hydrates()) {
            let reports = node.on.iter().filter(|(_, on)| self.is_reported(node, on));
            let before = rows.len();
            rows.extend(reports.map(|(replica, on)| {
                vec![text(&node.id), text(replica), node.says_hydrated(on).into()]
            }));
            if rows.len() == before {
                rows.push(vec![text(&node.id), Value::Null, false.into()]);
            }
        }
        rows
    }

    /// A source's hydration is read from its statistics, so it is unattached until they are (recorded: 09).
    fn is_reported(&self, node: &Node, on: &OnReplica) -> bool {
        node.kind != Kind::Source || self.read_since(on).is_some()
    }

    fn per_compute_replica(&self, row: impl Fn(&Node, &str, &OnReplica) -> Row) -> Vec<Row> {
        let mut rows = Vec::new();
        for node in self.living().filter(|node| node.is_compute()) {
            rows.extend(node.on.iter().map(|(replica, on)| row(node, replica, on)));
        }
        rows
    }

    fn operators(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for node in self.living().filter(|node| node.is_compute()) {
            for (replica, on) in &node.on {
                let done = on.share_done(self.now) * f64::from(node.pace.operators);
                for operator in 1..=node.pace.operators {
                    let hydrated = f64::from(operator) <= done;
                    rows.push(vec![
                        text(replica),
                        text(&node.id),
                        i64::from(operator).into(),
                        hydrated.into(),
                    ]);
                }
            }
        }
        rows
    }

    fn replica_frontiers(&self) -> Vec<Row> {
        let mut rows = Vec::new();
        for node in self
            .living()
            .filter(|node| node.hydrates() && node.frontier != Frontier::None)
        {
            for (replica, on) in &node.on {
                let unhydrated = if node.is_compute() && node.frontier != Frontier::At(0) {
                    node.as_of
                } else {
                    0
                };
                let own = if on.is_hydrated() {
                    node.frontier
                } else {
                    Frontier::At(unhydrated)
                };
                rows.push(vec![text(&node.id), text(replica), frontier(own)]);
            }
        }
        rows
    }

    fn newest_lag(&self) -> Vec<Row> {
        let since = self.now.minus(NEWEST_LAG_WITHIN);
        let newest = |node: &Node| {
            node.samples
                .written
                .last()
                .copied()
                .filter(|(at, _)| *at >= since)
        };
        self.living()
            .filter_map(|node| {
                newest(node).map(|(_, lag)| vec![text(&node.id), interval(seconds(lag))])
            })
            .collect()
    }

    fn lag_history(&self, of: Duration) -> Vec<Row> {
        let since = self.now.minus(of);
        let mut rows = Vec::new();
        for node in self.living() {
            let samples = node.samples.written.iter().filter(|(at, _)| *at >= since);
            rows.extend(
                samples.map(|(at, lag)| {
                    vec![text(&node.id), interval(seconds(*lag)), timestamptz(*at)]
                }),
            );
        }
        rows
    }
}

fn frontier_row(node: &Node) -> Option<Row> {
    let (read, write) = match node.frontier {
        Frontier::None => return None,
        // A complete object can be read at every time, and an unhydrated one from the start (recorded: 07).
        Frontier::Complete => (0, Value::Null),
        Frontier::At(0) => (
            if node.is_compute() { node.as_of } else { 0 },
            Value::Int(0),
        ),
        Frontier::At(at) => (
            read_frontier(at).max(node.as_of),
            frontier(Frontier::At(at)),
        ),
    };
    Some(vec![text(&node.id), millis(read), write])
}

/// NULL until it is hydrated, and for what completed at once (recorded: 07).
fn hydration_time(node: &Node, on: &OnReplica) -> Option<Duration> {
    match on.progress {
        Progress::Hydrated { took } if !node.is_complete() => Some(took),
        _ => None,
    }
}

fn seconds(whole: Option<u64>) -> Option<Duration> {
    whole.map(Duration::from_secs)
}
