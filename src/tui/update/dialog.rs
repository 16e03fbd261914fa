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
        (DialogStep::Overrule, KeyCode::Esc) => {
            dialog.overruling = false;
            Vec::new()
        }
        (_, KeyCode::Esc) => close(state),
        (_, KeyCode::Char('r')) if control => plan_again(state, |_| {}),
        (DialogStep::Blocked | DialogStep::Yes, KeyCode::Char('a'))
            if !control && dialog.offers_full() =>
        {
            plan_again(state, |request| request.full = !request.full)
        }
        (DialogStep::Blocked, KeyCode::Char('o')) if !control => {
            dialog.overruling = dialog.can_be_overruled();
            match dialog.overruling {
                true => Vec::new(),
                false => say(state, "what blocks can't be overruled"),
            }
        }
        (DialogStep::Overrule, KeyCode::Char('y')) if control => overrule(state, held),
        (_, KeyCode::Enter) => say(state, "Enter does not confirm"),
        (DialogStep::Yes, KeyCode::Char('y')) if !control => {
            confirm(state, held, Confirmation::Key)
        }
        (DialogStep::Confirm, KeyCode::Char('y')) if control => {
            let typed = dialog.typed.value().to_owned();
            confirm(state, held, Confirmation::Typed(typed))
        }
        (DialogStep::Overrule | DialogStep::Word | DialogStep::Confirm, _) => {
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
        KeyCode::Char('d' | 'f') if control => Some(10),
        KeyCode::Char('b') if control => Some(-10),
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

/// Plans again with one block allowed by name; what was allowed is a warning then, and goes into the audit.
fn overrule(state: &mut State, held: bool) -> Vec<Effect> {
    if held {
        return say(state, "a held key does not overrule: press it once");
    }
    let Stage::Reviewing(dialog) = &state.stage else {
        return Vec::new();
    };
    match dialog.overruled(dialog.typed.value()) {
        Some(allowed) => plan_again(state, |request| request.allow.extend(allowed)),
        None => say(state, "that names no block, or more than one"),
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
    use crate::domain::action::Operation;
    use crate::domain::finding::{Finding, FindingId, Severity};
    use crate::domain::fixture::{World, asked, stamp};
    use crate::domain::plan::{Plan, promote};
    use crate::tui::event::Now;
    use crate::tui::state::{Dialog, TargetInfo};
    use std::sync::Arc;
    use std::time::Instant;

    fn block(id: FindingId, objects: &[&str]) -> Finding {
        Finding {
            id,
            severity: Severity::Block,
            message: "Something is in the way.".to_owned(),
            remedy: "Mend it.".to_owned(),
            objects: objects.iter().map(|object| (*object).to_owned()).collect(),
        }
    }

    /// A plan under review, past the moment in which keys are ignored.
    fn reviewing(blocks: Vec<Finding>) -> State {
        let asks = asked(Operation::Promote);
        let plan = World::new().with_inputs(|inputs| promote(inputs, &stamp(), &asks, None));
        let plan = Plan {
            findings: blocks,
            ..plan
        };
        let target = TargetInfo::default();
        let mut state = State::new(target, Arc::default(), Instant::now(), (120, 40));
        state.stage = Stage::Reviewing(Box::new(Dialog::new(plan, "promote", state.now)));
        state.now = Now {
            millis: 10_000,
            ..state.now
        };
        state
    }

    fn keys(state: &mut State, typed: &str) -> Vec<Effect> {
        let mut effects = Vec::new();
        for c in typed.chars() {
            let key = match c {
                '\u{1}'..='\u{1a}' => {
                    let letter = char::from(b'a' + c as u8 - 1);
                    KeyEvent::new(KeyCode::Char(letter), KeyModifiers::CONTROL)
                }
                '\u{1b}' => KeyEvent::from(KeyCode::Esc),
                c => KeyEvent::from(KeyCode::Char(c)),
            };
            effects.extend(press(state, key, false));
        }
        effects
    }

    /// What the plan that was asked for allows.
    fn allowed(effects: &[Effect]) -> Vec<String> {
        let asked = effects.iter().find_map(|effect| match effect {
            Effect::Plan { request, .. } => Some(request),
            _ => None,
        });
        let allowed = asked.map(|request| request.allow.iter().map(ToString::to_string));
        allowed.into_iter().flatten().collect()
    }

    /// ctrl-a, the prefix of GNU screen, used to allow all blocks at once.
    #[test]
    fn blocks_are_overruled_one_by_one_by_their_names() {
        let blocks = || {
            vec![
                block(
                    FindingId::ModelNotBuilt,
                    &["materialize.marts.bids", "materialize.marts.people"],
                ),
                block(FindingId::TwinDiffers, &["materialize.serving.people"]),
            ]
        };
        for (word, allows) in [
            (
                "twin-differs",
                vec!["twin-differs:materialize.serving.people"],
            ),
            ("marts.bids", vec!["model-not-built:materialize.marts.bids"]),
            (
                "serving.people",
                vec!["twin-differs:materialize.serving.people"],
            ),
            (
                "model-not-built",
                vec![
                    "model-not-built:materialize.marts.bids",
                    "model-not-built:materialize.marts.people",
                ],
            ),
            // Of two blocks, of no block, a part of a name, nothing.
            ("people", vec![]),
            ("not-ready", vec![]),
            ("ids", vec![]),
            ("", vec![]),
        ] {
            let mut state = reviewing(blocks());
            let asked = keys(&mut state, &format!("o{word}\u{19}"));
            assert_eq!(allowed(&asked), allows, "{word}");
        }
        let mut state = reviewing(blocks());
        assert!(keys(&mut state, "\u{1}").is_empty(), "ctrl-a does nothing");
        assert!(keys(&mut state, "otwin-differs\u{1b}").is_empty());
        assert!(
            matches!(state.stage, Stage::Reviewing(_)),
            "esc only leaves the word"
        );
    }

    #[test]
    fn beside_what_is_never_allowed_nothing_is_overruled() {
        let mut state = reviewing(vec![
            block(FindingId::ModelNotBuilt, &["materialize.marts.bids"]),
            block(FindingId::Ownership, &["marts"]),
        ]);
        assert!(keys(&mut state, "o").is_empty());
        let Stage::Reviewing(dialog) = &state.stage else {
            panic!("the dialog is gone");
        };
        assert_eq!(dialog.step(), DialogStep::Blocked);
        assert_eq!(
            dialog.notice.as_deref(),
            Some("what blocks can't be overruled")
        );
    }

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
