//! Everything needed to reach a server, as a value: the configuration fills it, connections are opened with it.

use serde::{Deserialize, Serialize, Serializer};
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// A password, or a text that may hold one. It prints and serialises as `***`.
#[derive(Clone, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text itself: for the wire only, never for a message, log or record.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str("***")
    }
}

/// How far the server must prove who it is. The words are those of libpq.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SslMode {
    /// Never encrypted.
    Disable,
    /// Encrypted where the server offers it; any certificate is accepted.
    #[default]
    Prefer,
    /// Encrypted; any certificate is accepted, unless `sslrootcert` is set: then as [`SslMode::VerifyCa`] (as libpq does).
    Require,
    /// Encrypted; the certificate must be signed by `sslrootcert`.
    VerifyCa,
    /// Encrypted; the certificate must be signed by `sslrootcert` (or the system's authorities) and name the host.
    VerifyFull,
}

/// Why a text is no mode.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSslMode {
    #[error("sslmode `allow` is not supported, since it can end up without encryption")]
    Allow,
    #[error("sslmode `{0}` is unknown")]
    Unknown(String),
}

impl SslMode {
    /// The words, for whoever wrote another one.
    pub const REMEDY: &str = "use disable, prefer, require, verify-ca or verify-full";

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Disable => "disable",
            Self::Prefer => "prefer",
            Self::Require => "require",
            Self::VerifyCa => "verify-ca",
            Self::VerifyFull => "verify-full",
        }
    }
}

impl fmt::Display for SslMode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl std::str::FromStr for SslMode {
    type Err = InvalidSslMode;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "disable" => Ok(Self::Disable),
            "prefer" => Ok(Self::Prefer),
            "require" => Ok(Self::Require),
            "verify-ca" => Ok(Self::VerifyCa),
            "verify-full" => Ok(Self::VerifyFull),
            "allow" => Err(InvalidSslMode::Allow),
            other => Err(InvalidSslMode::Unknown(other.to_owned())),
        }
    }
}

/// Where the authorities come from that may have signed the server's certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RootCertificates {
    /// A PEM file.
    File(PathBuf),
    /// The authorities that this system trusts; only with `verify-full`.
    System,
}

/// How often an idle connection proves that it is alive; a dead one is noticed after `idle + retries * interval`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keepalives {
    pub idle: Duration,
    pub interval: Duration,
    pub retries: u32,
}

impl Default for Keepalives {
    fn default() -> Self {
        Self {
            idle: Duration::from_secs(30),
            interval: Duration::from_secs(10),
            retries: 3,
        }
    }
}

/// How long a server is waited for, by what is asked of it. Past it the statement is cancelled; where not even that is answered the
/// connection is closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Deadlines {
    /// One reading of the catalog.
    pub reading: Duration,
    /// One statement that changes something, outside of a swap.
    pub change: Duration,
    /// One statement of the swap's transaction, and its COMMIT.
    pub swap: Duration,
    /// The move of one sink: a stalled one outlives the server's own `statement_timeout` (recorded: 10).
    pub sink: Duration,
    /// One query that validates a relation, on a user's cluster.
    pub validation: Duration,
    /// A live stream without a sign of life; a healthy one shows progress every second (recorded: 08).
    pub stream: Duration,
    /// A cancel request, and a statement that the operator asked to stop.
    pub cancel: Duration,
}

impl Default for Deadlines {
    /// A busy debug build of a server needed 2.7 s for its slowest reading (recorded: 07).
    fn default() -> Self {
        Self {
            reading: Duration::from_secs(60),
            change: Duration::from_secs(300),
            swap: Duration::from_secs(60),
            sink: Duration::from_secs(60),
            validation: Duration::from_secs(120),
            stream: Duration::from_secs(15),
            cancel: Duration::from_secs(5),
        }
    }
}

/// Everything needed to reach a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConnectionSettings {
    pub host: String,
    pub port: u16,
    pub user: String,
    pub password: Option<Secret>,
    pub database: String,
    pub sslmode: SslMode,
    pub sslrootcert: Option<RootCertificates>,
    /// The client's own certificate (PEM), with `sslkey`.
    pub sslcert: Option<PathBuf>,
    pub sslkey: Option<PathBuf>,
    pub connect_timeout: Duration,
    pub deadlines: Deadlines,
    /// `None`: the system's defaults, which notice a dead connection after hours.
    pub keepalives: Option<Keepalives>,
    pub application_name: String,
    /// The cluster of connections that change something; readers are always pinned to `mz_catalog_server`.
    pub cluster: Option<String>,
    pub search_path: Option<String>,
    /// Further session variables, sent as `--name=value`.
    pub options: Vec<(String, String)>,
}

impl Default for ConnectionSettings {
    fn default() -> Self {
        Self {
            host: "localhost".to_owned(),
            port: 6875,
            user: "materialize".to_owned(),
            password: None,
            database: "materialize".to_owned(),
            sslmode: SslMode::default(),
            sslrootcert: None,
            sslcert: None,
            sslkey: None,
            connect_timeout: Duration::from_secs(10),
            deadlines: Deadlines::default(),
            keepalives: Some(Keepalives::default()),
            application_name: "cutover".to_owned(),
            cluster: None,
            search_path: None,
            options: Vec::new(),
        }
    }
}

impl ConnectionSettings {
    /// `host:port`, for messages.
    #[must_use]
    pub fn address(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_never_shows() {
        let settings = ConnectionSettings {
            password: Some(Secret::new("hunter2")),
            ..ConnectionSettings::default()
        };
        let shown = format!("{settings:?}");
        assert!(shown.contains("***"));
        assert_eq!(
            serde_json::to_string(&settings.password).unwrap(),
            "\"***\""
        );
        assert!(!shown.contains("hunter2"));
    }

    #[test]
    fn every_mode_reads_back() {
        for mode in [
            SslMode::Disable,
            SslMode::Prefer,
            SslMode::Require,
            SslMode::VerifyCa,
            SslMode::VerifyFull,
        ] {
            assert_eq!(mode.as_str().parse::<SslMode>(), Ok(mode));
        }
        assert_eq!("allow".parse::<SslMode>(), Err(InvalidSslMode::Allow));
        assert!("VERIFY".parse::<SslMode>().is_err());
    }
}
