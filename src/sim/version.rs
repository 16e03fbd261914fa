//! Which Materialize a simulated server is, and what differs between the versions.

use std::fmt;
use std::str::FromStr;

/// A version of Materialize, as `26.39`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServerVersion {
    major: u16,
    minor: u16,
}

/// What servers do otherwise since some version.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// Replacement materialized views (release notes; recorded: v26.24/18).
    Replacements,
    /// A schema that is renamed takes the names in its types' text along (release notes; recorded: v26.39/18, not yet in v26.24/18).
    TypesFollowSchemas,
    /// SHOW CREATE CLUSTER tells the options of auto scaling and takes AUTO SCALING STRATEGY (release notes; recorded: v26.39/20).
    AutoScaling,
    /// ALTER CLUSTER returns at once and its work goes on behind it; SHOW CLUSTERS tells of it (release notes; recorded: v26.39/20).
    AsynchronousAlter,
    /// SHOW CREATE CLUSTER tells EXPERIMENTAL ARRANGEMENT COMPRESSION (recorded: v26.39/18, not yet in v26.24/18).
    ArrangementCompression,
    /// SUBSCRIBE of what does not exist is 42704, no longer XX000 (release notes; no recording).
    SubscribeOfNothing,
    /// What is not supported at all is 0A000, no longer XX000 (the server's source at 26.39; no recording).
    UnsupportedCode,
    /// The catalog's relations, comments and objects among them, are views that trail what was committed (recorded: v26.39/22).
    CatalogTrails,
    /// A SUBSCRIBE whose client does not read is ended with 53200 (release notes of 26.39; no recording).
    SubscribeFallsBehind,
}

impl Change {
    const fn since(self) -> ServerVersion {
        ServerVersion::of(match self {
            Self::Replacements => 10,
            Self::SubscribeOfNothing => 32,
            Self::TypesFollowSchemas => 33,
            Self::AutoScaling => 34,
            Self::AsynchronousAlter => 35,
            Self::ArrangementCompression
            | Self::UnsupportedCode
            | Self::CatalogTrails
            | Self::SubscribeFallsBehind => 39,
        })
    }
}

/// Why there is no such server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no version that the simulator can be: it knows 26.9 and 26.39, as recorded, what lies between, and 26.40 to 26.43 by reference"
)]
pub struct UnknownVersion(String);

impl ServerVersion {
    /// The older of the recorded servers.
    pub const V26_9: Self = Self::of(9);
    /// The newest recorded one, which a server is unless its world or its flag says otherwise.
    pub const V26_39: Self = Self::of(39);
    /// What is newer than this is unknown.
    const NEWEST: Self = Self::of(43);

    const fn of(minor: u16) -> Self {
        Self { major: 26, minor }
    }

    #[must_use]
    pub fn has(self, change: Change) -> bool {
        self >= change.since()
    }

    /// The version in what a server says of itself: `v26.9.0-dev.0 (9e9123290)`.
    ///
    /// # Errors
    /// When it holds none that the simulator can be.
    pub fn of_text(text: &str) -> Result<Self, UnknownVersion> {
        let digits = text.strip_prefix('v').unwrap_or(text);
        let mut parts = digits.split(|c: char| !c.is_ascii_digit());
        let mut number = || parts.next().and_then(|part| part.parse().ok());
        let (major, minor) = (number(), number());
        let version = major.zip(minor).map(|(major, minor)| Self { major, minor });
        version
            .filter(|version| (Self::V26_9..=Self::NEWEST).contains(version))
            .ok_or_else(|| UnknownVersion(text.to_owned()))
    }

    fn simulated(self) -> String {
        format!("v{self}.0 (simulated)")
    }
}

/// What a server says of itself, and the version that it then is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// As `mz_version` tells it.
    pub says: String,
    pub version: ServerVersion,
}

impl Release {
    /// The release that a server of these words is.
    ///
    /// # Errors
    /// When they hold no version that the simulator can be.
    pub fn of_text(says: &str) -> Result<Self, UnknownVersion> {
        Ok(Self {
            says: says.to_owned(),
            version: ServerVersion::of_text(says)?,
        })
    }
}

impl From<ServerVersion> for Release {
    /// A server that is none, and says so.
    fn from(version: ServerVersion) -> Self {
        Self {
            says: version.simulated(),
            version,
        }
    }
}

impl Default for Release {
    /// What the newest recorded server said.
    fn default() -> Self {
        Self {
            says: "v26.39.0-dev.0 (30e4b1d24)".to_owned(),
            version: ServerVersion::V26_39,
        }
    }
}

impl fmt::Display for ServerVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for ServerVersion {
    type Err = UnknownVersion;

    fn from_str(text: &str) -> Result<Self, UnknownVersion> {
        let is_plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let version = Self::of_text(text)?;
        if is_plain && text.split('.').count() == 2 {
            Ok(version)
        } else {
            Err(UnknownVersion(text.to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_read_from_what_servers_say() {
        for (text, version) in [
            ("v26.9.0-dev.0 (9e9123290)", ServerVersion::V26_9),
            ("v26.39.0 (simulated)", ServerVersion::V26_39),
            ("26.43.1", ServerVersion::NEWEST),
        ] {
            assert_eq!(ServerVersion::of_text(text), Ok(version));
        }
        assert_eq!(
            ServerVersion::of_text(&ServerVersion::V26_9.simulated()),
            Ok(ServerVersion::V26_9)
        );
    }

    #[test]
    fn what_it_cannot_be_is_refused() {
        for text in ["", "26", "v26.8.0", "26.44", "27.1", "new"] {
            assert!(ServerVersion::of_text(text).is_err(), "{text}");
        }
        assert!("26.39.0".parse::<ServerVersion>().is_err());
        assert_eq!("26.9".parse(), Ok(ServerVersion::V26_9));
    }

    #[test]
    fn a_change_holds_from_its_version_on() {
        assert!(!ServerVersion::V26_9.has(Change::AsynchronousAlter));
        assert!(ServerVersion::of(35).has(Change::AsynchronousAlter));
        assert!(ServerVersion::V26_39.has(Change::AsynchronousAlter));
        assert!(!ServerVersion::of(38).has(Change::UnsupportedCode));
    }
}
