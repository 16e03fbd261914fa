//! `update`: the only place where the state changes. No IO, no clock, no drawing.

mod command;
mod dialog;
mod field;
mod keys;
mod lists;
mod operation;
mod overlay;
mod palette;
mod picture;
mod readiness;
mod telling;

pub use operation::{NOT_NOW, outcome_word};
pub(super) use readiness::wait;
pub(super) use telling::{flash, note};

use super::effect::Effect;
use super::event::{Event, Signal};
use super::screens::{changes, history};
use super::state::State;

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
        Event::History(result) => history::loaded(state, result),
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
