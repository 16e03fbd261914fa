//! The four lines at the top: who and where, badges and screens, the phase with the way back, what the current step waits for.

use super::Canvas;
use crate::domain::board::Board;
use crate::domain::failure::told_with_remedy;
use crate::domain::phase::Phase;
use crate::domain::picture::{ConnectionState, Preflight, next_try};
use crate::domain::quantity::{count, part};
use crate::domain::readiness::Readiness;
use crate::domain::way_back::WayBack;
use crate::domain::workflow::{STEPS, headline, label, reason, steps_done};
use crate::tui::screens::Screen;
use crate::tui::state::{Running, Stage, State};
use crate::tui::theme::ThemeRole;
use crate::tui::wording;
use ratatui::layout::Rect;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::time::Duration;
use unicode_width::UnicodeWidthStr;

/// The widest that the environment's own badge gets, so that another one beside it stays readable.
const WIDEST_BADGE: usize = 24;

pub fn draw(canvas: &mut Canvas<'_>, area: Rect, state: &State) {
    let row = |at: u16| Rect {
        y: area.y + at,
        height: 1,
        ..area
    };
    identity(canvas, row(0), state);
    badges(canvas, row(1), state);
    phase(canvas, row(2), state);
    message(canvas, row(3), state);
}

fn identity(canvas: &mut Canvas<'_>, area: Rect, state: &State) {
    let (role, words) = link(canvas, state);
    let end = area.right().saturating_sub(1);
    let left = canvas.right(area.x + area.width / 3, area.y, end, role, &words);
    let stop = left.saturating_sub(2);
    let x = canvas.text(area.x + 1, area.y, stop, ThemeRole::Title, "cutover ");
    let x = canvas.text(x, area.y, stop, ThemeRole::Title, &state.target.target);
    canvas.cut(x + 2, area.y, stop, ThemeRole::Text, &place(state));
}

/// `project at host:port/database as role, v26.9.0`.
fn place(state: &State) -> String {
    let server = state.shown().board.as_ref().map(|b| &b.snapshot.server);
    let (address, role, version) = match server {
        Some(server) => (
            format!("{}:{}/{}", server.host, server.port, server.database),
            server.role.to_string(),
            // `v26.9.0 (9e9123290)`: the build hash is for reports, not for the header.
            server.version.split(' ').next().unwrap_or_default(),
        ),
        None => (state.target.address.clone(), state.target.role.clone(), ""),
    };
    let version = if version.is_empty() {
        String::new()
    } else {
        format!(", {version}")
    };
    format!("{address} as {role}{version}")
}

/// A picture comes with every tick of the server, each second. One that is older than this is not called live.
const SILENCE_MS: u64 = 4_000;

fn link(canvas: &Canvas<'_>, state: &State) -> (ThemeRole, String) {
    let glyphs = canvas.glyphs();
    let age_ms = state.age_ms(state.shown());
    let (age, silent) = (wording::span(age_ms), age_ms > SILENCE_MS);
    if state.frozen.is_some() {
        return (
            ThemeRole::Stale,
            format!("{} HELD STILL {age} ago", glyphs.paused),
        );
    }
    let link = &state.latest.connection;
    let losses = match link.restarts {
        0 => String::new(),
        1 => ", lost once".to_owned(),
        losses => format!(", lost {}", count(losses, "time")),
    };
    match &link.state {
        ConnectionState::Connecting => (
            ThemeRole::Hydrating,
            format!("{} connecting", glyphs.hydrating),
        ),
        ConnectionState::Live if silent => (
            ThemeRole::Lagging,
            format!("{} silent for {age}{losses}", glyphs.lagging),
        ),
        ConnectionState::Live => (
            ThemeRole::Live,
            format!("{} live {age}{losses}", glyphs.ready),
        ),
        ConnectionState::Polling { every } => (
            ThemeRole::Lagging,
            format!(
                "{} polling every {}, {age} old{losses}",
                glyphs.lagging,
                wording::span(millis(*every))
            ),
        ),
        ConnectionState::Lost { .. } if state.shown().board.is_none() => {
            (ThemeRole::Stale, format!("{} NOT REACHED", glyphs.failing))
        }
        ConnectionState::Lost { .. } => (
            ThemeRole::Stale,
            format!("{} LINK LOST, data {age} old{losses}", glyphs.failing),
        ),
        ConnectionState::Once => (
            ThemeRole::Stale,
            format!("{} read once, {age} old", glyphs.paused),
        ),
    }
}

fn millis(span: Duration) -> u64 {
    u64::try_from(span.as_millis()).unwrap_or(u64::MAX)
}

