//! The plan under review, and the levels of confirmation: the more harm, the more deliberate the yes.
//!
//! Enter never confirms. Pasted text and held keys never confirm. Keys are ignored for a moment after the dialog opens.

use super::operation;
use crate::domain::plan::{Confirmation, Request};
use crate::domain::workflow::may;
use crate::tui::effect::Effect;
use crate::tui::prose;
use crate::tui::state::{DialogStep, Stage, State, TextField};
use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// Longer than any name that confirms.
const LONGEST_WORD: usize = 255;

pub fn press(state: &mut State, key: KeyEvent, held: bool) -> Vec<Effect> {
    let now = state.now;
    let Stage::Reviewing(dialog) = &mut state.stage else {
        return Vec::new();
    };
    if dialog.is_deaf(now) {
        return Vec::new();
    }
    dialog.notice = None;
    let step = dialog.step();
    if let Some(by) = scrolling(&key, step) {
        scroll(state, by);
        return Vec::new();
    }
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match (step, key.code) {
        (_, KeyCode::Esc) => close(state),
        (_, KeyCode::Char('r')) if control => plan_again(state, |_| {}),
        (_, KeyCode::Char('f')) if control && dialog.offers_full() => {
            plan_again(state, |request| request.full = !request.full)
        }
        (DialogStep::Blocked, KeyCode::Char('a')) if control => allow(state),
        (_, KeyCode::Enter) => say(state, "Enter does not confirm"),
        (DialogStep::Yes, KeyCode::Char('y')) if !control => {
            confirm(state, held, Confirmation::Key)
        }
        (DialogStep::Confirm, KeyCode::Char('y')) if control => {
            let typed = dialog.typed.value().to_owned();
            confirm(state, held, Confirmation::Typed(typed))
        }
        (DialogStep::Word | DialogStep::Confirm, _) => {
            if writes(&key, &dialog.typed) {
                dialog.typed.press(key);
            }
            Vec::new()
        }
        (DialogStep::Blocked | DialogStep::Yes, KeyCode::Char('n' | 'q')) if !control => {
            close(state)
        }
        _ => Vec::new(),
    }
}

/// Letters belong to the word where one is asked for, so only arrows and pages scroll there.
fn scrolling(key: &KeyEvent, step: DialogStep) -> Option<isize> {
    let letters = matches!(step, DialogStep::Blocked | DialogStep::Yes);
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Down => Some(1),
        KeyCode::Up => Some(-1),
        KeyCode::PageDown => Some(10),
        KeyCode::PageUp => Some(-10),
        KeyCode::Home => Some(isize::MIN / 2),
        KeyCode::End => Some(isize::MAX / 2),
        KeyCode::Char('d') if control => Some(10),
        KeyCode::Char('u') if control && letters => Some(-10),
        KeyCode::Char('j') if letters && !control => Some(1),
        KeyCode::Char('k') if letters && !control => Some(-1),
        KeyCode::Char('g') if letters && !control => Some(isize::MIN / 2),
        KeyCode::Char('G') if letters && !control => Some(isize::MAX / 2),
        _ => None,
    }
}

pub fn scroll(state: &mut State, by: isize) {
    let size = state.size;
    if let Stage::Reviewing(dialog) = &mut state.stage {
        let limit = prose::dialog_scroll_limit(size, dialog);
        dialog.scroll = dialog.scroll.saturating_add_signed(by).min(limit);
    }
}

/// Whether the word takes the key. A held key takes letters away, but never writes any, and nothing that was cut off comes back but by
/// its letters.
fn writes(key: &KeyEvent, word: &TextField) -> bool {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    match key.code {
        KeyCode::Char(c) if control => "aehuw".contains(c),
        KeyCode::Char(_) => {
            key.kind == KeyEventKind::Press && word.value().chars().count() < LONGEST_WORD
        }
        KeyCode::Backspace | KeyCode::Delete | KeyCode::Left | KeyCode::Right => true,
        _ => false,
    }
}

fn say(state: &mut State, text: &str) -> Vec<Effect> {
    if let Stage::Reviewing(dialog) = &mut state.stage {
        dialog.notice = Some(text.to_owned());
    }
    Vec::new()
}

pub fn refuse_paste(state: &mut State) {
    let _ = say(state, "pasted text is ignored here: type it");
}

/// Back to the cockpit without a yes.
pub fn close(state: &mut State) -> Vec<Effect> {
    let Stage::Reviewing(dialog) = &state.stage else {
        return Vec::new();
    };
    let label = dialog.label;
    state.stage = Stage::Idle;
    super::telling::flash(state, format!("{label}: not confirmed, nothing was done"));
    vec![Effect::Abandon]
}

/// Looks at the server again, with another request.
fn plan_again(state: &mut State, change: impl FnOnce(&mut Request)) -> Vec<Effect> {
    let Stage::Reviewing(dialog) = &state.stage else {
        return Vec::new();
    };
    let mut request = dialog.plan.request.clone();
    change(&mut request);
    operation::plan(state, request)
}

/// Plans again with every block allowed by name; what was allowed is a warning then, and goes into the audit.
fn allow(state: &mut State) -> Vec<Effect> {
    let allowances = match &state.stage {
        Stage::Reviewing(dialog) => dialog.allowances(),
        _ => None,
    };
    match allowances {
        Some(allowances) => plan_again(state, |request| request.allow.extend(allowances)),
        None => say(state, "what blocks can't be allowed"),
    }
}

/// The yes. The plan itself judges it; the newest picture must still allow the operation, over a connection that stands.
fn confirm(state: &mut State, held: bool, confirmation: Confirmation) -> Vec<Effect> {
    if held {
        return say(state, "a held key does not confirm: press it once");
    }
    if state.read_only().is_some() {
        return say(state, "read-only: nothing can be changed from here");
    }
    if state.latest.connection.is_lost() {
        return say(state, "the link is lost: wait until it is back");
    }
    let Stage::Reviewing(dialog) = &state.stage else {
        return Vec::new();
    };
    let Some(board) = &state.latest.board else {
        return say(state, "no picture of the server yet");
    };
    if let Err(why) = may(board, dialog.plan.operation) {
        return say(state, &format!("no longer allowed: {}", why.clause()));
    }
    match dialog.plan.clone().confirm(&confirmation) {
        Ok(confirmed) => operation::execute(state, confirmed),
        Err(error) => say(state, &error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_is_written_by_its_letters_alone() {
        let word = TextField::default();
        let takes = |code, modifiers, kind| {
            let key = KeyEvent::new_with_kind(code, modifiers, kind);
            writes(&key, &word)
        };
        let (press, none) = (KeyEventKind::Press, KeyModifiers::NONE);
        for code in [KeyCode::Char('p'), KeyCode::Backspace, KeyCode::Left] {
            assert!(takes(code, none, press), "{code}");
        }
        assert!(!takes(KeyCode::Char('p'), none, KeyEventKind::Repeat));
        assert!(takes(KeyCode::Backspace, none, KeyEventKind::Repeat));
        // What ctrl-w cuts off, ctrl-y must not bring back.
        assert!(takes(KeyCode::Char('w'), KeyModifiers::CONTROL, press));
        assert!(!takes(KeyCode::Char('y'), KeyModifiers::CONTROL, press));
        assert!(!takes(KeyCode::Tab, none, press));
    }
}
