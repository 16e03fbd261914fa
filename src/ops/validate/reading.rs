//! Reading both sides of a relation, each on its own cluster, at one moment where the server allows it.

use super::twins::Twins;
use crate::domain::environment::{Resolved, Side};
use crate::domain::failure::told;
use crate::domain::name::{ClusterId, Identifier, ObjectId, QualifiedName};
use crate::domain::object::{Object, ObjectKind};
use crate::domain::validation::{
    Contents, TwinColumn, TwinReport, column_differences, content_match, contents_query,
    set_cluster,
};
use crate::materialize::error::Error as ServerError;
use crate::materialize::execute::{Executor, StatementEvent};
use crate::ops::error::OpsError;
use crate::ops::workspace::Workspace;
use std::collections::BTreeMap;

/// Where a server can't read both sides at one moment, moving contents may differ by chance: so often they are read again.
const TRIES: usize = 3;

type Listener = fn(StatementEvent);

/// A session per side, so that both sides are read at the same time, each on its own cluster.
pub(super) struct Readers<'a> {
    resolved: &'a Resolved<'a>,
    production: Executor<Listener>,
    deployment: Executor<Listener>,
    /// Off once the server has refused to read at a time of our choosing.
    at_one_moment: bool,
}

impl<'a> Readers<'a> {
    pub async fn connect(
        workspace: &Workspace,
        resolved: &'a Resolved<'a>,
    ) -> Result<Self, OpsError> {
        let connect = || Executor::connect(workspace.connector(), (|_| {}) as Listener);
        Ok(Self {
            resolved,
            production: connect().await?,
            deployment: connect().await?,
            at_one_moment: true,
        })
    }

    /// # Errors
    /// When a connection is lost.
    pub async fn compare(
        &mut self,
        twins: &Twins<'_>,
        columns: &BTreeMap<ObjectId, Vec<TwinColumn>>,
    ) -> Result<TwinReport, OpsError> {
        let of = |object: &Object| columns.get(&object.id).map_or(&[][..], Vec::as_slice);
        let (before, after) = (of(twins.production.object), of(twins.deployment));
        let differences = column_differences(before, after);
        let mut read = self.read(twins, before, after).await;
        for _ in 1..TRIES {
            match &read {
                Ok((one, other)) if one != other && !self.at_one_moment => {
                    read = self.read(twins, before, after).await;
                }
                _ => break,
            }
        }
        let (production, deployment, message) = match read {
            Ok((production, deployment)) => (Some(production), Some(deployment), None),
            Err(error) if error.is_transient() => return Err(error.into()),
            Err(error) => {
                let words = error.server().map(ToString::to_string);
                (None, None, Some(words.unwrap_or_else(|| told(&error))))
            }
        };
        let judged = content_match(
            twins.production.expected,
            &differences,
            production.as_ref(),
            deployment.as_ref(),
        );
        Ok(TwinReport {
            schema: twins.production.schema.clone(),
            name: twins.production.object.name.clone(),
            kind: twins.deployment.kind.clone(),
            change: twins.production.expected,
            verdict: judged,
            columns: differences,
            production,
            deployment,
            message,
        })
    }

    /// Both sides, at one moment where the server allows it.
    async fn read(
        &mut self,
        twins: &Twins<'_>,
        before: &[TwinColumn],
        after: &[TwinColumn],
    ) -> Result<(Contents, Contents), ServerError> {
        self.choose_clusters(twins).await?;
        if self.at_one_moment {
            let now = moment(&mut self.deployment).await?;
            match self.read_both(twins, before, after, Some(now)).await {
                Err(refused) if !refused.is_transient() => {
                    tracing::info!(error = %refused, "reading the sides one after the other");
                    self.at_one_moment = false;
                }
                read => return read,
            }
        }
        self.read_both(twins, before, after, None).await
    }

    async fn read_both(
        &mut self,
        twins: &Twins<'_>,
        before: &[TwinColumn],
        after: &[TwinColumn],
        as_of: Option<u64>,
    ) -> Result<(Contents, Contents), ServerError> {
        let one = contents_query(&self.name(twins.production.object), before, as_of);
        let other = contents_query(&self.name(twins.deployment), after, as_of);
        tokio::try_join!(
            contents(&mut self.production, &one),
            contents(&mut self.deployment, &other)
        )
    }

    async fn choose_clusters(&mut self, twins: &Twins<'_>) -> Result<(), ServerError> {
        if let Some(cluster) = self.cluster(Side::Production, twins.production.object) {
            self.production.read(&set_cluster(&cluster)).await?;
        }
        if let Some(cluster) = self.cluster(Side::Deployment, twins.deployment) {
            self.deployment.read(&set_cluster(&cluster)).await?;
        }
        Ok(())
    }

    /// Where an object's data is at hand: its own cluster, that of an index on it, or the side's first.
    fn cluster(&self, side: Side, object: &Object) -> Option<Identifier> {
        let catalog = self.resolved.catalog;
        let name = |id: &ClusterId| Some(catalog.clusters.get(id)?.name.clone());
        let of_index = || {
            let mut indexes = catalog.objects_in(&object.schema);
            indexes
                .find(|index| {
                    index.kind == ObjectKind::Index && index.parent.as_ref() == Some(&object.id)
                })?
                .cluster
                .as_ref()
        };
        let of_side = || {
            let mut clusters = self.resolved.clusters.iter();
            clusters.find_map(|pair| Some(pair.side(side)?.name.clone()))
        };
        let own = object.cluster.as_ref().or_else(of_index);
        own.and_then(name).or_else(of_side)
    }

    fn name(&self, object: &Object) -> QualifiedName {
        let schema = self.resolved.catalog.schemas.get(&object.schema);
        QualifiedName {
            database: self.resolved.environment.database.clone(),
            schema: schema.map_or_else(|| object.name.clone(), |schema| schema.name.clone()),
            name: object.name.clone(),
        }
    }
}

/// The server's logical time now, milliseconds since the epoch.
async fn moment(executor: &mut Executor<Listener>) -> Result<u64, ServerError> {
    let answer = executor.read("SELECT mz_now()::text AS now").await?;
    let now = answer.rows.first().and_then(|row| row.first()?.as_deref());
    now.and_then(|text| text.parse().ok())
        .ok_or_else(|| ServerError::decode("mz_now()", "it is no time"))
}

async fn contents(executor: &mut Executor<Listener>, query: &str) -> Result<Contents, ServerError> {
    let answer = executor.read(query).await?;
    let row = answer.rows.into_iter().next().unwrap_or_default();
    let mut cells = row.into_iter().flatten();
    let (Some(rows), Some(checksum)) = (cells.next(), cells.next()) else {
        return Err(ServerError::decode(
            "a relation's contents",
            "there is no row",
        ));
    };
    Ok(Contents {
        rows: rows
            .parse()
            .map_err(|_| ServerError::decode("a row count", format!("it is `{rows}`")))?,
        checksum,
    })
}
