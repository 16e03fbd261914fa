//! A gauge per cluster: the subject's hydration with an estimate, the other side beside it, and the replicas where there is room.

use crate::domain::board::Board;
use crate::domain::environment::Side;
use crate::domain::phase::Phase;
use crate::domain::quantity;
use crate::domain::readiness::{ClusterReadiness, Readiness};
use crate::domain::snapshot::{LogicalTime, OfflineReason, ProcessState, ReplicaHealth};
use crate::domain::workflow::reason;
use crate::tui::state::State;
use crate::tui::theme::ThemeRole;
use crate::tui::view::Canvas;
use crate::tui::wording;
use ratatui::layout::Rect;
use std::cmp::Reverse;

const NAME: u16 = 16;
const SIDE: u16 = 8;
const STATE: u16 = 12;
const COUNT: u16 = 8;

pub fn draw(canvas: &mut Canvas<'_>, area: Rect, replicas: bool, state: &State) {
    let Some(board) = &state.shown().board else {
        return;
    };
    let step = if replicas { 2 } else { 1 };
    let mut y = area.y;
    let count = board.environment.clusters.len();
    for (at, (shown, other)) in worst_first(board).into_iter().enumerate() {
        // The last line tells how many clusters there is no room for.
        let last = y + step >= area.bottom();
        if last && at + 1 < count {
            let words = format!(
                "and {}; the table groups by cluster",
                quantity::count(count - at, "more cluster")
            );
            canvas.cut(area.x + 1, y, area.right(), ThemeRole::Muted, &words);
            return;
        }
        let row = Rect {
            y,
            height: 1,
            ..area
        };
        line(canvas, row, state, board, (shown, other));
        if replicas && y + 1 < area.bottom() {
            replica_line(canvas, Rect { y: y + 1, ..row }, board, shown);
        }
        y += step;
    }
}

/// The pairs, each with its side that is judged first; what fails is never below the edge.
fn worst_first(board: &Board) -> Vec<(&ClusterReadiness, &ClusterReadiness)> {
    let subject = board.phase.subject();
    let (shown, other) = (board.side(subject), board.side(subject.other()));
    let mut pairs: Vec<_> = shown.clusters.iter().zip(&other.clusters).collect();
    // Lag comes and goes: lines that change places with it could not be read.
    let how_bad = |cluster| match board.cluster_readiness(cluster) {
        Some(Readiness::Lagging) | None => Readiness::Ready,
        Some(readiness) => readiness,
    };
    pairs.sort_by_key(|(shown, other)| Reverse(how_bad(shown).max(how_bad(other))));
    pairs
}

fn line(
    canvas: &mut Canvas<'_>,
    row: Rect,
    state: &State,
    board: &Board,
    (shown, other): (&ClusterReadiness, &ClusterReadiness),
) {
    let glyphs = canvas.glyphs();
    let end = row.right().saturating_sub(1);
    let production = match shown.side {
        Side::Production => shown,
        Side::Deployment => other,
    };
    let verdict = board.cluster_readiness(shown);
    let role = verdict.map_or(ThemeRole::Muted, ThemeRole::from);
    canvas.cut(
        row.x + 1,
        row.y,
        row.x + NAME,
        ThemeRole::Title,
        &production.name,
    );
    let mut x = row.x + NAME + 1;
    let (side, label) = (
        side_role(shown.side, board),
        wording::side(shown.side, board),
    );
    canvas.text(x, row.y, x + SIDE, side, label);
    x += SIDE;
    let words = match verdict {
        Some(readiness) => format!("{} {readiness}", glyphs.readiness(readiness)),
        None => format!("{} -", glyphs.absent),
    };
    canvas.text(x, row.y, x + STATE, role, &words);
    x += STATE;
    let width = (row.width / 8).clamp(8, 30);
    gauge(canvas, Rect { x, width, ..row }, shown);
    x += width;
    canvas.right(
        x,
        row.y,
        x + COUNT,
        ThemeRole::Text,
        &format!("{}/{}", shown.hydrated, shown.total),
    );
    x += COUNT + 2;
    let stop = if board.phase == Phase::None {
        end
    } else {
        other_side(
            canvas,
            Rect {
                x,
                width: end.saturating_sub(x),
                ..row
            },
            board,
            other,
        )
    };
    let (role, words) = note(state, board, shown);
    canvas.cut(x, row.y, stop.saturating_sub(1), role, &words);
}

fn gauge(canvas: &mut Canvas<'_>, area: Rect, cluster: &ClusterReadiness) {
    let glyphs = canvas.glyphs();
    let width = usize::from(area.width);
    // Full only when it is: a bar that rounds up lies.
    let full = match (cluster.hydrated, cluster.total) {
        (_, 0) => 0,
        (hydrated, total) => hydrated.min(total) * width / total,
    };
    let role = ThemeRole::from(cluster.readiness);
    let x = canvas.text(
        area.x,
        area.y,
        area.right(),
        role,
        &glyphs.full.repeat(full),
    );
    canvas.text(
        x,
        area.y,
        area.right(),
        ThemeRole::Muted,
        &glyphs.empty.repeat(width - full),
    );
}

/// The other side at the right end: in full where there is room, its glyph alone otherwise. Returns where it begins.
fn other_side(canvas: &mut Canvas<'_>, area: Rect, board: &Board, other: &ClusterReadiness) -> u16 {
    let glyph = canvas.glyphs().readiness(other.readiness);
    let side = wording::side(other.side, board);
    let words = if area.width >= 50 {
        format!(
            "{side} {glyph} {} {}/{} lag {}",
            other.readiness,
            other.hydrated,
            other.total,
            wording::lag(other.lag)
        )
    } else if other.readiness == Readiness::Ready {
        format!("{side} {glyph}")
    } else {
        format!("{side} {glyph} {}", other.readiness)
    };
    let role = match other.readiness {
        Readiness::Ready => side_role(other.side, board),
        readiness => ThemeRole::from(readiness),
    };
    canvas.right(area.x, area.y, area.right(), role, &words)
}

