//! What lies over a screen and takes the keys.

use super::text_field::TextField;
use crate::tui::event::Now;
use crate::tui::keymap::Action;

/// A question with `y` and `n`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Question {
    /// Ask the running operation to stop?
    Cancel,
    /// Leave while an operation runs? It is asked to stop first.
    Leave,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Overlay {
    Help {
        scroll: usize,
    },
    Palette(PaletteState),
    Question {
        question: Question,
        opened: Now,
    },
    /// How an operation ended that needs an answer read: closed by any key.
    Result {
        title: String,
        lines: Vec<String>,
        opened: Now,
    },
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct PaletteState {
    pub input: TextField,
    pub matches: Vec<Action>,
    pub cursor: usize,
}
