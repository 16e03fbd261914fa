//! The two lines at the foot: operations, the blocked ones with their reason; keys of the screen, or what was just said.

use super::Canvas;
use crate::domain::action::Operation;
use crate::tui::keymap::Action;
use crate::tui::screens::parts_of;
use crate::tui::state::State;
use crate::tui::theme::ThemeRole;
use ratatui::layout::Rect;
use unicode_width::UnicodeWidthStr;

pub fn draw(canvas: &mut Canvas<'_>, area: Rect, state: &State) {
    operations(canvas, Rect { height: 1, ..area }, state);
    let below = Rect {
        y: area.y + 1,
        height: 1,
        ..area
    };
    match &state.flash {
        Some(flash) => {
            canvas.cut(
                below.x + 1,
                below.y,
                below.right(),
                ThemeRole::Title,
                &flash.text,
            );
        }
        None => keys(canvas, below, state),
    }
}

struct Label {
    key: String,
    name: &'static str,
    reason: Option<String>,
}

impl Label {
    fn width(&self) -> usize {
        self.key.width() + 1 + self.name.width()
    }
}

fn operations(canvas: &mut Canvas<'_>, area: Rect, state: &State) {
    let mut labels: Vec<Label> = Operation::ALL
        .iter()
        .map(|operation| Label {
            key: state.keymap.key(Action::Operation(*operation)),
            name: state.label(*operation),
            reason: state.may(*operation).err(),
        })
        .collect();
    let room = usize::from(area.width).saturating_sub(2);
    let bare: usize = labels.iter().map(|label| label.width() + 2).sum();
    drop_what_does_not_fit(&mut labels, room.saturating_sub(bare));
    let mut x = area.x + 1;
    for (label, operation) in labels.iter().zip(Operation::ALL) {
        // Where guards would stop it, the key still opens the plan, which tells what they saw.
        let (key, name) = if state.may(operation).is_err() || state.is_stopped(operation) {
            (ThemeRole::KeyBlocked, ThemeRole::KeyBlocked)
        } else {
            (ThemeRole::Key, ThemeRole::Text)
        };
        x = canvas.text(x, area.y, area.right(), key, &label.key);
        x = canvas.text(x + 1, area.y, area.right(), name, label.name);
        if let Some(reason) = &label.reason {
            x = canvas.text(
                x,
                area.y,
                area.right(),
                ThemeRole::KeyBlocked,
                &format!(": {reason}"),
            );
        }
        x += 2;
    }
}

/// Keeps the reasons that fit beside the keys; one that all operations share is told once. The key itself tells the rest.
fn drop_what_does_not_fit(labels: &mut [Label], mut room: usize) {
    let mut told: Vec<String> = Vec::new();
    for label in labels {
        let Some(reason) = label.reason.take() else {
            continue;
        };
        let width = reason.width() + 2;
        if width <= room && !told.contains(&reason) {
            room -= width;
            told.push(reason.clone());
            label.reason = Some(reason);
        }
    }
}

fn keys(canvas: &mut Canvas<'_>, area: Rect, state: &State) {
    let mut x = area.x + 1;
    for (command, word) in (parts_of(state.screen).hints)(state) {
        let key = state.keymap.key(Action::Look(*command));
        let width = u16::try_from(key.width() + 1 + word.width()).unwrap_or(u16::MAX);
        // A hint that is cut in half helps nobody.
        if x.saturating_add(width) > area.right() {
            break;
        }
        x = canvas.text(x, area.y, area.right(), ThemeRole::Key, &key);
        x = canvas.text(x + 1, area.y, area.right(), ThemeRole::Muted, word) + 2;
    }
}
