//! A simulated server that a test talks to without being asynchronous itself.

use super::wire::Session;
use cutover::sim::world::{Disturbance, Fault, ObjectName, World};
use cutover::sim::{Options, Passing, Simulator as Server};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::runtime::Runtime;

pub struct Simulator {
    server: Server,
    /// After the server: what runs on it has to end first.
    _runtime: Runtime,
}

impl Simulator {
    /// Starts a server in the world that a text describes. Its time stands still until [`Simulator::pass`].
    pub fn start(world: &str) -> Self {
        Self::passing(world, Passing::Manual)
    }

    /// The same, where time passes by itself, so many times as fast as here.
    pub fn running(world: &str, speed: f64) -> Self {
        Self::passing(world, Passing::Real { speed })
    }

    fn passing(world: &str, passing: Passing) -> Self {
        let world = World::from_toml(world).unwrap();
        let runtime = Runtime::new().unwrap();
        let options = Options {
            world,
            listen: ([127, 0, 0, 1], 0).into(),
            passing,
        };
        let server = runtime.block_on(Server::start(options)).unwrap();
        Self {
            server,
            _runtime: runtime,
        }
    }

    /// A fresh server of the version of a recording: `v26.24/16-fence`.
    pub fn of_recording(recording: &str) -> Self {
        let (version, _) = recording.split_once('/').unwrap();
        Self::start(&format!("[server]\nversion = \"{version}.0\""))
    }

    pub fn address(&self) -> SocketAddr {
        self.server.address()
    }

    /// World time since 1970.
    pub fn now(&self) -> Duration {
        Duration::from_millis(self.server.control().clock().now().millis())
    }

    /// Lets world time pass at once.
    pub fn pass(&self, by: Duration) {
        self.server.control().advance(by);
    }

    pub fn stall(&self, schema: &str, name: &str, error: &str) {
        let object = ObjectName {
            schema: schema.to_owned(),
            name: name.to_owned(),
        };
        let stall = Disturbance::Stall {
            object,
            error: error.to_owned(),
            lasts: None,
        };
        self.disturb(&stall);
    }

    pub fn disturb(&self, disturbance: &Disturbance) {
        self.server.control().disturb(disturbance).unwrap();
    }

    pub fn arm(&self, fault: Fault) {
        self.server.control().arm(fault);
    }

    /// How many faults have not struck yet.
    pub fn armed(&self) -> usize {
        self.server.control().faults().remaining()
    }

    pub fn close(&self) {
        self.server.control().close();
    }

    pub fn open(&self) {
        self.server.control().open();
    }
}

/// The rows of a query that must succeed, cells joined by a space, NULL as `-`.
pub fn rows(session: &mut Session, sql: &str) -> Vec<String> {
    let answer = session.ask(sql);
    assert!(answer.error.is_none(), "{sql}: {:?}", answer.error);
    let line = |row: Vec<Option<String>>| {
        row.into_iter()
            .map(|cell| cell.unwrap_or_else(|| "-".to_owned()))
    };
    answer
        .rows
        .into_iter()
        .map(|row| line(row).collect::<Vec<_>>().join(" "))
        .collect()
}
