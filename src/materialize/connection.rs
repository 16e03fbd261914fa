//! One authenticated session with a server.

mod asking;
mod client;
mod connector;

use super::error::{Class, Error};
pub use super::notices::Notice;
use super::notices::{Received, Tapped};
use super::offer::KeptOffers;
use super::settings::{ConnectionSettings, SslMode};
use super::tls::Tls;
use super::waiting::{Ask, Waited, Waits};
use crate::domain::failure::Cause;
use crate::domain::quantity::span;
pub use asking::Interruption;
pub use client::{Connection, StatementResult};
use connector::Inner;
pub use connector::{Connector, Purpose};
use socket2::{SockRef, TcpKeepalive};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout_at};
use tokio_postgres::{AsyncMessage, Config};

/// The cluster that serves catalog reads; a paused cluster in the profile would hang them.
const CATALOG_CLUSTER: &str = "mz_catalog_server";

const ISOLATION: &str = "transaction_isolation";

impl Connector {
    /// Checks the settings and reads the certificate files; connects to nothing yet.
    ///
    /// # Errors
    /// [`Class::Settings`] when a certificate file is missing or does not fit the mode.
    pub fn new(settings: ConnectionSettings) -> Result<Self, Error> {
        Self::keeping(settings, None)
    }

    /// As [`Connector::new`], with a place for what servers were found to offer.
    ///
    /// # Errors
    /// As [`Connector::new`].
    pub fn keeping(
        settings: ConnectionSettings,
        offers: Option<Arc<dyn KeptOffers>>,
    ) -> Result<Self, Error> {
        let tls = Tls::new(&settings)?;
        Ok(Self {
            inner: Arc::new(Inner {
                settings,
                tls,
                waits: Waits::default(),
                offers,
            }),
        })
    }

    #[must_use]
    pub fn settings(&self) -> &ConnectionSettings {
        &self.inner.settings
    }

    /// Whether the server must prove who it is. `false` deserves a visible warning, except on one's own machine.
    #[must_use]
    pub fn verifies_server(&self) -> bool {
        self.inner.tls.verified
    }

    /// What the server has been waited for longest, where it is waited for now.
    #[must_use]
    pub fn waiting(&self) -> Option<Waited> {
        self.inner.waits.longest()
    }

    /// # Errors
    /// [`Class::Unreachable`], [`Class::Tls`], [`Class::Authentication`], or what the server answers.
    pub async fn connect(&self, purpose: Purpose) -> Result<Connection, Error> {
        let settings = self.settings();
        let _waiting = self.inner.waits.begin(Ask::Connection);
        let after = settings.connect_timeout;
        let until = Instant::now() + after;
        let received = Received::default();
        let stream = timeout_at(until, self.stream(&received))
            .await
            .unwrap_or_else(|_| Err(self.silent("was not reached", after)))?;
        let tls = self.inner.tls.connect(&settings.host)?;
        let config = config(settings, purpose);
        let (client, connection) = timeout_at(until, config.connect_raw(stream, tls))
            .await
            .map_err(|_| self.silent("took the connection and said nothing", after))?
            .map_err(|error| Error::from_connect(&error, &settings.address(), &settings.user))?;
        let parameter = |name| connection.parameter(name).map(str::to_owned);
        let (version, cluster) = (parameter("mz_version"), parameter("cluster"));
        let driver = tokio::spawn(drive(connection, received.clone())).abort_handle();
        Ok(Connection {
            client,
            connector: self.clone(),
            received,
            driver,
            closed: AtomicBool::new(false),
            version,
            cluster,
        })
    }

    /// A server that did so and gave no answer in time.
    fn silent(&self, how: &str, after: Duration) -> Error {
        let why = format!("it {how} within {}", span(after));
        Error::new(Class::Unreachable {
            address: self.settings().address(),
        })
        .because(Cause::new(why))
    }

    async fn stream(&self, received: &Received) -> Result<Tapped<TcpStream>, Error> {
        let settings = self.settings();
        let unreachable = |error: std::io::Error| {
            Error::new(Class::Unreachable {
                address: settings.address(),
            })
            .because(Cause::of(&error))
        };
        let stream = TcpStream::connect((settings.host.as_str(), settings.port))
            .await
            .map_err(unreachable)?;
        stream.set_nodelay(true).map_err(unreachable)?;
        if let Some(keepalives) = settings.keepalives {
            let socket = SockRef::from(&stream);
            let keepalive = TcpKeepalive::new()
                .with_time(keepalives.idle)
                .with_interval(keepalives.interval);
            #[cfg(not(windows))]
            let keepalive = keepalive.with_retries(keepalives.retries);
            socket.set_tcp_keepalive(&keepalive).map_err(unreachable)?;
            #[cfg(target_os = "linux")]
            socket
                .set_tcp_user_timeout(Some(
                    keepalives.idle + keepalives.interval * keepalives.retries,
                ))
                .map_err(unreachable)?;
        }
        let answers_ssl_request = usize::from(settings.sslmode != SslMode::Disable);
        Ok(Tapped::new(stream, answers_ssl_request, received.clone()))
    }
}

