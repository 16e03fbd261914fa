//! What every connection of a run is made from.

use crate::materialize::offer::KeptOffers;
use crate::materialize::settings::ConnectionSettings;
use crate::materialize::tls::Tls;
use crate::materialize::waiting::Waits;
use std::sync::Arc;

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Reads the catalog only: pinned to `mz_catalog_server`.
    Observe,
    /// Reads how far objects have come, on `mz_catalog_server` too, under `serializable`: at the last tick, which a stricter reading
    /// waits up to 0.9 s for (recorded: v26.39/22).
    Progress,
    /// Runs statements, on the cluster of the settings.
    Execute,
}

/// Makes connections. Cheap to clone.
#[derive(Clone)]
pub struct Connector {
    pub(super) inner: Arc<Inner>,
}

pub(super) struct Inner {
    pub(super) settings: ConnectionSettings,
    pub(super) tls: Tls,
    pub(super) waits: Waits,
    pub(super) offers: Option<Arc<dyn KeptOffers>>,
}
