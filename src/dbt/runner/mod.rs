//! What builds models: a `dbt` child process, or the manifest's compiled SQL.
//!
//! | module | is |
//! |---|---|
//! | [`arguments`] | [`arguments::Program`]: dbt's command lines |
//! | [`profile`] | a `profiles.yml` for a connection that comes from a URL |
//! | [`executable`] | where dbt is, and the Python behind it |
//! | [`driver`] | one dbt process that parses, tells where it would build, and builds when told to |
//! | [`process`] | runs a command line, streams its events, and ends it when asked to |
//! | [`limit`] | how long dbt is waited for |
//! | [`version`] | which dbt there is |
//! | [`compiled`] | the compiled runner: models to statements (experimental) |
//! | [`rewrite`] | relation names in compiled SQL, from production to deployment |
//! | [`event`] | dbt's JSON log lines, read tolerantly |

pub mod arguments;
pub mod compiled;
pub mod driver;
mod error;
pub mod event;
pub mod executable;
mod group;
pub mod limit;
pub mod process;
mod process_options;
pub mod profile;
pub mod rewrite;
pub mod version;
