use super::*;
use crate::domain::changes::ChangesView;
use crate::domain::history::AuditEntry;
use crate::domain::picture::Picture;
use crate::domain::plan::Plan;
use crate::tui::glyphs::Glyphs;
use crate::tui::port::PortFuture;
use crossterm::event::{KeyCode, KeyEvent};
use std::collections::VecDeque;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Mutex;
use std::task::{Context, Waker};

/// Nothing ever happens at the server.
struct Still(watch::Sender<Picture>);

impl Port for Still {
    fn pictures(&self) -> watch::Receiver<Picture> {
        self.0.subscribe()
    }

    fn refresh(&self) {}

    fn plan(&self, _: crate::domain::plan::Request) -> PortFuture<'_, Result<Plan, String>> {
        Box::pin(std::future::pending())
    }

    fn execute(
        &self,
        _: ConfirmedPlan,
        _: crate::ops::listener::Listener,
        _: CancellationToken,
    ) -> PortFuture<'_, Outcome> {
        Box::pin(std::future::pending())
    }

    fn changes(&self) -> PortFuture<'_, Result<Arc<ChangesView>, String>> {
        Box::pin(std::future::pending())
    }

    fn history(&self) -> PortFuture<'_, Result<Arc<[AuditEntry]>, String>> {
        Box::pin(std::future::pending())
    }

    fn parse(&self) -> PortFuture<'_, Result<String, String>> {
        Box::pin(std::future::pending())
    }

    fn save(&self, _: String, _: String) -> PortFuture<'_, Result<PathBuf, String>> {
        Box::pin(std::future::pending())
    }

    fn abandon(&self) -> PortFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
}

/// Key streams keep the first waker that they were polled with until it has woken (as crossterm's `EventStream` does).
#[derive(Clone, Default)]
struct Keyboard(Arc<Mutex<(VecDeque<TerminalEvent>, Option<Waker>)>>);

impl Keyboard {
    fn send(&self, event: TerminalEvent) {
        let waker = {
            let mut inner = self.0.lock().unwrap();
            inner.0.push_back(event);
            inner.1.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn press(&self, c: char) {
        self.send(TerminalEvent::Key(KeyEvent::from(KeyCode::Char(c))));
    }
}

impl Stream for Keyboard {
    type Item = io::Result<TerminalEvent>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut inner = self.0.lock().unwrap();
        match inner.0.pop_front() {
            Some(event) => Poll::Ready(Some(Ok(event))),
            None => {
                inner.1.get_or_insert_with(|| cx.waker().clone());
                Poll::Pending
            }
        }
    }
}

/// What was drawn last, and when.
#[derive(Debug, Clone)]
struct Drawn {
    at: Instant,
    draws: usize,
    is_help: bool,
    size: (u16, u16),
    filter: String,
}

struct Paper(watch::Sender<Drawn>);

impl Surface for Paper {
    fn size(&self) -> io::Result<(u16, u16)> {
        Ok((120, 40))
    }

    fn draw(&mut self, state: &State, _: &Theme) -> io::Result<()> {
        self.0.send_modify(|drawn| {
            drawn.at = Instant::now();
            drawn.draws += 1;
            drawn.is_help = state.overlay.is_some();
            drawn.size = state.size;
            drawn.filter = state.cockpit.filter.value().to_owned();
        });
        Ok(())
    }

    fn redraw(&mut self) -> io::Result<()> {
        Ok(())
    }

    fn mouse(&mut self, _: bool) -> io::Result<()> {
        Ok(())
    }

    fn copy(&mut self, _: &str) -> io::Result<()> {
        Ok(())
    }

    fn suspend(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A session that has been drawn and has nothing to do, with the clock stopped: the next tick is most of a second away.
async fn idle() -> (Keyboard, watch::Receiver<Drawn>, mpsc::Sender<Wanted>) {
    let keyboard = Keyboard::default();
    let (signals, heard) = mpsc::channel(8);
    let drawn = watch::Sender::new(Drawn {
        at: Instant::now(),
        draws: 0,
        is_help: false,
        size: (0, 0),
        filter: String::new(),
    });
    let mut seen = drawn.subscribe();
    let keys = keyboard.clone();
    tokio::spawn(async move {
        let options = CockpitOptions {
            target: TargetInfo::default(),
            theme: Theme::mono(Glyphs::UNICODE),
            keymap: Keymap::default(),
            mouse: false,
            gate: Gate::default(),
        };
        let port = Arc::new(Still(watch::Sender::new(Picture::default())));
        let (mut session, incoming) = EventLoop::new(port, options, (80, 24));
        session
            .serve(&mut Paper(drawn), keys, incoming, heard)
            .await;
    });
    seen.wait_for(|drawn| drawn.draws > 0).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    (keyboard, seen, signals)
}

#[tokio::test(start_paused = true)]
async fn a_key_is_drawn_while_nothing_else_happens() {
    let (keyboard, mut seen, _signals) = idle().await;
    let pressed = Instant::now();
    keyboard.press('?');
    let drawn = seen.wait_for(|drawn| drawn.is_help).await.unwrap();
    assert_eq!(drawn.at, pressed, "it waited for something else");
}

#[tokio::test(start_paused = true)]
async fn keys_in_a_row_do_not_wait_for_the_next_frame() {
    let (keyboard, mut seen, _signals) = idle().await;
    let pressed = Instant::now();
    for (typed, key) in ["", "a", "ab"].into_iter().zip("/ab".chars()) {
        let before = seen.borrow_and_update().draws;
        keyboard.press(key);
        let drawn = seen
            .wait_for(|drawn| drawn.draws > before && drawn.filter == typed)
            .await
            .unwrap();
        assert_eq!(drawn.at, pressed, "{key} waited");
    }
}

#[tokio::test(start_paused = true)]
async fn a_resize_and_a_paste_come_at_once_too() {
    let (keyboard, mut seen, signals) = idle().await;
    keyboard.press('/');
    let came = Instant::now();
    keyboard.send(TerminalEvent::Paste("pasted".to_owned()));
    let drawn = seen.wait_for(|drawn| drawn.filter == "pasted").await;
    assert_eq!(drawn.unwrap().at, came);
    tokio::time::sleep(Duration::from_millis(100)).await;
    let came = Instant::now();
    signals.send(Wanted::Resize).await.unwrap();
    let drawn = seen.wait_for(|drawn| drawn.size == (120, 40)).await;
    assert_eq!(drawn.unwrap().at, came);
}
