//! No sequence of events makes the cockpit panic, draw wrongly, or do what its operator did not clearly ask for.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod support;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use cutover::domain::action::{Danger, Operation};
use cutover::domain::picture::{ConnectionState, ConnectionStatus, Picture};
use cutover::domain::plan::Plan;
use cutover::ops::progress::{ModelState, Outcome, OutcomeKind, Progress};
use cutover::tui::effect::{Effect, Generation};
use cutover::tui::event::{Event, Now, Signal};
use cutover::tui::glyphs::Glyphs;
use cutover::tui::keymap::Keymap;
use cutover::tui::state::{Stage, State, TargetInfo};
use cutover::tui::theme::Theme;
use cutover::tui::update;
use proptest::prelude::*;
use std::sync::Arc;
use std::time::{Duration, Instant};
use support::boards::{self, Scene};
use support::{changes, plans, screen};

const WORD: &str = "compute";
/// The pause after a dialog opens, in milliseconds, as operators were told.
const DEAF_MS: u64 = 400;

/// One thing that happens, before it is fitted to what the cockpit has asked for.
#[derive(Debug, Clone)]
enum Happening {
    Key(KeyCode, KeyModifiers, KeyEventKind),
    /// The whole word, a letter at a time.
    TypeWord,
    Paste(String),
    Resize(u16, u16),
    Wait(u64),
    Picture(Scene, ConnectionState),
    /// An answer to the last request for a plan, or to one before it.
    Plan {
        blocked: bool,
        stale: bool,
        other: bool,
    },
    PlanFails,
    Progress {
        kind: u8,
        stale: bool,
    },
    Changes,
    History,
    Leave,
    Suspend,
}

fn keys() -> impl Strategy<Value = Happening> {
    let pool: Vec<(KeyCode, KeyModifiers)> = "IDAPSBXydcomputenqfotkjgGhl!/:?12345rm+vwNnYy"
        .chars()
        .map(|c| (KeyCode::Char(c), KeyModifiers::NONE))
        .chain(
            "aydufrcxs"
                .chars()
                .map(|c| (KeyCode::Char(c), KeyModifiers::CONTROL)),
        )
        .chain(
            [
                KeyCode::Enter,
                KeyCode::Enter,
                KeyCode::Esc,
                KeyCode::Tab,
                KeyCode::BackTab,
                KeyCode::Backspace,
                KeyCode::Delete,
                KeyCode::Left,
                KeyCode::Right,
                KeyCode::Up,
                KeyCode::Down,
                KeyCode::PageDown,
                KeyCode::Home,
                KeyCode::End,
            ]
            .map(|code| (code, KeyModifiers::NONE)),
        )
        .collect();
    let kind = prop_oneof![
        8 => Just(KeyEventKind::Press),
        1 => Just(KeyEventKind::Repeat),
        1 => Just(KeyEventKind::Release),
    ];
    (prop::sample::select(pool), kind)
        .prop_map(|((code, modifiers), kind)| Happening::Key(code, modifiers, kind))
}

/// The keys that decide, more often than chance would press them.
fn decisive() -> impl Strategy<Value = Happening> {
    let press = |code, modifiers| Happening::Key(code, modifiers, KeyEventKind::Press);
    prop_oneof![
        Just(press(KeyCode::Char('P'), KeyModifiers::NONE)),
        Just(press(KeyCode::Char('X'), KeyModifiers::NONE)),
        Just(press(KeyCode::Char('D'), KeyModifiers::NONE)),
        Just(press(KeyCode::Char('y'), KeyModifiers::NONE)),
        Just(press(KeyCode::Char('y'), KeyModifiers::CONTROL)),
        Just(press(KeyCode::Enter, KeyModifiers::NONE)),
    ]
}

fn scenes() -> impl Strategy<Value = Scene> {
    prop_oneof![
        1 => Just(Scene::None),
        1 => Just(Scene::Initialized),
        1 => (0usize..=100).prop_map(Scene::Hydrating),
        3 => Just(Scene::Ready),
        1 => Just(Scene::Failing),
        1 => Just(Scene::Promoting),
        2 => Just(Scene::Promoted),
        1 => Just(Scene::Synced),
    ]
}

