//! The lag of the last half hour, for sparklines. History, never readiness: it is sampled and late (recorded: 07).

use super::decode::background;
use super::error::Error;
use super::queries::CatalogQuery;
use super::reader::CatalogReader;
use crate::domain::background::LagSample;
use crate::domain::name::ObjectId;
use std::collections::BTreeMap;

impl CatalogReader {
    /// One sample a minute for each object, oldest first; empty where the server does not offer it.
    ///
    /// # Errors
    /// When the connection fails or a row can't be read.
    pub async fn lag_history(&self) -> Result<BTreeMap<ObjectId, Vec<LagSample>>, Error> {
        background::lag_history(&self.rows(&[CatalogQuery::LagHistory]).await?)
    }
}
