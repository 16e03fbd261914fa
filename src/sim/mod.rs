//! A simulated Materialize that speaks the Postgres wire protocol.
