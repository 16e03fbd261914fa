//! The differences of a query over time (recorded: 08, 14).

use crate::engine::{Engine, Reading, Shared};
use crate::error::{SqlError, SqlResult};
use crate::inventory::Millis;
use crate::select::Plan;
use crate::statement::subscribe::Subscribe;
use crate::store::Row;
use crate::types::{Column, SqlType};
use crate::value::Value;
use std::collections::{BTreeMap, VecDeque};

/// The time of what never changes again (recorded: 08, `subscribe (select 1)`).
const FOR_EVER: &str = "18446744073709551615";

/// The time of a batch that comes `now`, after one `at` an earlier time. What the world tells at a tick holds since the one before
/// (recorded: v26.39/23: changes at the time of the last progress, then progress to now).
fn since(engine: &Engine, plan: &Plan, at: Millis, now: Millis) -> Millis {
    let all_told = !plan.reads.is_empty() && plan.reads.iter().all(|id| engine.is_told(*id));
    if all_told { at + 1 } else { now }
}

/// The result columns of a SUBSCRIBE.
///
/// # Errors
/// XX000 where a key column does not exist.
pub fn columns(subscribe: &Subscribe, of: &[Column]) -> SqlResult<Vec<Column>> {
    let mut columns = vec![Column::new("mz_timestamp", SqlType::Numeric)];
    if subscribe.progress {
        columns.push(Column::new("mz_progressed", SqlType::Bool));
    }
    match &subscribe.upsert {
        None => {
            columns.push(Column::new("mz_diff", SqlType::Int8));
            columns.extend_from_slice(of);
        }
        Some(keys) => {
            columns.push(Column::new("mz_state", SqlType::Text));
            let order = upsert_order(keys, of)?;
            columns.extend(order.iter().filter_map(|at| of.get(*at).cloned()));
        }
    }
    Ok(columns)
}

/// The positions of the key columns, then those of the others.
fn upsert_order(keys: &[String], of: &[Column]) -> SqlResult<Vec<usize>> {
    let mut order = keys
        .iter()
        .map(|key| {
            of.iter()
                .position(|column| column.name == *key)
                .ok_or_else(|| SqlError::unknown_column(key))
        })
        .collect::<SqlResult<Vec<_>>>()?;
    for at in 0..of.len() {
        if !order.contains(&at) {
            order.push(at);
        }
    }
    Ok(order)
}

/// How often each row is there.
type Multiset = BTreeMap<Row, i64>;

/// One running SUBSCRIBE. Dropping it takes it out of `mz_subscriptions`.
pub struct Subscription {
    shared: Shared,
    number: u64,
    plan: Plan,
    parameters: Vec<Value>,
    progress: bool,
    snapshot: bool,
    up_to: Option<Millis>,
    /// Positions in the order of ENVELOPE UPSERT, and how many of them are keys.
    upsert: Option<(Vec<usize>, usize)>,
    /// Versions of what it read last.
    versions: Vec<u64>,
    rows: Multiset,
    /// The last batch's time; `None` before the first.
    at: Option<Millis>,
    finished: bool,
    /// Rows that were worked out and not yet taken.
    pub pending: VecDeque<Row>,
}

impl Subscription {
    /// Begins at the current time.
    ///
    /// # Errors
    /// 22000 where UP TO lies before the beginning.
    pub fn begin(
        shared: Shared,
        number: u64,
        subscribe: &Subscribe,
        plan: Plan,
        parameters: Vec<Value>,
    ) -> SqlResult<Self> {
        let now = shared.engine().logical_time(&plan);
        let from = subscribe.as_of.unwrap_or(now);
        if let Some(up_to) = subscribe.up_to.filter(|up_to| *up_to < from) {
            return Err(SqlError::new(
                "22000",
                format!(
                    "subscription lower bound (`AS OF`) is greater than its upper bound (`UP TO`): {from} > {up_to}"
                ),
            ));
        }
        let upsert = match &subscribe.upsert {
            Some(keys) => Some((upsert_order(keys, &plan.columns)?, keys.len())),
            None => None,
        };
        Ok(Self {
            shared,
            number,
            plan,
            parameters,
            progress: subscribe.progress,
            snapshot: subscribe.snapshot,
            up_to: subscribe.up_to,
            upsert,
            versions: Vec::new(),
            rows: Multiset::new(),
            at: None,
            finished: false,
            pending: VecDeque::new(),
        })
    }

