//! One-shot readings: a consistent snapshot, and the queries that only plans need.

use super::assemble::Assembler;
use super::connection::{Connection, Connector, Purpose, StatementResult};
use super::decode::access::access;
use super::decode::background;
use super::decode::changes::ChangedIds;
use super::decode::store::CatalogRows;
use super::error::{Class, Error};
use super::offer::Offer;
use super::probe::{Probed, exclude_refused, probe, tell};
use super::queries::{CatalogQuery, SubscribeGroup};
use super::row::TextRow;
use super::waiting::Ask;
use crate::domain::access::Access;
use crate::domain::background::{AuditEvent, ClusterDefinition};
use crate::domain::name::ObjectId;
use crate::domain::object::Cluster;
use crate::domain::reading::MissingReadings;
use crate::domain::snapshot::{LogicalTime, Server, Snapshot};
use crate::domain::validation::TwinColumn;
use std::collections::BTreeMap;

/// A connection that reads on demand. Every reading is made now: nothing is remembered but what the server offers.
pub struct Observer {
    connection: Connection,
    server: Server,
    offer: Offer,
    /// Off once the server has refused to read everything in one transaction.
    in_one_transaction: bool,
}

impl Observer {
    /// # Errors
    /// When the server can't be reached or is no Materialize that we know.
    pub async fn connect(connector: &Connector) -> Result<Self, Error> {
        let connection = connector.connect(Purpose::Observe).await?;
        let Probed { server, offer } = probe(&connection).await?;
        Ok(Self::on(connection, server, offer))
    }

