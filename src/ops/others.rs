//! Who else was at work on the same catalog, as far as the audit events tell.

use super::workspace::Workspace;
use crate::domain::background::{AuditEvent, makers_of_ddl, renamer};
use crate::domain::failure::told;
use crate::domain::plan::{Difference, Plan};
use crate::domain::quantity::{count, some_of};
use crate::domain::snapshot::LogicalTime;
use crate::materialize::error::Error;
use crate::materialize::observe::Observer;
use crate::materialize::reader::CatalogReader;
use std::collections::BTreeSet;

impl Workspace {
    /// Why a swap never won its race: somebody's DDL came between each time.
    pub(super) async fn never_won(
        &self,
        reader: Option<Observer>,
        since: LogicalTime,
        tries: u32,
        reason: &str,
    ) -> String {
        let makers = makers_of_ddl(&self.audit_events(reader).await, since);
        let by = match makers.is_empty() {
            true => String::new(),
            false => format!(" DDL meanwhile by {}.", some_of(makers)),
        };
        format!(
            "The catalog changed under the transaction {}; nothing was swapped: {reason}.{by}",
            count(tries, "time")
        )
    }

    /// What is not as it was when the plan was confirmed, as sentences. Where somebody else has swapped, they say who.
    pub(super) async fn what_differs(
        &self,
        reader: Option<Observer>,
        shown: &Plan,
        difference: &Difference,
    ) -> String {
        match difference {
            Difference::Swapped => {
                let by = self
                    .renamed_by(reader, &shown.identities.after_swap())
                    .await;
                format!("Somebody else swapped these names since the plan was shown{by}.")
            }
            changes => format!(
                "The facts changed since the plan was shown: {changes}. Look at the plan again."
            ),
        }
    }

    /// ` (deployer, at 2026-11-20T10:00:00Z)`: who last gave one of these ids its name; nothing where the audit events don't tell.
    pub(super) async fn renamed_by(
        &self,
        reader: Option<Observer>,
        named: &BTreeSet<(String, String)>,
    ) -> String {
        let events = self.audit_events(reader).await;
        renamer(&events, named)
            .map_or_else(String::new, |(by, at)| format!(" ({by}, at {})", clock(at)))
    }

    /// The newest audit events; none where they can't be read.
    async fn audit_events(&self, reader: Option<Observer>) -> Vec<AuditEvent> {
        let reading = async {
            match reader {
                Some(reader) => reader.catalog().audit_events().await,
                None => {
                    CatalogReader::connect(self.connector())
                        .await?
                        .audit_events()
                        .await
                }
            }
        };
        reading.await.unwrap_or_else(|error: Error| {
            tracing::warn!(error = told(&error), "the audit events can't be read");
            Vec::new()
        })
    }
}

/// A time of the server for people: `2026-11-20T10:00:00Z`.
fn clock(at: LogicalTime) -> String {
    let millis = i64::try_from(at.0).unwrap_or_default();
    jiff::Timestamp::from_millisecond(millis)
        .map(|at| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
        .unwrap_or_default()
}
