//! A new picture: what changed goes to the journal, the list is arranged anew.

use super::{lists, note, operation, readiness};
use crate::domain::board::Board;
use crate::domain::phase::Phase;
use crate::domain::readiness::Readiness;
use crate::tui::effect::Effect;
use crate::tui::event::{Link, LinkState, Picture};
use crate::tui::state::{Loaded, State};
use crate::tui::theme::Role;
use std::sync::Arc;

pub fn take(state: &mut State, picture: Picture) -> Vec<Effect> {
    let before = std::mem::replace(&mut state.latest, picture);
    state.received = state.now;
    journal_link(state, &before.link);
    if let (None, Some(reason)) = (&state.facts.read_only, &state.latest.powerless) {
        state.facts.read_only = Some(reason.to_string());
    }
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
    state.outdated = false;
    if let Some(old) = &before.board {
        journal_phase(state, old, &board);
        journal_clusters(state, old, &board);
    }
    state.cockpit.look(&board);
    if state.frozen.is_none() {
        lists::rearrange(state);
    }
    readiness::look(state, &board);
    let mut effects = reload_changes(state, before.board.as_deref(), &board);
    if let Some(wanted) = state.wanted.take() {
        effects.extend(operation::ask(state, wanted));
    }
    effects
}

fn journal_link(state: &mut State, before: &Link) {
    let now = state.latest.link.state.clone();
    let (role, text) = match (&before.state, &now) {
        (LinkState::Lost { .. }, LinkState::Lost { .. }) => return,
        (_, LinkState::Lost { error }) => (Role::Stale, format!("link lost: {error}")),
        (LinkState::Lost { .. } | LinkState::Connecting, LinkState::Live) => {
            (Role::Live, "link up, streaming".to_owned())
        }
        (LinkState::Lost { .. } | LinkState::Connecting, LinkState::Polling { every_ms }) => (
            Role::Live,
            format!(
                "link up, reading every {}",
                crate::tui::wording::span(*every_ms)
            ),
        ),
        _ => return,
    };
    note(state, role, text);
}

fn journal_phase(state: &mut State, old: &Board, new: &Board) {
    if old.phase == new.phase {
        return;
    }
    let role = match new.phase {
        Phase::Ready | Phase::Promoted | Phase::Synced => Role::Ready,
        Phase::Promoting | Phase::Unknown => Role::Warn,
        _ => Role::Info,
    };
    note(state, role, format!("phase {} -> {}", old.phase, new.phase));
}

fn journal_clusters(state: &mut State, old: &Board, new: &Board) {
    for cluster in new
        .production
        .clusters
        .iter()
        .chain(&new.deployment.clusters)
    {
        let side = old.side(cluster.side);
        let was = side
            .clusters
            .iter()
            .find(|before| before.id.is_some() && before.id == cluster.id);
        let Some(was) = was.filter(|was| was.readiness != cluster.readiness) else {
            continue;
        };
        let reason = match cluster.readiness {
            Readiness::Ready => String::new(),
            _ => format!(" ({})", cluster.reason),
        };
        let text = format!(
            "{} {} -> {}{reason}",
            cluster.name, was.readiness, cluster.readiness
        );
        note(state, Role::from(cluster.readiness), text);
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
