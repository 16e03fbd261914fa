//! The columns as data: title, widths, priority. Which are shown follows from the width alone.

use unicode_width::UnicodeWidthStr;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Column {
    Change,
    Name,
    Schema,
    Kind,
    Cluster,
    Hydrated,
    DeploymentLag,
    ProductionLag,
    Difference,
    Trend,
    Since,
    State,
}

/// What stands before the first column: the cursor and a blank.
pub const CURSOR_WIDTH: u16 = 2;

/// A state with the first words of its reason.
const STATE_WITH_REASON: u16 = 30;

/// How a column may be laid out, in terminal columns.
struct Width {
    least: u16,
    most: u16,
    /// Columns of a lower rank stay longer when it gets narrow.
    rank: u8,
    /// It only comes when the whole table is this wide: others use the room better.
    from: u16,
}

/// The longest text in each column that follows its content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ContentWidths {
    pub name: u16,
    pub schema: u16,
    pub cluster: u16,
}

impl ContentWidths {
    /// Widens for one more text of each.
    pub fn include(&mut self, name: &str, schema: &str, cluster: &str) {
        let width = |text: &str| u16::try_from(text.width()).unwrap_or(u16::MAX);
        self.name = self.name.max(width(name));
        self.schema = self.schema.max(width(schema));
        self.cluster = self.cluster.max(width(cluster));
    }
}

impl Column {
    /// In the order of the screen.
    pub const ALL: [Self; 12] = [
        Self::Change,
        Self::Name,
        Self::Schema,
        Self::Kind,
        Self::Cluster,
        Self::Hydrated,
        Self::DeploymentLag,
        Self::ProductionLag,
        Self::Difference,
        Self::Trend,
        Self::Since,
        Self::State,
    ];

    /// The title; `deployment` is what that side is called in this phase.
    #[must_use]
    pub fn title(self, deployment: &str) -> String {
        match self {
            Self::Change => String::new(),
            Self::Name => "name".to_owned(),
            Self::Schema => "schema".to_owned(),
            Self::Kind => "kind".to_owned(),
            Self::Cluster => "cluster".to_owned(),
            Self::Hydrated => "hydr.".to_owned(),
            Self::DeploymentLag if deployment == "retired" => "ret. lag".to_owned(),
            Self::DeploymentLag => format!("{deployment} lag"),
            Self::ProductionLag => "blue lag".to_owned(),
            Self::Difference => "diff.".to_owned(),
            Self::Trend => "trend".to_owned(),
            Self::Since => "for".to_owned(),
            Self::State if deployment == "retired" => "ret. state".to_owned(),
            Self::State => format!("{deployment} state"),
        }
    }

    /// The word for the status line: `sorted by green lag`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::Name => "name",
            Self::Schema => "schema",
            Self::Kind => "kind",
            Self::Cluster => "cluster",
            Self::Hydrated => "hydration",
            Self::DeploymentLag => "green lag",
            Self::ProductionLag => "blue lag",
            Self::Difference => "lag difference",
            Self::Trend => "trend",
            Self::Since => "time in state",
            Self::State => "state",
        }
    }

    #[must_use]
    pub fn is_number(self) -> bool {
        matches!(
            self,
            Self::Hydrated
                | Self::DeploymentLag
                | Self::ProductionLag
                | Self::Difference
                | Self::Since
        )
    }

    fn width(self, content: ContentWidths) -> Width {
        let (least, most, rank) = match self {
            Self::Change => (1, 1, 0),
            Self::Name => (14, content.name.clamp(14, 44), 0),
            Self::State => (11, 60, 0),
            Self::Hydrated => (5, 5, 1),
            Self::DeploymentLag => (9, 9, 1),
            Self::ProductionLag => (8, 8, 2),
            Self::Cluster => (8, content.cluster.clamp(8, 20), 3),
            Self::Kind => (9, 9, 4),
            Self::Difference => (7, 7, 5),
            Self::Since => (7, 7, 6),
            Self::Trend => (8, 16, 7),
            Self::Schema => (12, content.schema.clamp(12, 24), 8),
        };
        let from = if self == Self::Schema { 130 } else { 0 };
        Width {
            least,
            most,
            rank,
            from,
        }
    }
}

/// The columns that fit into `total` terminal columns with one blank between them, and how wide each is.
#[must_use]
pub fn fit(total: u16, content: ContentWidths) -> Vec<(Column, u16)> {
    let mut by_rank = Column::ALL;
    by_rank.sort_by_key(|column| column.width(content).rank);
    let mut shown = Vec::new();
    let mut used = 0;
    for column in by_rank {
        let gap = u16::from(!shown.is_empty());
        let least = column.width(content).least;
        if used + gap + least > total || total < column.width(content).from {
            break;
        }
        used += gap + least;
        shown.push(column);
    }
    shown.sort();
    let mut widths: Vec<(Column, u16)> = shown
        .into_iter()
        .map(|column| (column, column.width(content).least))
        .collect();
    let mut spare = total - used;
    // Names first: a cut name costs most. Then a few words of why it is not ready, which take the rest too.
    for (growing, most) in [
        (Column::Name, u16::MAX),
        (Column::Schema, u16::MAX),
        (Column::State, STATE_WITH_REASON),
        (Column::Cluster, u16::MAX),
        (Column::Trend, u16::MAX),
        (Column::State, u16::MAX),
    ] {
        if let Some((column, width)) = widths.iter_mut().find(|(column, _)| *column == growing) {
            let most = column.width(content).most.min(most);
            let more = most.saturating_sub(*width).min(spare);
            *width += more;
            spare -= more;
        }
    }
    widths
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const CONTENT: ContentWidths = ContentWidths {
        name: 30,
        schema: 12,
        cluster: 10,
    };

    fn columns(total: u16) -> Vec<Column> {
        fit(total, CONTENT).into_iter().map(|(c, _)| c).collect()
    }

    #[test]
    fn eighty_columns_hold_what_a_decision_needs() {
        let shown = columns(78);
        for needed in [
            Column::Change,
            Column::Name,
            Column::Kind,
            Column::Cluster,
            Column::Hydrated,
            Column::DeploymentLag,
            Column::ProductionLag,
            Column::State,
        ] {
            assert!(shown.contains(&needed), "{needed:?}");
        }
        assert_eq!(columns(200), Column::ALL);
    }

    proptest! {
        #[test]
        fn columns_never_overflow_and_more_room_never_hides_one(total in 0u16..300) {
            let widths = fit(total, CONTENT);
            let gaps = widths.len().saturating_sub(1);
            let sum = widths.iter().map(|(_, width)| usize::from(*width)).sum::<usize>() + gaps;
            prop_assert!(sum <= usize::from(total));
            let wider = columns(total + 1);
            for (column, _) in widths {
                prop_assert!(wider.contains(&column));
            }
        }
    }
}
