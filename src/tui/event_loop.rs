//! The loop: events in, one update each, effects out. What a key changed is drawn at once, everything else at most thirty times a
//! second. It awaits nothing but its `select!`.

mod exit_summary;
#[cfg(test)]
mod tests;

pub use exit_summary::ExitSummary;

use super::effect::{Effect, Generation};
use super::event::{Event, Now, Signal};
use super::keymap::Keymap;
use super::port::Port;
use super::signals::Wanted;
use super::state::{State, TargetInfo};
use super::terminal::{Cockpit, Surface};
use super::theme::Theme;
use super::{input, signals, update};
use crate::domain::picture::Picture;
use crate::domain::plan::ConfirmedPlan;
use crate::ops::gate::Gate;
use crate::ops::listener::{Events, channel};
use crate::ops::progress::{Outcome, OutcomeKind, Progress};
use crossterm::event::Event as TerminalEvent;
use futures_util::{Stream, StreamExt};
use std::future::{Future, poll_fn};
use std::io;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};
use tokio_util::sync::CancellationToken;

/// The shortest time between two draws.
const FRAME: Duration = Duration::from_millis(33);
/// Events taken in before a draw must be looked at again.
const MOST_DRAINED: usize = 512;

/// What the cockpit needs beside its port.
#[derive(Debug, Clone)]
pub struct CockpitOptions {
    pub target: TargetInfo,
    pub theme: Theme,
    pub keymap: Keymap,
    /// Whether the mouse is on at the beginning.
    pub mouse: bool,
    /// Closed while a swap is under way: then the process is not stopped.
    pub gate: Gate,
}

/// Runs the cockpit until its operator leaves.
///
/// # Errors
/// When there is no terminal, or it refuses its modes. A terminal that dies later ends the session as SIGHUP does.
pub async fn run(port: Arc<dyn Port>, options: CockpitOptions) -> io::Result<ExitSummary> {
    // A signal between the two would end us by itself and leave the terminal as it is.
    let signals = signals::listen()?;
    let mut cockpit = Cockpit::enter()?;
    let size = cockpit.size()?;
    let mut keys = input::listen();
    let keys = futures_util::stream::poll_fn(move |cx| keys.poll_recv(cx));
    let (mut session, incoming) = EventLoop::new(port, options, size);
    session.serve(&mut cockpit, keys, incoming, signals).await;
    Ok(session.farewell())
}

struct EventLoop {
    state: State,
    theme: Theme,
    gate: Gate,
    started: Instant,
    port: Arc<dyn Port>,
    results: mpsc::Sender<Event>,
    /// What the running operation tells.
    running: Option<(Generation, Events)>,
    /// Of the running operation.
    cancel: CancellationToken,
    dirty: bool,
    /// The terminal died: nothing more is drawn.
    blind: bool,
    leave: bool,
    /// A signal or the terminal's death asked to leave.
    signalled: bool,
}

impl EventLoop {
    fn new(
        port: Arc<dyn Port>,
        options: CockpitOptions,
        size: (u16, u16),
    ) -> (Self, mpsc::Receiver<Event>) {
        let (results, incoming) = mpsc::channel(1024);
        let keymap = Arc::new(options.keymap);
        let started = Instant::now();
        let state = State {
            mouse: options.mouse,
            ..State::new(options.target, keymap, started.into_std(), size)
        };
        let session = Self {
            state,
            theme: options.theme,
            gate: options.gate,
            started,
            port,
            results,
            running: None,
            cancel: CancellationToken::new(),
            dirty: true,
            blind: false,
            leave: false,
            signalled: false,
        };
        (session, incoming)
    }

    fn farewell(self) -> ExitSummary {
        let run = self.state.run;
        let stopped = run.outcome.as_ref().filter(|_| self.state.leaving);
        ExitSummary {
            cut_short: match stopped {
                Some(outcome) => Some(outcome.outcome),
                None => self.signalled.then_some(OutcomeKind::Interrupted),
            },
            last: run.outcome.map(|outcome| (run.label, outcome)),
        }
    }

