//! Flags and environment -> settings.

use cutover::cli::args::Common;
use cutover::cli::printer::{Closed, Printer};
use cutover::config::{self, Need, Overrides, Problems, Settings, Sources, Variables, Vocabulary};
use cutover::domain::connection::Secret;
use cutover::ops::error::OpsError;
use cutover::tui;
use serde_json::json;
use std::path::PathBuf;

/// Flags that only some commands have.
#[derive(Debug, Clone, Default)]
pub struct Extra {
    pub settle: Option<String>,
    pub poll_interval: Option<String>,
    pub timeout: Option<String>,
    pub max_retries: Option<String>,
    pub retry_backoff: Option<String>,
}

/// Reads everything; what is wrong is told at once.
pub fn load(common: &Common, extra: &Extra, need: Need) -> Result<Settings, Problems> {
    let actions = tui::keymap::action_names();
    let themes = tui::theme::names();
    Settings::load(&Sources {
        flags: overrides(common, extra),
        variables: Variables::from_process(),
        working_dir: std::env::current_dir().unwrap_or_else(|_| PathBuf::from(".")),
        need,
        vocabulary: Vocabulary {
            actions: &actions,
            themes,
        },
    })
}

fn overrides(common: &Common, extra: &Extra) -> Overrides {
    Overrides {
        project_dir: common.project_dir.clone(),
        profiles_dir: common.profiles_dir.clone(),
        config: common.config.clone(),
        profile: common.profile.clone(),
        target: common.target.clone(),
        url: common.url.clone().map(Secret::new),
        read_only: common.read_only,
        color: common.color.clone(),
        theme: common.theme.clone(),
        runner: common.runner.clone(),
        lag_threshold: common.lag_threshold.clone(),
        settle: extra.settle.clone(),
        poll_interval: extra.poll_interval.clone(),
        poll: common.poll.clone(),
        timeout: extra.timeout.clone(),
        max_retries: extra.max_retries.clone(),
        retry_backoff: extra.retry_backoff.clone(),
        state_dir: common.state_dir.clone(),
        audit_dir: common.audit_dir.clone(),
    }
}

/// Whether a dbt project is named or found at or above the current directory.
pub fn has_project(common: &Common) -> bool {
    let here = std::env::current_dir().unwrap_or_default();
    let start = common
        .project_dir
        .as_ref()
        .map_or(here.clone(), |dir| here.join(dir));
    start
        .ancestors()
        .any(|dir| dir.join("dbt_project.yml").is_file())
}

/// `DBT_STATE`, as dbt reads it.
pub fn dbt_state() -> Option<PathBuf> {
    let named = std::env::var_os("DBT_STATE").filter(|value| !value.is_empty());
    named.map(PathBuf::from)
}

/// Writes `cutover.toml` beside the project; an existing file is never touched.
pub fn write_example(printer: Printer, common: &Common) -> u8 {
    let here = std::env::current_dir().unwrap_or_default();
    let dir = common
        .project_dir
        .as_ref()
        .map_or(here.clone(), |dir| here.join(dir));
    let file = common
        .config
        .as_ref()
        .map_or_else(|| dir.join("cutover.toml"), |file| here.join(file));
    if file.exists() {
        let message = format!("{} exists already and was left as it is", file.display());
        return cutover::cli::fail(printer, &OpsError::Usage(message));
    }
    match std::fs::write(&file, config::EXAMPLE) {
        Ok(()) => {
            printer.say(&format!(
                "Wrote {} with every setting and its default.",
                file.display()
            ));
            0
        }
        Err(error) => cutover::cli::fail(
            printer,
            &OpsError::file(format!("{} can't be written", file.display()))(error),
        ),
    }
}

/// Every setting with its value and where it comes from.
pub fn show(printer: Printer, settings: &Settings) -> u8 {
    let print = |described: &config::Described| {
        let origin = described.origin.to_string();
        if printer.is_json() {
            printer.json_line(
                &json!({ "setting": described.key, "value": described.value, "origin": origin }),
            )
        } else {
            let value = described.value.as_deref().unwrap_or("(not set)");
            printer.data(&format!("{:24} {value:32} {origin}", described.key))
        }
    };
    match settings.describe().iter().try_for_each(print) {
        Ok(()) | Err(Closed) => 0,
    }
}
