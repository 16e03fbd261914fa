//! Worlds from files, and those that come with the program.

use super::file;
use super::start::World;
use std::path::{Path, PathBuf};

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
pub(super) const BUILT_IN: [(&str, &str); 2] = [
    ("demo", include_str!("../../../assets/worlds/demo.toml")),
    ("empty", ""),
];

impl World {
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

    fn parse(text: &str, origin: &str) -> Result<Self, WorldError> {
        file::parse(text).map_err(|message| WorldError::Invalid {
            origin: origin.to_owned(),
            message,
        })
    }
}
