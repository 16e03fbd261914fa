//! The loop: events in, one update each, effects out, at most thirty draws a second. It awaits nothing but its `select!`.

use super::effect::{Effect, Generation};
use super::event::{Event, Now, Picture, Signal};
use super::keymap::Keymap;
use super::port::Port;
use super::state::{Facts, State};
use super::terminal::Cockpit;
use super::theme::Theme;
use super::update;
use crate::domain::plan::ConfirmedPlan;
use crate::ops::progress::{Outcome, OutcomeKind, Progress};
use crossterm::event::{Event as TerminalEvent, EventStream};
use futures_util::{FutureExt, StreamExt};
use std::fmt;
use std::future::Future;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use tokio_util::sync::CancellationToken;

/// The shortest time between two draws.
const FRAME: Duration = Duration::from_millis(33);
/// Events taken in before a draw must be looked at again.
const MOST_DRAINED: usize = 512;

/// What the cockpit needs beside its port.
#[derive(Debug, Clone)]
pub struct Options {
    pub facts: Facts,
    pub theme: Theme,
    pub keymap: Keymap,
}

/// What is left to say on the normal screen.
#[derive(Debug, Clone, Default)]
pub struct Farewell {
    /// The last operation of the session and how it ended.
    pub last: Option<(String, Outcome)>,
}

impl fmt::Display for Farewell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some((label, outcome)) = &self.last else {
            return Ok(());
        };
        write!(
            f,
            "{label} {}: {}",
            update::outcome_word(outcome.outcome),
            outcome.message
        )?;
        if let Some(next) = &outcome.next {
            write!(f, "\nnext: {next}")?;
        }
        if let Some(audit) = &outcome.audit {
            write!(f, "\naudit: {}", audit.display())?;
        }
        Ok(())
    }
}

/// Runs the cockpit until its operator leaves.
///
/// # Errors
/// When there is no terminal, or it refuses its modes. A terminal that dies later ends the session as SIGHUP does.
pub async fn run(port: Arc<dyn Port>, options: Options) -> io::Result<Farewell> {
    let mut cockpit = Cockpit::enter()?;
    let (results, incoming) = mpsc::channel(1024);
    let mut session = Session {
        state: State::new(
            options.facts,
            Arc::new(options.keymap),
            Now::default(),
            cockpit.size()?,
        ),
        theme: options.theme,
        started: Instant::now(),
        port,
        results,
        cancel: CancellationToken::new(),
        dirty: true,
        blind: false,
        leave: false,
    };
    let signals = signals()?;
    session.serve(&mut cockpit, incoming, signals).await;
    let run = session.state.run;
    Ok(Farewell {
        last: run.outcome.map(|outcome| (run.label, outcome)),
    })
}

struct Session {
    state: State,
    theme: Theme,
    started: Instant,
    port: Arc<dyn Port>,
    results: mpsc::Sender<Event>,
    /// Of the running operation.
    cancel: CancellationToken,
    dirty: bool,
    /// The terminal died: nothing more is drawn.
    blind: bool,
    leave: bool,
}

impl Session {
    async fn serve(
        &mut self,
        cockpit: &mut Cockpit,
        mut incoming: mpsc::Receiver<Event>,
        mut signals: mpsc::Receiver<Wanted>,
    ) {
        let mut keys = EventStream::new();
        let mut pictures = self.port.pictures();
        let mut pictures_live = true;
        let first = pictures.borrow_and_update().clone();
        self.take(Event::Picture(first), cockpit);
        let mut clock = interval(Duration::from_secs(1));
        clock.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut next_draw = Instant::now();
        while !self.leave {
            tokio::select! {
                biased;
                Some(wanted) = signals.recv() => self.signal(wanted, cockpit),
                key = keys.next(), if !self.blind => self.key(key, cockpit),
                Some(event) = incoming.recv() => self.take(event, cockpit),
                changed = pictures.changed(), if pictures_live => {
                    pictures_live = changed.is_ok();
                    self.look(&mut pictures, cockpit);
                }
                () = sleep_until(next_draw), if self.dirty && !self.blind => {
                    self.draw(cockpit);
                    next_draw = Instant::now() + FRAME;
                    continue;
                }
                () = sleep_until(self.wake()), if self.state.wakes_at().is_some() => {
                    self.take(Event::Tick(self.now()), cockpit);
                }
                _ = clock.tick() => self.take(Event::Tick(self.now()), cockpit),
            }
            self.drain(&mut keys, &mut incoming, &mut pictures, cockpit);
        }
    }

