//! The server's state itself: the catalog, the rows, the moving world, the live sessions.

use super::inventory;
use super::live::Live;
use super::past::{LONGEST_TRAIL, Past, trail};
use crate::catalog::Catalog;
use crate::catalog::id::Id;
use crate::catalog::item::Body;
use crate::error::{SqlError, SqlResult};
use crate::inventory::{Inventory, Millis};
use crate::select::Plan;
use crate::store::functions::Facts;
use crate::store::relations::{self, Origin};
use crate::store::{Row, Store};
use crate::value::Value;
use crate::version::{Change, ServerVersion};
use crate::world::{Dynamics, Faults, Relation, Timestamp};
use std::collections::BTreeMap;
use std::sync::Arc;

pub struct Engine {
    pub(super) catalog: Arc<Catalog>,
    pub(super) store: Store,
    pub(super) facts: Arc<Facts>,
    pub(super) dynamics: Dynamics,
    /// What the dynamics were told of the catalog.
    pub(super) inventory: Inventory,
    pub(super) faults: Faults,
    /// How often each table of a user was written.
    pub(super) writes: BTreeMap<Id, u64>,
    /// Full names of items that are gone.
    pub(super) dropped: BTreeMap<Id, String>,
    pub live: Live,
    pub(super) now: Millis,
    pub(super) past: Past,
}

/// Which catalog a query reads, by its session's isolation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reading {
    /// `strict serializable`: what is committed is read.
    Newest,
    /// `serializable`, or bounded staleness: what a server has at hand, which right after DDL is of before it (recorded: v26.39/22).
    AtHand,
}

impl Engine {
    /// A fresh server at that time.
    ///
    /// # Errors
    /// When SQLite can't be opened.
    pub fn open(
        dynamics: Dynamics,
        faults: Faults,
        now: Millis,
        version: ServerVersion,
    ) -> SqlResult<Self> {
        let catalog = Arc::new(Catalog::fresh(now, version));
        let facts = Arc::new(Facts::new(catalog.clone(), now));
        let mut engine = Self {
            store: Store::open(facts.clone())?,
            catalog,
            facts,
            dynamics,
            inventory: Inventory::default(),
            faults,
            writes: BTreeMap::new(),
            dropped: BTreeMap::new(),
            live: Live::default(),
            now,
            past: Past::default(),
        };
        inventory::follow(&mut engine.inventory, None, &engine.catalog);
        engine.dynamics.follow(&engine.inventory);
        Ok(engine)
    }

    /// The catalog as it is.
    #[must_use]
    pub fn current(&self) -> Arc<Catalog> {
        self.catalog.clone()
    }

    /// The catalog as queries see it: without relations that a fault hides.
    #[must_use]
    pub fn catalog(&self) -> Arc<Catalog> {
        self.without_missing(&self.catalog)
    }

    fn without_missing(&self, catalog: &Arc<Catalog>) -> Arc<Catalog> {
        let missing = self.faults.missing_relations();
        if missing.is_empty() {
            return catalog.clone();
        }
        let mut catalog = Catalog::clone(catalog);
        let hidden: Vec<Id> = catalog
            .items
            .keys()
            .filter(|id| !id.is_user() && missing.contains(&catalog.full_name(**id)))
            .copied()
            .collect();
        for id in hidden {
            catalog.remove_item(id);
        }
        Arc::new(catalog)
    }

    /// The server's time: that of the last change, or of the last look at the clock.
    #[must_use]
    pub fn now(&self) -> Millis {
        self.now
    }

    /// The logical time at which a query reads now. What the world tells, it tells once a second, so whatever reads that reads at the
    /// last tick (recorded: v26.39/22, 23).
    #[must_use]
    pub fn logical_time(&self, plan: &Plan) -> Millis {
        if plan.reads.iter().any(|id| self.is_told(*id)) {
            self.dynamics.now().millis()
        } else {
            self.now
        }
    }

    /// Whether the relation shows what the world tells.
    #[must_use]
    pub fn is_told(&self, id: Id) -> bool {
        self.origin(id) == Some(Origin::World)
    }

