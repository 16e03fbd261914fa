//! A new picture: what changed goes to the journal, the list is arranged anew.

use super::telling::note;
use super::{operation, readiness};
use crate::domain::board::Board;
use crate::domain::failure::told_with_remedy;
use crate::domain::picture::{ConnectionState, ConnectionStatus, Picture};
use crate::domain::readiness::Readiness;
use crate::tui::effect::Effect;
use crate::tui::screens::cockpit;
use crate::tui::state::{Lasting, Loaded, State};
use crate::tui::theme::ThemeRole;
use std::sync::Arc;

pub fn take(state: &mut State, picture: Picture) -> Vec<Effect> {
    let before = std::mem::replace(&mut state.latest, picture);
    journal_link(state, &before.connection);
    if before.past.is_none()
        && let Some(past) = &state.latest.past
    {
        state.cockpit.remember(past);
    }
    let board = state.latest.board.clone();
    let is_new = match (&before.board, &board) {
        (Some(old), Some(new)) => !Arc::ptr_eq(old, new),
        (old, new) => old.is_some() != new.is_some(),
    };
    let Some(board) = board.filter(|_| is_new) else {
        return Vec::new();
    };
    // A board that was only judged again tells nothing new of the server.
    let before_it = before.board.as_ref();
    if before_it.is_none_or(|old| !Arc::ptr_eq(&old.snapshot, &board.snapshot)) {
        state.outdated = false;
    }
    journal_phase(state, &board);
    journal_clusters(state, &board);
    state.cockpit.look(&board);
    if state.frozen.is_none() {
        cockpit::rearrange(state);
    }
    readiness::look(state, &board);
    let mut effects = reload_changes(state, before.board.as_deref(), &board);
    if !state.outdated
        && let Some(wanted) = state.wanted.take()
    {
        effects.extend(operation::ask(state, wanted));
    }
    effects
}

fn journal_link(state: &mut State, before: &ConnectionStatus) {
    let link = state.latest.connection.clone();
    let (role, mut text) = match (&before.state, &link.state) {
        (ConnectionState::Lost { .. }, ConnectionState::Lost { .. }) => return,
        (_, ConnectionState::Lost { error, .. }) => {
            readiness::interrupt(state);
            (
                ThemeRole::Stale,
                format!("link lost: {}", told_with_remedy(error)),
            )
        }
        (ConnectionState::Lost { .. } | ConnectionState::Connecting, ConnectionState::Live) => {
            (ThemeRole::Live, "link up, streaming".to_owned())
        }
        (
            ConnectionState::Lost { .. } | ConnectionState::Connecting,
            ConnectionState::Polling { every },
        ) => {
            let every = u64::try_from(every.as_millis()).unwrap_or(u64::MAX);
            let every = crate::tui::wording::span(every);
            (
                ThemeRole::Live,
                format!("link up, reading every {every}, {}", link.why_polled()),
            )
        }
        _ => return,
    };
    if !link.is_lost() && !link.server_verified {
        text.push_str("; the server's certificate was not checked");
    }
    note(state, role, text);
}

/// Ready and not ready may change from tick to tick; everything else is somebody's deed and told at once.
fn journal_phase(state: &mut State, board: &Board) {
    let time = board.snapshot.time;
    let lasting = state
        .standings
        .phase
        .get_or_insert_with(|| Lasting::new(board.phase, time));
    let settle_ms = if board.phase.follows_readiness() {
        board.thresholds.settle_ms
    } else {
        0
    };
    let Some(before) = lasting.look(board.phase, time, settle_ms) else {
        return;
    };
    note(
        state,
        ThemeRole::from(board.phase),
        format!("phase {before} -> {}", board.phase),
    );
}