    /// Takes in all that waits, so that one draw shows it.
    fn drain(
        &mut self,
        keys: &mut EventStream,
        incoming: &mut mpsc::Receiver<Event>,
        pictures: &mut watch::Receiver<Picture>,
        cockpit: &mut Cockpit,
    ) {
        for _ in 0..MOST_DRAINED {
            if self.leave {
                return;
            }
            if !self.blind
                && let Some(key) = keys.next().now_or_never()
            {
                self.key(key, cockpit);
            } else if let Ok(event) = incoming.try_recv() {
                self.take(event, cockpit);
            } else {
                break;
            }
        }
        if pictures.has_changed().unwrap_or(false) {
            self.look(pictures, cockpit);
        }
    }

    fn look(&mut self, pictures: &mut watch::Receiver<Picture>, cockpit: &mut Cockpit) {
        let picture = pictures.borrow_and_update().clone();
        self.take(Event::Picture(picture), cockpit);
    }

    /// When the state wants to be looked at again; now, when it does not.
    fn wake(&self) -> Instant {
        let millis = self.state.wakes_at().unwrap_or_default();
        // One more, so that the moment has come and not only nearly.
        self.started + Duration::from_millis(millis + 1)
    }

    fn now(&self) -> Now {
        Now {
            millis: u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX),
            wall: jiff::Zoned::now().datetime(),
        }
    }

    fn take(&mut self, event: Event, cockpit: &mut Cockpit) {
        let now = self.now();
        let mut effects = update(&mut self.state, Event::Tick(now));
        effects.extend(update(&mut self.state, event));
        self.dirty = true;
        for effect in effects {
            self.perform(effect, cockpit);
        }
    }

    fn key(&mut self, key: Option<io::Result<TerminalEvent>>, cockpit: &mut Cockpit) {
        let event = match key {
            Some(Ok(TerminalEvent::Key(key))) => Event::Key(key),
            Some(Ok(TerminalEvent::Paste(text))) => Event::Paste(text),
            Some(Ok(TerminalEvent::Mouse(mouse))) => Event::Mouse(mouse),
            Some(Ok(TerminalEvent::Resize(columns, rows))) => Event::Resize { columns, rows },
            Some(Ok(TerminalEvent::FocusGained | TerminalEvent::FocusLost)) => return,
            Some(Err(_)) | None => return self.terminal_died(cockpit),
        };
        self.take(event, cockpit);
    }

    fn signal(&mut self, wanted: Wanted, cockpit: &mut Cockpit) {
        match wanted {
            Wanted::Leave => self.take(Event::Signal(Signal::Leave), cockpit),
            Wanted::Stop => self.perform(Effect::Suspend, cockpit),
            Wanted::Continue => {
                if cockpit.redraw().is_err() {
                    self.terminal_died(cockpit);
                }
                self.take(Event::Signal(Signal::Continue), cockpit);
            }
        }
    }

    fn draw(&mut self, cockpit: &mut Cockpit) {
        self.dirty = false;
        if cockpit.draw(&self.state, &self.theme).is_err() {
            self.terminal_died(cockpit);
        }
    }

    /// Without a terminal an operation still ends as it must; then the session does.
    fn terminal_died(&mut self, cockpit: &mut Cockpit) {
        if !self.blind {
            self.blind = true;
            self.take(Event::Signal(Signal::Leave), cockpit);
        }
    }

    fn perform(&mut self, effect: Effect, cockpit: &mut Cockpit) {
        match effect {
            Effect::Plan {
                generation,
                operation,
                options,
            } => {
                let port = Arc::clone(&self.port);
                self.spawn(async move {
                    let result = port.plan(operation, options).await.map(Box::new);
                    Event::Planned { generation, result }
                });
            }
            Effect::Execute { generation, plan } => {
                self.execute(generation, *plan);
            }
            Effect::Abandon => {
                let port = Arc::clone(&self.port);
                tokio::spawn(async move { port.abandon().await });
            }
            Effect::Cancel => self.cancel.cancel(),
            Effect::Refresh => self.port.refresh(),
            Effect::LoadChanges => {
                let port = Arc::clone(&self.port);
                self.spawn(async move { Event::Changes(port.changes().await) });
            }
            Effect::LoadHistory => {
                let port = Arc::clone(&self.port);
                self.spawn(async move { Event::History(port.history().await) });
            }
            Effect::Parse => {
                let port = Arc::clone(&self.port);
                self.spawn(async move { Event::Parsed(port.parse().await) });
            }
            Effect::Save { name, text } => {
                let port = Arc::clone(&self.port);
                self.spawn(async move {
                    Event::Flash(match port.save(name, text).await {
                        Ok(path) => format!("saved to {}", path.display()),
                        Err(error) => format!("not saved: {error}"),
                    })
                });
            }
            Effect::Copy(text) => {
                if let Err(error) = cockpit.copy(&text) {
                    self.take(Event::Flash(format!("not copied: {error}")), cockpit);
                }
            }
            Effect::Mouse(on) => {
                if cockpit.mouse(on).is_err() {
                    self.terminal_died(cockpit);
                }
            }
            Effect::Suspend => {
                if cockpit.suspend().is_err() {
                    self.terminal_died(cockpit);
                }
                self.dirty = true;
            }
            Effect::Quit => self.leave = true,
        }
    }

    fn execute(&mut self, generation: Generation, plan: ConfirmedPlan) {
        self.cancel = CancellationToken::new();
        let (sender, receiver) = mpsc::channel(256);
        let port = Arc::clone(&self.port);
        let cancel = self.cancel.clone();
        let results = self.results.clone();
        // In a task of its own, so that even its panic has an outcome and the cockpit never waits for ever.
        let running = tokio::spawn(async move { port.execute(plan, sender, cancel).await });
        tokio::spawn(async move {
            forward(receiver, generation, &results).await;
            let outcome = running.await.unwrap_or_else(|error| Outcome {
                outcome: OutcomeKind::Unknown,
                message: format!("the operation ended without an answer ({error})"),
                next: Some("cutover status".to_owned()),
                audit: None,
            });
            let progress = Progress::Finished(outcome);
            let event = Event::Progress {
                generation,
                progress,
            };
            let _ = results.send(event).await;
        });
    }

    fn spawn(&self, work: impl Future<Output = Event> + Send + 'static) {
        let results = self.results.clone();
        tokio::spawn(async move {
            // Only a session that has ended does not listen.
            let _ = results.send(work.await).await;
        });
    }
}

