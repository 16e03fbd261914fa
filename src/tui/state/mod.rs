//! The whole state of the cockpit: plain data, with a struct for each screen. Only [`super::update`] changes it.

mod cursor;
mod journal;
mod lasting;
mod loaded;
mod operation;
mod overlay;
mod text_field;

pub use cursor::{Cursor, scrolled};
pub use journal::{Journal, JournalEntry};
pub use lasting::{Lasting, Standings};
pub use loaded::Loaded;
pub use operation::{DEAF_MS, Dialog, DialogStep, REPEAT_MS, Running, Stage};
pub use overlay::{Overlay, PaletteState, Question};
pub use text_field::TextField;

use super::effect::Generation;
use super::event::Now;
use super::keymap::{Chord, Keymap};
use super::screens::Screen;
use super::screens::changes::ChangesState;
use super::screens::cockpit::CockpitState;
use super::screens::history::HistoryState;
use super::screens::run::RunState;
use super::screens::traffic::TrafficState;
use crate::domain::action::Operation;
use crate::domain::phase::Phase;
use crate::domain::picture::Picture;
use crate::domain::workflow::{self, AwaitWatch};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// How long a flash stays, in milliseconds.
pub const FLASH_MS: u64 = 5_000;

const NO_PICTURE: &str = "no picture of the server yet";

/// What holds for the whole session, known before the first picture.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TargetInfo {
    /// The dbt target.
    pub target: String,
    /// The dbt project's name.
    pub project: String,
    /// `host:port/database`, until the server says it itself.
    pub address: String,
    pub role: String,
    /// Why nothing may be changed, where that is so by the settings.
    pub read_only: Option<String>,
    /// The word that marks this environment in the configuration; empty where none does.
    pub badge: String,
    /// Whether the server is the embedded simulated one.
    pub demo: bool,
}

/// A sentence at the foot of the screen, until a moment of [`Now::millis`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flash {
    pub text: String,
    pub until: u64,
}

/// The operator waits for readiness.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awaiting {
    pub since: Now,
    pub watch: AwaitWatch,
}

#[derive(Debug, Clone)]
pub struct State {
    pub target: TargetInfo,
    pub keymap: Arc<Keymap>,
    pub now: Now,
    /// The moment that [`Now::millis`] counts from.
    pub started: Instant,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    pub screen: Screen,
    /// The newest picture.
    pub latest: Picture,
    /// The picture that is held still.
    pub frozen: Option<Picture>,
    pub stage: Stage,
    /// An operation has ended and no picture has come since: the phase on the screen is the one before it.
    pub outdated: bool,
    /// The operation that was asked for meanwhile; its plan is asked for when the new picture is here.
    pub wanted: Option<Operation>,
    /// The operator waits for readiness. Waiting only looks, so it is no operation and stands beside one.
    pub awaiting: Option<Awaiting>,
    /// What the journal has told of phase and clusters.
    pub standings: Standings,
    pub overlay: Option<Overlay>,
    pub cockpit: CockpitState,
    pub changes: ChangesState,
    pub run: RunState,
    pub traffic: TrafficState,
    pub history: HistoryState,
    pub journal: Journal,
    pub flash: Option<Flash>,
    pub mouse: bool,
    /// The key before, to tell a held key.
    pub last_key: Option<(Chord, Now)>,
    /// When ctrl-c was pressed last.
    pub interrupted: Option<Now>,
    /// Leave as soon as the running operation has ended.
    pub leaving: bool,
    pub last_generation: Generation,
}

impl State {
    #[must_use]
    pub fn new(facts: TargetInfo, keymap: Arc<Keymap>, started: Instant, size: (u16, u16)) -> Self {
        Self {
            target: facts,
            keymap,
            now: Now::default(),
            started,
            size,
            screen: Screen::Cockpit,
            latest: Picture::default(),
            frozen: None,
            stage: Stage::Idle,
            outdated: false,
            wanted: None,
            awaiting: None,
            standings: Standings::default(),
            overlay: None,
            cockpit: CockpitState::default(),
            changes: ChangesState::default(),
            run: RunState::default(),
            traffic: TrafficState::default(),
            history: HistoryState::default(),
            journal: Journal::default(),
            flash: None,
            mouse: false,
            last_key: None,
            interrupted: None,
            leaving: false,
            last_generation: Generation::default(),
        }
    }

