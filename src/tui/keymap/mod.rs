//! One table of actions and keys. The footer, the help, the palette, the README and the configuration all read it.

mod actions;
mod chord;

pub use actions::{Action, BINDINGS, Binding, KeyScope, ScreenCommand};
pub use chord::Chord;

use super::screens::Screen;
use crossterm::event::KeyEvent;
use std::collections::BTreeMap;
use std::fmt::Write as _;

/// Why a configured key table can't be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKeys {
    #[error("`{0}` is not an action; `cutover keys` lists them")]
    UnknownAction(String),
    #[error(
        "the key {key:?} of `{action}` can't be read; write it like `x`, `ctrl-x`, `shift-tab` or `f5`"
    )]
    UnknownKey { action: String, key: String },
    #[error("the key `{key}` is bound to both `{one}` and `{other}`")]
    Duplicate {
        key: String,
        one: String,
        other: String,
    },
    #[error("`{0}` has no key; give it one at least")]
    NoKey(String),
}

/// The keys in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keymap {
    /// One entry per binding of the table, in its order.
    chords: Vec<Vec<Chord>>,
}

impl Default for Keymap {
    fn default() -> Self {
        Self {
            chords: BINDINGS
                .iter()
                .map(|binding| {
                    binding
                        .keys
                        .iter()
                        .filter_map(|key| Chord::parse(key))
                        .collect()
                })
                .collect(),
        }
    }
}

impl Keymap {
    /// The default keys with those of the configuration in place of theirs: action name -> keys.
    ///
    /// # Errors
    /// All that is wrong at once: unknown actions and keys, actions without a key, keys bound twice.
    pub fn configured(keys: &BTreeMap<String, Vec<String>>) -> Result<Self, Vec<InvalidKeys>> {
        let mut keymap = Self::default();
        let mut errors = Vec::new();
        for (action, keys) in keys {
            let position = BINDINGS.iter().position(|binding| binding.name == action);
            let Some(slot) = position.and_then(|position| keymap.chords.get_mut(position)) else {
                errors.push(InvalidKeys::UnknownAction(action.clone()));
                continue;
            };
            slot.clear();
            for key in keys {
                match Chord::parse(key) {
                    Some(chord) => slot.push(chord),
                    None => errors.push(InvalidKeys::UnknownKey {
                        action: action.clone(),
                        key: key.clone(),
                    }),
                }
            }
            if keys.is_empty() {
                errors.push(InvalidKeys::NoKey(action.clone()));
            }
        }
        errors.extend(keymap.duplicates());
        if errors.is_empty() {
            Ok(keymap)
        } else {
            Err(errors)
        }
    }

    fn duplicates(&self) -> Vec<InvalidKeys> {
        let bound: Vec<(&Binding, &Chord)> = BINDINGS
            .iter()
            .zip(&self.chords)
            .flat_map(|(binding, chords)| chords.iter().map(move |chord| (binding, chord)))
            .collect();
        let mut found = Vec::new();
        for (at, (one, chord)) in bound.iter().enumerate() {
            for (other, same) in bound.iter().skip(at + 1) {
                if chord == same && one.scope.overlaps(other.scope) {
                    found.push(InvalidKeys::Duplicate {
                        key: chord.to_string(),
                        one: one.name.to_owned(),
                        other: other.name.to_owned(),
                    });
                }
            }
        }
        found
    }

    /// What a key does on a screen.
    #[must_use]
    pub fn action(&self, screen: Screen, key: &KeyEvent) -> Option<Action> {
        let chord = Chord::of(key);
        BINDINGS
            .iter()
            .zip(&self.chords)
            .find(|(binding, chords)| binding.scope.includes(screen) && chords.contains(&chord))
            .map(|(binding, _)| binding.action)
    }

    /// The keys of an action as text, `j/down`.
    #[must_use]
    pub fn keys(&self, action: Action) -> String {
        self.chords_of(action)
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join("/")
    }

    /// The first key of an action, for the footer.
    #[must_use]
    pub fn key(&self, action: Action) -> String {
        self.chords_of(action)
            .first()
            .map(ToString::to_string)
            .unwrap_or_default()
    }

