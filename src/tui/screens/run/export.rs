//! What is copied and saved of the run screen.

use crate::domain::escape::visible;
use crate::ops::secrets::hide;
use crate::tui::state::State;

/// The line under the cursor.
#[must_use]
pub fn copied(state: &State, _: bool) -> Option<String> {
    let line = state.run.log.get(state.run.cursor.at)?;
    Some(line.text.clone())
}

/// The log, an entry a line.
#[must_use]
pub fn file(state: &State) -> Option<(&'static str, String)> {
    let lines: Vec<String> = state
        .run
        .log
        .iter()
        .map(|line| {
            format!(
                "{} {}",
                line.at.strftime("%H:%M:%S"),
                visible(&hide(&line.text))
            )
        })
        .collect();
    Some(("run.log", lines.join("\n")))
}
