//! The screens as an operator sees them, with the style of every cell, at the three sizes that count.
//!
//! To look at them: `cargo test --test screens -- --nocapture`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "screens/hostile.rs"]
mod hostile;
mod support;

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use cutover::domain::action::Operation;
use cutover::domain::finding::{Finding, FindingId, Severity};
use cutover::domain::picture::{ConnectionState, ConnectionStatus, Picture, Preflight};
use cutover::ops::progress::{ModelState, Outcome, OutcomeKind, Progress};
use cutover::tui::effect::{Effect, Generation};
use cutover::tui::event::{Event, Now};
use cutover::tui::glyphs::Glyphs;
use cutover::tui::keymap::Keymap;
use cutover::tui::screens::cockpit::{Pane, pane};
use cutover::tui::state::{State, TargetInfo};
use cutover::tui::theme::Theme;
use cutover::tui::update;
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::boards::{self, Scene};
use support::{changes, plans, screen};

const SIZES: [(u16, u16); 3] = [(80, 24), (120, 40), (200, 60)];

fn facts() -> TargetInfo {
    TargetInfo {
        target: "prod".to_owned(),
        project: "shop".to_owned(),
        address: "127.0.0.1:6875/materialize".to_owned(),
        role: "deployer".to_owned(),
        read_only: None,
        badge: String::new(),
        demo: true,
    }
}

/// A session with a clock of its own.
struct Session {
    state: State,
    millis: u64,
    asked: Option<Generation>,
    running: Option<Generation>,
}

impl Session {
    fn new(facts: TargetInfo, size: (u16, u16)) -> Self {
        Self {
            state: State::new(facts, Arc::new(Keymap::default()), Instant::now(), size),
            millis: 0,
            asked: None,
            running: None,
        }
    }

    /// Half a minute of pictures of one scene.
    fn watching(scene: Scene, size: (u16, u16)) -> Self {
        let mut session = Self::new(facts(), size);
        for second in 0..30 {
            session.millis = second * 1000;
            session.picture(scene, ConnectionState::Live);
        }
        session
    }

    /// Now, by the clock of the link.
    fn moment(&self) -> Instant {
        self.state.started + Duration::from_millis(self.millis)
    }

    fn send(&mut self, event: Event) {
        let second = i8::try_from(self.millis / 1000 % 60).unwrap();
        let now = Now {
            millis: self.millis,
            wall: jiff::civil::date(2026, 11, 20).at(10, 0, second, 0),
        };
        update(&mut self.state, Event::Tick(now));
        for effect in update(&mut self.state, event) {
            match effect {
                Effect::Plan { generation, .. } => self.asked = Some(generation),
                Effect::Execute { generation, .. } => self.running = Some(generation),
                _ => {}
            }
        }
    }

    fn picture(&mut self, scene: Scene, link: ConnectionState) {
        let not_ready = Finding {
            id: FindingId::NotReady,
            severity: Severity::Block,
            message: "The deployment side is not ready.".to_owned(),
            remedy: "Wait, or run await.".to_owned(),
            objects: vec!["compute_dbt_deploy".to_owned()],
        };
        self.picture_with(scene, link, not_ready);
    }

    /// With what the guards see that stops a promote.
    fn picture_with(&mut self, scene: Scene, link: ConnectionState, block: Finding) {
        let preflight = Preflight {
            operation: Operation::Promote,
            findings: vec![
                Finding {
                    id: FindingId::GrantsDiffer,
                    severity: Severity::Warn,
                    message: "SELECT for analyst is missing in green.".to_owned(),
                    remedy: "Run init again, which copies grants.".to_owned(),
                    objects: vec!["materialize.marts.auction_board".to_owned()],
                },
                block,
            ],
        };
        let restarts = u32::from(matches!(link, ConnectionState::Lost { .. }));
        let heard_at = self.moment().checked_sub(Duration::from_millis(200));
        self.send(Event::Picture(Picture {
            board: Some(boards::board(scene, self.millis / 1000)),
            preflight: Some(Arc::new(preflight)),
            connection: ConnectionStatus {
                state: link,
                heard_at,
                restarts,
                server_verified: true,
                ..ConnectionStatus::default()
            },
            ..Picture::default()
        }));
    }