    /// No more will come.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        self.finished && self.pending.is_empty()
    }

    /// Works out what has changed by now.
    ///
    /// # Errors
    /// XX000 when something it reads was dropped (recorded: 12).
    pub fn poll(&mut self) -> SqlResult<()> {
        let shared = self.shared.clone();
        let mut engine = shared.engine();
        let now = engine.logical_time(&self.plan);
        if self.finished || self.at.is_some_and(|at| at >= now) {
            return Ok(());
        }
        if let Some(up_to) = self.up_to.filter(|up_to| now >= *up_to) {
            self.finished = true;
            if self.at.is_some() {
                self.say_progress(up_to);
                return Ok(());
            }
        }
        self.check_dropped(&engine)?;
        let first = self.at.is_none();
        if first && self.progress {
            self.say_progress(now);
        }
        let versions: Vec<u64> = self
            .plan
            .reads
            .iter()
            .map(|id| engine.version(*id))
            .collect();
        if first || self.plan.reads_clock || versions != self.versions {
            let since = self
                .at
                .map_or(now, |at| since(&engine, &self.plan, at, now));
            let rows = engine.select(&self.plan, &self.parameters, Reading::Newest)?;
            drop(engine);
            self.versions = versions;
            let changes = self.replace(rows);
            if !first || self.snapshot {
                self.say(since, changes);
            }
        }
        self.at = Some(now);
        if self.plan.reads.is_empty() && !self.plan.reads_clock {
            self.finished = true;
        } else if self.progress {
            self.say_progress(now + 1);
        }
        Ok(())
    }

    fn check_dropped(&self, engine: &Engine) -> SqlResult<()> {
        let catalog = engine.current();
        for id in self.plan.references.iter().filter(|id| id.is_user()) {
            if !catalog.items.contains_key(id) {
                let name = engine.dropped_name(*id).unwrap_or_default();
                return Err(SqlError::plan(format!(
                    "subscribe has been terminated because underlying relation \"{name}\" was dropped"
                )));
            }
        }
        Ok(())
    }

    /// Puts the new rows in place of the old and gives the differences, in the order of the rows.
    fn replace(&mut self, rows: Vec<Row>) -> Vec<(Row, i64)> {
        let mut next = Multiset::new();
        for row in rows {
            *next.entry(row).or_default() += 1;
        }
        let mut changes = BTreeMap::new();
        for (row, count) in &self.rows {
            let left = next.get(row).copied().unwrap_or(0);
            if left < *count {
                changes.insert(row.clone(), left - count);
            }
        }
        for (row, count) in &next {
            let before = self.rows.get(row).copied().unwrap_or(0);
            if *count > before {
                changes.insert(row.clone(), count - before);
            }
        }
        self.rows = next;
        changes.into_iter().collect()
    }

    fn stamp(&self, at: Millis) -> Value {
        if self.plan.reads.is_empty() && !self.plan.reads_clock {
            return FOR_EVER.into();
        }
        Value::Int(i64::try_from(at).unwrap_or(i64::MAX))
    }

    fn head(&self, at: Millis) -> Row {
        let mut row = vec![self.stamp(at)];
        if self.progress {
            row.push(Value::Bool(false));
        }
        row
    }

    fn say_progress(&mut self, at: Millis) {
        if !self.progress {
            return;
        }
        let mut row = vec![self.stamp(at), Value::Bool(true), Value::Null];
        row.resize(3 + self.plan.columns.len(), Value::Null);
        self.pending.push_back(row);
    }

    fn say(&mut self, at: Millis, changes: Vec<(Row, i64)>) {
        let Some((order, keys)) = self.upsert.clone() else {
            for (fields, diff) in changes {
                let mut row = self.head(at);
                row.push(Value::Int(diff));
                row.extend(fields);
                self.pending.push_back(row);
            }
            return;
        };
        // By key: what is there now, or NULLs for a key that is gone.
        let mut by_key: BTreeMap<Row, (Row, bool)> = BTreeMap::new();
        for (fields, diff) in changes {
            let mut ordered: Row = order
                .iter()
                .map(|at| fields.get(*at).cloned().unwrap_or(Value::Null))
                .collect();
            let key = ordered.iter().take(keys).cloned().collect();
            if diff < 0 {
                ordered.truncate(keys);
                ordered.resize(order.len(), Value::Null);
                by_key.entry(key).or_insert((ordered, false));
            } else {
                by_key.insert(key, (ordered, true));
            }
        }
        for (fields, there) in by_key.into_values() {
            let mut row = self.head(at);
            row.push(if there { "upsert" } else { "delete" }.into());
            row.extend(fields);
            self.pending.push_back(row);
        }
    }
}

impl Drop for Subscription {
    fn drop(&mut self) {
        self.shared.engine().live.unsubscribe(self.number);
    }
}
