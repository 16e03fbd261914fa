//! The palette: actions by the letters of their names.

use crate::tui::keymap::{Action, BINDINGS};
use crate::tui::state::{Overlay, PaletteState, State};

pub fn open_palette(state: &mut State) {
    let mut palette = PaletteState::default();
    palette.input.open();
    find(&mut palette);
    state.overlay = Some(Overlay::Palette(palette));
}

/// Actions whose name or words hold the typed letters in order, the tightest first.
pub(super) fn find(palette: &mut PaletteState) {
    let wanted = palette.input.value().to_lowercase();
    let mut found: Vec<(usize, usize, Action)> = BINDINGS
        .iter()
        .enumerate()
        .filter_map(|(at, binding)| {
            let by_name = spread(&wanted, binding.name);
            let by_words = spread(&wanted, &binding.about.to_lowercase()).map(|cost| cost + 20);
            let cost = by_name.into_iter().chain(by_words).min()?;
            Some((cost, at, binding.action))
        })
        .collect();
    found.sort_by_key(|(cost, at, _)| (*cost, *at));
    palette.matches = found.into_iter().map(|(_, _, action)| action).collect();
    palette.cursor = 0;
}

/// How far apart the letters of `wanted` lie in `text`, in order; `None` when they are not all there.
pub(super) fn spread(wanted: &str, text: &str) -> Option<usize> {
    let mut cost = 0;
    let mut rest = text;
    for c in wanted.chars() {
        let at = rest.find(c)?;
        cost += at;
        rest = &rest[at + c.len_utf8()..];
    }
    Some(cost)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::action::Operation;

    #[test]
    fn the_palette_finds_by_letters_in_order() {
        let mut palette = PaletteState::default();
        palette.input.paste("prom");
        find(&mut palette);
        assert_eq!(palette.matches[0], Action::Operation(Operation::Promote));
        palette.input.paste("zzz");
        find(&mut palette);
        assert!(palette.matches.is_empty());
        palette.input.clear();
        find(&mut palette);
        assert_eq!(palette.matches.len(), BINDINGS.len());
    }
}
