//! What functions read beside their arguments.

use crate::catalog::Catalog;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// What functions read beside their arguments.
#[derive(Debug)]
pub struct Facts {
    /// The server's clock, milliseconds.
    pub(super) now: AtomicU64,
    /// The logical time of the query that runs, milliseconds: `mz_now()`.
    pub(super) logical: AtomicU64,
    pub(super) catalog: Mutex<Arc<Catalog>>,
    /// Connections that a query asked to cancel; the caller carries it out.
    pub(super) cancelled: Mutex<BTreeSet<u32>>,
    /// Connections that can be cancelled.
    pub(super) live: Mutex<BTreeSet<u32>>,
}

impl Facts {
    #[must_use]
    pub fn new(catalog: Arc<Catalog>, now: u64) -> Self {
        Self {
            now: AtomicU64::new(now),
            logical: AtomicU64::new(now),
            catalog: Mutex::new(catalog),
            cancelled: Mutex::default(),
            live: Mutex::default(),
        }
    }

    pub fn set_now(&self, now: u64) {
        self.now.store(now, Ordering::Relaxed);
    }

    #[must_use]
    pub fn now(&self) -> u64 {
        self.now.load(Ordering::Relaxed)
    }

    pub fn set_logical_time(&self, time: u64) {
        self.logical.store(time, Ordering::Relaxed);
    }

    #[must_use]
    pub fn logical_time(&self) -> u64 {
        self.logical.load(Ordering::Relaxed)
    }

    pub fn set_catalog(&self, catalog: Arc<Catalog>) {
        *lock(&self.catalog) = catalog;
    }

    #[must_use]
    pub fn catalog(&self) -> Arc<Catalog> {
        lock(&self.catalog).clone()
    }

    pub fn set_live(&self, connections: BTreeSet<u32>) {
        *lock(&self.live) = connections;
    }

    /// Hands over the connections that queries asked to cancel.
    pub fn take_cancelled(&self) -> BTreeSet<u32> {
        std::mem::take(&mut *lock(&self.cancelled))
    }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