fn links() -> impl Strategy<Value = ConnectionState> {
    prop_oneof![
        6 => Just(ConnectionState::Live),
        1 => Just(ConnectionState::Connecting),
        1 => Just(ConnectionState::Polling { every: Duration::from_secs(5) }),
        1 => Just(ConnectionState::Lost {
            since: Instant::now(),
            error: cutover::domain::failure::Failure::new("connection refused"),
            attempts: 1,
            retry_at: Instant::now(),
        }),
    ]
}

fn happenings() -> impl Strategy<Value = Happening> {
    prop_oneof![
        10 => keys(),
        8 => decisive(),
        4 => Just(Happening::TypeWord),
        2 => prop_oneof![Just(WORD.to_owned()), Just("y\n".to_owned()), ".{0,20}".prop_map(|s| s)]
            .prop_map(Happening::Paste),
        1 => (0u16..300, 0u16..100).prop_map(|(columns, rows)| Happening::Resize(columns, rows)),
        6 => prop_oneof![Just(0u64), Just(30), Just(399), Just(450), Just(2_500)].prop_map(Happening::Wait),
        4 => (scenes(), links()).prop_map(|(scene, link)| Happening::Picture(scene, link)),
        10 => (prop::bool::weighted(0.2), prop::bool::weighted(0.1), prop::bool::weighted(0.1))
            .prop_map(|(blocked, stale, other)| Happening::Plan { blocked, stale, other }),
        1 => Just(Happening::PlanFails),
        4 => (0u8..9, prop::bool::weighted(0.15)).prop_map(|(kind, stale)| Happening::Progress { kind, stale }),
        1 => Just(Happening::Changes),
        1 => Just(Happening::History),
        1 => Just(Happening::Leave),
        1 => Just(Happening::Suspend),
    ]
}

/// The straight way to a promote, with something else happening somewhere on it.
fn disturbed() -> impl Strategy<Value = Vec<Happening>> {
    (happenings(), 0usize..=STRAIGHT).prop_map(|(other, at)| {
        let mut way = straight();
        way.insert(at, other);
        way
    })
}

/// Steps of [`straight`].
const STRAIGHT: usize = 7;

fn straight() -> Vec<Happening> {
    let press = |code, modifiers| Happening::Key(code, modifiers, KeyEventKind::Press);
    vec![
        Happening::Picture(Scene::Ready, ConnectionState::Live),
        press(KeyCode::Char('P'), KeyModifiers::NONE),
        GOOD,
        Happening::Wait(450),
        Happening::TypeWord,
        Happening::Wait(300),
        press(KeyCode::Char('y'), KeyModifiers::CONTROL),
    ]
}

/// A whole session: single things, and now and then somebody who knows what they want.
fn sessions(length: usize) -> impl Strategy<Value = Vec<Happening>> {
    let part = prop_oneof![
        12 => happenings().prop_map(|one| vec![one]),
        1 => disturbed(),
    ];
    prop::collection::vec(part, 1..length).prop_map(|parts| parts.concat())
}

/// A second, simple account of what the operator did, to judge the cockpit by.
struct Witness {
    state: State,
    now: u64,
    size: (u16, u16),
    requested: Option<(Generation, Operation)>,
    /// The plan that answered the last request, and when.
    shown: Option<(Plan, u64)>,
    /// What was typed, letter by letter, since it was shown, and where the next letter goes.
    typed: Vec<char>,
    cursor: usize,
    last_key: Option<KeyEvent>,
    last_press_at: Option<(KeyCode, KeyModifiers, u64)>,
    held: bool,
    running: Option<Generation>,
    salt: u64,
    executed: usize,
}

impl Witness {
    fn new(read_only: bool) -> Self {
        let inputs = TargetInfo {
            target: "prod".to_owned(),
            read_only: read_only.then(|| "asked for".to_owned()),
            ..TargetInfo::default()
        };
        let keymap = Arc::new(Keymap::default());
        Self {
            state: State::new(inputs, keymap, Instant::now(), (100, 30)),
            now: 0,
            size: (100, 30),
            requested: None,
            shown: None,
            typed: Vec::new(),
            cursor: 0,
            last_key: None,
            last_press_at: None,
            held: false,
            running: None,
            salt: 0,
            executed: 0,
        }
    }