    /// The link is lost, with the last picture.
    fn lose(&mut self) {
        let lost = ConnectionState::Lost {
            since: self.moment(),
            error: cutover::domain::failure::Failure::new("connection refused by 127.0.0.1:6875"),
            attempts: 2,
            retry_at: self.moment() + Duration::from_secs(14),
        };
        self.picture(Scene::Ready, lost);
    }

    fn press(&mut self, keys: &str) {
        for c in keys.chars() {
            self.millis += 300;
            let key = match c {
                '\n' => KeyEvent::from(KeyCode::Enter),
                '\t' => KeyEvent::from(KeyCode::Tab),
                '\u{1b}' => KeyEvent::from(KeyCode::Esc),
                '\u{19}' => KeyEvent::new(KeyCode::Char('y'), KeyModifiers::CONTROL),
                c => KeyEvent::from(KeyCode::Char(c)),
            };
            self.send(Event::Key(key));
        }
    }

    /// Opens the plan of an operation.
    fn open(&mut self, key: &str, operation: Operation, blocked: bool) {
        self.press(key);
        let generation = self.asked.take().expect("a plan was asked for");
        self.send(Event::Planned {
            generation,
            result: Ok(Box::new(plans::plan(operation, blocked, 1))),
        });
        // Past the moment in which keys are ignored.
        self.wait(500);
    }

    fn wait(&mut self, millis: u64) {
        self.millis += millis;
        let now = Now {
            millis: self.millis,
            ..self.state.now
        };
        update(&mut self.state, Event::Tick(now));
    }

    fn progress(&mut self, progress: Progress) {
        let generation = self.running.expect("an operation runs");
        self.send(Event::Progress {
            generation,
            progress,
        });
    }
}

/// Every screen that is worth a look: its name, and how to get there.
fn gallery(size: (u16, u16)) -> Vec<(&'static str, Session)> {
    vec![
        ("connecting", Session::new(facts(), size)),
        ("none", Session::watching(Scene::None, size)),
        ("initialized", Session::watching(Scene::Initialized, size)),
        ("hydrating", Session::watching(Scene::Hydrating(60), size)),
        ("bursting", Session::watching(Scene::Bursting, size)),
        ("failing", Session::watching(Scene::Failing, size)),
        ("promoted", Session::watching(Scene::Promoted, size)),
        ("lost", lost(size)),
        ("filtered", filtered(size)),
        (
            "plan-promote",
            planning("P", Operation::Promote, false, "comp", size),
        ),
        (
            "plan-deploy",
            planning("D", Operation::Deploy, false, "", size),
        ),
        (
            "plan-cleanup",
            planning("X", Operation::Cleanup, false, "compute", size),
        ),
        (
            "plan-blocked",
            planning("P", Operation::Promote, true, "", size),
        ),
        ("changes", on_changes("", size)),
        ("changes-unified", on_changes("v", size)),
        ("changes-impact", on_changes("ll", size)),
        ("run", running(size)),
        ("traffic", on_screen(Scene::Promoted, "4", size)),
        ("history", history("", size)),
        ("history-open", history("\n", size)),
        ("help", on_screen(Scene::Ready, "?", size)),
        ("palette", on_screen(Scene::Ready, ":ro", size)),
        ("result", result(size)),
    ]
}

fn on_screen(scene: Scene, keys: &str, size: (u16, u16)) -> Session {
    let mut session = Session::watching(scene, size);
    session.press(keys);
    session
}

fn lost(size: (u16, u16)) -> Session {
    let mut session = Session::watching(Scene::Ready, size);
    session.lose();
    session.millis += 12_000;
    session.send(Event::Flash("the link is lost".to_owned()));
    session
}

fn filtered(size: (u16, u16)) -> Session {
    let mut session = on_screen(Scene::Hydrating(60), "t/state:hydrating kind:mv", size);
    session.millis += 1_000;
    session
}

