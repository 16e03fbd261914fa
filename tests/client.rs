//! The client of Materialize over real sockets: against a scripted server for what no healthy server does, and against the
//! simulated Materialize for what it must get right.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "client/connect.rs"]
mod connect;
#[path = "client/encryption.rs"]
mod encryption;
#[path = "client/execute.rs"]
mod execute;
#[path = "client/fence.rs"]
mod fence;
#[path = "client/front.rs"]
mod front;
#[path = "client/live.rs"]
mod live;
#[path = "client/observe.rs"]
mod observe;
#[path = "client/product_sql.rs"]
mod product_sql;
#[path = "client/proxy.rs"]
mod proxy;
#[path = "client/recorded.rs"]
mod recorded;
#[path = "client/script.rs"]
mod script;
#[cfg(feature = "sim")]
#[path = "client/simulated.rs"]
mod simulated;
#[path = "client/swaps.rs"]
mod swaps;
#[path = "client/wire.rs"]
mod wire;

use cutover::materialize::connection::Connector;
use cutover::materialize::settings::{ConnectionSettings, SslMode};
use std::net::SocketAddr;
use std::time::Duration;

/// Settings for a server on this machine.
fn settings(address: SocketAddr) -> ConnectionSettings {
    ConnectionSettings {
        host: address.ip().to_string(),
        port: address.port(),
        sslmode: SslMode::Disable,
        connect_timeout: Duration::from_secs(5),
        ..ConnectionSettings::default()
    }
}

fn connector(address: SocketAddr) -> Connector {
    Connector::new(settings(address)).unwrap()
}