fn config(settings: &ConnectionSettings, purpose: Purpose) -> Config {
    let mut config = Config::new();
    config
        .user(&settings.user)
        .dbname(&settings.database)
        .application_name(&settings.application_name)
        .options(startup_options(settings, purpose))
        .ssl_mode(match settings.sslmode {
            SslMode::Disable => tokio_postgres::config::SslMode::Disable,
            SslMode::Prefer => tokio_postgres::config::SslMode::Prefer,
            SslMode::Require | SslMode::VerifyCa | SslMode::VerifyFull => {
                tokio_postgres::config::SslMode::Require
            }
        });
    if let Some(password) = &settings.password {
        config.password(password.reveal());
    }
    config
}

/// The session variables that are set before the first statement, as `--name=value` separated by spaces.
fn startup_options(settings: &ConnectionSettings, purpose: Purpose) -> String {
    // Streams never end, and readings have deadlines of ours: a server's timeout must not cut them.
    let reads = purpose != Purpose::Execute;
    let (cluster, timeout) = match reads {
        true => (Some(CATALOG_CLUSTER), Some("0")),
        false => (settings.cluster.as_deref(), None),
    };
    let own = |name: &str| {
        let ours = matches!(name, "cluster" | "statement_timeout");
        name.eq_ignore_ascii_case(ISOLATION) || (ours && reads)
    };
    let fixed = [
        (ISOLATION, isolation(purpose)),
        ("auto_route_catalog_queries", "on"),
        ("welcome_message", "off"),
        ("current_object_missing_warnings", "off"),
    ];
    fixed
        .into_iter()
        .chain(cluster.map(|cluster| ("cluster", cluster)))
        .chain(timeout.map(|timeout| ("statement_timeout", timeout)))
        .chain(
            settings
                .search_path
                .as_deref()
                .map(|path| ("search_path", path)),
        )
        .chain(
            settings
                .options
                .iter()
                .map(|(name, value)| (name.as_str(), value.as_str()))
                .filter(|(name, _)| !own(name)),
        )
        .map(|(name, value)| format!("--{name}={}", escape_option(value)))
        .collect::<Vec<_>>()
        .join(" ")
}

/// A reading of the catalog that is not `strict serializable` may be of before the last DDL (8 of 8 looks: recorded, v26.39/22), and what is
/// looked at under a fence would be the past.
fn isolation(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::Observe | Purpose::Execute => "strict serializable",
        Purpose::Progress => "serializable",
    }
}

/// Spaces end an option unless a backslash stands before them.
fn escape_option(value: &str) -> String {
    value.replace('\\', "\\\\").replace(' ', "\\ ")
}

/// Moves messages until the connection closes; a plain `await` of the connection would throw the notices away.
async fn drive<S, T>(mut connection: tokio_postgres::Connection<S, T>, received: Received)
where
    S: AsyncRead + AsyncWrite + Unpin,
    T: AsyncRead + AsyncWrite + Unpin,
{
    loop {
        match std::future::poll_fn(|cx| connection.poll_message(cx)).await {
            Some(Ok(AsyncMessage::Notice(notice))) => received.notice(Notice {
                severity: notice.severity().to_owned(),
                message: notice.message().to_owned(),
                detail: notice.detail().map(str::to_owned),
                hint: notice.hint().map(str::to_owned),
            }),
            Some(Ok(_)) => {}
            Some(Err(error)) => {
                tracing::debug!(%error, "link closed");
                return;
            }
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> ConnectionSettings {
        ConnectionSettings {
            cluster: Some("my cluster".to_owned()),
            options: vec![("statement_timeout".to_owned(), "1 min".to_owned())],
            ..ConnectionSettings::default()
        }
    }

    #[test]
    fn readers_are_pinned_to_the_catalog_server() {
        let options = startup_options(&settings(), Purpose::Observe);
        assert!(options.contains("--cluster=mz_catalog_server"), "{options}");
        assert!(!options.contains("my\\ cluster"));
        assert!(options.contains("--statement_timeout=0"), "{options}");
        assert!(!options.contains("min"), "{options}");
    }

    #[test]
    fn no_setting_makes_a_reading_stale() {
        for name in ["transaction_isolation", "TRANSACTION_ISOLATION"] {
            let settings = ConnectionSettings {
                options: vec![(name.to_owned(), "serializable".to_owned())],
                ..settings()
            };
            for purpose in [Purpose::Observe, Purpose::Execute] {
                let options = startup_options(&settings, purpose);
                assert!(options.contains("--transaction_isolation=strict\\ serializable"));
                assert!(!options.contains("=serializable"), "{options}");
            }
        }
    }

    #[test]
    fn spaces_and_backslashes_survive() {
        let options = startup_options(&settings(), Purpose::Execute);
        assert!(options.contains("--cluster=my\\ cluster"), "{options}");
        assert!(options.ends_with("--statement_timeout=1\\ min"));
        assert_eq!(escape_option("a\\b"), "a\\\\b");
    }
}
