//! How to reach the server: what a profile or a URL says.

use super::secret::Secret;
use serde::Serialize;
use std::{collections::BTreeMap, path::PathBuf, str::FromStr, time::Duration};

/// The port that Materialize listens on for SQL.
pub const DEFAULT_PORT: u16 = 6875;

/// How much of TLS is asked for, as libpq's `sslmode`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SslMode {
    Disable,
    /// TLS when the server offers it; the server is not verified.
    #[default]
    Prefer,
    /// TLS always; the server is verified only when a root certificate is given.
    Require,
    /// The certificate must come from a known authority.
    VerifyCa,
    /// The certificate must also carry the host's name.
    VerifyFull,
}

/// A mode that is not supported.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "the sslmode `{0}` is not supported; use disable, prefer, require, verify-ca or verify-full"
)]
pub struct InvalidSslMode(String);

impl FromStr for SslMode {
    type Err = InvalidSslMode;

    fn from_str(text: &str) -> Result<Self, InvalidSslMode> {
        match text {
            "disable" => Ok(Self::Disable),
            "prefer" => Ok(Self::Prefer),
            "require" => Ok(Self::Require),
            "verify-ca" => Ok(Self::VerifyCa),
            "verify-full" => Ok(Self::VerifyFull),
            // `allow` would be a silent downgrade: it tries without TLS first.
            _ => Err(InvalidSslMode(text.to_owned())),
        }
    }
}

/// Whom to trust.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum RootCertificates {
    /// The operating system's, also written `sslrootcert=system`.
    #[default]
    System,
    /// The certificates in this PEM file.
    File(PathBuf),
}

/// A certificate that this client shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClientCertificate {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// TLS settings of a connection.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Tls {
    pub mode: SslMode,
    pub roots: RootCertificates,
    pub client: Option<ClientCertificate>,
}

/// Everything needed to open a session.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Connection {
    pub host: String,
    pub port: u16,
    pub user: String,
    pub password: Option<Secret>,
    pub database: String,
    /// The profile's default schema.
    pub schema: Option<String>,
    /// The profile's default cluster: for dbt's models, never for our own reads.
    pub cluster: Option<String>,
    pub tls: Tls,
    pub search_path: Option<String>,
    /// Absent: our own default.
    pub keepalives_idle: Option<Duration>,
    pub connect_timeout: Duration,
    /// How often the first connection is tried again.
    pub retries: u32,
    pub application_name: Option<String>,
    /// Further session parameters.
    pub options: BTreeMap<String, String>,
}

impl Connection {
    /// With dbt's defaults for whatever is not said (10 seconds to connect, one retry).
    #[must_use]
    pub fn new(
        host: impl Into<String>,
        user: impl Into<String>,
        database: impl Into<String>,
    ) -> Self {
        Self {
            host: host.into(),
            port: DEFAULT_PORT,
            user: user.into(),
            password: None,
            database: database.into(),
            schema: None,
            cluster: None,
            tls: Tls::default(),
            search_path: None,
            keepalives_idle: None,
            connect_timeout: Duration::from_secs(10),
            retries: 1,
            application_name: None,
            options: BTreeMap::new(),
        }
    }
}

/// The settings in a libpq `options` text: `-c name=value` and `--name=value`, spaces escaped by a backslash.
///
/// # Errors
/// The part that is neither.
pub(super) fn parse_options(text: &str) -> Result<BTreeMap<String, String>, String> {
    let mut parts = words(text).into_iter();
    let mut options = BTreeMap::new();
    while let Some(part) = parts.next() {
        let setting = if part == "-c" {
            parts.next()
        } else {
            part.strip_prefix("--")
                .or_else(|| part.strip_prefix("-c"))
                .map(str::to_owned)
        };
        match setting
            .as_deref()
            .and_then(|setting| setting.split_once('='))
        {
            Some((name, value)) => options.insert(name.to_owned(), value.to_owned()),
            None => return Err(part),
        };
    }
    Ok(options)
}

fn words(text: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            '\\' => {
                if let (Some(word), Some(escaped)) = (words.last_mut(), chars.next()) {
                    word.push(escaped);
                }
            }
            c if c.is_whitespace() => words.push(String::new()),
            c => {
                if let Some(word) = words.last_mut() {
                    word.push(c);
                }
            }
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_read_in_both_forms() {
        let options =
            parse_options("--cluster=compute -c search_path=a,\\ b  -ctimezone=UTC").unwrap();
        assert_eq!(options["cluster"], "compute");
        assert_eq!(options["search_path"], "a, b");
        assert_eq!(options["timezone"], "UTC");
        assert_eq!(parse_options("nonsense"), Err("nonsense".to_owned()));
    }

    #[test]
    fn a_downgrading_sslmode_is_refused() {
        let refused = "allow".parse::<SslMode>().unwrap_err().to_string();
        assert!(refused.contains("`allow` is not supported"), "{refused}");
    }
}
