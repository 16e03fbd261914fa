//! One look at everything: the catalog under `strict serializable`, and beside it, as of the last tick, how far objects have come.

use super::assemble::Assembler;
use super::connection::{Connection, Connector, Purpose, StatementResult};
use super::decode::changes::ChangedIds;
use super::decode::store::CatalogRows;
use super::error::{Class, Error};
use super::look::{ACCESS_ALONE, PROGRESS, REFRESHES, of_catalog, offered};
use super::probe::{exclude_refused, tell};
use super::queries::{CatalogQuery, QueryDefinition, one_select, rows};
use super::reader::{CatalogReader, RBAC, is_enabled};
use super::row::TextRow;
use crate::domain::access::Access;
use crate::domain::snapshot::{LogicalTime, Snapshot};

/// Further behind the catalog, in milliseconds, a tick is not the last one: they come once a second.
const OLDEST_TICK: u64 = 3_000;

/// Reads on demand. Every reading is made now: nothing is remembered but what the server offers.
pub struct Observer {
    catalog: CatalogReader,
    progress: Connection,
}

/// What the statements of a look brought.
#[derive(Default)]
struct Told {
    rows: CatalogRows,
    of_catalog: LogicalTime,
    of_tick: LogicalTime,
    rbac_enabled: bool,
}

impl Observer {
    /// # Errors
    /// When the server can't be reached or is no Materialize that we know.
    pub async fn connect(connector: &Connector) -> Result<Self, Error> {
        let progress = connector.connect(Purpose::Progress);
        let (catalog, progress) = tokio::try_join!(CatalogReader::connect(connector), progress)?;
        Ok(Self { catalog, progress })
    }

    /// On connections that are there.
    pub(super) fn on(catalog: CatalogReader, progress: Connection) -> Self {
        Self { catalog, progress }
    }

    /// Reads what the catalog alone tells.
    #[must_use]
    pub fn catalog(&self) -> &CatalogReader {
        &self.catalog
    }

    /// Reads all that a picture shows.
    ///
    /// # Errors
    /// When a connection fails or a row can't be read.
    pub async fn observe(&mut self) -> Result<Snapshot, Error> {
        Ok(self.look(false).await?.0)
    }

    /// Reads all that a picture shows and, in the same statement as the catalog, every grant.
    ///
    /// # Errors
    /// As [`Observer::observe`], or when an access control list has an unknown form.
    pub async fn observe_with_access(&mut self) -> Result<(Snapshot, Access), Error> {
        let (snapshot, told) = self.look(true).await?;
        let access = self.catalog.access_of(&told.rows, told.rbac_enabled)?;
        Ok((snapshot, access))
    }

    async fn look(&mut self, with_access: bool) -> Result<(Snapshot, Told), Error> {
        let told = loop {
            match Box::pin(self.read(with_access)).await {
                Ok(told) => break told,
                Err(refused) => self.learn_from(refused).await?,
            }
        };
        let catalog = &self.catalog;
        let mut assembler = Assembler::new(catalog.server().clone(), catalog.missing());
        let everything = ChangedIds::everything();
        let snapshot = assembler.snapshot(&told.rows, &everything, told.time())?;
        let snapshot = Snapshot {
            catalog_time: told.of_catalog,
            ..snapshot
        };
        Ok((snapshot, told))
    }

