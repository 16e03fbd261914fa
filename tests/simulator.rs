//! The simulated Materialize against recordings of a real one.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod simulator {
    mod clusters;
    mod columns;
    mod compare;
    mod demo;
    mod faults;
    mod fence;
    mod history;
    mod isolation;
    mod known;
    mod latency;
    mod product_sql;
    mod programs;
    mod recording;
    mod replay;
    mod server;
    mod ticking;
    mod versions;
    mod wire;
}
