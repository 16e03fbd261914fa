//! The simulated server that stands beside a test, and where it is reached. What is in it is a [`World`]'s business.
#![allow(dead_code)]

use cutover::sim::{Options, Passing, Simulator, World};
use std::fmt::Display;

/// Serves a world whose time passes so many times as fast as ours.
pub async fn start(world: World, speed: f64) -> Simulator {
    let options = Options {
        world,
        listen: ([127, 0, 0, 1], 0).into(),
        passing: Passing::Real { speed },
    };
    Simulator::start(options).await.unwrap()
}

/// Serves a world beside processes of ours, twenty times as fast as our time, for as long as the runtime lives.
pub fn serve(world: World) -> (tokio::runtime::Runtime, Simulator) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let simulator = runtime.block_on(start(world, 20.0));
    (runtime, simulator)
}

/// Where the deploying role reaches the server at `host:port`.
pub fn url(server: impl Display) -> String {
    format!("postgres://materialize@{server}/materialize?sslmode=disable")
}
