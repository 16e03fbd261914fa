//! What each screen is made of, as a table: the keys at its foot, and the functions that draw it, change it and take text out of it.

use super::{Screen, changes, cockpit, history, run, traffic};
use crate::tui::effect::Effect;
use crate::tui::keymap::ScreenCommand;
use crate::tui::state::{State, TextField};
use crate::tui::update::flash;
use crate::tui::view::Canvas;
use ratatui::layout::Rect;

/// A key that is worth a place at the foot of the screen, and what it does in a word.
pub type Hint = (ScreenCommand, &'static str);

/// One screen. What a screen does not have is what [`PLAIN`] says.
pub struct ScreenParts {
    /// The most needed first.
    pub hints: fn(&State) -> &'static [Hint],
    pub draw: fn(&mut Canvas<'_>, Rect, &State),
    /// Rows of the list that the movement keys move in: what a page is.
    pub page: fn(&State) -> usize,
    /// Brings the cursor back into bounds, after a resize or new data.
    pub settle: fn(&mut State),
    /// Moves by lines in the list or text that has the keys.
    pub step: fn(&mut State, isize),
    /// What is asked for when the screen comes up.
    pub enter: fn(&mut State) -> Vec<Effect>,
    /// A command that means something on this screen only.
    pub perform: fn(&mut State, ScreenCommand) -> Vec<Effect>,
    /// One level back; `false` when there is none.
    pub back: fn(&mut State) -> bool,
    pub refresh: fn(&mut State) -> Vec<Effect>,
    /// Where text is typed.
    pub field: fn(&mut State) -> Option<&mut TextField>,
    /// The text in the field is another one.
    pub typed: fn(&mut State),
    /// Enter was pressed in the field.
    pub entered: fn(&mut State),
    /// A click, by column and row of the terminal.
    pub click: fn(&mut State, u16, u16),
    /// What the copy keys take: the name of what is selected, or all of it.
    pub copied: fn(&State, bool) -> Option<String>,
    /// What is saved: a file's name, and its text.
    pub file: fn(&State) -> Option<(&'static str, String)>,
}

const PLAIN: ScreenParts = ScreenParts {
    hints: |_| &[],
    draw: |_, _, _| {},
    page: |_| 1,
    settle: |_| {},
    step: |_, _| {},
    enter: |_| Vec::new(),
    perform: |_, _| Vec::new(),
    back: |_| false,
    refresh: |state| {
        flash(state, "reading anew");
        vec![Effect::Refresh]
    },
    field: |_| None,
    typed: |_| {},
    entered: |_| {},
    click: |_, _, _| {},
    copied: |_, _| None,
    file: |_| None,
};

const COCKPIT: ScreenParts = ScreenParts {
    hints: |state| {
        if state.cockpit.zoomed {
            cockpit::ZOOMED_HINTS
        } else {
            cockpit::HINTS
        }
    },
    draw: cockpit::draw,
    page: cockpit::page,
    settle: cockpit::settle,
    step: cockpit::step,
    perform: cockpit::perform,
    back: cockpit::back,
    field: |state| Some(&mut state.cockpit.filter),
    typed: cockpit::apply_filter,
    click: cockpit::click,
    copied: cockpit::copied,
    file: cockpit::file,
    ..PLAIN
};

const CHANGES: ScreenParts = ScreenParts {
    hints: |_| changes::HINTS,
    draw: changes::draw,
    page: changes::page,
    settle: changes::settle,
    step: changes::step,
    enter: changes::enter,
    perform: changes::perform,
    back: changes::back,
    refresh: changes::parse,
    field: |state| Some(&mut state.changes.filter),
    typed: changes::apply_filter,
    copied: changes::copied,
    ..PLAIN
};

const RUN: ScreenParts = ScreenParts {
    hints: |_| run::HINTS,
    draw: run::draw,
    page: run::page,
    settle: run::settle,
    step: run::step,
    perform: run::perform,
    back: run::back,
    field: |state| Some(&mut state.run.search),
    entered: run::search_on,
    copied: run::copied,
    file: run::file,
    ..PLAIN
};

const TRAFFIC: ScreenParts = ScreenParts {
    hints: |_| traffic::HINTS,
    draw: traffic::draw,
    page: traffic::page,
    settle: traffic::settle,
    step: traffic::step,
    copied: traffic::copied,
    ..PLAIN
};

const HISTORY: ScreenParts = ScreenParts {
    hints: |_| history::HINTS,
    draw: history::draw,
    page: history::page,
    settle: history::settle,
    step: history::step,
    enter: history::enter,
    perform: history::perform,
    back: history::back,
    refresh: history::refresh,
    copied: history::copied,
    ..PLAIN
};

#[must_use]
pub fn parts_of(screen: Screen) -> &'static ScreenParts {
    match screen {
        Screen::Cockpit => &COCKPIT,
        Screen::Changes => &CHANGES,
        Screen::Run => &RUN,
        Screen::Traffic => &TRAFFIC,
        Screen::History => &HISTORY,
    }
}
