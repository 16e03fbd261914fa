//! A simulated server on a socket: it accepts connections and lets world time pass.

use super::control::Control;
use super::door::Door;
use super::engine::Shared;
use super::error::{SqlError, SqlResult};
use super::world::{Clock, Timestamp, World};
use super::{session, wire};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// How often the world moves at least, in world time: tables and frontiers advance every second (recorded: 08).
const BEAT: Duration = Duration::from_secs(1);
/// How often it moves at most, in time here.
const REST: Duration = Duration::from_millis(25);
/// How long to wait before an address is tried again after it could not be bound.
const REBIND: Duration = Duration::from_millis(50);

/// How world time passes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Passing {
    /// By itself, so many times as fast as here.
    Real { speed: f64 },
    /// Only by [`Control::advance`].
    Manual,
}

/// What to start.
#[derive(Debug, Clone)]
pub struct Options {
    pub world: World,
    /// Port 0 takes any free port.
    pub listen: SocketAddr,
    pub passing: Passing,
}

/// Why a simulated server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("can't listen on {address}")]
    Listen {
        address: SocketAddr,
        source: std::io::Error,
    },
    #[error("the start statements of the world failed")]
    World(#[source] SqlError),
}

/// A running server. Dropping it ends everything.
pub struct Simulator {
    address: SocketAddr,
    control: Control,
    _tasks: [AbortOnDropHandle<()>; 2],
}

impl Simulator {
    /// Builds the world and opens the door.
    ///
    /// # Errors
    /// When the address can't be had, or a start statement of the world fails.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let Options {
            world,
            listen,
            passing,
        } = options;
        let refused = |source| StartError::Listen {
            address: listen,
            source,
        };
        let listener = TcpListener::bind(listen).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let begins = world.begins(here());
        let clock = match passing {
            Passing::Real { speed } => Clock::real(begins, speed),
            Passing::Manual => Clock::manual(begins),
        };
        let shared = Shared::open(world, clock, session::script::run).map_err(StartError::World)?;
        let door = Door {
            open: watch::channel(true).0,
            connections: watch::channel(CancellationToken::new()).0,
        };
        let control = Control::new(shared, door);
        let tasks = [
            AbortOnDropHandle::new(tokio::spawn(accept(listener, address, control.clone()))),
            AbortOnDropHandle::new(tokio::spawn(beat(control.clone()))),
        ];
        Ok(Self {
            address,
            control,
            _tasks: tasks,
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Changes the catalog as a role by many statements at once: a world too large to be made one by one.
    ///
    /// # Errors
    /// When the server refuses one of them, or one is no DDL; then none is done.
    pub fn load(&self, role: &str, statements: &[String]) -> SqlResult<()> {
        session::script::load(self.control.shared(), role, statements)
    }

    #[must_use]
    pub fn control(&self) -> &Control {
        &self.control
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.control.cut_connections();
    }
}

fn here() -> Timestamp {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    Timestamp::default().plus(since)
}

/// Accepts connections while the door is open. A closed door closes the socket, so that clients are refused as if no server ran; it
/// opens again at the same address.
async fn accept(listener: TcpListener, address: SocketAddr, control: Control) {
    let mut open = control.door().open.subscribe();
    let mut first = Some(listener);
    while open.wait_for(|open| *open).await.is_ok() {
        let listener = match first.take() {
            Some(listener) => Ok(listener),
            None => TcpListener::bind(address).await,
        };
        match listener {
            Ok(listener) => accept_until_closed(&listener, &mut open, &control).await,
            Err(_) => tokio::time::sleep(REBIND).await,
        }
    }
}

async fn accept_until_closed(
    listener: &TcpListener,
    open: &mut watch::Receiver<bool>,
    control: &Control,
) {
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                if let Ok((stream, peer)) = accepted {
                    serve(stream, peer, control);
                }
            }
            closed = open.wait_for(|open| !*open) => {
                drop(closed);
                return;
            }
        }
    }
}

fn serve(stream: tokio::net::TcpStream, peer: SocketAddr, control: &Control) {
    // Rows of a SUBSCRIBE are small and must not wait for each other; a socket that refuses is slower, not wrong.
    let _ = stream.set_nodelay(true);
    let host = Arc::new(session::login::Door::new(control.shared().clone()));
    let cut = control.door().connections.borrow().clone();
    tokio::spawn(async move {
        tokio::select! {
            () = wire::serve(stream, peer, host) => {}
            () = cut.cancelled() => {}
        }
    });
}

/// Moves the world at each tick, and sooner when a second of its time is over or its script has something to do.
async fn beat(control: Control) {
    loop {
        let shared = control.shared();
        let next = shared.logical_time().plus(BEAT);
        let next = shared.next_due().min(next);
        shared.clock().wait_until(next).await;
        shared.pump();
        tokio::time::sleep(REST).await;
    }
}
