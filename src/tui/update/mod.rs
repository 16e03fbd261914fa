//! `update`: the only place where the state changes. No IO, no clock, no drawing.

mod changes;
mod cockpit;
mod command;
mod dialog;
mod keys;
mod lists;
mod operation;
mod overlay;
mod palette;
mod picture;
mod readiness;
mod run;
mod telling;

pub use operation::{NOT_NOW, outcome_word};
use telling::flash;

use super::effect::Effect;
use super::event::{Event, Signal};
use super::state::{Loaded, State};

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
