//! Who reads which side: SUBSCRIBEs, sessions and sinks, as lines of a list. What the catalog can't tell is said.

use crate::domain::board::Board;
use crate::domain::environment::Side;
use crate::domain::name::ObjectId;
use crate::domain::object::{Object, ObjectKind};
use crate::domain::quantity::count;
use crate::domain::reading::CatalogReading;
use crate::domain::snapshot::Subscription;
use crate::tui::state::State;
use crate::tui::theme::ThemeRole;
use crate::tui::wording;

/// One line of the traffic screen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TrafficLine {
    Heading(String),
    /// Column heads of the section.
    Heads([&'static str; 5]),
    Cells {
        role: ThemeRole,
        cells: [String; 5],
    },
    Words {
        role: ThemeRole,
        text: String,
    },
}

/// All lines of the screen, for the shown picture.
#[must_use]
pub fn lines(state: &State) -> Vec<TrafficLine> {
    let Some(board) = &state.shown().board else {
        return vec![words(ThemeRole::Muted, "Waiting for the first picture.")];
    };
    let mut lines = Vec::new();
    subscriptions(board, &mut lines);
    sinks(board, &mut lines);
    sessions(board, &mut lines);
    link(state, &mut lines);
    lines
}

/// How this cockpit itself reads the server.
fn link(state: &State, lines: &mut Vec<TrafficLine>) {
    lines.push(TrafficLine::Heading("This cockpit".to_owned()));
    let sentences = state.latest.connection.sentences(state.moment());
    lines.extend(
        sentences
            .into_iter()
            .map(|text| words(ThemeRole::Text, text)),
    );
}

fn words(role: ThemeRole, text: impl Into<String>) -> TrafficLine {
    TrafficLine::Words {
        role,
        text: text.into(),
    }
}

/// The side of an object by the judged sides, so that nothing is resolved anew.
fn side(board: &Board, id: &ObjectId) -> Option<Side> {
    if board.production.objects.contains_key(id) {
        Some(Side::Production)
    } else if board.deployment.objects.contains_key(id) {
        Some(Side::Deployment)
    } else {
        None
    }
}

fn side_words(board: &Board, side: Option<Side>) -> (ThemeRole, &'static str) {
    match side {
        Some(Side::Production) => (ThemeRole::Blue, "blue"),
        Some(Side::Deployment) if board.holds_retired() => (ThemeRole::Warn, "RETIRED"),
        Some(Side::Deployment) => (ThemeRole::Green, "green"),
        None => (ThemeRole::Text, "neither"),
    }
}

fn age(board: &Board, since: Option<crate::domain::snapshot::LogicalTime>) -> String {
    since.map_or_else(
        || "?".to_owned(),
        |since| wording::span(board.snapshot.time.millis_since(since)),
    )
}

fn subscriptions(board: &Board, lines: &mut Vec<TrafficLine>) {
    let all = &board.snapshot.readings.subscriptions;
    let on = |wanted: Side| {
        all.iter()
            .filter(|subscription| {
                subscription
                    .objects
                    .iter()
                    .any(|id| side(board, id) == Some(wanted))
            })
            .count()
    };
    let deployment = wording::side(Side::Deployment, board);
    lines.push(TrafficLine::Heading(format!(
        "SUBSCRIBEs: {} on blue, {} on {deployment}, {} in all",
        on(Side::Production),
        on(Side::Deployment),
        all.len()
    )));
    if board.snapshot.lacks(CatalogReading::Subscriptions) {
        lines.push(words(
            ThemeRole::Warn,
            "This server or role does not show SUBSCRIBEs, so none seen is not none.",
        ));
        return;
    }
    if all.is_empty() {
        lines.push(words(ThemeRole::Muted, "No SUBSCRIBE is running."));
        return;
    }
    lines.push(TrafficLine::Heads([
        "reads", "side", "cluster", "session", "for",
    ]));
    let mut sorted: Vec<&Subscription> = all.iter().collect();
    // Those on the deployment side first: after a promote they still read the retired one.
    sorted.sort_by_key(|subscription| {
        let sides = subscription.objects.iter().map(|id| side(board, id));
        (std::cmp::Reverse(sides.max()), subscription.id.clone())
    });
    for subscription in sorted {
        for object in &subscription.objects {
            let (role, side) = side_words(board, side(board, object));
            lines.push(TrafficLine::Cells {
                role,
                cells: [
                    wording::object(board, object),
                    side.to_owned(),
                    cluster_name(board, subscription),
                    who(board, &subscription.session),
                    age(board, subscription.since),
                ],
            });
        }
    }
}

fn cluster_name(board: &Board, subscription: &Subscription) -> String {
    let cluster = board.snapshot.catalog.clusters.get(&subscription.cluster);
    cluster.map_or_else(
        || subscription.cluster.to_string(),
        |cluster| cluster.name.to_string(),
    )
}

fn who(board: &Board, session: &str) -> String {
    let found = board
        .snapshot
        .readings
        .sessions
        .iter()
        .find(|known| known.id == session);
    match found {
        Some(session) => {
            let role = board.snapshot.catalog.role_name(&session.role);
            match &session.application {
                Some(application) => format!("{role} ({application})"),
                None => role,
            }
        }
        None => short(session),
    }
}

fn sinks(board: &Board, lines: &mut Vec<TrafficLine>) {
    let catalog = &board.snapshot.catalog;
    let sinks: Vec<&Object> = catalog
        .objects
        .values()
        .filter(|object| object.kind == ObjectKind::Sink)
        .collect();
    lines.push(TrafficLine::Heading(format!(
        "Sinks: {}",
        count(sinks.len(), "sink")
    )));
    if sinks.is_empty() {
        lines.push(words(ThemeRole::Muted, "There is no sink."));
        return;
    }
    lines.push(TrafficLine::Heads([
        "sink", "reads", "side", "status", "lag",
    ]));
    for sink in sinks {
        let upstream = catalog
            .inputs
            .get(&sink.id)
            .into_iter()
            .flatten()
            .find(|input| {
                catalog
                    .objects
                    .get(*input)
                    .is_some_and(|object| object.kind != ObjectKind::Connection)
            });
        let status = board.snapshot.readings.connectors.get(&sink.id);
        let (role, side) = upstream.map_or((ThemeRole::Text, "?"), |input| {
            side_words(board, side(board, input))
        });
        let unwell = status.is_some_and(|status| !status.is_running());
        lines.push(TrafficLine::Cells {
            role: if unwell { ThemeRole::Failing } else { role },
            cells: [
                wording::object(board, &sink.id),
                upstream.map_or_else(|| "?".to_owned(), |input| wording::object(board, input)),
                side.to_owned(),
                status.map_or_else(|| "?".to_owned(), |status| status.state.to_string()),
                wording::lag(board.snapshot.lag(&sink.id)),
            ],
        });
        if let Some(error) = status.and_then(|status| status.error.as_ref()) {
            lines.push(words(ThemeRole::Failing, format!("    {error}")));
        }
    }
}

fn sessions(board: &Board, lines: &mut Vec<TrafficLine>) {
    let sessions = &board.snapshot.readings.sessions;
    lines.push(TrafficLine::Heading(format!(
        "Sessions: {}",
        sessions.len()
    )));
    lines.push(words(
        ThemeRole::Muted,
        "Sessions are bound to no side: none seen on one is not none.",
    ));
    if sessions.is_empty() {
        return;
    }
    lines.push(TrafficLine::Heads([
        "role",
        "application",
        "from",
        "session",
        "for",
    ]));
    for session in sessions.iter() {
        lines.push(TrafficLine::Cells {
            role: ThemeRole::Text,
            cells: [
                board.snapshot.catalog.role_name(&session.role),
                session
                    .application
                    .clone()
                    .unwrap_or_else(|| "not told".to_owned()),
                session
                    .client_ip
                    .clone()
                    .unwrap_or_else(|| "not told".to_owned()),
                short(&session.id),
                age(board, session.since),
            ],
        });
    }
}

/// The end of a session's id: ids of sessions that began together differ there.
fn short(session: &str) -> String {
    let skip = session.chars().count().saturating_sub(8);
    session.chars().skip(skip).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::fixture::World;
    use crate::domain::reading::Missing;

    fn shown(world: &World) -> bool {
        let mut lines = Vec::new();
        subscriptions(&world.board(), &mut lines);
        let warns = |line: &TrafficLine| {
            matches!(
                line,
                TrafficLine::Words {
                    role: ThemeRole::Warn,
                    ..
                }
            )
        };
        !lines.iter().any(warns)
    }

    #[test]
    fn none_seen_is_not_none_where_they_can_not_be_read() {
        let mut world = World::new();
        assert!(shown(&world));
        world.lack(
            CatalogReading::Subscriptions,
            Missing::column("mz_internal.mz_subscriptions", "created_at"),
        );
        assert!(!shown(&world));
    }
}
