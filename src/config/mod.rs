//! Settings: flags, environment, `cutover.toml`, profiles and project variables, in that order of strength.
//!
//! [`Settings::load`] reads all of it at once and tells everything that is wrong at once ([`Problems`]).
//!
//! | file | holds |
//! |---|---|
//! | `sources`, `load`, `tool` | from [`Sources`] to [`Settings`] |
//! | `settings` | the typed result |
//! | `setting`, `layers`, `overrides`, `document`, `keys` | names of settings, and which source wins |
//! | `project`, `profile`, `pairs`, `url` | what dbt's files and a URL say |
//! | `yaml`, `jinja`, `session_options`, `timespan`, `variables`, `problem` | what these are made of |

mod document;
mod jinja;
mod keys;
mod layers;
mod load;
mod overrides;
mod pairs;
mod problem;
mod profile;
mod project;
mod session_options;
mod setting;
mod settings;
mod sources;
mod timespan;
mod tool;
mod url;
mod variables;
mod yaml;

pub use keys::KeyBinding;
pub use layers::Described;
pub use overrides::Overrides;
pub use problem::{Origin, Place, Problem, Problems};
pub use project::{DbtProject, DeploymentNames};
pub use settings::{
    Color, Dbt, Folders, Promotion, RunnerKind, Screen, Settings, TargetNames, ValidateCommand,
    Waiting,
};
pub use sources::{Need, Sources, Vocabulary};
pub use timespan::{InvalidTimespan, Timespan};
pub use url::{InvalidUrl, parse as parse_url};
pub use variables::Variables;

/// `config.example.toml`: every setting with its default and a reason.
pub const EXAMPLE: &str = include_str!("../../config.example.toml");