fn side_role(side: Side, board: &Board) -> ThemeRole {
    match side {
        Side::Production => ThemeRole::Blue,
        Side::Deployment if board.holds_retired() => ThemeRole::Muted,
        Side::Deployment => ThemeRole::Green,
    }
}

fn note(state: &State, board: &Board, cluster: &ClusterReadiness) -> (ThemeRole, String) {
    // First, since it is what an estimate is to be read by.
    let mut parts: Vec<String> = cluster.activity.iter().cloned().collect();
    let estimate = cluster
        .id
        .as_ref()
        .and_then(|id| state.cockpit.estimates.get(id));
    if let Some(estimate) = estimate {
        parts.push(estimate.to_string());
    } else if cluster.total == 0 && cluster.readiness == Readiness::Ready {
        parts.push(match board.cluster_readiness(cluster) {
            None => reason(board).into_owned(),
            Some(_) => "nothing to hydrate".to_owned(),
        });
    } else if cluster.readiness == Readiness::Ready {
        parts.push(format!("lag {}", wording::lag(cluster.lag)));
    }
    if !cluster.reason.is_empty() {
        parts.push(cluster.reason.clone());
    }
    if let Some(since) = cluster.since {
        let age = wording::span(board.snapshot.time.millis_since(since));
        parts.push(format!("for {age}"));
    }
    let role = match cluster.readiness {
        Readiness::Ready => ThemeRole::Muted,
        other => ThemeRole::from(other),
    };
    (role, parts.join(", "))
}

fn replica_line(canvas: &mut Canvas<'_>, row: Rect, board: &Board, cluster: &ClusterReadiness) {
    let Some(id) = &cluster.id else { return };
    let catalog = &board.snapshot.catalog;
    let now = board.snapshot.time;
    let size = catalog
        .clusters
        .get(id)
        .and_then(|cluster| cluster.size.clone())
        .unwrap_or_default();
    let mut x = canvas.cut(
        row.x + 3,
        row.y,
        row.x + NAME,
        ThemeRole::Muted,
        &format!("{} {size}", canvas.glyphs().branch),
    );
    x = x.max(row.x + NAME + 1);
    let steady: Vec<_> = catalog.steady_replicas_of(id).map(|it| it.id).collect();
    for replica in catalog.replicas_of(id) {
        let name = match (&replica.size, steady.contains(&replica.id)) {
            (Some(size), false) => format!("{} ({size}, for a while)", replica.name),
            _ => replica.name.to_string(),
        };
        let health = board.snapshot.readings.replicas.get(&replica.id);
        let (role, words) = match health {
            Some(health) => replica_words(&name, health, now),
            None => (ThemeRole::Unknown, format!("{name} reports nothing")),
        };
        x = canvas.cut(x, row.y, row.right(), role, &words);
        x = canvas.text(x, row.y, row.right(), ThemeRole::Muted, "   ");
    }
}

fn replica_words(name: &str, health: &ReplicaHealth, now: LogicalTime) -> (ThemeRole, String) {
    let mut words = vec![name.to_owned()];
    let role = if health.is_online() {
        words.push("online".to_owned());
        ThemeRole::Text
    } else {
        let state = health.unwell.as_ref().map(ProcessState::as_str);
        let reason = health.reason.as_ref().map(OfflineReason::as_str);
        let reason = reason.or(state).unwrap_or("offline");
        let since = health
            .since
            .map(|since| format!(" for {}", wording::span(now.millis_since(since))))
            .unwrap_or_default();
        words.push(format!("{reason}{since}"));
        ThemeRole::Failing
    };
    if let Some(cpu) = health.cpu_percent {
        words.push(format!("cpu {cpu:.0} %"));
    }
    if let Some(memory) = health.memory_percent {
        words.push(format!("memory {memory:.0} %"));
    }
    if let Some(last) = health.oom_kills.last() {
        words.push(format!(
            "out of memory {}, last {} ago",
            quantity::count(health.oom_kills.len(), "time"),
            wording::span(now.millis_since(*last))
        ));
    }
    (role, words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture::World;

    #[test]
    fn what_fails_comes_first_and_lag_moves_nothing() {
        let mut board = World::new().board();
        let pair = |name: &str, production, deployment| {
            let of = |side: Side, readiness| ClusterReadiness {
                name: name.to_owned(),
                readiness,
                ..board.side(side).clusters[0].clone()
            };
            (
                of(Side::Production, production),
                of(Side::Deployment, deployment),
            )
        };
        let pairs = [
            pair("a", Readiness::Ready, Readiness::Ready),
            pair("b", Readiness::Ready, Readiness::Lagging),
            pair("c", Readiness::Ready, Readiness::Hydrating),
            pair("d", Readiness::Failing, Readiness::Ready),
            pair("e", Readiness::Ready, Readiness::Ready),
            pair("f", Readiness::Ready, Readiness::Failing),
        ];
        let (production, deployment) = pairs.into_iter().unzip();
        board.production.clusters = production;
        board.deployment.clusters = deployment;
        let names: Vec<&str> = worst_first(&board)
            .into_iter()
            .map(|(shown, _)| shown.name.as_str())
            .collect();
        assert_eq!(names, ["d", "f", "c", "a", "b", "e"]);
    }
}
