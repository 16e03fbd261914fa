//! The manifests of what each side holds: `state/<target>/<hash>.json`, and `state/manifest.json` for what production runs.

use crate::dbt::manifest::{Manifest, ManifestError, ManifestHash};
use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// The file name that dbt expects in a state directory.
pub const MANIFEST: &str = "manifest.json";

/// Manifests are no secret and state folders are shared: whom the umask lets read may read.
const SHARED: u32 = 0o666;

/// The saved manifests of one dbt target.
#[derive(Debug, Clone)]
pub struct StateStore {
    dir: PathBuf,
    target: String,
}

impl StateStore {
    #[must_use]
    pub fn new(dir: PathBuf, target: &str) -> Self {
        Self {
            dir,
            target: target.to_owned(),
        }
    }

    /// What dbt takes as `--state` for production.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    fn kept(&self, hash: &str) -> PathBuf {
        self.dir.join(&self.target).join(format!("{hash}.json"))
    }

    /// What production runs, by the name that dbt expects.
    #[must_use]
    pub fn production(&self) -> PathBuf {
        self.dir.join(MANIFEST)
    }

    /// Keeps a copy of a manifest under its hash; a file of that hash is left as it is.
    ///
    /// # Errors
    /// When the file can't be read or the copy can't be written.
    pub fn keep(&self, manifest: &Path) -> io::Result<ManifestHash> {
        let bytes = fs::read(manifest)?;
        let hash = ManifestHash::of(&bytes);
        let kept = self.kept(hash.as_str());
        if !kept.is_file() {
            write_whole(&kept, &bytes)?;
        }
        Ok(hash)
    }

    /// The manifest of this hash, if it is at hand: another machine may have deployed it.
    ///
    /// # Errors
    /// When the file is there and can't be read as a manifest.
    pub fn find(
        &self,
        hash: &str,
        like: Option<&Manifest>,
    ) -> Result<Option<Manifest>, ManifestError> {
        let kept = self.kept(hash);
        if kept.is_file() {
            return Manifest::read_beside(&kept, like).map(Some);
        }
        // A state directory that other tools keep holds only production's.
        match self.find_production(like)? {
            Some(manifest) if manifest.hash().as_str() == hash => Ok(Some(manifest)),
            _ => Ok(None),
        }
    }

    /// What `state/manifest.json` says that production runs.
    ///
    /// # Errors
    /// When the file is there and can't be read as a manifest.
    pub fn find_production(
        &self,
        like: Option<&Manifest>,
    ) -> Result<Option<Manifest>, ManifestError> {
        let file = self.production();
        if file.is_file() {
            Manifest::read_beside(&file, like).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Makes `state/manifest.json` equal to the manifest of this hash. `false`: that manifest is not at hand, and nothing was changed.
    ///
    /// # Errors
    /// When a file can't be read or written.
    pub fn set_production(&self, hash: &str) -> io::Result<bool> {
        let production = self.production();
        let Ok(bytes) = fs::read(self.kept(hash)) else {
            return Ok(
                fs::read(&production).is_ok_and(|held| ManifestHash::of(&held).as_str() == hash)
            );
        };
        // What production ran before may be known from this file alone, and a rollback needs it.
        if production.is_file() {
            self.keep(&production)?;
        }
        write_whole(&production, &bytes)?;
        Ok(true)
    }
}

/// Writes a file as a whole: a reader, and whoever comes after a crash, sees the old or the new text, never half of it.
pub(super) fn write_whole(file: &Path, bytes: &[u8]) -> io::Result<()> {
    // A link stays a link: what it names is replaced.
    let file = &fs::canonicalize(file).unwrap_or_else(|_| file.to_owned());
    let dir = match file.parent() {
        Some(dir) if !dir.as_os_str().is_empty() => dir,
        _ => Path::new("."),
    };
    fs::create_dir_all(dir)?;
    let mut part = tempfile::Builder::new()
        .prefix(".part-")
        .permissions(fs::Permissions::from_mode(SHARED))
        .tempfile_in(dir)?;
    part.write_all(bytes)?;
    part.as_file().sync_all()?;
    part.persist(file).map_err(|error| error.error)?;
    // The new name is on disk only when its folder is; where folders can't be synced nothing more can be done.
    let _ = fs::File::open(dir).and_then(|dir| dir.sync_all());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn production_is_kept_before_it_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        let store = StateStore::new(dir.path().join("state"), "prod");
        let write = |name: &str, text: &str| {
            let file = dir.path().join(name);
            fs::write(&file, text).unwrap();
            file
        };
        fs::create_dir_all(store.dir()).unwrap();
        fs::write(store.production(), "old").unwrap();
        let old = ManifestHash::of(b"old");
        let new = store.keep(&write("new.json", "new")).unwrap();
        assert!(store.set_production(new.as_str()).unwrap());
        assert_eq!(fs::read_to_string(store.production()).unwrap(), "new");
        assert!(
            store.set_production(old.as_str()).unwrap(),
            "the way back is kept"
        );
        assert_eq!(fs::read_to_string(store.production()).unwrap(), "old");
        assert!(
            !store.set_production("0123456789ab").unwrap(),
            "an unknown manifest changes nothing"
        );
        assert_eq!(fs::read_to_string(store.production()).unwrap(), "old");
    }
}