    async fn serve(
        &mut self,
        surface: &mut impl Surface,
        mut keys: impl Stream<Item = io::Result<TerminalEvent>> + Unpin,
        mut incoming: mpsc::Receiver<Event>,
        mut signals: mpsc::Receiver<Wanted>,
    ) {
        if self.state.mouse {
            self.perform(Effect::Mouse(true), surface);
        }
        let mut pictures = self.port.pictures();
        let mut pictures_live = true;
        let first = pictures.borrow_and_update().clone();
        self.take(Event::Picture(first), surface);
        let mut clock = interval(Duration::from_secs(1));
        clock.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut next_draw = Instant::now();
        while !self.leave {
            let mut pressed = false;
            let wake = self.wake();
            tokio::select! {
                biased;
                Some(wanted) = signals.recv() => self.signal(wanted, surface),
                key = keys.next(), if !self.blind => {
                    pressed = true;
                    self.key(key, surface);
                }
                event = heard(&mut self.running), if self.running.is_some() => match event {
                    Some(event) => self.take(event, surface),
                    None => self.running = None,
                },
                Some(event) = incoming.recv() => self.take(event, surface),
                changed = pictures.changed(), if pictures_live => {
                    pictures_live = changed.is_ok();
                    self.look(&mut pictures, surface);
                }
                () = sleep_until(next_draw), if self.dirty && !self.blind => {
                    self.draw(surface);
                    next_draw = Instant::now() + FRAME;
                    continue;
                }
                () = sleep_until(wake), if self.state.wakes_at().is_some() => {
                    self.take(Event::Tick(self.now()), surface);
                }
                _ = clock.tick() => self.take(Event::Tick(self.now()), surface),
            }
            pressed |= self.drain(&mut keys, &mut incoming, surface).await;
            if pictures.has_changed().unwrap_or(false) && !pressed {
                self.look(&mut pictures, surface);
            }
            // Whoever pressed a key waits for it; whatever else came along can be drawn with it.
            if pressed && self.dirty && !self.blind && !self.leave {
                self.draw(surface);
                next_draw = Instant::now() + FRAME;
            }
        }
    }

    /// Takes in all that waits, so that one draw shows it; tells whether a key was among it.
    async fn drain(
        &mut self,
        keys: &mut (impl Stream<Item = io::Result<TerminalEvent>> + Unpin),
        incoming: &mut mpsc::Receiver<Event>,
        surface: &mut impl Surface,
    ) -> bool {
        let mut pressed = false;
        for _ in 0..MOST_DRAINED {
            if self.leave {
                break;
            }
            if !self.blind
                && let Some(key) = at_hand(keys).await
            {
                pressed = true;
                self.key(key, surface);
            } else if let Some(event) = self.told() {
                self.take(event, surface);
            } else if let Ok(event) = incoming.try_recv() {
                self.take(event, surface);
            } else {
                break;
            }
        }
        pressed
    }

    /// What the running operation has told already.
    fn told(&mut self) -> Option<Event> {
        let (generation, events) = self.running.as_mut()?;
        let progress = events.try_recv()?;
        Some(Event::Progress {
            generation: *generation,
            progress,
        })
    }

