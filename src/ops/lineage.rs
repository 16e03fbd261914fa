//! The audit events beside the live picture: read again only when what stands under the environment's names changes.

use super::session::Session;
use crate::domain::environment::Environment;
use crate::domain::lineage::{Lineage, Subject, subjects};
use crate::domain::object::Catalog;
use crate::materialize::error::Error;
use crate::materialize::observe::Observer;
use std::sync::Arc;

/// Names and comments of the environment's schemas and clusters: while they stay, no event can change what the last reading told.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Names(Vec<(Subject, String, Option<String>)>);

/// The last reading, and what it was of.
#[derive(Debug, Default)]
pub(super) struct LineageWatch {
    seen: Option<(Names, Option<Arc<Lineage>>)>,
}

impl LineageWatch {
    /// The events that belong to this catalog. A reading that fails counts as none: unknown is never newer, and the next picture asks again.
    pub(super) async fn look(
        &mut self,
        session: &Session,
        environment: &Environment,
        catalog: &Catalog,
    ) -> Option<Arc<Lineage>> {
        let names = names(environment, catalog);
        if let Some((_, lineage)) = self.seen.as_ref().filter(|(seen, _)| *seen == names) {
            return lineage.clone();
        }
        match read(session, environment, catalog).await {
            Ok(lineage) => {
                let lineage = lineage.map(Arc::new);
                self.seen = Some((names, lineage.clone()));
                lineage
            }
            Err(error) => {
                tracing::warn!(%error, "the audit events were not read");
                self.seen = None;
                None
            }
        }
    }
}

async fn read(
    session: &Session,
    environment: &Environment,
    catalog: &Catalog,
) -> Result<Option<Lineage>, Error> {
    let observer = Observer::connect(session.connector()).await?;
    observer.lineage(&environment.resolve(catalog)).await
}

fn names(environment: &Environment, catalog: &Catalog) -> Names {
    let resolved = environment.resolve(catalog);
    let comment = |subject: &Subject| match subject {
        Subject::Schema(id) => catalog.schemas.get(id)?.comment.clone(),
        Subject::Cluster(_) => None,
    };
    let known = subjects(&resolved).into_iter();
    Names(
        known
            .map(|known| {
                let comment = comment(&known.subject);
                (known.subject, known.name.to_owned(), comment)
            })
            .collect(),
    )
}