    /// Whether this key is the one before again, as fast as only a held key comes.
    #[must_use]
    pub fn is_held(&self, chord: Chord) -> bool {
        self.last_key
            .is_some_and(|(last, at)| last == chord && self.now.since(at) < REPEAT_MS)
    }

    /// The picture on the screen: the newest, or the one that is held still.
    #[must_use]
    pub fn shown(&self) -> &Picture {
        self.frozen.as_ref().unwrap_or(&self.latest)
    }

    /// Now, by the clock that the connection's moments are of.
    #[must_use]
    pub fn moment(&self) -> Instant {
        self.started + Duration::from_millis(self.now.millis)
    }

    /// How old a picture's data is, in milliseconds of this machine's clock.
    #[must_use]
    pub fn age_ms(&self, picture: &Picture) -> u64 {
        let age = picture.connection.age(self.moment()).unwrap_or_default();
        u64::try_from(age.as_millis()).unwrap_or(u64::MAX)
    }

    /// When something on the screen changes by time alone, within the second: a dialog begins to listen. In [`Now::millis`].
    #[must_use]
    pub fn wakes_at(&self) -> Option<u64> {
        let opened = match (&self.overlay, &self.stage) {
            (Some(Overlay::Question { opened, .. } | Overlay::Result { opened, .. }), _) => opened,
            (None, Stage::Reviewing(dialog)) => &dialog.opened,
            _ => return None,
        };
        Some(opened.millis + DEAF_MS).filter(|wake| *wake > self.now.millis)
    }

    /// Whether the dialog has the keys.
    #[must_use]
    pub fn is_reviewing(&self) -> bool {
        matches!(self.stage, Stage::Reviewing(_))
    }

    /// The phase by the newest picture; operations are judged by it even while the screen is held still.
    #[must_use]
    pub fn phase(&self) -> Option<Phase> {
        self.latest.board.as_ref().map(|board| board.phase)
    }

    /// What an operation is called now: promote reads `finish` while a committed one is unfinished.
    #[must_use]
    pub fn label(&self, operation: Operation) -> &'static str {
        workflow::label(operation, self.phase())
    }

    /// Whether an operation may be asked for now.
    ///
    /// # Errors
    /// The reason why not, as one clause that fits beside a key.
    pub fn may(&self, operation: Operation) -> Result<(), String> {
        if self.outdated {
            return Err("the new state is being read".to_owned());
        }
        if operation.changes() {
            self.is_free()?;
        }
        let board = self.latest.board.as_ref();
        let board = board.ok_or_else(|| NO_PICTURE.to_owned())?;
        workflow::may(board, operation).map_err(|why| why.clause().into_owned())
    }

    /// Whether the guards would stop the operation, as far as they have looked ahead.
    #[must_use]
    pub fn is_stopped(&self, operation: Operation) -> bool {
        let ahead = self.latest.preflight.as_ref();
        ahead.is_some_and(|ahead| ahead.operation == operation && ahead.blocks().next().is_some())
    }

    /// Why nothing may be changed from here: by the settings, or because the role can't.
    #[must_use]
    pub fn read_only(&self) -> Option<&str> {
        let powerless = self.latest.read_only_reason.as_deref();
        self.target.read_only.as_deref().or(powerless)
    }

    /// Whether something that changes the server may be asked for here, whatever the deployment is.
    fn is_free(&self) -> Result<(), String> {
        if self.read_only().is_some() {
            return Err("read-only".to_owned());
        }
        match &self.stage {
            Stage::Idle => Ok(()),
            Stage::Running(running) => Err(format!("not while {} is running", running.label)),
            Stage::Planning { request, .. } => {
                Err(format!("not while {} is planned", request.operation))
            }
            Stage::Reviewing(_) => Err("not while a plan is open".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_cursor_stays_in_its_list_and_in_its_window(
            steps in prop::collection::vec((-30isize..30, 0usize..50, 0usize..20), 1..20)
        ) {
            let mut cursor = Cursor::default();
            for (by, length, height) in steps {
                cursor.step(by, length, height);
                prop_assert!(cursor.at < length.max(1));
                prop_assert!(cursor.offset <= cursor.at);
                prop_assert!(cursor.at < cursor.offset + height.max(1));
            }
        }
    }
}
