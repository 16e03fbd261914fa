//! Where a world starts from.

use super::clock::Timestamp;
use super::fault::Fault;
use super::file;
use super::pace::Model;
use super::script::Scripted;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A role that can log in besides `materialize` and `mz_system`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LoginRole {
    pub name: String,
    /// `None` lets it in without one.
    pub password: Option<String>,
    pub superuser: bool,
}

/// Statements that run before the first client can connect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StartSql {
    pub role: String,
    pub sql: String,
}

/// Everything that makes one simulated server different from another.
///
/// Whatever the world file says, a server has what a fresh one has (recorded: 01): cluster `quickstart`, database `materialize`, schema
/// `public`, roles `materialize` and the system's own.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct World {
    /// World time at which clients can connect; `None` is the time here.
    pub opens_at: Option<Timestamp>,
    /// How long before that the start statements ran: objects have a past of this length.
    pub age: Duration,
    /// What the server says it is; `None` is the recorded version.
    pub version: Option<String>,
    /// Server settings as `ALTER SYSTEM SET` names them (`enable_refresh_every_mvs`), where they differ from the recorded server's.
    pub flags: BTreeMap<String, bool>,
    pub roles: Vec<LoginRole>,
    pub start: Vec<StartSql>,
    pub model: Model,
    pub events: Vec<Scripted>,
    pub faults: Vec<Fault>,
}

/// Why there is no world.
#[derive(Debug, thiserror::Error)]
pub enum WorldError {
    #[error("can't read the world file {}", path.display())]
    Read {
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("the world {origin} is not usable: {message}")]
    Invalid { origin: String, message: String },
    #[error("there is no world named `{name}`")]
    UnknownName { name: String, known: String },
}

/// The worlds that come with the program.
const BUILT_IN: [(&str, &str); 2] = [
    ("demo", include_str!("../../../assets/worlds/demo.toml")),
    ("empty", ""),
];

impl World {
    /// A fresh server.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }

    /// # Errors
    /// When the text is not a world: the message says line and column.
    pub fn from_toml(text: &str) -> Result<Self, WorldError> {
        Self::parse(text, "text")
    }

    /// # Errors
    /// When the file can't be read or is not a world.
    pub fn load(path: &Path) -> Result<Self, WorldError> {
        let text = std::fs::read_to_string(path).map_err(|source| WorldError::Read {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text, &path.display().to_string())
    }

    /// One of the worlds that come with the program.
    ///
    /// # Errors
    /// When there is none of this name.
    pub fn named(name: &str) -> Result<Self, WorldError> {
        match BUILT_IN.iter().find(|(known, _)| *known == name) {
            Some((known, text)) => Self::parse(text, known),
            None => Err(WorldError::UnknownName {
                name: name.to_owned(),
                known: BUILT_IN.map(|(known, _)| format!("`{known}`")).join(", "),
            }),
        }
    }

    /// A built-in world or a file, as `--world` takes it.
    ///
    /// # Errors
    /// When it is neither, or the file is not a world.
    pub fn named_or_file(argument: &str) -> Result<Self, WorldError> {
        let path = Path::new(argument);
        if path.is_file() {
            Self::load(path)
        } else {
            Self::named(argument)
        }
    }

    /// World time at which the start statements run, when clients can connect at `opens_at`, or else at `here`.
    #[must_use]
    pub fn begins(&self, here: Timestamp) -> Timestamp {
        self.opens_at.unwrap_or(here).minus(self.age)
    }

    fn parse(text: &str, origin: &str) -> Result<Self, WorldError> {
        file::parse(text).map_err(|message| WorldError::Invalid {
            origin: origin.to_owned(),
            message,
        })
    }
}
