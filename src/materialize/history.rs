//! The lag of the last half hour, for sparklines. History, never readiness: it is sampled and late (recorded: 07).

use super::error::Error;
use super::observe::Observer;
use super::queries::Fact;
use crate::domain::background::LagSample;
use crate::domain::name::ObjectId;
use std::collections::BTreeMap;

impl Observer {
    /// One sample a minute for each object, oldest first; empty where the server does not offer it.
    ///
    /// # Errors
    /// When the link fails or a row can't be read.
    pub async fn lag_history(&self) -> Result<BTreeMap<ObjectId, Vec<LagSample>>, Error> {
        let fact = Fact::LagHistory;
        let mut history: BTreeMap<ObjectId, Vec<LagSample>> = BTreeMap::new();
        for row in self.rows(fact).await? {
            let Some(at) = row.time(2) else { continue };
            let sample = LagSample {
                at,
                seconds: row.number(1),
            };
            history
                .entry(ObjectId::new(row.text(fact, 0)?))
                .or_default()
                .push(sample);
        }
        for samples in history.values_mut() {
            samples.sort_by_key(|sample| sample.at);
        }
        Ok(history)
    }
}
