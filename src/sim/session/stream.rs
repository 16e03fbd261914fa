//! SUBSCRIBE and cursors: rows that come over time.

use super::Session;
use super::cursor::{Cursor, Rows, no_cursor};
use super::subscription::{self, Subscription};
use super::transaction::{Act, Transaction};
use crate::catalog::builtin::MZ_CATALOG_SERVER;
use crate::engine::LiveSubscription;
use crate::error::{Notice, SqlError, SqlResult};
use crate::select::Plan;
use crate::statement::CursorOf;
use crate::statement::subscribe::Subscribe;
use crate::store::Row;
use crate::text::show;
use crate::types::Column;
use crate::value::Value;
use crate::version::Change;
use crate::wire::{Ended, Reply};
use async_trait::async_trait;
use std::time::Duration;

impl Session {
    async fn begin_subscription(
        &self,
        subscribe: &Subscribe,
        parameters: &[Value],
    ) -> SqlResult<(Subscription, Vec<Column>)> {
        if self.faulty && self.shared.faults().refuses_subscribe() {
            return Err(SqlError::new("0A000", "SUBSCRIBE is not supported"));
        }
        let plan = self.plan(&subscribe.query).map_err(|error| {
            let version = self.shared.release().version;
            error.of_a_subscribe(version)
        })?;
        let columns = subscription::columns(subscribe, &plan.columns)?;
        let cluster = self.subscribed_cluster(&plan)?;
        // A SUBSCRIBE on a cluster without replicas says nothing until it has one.
        self.until(|session| session.has_replica(cluster)).await?;
        let number = {
            let mut engine = self.shared.engine();
            let live = engine.live.sessions.get(&self.connection);
            let session = live.map(|session| session.id.clone()).unwrap_or_default();
            let entry = LiveSubscription {
                session,
                cluster,
                created_at: engine.now(),
                references: plan
                    .references
                    .iter()
                    .copied()
                    .filter(|id| !is_function(*id))
                    .collect(),
            };
            engine.live.subscribe(entry)
        };
        let subscription = Subscription::begin(
            self.shared.clone(),
            number,
            subscribe,
            plan,
            parameters.to_vec(),
        );
        if subscription.is_err() {
            self.shared.engine().live.unsubscribe(number);
        }
        Ok((subscription?, columns))
    }

    /// The session's cluster; what reads nothing needs none.
    fn subscribed_cluster(&self, plan: &Plan) -> SqlResult<crate::catalog::id::Id> {
        if plan.reads.is_empty() {
            return Ok(MZ_CATALOG_SERVER);
        }
        self.cluster()
    }

    pub(super) async fn subscribe(
        &mut self,
        subscribe: &Subscribe,
        parameters: &[Value],
        reply: &mut dyn Reply,
    ) -> Result<(), Ended> {
        let (mut subscription, columns) = self.begin_subscription(subscribe, parameters).await?;
        let mut notice = Notice::warning(
            "01000",
            "streaming SUBSCRIBE rows directly requires a client that does not buffer output",
        );
        notice.severity = crate::error::Severity::Notice;
        if self.variables.get("application_name") == "psql" {
            notice =
                notice.hint("Wrap your SUBSCRIBE statement in `COPY (SUBSCRIBE ...) TO STDOUT`.");
        }
        reply.notice(&notice).await?;
        reply.columns(&columns).await?;
        let mut count = 0;
        while let Some(rows) = self.next_batch(&mut subscription).await? {
            for row in &rows {
                reply.row(row).await?;
                count += 1;
            }
            reply.flush().await?;
        }
        reply.complete(&format!("SELECT {count}")).await
    }

    pub(super) async fn copy_subscribe(
        &mut self,
        subscribe: &Subscribe,
        reply: &mut dyn Reply,
    ) -> Result<(), Ended> {
        let (mut subscription, columns) = self.begin_subscription(subscribe, &[]).await?;
        reply.copy_begin(columns.len()).await?;
        reply.flush().await?;
        let mut count = 0;
        while let Some(rows) = self.next_batch(&mut subscription).await? {
            for row in &rows {
                reply.copy_line(&copy_line(row, &columns)).await?;
                count += 1;
            }
            reply.flush().await?;
        }
        reply.copy_end().await?;
        reply.complete(&format!("COPY {count}")).await
    }

    /// The words are the simulator's own: no recording has any.
    fn keep_up(&self) -> SqlResult<()> {
        let can_end = self
            .shared
            .release()
            .version
            .has(Change::SubscribeFallsBehind);
        if self.faulty && can_end && self.shared.faults().subscribe_falls_behind() {
            let message = "subscribe has been terminated because its client fell behind";
            return Err(SqlError::new("53200", message));
        }
        Ok(())
    }

    /// Waits for the next rows; `None` when the subscription is at its end.
    async fn next_batch(&self, subscription: &mut Subscription) -> SqlResult<Option<Vec<Row>>> {
        let mut changes = self.shared.changes();
        loop {
            changes.mark_unchanged();
            self.keep_up()?;
            subscription.poll()?;
            if !subscription.pending.is_empty() {
                return Ok(Some(subscription.pending.drain(..).collect()));
            }
            if subscription.is_finished() {
                return Ok(None);
            }
            if self.cancellable(changes.changed()).await?.is_err() {
                return Ok(None);
            }
        }
    }