    /// Where a system relation's rows come from.
    fn origin(&self, id: Id) -> Option<Origin> {
        let item = self.catalog.items.get(&id).filter(|_| !id.is_user())?;
        Some(relations::origin(&item.name))
    }

    /// When the world tells something next.
    #[must_use]
    pub fn next_tick(&self) -> Millis {
        self.dynamics.next_tick().millis()
    }

    /// When the world tells something first after that time.
    #[must_use]
    pub fn tick_after(&self, time: Millis) -> Millis {
        self.dynamics.tick_after(Timestamp(time)).millis()
    }

    /// Moves to a time; never back.
    pub fn advance(&mut self, now: Millis) {
        if now > self.now {
            self.dynamics.advance(Timestamp(now));
            self.now = now;
            self.facts.set_now(now);
        }
    }

    /// Makes a changed catalog the current one, at a time of its own.
    ///
    /// # Errors
    /// When SQLite refuses a table.
    pub fn install(&mut self, mut catalog: Catalog, clock: Millis) -> SqlResult<()> {
        let audited = self.catalog.audit.len();
        self.advance(clock.max(self.now + 1));
        catalog.settle_audit(audited, self.now);
        catalog.revision = self.catalog.revision + 1;
        self.match_tables(&catalog)?;
        self.remember_dropped(&catalog);
        if inventory::follow(&mut self.inventory, Some(&self.catalog), &catalog) {
            self.dynamics.follow(&self.inventory);
        }
        let replaced = std::mem::replace(&mut self.catalog, Arc::new(catalog));
        self.past.keep(replaced, self.now);
        self.facts.set_catalog(self.catalog.clone());
        Ok(())
    }

    /// What is gone from the next catalog keeps the name that it had in this one.
    fn remember_dropped(&mut self, next: &Catalog) {
        let current = &self.catalog;
        let gone = current
            .items
            .keys()
            .filter(|id| !next.items.contains_key(id));
        self.dropped
            .extend(gone.map(|id| (*id, current.full_name(*id))));
    }

    /// The full name that a dropped item had last.
    #[must_use]
    pub fn dropped_name(&self, id: Id) -> Option<&str> {
        self.dropped.get(&id).map(String::as_str)
    }

    /// Makes and drops the SQLite tables of users' tables.
    fn match_tables(&mut self, next: &Catalog) -> SqlResult<()> {
        let is_table = |catalog: &Catalog, id: &Id| {
            let item = catalog.items.get(id);
            id.is_user()
                && item.is_some_and(|item| {
                    matches!(item.body, Body::Table { .. } | Body::Source { .. })
                })
        };
        for (id, item) in &next.items {
            if is_table(next, id) && !self.catalog.items.contains_key(id) {
                self.store.create_table(*id, &item.columns)?;
            }
        }
        let current = self.catalog.clone();
        for id in current.items.keys() {
            if is_table(&current, id) && !next.items.contains_key(id) {
                self.store.drop_table(*id)?;
            }
        }
        Ok(())
    }

    /// What changes whenever the rows of a relation may have.
    #[must_use]
    pub fn version(&self, id: Id) -> u64 {
        if id.is_user() {
            return self.writes.get(&id).copied().unwrap_or(0);
        }
        let Some(item) = self.catalog.items.get(&id) else {
            return 0;
        };
        match relations::origin(&item.name) {
            Origin::Catalog => self.version_of(&self.catalog),
            Origin::Sessions => self.live.version,
            Origin::World => {
                moving(&item.name).map_or(0, |relation| self.dynamics.generation(relation) + 1)
            }
            Origin::Empty | Origin::Unknown => 0,
        }
    }

    /// Hidden relations are not listed either, and can be hidden at any time.
    fn version_of(&self, catalog: &Catalog) -> u64 {
        (catalog.revision << 8) + self.faults.missing_relations().len() as u64
    }

