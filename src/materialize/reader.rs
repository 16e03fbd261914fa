//! What the catalog alone tells, each on demand.

use super::connection::{Connection, Connector, Purpose, StatementResult};
use super::decode::access::access;
use super::decode::background;
use super::decode::store::CatalogRows;
use super::error::Error;
use super::look::{ACCESS, ACCESS_ALONE, offered};
use super::offer::Offer;
use super::probe::{Probed, probe, tell};
use super::queries::CatalogQuery;
use crate::domain::access::Access;
use crate::domain::background::{AuditEvent, ClusterDefinition};
use crate::domain::name::ObjectId;
use crate::domain::object::Cluster;
use crate::domain::reading::MissingReadings;
use crate::domain::snapshot::Server;
use crate::domain::validation::TwinColumn;
use std::collections::BTreeMap;

/// Whether grants count.
pub(super) const RBAC: &str = "SHOW enable_rbac_checks";

/// A connection that reads the catalog, never of before the last DDL.
pub struct CatalogReader {
    connection: Connection,
    server: Server,
    offer: Offer,
}

impl CatalogReader {
    /// # Errors
    /// When the server can't be reached or is no Materialize that we know.
    pub async fn connect(connector: &Connector) -> Result<Self, Error> {
        let connection = connector.connect(Purpose::Observe).await?;
        let probed = probe(&connection).await?;
        Ok(Self::on(connection, probed))
    }

    pub(super) fn on(connection: Connection, probed: Probed) -> Self {
        let Probed { server, offer } = probed;
        Self {
            connection,
            server,
            offer,
        }
    }

    #[must_use]
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// What pictures would show and this server does not offer to this role.
    #[must_use]
    pub fn missing(&self) -> MissingReadings {
        self.offer.missing()
    }

    pub(super) fn offer(&self) -> &Offer {
        &self.offer
    }

    pub(super) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(super) fn connection_and_offer(&mut self) -> (&Connection, &mut Offer) {
        (&self.connection, &mut self.offer)
    }

    /// What the current role may do, and every grant that a twin has to repeat.
    ///
    /// # Errors
    /// When the connection fails or an access control list has an unknown form.
    pub async fn access(&self) -> Result<Access, Error> {
        let mut queries = vec![CatalogQuery::Roles];
        queries.extend(ACCESS);
        queries.extend(ACCESS_ALONE);
        let rbac = [RBAC.to_owned()];
        let (told, rbac) = tokio::try_join!(self.rows(&queries), self.ask_all(&rbac))?;
        self.access_of(&told, rbac.first().is_none_or(is_enabled))
    }

    /// From rows that are there.
    pub(super) fn access_of(
        &self,
        told: &CatalogRows,
        rbac_enabled: bool,
    ) -> Result<Access, Error> {
        let server = &self.server;
        access(told, &server.role, server.superuser, rbac_enabled)
    }

    async fn ask_all(&self, statements: &[String]) -> Result<Vec<StatementResult>, Error> {
        let answers = self.connection.ask_all(statements).await;
        answers.map_err(|(_, error)| error)
    }

    /// How these clusters were made. Unmanaged ones have no text: the server refuses to show them.
    ///
    /// # Errors
    /// When the connection fails or a cluster is gone.
    pub async fn cluster_definitions(
        &self,
        clusters: &[Cluster],
    ) -> Result<Vec<ClusterDefinition>, Error> {
        let managed = clusters.iter().filter(|cluster| cluster.managed);
        let show = |cluster: &Cluster| format!("SHOW CREATE CLUSTER {}", cluster.name.quoted());
        let shows: Vec<String> = managed.clone().map(show).collect();
        let shown = self.ask_all(&shows).await?.into_iter();
        let shown = shown.map(|mut answer| answer.rows.pop()?.pop()?);
        let mut texts: BTreeMap<_, _> = managed.map(|cluster| cluster.id).zip(shown).collect();
        let definition = |cluster: &Cluster| ClusterDefinition {
            id: cluster.id,
            create_sql: texts.remove(&cluster.id).flatten(),
        };
        Ok(clusters.iter().map(definition).collect())
    }

    /// The columns of every user relation, in order.
    ///
    /// # Errors
    /// When the connection fails or a row can't be read.
    pub async fn columns(&self) -> Result<BTreeMap<ObjectId, Vec<TwinColumn>>, Error> {
        background::columns(&self.rows(&[CatalogQuery::Columns]).await?)
    }

    /// The newest audit events.
    ///
    /// # Errors
    /// When the connection fails or a row can't be read.
    pub async fn audit_events(&self) -> Result<Vec<AuditEvent>, Error> {
        background::audit_events(&self.rows(&[CatalogQuery::AuditEvents]).await?)
    }

    /// The rows of one query as a statement around it narrows them; `None` where this server does not offer it.
    pub(super) async fn rows_within(
        &self,
        query: CatalogQuery,
        around: impl Fn(&str) -> String,
    ) -> Result<Option<CatalogRows>, Error> {
        let [offered] = offered(&self.offer, &[query])[..] else {
            return Ok(None);
        };
        let mut told = CatalogRows::default();
        for answer in self.ask_all(&[around(&offered.statement())]).await? {
            tell(&mut told, query, &answer);
        }
        Ok(Some(told))
    }

    /// The rows of these queries, none of those that this server does not offer.
    pub(super) async fn rows(&self, queries: &[CatalogQuery]) -> Result<CatalogRows, Error> {
        let queries = offered(&self.offer, queries);
        let statements: Vec<String> = queries.iter().map(|query| query.statement()).collect();
        let answers = self.ask_all(&statements).await?;
        let mut told = CatalogRows::default();
        for (query, answer) in queries.iter().zip(&answers) {
            tell(&mut told, query.query, answer);
        }
        Ok(told)
    }
}

/// The answer to [`RBAC`].
pub(super) fn is_enabled(answer: &StatementResult) -> bool {
    let value = answer.rows.first().and_then(|row| row.first()?.as_deref());
    value != Some("off")
}