    pub(super) async fn declare(
        &mut self,
        name: String,
        of: CursorOf,
        reply: &mut dyn Reply,
    ) -> Result<(), Ended> {
        if matches!(self.transaction, Transaction::None) {
            return Err(SqlError::new(
                "25P01",
                "DECLARE CURSOR can only be used in transaction blocks",
            )
            .into());
        }
        if self.cursors.contains_key(&name) {
            return Err(SqlError::new("42P03", format!("cursor \"{name}\" already exists")).into());
        }
        let cursor = match of {
            CursorOf::Select(query) => {
                self.admit(Act::Read, "")?;
                let plan = self.plan(&query)?;
                let reading = self.variables.reading();
                let rows = self.shared.engine().select(&plan, &[], reading)?;
                Cursor {
                    columns: plan.columns,
                    of: Rows::Ready(rows.into()),
                }
            }
            CursorOf::Subscribe(subscribe) => {
                self.admit(Act::Subscribe, "")?;
                let (subscription, columns) = self.begin_subscription(&subscribe, &[]).await?;
                Cursor {
                    columns,
                    of: Rows::Coming(Box::new(subscription)),
                }
            }
        };
        self.cursors.insert(name, cursor);
        reply.complete("DECLARE CURSOR").await
    }

    pub(super) async fn fetch(
        &mut self,
        name: &str,
        count: Option<u64>,
        timeout: Option<f64>,
        reply: &mut dyn Reply,
    ) -> Result<(), Ended> {
        let mut cursor = self.cursors.remove(name).ok_or_else(|| no_cursor(name))?;
        let wanted = count.map_or(usize::MAX, |count| {
            usize::try_from(count).unwrap_or(usize::MAX)
        });
        let limit = timeout.map(|seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default());
        let fetched = self.fetch_rows(&mut cursor, wanted, limit).await;
        let columns = cursor.columns.clone();
        self.cursors.insert(name.to_owned(), cursor);
        let rows = fetched?;
        reply.columns(&columns).await?;
        for row in &rows {
            reply.row(row).await?;
        }
        reply.complete(&format!("FETCH {}", rows.len())).await
    }

    /// Takes what is there and waits for more until there is enough, or the limit is over; without one, until there is any.
    async fn fetch_rows(
        &self,
        cursor: &mut Cursor,
        wanted: usize,
        limit: Option<Duration>,
    ) -> SqlResult<Vec<Row>> {
        let subscription = match &mut cursor.of {
            Rows::Ready(rows) => {
                let count = wanted.min(rows.len());
                return Ok(rows.drain(..count).collect());
            }
            Rows::Coming(subscription) => subscription,
        };
        let mut rows = Vec::new();
        let mut changes = self.shared.changes();
        let over = async {
            match limit {
                Some(limit) => self.pass(limit).await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(over);
        loop {
            changes.mark_unchanged();
            subscription.poll()?;
            let count = (wanted - rows.len()).min(subscription.pending.len());
            rows.extend(subscription.pending.drain(..count));
            let enough = rows.len() >= wanted || (limit.is_none() && !rows.is_empty());
            if enough || subscription.is_finished() {
                return Ok(rows);
            }
            let waited = self.cancellable(async {
                tokio::select! {
                    changed = changes.changed() => changed.is_ok(),
                    () = &mut over => false,
                }
            });
            if !waited.await? {
                return Ok(rows);
            }
        }
    }
}

fn is_function(id: crate::catalog::id::Id) -> bool {
    crate::functions::FUNCTIONS
        .iter()
        .any(|(number, _)| id == crate::catalog::id::Id::system(*number))
}

/// A row as COPY writes it: tabs between fields, `\N` for NULL.
#[must_use]
pub fn copy_line(row: &Row, columns: &[Column]) -> String {
    let fields: Vec<String> = row
        .iter()
        .zip(columns)
        .map(|(value, column)| {
            show(value, column.ty).map_or_else(
                || "\\N".to_owned(),
                |text| {
                    text.replace('\\', "\\\\")
                        .replace('\t', "\\t")
                        .replace('\n', "\\n")
                        .replace('\r', "\\r")
                },
            )
        })
        .collect();
    fields.join("\t")
}

/// Where an answer goes that the client never hears.
pub struct Unheard;

#[async_trait]
impl Reply for Unheard {
    async fn columns(&mut self, _columns: &[Column]) -> Result<(), Ended> {
        Ok(())
    }

    async fn row(&mut self, _row: &[Value]) -> Result<(), Ended> {
        Ok(())
    }

    async fn copy_begin(&mut self, _columns: usize) -> Result<(), Ended> {
        Ok(())
    }

    async fn copy_line(&mut self, _line: &str) -> Result<(), Ended> {
        Ok(())
    }

    async fn copy_end(&mut self) -> Result<(), Ended> {
        Ok(())
    }

    async fn notice(&mut self, _notice: &Notice) -> Result<(), Ended> {
        Ok(())
    }

    async fn complete(&mut self, _tag: &str) -> Result<(), Ended> {
        Ok(())
    }

    async fn flush(&mut self) -> Result<(), Ended> {
        Ok(())
    }
}
