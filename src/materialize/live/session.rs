//! One set of streams, until something breaks.

use super::alignment::Alignment;
use super::event::StreamMessage;
use super::pace::Pace;
use crate::domain::failure::Cause;
use crate::domain::quantity::span;
use crate::domain::snapshot::Snapshot;
use crate::materialize::assemble::Assembler;
use crate::materialize::connection::{Connection, Connector, Purpose};
use crate::materialize::error::{Class, Error};
use crate::materialize::offer::Offer;
use crate::materialize::probe::Probed;
use crate::materialize::queries::{SubscribeGroup, one_select};
use futures_util::StreamExt;
use futures_util::future::try_join_all;
use std::collections::BTreeMap;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};
use tokio_postgres::SimpleQueryMessage;

/// Rows that are handed on together, when they are there together.
const CHUNK: usize = 2_048;

/// Chunks that may wait: a slow reader slows the server down, not this process's memory up.
const WAITING_CHUNKS: usize = 64;

/// Why a session ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum End {
    /// The connection or the server failed.
    Broken(Error),
    /// The streams contradict themselves; reading anew helps.
    Gap(String),
    /// The server refuses this SUBSCRIBE.
    Refused { group: SubscribeGroup, error: Error },
}

impl From<Error> for End {
    fn from(error: Error) -> Self {
        Self::Broken(error)
    }
}

/// Where a session puts what it sees.
pub(super) trait Publish {
    /// News of any kind arrived, a picture perhaps not yet.
    fn heard(&mut self, at: Instant);
    fn snapshot(&mut self, snapshot: Snapshot);
}

/// Subscribes to every group that the server offers, the first of them on `connection`, and publishes until it ends.
pub(super) async fn run(
    connector: &Connector,
    connection: Connection,
    probed: &Probed,
    silence: Duration,
    publish: &mut impl Publish,
) -> End {
    match subscribe(connector, connection, &probed.offer).await {
        Ok(streams) => follow(streams, probed, silence, publish).await,
        Err(error) => End::Broken(error),
    }
}

struct Streams {
    groups: Vec<SubscribeGroup>,
    messages: mpsc::Receiver<Message>,
    /// Stops the readers when dropped, and with them the links.
    _readers: JoinSet<()>,
}

struct Message {
    group: SubscribeGroup,
    events: Vec<StreamMessage>,
    /// What ended the stream, after these events.
    end: Option<Ended>,
}

struct Ended {
    error: Error,
    /// The stream ended before it had said anything: the server does not want it.
    refused: bool,
}

async fn subscribe(
    connector: &Connector,
    connection: Connection,
    offer: &Offer,
) -> Result<Streams, Error> {
    let statements: Vec<(SubscribeGroup, String)> = SubscribeGroup::ALL
        .into_iter()
        .filter_map(|group| {
            let queries: Vec<_> = offer.queries(group).collect();
            let select = one_select(&queries)?;
            Some((group, format!("SUBSCRIBE (\n{select}\n) WITH (PROGRESS)")))
        })
        .collect();
    let more = statements.len().saturating_sub(1);
    let mut links = try_join_all((0..more).map(|_| connector.connect(Purpose::Observe))).await?;
    links.push(connection);
    let (sender, messages) = mpsc::channel(WAITING_CHUNKS);
    let mut readers = JoinSet::new();
    let groups = statements.iter().map(|(group, _)| *group).collect();
    for ((group, statement), connection) in statements.into_iter().zip(links) {
        readers.spawn(read(group, statement, connection, sender.clone()));
    }
    Ok(Streams {
        groups,
        messages,
        _readers: readers,
    })
}

