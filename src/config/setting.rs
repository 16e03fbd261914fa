//! The names of all settings, in one table: what may stand in `cutover.toml` and which variables set it.

/// Where in `cutover.toml` a setting may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// At the top only: it decides which target is meant, so it can't depend on the target.
    Top,
    /// At the top, and under `[environment.<target>]`, which is stronger.
    Anywhere,
}

/// One setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Setting {
    pub key: &'static str,
    pub scope: Scope,
    /// dbt's own variable for the same thing, weaker than ours.
    pub dbt_variable: Option<&'static str>,
}

impl Setting {
    const fn top(key: &'static str, dbt_variable: Option<&'static str>) -> Self {
        Self {
            key,
            scope: Scope::Top,
            dbt_variable,
        }
    }

    const fn anywhere(key: &'static str) -> Self {
        Self {
            key,
            scope: Scope::Anywhere,
            dbt_variable: None,
        }
    }

    /// `CUTOVER_<KEY>`.
    #[must_use]
    pub fn variable(&self) -> String {
        variable_of(self.key)
    }
}

/// Every setting of the tool.
pub const SETTINGS: &[Setting] = &[
    Setting::top("project_dir", Some("DBT_PROJECT_DIR")),
    Setting::top("profiles_dir", Some("DBT_PROFILES_DIR")),
    Setting::top("profile", Some("DBT_PROFILE")),
    Setting::top("target", Some("DBT_TARGET")),
    Setting::top("keys", None),
    Setting::anywhere("url"),
    Setting::anywhere("strategy"),
    Setting::anywhere("targets"),
    Setting::anywhere("read_deadline"),
    Setting::anywhere("statement_deadline"),
    Setting::anywhere("swap_deadline"),
    Setting::anywhere("sink_deadline"),
    Setting::anywhere("validate_deadline"),
    Setting::anywhere("stream_deadline"),
    Setting::anywhere("cancel_deadline"),
    Setting::anywhere("lag_threshold"),
    Setting::anywhere("settle"),
    Setting::anywhere("subscribe"),
    Setting::anywhere("poll_interval"),
    Setting::anywhere("timeout"),
    Setting::anywhere("max_retries"),
    Setting::anywhere("retry_backoff"),
    Setting::anywhere("runner"),
    Setting::anywhere("dbt"),
    Setting::anywhere("dbt_args"),
    Setting::anywhere("validate"),
    Setting::anywhere("state_dir"),
    Setting::anywhere("audit_dir"),
    Setting::anywhere("log_dir"),
    Setting::anywhere("read_only"),
    Setting::anywhere("badge"),
    Setting::anywhere("color"),
    Setting::anywhere("theme"),
    Setting::anywhere("mouse"),
];

/// Variables of ours that name no setting.
pub(super) const OTHER_VARIABLES: &[&str] = &["CUTOVER_CONFIG", "CUTOVER_LOG"];

/// `CUTOVER_<KEY>`.
pub(super) fn variable_of(key: &str) -> String {
    format!("CUTOVER_{}", key.to_uppercase())
}

/// The setting of this name.
pub(super) fn setting(key: &str) -> Option<&'static Setting> {
    SETTINGS.iter().find(|setting| setting.key == key)
}