fn planning(
    key: &str,
    operation: Operation,
    blocked: bool,
    typed: &str,
    size: (u16, u16),
) -> Session {
    let mut session = Session::watching(Scene::Ready, size);
    session.open(key, operation, blocked);
    session.press(typed);
    session
}

fn on_changes(keys: &str, size: (u16, u16)) -> Session {
    let mut session = on_screen(Scene::Initialized, "2", size);
    session.send(Event::Changes(Ok(changes::view())));
    session.press(keys);
    session
}

fn history(keys: &str, size: (u16, u16)) -> Session {
    let mut session = on_screen(Scene::Ready, "5", size);
    session.send(Event::History(Ok(changes::history())));
    session.press(keys);
    session
}

fn running(size: (u16, u16)) -> Session {
    let mut session = Session::watching(Scene::Ready, size);
    session.open("D", Operation::Deploy, false);
    session.press("y");
    let model = |name: &str, state, done| Progress::Model {
        name: name.to_owned(),
        state,
        seconds: (state == ModelState::Done).then_some(1.25),
        message: None,
        done,
        total: 3,
    };
    session.progress(Progress::Started {
        operation: Operation::Deploy,
        steps: 4,
    });
    for sql in [
        "COMMENT ON SCHEMA \"materialize\".\"marts_dbt_deploy\" IS 'x'",
        "CREATE MATERIALIZED VIEW \"materialize\".\"marts_dbt_deploy\".\"bar\" AS SELECT 1",
    ] {
        session.millis += 700;
        session.progress(Progress::StatementStarted {
            sql: sql.to_owned(),
        });
    }
    session.progress(model("bar", ModelState::Done, 1));
    session.progress(model("foobar", ModelState::Running, 1));
    session.progress(Progress::Log {
        line: "1 of 3 OK created sql materialized_view model marts.bar".to_owned(),
    });
    session
}

fn result(size: (u16, u16)) -> Session {
    let mut session = Session::watching(Scene::Ready, size);
    session.open("P", Operation::Promote, false);
    session.press("compute\u{19}");
    session.progress(Progress::Committing);
    session.progress(Progress::Finished(Outcome {
        outcome: OutcomeKind::Unknown,
        message: "The link was lost at COMMIT and the catalog could not be read back.".to_owned(),
        remedy: None,
        next: Some("cutover status".to_owned()),
        audit: Some("state/prod/audit/20261120T100031-promote.jsonl".into()),
    }));
    session.wait(500);
    session
}

fn theme() -> Theme {
    Theme::ansi(Glyphs::UNICODE)
}

fn hold(name: &str, session: &mut Session, theme: &Theme, size: (u16, u16)) {
    let drawn = screen::draw(&mut session.state, theme, size);
    let name = format!("{name}_{}x{}", size.0, size.1);
    println!("=== {name}\n{}", screen::text(&drawn));
    insta::with_settings!({ omit_expression => true, prepend_module_to_snapshot => false }, {
        insta::assert_snapshot!(name, screen::styled(&drawn));
    });
}

#[test]
fn every_screen_on_a_small_terminal() {
    for (name, mut session) in gallery(SIZES[0]) {
        hold(name, &mut session, &theme(), SIZES[0]);
    }
}

/// The screens that lay themselves out by the size.
#[test]
fn the_main_screens_on_larger_terminals() {
    let main = [
        "hydrating",
        "bursting",
        "promoted",
        "plan-promote",
        "changes",
        "run",
        "traffic",
        "history",
    ];
    for size in &SIZES[1..] {
        for (name, mut session) in gallery(*size) {
            if main.contains(&name) {
                hold(name, &mut session, &theme(), *size);
            }
        }
    }
}

#[test]
fn without_colours_and_without_unicode() {
    let mono = Theme::mono(Glyphs::UNICODE);
    let ascii = Theme::ansi(Glyphs::ASCII);
    for (name, mut session) in gallery(SIZES[0]) {
        if ["hydrating", "failing", "changes", "plan-promote"].contains(&name) {
            hold(&format!("{name}_mono"), &mut session, &mono, SIZES[0]);
            hold(&format!("{name}_ascii"), &mut session, &ascii, SIZES[0]);
        }
    }
}

