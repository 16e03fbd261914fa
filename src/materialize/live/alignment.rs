//! Several streams, one time.
//!
//! A progress message at T says that every change before T has arrived. So the rows are complete at `min(T) - 1` over all
//! streams, and only there a picture is consistent: an object never shows up without its schema, nor its hydration before it.

use super::event::{RowUpdate, StreamMessage};
use crate::domain::snapshot::LogicalTime;
use crate::materialize::decode::changes::ChangedIds;
use crate::materialize::decode::store::CatalogRows;
use crate::materialize::queries::{CatalogQuery, SubscribeGroup};
use std::collections::BTreeMap;

/// Something is missing: the streams must be read anew from the start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Gap {
    #[error("the {} stream went back from {} to {}", group.as_str(), before.0, after.0)]
    WentBack {
        group: SubscribeGroup,
        before: LogicalTime,
        after: LogicalTime,
    },
    #[error("the {} stream sent a change of {} after it had passed {}", group.as_str(), time.0, passed.0)]
    Late {
        group: SubscribeGroup,
        time: LogicalTime,
        passed: LogicalTime,
    },
    #[error("the {} stream took back a row of {query:?} that was never there", group.as_str())]
    NeverThere {
        group: SubscribeGroup,
        query: CatalogQuery,
    },
    #[error("a stream of {} that was not asked for", group.as_str())]
    Unknown { group: SubscribeGroup },
}

/// A step forward.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AlignedStep {
    pub time: LogicalTime,
    /// Empty when only time went on.
    pub changes: ChangedIds,
}

#[derive(Debug, Default)]
struct Stream {
    /// The time of its first message: before it, nothing is known.
    from: Option<LogicalTime>,
    /// All changes before this time have arrived.
    passed: Option<LogicalTime>,
    pending: BTreeMap<LogicalTime, Vec<RowUpdate>>,
}

/// Buffers changes until every stream has passed their time.
#[derive(Debug)]
pub struct Alignment {
    streams: BTreeMap<SubscribeGroup, Stream>,
    rows: CatalogRows,
    applied: Option<LogicalTime>,
}

impl Alignment {
    #[must_use]
    pub fn new(groups: impl IntoIterator<Item = SubscribeGroup>) -> Self {
        Self {
            streams: groups
                .into_iter()
                .map(|group| (group, Stream::default()))
                .collect(),
            rows: CatalogRows::default(),
            applied: None,
        }
    }

    /// The rows as of the last step.
    #[must_use]
    pub fn rows(&self) -> &CatalogRows {
        &self.rows
    }

    /// Takes in one message.
    ///
    /// # Errors
    /// When it contradicts what the stream said before.
    pub fn receive(&mut self, group: SubscribeGroup, event: StreamMessage) -> Result<(), Gap> {
        let stream = self.streams.get_mut(&group).ok_or(Gap::Unknown { group })?;
        match event {
            StreamMessage::Progress(after) => {
                if let Some(before) = stream.passed.filter(|before| after < *before) {
                    return Err(Gap::WentBack {
                        group,
                        before,
                        after,
                    });
                }
                stream.from.get_or_insert(after);
                stream.passed = Some(after);
            }
            StreamMessage::Update(change) => {
                let time = change.time;
                if let Some(passed) = stream.passed.filter(|passed| time < *passed) {
                    return Err(Gap::Late {
                        group,
                        time,
                        passed,
                    });
                }
                stream.from.get_or_insert(time);
                stream.pending.entry(time).or_default().push(change);
            }
        }
        Ok(())
    }

    /// The last time that every stream is complete at. `None` until each has sent its whole snapshot.
    fn complete_at(&self) -> Option<LogicalTime> {
        let mut complete: Option<LogicalTime> = None;
        let mut from = LogicalTime::default();
        for stream in self.streams.values() {
            let until = LogicalTime(stream.passed?.0.checked_sub(1)?);
            complete = Some(complete.map_or(until, |so_far| so_far.min(until)));
            from = from.max(stream.from?);
        }
        complete.filter(|complete| *complete >= from)
    }

    /// Applies every change that all streams have passed. `None` when there is no step forward.
    ///
    /// # Errors
    /// When a row would occur less than never.
    pub fn advance(&mut self) -> Result<Option<AlignedStep>, Gap> {
        let Some(time) = self
            .complete_at()
            .filter(|time| self.applied.is_none_or(|applied| *time > applied))
        else {
            return Ok(None);
        };
        let mut changes = match self.applied {
            None => ChangedIds::everything(),
            Some(_) => ChangedIds::default(),
        };
        for (group, stream) in &mut self.streams {
            let later = stream.pending.split_off(&LogicalTime(time.0 + 1));
            let due = std::mem::replace(&mut stream.pending, later);
            apply(*group, due, &mut self.rows, &mut changes)?;
        }
        self.applied = Some(time);
        Ok(Some(AlignedStep { time, changes }))
    }
}

