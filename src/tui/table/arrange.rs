//! Board rows -> what the table lists. Computed once per board, filter, sort and grouping; drawing only slices it.

use super::column::{Column, ContentWidths};
use super::filter::Filter;
use crate::domain::board::{Board, ObjectRow};
use crate::domain::environment::Side;
use crate::domain::phase::Phase;
use crate::domain::project::ModelChange;
use crate::domain::readiness::Readiness;
use crate::tui::observed::Observed;
use std::cmp::Ordering;

/// What the list is gathered under.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Grouping {
    #[default]
    None,
    Cluster,
    Schema,
}

impl Grouping {
    #[must_use]
    pub fn next(self) -> Self {
        match self {
            Self::None => Self::Cluster,
            Self::Cluster => Self::Schema,
            Self::Schema => Self::None,
        }
    }

    fn title(self, row: &ObjectRow) -> String {
        match self {
            Self::None => String::new(),
            Self::Cluster => row
                .cluster
                .as_ref()
                .map_or_else(|| "no cluster".to_owned(), |name| format!("cluster {name}")),
            Self::Schema => format!("schema {}", row.schema),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    pub column: Column,
    pub descending: bool,
}

impl Default for Sort {
    fn default() -> Self {
        Self {
            column: Column::Name,
            descending: false,
        }
    }
}

/// What an operator asked of the table.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arrangement {
    pub filter: Filter,
    pub problems_only: bool,
    pub sort: Sort,
    pub grouping: Grouping,
}

/// One line of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TableEntry {
    Group {
        title: String,
        ready: usize,
        total: usize,
    },
    /// A position in the board's rows.
    Row(usize),
}

/// The list, ready to be sliced.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arranged {
    pub entries: Vec<TableEntry>,
    /// Where in `entries` the rows are, in order.
    pub rows: Vec<usize>,
    /// Rows of the board before any filter.
    pub of: usize,
    pub content: ContentWidths,
}

impl Arrangement {
    #[must_use]
    pub fn apply(&self, board: &Board, observed: &Observed) -> Arranged {
        let rows = &board.rows;
        let mut content = ContentWidths::default();
        for row in rows {
            content.include(row);
        }
        let mut chosen: Vec<usize> = (0..rows.len())
            .filter(|at| {
                self.filter.matches(&rows[*at], board.phase.subject())
                    && (!self.problems_only || is_problem(&rows[*at], board.phase))
            })
            .collect();
        chosen.sort_by(|one, other| self.compare(&rows[*one], &rows[*other], board, observed));
        let entries = self.entries(board, chosen);
        Arranged {
            rows: (0..entries.len())
                .filter(|at| matches!(entries[*at], TableEntry::Row(_)))
                .collect(),
            entries,
            of: rows.len(),
            content,
        }
    }

    fn entries(&self, board: &Board, mut chosen: Vec<usize>) -> Vec<TableEntry> {
        let (rows, subject) = (&board.rows, board.phase.subject());
        if self.grouping == Grouping::None {
            return chosen.into_iter().map(TableEntry::Row).collect();
        }
        // Stable: within a group the order stays as sorted.
        chosen.sort_by_cached_key(|at| self.grouping.title(&rows[*at]));
        let mut entries: Vec<TableEntry> = Vec::with_capacity(chosen.len() + 8);
        for group in chosen.chunk_by(|one, other| {
            self.grouping.title(&rows[*one]) == self.grouping.title(&rows[*other])
        }) {
            let ready = |at: &&usize| rows[**at].readiness(subject) == Some(Readiness::Ready);
            entries.push(TableEntry::Group {
                title: self.grouping.title(&rows[group[0]]),
                ready: group.iter().filter(ready).count(),
                total: group.len(),
            });
            entries.extend(group.iter().copied().map(TableEntry::Row));
        }
        entries
    }

    fn compare(
        &self,
        one: &ObjectRow,
        other: &ObjectRow,
        board: &Board,
        observed: &Observed,
    ) -> Ordering {
        let order = self.sort.column.compare(one, other, board, observed);
        let order = if self.sort.descending {
            order.reverse()
        } else {
            order
        };
        order.then_with(|| one.id().cmp(&other.id()))
    }
}