#[test]
fn ascii_glyphs_leave_no_other_character() {
    let ascii = Theme::mono(Glyphs::ASCII);
    for size in SIZES {
        for (name, mut session) in gallery(size) {
            let text = screen::text(&screen::draw(&mut session.state, &ascii, size));
            let other: String = text.chars().filter(|c| !c.is_ascii()).collect();
            assert_eq!(other, "", "{name}");
        }
    }
}

#[test]
fn the_detail_names_what_holds_an_object_up() {
    let session = Session::watching(Scene::Stalled, SIZES[0]);
    let text: Vec<String> = pane(&session.state, Pane::Detail)
        .into_iter()
        .map(|paragraph| paragraph.text)
        .collect();
    // Both sides are as late as their source, so the source is what is told.
    let cause =
        "behind with materialize.sources.auction_house, which is stalled: broker unreachable";
    assert!(text.iter().any(|line| line.contains(cause)), "{text:#?}");
    let ready = Session::watching(Scene::Ready, SIZES[0]);
    let said = pane(&ready.state, Pane::Detail);
    assert!(!said.iter().any(|line| line.text.contains("waiting for")));
}

/// Hydration of two clusters, seen object by object, against how long production's twins took.
#[test]
fn an_estimate_comes_from_this_run_and_from_the_past() {
    let mut session = Session::new(facts(), SIZES[0]);
    let estimates = |session: &Session| -> Vec<String> {
        let estimates = session.state.cockpit.estimates.values();
        estimates.map(ToString::to_string).collect()
    };
    session.picture(Scene::Hydrating(0), ConnectionState::Live);
    // Production's twins took 23 to 27 s, and nothing is known of this run.
    assert_eq!(
        estimates(&session),
        [
            "perhaps in 25 s, as blue took",
            "perhaps in 30 s, as blue took"
        ]
    );
    session.millis = 12_000;
    session.picture(Scene::Hydrating(40), ConnectionState::Live);
    // Four of seven in 12 s: three more take about 9 s, where the past says 13 s.
    assert_eq!(estimates(&session)[0], "in about 15 s");
    session.millis = 60_000;
    session.picture(Scene::Hydrating(70), ConnectionState::Live);
    assert_eq!(estimates(&session), ["later than foreseen"]);
    session.millis = 61_000;
    session.picture(Scene::Ready, ConnectionState::Live);
    assert!(estimates(&session).is_empty());
}

#[test]
fn a_terminal_that_is_too_small_says_so() {
    let mut session = Session::watching(Scene::Ready, (40, 10));
    hold("too-small", &mut session, &theme(), (40, 10));
}

#[test]
fn a_side_that_guards_would_stop_is_never_called_ready() {
    let mut session = Session::new(facts(), SIZES[0]);
    let not_built = Finding {
        id: FindingId::ModelNotBuilt,
        severity: Severity::Block,
        message: "3,992 models of the project are missing in deployment.".to_owned(),
        remedy: "Run deploy, which builds them.".to_owned(),
        objects: vec!["materialize.marts.auction_board".to_owned()],
    };
    session.picture_with(Scene::Ready, ConnectionState::Live, not_built);
    hold("stopped", &mut session, &theme(), SIZES[0]);
}

#[test]
fn over_a_lost_link_no_yes_is_offered() {
    let mut session = Session::new(facts(), SIZES[0]);
    session.picture(Scene::Ready, ConnectionState::Live);
    session.open("P", Operation::Promote, false);
    session.press("compute");
    session.lose();
    hold("plan-lost", &mut session, &theme(), SIZES[0]);
}

#[test]
fn production_and_read_only_are_unmistakable() {
    let marked = TargetInfo {
        demo: false,
        badge: "PRODUCTION".into(),
        read_only: Some("the role has no privilege to change anything".to_owned()),
        ..facts()
    };
    let mut session = Session::new(marked, SIZES[0]);
    session.picture(Scene::Ready, ConnectionState::Live);
    session.press("P");
    hold("production-read-only", &mut session, &theme(), SIZES[0]);
}