    fn happen(&mut self, happening: &Happening) {
        match happening {
            Happening::Key(code, modifiers, kind) => {
                let key = KeyEvent::new_with_kind(*code, *modifiers, *kind);
                self.key(key);
            }
            Happening::TypeWord => {
                for c in WORD.chars() {
                    self.now += 60;
                    self.key(KeyEvent::from(KeyCode::Char(c)));
                }
            }
            Happening::Paste(text) => self.send(Event::Paste(text.clone())),
            Happening::Resize(columns, rows) => {
                self.size = (*columns, *rows);
                self.send(Event::Resize {
                    columns: *columns,
                    rows: *rows,
                });
            }
            Happening::Wait(millis) => self.now += millis,
            Happening::Picture(scene, link) => self.send(Event::Picture(Picture {
                board: Some(boards::board(*scene, self.now / 1000)),
                preflight: None,
                connection: ConnectionStatus {
                    state: link.clone(),
                    heard_at: Some(self.state.started),
                    restarts: 1,
                    ..ConnectionStatus::default()
                },
                ..Picture::default()
            })),
            Happening::Plan {
                blocked,
                stale,
                other,
            } => self.answer(*blocked, *stale, *other),
            Happening::PlanFails => {
                if let Some((generation, _)) = self.requested.take() {
                    self.send(Event::Planned {
                        generation,
                        result: Err("the server said no".to_owned()),
                    });
                }
            }
            Happening::Progress { kind, stale } => self.progress(*kind, *stale),
            Happening::Changes => self.send(Event::Changes(Ok(changes::view()))),
            Happening::History => self.send(Event::History(Ok(changes::history()))),
            Happening::Leave => self.send(Event::Signal(Signal::Leave)),
            Happening::Suspend => self.send(Event::Signal(Signal::Suspend)),
        }
    }

    fn key(&mut self, key: KeyEvent) {
        if key.kind != KeyEventKind::Release {
            let same = self.last_press_at.filter(|(code, modifiers, at)| {
                (*code, *modifiers) == (key.code, key.modifiers) && self.now - at < 100
            });
            self.held = key.kind == KeyEventKind::Repeat || same.is_some();
            self.last_press_at = Some((key.code, key.modifiers, self.now));
        }
        self.last_key = Some(key);
        if key.kind != KeyEventKind::Release
            && let Some((_, shown)) = &self.shown
            && self.now - shown >= DEAF_MS
        {
            // A held key takes away, but never writes.
            self.write(key);
        }
        self.send(Event::Key(key));
    }

    fn write(&mut self, key: KeyEvent) {
        match (key.code, key.modifiers, key.kind) {
            (KeyCode::Char(c), KeyModifiers::NONE, KeyEventKind::Press) => {
                self.typed.insert(self.cursor, c);
                self.cursor += 1;
            }
            (KeyCode::Backspace, KeyModifiers::NONE, _) if self.cursor > 0 => {
                self.cursor -= 1;
                self.typed.remove(self.cursor);
            }
            (KeyCode::Delete, KeyModifiers::NONE, _) if self.cursor < self.typed.len() => {
                self.typed.remove(self.cursor);
            }
            (KeyCode::Left, KeyModifiers::NONE, _) => self.cursor = self.cursor.saturating_sub(1),
            (KeyCode::Right, KeyModifiers::NONE, _) => {
                self.cursor = (self.cursor + 1).min(self.typed.len());
            }
            (KeyCode::Char('a'), KeyModifiers::CONTROL, _) => self.cursor = 0,
            (KeyCode::Char('u'), KeyModifiers::CONTROL, _) => {
                self.typed.clear();
                self.cursor = 0;
            }
            _ => {}
        }
    }

