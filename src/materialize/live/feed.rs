//! Sessions for ever, and the picture that they publish.

use super::pace::retry_wait;
use super::session::{End, Publish};
use super::{polling, session};
use crate::domain::failure::{Failure, told};
use crate::domain::picture::{ConnectionState, ConnectionStatus, Picture};
use crate::domain::snapshot::Snapshot;
use crate::materialize::connection::{Connector, Purpose};
use crate::materialize::error::{Class, Error};
use crate::materialize::observe::Observer;
use crate::materialize::probe::{exclude_refused, probe};
use crate::materialize::queries::SubscribeGroup;
use crate::materialize::reader::CatalogReader;
use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep_until};

/// How often the server is read where SUBSCRIBE is refused and no interval was asked for.
const POLL_EVERY: Duration = Duration::from_secs(5);

/// How the picture is kept live.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FeedOptions {
    /// Read at this interval instead of subscribing.
    pub poll: Option<Duration>,
}

/// The live picture of a server. It stops when dropped.
pub struct LiveFeed {
    pictures: watch::Receiver<Picture>,
    wake: Arc<Notify>,
    task: AbortHandle,
}

impl LiveFeed {
    /// The newest picture, and when there is a newer one.
    #[must_use]
    pub fn pictures(&self) -> watch::Receiver<Picture> {
        self.pictures.clone()
    }

    /// Polls now, or connects now when the connection is lost. Streams are as new as the server anyway.
    pub fn refresh(&self) {
        self.wake.notify_one();
    }
}

impl Drop for LiveFeed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Starts to keep a picture live: connects, subscribes, and connects again for ever. Must be called within a runtime.
#[must_use]
pub fn live(connector: Connector, options: FeedOptions) -> LiveFeed {
    let picture = Picture {
        connection: ConnectionStatus {
            server_verified: connector.verifies_server(),
            ..ConnectionStatus::default()
        },
        ..Picture::default()
    };
    let (sender, pictures) = watch::channel(picture);
    let wake = Arc::new(Notify::new());
    let feed = Feed {
        silence: connector.settings().deadlines.stream,
        connector,
        poll: options.poll,
        polling_reason: None,
        refused: BTreeSet::new(),
        sender,
        wake: wake.clone(),
    };
    LiveFeed {
        pictures,
        wake,
        task: tokio::spawn(feed.run()).abort_handle(),
    }
}

struct Feed {
    connector: Connector,
    poll: Option<Duration>,
    silence: Duration,
    polling_reason: Option<String>,
    /// Topics of which parts were refused: looked at more closely before subscribing.
    refused: BTreeSet<SubscribeGroup>,
    sender: watch::Sender<Picture>,
    wake: Arc<Notify>,
}

impl Feed {
    async fn run(mut self) {
        let mut attempts = 0;
        let mut lost_since = None;
        loop {
            let mut published = false;
            let end = self.session(&mut published).await;
            if published {
                attempts = 0;
                lost_since = None;
            }
            let error = match end {
                End::Refused { group, error } => {
                    if self.adapt(group, &error) {
                        continue;
                    }
                    error
                }
                End::Gap(reason) => {
                    tracing::warn!(%reason, "the streams are read anew");
                    self.sender.send_modify(|picture| {
                        picture.connection.last_gap = Some(reason.clone());
                    });
                    Error::new(Class::Gap { reason })
                }
                End::Broken(error) => error,
            };
            let since = *lost_since.get_or_insert_with(Instant::now);
            self.wait_to_retry(since, error, attempts).await;
            attempts = attempts.saturating_add(1);
        }
    }

    async fn session(&self, published: &mut bool) -> End {
        match self.connect_and_follow(published).await {
            Ok(end) => end,
            Err(error) => End::Broken(error),
        }
    }

    async fn connect_and_follow(&self, published: &mut bool) -> Result<End, Error> {
        let connection = self.connector.connect(Purpose::Observe).await?;
        let mut probed = probe(&connection).await?;
        for group in &self.refused {
            let queries: Vec<_> = probed.offer.queries(*group).collect();
            exclude_refused(&connection, &mut probed.offer, &queries).await?;
        }
        let state = match self.poll {
            Some(every) => ConnectionState::Polling { every },
            None => ConnectionState::Live,
        };
        let mut publish = Publisher {
            sender: &self.sender,
            state,
            polling_reason: self.polling_reason.clone(),
            published,
        };
        Ok(match self.poll {
            Some(every) => {
                let progress = self.connector.connect(Purpose::Progress).await?;
                let observer = Observer::on(CatalogReader::on(connection, probed), progress);
                End::Broken(polling::run(observer, every, &self.wake, &mut publish).await)
            }
            None => {
                session::run(
                    &self.connector,
                    connection,
                    &probed,
                    self.silence,
                    &mut publish,
                )
                .await
            }
        })
    }

    /// Makes the next session different after a refusal: first without what can't be read, then without SUBSCRIBE.
    /// `false` when neither can help.
    fn adapt(&mut self, group: SubscribeGroup, error: &Error) -> bool {
        tracing::warn!(
            group = group.as_str(),
            error = told(error),
            "SUBSCRIBE was refused"
        );
        if matches!(error.class, Class::Decode { .. }) {
            return false;
        }
        if self.refused.insert(group) {
            return true;
        }
        if self.poll.is_none() {
            self.poll = Some(POLL_EVERY);
            self.polling_reason = Some(error.class.to_string());
            return true;
        }
        false
    }

    /// Keeps the last picture and says that it is old, until it is time to try again or somebody asks for it.
    async fn wait_to_retry(&self, since: Instant, error: Error, attempts: u32) {
        let retry_at = Instant::now() + retry_wait(attempts);
        tracing::info!(error = told(&error), attempts, "link lost");
        self.sender.send_modify(|picture| {
            let connection = &mut picture.connection;
            // Failing to come back is the same loss.
            if !connection.is_lost() {
                connection.restarts = connection.restarts.saturating_add(1);
            }
            connection.state = ConnectionState::Lost {
                since: since.into_std(),
                error: Failure::from(&error),
                attempts,
                retry_at: retry_at.into_std(),
            };
        });
        tokio::select! {
            () = sleep_until(retry_at) => {}
            () = self.wake.notified() => {}
        }
    }
}

struct Publisher<'a> {
    sender: &'a watch::Sender<Picture>,
    state: ConnectionState,
    polling_reason: Option<String>,
    published: &'a mut bool,
}

impl Publish for Publisher<'_> {
    /// Readers are not woken for a sign of life alone.
    fn heard(&mut self, at: Instant) {
        self.sender.send_if_modified(|picture| {
            if *self.published {
                picture.connection.heard_at = Some(at.into_std());
            }
            false
        });
    }

    fn snapshot(&mut self, snapshot: Snapshot) {
        *self.published = true;
        self.sender.send_modify(|picture| {
            picture.snapshot = Some(Arc::new(snapshot));
            let connection = &mut picture.connection;
            connection.state = self.state.clone();
            connection.polling_reason.clone_from(&self.polling_reason);
            connection.heard_at = Some(Instant::now().into_std());
        });
    }
}