/// Hands on the rows of one stream until it ends, which it never does by itself.
async fn read(
    group: SubscribeGroup,
    statement: String,
    connection: Connection,
    sender: mpsc::Sender<Message>,
) {
    let mut silent = true;
    let error = match connection.stream(&statement).await {
        Err(error) => error,
        Ok(rows) => {
            let mut chunks = Box::pin(rows.ready_chunks(CHUNK));
            loop {
                let Some(chunk) = chunks.next().await else {
                    let why = format!("the {} stream ended", group.as_str());
                    break lost(why);
                };
                let mut events = Vec::with_capacity(chunk.len());
                let end = parse(chunk, &statement, &mut events).err();
                silent &= events.is_empty();
                let end = end.map(|error| Ended {
                    refused: silent && !error.is_transient(),
                    error,
                });
                let ended = end.is_some();
                let message = Message { group, events, end };
                if sender.send(message).await.is_err() || ended {
                    return;
                }
            }
        }
    };
    let end = Some(Ended {
        refused: false,
        error,
    });
    let events = Vec::new();
    // Nobody listens any more when the session has ended already.
    let _ = sender.send(Message { group, events, end }).await;
}

/// Adds the events of a chunk, up to the first error.
fn parse(
    chunk: Vec<Result<SimpleQueryMessage, tokio_postgres::Error>>,
    statement: &str,
    events: &mut Vec<StreamMessage>,
) -> Result<(), Error> {
    for message in chunk {
        let message = message.map_err(|error| Error::from_driver(&error, statement))?;
        if let SimpleQueryMessage::Row(row) = message {
            let cell = |column| row.try_get(column).ok().flatten();
            events.push(StreamMessage::parse(row.len(), cell)?);
        }
    }
    Ok(())
}

async fn follow(
    mut streams: Streams,
    probed: &Probed,
    silence: Duration,
    publish: &mut impl Publish,
) -> End {
    let mut assembler = Assembler::new(probed.server.clone(), probed.offer.missing());
    let mut alignment = Alignment::new(streams.groups.iter().copied());
    let mut pace = Pace::default();
    let started = Instant::now();
    let mut heard: BTreeMap<SubscribeGroup, Instant> = streams
        .groups
        .iter()
        .map(|group| (*group, started))
        .collect();
    loop {
        let due = pace.due();
        let most_silent = heard.iter().min_by_key(|(_, at)| **at);
        let silent_at = most_silent.map_or(started, |(_, at)| *at) + silence;
        tokio::select! {
            message = streams.messages.recv() => {
                let Some(message) = message else {
                    return End::Gap("every stream ended".to_owned());
                };
                heard.insert(message.group, Instant::now());
                publish.heard(Instant::now());
                if let Err(end) = take_in(message, &mut alignment, &mut pace) {
                    return end;
                }
            }
            () = sleep_until(due.unwrap_or(silent_at)), if due.is_some() => {
                let Some((time, changes)) = pace.take(Instant::now()) else { continue };
                match assembler.snapshot(alignment.rows(), &changes, time) {
                    Ok(snapshot) => publish.snapshot(snapshot),
                    Err(error) => return End::Broken(error),
                }
            }
            () = sleep_until(silent_at) => {
                let group = heard.iter().min_by_key(|(_, at)| **at).map_or("live", |(group, _)| group.as_str());
                let why = format!("no sign of life on the {group} stream for {}", span(silence));
                return End::Broken(lost(why));
            }
        }
    }
}

/// A stream that gives nothing more; its SUBSCRIBE was sent.
fn lost(why: String) -> Error {
    Error::new(Class::LinkLost {
        statement_sent: true,
    })
    .because(Cause::new(why))
}

fn take_in(message: Message, alignment: &mut Alignment, pace: &mut Pace) -> Result<(), End> {
    let Message { group, events, end } = message;
    let gap = |gap: super::alignment::Gap| End::Gap(gap.to_string());
    for event in events {
        alignment.receive(group, event).map_err(gap)?;
    }
    if let Some(step) = alignment.advance().map_err(gap)? {
        pace.step(step.time, step.changes);
    }
    match end {
        None => Ok(()),
        Some(Ended {
            error,
            refused: true,
        }) => Err(End::Refused { group, error }),
        Some(Ended { error, .. }) => Err(End::Broken(error)),
    }
}
