//! Names, comments, errors and dbt's words that hold what a terminal would obey: none of it gets into a cell, a copy or a file.

use super::support::{boards, changes, plans, screen};
use super::{SIZES, Session, facts, theme};
use boards::Scene;
use crossterm::event::{KeyCode, KeyEvent};
use cutover::domain::action::Operation;
use cutover::domain::board::Board;
use cutover::domain::environment::{Environment, NamePair};
use cutover::domain::escape::is_obeyed;
use cutover::domain::finding::{Finding, FindingId, Severity};
use cutover::domain::name::Identifier;
use cutover::domain::picture::{ConnectionState, ConnectionStatus, Picture, Preflight};
use cutover::domain::readiness::Thresholds;
use cutover::domain::snapshot::ClientSession;
use cutover::domain::whole::ProjectKnowledge;
use cutover::ops::progress::{ModelState, Outcome, OutcomeKind, Progress};
use cutover::tui::effect::Effect;
use cutover::tui::event::Event;
use cutover::tui::state::TargetInfo;
use cutover::tui::update;
use std::sync::Arc;

const EVIL: &str = "\u{1b}[2J\u{1b}]0;own\u{7}\u{9b}31m\u{9d}52;c;aGk=\u{9c}\u{202e}\u{2066}\u{200f}\u{61c}\r\n\t\u{85}";

fn evil(text: &str) -> String {
    format!("{EVIL}{text}{EVIL}")
}

fn evil_name(name: &mut Identifier) {
    *name = boards::name(&evil(name.as_str()));
}

/// A scene in which everything that has a name has a hostile one.
fn board(scene: Scene) -> Arc<Board> {
    let board = boards::board(scene, 30);
    let mut snapshot = (*board.snapshot).clone();
    let catalog = Arc::make_mut(&mut snapshot.catalog).edit();
    catalog
        .objects
        .values_mut()
        .for_each(|object| evil_name(&mut object.name));
    catalog
        .schemas
        .values_mut()
        .for_each(|schema| evil_name(&mut schema.name));
    catalog
        .clusters
        .values_mut()
        .for_each(|cluster| evil_name(&mut cluster.name));
    catalog
        .replicas
        .values_mut()
        .for_each(|replica| evil_name(&mut replica.name));
    catalog.roles.values_mut().for_each(evil_name);
    for connector in snapshot.readings.connectors.values_mut() {
        connector.state = evil(connector.state.as_str()).into();
        connector.error = Some(evil("broker"));
    }
    for health in snapshot.readings.replicas.values_mut() {
        health.reason = Some(evil("oom-killed").into());
    }
    let sessions = snapshot.readings.sessions.iter().cloned();
    let sessions = sessions.map(|session| ClientSession {
        application: Some(evil("app")),
        client_ip: Some(evil("ip")),
        ..session
    });
    snapshot.readings.sessions = sessions.collect();
    snapshot.server.version = evil("v26");
    let pair = |pair: &NamePair| NamePair {
        production: boards::name(&evil(pair.production.as_str())),
        deployment: boards::name(&evil(pair.deployment.as_str())),
    };
    let environment = Environment {
        target: evil(&board.environment.target),
        schemas: board.environment.schemas.iter().map(pair).collect(),
        clusters: board.environment.clusters.iter().map(pair).collect(),
        ..(*board.environment).clone()
    };
    Arc::new(Board::new(
        Arc::new(snapshot),
        Arc::new(environment),
        ProjectKnowledge::default(),
        None,
        Thresholds::default(),
    ))
}

fn finding() -> Finding {
    Finding {
        id: FindingId::NotReady,
        severity: Severity::Block,
        message: evil("message"),
        remedy: evil("remedy"),
        objects: vec![evil("object")],
    }
}

fn session(scene: Scene, size: (u16, u16)) -> Session {
    let facts = TargetInfo {
        target: evil("prod"),
        project: evil("shop"),
        address: evil("address"),
        role: evil("role"),
        ..facts()
    };
    let mut session = Session::new(facts, size);
    session.send(Event::Picture(Picture {
        board: Some(board(scene)),
        preflight: Some(Arc::new(Preflight {
            operation: Operation::Promote,
            findings: vec![finding()],
        })),
        connection: ConnectionStatus {
            state: ConnectionState::Live,
            restarts: 1,
            last_gap: Some(evil("gap")),
            polling_reason: Some(evil("no SUBSCRIBE")),
            ..ConnectionStatus::default()
        },
        read_only_reason: Some(evil("role owns nothing").into()),
        ..Picture::default()
    }));
    session.send(Event::Flash(evil("flash")));
    session
}

