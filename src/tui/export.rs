//! What is copied and saved: what the screen gives, without secrets and without what a terminal obeys.

use super::effect::Effect;
use super::screens::parts_of;
use super::state::State;
use crate::domain::escape::{visible, visible_lines};
use crate::ops::secrets::hide;

/// What the copy keys take: the name of what is selected, or all of it.
///
/// It is pasted somewhere: a name stays in one line, and what a terminal would obey is written out.
#[must_use]
pub fn copied(state: &State, all: bool) -> Option<String> {
    let text = (parts_of(state.screen).copied)(state, all)?;
    let text = hide(&text);
    let escaped = if all {
        visible_lines(&text)
    } else {
        visible(&text)
    };
    Some(escaped.into_owned())
}

/// The shown view as a file. Files are looked at in terminals, so texts are written out as on the screen, without secrets.
#[must_use]
pub fn save(state: &State) -> Option<Effect> {
    let (name, text) = (parts_of(state.screen).file)(state)?;
    Some(Effect::Save {
        name: name.to_owned(),
        text,
    })
}