    fn chords_of(&self, action: Action) -> &[Chord] {
        BINDINGS
            .iter()
            .position(|binding| binding.action == action)
            .and_then(|position| self.chords.get(position))
            .map_or(&[], Vec::as_slice)
    }

    /// The table as Markdown, for the README.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text = String::from("| key | action | where | does |\n|---|---|---|---|\n");
        for (binding, chords) in BINDINGS.iter().zip(&self.chords) {
            let keys: Vec<String> = chords
                .iter()
                .map(|chord| format!("`{}`", chord.to_string().replace('|', "\\|")))
                .collect();
            let _ = writeln!(
                text,
                "| {} | `{}` | {} | {} |",
                keys.join(" "),
                binding.name,
                binding.scope.name(),
                binding.about
            );
        }
        text
    }
}

/// The names of all actions, as the configuration uses them.
#[must_use]
pub fn action_names() -> Vec<&'static str> {
    BINDINGS.iter().map(|binding| binding.name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::action::Operation;
    use std::collections::BTreeSet;

    fn configured(action: &str, keys: &[&str]) -> Result<Keymap, Vec<InvalidKeys>> {
        let keys = keys.iter().map(|key| (*key).to_owned()).collect();
        Keymap::configured(&BTreeMap::from([(action.to_owned(), keys)]))
    }

    #[test]
    fn no_default_key_is_bound_twice_and_every_key_can_be_read() {
        let keymap = Keymap::default();
        assert_eq!(keymap.duplicates(), []);
        for (binding, chords) in BINDINGS.iter().zip(&keymap.chords) {
            assert_eq!(chords.len(), binding.keys.len(), "{}", binding.name);
            assert!(!chords.is_empty(), "{}", binding.name);
        }
    }

    #[test]
    fn names_are_unique_and_every_operation_has_a_capital_of_its_own() {
        let names: BTreeSet<&str> = BINDINGS.iter().map(|binding| binding.name).collect();
        assert_eq!(names.len(), BINDINGS.len());
        let keymap = Keymap::default();
        let keys: Vec<String> = Operation::ALL
            .iter()
            .map(|operation| keymap.keys(Action::Operation(*operation)))
            .collect();
        assert_eq!(keys, ["I", "D", "A", "P", "S", "B", "X"]);
    }

    #[test]
    fn a_configured_key_replaces_the_default_ones() {
        let keymap = configured("refresh", &["f5", "ctrl-r"]).unwrap();
        let f5 = KeyEvent::from(crossterm::event::KeyCode::F(5));
        let r = KeyEvent::from(crossterm::event::KeyCode::Char('r'));
        assert_eq!(
            keymap.action(Screen::Cockpit, &f5),
            Some(Action::Look(ScreenCommand::Refresh))
        );
        assert_eq!(keymap.action(Screen::Cockpit, &r), None);
        assert_eq!(
            keymap.keys(Action::Look(ScreenCommand::Refresh)),
            "f5/ctrl-r".to_owned()
        );
    }

    #[test]
    fn the_readme_holds_this_table() {
        let readme = include_str!("../../../README.md");
        let start = readme
            .find("<!-- keys")
            .expect("the beginning of the table");
        let end = readme.find("<!-- /keys -->").expect("its end");
        let (_, held) = readme[start..end]
            .split_once('\n')
            .expect("a line of its own");
        let table = Keymap::default().markdown();
        assert_eq!(held, table, "the README's table should be\n{table}");
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(
            configured("refesh", &["r"]),
            Err(vec![InvalidKeys::UnknownAction("refesh".to_owned())])
        );
        assert!(matches!(
            configured("refresh", &["hyper-r"]).unwrap_err()[..],
            [InvalidKeys::UnknownKey { .. }]
        ));
        assert!(matches!(
            configured("refresh", &[]).unwrap_err()[..],
            [InvalidKeys::NoKey(_)]
        ));
        assert!(matches!(
            &configured("refresh", &["P"]).unwrap_err()[..],
            [InvalidKeys::Duplicate { key, .. }] if key == "P"
        ));
    }
}