fn badges(canvas: &mut Canvas<'_>, area: Rect, state: &State) {
    let tabs = tabs(canvas, area, state);
    let facts = &state.target;
    let simulated = state
        .shown()
        .board
        .as_ref()
        .is_some_and(|board| board.snapshot.server.simulated);
    let mut badges: Vec<(ThemeRole, String)> = Vec::new();
    if facts.demo || simulated {
        let alone = facts.badge.is_empty() && state.read_only().is_none();
        let words = if tabs < 60 && !alone {
            // The other badges must stay readable.
            " DEMO "
        } else if tabs < 60 {
            " DEMO  simulated server "
        } else {
            " DEMO  simulated server, nothing here is real "
        };
        badges.push((ThemeRole::Demo, words.to_owned()));
    }
    if !facts.badge.is_empty() {
        let badge = wording::shown(&facts.badge);
        let badge = wording::cut(&badge, WIDEST_BADGE, canvas.glyphs().ellipsis);
        badges.push((ThemeRole::Production, format!(" {badge} ")));
    }
    if let Some(reason) = state.read_only() {
        badges.push((ThemeRole::ReadOnly, format!(" READ-ONLY {reason} ")));
    }
    let Some((first, _)) = badges.first() else {
        canvas.cut(area.x + 1, area.y, tabs, ThemeRole::Muted, &facts.project);
        return;
    };
    // The badge colours the line up to the screens, so that no glance misses it.
    let line = Rect {
        width: tabs.saturating_sub(area.x + 1),
        ..area
    };
    canvas.fill(line, *first);
    let mut x = area.x;
    for (role, words) in &badges {
        x = canvas.cut(x, area.y, line.right(), *role, words);
    }
}

/// The screens with their keys, at the right; returns where they begin.
fn tabs(canvas: &mut Canvas<'_>, area: Rect, state: &State) -> u16 {
    let labels: Vec<(bool, String)> = Screen::ALL
        .iter()
        .map(|screen| {
            let key = state.keymap.key(crate::tui::keymap::Action::Look(
                crate::tui::keymap::ScreenCommand::Screen(*screen),
            ));
            (
                *screen == state.screen,
                format!(" {key} {} ", screen.title()),
            )
        })
        .collect();
    let width: usize = labels.iter().map(|(_, label)| label.width()).sum();
    let width = u16::try_from(width).unwrap_or(u16::MAX);
    let start = area.right().saturating_sub(width).max(area.x + 12);
    let mut x = start;
    for (current, label) in labels {
        let role = if current {
            ThemeRole::Selection
        } else {
            ThemeRole::Text
        };
        x = canvas.text(x, area.y, area.right(), role, &label);
    }
    start
}

fn phase(canvas: &mut Canvas<'_>, area: Rect, state: &State) {
    let Some(board) = &state.shown().board else {
        return;
    };
    let glyphs = canvas.glyphs();
    let dash = match area.width {
        0..100 => format!(" {} ", glyphs.horizontal),
        _ => format!(" {} ", glyphs.horizontal.repeat(2)),
    };
    let bar: usize =
        STEPS.iter().map(|step| step.width() + 2).sum::<usize>() + dash.width() * (STEPS.len() - 1);
    let end = area.right().saturating_sub(1);
    let left = area.x + 3 + u16::try_from(bar).unwrap_or(u16::MAX);
    let room = usize::from(end.saturating_sub(left));
    let (role, words) = way_back(&board.way_back, room);
    let stop = canvas.right(left.min(end), area.y, end, role, &words);
    let done = steps_done(board);
    let ahead = state.shown().preflight.as_deref();
    let current = match headline(board, ahead).is_stopped {
        true => (ThemeRole::Failing, glyphs.failing),
        false => (ThemeRole::Focus, glyphs.current),
    };
    let mut x = area.x + 1;
    for (at, step) in STEPS.iter().enumerate() {
        if at > 0 {
            x = canvas.text(x, area.y, stop, ThemeRole::Rule, &dash);
        }
        let (role, glyph) = match done.map(|done| at.cmp(&done)) {
            None => (ThemeRole::Unknown, glyphs.unknown),
            Some(Ordering::Less) => (ThemeRole::Ready, glyphs.done),
            Some(Ordering::Equal) => current,
            Some(Ordering::Greater) => (ThemeRole::Muted, glyphs.open),
        };
        x = canvas.text(x, area.y, stop, role, &format!("{glyph} {step}"));
    }
}