async fn forward(
    mut progress: mpsc::Receiver<Progress>,
    generation: Generation,
    results: &mpsc::Sender<Event>,
) {
    while let Some(progress) = progress.recv().await {
        let event = Event::Progress {
            generation,
            progress,
        };
        if results.send(event).await.is_err() {
            return;
        }
    }
}

/// What a signal asks of the loop.
#[derive(Debug, Clone, Copy)]
enum Wanted {
    Leave,
    Stop,
    Continue,
}

fn signals() -> io::Result<mpsc::Receiver<Wanted>> {
    use rustix::process::Signal as Number;
    let (sender, receiver) = mpsc::channel(8);
    let wanted = [
        (SignalKind::terminate(), Wanted::Leave),
        (SignalKind::hangup(), Wanted::Leave),
        (SignalKind::interrupt(), Wanted::Leave),
        (SignalKind::from_raw(Number::TSTP.as_raw()), Wanted::Stop),
        (
            SignalKind::from_raw(Number::CONT.as_raw()),
            Wanted::Continue,
        ),
    ];
    for (kind, wanted) in wanted {
        let mut stream = signal(kind)?;
        let sender = sender.clone();
        tokio::spawn(async move {
            while stream.recv().await.is_some() {
                if sender.send(wanted).await.is_err() {
                    return;
                }
            }
        });
    }
    Ok(receiver)
}
