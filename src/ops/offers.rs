//! What servers were found to offer, kept from one run to the next in the user's cache folder.

use super::state::write_whole;
use crate::materialize::offer::{KeptOffers, Offer};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// One file for each server and version. What can't be read or written is asked of the server again.
pub struct OfferFiles {
    /// `None`: for this process only.
    dir: Option<PathBuf>,
    memory: Mutex<HashMap<String, Offer>>,
}

impl OfferFiles {
    #[must_use]
    pub fn new(dir: Option<PathBuf>) -> Self {
        Self {
            dir,
            memory: Mutex::default(),
        }
    }

    fn memory(&self) -> MutexGuard<'_, HashMap<String, Offer>> {
        self.memory.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn file(&self, server: &str) -> Option<PathBuf> {
        // Another build may ask about other relations than the one that wrote the file.
        let named = format!("{server} {}", Offer::asked().join(" "));
        let hash = format!("{:x}", Sha256::digest(named.as_bytes()));
        Some(
            self.dir
                .as_ref()?
                .join(format!("offer-{}.json", &hash[..16])),
        )
    }
}

impl KeptOffers for OfferFiles {
    fn find(&self, server: &str) -> Option<Offer> {
        if let Some(offer) = self.memory().get(server) {
            return Some(offer.clone());
        }
        let text = std::fs::read(self.file(server)?).ok()?;
        let offer: Offer = serde_json::from_slice(&text).ok()?;
        self.memory().insert(server.to_owned(), offer.clone());
        Some(offer)
    }

    fn keep(&self, server: &str, offer: &Offer) {
        self.memory().insert(server.to_owned(), offer.clone());
        let Some(file) = self.file(server) else {
            return;
        };
        let text = serde_json::to_vec(offer).unwrap_or_default();
        if let Err(error) = write_whole(&file, &text) {
            tracing::debug!(%error, file = %file.display(), "not kept");
        }
    }

    fn forget(&self, server: &str) {
        self.memory().remove(server);
        if let Some(file) = self.file(server) {
            let _ = std::fs::remove_file(file);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer() -> Offer {
        let column = ("mz_catalog", "mz_objects", "id");
        Offer::new([column].map(|(a, b, c)| (a.to_owned(), b.to_owned(), c.to_owned())))
    }

    #[test]
    fn an_offer_is_kept_for_another_process_until_it_is_forgotten() {
        let folder = tempfile::tempdir().unwrap();
        let dir = Some(folder.path().join("cutover"));
        let first = OfferFiles::new(dir.clone());
        first.keep("host:6875 v26.39.0", &offer());
        let another = OfferFiles::new(dir);
        assert_eq!(another.find("host:6875 v26.39.0"), Some(offer()));
        assert_eq!(another.find("host:6875 v26.40.0"), None);
        another.forget("host:6875 v26.39.0");
        assert_eq!(another.find("host:6875 v26.39.0"), None);
        assert_eq!(
            std::fs::read_dir(folder.path().join("cutover"))
                .unwrap()
                .count(),
            0
        );
    }

    #[test]
    fn a_broken_file_is_as_good_as_none() {
        let folder = tempfile::tempdir().unwrap();
        let dir = Some(folder.path().to_owned());
        OfferFiles::new(dir.clone()).keep("host:6875 v26.39.0", &offer());
        let file = std::fs::read_dir(folder.path())
            .unwrap()
            .next()
            .unwrap()
            .unwrap();
        std::fs::write(file.path(), "{\"columns\":").unwrap();
        assert_eq!(OfferFiles::new(dir).find("host:6875 v26.39.0"), None);
    }
}
