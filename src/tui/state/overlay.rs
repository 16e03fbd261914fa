//! What lies over a screen and takes the keys.

use crate::tui::event::Now;
use crate::tui::keymap::Action;
use tui_input::Input;

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
    pub input: InputText,
    pub matches: Vec<Action>,
    pub cursor: usize,
}

/// A text field that can be compared.
#[derive(Debug, Clone, Default)]
pub struct InputText(pub Input);

impl PartialEq for InputText {
    fn eq(&self, other: &Self) -> bool {
        self.0.value() == other.0.value() && self.0.cursor() == other.0.cursor()
    }
}