/// The way back, without its reason where that does not fit.
fn way_back(way_back: &WayBack, room: usize) -> (ThemeRole, String) {
    let role = match way_back {
        WayBack::NotNeeded | WayBack::Gone { .. } => ThemeRole::Muted,
        WayBack::Ready { .. } => ThemeRole::Ready,
        WayBack::Degraded { .. } => ThemeRole::Warn,
        WayBack::Unknown { .. } => ThemeRole::Unknown,
    };
    let full = format!("BACK: {way_back}");
    if full.width() <= room {
        return (role, full);
    }
    let short = match way_back {
        WayBack::Degraded { whole, total, .. } => format!("BACK: degraded {whole}/{total}"),
        WayBack::Unknown { .. } => "BACK: unknown".to_owned(),
        WayBack::Gone { .. } => "BACK: gone".to_owned(),
        WayBack::NotNeeded | WayBack::Ready { .. } => full,
    };
    (role, short)
}

fn message(canvas: &mut Canvas<'_>, area: Rect, state: &State) {
    let (role, words) = match (&state.stage, &state.shown().board) {
        (Stage::Running(running), _) => running_words(state, running),
        (Stage::Planning { request, since, .. }, _) => (
            ThemeRole::Focus,
            format!(
                "planning {}: observing and rehearsing, {}",
                request.operation,
                wording::span(state.now.since(*since))
            ),
        ),
        (_, Some(board)) => match &state.latest.connection.state {
            ConnectionState::Lost {
                error,
                attempts,
                retry_at,
                ..
            } => (
                ThemeRole::Stale,
                format!(
                    "link lost, {}; this is the last picture: {}",
                    next_try(*attempts, *retry_at, state.moment()),
                    told_with_remedy(error)
                ),
            ),
            _ => match &state.awaiting {
                Some(awaiting) => awaiting_words(board, state.now.since(awaiting.since)),
                None => phase_words(board, state.shown().preflight.as_deref()),
            },
        },
        (_, None) => match &state.latest.connection.state {
            ConnectionState::Lost {
                error,
                attempts,
                retry_at,
                ..
            } => (
                ThemeRole::Stale,
                format!(
                    "No picture yet: {}. Trying again for as long as this runs, {}.",
                    told_with_remedy(error),
                    next_try(*attempts, *retry_at, state.moment())
                ),
            ),
            _ => (
                ThemeRole::Muted,
                "Waiting for the first picture.".to_owned(),
            ),
        },
    };
    canvas.cut(
        area.x + 1,
        area.y,
        area.right().saturating_sub(1),
        role,
        &words,
    );
}

fn running_words(state: &State, running: &Running) -> (ThemeRole, String) {
    let time = wording::span(state.now.since(running.since));
    let run = &state.run;
    let done = run
        .statements
        .iter()
        .filter(|statement| statement.outcome.is_some())
        .count();
    let what = if run.committed {
        "committed; the last steps are at work, do not interrupt".to_owned()
    } else if running.committing {
        "COMMIT is on its way, do not interrupt".to_owned()
    } else if running.cancelling {
        "stopping".to_owned()
    } else if let Some((hydrated, total, missing)) = &run.waiting {
        format!(
            "{hydrated} of {total} hydrated, waiting for {}",
            missing.join(", ")
        )
    } else if run.models_done.1 > 0 {
        part(run.models_done.0, run.models_done.1, "model")
    } else {
        format!("statement {done} of {}", run.steps.max(done))
    };
    (
        ThemeRole::Focus,
        format!("{} running for {time}: {what}", running.label),
    )
}

fn awaiting_words(board: &Board, millis: u64) -> (ThemeRole, String) {
    let (hydrated, total) = board.deployment.hydrated_of_total();
    let what = match board.readiness() {
        Some(Readiness::Ready) => Cow::Borrowed("ready, seeing whether it lasts"),
        _ => reason(board),
    };
    (
        ThemeRole::Focus,
        format!(
            "awaiting readiness for {}: {hydrated} of {total} hydrated; {what}",
            wording::span(millis)
        ),
    )
}

fn phase_words(board: &Board, ahead: Option<&Preflight>) -> (ThemeRole, String) {
    let headline = headline(board, ahead);
    let name = |operation| label(operation, Some(board.phase)).to_owned();
    if headline.is_stopped {
        return (ThemeRole::Failing, headline.sentence(name));
    }
    let role = match board.phase {
        Phase::None | Phase::Initialized => ThemeRole::Text,
        Phase::Deploying | Phase::Promoting => ThemeRole::Warn,
        Phase::Hydrating => ThemeRole::from(board.deployment.readiness),
        Phase::Promoted => ThemeRole::from(board.production.readiness),
        Phase::Ready | Phase::Synced => ThemeRole::Ready,
        Phase::Unknown => ThemeRole::Unknown,
    };
    (
        role,
        format!("{}: {}", board.phase, headline.sentence(name)),
    )
}