    async fn read(&self, with_access: bool) -> Result<Told, Refused> {
        let offer = self.catalog.offer();
        let of_catalog = [of_catalog(offer, with_access)];
        let of_progress: Vec<_> = PROGRESS.iter().map(|part| offered(offer, part)).collect();
        let alone = match with_access {
            true => offered(offer, ACCESS_ALONE),
            false => Vec::new(),
        };
        let mut beside: Vec<String> = alone.iter().map(|query| query.statement()).collect();
        beside.extend(with_access.then(|| RBAC.to_owned()));
        let (catalog, mut progress) = tokio::try_join!(
            ask(self.catalog.connection(), &of_catalog, beside),
            ask(&self.progress, &of_progress, Vec::new()),
        )?;
        let mut told = Told::default();
        let [of_catalog, beside @ ..] = catalog.as_slice() else {
            return Ok(told);
        };
        told.of_catalog = tell_all(&mut told.rows, of_catalog)?;
        let ticks = progress.iter().find_map(|answer| answer.rows.first());
        let tick = ticks.map(|row| place_of(row)).transpose()?;
        if tick.is_some_and(|(tick, _)| told.is_past(tick)) {
            // The catalog may only have been slow to answer. What is still of the past then is not taken for now.
            progress = ask(&self.progress, &of_progress, Vec::new()).await?;
        }
        for answer in &progress {
            let time = tell_all(&mut told.rows, answer)?;
            // The first one's.
            if told.of_tick == LogicalTime::default() {
                told.of_tick = time;
            }
        }
        for (query, answer) in alone.iter().zip(beside) {
            tell(&mut told.rows, query.query, answer);
        }
        told.rbac_enabled = beside.last().is_none_or(is_enabled);
        if told.rows.all::<rows::RefreshStrategies>().next().is_some() {
            let refreshes = [offered(offer, REFRESHES)];
            for answer in ask(&self.progress, &refreshes, Vec::new()).await? {
                tell_all(&mut told.rows, &answer)?;
            }
        }
        Ok(told)
    }

    /// Leaves out what was refused, so that the next attempt can succeed; returns what can't be helped.
    async fn learn_from(&mut self, refused: Refused) -> Result<(), Error> {
        if refused.queries.is_empty() || refused.error.is_transient() {
            return Err(refused.error);
        }
        let (connection, offer) = self.catalog.connection_and_offer();
        match exclude_refused(connection, offer, &refused.queries).await? {
            true => Ok(()),
            false => Err(refused.error),
        }
    }
}

impl Told {
    fn is_past(&self, tick: LogicalTime) -> bool {
        self.of_catalog.millis_since(tick) > OLDEST_TICK
    }

    /// Lag is reckoned from the tick that the frontiers are of; from the catalog's time where that tick is not the last one, or unknown, so
    /// that what stands still shows as lag and is never ready by an old proof.
    fn time(&self) -> LogicalTime {
        match self.is_past(self.of_tick) {
            true => self.of_catalog,
            false => self.of_tick,
        }
    }
}

/// A reading that the server did not answer, and the queries that it was made of.
struct Refused {
    queries: Vec<&'static QueryDefinition>,
    error: Error,
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self {
            queries: Vec::new(),
            error,
        }
    }
}

/// Asks one SELECT for each part that has queries, and what goes `beside` them, all in one round trip.
async fn ask(
    connection: &Connection,
    parts: &[Vec<&'static QueryDefinition>],
    beside: Vec<String>,
) -> Result<Vec<StatementResult>, Refused> {
    let parts: Vec<_> = parts.iter().filter(|part| !part.is_empty()).collect();
    let selects = parts.iter().filter_map(|part| one_select(part));
    let timed = |select| format!("SELECT mz_now()::text AS time, t.*\nFROM (\n{select}\n) AS t");
    let statements: Vec<String> = selects.map(timed).chain(beside).collect();
    let answers = connection.ask_all(&statements).await;
    answers.map_err(|(at, error)| Refused {
        queries: parts.get(at).map(|part| part.to_vec()).unwrap_or_default(),
        error,
    })
}

/// The time and the query that a row begins with.
fn place_of(row: &[Option<String>]) -> Result<(LogicalTime, CatalogQuery), Error> {
    let (time, query) = match row {
        [Some(time), Some(query), ..] => (time.parse().ok(), CatalogQuery::named(query)),
        _ => (None, None),
    };
    time.map(LogicalTime).zip(query).ok_or_else(|| {
        Error::new(Class::Decode {
            place: "a row of a reading".to_owned(),
            problem: format!("it starts with {:?}", &row[..row.len().min(2)]),
        })
    })
}

/// Adds the rows of one SELECT: its time, the query's name, the columns. Its time, zero where there are no rows.
fn tell_all(told: &mut CatalogRows, answer: &StatementResult) -> Result<LogicalTime, Error> {
    let mut of_all = LogicalTime::default();
    for row in &answer.rows {
        let (time, query) = place_of(row)?;
        let width = query.definition().columns.len();
        let cells = row.iter().skip(2).take(width).map(Option::as_deref);
        told.change(query, TextRow::new(cells), 1);
        of_all = of_all.max(time);
    }
    Ok(of_all)
}
