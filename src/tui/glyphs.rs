//! The glyphs of the screen, each with an ASCII twin. A glyph always stands beside a word, so it only speeds up reading.

use crate::domain::project::Change;
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
    pub fn change(&self, change: Change) -> &'static str {
        match change {
            Change::Modified => "~",
            Change::New => "+",
            Change::Removed => "-",
            Change::Downstream => self.downstream,
        }
    }
}