/// Within one time the order of changes says nothing, so only the sum must not be below zero.
fn apply(
    group: SubscribeGroup,
    due: BTreeMap<LogicalTime, Vec<RowUpdate>>,
    rows: &mut CatalogRows,
    changes: &mut ChangedIds,
) -> Result<(), Gap> {
    let mut below_zero = Vec::new();
    for RowUpdate {
        query, row, diff, ..
    } in due.into_values().flatten()
    {
        changes.note(query, &row);
        if rows.change(query, row.clone(), diff) < 0 {
            below_zero.push((query, row));
        }
    }
    let never_there = below_zero
        .into_iter()
        .find(|(query, row)| rows.count(*query, row) < 0);
    match never_there {
        Some((query, _)) => Err(Gap::NeverThere { group, query }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::materialize::row::TextRow;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    const T0: u64 = 1_000;

    fn progress(time: u64) -> StreamMessage {
        StreamMessage::Progress(LogicalTime(time))
    }

    fn change(query: CatalogQuery, time: u64, id: &str, diff: i64) -> StreamMessage {
        StreamMessage::Update(RowUpdate {
            time: LogicalTime(time),
            query,
            row: TextRow::new([Some(id)].into_iter()),
            diff,
        })
    }

    fn ids(rows: &CatalogRows, query: CatalogQuery) -> Vec<String> {
        let mut ids: Vec<_> = rows.ids(query).collect();
        ids.sort();
        ids.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn nothing_shows_before_every_snapshot_is_whole() {
        let mut alignment = Alignment::new([SubscribeGroup::Catalog, SubscribeGroup::Hydration]);
        let catalog = |event| (SubscribeGroup::Catalog, event);
        let hydration = |event| (SubscribeGroup::Hydration, event);
        for (group, event) in [
            catalog(progress(T0)),
            catalog(change(CatalogQuery::Objects, T0, "u1", 1)),
            catalog(progress(T0 + 10)),
            hydration(progress(T0 + 5)),
            hydration(change(CatalogQuery::Hydration, T0 + 5, "u1", 1)),
        ] {
            alignment.receive(group, event).unwrap();
            assert_eq!(alignment.advance(), Ok(None));
        }
        alignment
            .receive(SubscribeGroup::Hydration, progress(T0 + 7))
            .unwrap();
        let step = alignment.advance().unwrap().unwrap();
        assert_eq!(step.time, LogicalTime(T0 + 6));
        assert_eq!(ids(alignment.rows(), CatalogQuery::Hydration), ["u1"]);
    }

    #[test]
    fn a_picture_holds_no_change_that_another_stream_has_not_passed() {
        let mut alignment = Alignment::new([SubscribeGroup::Catalog, SubscribeGroup::Hydration]);
        for group in [SubscribeGroup::Catalog, SubscribeGroup::Hydration] {
            alignment.receive(group, progress(T0)).unwrap();
            alignment.receive(group, progress(T0 + 1)).unwrap();
        }
        assert_eq!(
            alignment.advance().unwrap().unwrap().changes,
            ChangedIds::everything()
        );
        alignment
            .receive(
                SubscribeGroup::Catalog,
                change(CatalogQuery::Objects, T0 + 5, "u1", 1),
            )
            .unwrap();
        alignment
            .receive(SubscribeGroup::Catalog, progress(T0 + 9))
            .unwrap();
        assert_eq!(alignment.advance(), Ok(None));
        assert!(ids(alignment.rows(), CatalogQuery::Objects).is_empty());
        alignment
            .receive(SubscribeGroup::Hydration, progress(T0 + 5))
            .unwrap();
        assert!(alignment.advance().unwrap().unwrap().changes.is_empty());
        alignment
            .receive(SubscribeGroup::Hydration, progress(T0 + 6))
            .unwrap();
        let step = alignment.advance().unwrap().unwrap();
        assert_eq!(
            step.changes.groups(),
            BTreeSet::from([SubscribeGroup::Catalog])
        );
        assert_eq!(ids(alignment.rows(), CatalogQuery::Objects), ["u1"]);
    }

    #[test]
    fn gaps_are_noticed() {
        let fresh = || {
            let mut alignment = Alignment::new([SubscribeGroup::Catalog]);
            alignment
                .receive(SubscribeGroup::Catalog, progress(T0))
                .unwrap();
            alignment
        };
        let back = fresh().receive(SubscribeGroup::Catalog, progress(T0 - 1));
        assert!(matches!(back, Err(Gap::WentBack { .. })));
        let late = fresh().receive(
            SubscribeGroup::Catalog,
            change(CatalogQuery::Objects, T0 - 1, "u1", 1),
        );
        assert!(matches!(late, Err(Gap::Late { .. })));
        let mut never = fresh();
        let gone = change(CatalogQuery::Objects, T0 + 1, "u1", -1);
        never.receive(SubscribeGroup::Catalog, gone).unwrap();
        never
            .receive(SubscribeGroup::Catalog, progress(T0 + 2))
            .unwrap();
        assert!(matches!(never.advance(), Err(Gap::NeverThere { .. })));
    }

    #[test]
    fn within_one_time_the_order_does_not_matter() {
        let mut alignment = Alignment::new([SubscribeGroup::Catalog]);
        for event in [
            progress(T0),
            change(CatalogQuery::Objects, T0, "u1", -1),
            change(CatalogQuery::Objects, T0, "u1", 1),
            change(CatalogQuery::Objects, T0, "u2", 1),
            progress(T0 + 1),
        ] {
            alignment.receive(SubscribeGroup::Catalog, event).unwrap();
        }
        assert!(alignment.advance().unwrap().is_some());
        assert_eq!(ids(alignment.rows(), CatalogQuery::Objects), ["u2"]);
    }

    /// The rows that exist at a time, by adding up everything at or before it.
    fn rows_at(
        history: &[(SubscribeGroup, u64, u8)],
        group: SubscribeGroup,
        time: u64,
    ) -> Vec<String> {
        let mut alive = BTreeSet::new();
        for (_, _, id) in history
            .iter()
            .filter(|(of, at, _)| *of == group && *at <= time)
        {
            if !alive.remove(id) {
                alive.insert(*id);
            }
        }
        alive.iter().map(|id| format!("u{id}")).collect()
    }

    proptest! {
        /// Whatever the interleaving, the rows after each step are those of its time, in every stream.
        #[test]
        fn every_step_is_consistent(
            mut toggles in prop::collection::vec((any::<bool>(), 0u64..40, 0u8..5), 0..60),
            order in prop::collection::vec(any::<bool>(), 0..300),
        ) {
            toggles.sort_by_key(|(_, time, _)| *time);
            let history: Vec<(SubscribeGroup, u64, u8)> = toggles
                .into_iter()
                .map(|(catalog, time, id)| {
                    let group = if catalog { SubscribeGroup::Catalog } else { SubscribeGroup::Hydration };
                    (group, T0 + time, id)
                })
                .collect();
            let fact_of = |group| if group == SubscribeGroup::Catalog { CatalogQuery::Objects } else { CatalogQuery::Hydration };
            let messages = |group: SubscribeGroup| {
                let mut alive = BTreeSet::new();
                let mut events = vec![progress(T0)];
                for time in T0..T0 + 41 {
                    for (_, _, id) in history.iter().filter(|(of, at, _)| *of == group && *at == time) {
                        let diff = if alive.remove(id) { -1 } else { alive.insert(*id); 1 };
                        events.push(change(fact_of(group), time, &format!("u{id}"), diff));
                    }
                    events.push(progress(time + 1));
                }
                events.into_iter()
            };
            let mut one = messages(SubscribeGroup::Catalog);
            let mut other = messages(SubscribeGroup::Hydration);
            let mut alignment = Alignment::new([SubscribeGroup::Catalog, SubscribeGroup::Hydration]);
            let mut last = None;
            let turns = order.into_iter().chain((0..400).map(|turn| turn % 2 == 0));
            for first in turns {
                let (group, next) = if first {
                    (SubscribeGroup::Catalog, one.next())
                } else {
                    (SubscribeGroup::Hydration, other.next())
                };
                let Some(event) = next else { continue };
                alignment.receive(group, event).unwrap();
                if let Some(step) = alignment.advance().unwrap() {
                    for group in [SubscribeGroup::Catalog, SubscribeGroup::Hydration] {
                        let expected = rows_at(&history, group, step.time.0);
                        prop_assert_eq!(ids(alignment.rows(), fact_of(group)), expected);
                    }
                    prop_assert!(last.is_none_or(|last| step.time > last));
                    last = Some(step.time);
                }
            }
            prop_assert_eq!(last, Some(LogicalTime(T0 + 40)));
        }
    }
}