    /// Brings a relation's rows up to date, those that follow from the catalog with what a query reads of it.
    fn fill(&mut self, id: Id, read: &Arc<Catalog>) -> SqlResult<()> {
        let version = match self.origin(id) {
            Some(Origin::Catalog) => self.version_of(read),
            _ => self.version(id),
        };
        if id.is_user() || self.store.is_filled(id, version) {
            return Ok(());
        }
        let catalog = self.catalog.clone();
        let item = catalog
            .items
            .get(&id)
            .ok_or_else(|| SqlError::unknown_item(id))?;
        let rows = match relations::origin(&item.name) {
            Origin::Catalog => relations::rows(&item.name, &self.without_missing(read)),
            Origin::Sessions => self.live.rows(&item.name),
            Origin::World => moving(&item.name)
                .map(|relation| self.dynamics.rows(relation))
                .ok_or_else(|| unknown(&catalog, id))?,
            Origin::Empty => Vec::new(),
            Origin::Unknown => return Err(unknown(&catalog, id)),
        };
        self.store.fill(id, &item.columns, version, &rows)
    }

    /// The catalog that a query reads, and the logical time at which it does.
    fn read_by(&self, plan: &Plan, reading: Reading) -> (Arc<Catalog>, Millis) {
        let time = self.logical_time(plan);
        let at_hand = match reading {
            Reading::Newest => None,
            Reading::AtHand => self
                .trail(plan)
                .and_then(|trail| self.past.before(trail, self.now)),
        };
        match at_hand {
            Some((catalog, made)) => (catalog, time.min(made)),
            None => (self.catalog.clone(), time),
        }
    }

    /// How far what a query reads of the catalog lies behind; `None` when it reads nothing of it, or nothing that does.
    fn trail(&self, plan: &Plan) -> Option<Millis> {
        let of_catalog = |id: &&Id| self.origin(**id) == Some(Origin::Catalog);
        let relations = plan.reads.iter().filter(of_catalog).count();
        (relations > 0 && self.catalog.version.has(Change::CatalogTrails)).then(|| trail(relations))
    }

    /// Whether anything still reads of before the last change of the catalog.
    #[must_use]
    pub fn is_trailing(&self) -> bool {
        self.past.made().saturating_add(LONGEST_TRAIL) > self.now
    }

    /// When what a query reads of the catalog shows the last change.
    #[must_use]
    pub fn shown(&self, plan: &Plan) -> Millis {
        let trail = self.trail(plan);
        trail.map_or(0, |trail| self.past.made().saturating_add(trail))
    }

    /// # Errors
    /// 0A000 for a relation whose rows the simulator does not know; what the query's functions refuse.
    pub fn select(
        &mut self,
        plan: &Plan,
        parameters: &[Value],
        reading: Reading,
    ) -> SqlResult<Vec<Row>> {
        let (read, time) = self.read_by(plan, reading);
        for id in &plan.reads {
            self.fill(*id, &read)?;
        }
        self.facts
            .set_live(self.live.sessions.keys().copied().collect());
        self.facts.set_logical_time(time);
        let rows = self.store.select(&plan.sql, &plan.columns, parameters);
        for connection in self.facts.take_cancelled() {
            self.live.cancel(connection);
        }
        rows
    }

    /// Writes to a user's table; gives the number of rows.
    ///
    /// # Errors
    /// What the statement's functions refuse.
    pub fn write(&mut self, table: Id, sql: &str, parameters: &[Value]) -> SqlResult<usize> {
        self.facts.set_logical_time(self.now);
        let count = self.store.change(sql, parameters)?;
        *self.writes.entry(table).or_default() += 1;
        Ok(count)
    }

    /// Adds rows to a user's table.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn insert(&mut self, table: Id, rows: &[Row]) -> SqlResult<()> {
        self.store.append(table, rows)?;
        *self.writes.entry(table).or_default() += 1;
        Ok(())
    }

    #[must_use]
    pub fn sink_can_move(&self, sink: Id) -> bool {
        self.dynamics.sink_can_move(&sink.to_string())
    }

    pub fn dynamics_mut(&mut self) -> &mut Dynamics {
        &mut self.dynamics
    }
}

pub(super) fn moving(name: &str) -> Option<Relation> {
    Relation::ALL
        .iter()
        .copied()
        .find(|relation| relation.name().rsplit('.').next() == Some(name))
}

pub(super) fn unknown(catalog: &Catalog, id: Id) -> SqlError {
    SqlError::unsupported(format!("reading {}", catalog.full_name(id)))
}