    fn answer(&mut self, blocked: bool, stale: bool, other: bool) {
        let Some((generation, operation)) = self.requested else {
            return;
        };
        self.salt += 1;
        let asked = if other && operation != Operation::Cleanup {
            Operation::Cleanup
        } else {
            operation
        };
        let plan = plans::plan(asked, blocked, self.salt);
        let generation = if stale {
            Generation(generation.0.wrapping_sub(1))
        } else {
            generation
        };
        if !stale {
            self.requested = None;
            self.shown = (asked == operation).then(|| (plan.clone(), self.now));
            self.typed.clear();
            self.cursor = 0;
        }
        self.last_key = None;
        self.send(Event::Planned {
            generation,
            result: Ok(Box::new(plan)),
        });
    }

    fn progress(&mut self, kind: u8, stale: bool) {
        let Some(running) = self.running else { return };
        let generation = if stale {
            Generation(running.0 - 1)
        } else {
            running
        };
        let outcome = |outcome| Outcome {
            outcome,
            message: "so it ended".to_owned(),
            remedy: None,
            next: None,
            audit: None,
        };
        let sql = "ALTER SCHEMA x SWAP WITH y".to_owned();
        let progress = match kind {
            0 => Progress::Started {
                operation: Operation::Promote,
                steps: 3,
            },
            1 => Progress::StatementStarted { sql },
            2 => Progress::StatementFinished {
                sql,
                ok: false,
                outcome: "40001".to_owned(),
                seconds: 0.2,
            },
            3 => Progress::Model {
                name: "bar".to_owned(),
                state: ModelState::Done,
                seconds: Some(0.4),
                message: None,
                done: 1,
                total: 2,
            },
            4 => Progress::Log {
                line: "a line\twith a tab".to_owned(),
            },
            5 => Progress::Waiting {
                hydrated: 1,
                total: 2,
                missing: vec!["bar".to_owned()],
            },
            6 => Progress::Committing,
            7 => Progress::Finished(outcome(OutcomeKind::Done)),
            _ => Progress::Finished(outcome(OutcomeKind::Unknown)),
        };
        let ends = matches!(progress, Progress::Finished(_)) && !stale;
        if ends {
            self.running = None;
        }
        self.send(Event::Progress {
            generation,
            progress,
        });
    }

    fn send(&mut self, event: Event) {
        let by_key = matches!(event, Event::Key(_));
        let wall = jiff::civil::date(2026, 11, 20).at(10, 0, 0, 0);
        let now = Now {
            millis: self.now,
            wall,
        };
        assert_eq!(update(&mut self.state, Event::Tick(now)), []);
        for effect in update(&mut self.state, event) {
            match effect {
                Effect::Plan {
                    generation,
                    request,
                } => {
                    assert!(self.running.is_none(), "planned while one runs");
                    self.requested = Some((generation, request.operation));
                    self.shown = None;
                }
                Effect::Execute { generation, plan } => {
                    self.judge(plan.plan(), by_key);
                    self.running = Some(generation);
                    self.executed += 1;
                    self.shown = None;
                }
                Effect::Quit => assert!(
                    !matches!(&self.state.stage, Stage::Running(_)),
                    "left while an operation was at work"
                ),
                Effect::Suspend => assert!(
                    !matches!(&self.state.stage, Stage::Running(running) if running.committing),
                    "stopped while COMMIT was on its way"
                ),
                _ => {}
            }
        }
    }

    /// Whether the operator clearly asked for this.
    fn judge(&self, plan: &Plan, by_key: bool) {
        assert!(
            self.state.target.read_only.is_none(),
            "executed while read-only"
        );
        assert!(self.running.is_none(), "two operations at once");
        assert!(!plan.is_blocked(), "executed a blocked plan");
        let (shown, at) = self.shown.as_ref().expect("executed a plan nobody saw");
        assert_eq!(plan, shown, "executed another plan than the one shown");
        let danger = plan.operation.danger();
        assert!(danger > Danger::Look, "waiting is no operation to run");
        assert!(by_key, "executed without a key");
        assert!(self.now - at >= DEAF_MS, "executed too soon");
        assert!(!self.held, "executed by a held key");
        let key = self.last_key.expect("a key was pressed");
        assert_eq!(key.kind, KeyEventKind::Press);
        if danger > Danger::Reversible {
            let typed: String = self.typed.iter().collect();
            assert_eq!(typed, WORD, "executed without the word");
            assert_eq!(
                (key.code, key.modifiers),
                (KeyCode::Char('y'), KeyModifiers::CONTROL)
            );
        } else {
            assert_eq!(
                (key.code, key.modifiers),
                (KeyCode::Char('y'), KeyModifiers::NONE)
            );
        }
    }
}

