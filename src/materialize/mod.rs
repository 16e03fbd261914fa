//! Everything that speaks SQL to a Materialize server.
