//! The glyphs of the screen, each with an ASCII twin. A glyph always stands beside a word, so it only speeds up reading.

use crate::domain::project::{Compared, ModelChange};
use crate::domain::readiness::Readiness;

/// One set of glyphs; all but `ellipsis` are one column wide in both sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Glyphs {
    pub ready: &'static str,
    pub hydrating: &'static str,
    pub lagging: &'static str,
    pub unknown: &'static str,
    pub paused: &'static str,
    pub failing: &'static str,
    pub absent: &'static str,
    pub done: &'static str,
    pub current: &'static str,
    pub open: &'static str,
    pub full: &'static str,
    pub empty: &'static str,
    pub horizontal: &'static str,
    pub vertical: &'static str,
    pub corners: [&'static str; 4],
    pub cursor: &'static str,
    pub ascending: &'static str,
    pub descending: &'static str,
    pub rising: &'static str,
    pub falling: &'static str,
    pub steady: &'static str,
    pub downstream: &'static str,
    pub branch: &'static str,
    pub separator: &'static str,
    pub ellipsis: &'static str,
    /// From the lowest to the highest value.
    pub spark: [&'static str; 8],
}

impl Glyphs {
    pub const UNICODE: Self = Self {
        ready: "●",
        hydrating: "◐",
        lagging: "◔",
        unknown: "?",
        paused: "‖",
        failing: "✗",
        absent: "○",
        done: "✓",
        current: "●",
        open: "○",
        full: "█",
        empty: "░",
        horizontal: "─",
        vertical: "│",
        corners: ["┌", "┐", "└", "┘"],
        cursor: "▸",
        ascending: "▲",
        descending: "▼",
        rising: "↗",
        falling: "↘",
        steady: "→",
        downstream: "↓",
        branch: "└",
        separator: "·",
        ellipsis: "…",
        spark: ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"],
    };

    pub const ASCII: Self = Self {
        ready: "*",
        hydrating: "o",
        lagging: "!",
        unknown: "?",
        paused: "=",
        failing: "X",
        absent: "-",
        done: "x",
        current: "*",
        open: ".",
        full: "#",
        empty: ".",
        horizontal: "-",
        vertical: "|",
        corners: ["+", "+", "+", "+"],
        cursor: ">",
        ascending: "^",
        descending: "v",
        rising: "/",
        falling: "\\",
        steady: "-",
        downstream: "v",
        branch: "`",
        separator: "|",
        ellipsis: "..",
        spark: ["_", ".", ",", "-", "=", "+", "*", "#"],
    };

    /// The set that a locale can show: `LC_ALL`, `LC_CTYPE` and `LANG` in this order, the first that is set and not empty.
    #[must_use]
    pub fn for_locale(variables: [Option<&str>; 3]) -> Self {
        let locale = variables
            .into_iter()
            .flatten()
            .find(|text| !text.is_empty());
        let plain = locale.unwrap_or_default().to_lowercase();
        if plain.contains("utf-8") || plain.contains("utf8") {
            Self::UNICODE
        } else {
            Self::ASCII
        }
    }

    #[must_use]
    pub fn readiness(&self, readiness: Readiness) -> &'static str {
        match readiness {
            Readiness::Ready => self.ready,
            Readiness::Lagging => self.lagging,
            Readiness::Hydrating => self.hydrating,
            Readiness::Unknown => self.unknown,
            Readiness::Paused => self.paused,
            Readiness::Failing => self.failing,
        }
    }

    #[must_use]
    pub fn compared(&self, compared: Compared) -> &'static str {
        match compared {
            Compared::Changed(change) => self.change(change),
            Compared::Unmodified => "",
            Compared::Unknown => "?",
        }
    }

    #[must_use]
    pub fn change(&self, change: ModelChange) -> &'static str {
        match change {
            ModelChange::Modified => "~",
            ModelChange::New => "+",
            ModelChange::Removed => "-",
            ModelChange::Downstream => self.downstream,
            ModelChange::Drifted => "!",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_width::UnicodeWidthStr;

    #[test]
    fn the_locale_decides_and_the_first_set_variable_wins() {
        for (variables, glyphs) in [
            ([None, None, Some("en_US.UTF-8")], Glyphs::UNICODE),
            ([Some("C"), None, Some("en_US.UTF-8")], Glyphs::ASCII),
            ([Some(""), Some("C.utf8"), None], Glyphs::UNICODE),
            ([None, None, None], Glyphs::ASCII),
        ] {
            assert_eq!(Glyphs::for_locale(variables), glyphs, "{variables:?}");
        }
    }

    #[test]
    fn glyphs_are_one_column_wide() {
        for glyphs in [Glyphs::UNICODE, Glyphs::ASCII] {
            let states = [
                glyphs.ready,
                glyphs.hydrating,
                glyphs.lagging,
                glyphs.unknown,
                glyphs.paused,
                glyphs.failing,
            ];
            let lines = [
                glyphs.full,
                glyphs.empty,
                glyphs.horizontal,
                glyphs.vertical,
                glyphs.cursor,
                glyphs.absent,
            ];
            for glyph in states
                .iter()
                .chain(&lines)
                .chain(&glyphs.corners)
                .chain(&glyphs.spark)
            {
                assert_eq!(glyph.width(), 1, "{glyph}");
            }
        }
    }
}
