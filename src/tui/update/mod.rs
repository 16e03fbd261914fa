//! `update`: the only place where the state changes. No IO, no clock, no drawing.

mod changes;
mod cockpit;
mod dialog;
mod keys;
mod lists;
mod operation;
mod overlay;
mod picture;
mod readiness;
mod run;

pub use operation::{NOT_NOW, outcome_word};

use super::effect::Effect;
use super::event::{Event, Signal};
use super::state::{Flash, Loaded, Stage, State};
use super::theme::Role;

/// Takes in one event and says what must be done outside.
pub fn update(state: &mut State, event: Event) -> Vec<Effect> {
    match event {
        Event::Tick(now) => {
            state.now = now;
            if state
                .flash
                .as_ref()
                .is_some_and(|flash| flash.until <= now.millis)
            {
                state.flash = None;
            }
            Vec::new()
        }
        Event::Key(key) => keys::press(state, key),
        Event::Paste(text) => keys::paste(state, &text),
        Event::Mouse(mouse) => keys::mouse(state, mouse),
        Event::Resize { columns, rows } => {
            state.size = (columns, rows);
            lists::settle(state);
            Vec::new()
        }
        Event::Picture(picture) => picture::take(state, picture),
        Event::Planned { generation, result } => operation::planned(state, generation, result),
        Event::Progress {
            generation,
            progress,
        } => operation::progress(state, generation, progress),
        Event::Changes(result) => changes::loaded(state, result),
        Event::History(result) => {
            state.history.entries = match result {
                Ok(entries) => Loaded::Here(entries),
                Err(error) => Loaded::Failed(error),
            };
            lists::settle(state);
            Vec::new()
        }
        Event::Parsed(result) => changes::parsed(state, result),
        Event::Signal(Signal::Leave) => operation::leave(state),
        Event::Signal(Signal::Suspend) => operation::suspend(state),
        Event::Signal(Signal::Continue) => Vec::new(),
        Event::Flash(text) => {
            flash(state, text);
            Vec::new()
        }
    }
}

/// Shows a sentence at the foot of the screen for a while.
fn flash(state: &mut State, text: impl Into<String>) {
    state.flash = Some(Flash {
        text: text.into(),
        until: state.now.millis + super::state::FLASH_MS,
    });
}

fn note(state: &mut State, role: Role, text: impl Into<String>) {
    state.journal.note(state.now.wall, role, text);
}

/// Whether the dialog has the keys.
fn is_reviewing(state: &State) -> bool {
    matches!(state.stage, Stage::Reviewing(_))
}
