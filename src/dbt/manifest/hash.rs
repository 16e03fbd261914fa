//! The names of a manifest and of the project that it tells of.

use sha2::{Digest, Sha256};
use std::fmt;
use std::io::{self, Read};

/// Names the exact bytes of a manifest: the first 12 hexadecimal digits of their SHA-256.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ManifestHash(String);

impl ManifestHash {
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        Self::of_digest(&Sha256::digest(bytes))
    }

    fn of_digest(digest: &[u8]) -> Self {
        Self(digest.iter().take(6).map(|b| format!("{b:02x}")).collect())
    }

    /// The hash that a record names.
    #[must_use]
    pub fn recorded(text: &str) -> Self {
        Self(text.to_owned())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ManifestHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Names a project as dbt reads it, whichever parse: the first 12 hexadecimal digits of a SHA-256 over all that `state:modified` may look
/// at, and over the version of dbt. Compiled SQL is no part of it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ProjectHash(pub(super) String);

impl ProjectHash {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProjectHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Takes the hash of what is read through it.
pub(super) struct Hashing<R> {
    from: R,
    digest: Sha256,
}

impl<R> Hashing<R> {
    pub(super) fn new(from: R) -> Self {
        Self {
            from,
            digest: Sha256::new(),
        }
    }

    /// Of all that was read.
    pub(super) fn hash(self) -> ManifestHash {
        ManifestHash::of_digest(&self.digest.finalize())
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = self.from.read(out)?;
        self.digest.update(&out[..length]);
        Ok(length)
    }
}
