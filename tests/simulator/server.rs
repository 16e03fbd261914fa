//! A simulated server that a test talks to without being asynchronous itself.

use cutover::sim::world::{Disturbance, ObjectName, World};
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
        let world = World::from_toml(world).unwrap();
        let runtime = Runtime::new().unwrap();
        let options = Options {
            world,
            listen: ([127, 0, 0, 1], 0).into(),
            passing: Passing::Manual,
        };
        let server = runtime.block_on(Server::start(options)).unwrap();
        Self {
            server,
            _runtime: runtime,
        }
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
        self.server.control().disturb(&stall).unwrap();
    }
}
