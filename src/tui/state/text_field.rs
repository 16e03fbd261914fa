//! The text field: of the filters, the search, the palette, and of the word that confirms a plan.

use crate::domain::escape::is_obeyed;
use crossterm::event::{Event as TerminalEvent, KeyEvent};
use tui_input::Input;
use tui_input::backend::crossterm::EventHandler;

/// One line of text with a cursor: letters go in where it stands, and it moves and deletes by characters and by words.
#[derive(Debug, Clone, Default)]
pub struct TextField {
    input: Input,
    open: bool,
}

impl TextField {
    #[must_use]
    pub fn value(&self) -> &str {
        self.input.value()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.value().is_empty()
    }

    /// What stands before the cursor.
    #[must_use]
    pub fn before_cursor(&self) -> &str {
        let text = self.value();
        let end = text.char_indices().nth(self.input.cursor());
        &text[..end.map_or(text.len(), |(at, _)| at)]
    }

    /// Whether it has the keys.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open
    }

    pub fn open(&mut self) {
        self.open = true;
    }

    pub fn close(&mut self) {
        self.open = false;
    }

    /// Takes a key; whether the text is another one now.
    pub fn press(&mut self, key: KeyEvent) -> bool {
        let changed = self.input.handle_event(&TerminalEvent::Key(key));
        changed.is_some_and(|changed| changed.value)
    }

    /// Puts a text in at the cursor, as one line: what a terminal would obey is left out.
    pub fn paste(&mut self, text: &str) {
        let line: String = text.chars().filter(|c| !is_obeyed(*c)).collect();
        let before = self.before_cursor();
        let after = &self.value()[before.len()..];
        let cursor = self.input.cursor() + line.chars().count();
        self.input = Input::new(format!("{before}{line}{after}")).with_cursor(cursor);
    }

    pub fn clear(&mut self) {
        self.input.reset();
    }
}

impl PartialEq for TextField {
    fn eq(&self, other: &Self) -> bool {
        self.open == other.open
            && self.value() == other.value()
            && self.input.cursor() == other.input.cursor()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crossterm::event::{KeyCode, KeyModifiers};

    fn press(field: &mut TextField, code: KeyCode, modifiers: KeyModifiers) -> bool {
        field.press(KeyEvent::new(code, modifiers))
    }

    #[test]
    fn letters_and_pasted_text_go_in_at_the_cursor() {
        let mut field = TextField::default();
        field.paste("größe \u{1b}of\n");
        assert_eq!(field.value(), "größe of");
        for _ in 0..3 {
            assert!(!press(&mut field, KeyCode::Left, KeyModifiers::NONE));
        }
        assert_eq!(field.before_cursor(), "größe");
        field.paste("n");
        assert!(press(&mut field, KeyCode::Char('!'), KeyModifiers::NONE));
        assert_eq!(field.value(), "größen! of");
        assert!(press(&mut field, KeyCode::Delete, KeyModifiers::NONE));
        assert!(press(&mut field, KeyCode::Char('w'), KeyModifiers::CONTROL));
        assert_eq!(field.value(), "of");
    }
}