fn play(happenings: &[Happening], read_only: bool, theme: &Theme) -> usize {
    let mut witness = Witness::new(read_only);
    for happening in happenings {
        witness.happen(happening);
        let mut state = witness.state.clone();
        screen::draw(&mut state, theme, witness.size);
    }
    witness.executed
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn nothing_happens_that_was_not_clearly_asked_for(
        happenings in sessions(50)
    ) {
        play(&happenings, false, &Theme::ansi(Glyphs::UNICODE));
    }

    #[test]
    fn read_only_does_nothing_at_all(happenings in sessions(30)) {
        let executed = play(&happenings, true, &Theme::mono(Glyphs::ASCII));
        prop_assert_eq!(executed, 0);
    }
}

fn press(code: KeyCode, modifiers: KeyModifiers) -> Happening {
    Happening::Key(code, modifiers, KeyEventKind::Press)
}

const GOOD: Happening = Happening::Plan {
    blocked: false,
    stale: false,
    other: false,
};

/// The witness would be satisfied by a cockpit that never does anything, so the straight way must work.
#[test]
fn what_was_clearly_asked_for_happens() {
    let key = |c| press(KeyCode::Char(c), KeyModifiers::NONE);
    let confirm = press(KeyCode::Char('y'), KeyModifiers::CONTROL);
    let ready = Happening::Picture(Scene::Ready, ConnectionState::Live);
    let straight = straight();
    let theme = Theme::ansi(Glyphs::UNICODE);
    assert_eq!(play(&straight, false, &theme), 1);
    let reversible = [
        ready.clone(),
        key('D'),
        GOOD,
        Happening::Wait(450),
        key('y'),
    ];
    assert_eq!(play(&reversible, false, &theme), 1);
    let waiting = [ready, key('A'), GOOD];
    assert_eq!(play(&waiting, false, &theme), 0, "waiting only looks");
    for missing in 0..straight.len() {
        // Every step of the straight way is needed, but for the last pause.
        if missing != 5 {
            let mut shorter = straight.clone();
            shorter.remove(missing);
            assert_eq!(play(&shorter, false, &theme), 0, "without step {missing}");
        }
    }
    let enter = [&straight[..6], &[press(KeyCode::Enter, KeyModifiers::NONE)]].concat();
    assert_eq!(play(&enter, false, &theme), 0);
    let pasted = [
        &straight[..4],
        &[Happening::Paste(WORD.to_owned()), confirm],
    ]
    .concat();
    assert_eq!(play(&pasted, false, &theme), 0);
}

/// Found by chance: the word after letters that a held ctrl-u took away again.
#[test]
fn a_held_key_takes_letters_away_but_never_writes_any() {
    let theme = Theme::ansi(Glyphs::UNICODE);
    let held = |code, modifiers| Happening::Key(code, modifiers, KeyEventKind::Repeat);
    let after = |mistake: &[Happening]| {
        let straight = straight();
        let way = [&straight[..4], mistake, &straight[4..]].concat();
        play(&way, false, &theme)
    };
    let letter = press(KeyCode::Char('e'), KeyModifiers::NONE);
    let backspace = held(KeyCode::Backspace, KeyModifiers::NONE);
    assert_eq!(after(std::slice::from_ref(&letter)), 0);
    assert_eq!(after(&[held(KeyCode::Char('e'), KeyModifiers::NONE)]), 1);
    assert_eq!(
        after(&[letter.clone(), letter.clone(), backspace.clone(), backspace]),
        1
    );
    assert_eq!(
        after(&[letter, held(KeyCode::Char('u'), KeyModifiers::CONTROL)]),
        1
    );
}
