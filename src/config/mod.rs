//! Settings: flags, environment, `cutover.toml`, profiles and project variables, in that order of strength.
//!
//! [`Settings::load`] reads all of it at once and tells everything that is wrong at once ([`Problems`]).
//!
//! | file | holds |
//! |---|---|
//! | `sources`, `load`, `tool` | from [`Sources`] to [`Settings`] |
//! | `settings` | the typed result |
//! | `setting` | the table of all settings, which `example` writes out |
//! | `layers`, `overrides`, `document`, `keys` | which source of a setting wins |
//! | `found` | what was found by way of the settings |
//! | `project`, `profile`, `pairs`, `url` | what dbt's files and a URL say |
//! | `yaml`, `jinja`, `session_options`, `timespan`, `variables`, `problem` | what these are made of |

mod document;
mod example;
mod found;
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
mod value;
mod variables;
mod yaml;

pub use example::example;
pub use keys::KeyBinding;
pub use layers::Described;
pub use overrides::Overrides;
pub use problem::{Origin, Problem, Problems, SourceLocation};
pub use project::{DbtProject, DeploymentNames};
pub use setting::{
    Argument, COMMAND_VARIABLES, Flag, LOG_VARIABLE, SECTIONS, Section, Setting, SettingRow,
    SettingScope, rows,
};
pub use settings::{
    AwaitSettings, Color, Dbt, DbtDeadlines, Folders, Promotion, RunnerKind, ScreenSettings,
    Settings, TargetNames, ValidateCommand,
};
pub use sources::{Need, Sources, Vocabulary};
pub use timespan::{InvalidTimespan, Timespan};
pub use variables::Variables;
