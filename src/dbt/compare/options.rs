//! What a comparison needs to know beside the manifests.

use jiff::Timestamp;

/// What a comparison needs to know beside the manifests.
#[derive(Debug, Clone, Copy)]
pub struct CompareOptions {
    /// The project flag `state_modified_compare_more_unrendered_values`: compare names of sources before rendering. Where the
    /// project does not say it, the dbt that wrote its manifest decides: no before 1.12, yes from 1.12 on. No environment variable
    /// sets it.
    pub compare_unrendered: Option<bool>,
    /// Removing a contracted model breaks nothing once its deprecation date has passed.
    pub now: Timestamp,
}