fn journal_clusters(state: &mut State, board: &Board) {
    let (time, settle_ms) = (board.snapshot.time, board.thresholds.settle_ms);
    let sides = [&board.production, &board.deployment];
    let clusters = || sides.into_iter().flat_map(|side| &side.clusters);
    let known = &mut state.standings.clusters;
    known.retain(|id, _| clusters().any(|cluster| cluster.id.as_ref() == Some(id)));
    let mut notes = Vec::new();
    for cluster in clusters() {
        let verdict = board.cluster_readiness(cluster);
        let (Some(id), Some(readiness)) = (&cluster.id, verdict) else {
            continue;
        };
        let lasting = known
            .entry(*id)
            .or_insert_with(|| Lasting::new(readiness, time));
        let Some(before) = lasting.look(readiness, time, settle_ms) else {
            continue;
        };
        let reason = match readiness {
            Readiness::Ready => String::new(),
            _ => format!(" ({})", cluster.reason),
        };
        let text = format!("{} {before} -> {readiness}{reason}", cluster.name);
        notes.push((ThemeRole::from(readiness), text));
    }
    for (role, text) in notes {
        note(state, role, text);
    }
}

/// A newly compiled manifest, or another one in production, makes the diff that was loaded an old one.
fn reload_changes(state: &mut State, old: Option<&Board>, new: &Board) -> Vec<Effect> {
    if !matches!(state.changes.view, Loaded::Here(_) | Loaded::Failed(_)) {
        return Vec::new();
    }
    let same = old.is_some_and(|old| {
        old.project == new.project && old.phase == new.phase && old.provenance == new.provenance
    });
    if same {
        Vec::new()
    } else {
        vec![Effect::LoadChanges]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture::World;
    use crate::tui::state::TargetInfo;
    use std::time::Instant;

    /// The picture `millis` after the first, with one object of the deployment side `lag` behind.
    fn show(state: &mut State, world: &mut World, millis: u64, lag: u64) {
        world.move_to(millis, lag);
        let picture = Picture {
            board: Some(Arc::new(world.board())),
            ..Picture::default()
        };
        take(state, picture);
    }

    fn told(state: &State) -> Vec<String> {
        let entries = state.journal.newest();
        entries.map(|entry| entry.text.clone()).collect()
    }

    fn cockpit() -> State {
        State::new(
            TargetInfo::default(),
            Arc::default(),
            Instant::now(),
            (120, 40),
        )
    }

    #[test]
    fn the_journal_tells_what_lasts_and_no_flap() {
        let (mut state, mut world) = (cockpit(), World::new());
        for (millis, lag) in [
            (0, 0),
            (1_000, 9_000),
            (2_000, 0),
            (3_000, 9_000),
            (5_900, 9_000),
        ] {
            show(&mut state, &mut world, millis, lag);
            assert_eq!(told(&state), [""; 0], "at {millis}");
        }
        show(&mut state, &mut world, 6_000, 9_000);
        let lines = told(&state);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert!(lines[0].starts_with("compute_dbt_deploy ready -> lagging"));
        assert_eq!(lines[1], "phase ready -> hydrating");
    }

    #[test]
    fn the_cockpit_waits_until_readiness_has_held() {
        let (mut state, mut world) = (cockpit(), World::new());
        show(&mut state, &mut world, 0, 0);
        readiness::wait(&mut state);
        for (millis, lag) in [(2_900, 0), (3_000, 9_000), (4_000, 0), (6_900, 0)] {
            show(&mut state, &mut world, millis, lag);
            assert!(state.awaiting.is_some(), "at {millis}");
        }
        show(&mut state, &mut world, 7_000, 0);
        assert!(state.awaiting.is_none());
        assert!(told(&state)[0].starts_with("await done: the deployment side is ready"));
    }

    #[test]
    fn the_cockpit_ends_waiting_where_the_command_line_does() {
        let (mut state, mut world) = (cockpit(), World::new());
        show(&mut state, &mut world, 0, 9_000);
        readiness::wait(&mut state);
        // Paused: the command line says that waiting can't help, and so does the cockpit.
        world.catalog().replicas.clear();
        show(&mut state, &mut world, 1_000, 0);
        assert!(state.awaiting.is_none());
        assert!(matches!(
            state.overlay,
            Some(crate::tui::state::Overlay::Result { .. })
        ));
    }
}