/// Whether an operator has to look at it: not ready, or missing where it should be. Of what a swap has retired nothing is asked.
#[must_use]
pub fn is_problem(row: &ObjectRow, phase: Phase) -> bool {
    let unready = |side| row.readiness(side).is_some_and(|it| it != Readiness::Ready);
    let missing = || {
        row.deployment.is_none()
            && row.change() != Some(ModelChange::Removed)
            && !phase.holds_nothing()
    };
    let candidate = phase.subject() == Side::Deployment;
    unready(Side::Production) || (candidate && (unready(Side::Deployment) || missing()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::environment::{Environment, Strategy};
    use crate::domain::name::{DatabaseId, Identifier, ObjectId};
    use crate::domain::object::{Catalog, ObjectKind};
    use crate::domain::phase::NamesPresent;
    use crate::domain::provenance::Provenance;
    use crate::domain::readiness::{ObjectReadiness, SideReadiness, Thresholds};
    use crate::domain::reading::MissingReadings;
    use crate::domain::snapshot::{Lag, LogicalTime, Readings, Server, Snapshot};
    use crate::domain::way_back::WayBack;
    use crate::domain::whole::Wholeness;
    use std::collections::{BTreeMap, BTreeSet};
    use std::sync::Arc;

    fn name(text: &str) -> Identifier {
        Identifier::new(text).unwrap()
    }

    fn row(id: u64, object: &str, readiness: Readiness, lag: u64, cluster: &str) -> ObjectRow {
        ObjectRow {
            schema: name("slim"),
            name: name(object),
            kind: ObjectKind::MaterializedView,
            cluster: Some(name(cluster)),
            production: None,
            deployment: Some(ObjectReadiness {
                id: ObjectId::user(id),
                side: Side::Deployment,
                cluster: None,
                readiness,
                reason: String::new(),
                hydrated_on: BTreeSet::new(),
                replicas: 1,
                lag: Lag::Millis(lag),
                materialization_lag: Lag::Unknown,
                counts: true,
            }),
            compared: None,
        }
    }

    fn board(rows: Vec<ObjectRow>) -> Board {
        let side = |side| SideReadiness {
            side,
            readiness: Readiness::Ready,
            reason: String::new(),
            clusters: Vec::new(),
            objects: BTreeMap::new(),
        };
        Board {
            snapshot: Arc::new(Snapshot {
                time: LogicalTime(1),
                catalog_time: LogicalTime(1),
                server: Server {
                    version: String::new(),
                    host: String::new(),
                    port: 0,
                    database: name("materialize"),
                    database_id: Some(DatabaseId::user(1)),
                    role: name("me"),
                    superuser: false,
                    simulated: false,
                },
                catalog: Arc::new(Catalog::default()),
                readings: Readings::default(),
                missing: MissingReadings::new(),
            }),
            environment: Arc::new(Environment {
                target: "prod".to_owned(),
                strategy: Strategy::Swap,
                database: name("materialize"),
                schemas: Vec::new(),
                clusters: Vec::new(),
            }),
            project: None,
            thresholds: Thresholds::default(),
            production: side(Side::Production),
            deployment: side(Side::Deployment),
            phase: Phase::Ready,
            provenance: Provenance::none(),
            way_back: WayBack::NotNeeded,
            names: NamesPresent::Whole,
            is_empty: false,
            at_work: None,
            wholeness: Wholeness::default(),
            rows,
        }
    }

    fn names(arrangement: &Arrangement, board: &Board) -> Vec<String> {
        let arranged = arrangement.apply(board, &Observed::default());
        arranged
            .entries
            .iter()
            .map(|entry| match entry {
                TableEntry::Row(at) => board.rows[*at].name.to_string(),
                TableEntry::Group { title, .. } => format!("[{title}]"),
            })
            .collect()
    }

    fn sorted(column: Column, descending: bool) -> Arrangement {
        Arrangement {
            sort: Sort { column, descending },
            ..Arrangement::default()
        }
    }

    #[test]
    fn ties_are_ordered_by_id_in_both_directions() {
        let board = board(vec![
            row(10, "ten", Readiness::Ready, 5, "a"),
            row(9, "nine", Readiness::Ready, 5, "a"),
            row(8, "eight", Readiness::Ready, 7, "a"),
        ]);
        let up = names(&sorted(Column::DeploymentLag, false), &board);
        assert_eq!(up, ["nine", "ten", "eight"]);
        let down = names(&sorted(Column::DeploymentLag, true), &board);
        assert_eq!(down, ["eight", "nine", "ten"]);
    }

    #[test]
    fn every_column_sorts_and_loses_no_row() {
        let board = board(vec![
            row(1, "a", Readiness::Ready, 5, "x"),
            row(2, "b", Readiness::Failing, 900, "y"),
            ObjectRow {
                deployment: None,
                ..row(3, "c", Readiness::Ready, 0, "z")
            },
        ]);
        for &column in Column::ALL {
            for descending in [false, true] {
                let mut names = names(&sorted(column, descending), &board);
                names.sort();
                assert_eq!(names, ["a", "b", "c"], "{column:?}");
            }
        }
        assert_eq!(
            names(&sorted(Column::State, true), &board)[0],
            "b",
            "the worst first"
        );
    }

    #[test]
    fn groups_keep_the_order_within_and_problems_are_what_is_not_ready() {
        let board = board(vec![
            row(1, "a", Readiness::Ready, 9, "x"),
            row(2, "b", Readiness::Hydrating, 5, "y"),
            row(3, "c", Readiness::Ready, 1, "x"),
        ]);
        let grouped = Arrangement {
            grouping: Grouping::Cluster,
            ..sorted(Column::DeploymentLag, false)
        };
        assert_eq!(
            names(&grouped, &board),
            ["[cluster x]", "c", "a", "[cluster y]", "b"]
        );
        let problems = Arrangement {
            problems_only: true,
            ..Arrangement::default()
        };
        assert_eq!(names(&problems, &board), ["b"]);
    }

    #[test]
    fn after_a_swap_problems_are_production_s() {
        let mut well = row(1, "well", Readiness::Ready, 0, "x");
        well.production.clone_from(&well.deployment);
        // The retired side fails, and the model that came with the release is not on it.
        let mut retired = row(2, "retired", Readiness::Failing, 0, "x");
        retired.production.clone_from(&well.deployment);
        let mut new = row(3, "new", Readiness::Ready, 0, "x");
        new.production = new.deployment.take();
        let mut failing = row(4, "failing", Readiness::Ready, 0, "x");
        failing.production = row(4, "failing", Readiness::Failing, 0, "x").deployment;
        let problems = |phase| {
            let rows = [&well, &retired, &new, &failing].into_iter();
            let problems = rows.filter(|row| is_problem(row, phase));
            problems.map(|row| row.name.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(problems(Phase::Promoted), ["failing"]);
        assert_eq!(problems(Phase::Ready), ["retired", "new", "failing"]);
    }
}