    fn look(&mut self, pictures: &mut watch::Receiver<Picture>, surface: &mut impl Surface) {
        let picture = pictures.borrow_and_update().clone();
        self.take(Event::Picture(picture), surface);
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

    fn take(&mut self, event: Event, surface: &mut impl Surface) {
        let now = self.now();
        let mut effects = update(&mut self.state, Event::Tick(now));
        effects.extend(update(&mut self.state, event));
        self.dirty = true;
        for effect in effects {
            self.perform(effect, surface);
        }
    }

    fn key(&mut self, key: Option<io::Result<TerminalEvent>>, surface: &mut impl Surface) {
        let event = match key {
            Some(Ok(TerminalEvent::Key(key))) => Event::Key(key),
            Some(Ok(TerminalEvent::Paste(text))) => Event::Paste(text),
            Some(Ok(TerminalEvent::Mouse(mouse))) => Event::Mouse(mouse),
            Some(Ok(TerminalEvent::Resize(columns, rows))) => Event::Resize { columns, rows },
            Some(Ok(TerminalEvent::FocusGained | TerminalEvent::FocusLost)) => return,
            Some(Err(_)) | None => return self.terminal_died(surface),
        };
        self.take(event, surface);
    }

    fn signal(&mut self, wanted: Wanted, surface: &mut impl Surface) {
        match wanted {
            Wanted::Leave => {
                self.signalled = true;
                self.take(Event::Signal(Signal::Leave), surface);
            }
            Wanted::Stop => self.take(Event::Signal(Signal::Suspend), surface),
            Wanted::Resize => match surface.size() {
                Ok((columns, rows)) => self.take(Event::Resize { columns, rows }, surface),
                Err(_) => self.terminal_died(surface),
            },
            Wanted::Continue => {
                if surface.redraw().is_err() {
                    self.terminal_died(surface);
                }
                self.take(Event::Signal(Signal::Continue), surface);
            }
        }
    }

    fn draw(&mut self, surface: &mut impl Surface) {
        self.dirty = false;
        if surface.draw(&self.state, &self.theme).is_err() {
            self.terminal_died(surface);
        }
    }

    /// Without a terminal an operation still ends as it must; then the session does.
    fn terminal_died(&mut self, surface: &mut impl Surface) {
        if !self.blind {
            self.blind = true;
            self.signalled = true;
            self.take(Event::Signal(Signal::Leave), surface);
        }
    }

    fn perform(&mut self, effect: Effect, surface: &mut impl Surface) {
        match effect {
            Effect::Plan {
                generation,
                request,
            } => {
                let port = Arc::clone(&self.port);
                self.spawn(async move {
                    let result = port.plan(request).await.map(Box::new);
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
                if let Err(error) = surface.copy(&text) {
                    self.take(Event::Flash(format!("not copied: {error}")), surface);
                }
            }
            Effect::Mouse(on) => {
                if surface.mouse(on).is_err() {
                    self.terminal_died(surface);
                }
            }
            Effect::Suspend => self.suspend(surface),
            Effect::Quit => self.leave = true,
        }
    }

    /// The state knows of a COMMIT a moment after it is sent; the gate knows before.
    fn suspend(&mut self, surface: &mut impl Surface) {
        if self.blind {
            return;
        }
        let Some(_held) = self.gate.pass() else {
            return self.take(Event::Flash(update::NOT_NOW.to_owned()), surface);
        };
        if surface.suspend().is_err() {
            self.terminal_died(surface);
        }
        self.dirty = true;
    }

    fn execute(&mut self, generation: Generation, plan: ConfirmedPlan) {
        self.cancel = CancellationToken::new();
        let (listener, events) = channel();
        self.running = Some((generation, events));
        let (port, cancel) = (Arc::clone(&self.port), self.cancel.clone());
        let progress = listener.clone();
        // In a task of its own, so that even its panic has an outcome and the cockpit never waits for ever.
        let running = tokio::spawn(async move { port.execute(plan, progress, cancel).await });
        tokio::spawn(async move {
            let outcome = running.await.unwrap_or_else(|error| {
                let message = format!("the operation ended without an answer ({error})");
                Outcome::new(OutcomeKind::Unknown, message).and_look()
            });
            listener.tell(Progress::Finished(outcome));
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

/// The next event of the running operation; `None` when it has told its last.
async fn heard(running: &mut Option<(Generation, Events)>) -> Option<Event> {
    let (generation, events) = running.as_mut()?;
    let progress = events.recv().await?;
    Some(Event::Progress {
        generation: *generation,
        progress,
    })
}

/// The next key if it is there already. Polled with the task's own waker: a stream keeps a waker that it was polled with, and one
/// that does nothing would let every later key wait for something else to happen.
async fn at_hand<S: Stream + Unpin>(keys: &mut S) -> Option<Option<S::Item>> {
    poll_fn(|cx| {
        Poll::Ready(match keys.poll_next_unpin(cx) {
            Poll::Ready(key) => Some(key),
            Poll::Pending => None,
        })
    })
    .await
}
