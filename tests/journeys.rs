//! Journeys: the real client code, over a real socket, against the simulated Materialize with the sample project.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "journeys/budget.rs"]
mod budget;
#[path = "journeys/changes.rs"]
mod changes;
#[path = "journeys/clusters.rs"]
mod clusters;
#[path = "journeys/facts.rs"]
mod facts;
#[path = "journeys/faults.rs"]
mod faults;
#[path = "journeys/findings.rs"]
mod findings;
#[path = "journeys/harm.rs"]
mod harm;
#[path = "journeys/incident.rs"]
mod incident;
#[path = "journeys/isolation.rs"]
mod isolation;
#[path = "journeys/loop_.rs"]
mod loop_;
#[path = "journeys/provenance.rs"]
mod provenance;
#[path = "support/server.rs"]
mod server;
#[path = "journeys/sides.rs"]
mod sides;
#[path = "journeys/stage.rs"]
mod stage;
#[path = "support/tap.rs"]
mod tap;
#[path = "journeys/targets.rs"]
mod targets;
#[path = "journeys/watch.rs"]
mod watch;
#[path = "journeys/window.rs"]
mod window;