#[track_caller]
fn assert_tame(session: &mut Session, what: &str) {
    for size in SIZES {
        let buffer = screen::draw(&mut session.state, &theme(), size);
        for cell in &buffer.content {
            let symbol = cell.symbol();
            assert!(!symbol.contains(is_obeyed), "{what}: {symbol:?}");
        }
    }
    // What the copy keys and the save key take.
    for key in ['y', 'Y', 'w', 's'] {
        let effects = update(
            &mut session.state,
            Event::Key(KeyEvent::from(KeyCode::Char(key))),
        );
        for effect in effects {
            match effect {
                Effect::Copy(text) | Effect::Save { text, .. } => {
                    let obeyed = |c| is_obeyed(c) && c != '\n' && c != '\t';
                    assert!(!text.contains(obeyed), "{what}, {key}: {text:?}");
                }
                _ => {}
            }
        }
        session.press("\u{1b}");
    }
}

#[test]
fn no_screen_shows_what_a_terminal_would_obey() {
    for scene in [
        Scene::None,
        Scene::Hydrating(60),
        Scene::Failing,
        Scene::Stalled,
        Scene::Promoted,
    ] {
        for keys in ["", "\t", "\t\t", "\t\t\t", "4", "5", "?", "j\n"] {
            let mut session = session(scene, SIZES[0]);
            session.press(keys);
            let drawn = screen::draw(&mut session.state, &theme(), SIZES[2]);
            assert!(
                screen::text(&drawn).contains("\\u{1b}[2J"),
                "{scene:?} {keys:?}"
            );
            assert_tame(&mut session, &format!("{scene:?} {keys:?}"));
        }
    }
}

#[test]
fn no_plan_run_change_or_history_shows_it() {
    let size = SIZES[0];
    let mut reviewing = session(Scene::Ready, size);
    reviewing.press("P");
    let generation = reviewing.asked.take();
    if let Some(generation) = generation {
        let mut plan = plans::plan(Operation::Cleanup, true, 1);
        plan.summary = vec![evil("summary")];
        plan.findings = vec![finding()];
        plan.word = boards::name(&evil("compute"));
        plan.environment = evil("prod");
        for item in &mut plan.closure {
            item.name = evil(&item.name);
            item.owner = evil(&item.owner);
        }
        reviewing.send(Event::Planned {
            generation,
            result: Ok(Box::new(plan)),
        });
        reviewing.wait(500);
    }
    assert_tame(&mut reviewing, "plan");

    let mut running = Session::watching(Scene::Ready, size);
    running.open("D", Operation::Deploy, false);
    running.press("y");
    for progress in [
        Progress::StatementStarted {
            sql: evil("CREATE VIEW v"),
        },
        Progress::StatementFinished {
            sql: evil("CREATE VIEW v"),
            ok: false,
            outcome: evil("ERROR"),
            seconds: 0.1,
        },
        Progress::Model {
            name: evil("model"),
            state: ModelState::Failed,
            seconds: None,
            message: Some(evil("Database Error")),
            done: 1,
            total: 2,
        },
        Progress::Log {
            line: evil("1 of 3 OK"),
        },
        Progress::Note { text: evil("note") },
        Progress::Waiting {
            hydrated: 1,
            total: 2,
            missing: vec![evil("foo: hydrating")],
        },
        Progress::Finished(Outcome {
            outcome: OutcomeKind::Failed,
            message: evil("failed"),
            remedy: None,
            next: Some(evil("cutover deploy")),
            audit: Some(evil("audit").into()),
        }),
    ] {
        running.progress(progress);
        assert_tame(&mut running, "run");
        running.press("w");
        assert_tame(&mut running, "run, wrapped");
    }

    let mut view = (*changes::view()).clone();
    for node in &mut view.nodes {
        node.name = evil(&node.name);
        node.unique_id = evil(&node.unique_id);
        node.in_production = evil(&node.in_production);
        node.reasons.push(evil("reason").into());
        node.raw.after = Some(evil("select 1").into());
        node.compiled.after = Some(evil("select 1").into());
    }
    for keys in ["", "v", "l", "ll", "lll"] {
        let mut changed = session(Scene::Ready, size);
        changed.press("2");
        changed.send(Event::Changes(Ok(Arc::new(view.clone()))));
        changed.press(keys);
        assert_tame(&mut changed, &format!("changes {keys}"));
    }

    let mut entries = changes::history().to_vec();
    for entry in &mut entries {
        entry.message = evil(&entry.message);
        entry.by = evil(&entry.by);
        entry.environment = evil(&entry.environment);
        entry.file = evil(&entry.file);
        for statement in &mut entry.statements {
            statement.sql = evil(&statement.sql);
            statement.outcome = evil(&statement.outcome);
        }
    }
    for keys in ["", "\n"] {
        let mut history = session(Scene::Ready, size);
        history.press("5");
        history.send(Event::History(Ok(entries.clone().into())));
        history.press(keys);
        assert_tame(&mut history, &format!("history {keys:?}"));
    }
}