    pub(super) fn on(connection: Connection, server: Server, offer: Offer) -> Self {
        Self {
            connection,
            server,
            offer,
            in_one_transaction: true,
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

    /// Reads everything at one logical time.
    ///
    /// One read transaction gives one time to all its SELECTs. Where a server refuses that, the parts are read one after the
    /// other and the frontiers, which carry their own time, decide.
    ///
    /// # Errors
    /// When the connection fails or a row can't be read.
    pub async fn observe(&mut self) -> Result<Snapshot, Error> {
        loop {
            match self.read_topics().await {
                Ok((told, time)) => {
                    return Assembler::new(self.server.clone(), self.offer.missing()).snapshot(
                        &told,
                        &ChangedIds::everything(),
                        time,
                    );
                }
                Err(refused) => self.learn_from(refused).await?,
            }
        }
    }

    async fn read_topics(&self) -> Result<(CatalogRows, LogicalTime), Refused> {
        if !self.in_one_transaction {
            return self.read_each().await;
        }
        self.read("BEGIN").await.map_err(Refused::outright)?;
        let outcome = self.read_each().await;
        let end = if outcome.is_ok() {
            "COMMIT"
        } else {
            "ROLLBACK"
        };
        match (outcome, self.read(end).await) {
            (Ok(_), Err(error)) => Err(Refused::outright(error)),
            (outcome, _) => outcome,
        }
    }

    async fn read_each(&self) -> Result<(CatalogRows, LogicalTime), Refused> {
        let mut told = CatalogRows::default();
        let mut latest = LogicalTime::default();
        let mut of_frontiers = None;
        for group in SubscribeGroup::ALL {
            let queries: Vec<_> = self.offer.queries(group).collect();
            let Some(select) = SubscribeGroup::statement(&queries) else {
                continue;
            };
            let statement = format!("SELECT mz_now()::text AS time, t.*\nFROM (\n{select}\n) AS t");
            let answer = self.read(&statement).await.map_err(|error| Refused {
                group: Some(group),
                error,
            })?;
            for row in &answer.rows {
                let time = read_into(&mut told, row).map_err(Refused::outright)?;
                latest = latest.max(time);
                if group == SubscribeGroup::Frontiers {
                    of_frontiers = Some(time);
                }
            }
        }
        Ok((told, of_frontiers.unwrap_or(latest)))
    }

    /// Leaves out what was refused, so that the next attempt can succeed; returns what can't be helped.
    async fn learn_from(&mut self, refused: Refused) -> Result<(), Error> {
        let Some(group) = refused.group.filter(|_| !refused.error.is_transient()) else {
            return Err(refused.error);
        };
        if exclude_refused(&self.connection, &mut self.offer, group).await? {
            return Ok(());
        }
        if self.in_one_transaction {
            tracing::warn!(error = %refused.error, "reading without a transaction");
            self.in_one_transaction = false;
            return Ok(());
        }
        Err(refused.error)
    }

    /// What the current role may do, and every grant that a twin has to repeat.
    ///
    /// # Errors
    /// When the connection fails or an access control list has an unknown form.
    pub async fn access(&self) -> Result<Access, Error> {
        let queries = [
            CatalogQuery::Roles,
            CatalogQuery::RoleMembers,
            CatalogQuery::DatabasePrivileges,
            CatalogQuery::SchemaPrivileges,
            CatalogQuery::ClusterPrivileges,
            CatalogQuery::ObjectPrivileges,
            CatalogQuery::SystemPrivileges,
            CatalogQuery::DefaultPrivileges,
        ];
        access(
            &self.rows(&queries).await?,
            &self.server.role,
            self.server.superuser,
            self.rbac_enabled().await?,
        )
    }

    async fn read(&self, statement: &str) -> Result<StatementResult, Error> {
        self.connection.ask(statement, Ask::Reading).await
    }

    async fn rbac_enabled(&self) -> Result<bool, Error> {
        let answer = self.read("SHOW enable_rbac_checks").await?;
        let value = answer.rows.first().and_then(|row| row.first()).cloned();
        Ok(value.flatten().as_deref() != Some("off"))
    }

    /// How these clusters were made. Unmanaged ones have no text: the server refuses to show them.
    ///
    /// # Errors
    /// When the connection fails or a cluster is gone.
    pub async fn cluster_definitions(
        &self,
        clusters: impl IntoIterator<Item = &Cluster>,
    ) -> Result<Vec<ClusterDefinition>, Error> {
        let strategies = background::strategies(&self.rows(&[CatalogQuery::Autoscaling]).await?)?;
        let mut definitions = Vec::new();
        for cluster in clusters {
            let create_sql = if cluster.managed {
                let show = format!("SHOW CREATE CLUSTER {}", cluster.name.quoted());
                let answer = self.read(&show).await?;
                answer
                    .rows
                    .into_iter()
                    .next()
                    .and_then(|mut row| row.pop()?)
            } else {
                None
            };
            definitions.push(ClusterDefinition {
                id: cluster.id,
                create_sql,
                autoscaling: strategies.get(&cluster.id).cloned(),
            });
        }
        Ok(definitions)
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
        if let Some(lacking) = self.offer.lacks(query.definition()) {
            tracing::debug!(%lacking, "not offered by this server");
            return Ok(None);
        }
        let answer = self.read(&around(&query.definition().statement())).await?;
        let mut told = CatalogRows::default();
        tell(&mut told, query, &answer);
        Ok(Some(told))
    }

    /// The rows of these queries, none of those that this server does not offer.
    pub(super) async fn rows(&self, queries: &[CatalogQuery]) -> Result<CatalogRows, Error> {
        let mut told = CatalogRows::default();
        for query in queries.iter().copied() {
            if let Some(lacking) = self.offer.lacks(query.definition()) {
                tracing::debug!(%lacking, "not offered by this server");
                continue;
            }
            let answer = self.read(&query.definition().statement()).await?;
            tell(&mut told, query, &answer);
        }
        Ok(told)
    }
}

/// A reading that the server did not answer, and the group that it was about.
struct Refused {
    group: Option<SubscribeGroup>,
    error: Error,
}

impl Refused {
    fn outright(error: Error) -> Self {
        Self { group: None, error }
    }
}

/// Adds one row of a group's SELECT: its time, the query's name, the columns.
fn read_into(told: &mut CatalogRows, row: &[Option<String>]) -> Result<LogicalTime, Error> {
    let (time, query) = match row {
        [Some(time), Some(query), ..] => (time.parse().ok(), CatalogQuery::named(query)),
        _ => (None, None),
    };
    let (Some(time), Some(query)) = (time, query) else {
        return Err(Error::new(Class::Decode {
            place: "a row of a reading".to_owned(),
            problem: format!("it starts with {:?}", &row[..row.len().min(2)]),
        }));
    };
    let width = query.definition().columns.len();
    let cells = row.iter().skip(2).take(width).map(Option::as_deref);
    told.change(query, TextRow::new(cells), 1);
    Ok(LogicalTime(time))
}
