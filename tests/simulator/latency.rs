//! Statements that take their real time (recorded: v26.39/16).

use super::recording::steps;
use super::server::Simulator;
use super::wire::Session;
use std::time::{Duration, Instant};

/// How long a swap with a look on another connection takes, and what it took there.
fn fence(latency: &str) -> (Duration, Duration) {
    let world = format!("[server]\nlatency = \"{latency}\"");
    let simulator = Simulator::running(&world, 1.0);
    let login = || Session::login(simulator.address(), "materialize");
    let (mut operator, mut second) = (login(), login());
    let mut recorded = 0;
    let begun = Instant::now();
    // Until another session meddles.
    for step in steps("v26.39/16-fence").into_iter().take(11) {
        let session = if step.role == "operator" {
            &mut operator
        } else {
            &mut second
        };
        assert_eq!(session.ask(&step.sql).error, None, "{}", step.sql);
        recorded += step.ms.unwrap();
    }
    (begun.elapsed(), Duration::from_millis(recorded))
}

#[test]
fn a_swap_takes_about_as_long_as_a_recorded_one() {
    let (took, recorded) = fence("real");
    assert!(
        (recorded / 4..recorded * 4).contains(&took),
        "{took:?}, recorded {recorded:?}"
    );
}

#[test]
fn every_statement_can_take_a_set_time() {
    let (took, _) = fence("5ms");
    assert!(took >= Duration::from_millis(11 * 5), "{took:?}");
}
