//! The way of an operation's events to whoever watches it: one bounded channel, from the operation to the screen or the pipe.
//!
//! Whoever tells is never held up: an operation goes on to its safe end whether anybody reads or not. So a full channel leaves out lines of
//! output, which dbt keeps in a log of its own, and says how many. Everything else is told, however slow the reader is: there is no more of
//! it than a plan has statements and models.

use super::progress::Progress;
use crate::domain::quantity::count;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Events that may wait before lines of output are left out.
const MOST_WAITING: usize = 1024;

/// Where an operation tells its events. Cheap to clone; the channel ends when all clones are gone. Nobody listening is no reason to stop.
#[derive(Debug)]
pub struct Listener(Arc<Shared>);

/// The events, in order.
#[derive(Debug)]
pub struct Events(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    queue: Mutex<Queue>,
    news: Notify,
}

#[derive(Debug)]
struct Queue {
    waiting: VecDeque<Progress>,
    /// Lines of output that found no room since the last event.
    left_out: usize,
    listeners: usize,
    /// Nobody reads any more.
    unheard: bool,
}

/// A new channel.
#[must_use]
pub fn channel() -> (Listener, Events) {
    let shared = Arc::new(Shared {
        queue: Mutex::new(Queue {
            waiting: VecDeque::new(),
            left_out: 0,
            listeners: 1,
            unheard: false,
        }),
        news: Notify::new(),
    });
    (Listener(Arc::clone(&shared)), Events(shared))
}

impl Shared {
    fn queue(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn push(&mut self, event: Progress) {
        if self.unheard {
            return;
        }
        let is_output = matches!(event, Progress::Log { .. });
        if is_output && self.waiting.len() >= MOST_WAITING {
            self.left_out += 1;
            return;
        }
        self.say_what_is_left_out();
        self.waiting.push_back(event);
    }

    fn say_what_is_left_out(&mut self) {
        let lines = std::mem::take(&mut self.left_out);
        if lines > 0 {
            let lines = count(lines, "more line");
            let line = format!("({lines} came faster than they could be shown)");
            self.waiting.push_back(Progress::Log { line });
        }
    }

    fn pop(&mut self) -> Option<Progress> {
        if self.waiting.is_empty() {
            self.say_what_is_left_out();
        }
        self.waiting.pop_front()
    }
}

impl Listener {
    /// Tells an event; returns at once.
    pub fn tell(&self, event: Progress) {
        self.0.queue().push(event);
        self.0.news.notify_one();
    }
}

impl Clone for Listener {
    fn clone(&self) -> Self {
        self.0.queue().listeners += 1;
        Self(Arc::clone(&self.0))
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.0.queue().listeners -= 1;
        self.0.news.notify_one();
    }
}

impl Events {
    /// The next event; `None` after the last, when nobody can tell any more.
    pub async fn recv(&mut self) -> Option<Progress> {
        loop {
            {
                let mut queue = self.0.queue();
                if let Some(event) = queue.pop() {
                    return Some(event);
                }
                if queue.listeners == 0 {
                    return None;
                }
            }
            self.0.news.notified().await;
        }
    }

    /// The next event, if it is there already.
    pub fn try_recv(&mut self) -> Option<Progress> {
        self.0.queue().pop()
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        let mut queue = self.0.queue();
        queue.unheard = true;
        queue.waiting = VecDeque::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::progress::{Outcome, OutcomeKind};

    fn line(number: usize) -> Progress {
        Progress::Log {
            line: number.to_string(),
        }
    }

    /// A reader that is too slow loses lines of output, is told how many, and loses nothing else.
    #[tokio::test]
    async fn a_full_channel_leaves_out_output_alone() {
        let (listener, mut events) = channel();
        let more = 50;
        for number in 0..MOST_WAITING + more {
            listener.tell(line(number));
            if number == MOST_WAITING {
                listener.tell(Progress::Committing);
            }
        }
        let finished = Progress::Finished(Outcome::new(OutcomeKind::Done, "done"));
        listener.tell(finished.clone());
        drop(listener);
        let mut told = Vec::new();
        while let Some(event) = events.recv().await {
            told.push(event);
        }
        let lines = told
            .iter()
            .filter(|event| matches!(event, Progress::Log { .. }));
        assert_eq!(lines.count(), MOST_WAITING + 2, "both gaps are told");
        assert!(told.contains(&Progress::Committing));
        assert_eq!(told.last(), Some(&finished));
        let left_out = |event: &Progress| match event {
            Progress::Log { line } => line
                .strip_prefix('(')?
                .split(' ')
                .next()?
                .parse::<usize>()
                .ok(),
            _ => None,
        };
        let left_out: usize = told.iter().filter_map(left_out).sum::<usize>();
        assert_eq!(left_out, more);
    }

    #[tokio::test]
    async fn the_channel_ends_with_its_last_listener_and_nobody_waits_for_a_reader() {
        let (listener, mut events) = channel();
        let other = listener.clone();
        drop(listener);
        other.tell(Progress::Committed);
        drop(other);
        assert_eq!(events.recv().await, Some(Progress::Committed));
        assert_eq!(events.recv().await, None);
        let (listener, events) = channel();
        drop(events);
        listener.tell(Progress::Committed);
        assert!(listener.0.queue().waiting.is_empty());
    }

    #[tokio::test]
    async fn a_reader_that_waits_is_woken() {
        let (listener, mut events) = channel();
        let reading = tokio::spawn(async move { events.recv().await });
        tokio::task::yield_now().await;
        listener.tell(Progress::Committing);
        assert_eq!(reading.await.unwrap(), Some(Progress::Committing));
    }
}
