//! What the command line says about settings.

use crate::domain::connection::Secret;
use std::path::PathBuf;

/// The flags that stand for settings, unparsed: [`super::Settings::load`] reads them together with all other sources, so that every
/// mistake is told at once.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    pub project_dir: Option<PathBuf>,
    pub profiles_dir: Option<PathBuf>,
    /// `--config`: another file instead of the project's `cutover.toml`.
    pub config: Option<PathBuf>,
    pub profile: Option<String>,
    pub target: Option<String>,
    pub url: Option<Secret>,
    pub read_only: bool,
    pub color: Option<String>,
    pub theme: Option<String>,
    pub runner: Option<String>,
    pub lag_threshold: Option<String>,
    pub settle: Option<String>,
    pub poll_interval: Option<String>,
    /// `--poll INTERVAL`: no SUBSCRIBE, reads at this interval.
    pub poll: Option<String>,
    pub timeout: Option<String>,
    pub max_retries: Option<String>,
    pub retry_backoff: Option<String>,
    pub state_dir: Option<PathBuf>,
    pub audit_dir: Option<PathBuf>,
}

/// A flag's text for one setting.
pub(super) struct FlagValue {
    pub key: &'static str,
    pub flag: &'static str,
    pub text: String,
}

impl Overrides {
    pub(super) fn values(&self) -> Vec<FlagValue> {
        let path = |path: &Option<PathBuf>| path.as_ref().map(|path| path.display().to_string());
        let switch = |on: bool, value: &str| on.then(|| value.to_owned());
        let url = self.url.as_ref().map(|url| url.reveal().to_owned());
        let flags = [
            ("project_dir", "--project-dir", path(&self.project_dir)),
            ("profiles_dir", "--profiles-dir", path(&self.profiles_dir)),
            ("profile", "--profile", self.profile.clone()),
            ("target", "--target", self.target.clone()),
            ("url", "--url", url),
            ("read_only", "--read-only", switch(self.read_only, "true")),
            ("color", "--color", self.color.clone()),
            ("theme", "--theme", self.theme.clone()),
            ("runner", "--runner", self.runner.clone()),
            (
                "lag_threshold",
                "--lag-threshold",
                self.lag_threshold.clone(),
            ),
            ("settle", "--settle", self.settle.clone()),
            ("subscribe", "--poll", switch(self.poll.is_some(), "false")),
            ("poll_interval", "--poll", self.poll.clone()),
            (
                "poll_interval",
                "--poll-interval",
                self.poll_interval.clone(),
            ),
            ("timeout", "--timeout", self.timeout.clone()),
            ("max_retries", "--max-retries", self.max_retries.clone()),
            (
                "retry_backoff",
                "--retry-backoff",
                self.retry_backoff.clone(),
            ),
            ("state_dir", "--state-dir", path(&self.state_dir)),
            ("audit_dir", "--audit-dir", path(&self.audit_dir)),
        ];
        flags
            .into_iter()
            .filter_map(|(key, flag, text)| {
                Some(FlagValue {
                    key,
                    flag,
                    text: text?,
                })
            })
            .collect()
    }
}
