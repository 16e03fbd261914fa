//! The audit events beside the live picture: read again only when what stands under the environment's names changes.

use super::workspace::Workspace;
use crate::domain::environment::Environment;
use crate::domain::failure::told;
use crate::domain::lineage::{Lineage, Subject, subjects};
use crate::domain::object::Catalog;
use crate::domain::provenance::{Provenance, provenance};
use crate::materialize::error::Error;
use crate::materialize::reader::CatalogReader;
use std::sync::Arc;

/// Names and comments of the environment's schemas and clusters: while they stay, no event can change what the last reading told.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Names(Vec<(Subject, String, Option<String>)>);

/// What a judgement was made from: while these stay, so does it.
#[derive(Debug)]
struct Judged {
    catalog: Arc<Catalog>,
    environment: Environment,
    lineage: Option<Arc<Lineage>>,
    provenance: Provenance,
}

/// The last reading and the last judgement, and what they were of.
#[derive(Debug, Default)]
pub(super) struct LineageWatch {
    seen: Option<(Names, Option<Arc<Lineage>>)>,
    judged: Option<Judged>,
}

impl LineageWatch {
    /// What each side is, by this catalog and its events. It compares every definition, so it is asked once for each catalog.
    pub fn judge(
        &mut self,
        environment: &Environment,
        catalog: &Arc<Catalog>,
        lineage: Option<&Arc<Lineage>>,
    ) -> Provenance {
        let same = |judged: &&Judged| {
            let lineages = (judged.lineage.as_ref(), lineage);
            Arc::ptr_eq(&judged.catalog, catalog)
                && judged.environment == *environment
                && match lineages {
                    (Some(one), Some(other)) => Arc::ptr_eq(one, other),
                    (one, other) => one.is_none() && other.is_none(),
                }
        };
        if let Some(judged) = self.judged.as_ref().filter(same) {
            return judged.provenance.clone();
        }
        let past = lineage.map(Arc::as_ref);
        let provenance = provenance(&environment.resolve(catalog), past);
        self.judged = Some(Judged {
            catalog: Arc::clone(catalog),
            environment: environment.clone(),
            lineage: lineage.cloned(),
            provenance: provenance.clone(),
        });
        provenance
    }

    /// The events that belong to this catalog. A reading that fails counts as none: unknown is never newer, and the next picture asks again.
    pub(super) async fn look(
        &mut self,
        workspace: &Workspace,
        environment: &Environment,
        catalog: &Catalog,
    ) -> Option<Arc<Lineage>> {
        let names = names(environment, catalog);
        if let Some((_, lineage)) = self.seen.as_ref().filter(|(seen, _)| *seen == names) {
            return lineage.clone();
        }
        match read(workspace, environment, catalog).await {
            Ok(lineage) => {
                let lineage = lineage.map(Arc::new);
                self.seen = Some((names, lineage.clone()));
                lineage
            }
            Err(error) => {
                tracing::warn!(error = told(&error), "the audit events were not read");
                self.seen = None;
                None
            }
        }
    }
}

async fn read(
    workspace: &Workspace,
    environment: &Environment,
    catalog: &Catalog,
) -> Result<Option<Lineage>, Error> {
    let reader = CatalogReader::connect(workspace.connector()).await?;
    reader.lineage(&environment.resolve(catalog)).await
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
