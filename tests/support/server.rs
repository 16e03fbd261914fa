//! A simulated server beside processes of ours.

use cutover::sim::{Options, Passing, Simulator, World};

/// Serves a world, whose time passes twenty times as fast as ours, for as long as the runtime lives.
pub fn serve(world: World) -> (tokio::runtime::Runtime, Simulator) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let options = Options {
        world,
        listen: "127.0.0.1:0".parse().unwrap(),
        passing: Passing::Real { speed: 20.0 },
    };
    let simulator = runtime.block_on(Simulator::start(options)).unwrap();
    (runtime, simulator)
}
