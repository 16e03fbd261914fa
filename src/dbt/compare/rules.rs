//! How the dbt that wrote the project's manifest compares: it is the one that would select.

use super::upgrade::StateUpgrade;
use super::{Abort, CompareOptions};
use crate::dbt::manifest::Manifest;

/// The first dbt that compares more unrendered values unless it is told otherwise, and upgrades states of other versions.
const SINCE: (u32, u32) = (1, 12);

/// What differs between versions of dbt and their settings.
#[derive(Debug)]
pub(super) struct Rules<'a> {
    /// Whether sources compare by their names before rendering.
    pub compare_unrendered: bool,
    /// Whether everything counts that counts from dbt 1.12 on: a test's `sql_header`, a function's overloads, the types of
    /// dimensions; and whether a constraint of a type that the adapter does not know is passed over instead of stopping dbt.
    pub since_1_12: bool,
    pub adapter: Option<&'a str>,
    pub upgrade: StateUpgrade,
}

impl<'a> Rules<'a> {
    /// # Errors
    /// When dbt can't load the state.
    pub fn of(
        before: &Manifest,
        after: &'a Manifest,
        options: CompareOptions,
    ) -> Result<Self, Abort> {
        let metadata = after.metadata();
        let since_1_12 = metadata.release().is_some_and(|release| release >= SINCE);
        let compare_unrendered = options.compare_unrendered.unwrap_or(since_1_12);
        let state_version = &before.metadata().dbt_version;
        let is_other = state_version.as_ref().is_some_and(|version| {
            !version.is_empty() && metadata.dbt_version.as_ref() != Some(version)
        });
        Ok(Self {
            compare_unrendered,
            since_1_12,
            adapter: metadata.adapter_type.as_deref(),
            upgrade: if since_1_12 && compare_unrendered && is_other {
                StateUpgrade::of(before)?
            } else {
                StateUpgrade::default()
            },
        })
    }
}
