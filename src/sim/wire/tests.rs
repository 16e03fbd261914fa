//! A real client against a host that only knows a few sentences.

use super::*;
use crate::Value;
use crate::error::{Notice, SqlError, SqlResult};
use crate::types::{Column, SqlType};
use async_trait::async_trait;
use futures_util::TryStreamExt;
use std::time::Duration;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls, SimpleQueryMessage};
use tokio_util::sync::CancellationToken;

#[derive(Default)]
struct Parrot {
    cancel: CancellationToken,
    left: Arc<Notify>,
}

struct Talk {
    cancel: CancellationToken,
    left: Arc<Notify>,
    settings: Vec<(String, String)>,
}

impl Drop for Talk {
    fn drop(&mut self) {
        self.left.notify_one();
    }
}

#[async_trait]
impl Host for Parrot {
    fn login(&self, role: &str) -> Login {
        if role == "guarded" {
            Login::Password("open sesame".to_owned())
        } else {
            Login::Trusted
        }
    }

    async fn open(&self, startup: Startup) -> SqlResult<Opened> {
        if startup.role == "nobody" {
            return Err(SqlError::new("28000", "role \"nobody\" does not exist"));
        }
        let (cancel, left) = (self.cancel.clone(), Arc::clone(&self.left));
        Ok(Opened {
            conversation: Box::new(Talk {
                cancel,
                left,
                settings: startup.settings,
            }),
            parameters: vec![("mz_version".to_owned(), "v1".to_owned())],
            process_id: 7,
            secret_key: 8,
            notices: vec![Notice::new("welcome")],
        })
    }

    fn cancel(&self, process_id: i32, secret_key: i32) {
        if (process_id, secret_key) == (7, 8) {
            self.cancel.cancel();
        }
    }
}

fn column() -> Vec<Column> {
    vec![
        Column::new("word", SqlType::Text),
        Column::new("number", SqlType::Int8),
    ]
}

#[async_trait]
impl Conversation for Talk {
    async fn query(&mut self, sql: &str, reply: &mut dyn Reply) -> Result<(), Ended> {
        match sql {
            "fail" => Err(SqlError::plan("no").hint("try again").into()),
            "hang up" => Err(Ended::Hangup),
            "stream" => {
                reply.columns(&column()).await?;
                for number in 0.. {
                    reply
                        .row(&[Value::from("tick"), Value::Int(number)])
                        .await?;
                    reply.flush().await?;
                    tokio::select! {
                        () = tokio::time::sleep(Duration::from_millis(5)) => {}
                        () = self.cancel.cancelled() => return Err(SqlError::cancelled().into()),
                    }
                }
                Ok(())
            }
            "settings" => {
                reply.columns(&column()).await?;
                for (name, value) in &self.settings {
                    reply
                        .row(&[Value::from(format!("{name}={value}")), Value::Null])
                        .await?;
                }
                reply.complete("SELECT").await
            }
            other => {
                reply.columns(&column()).await?;
                reply.row(&[Value::from(other), Value::Null]).await?;
                reply.complete("SELECT 1").await
            }
        }
    }

    async fn describe(
        &mut self,
        sql: &str,
        _parameters: &[Option<SqlType>],
    ) -> SqlResult<Description> {
        match sql {
            "unknown" => Err(SqlError::plan("never heard of it")),
            _ => Ok(Description {
                parameters: vec![SqlType::Int8],
                columns: Some(column()),
            }),
        }
    }

    async fn execute(
        &mut self,
        sql: &str,
        parameters: &[Value],
        reply: &mut dyn Reply,
    ) -> Result<(), Ended> {
        reply.columns(&column()).await?;
        reply
            .row(&[Value::from(sql), parameters[0].clone()])
            .await?;
        reply.complete("SELECT 1").await
    }

    fn status(&self) -> Status {
        Status::Idle
    }

    fn changed_parameters(&mut self) -> Vec<(String, String)> {
        Vec::new()
    }
}

type Connected = (
    Client,
    Option<String>,
    JoinHandle<Result<(), tokio_postgres::Error>>,
);

async fn connect(host: Arc<Parrot>, config: &Config) -> Result<Connected, tokio_postgres::Error> {
    let (ours, theirs) = tokio::io::duplex(1024);
    tokio::spawn(serve(theirs, ([127, 0, 0, 1], 1).into(), host));
    let (client, connection) = config.connect_raw(ours, NoTls).await?;
    let version = connection.parameter("mz_version").map(str::to_owned);
    Ok((client, version, tokio::spawn(connection)))
}

fn config(role: &str) -> Config {
    let mut config = Config::new();
    config
        .user(role)
        .dbname("materialize")
        .options("--cluster=compute -c search_path=a");
    config
}

async fn words(client: &Client, sql: &str) -> Result<Vec<String>, tokio_postgres::Error> {
    let messages = client.simple_query(sql).await?;
    let word = |message| match message {
        SimpleQueryMessage::Row(row) => row.get(0).map(str::to_owned),
        _ => None,
    };
    Ok(messages.into_iter().filter_map(word).collect())
}

#[tokio::test]
async fn settings_of_the_start_packet_reach_the_session_and_parameters_the_client() {
    let (client, version, _link) = connect(Arc::default(), &config("me")).await.unwrap();
    assert_eq!(version.as_deref(), Some("v1"));
    let settings = words(&client, "settings").await.unwrap();
    for setting in ["database=materialize", "cluster=compute", "search_path=a"] {
        assert!(settings.contains(&setting.to_owned()), "{settings:?}");
    }
}

#[tokio::test]
async fn a_wrong_password_and_an_unknown_role_are_refused() {
    let refused = |config: Config| async move {
        let error = connect(Arc::default(), &config)
            .await
            .map(|_| ())
            .unwrap_err();
        error.code().cloned()
    };
    let mut guarded = config("guarded");
    assert_eq!(
        refused(guarded.password("wrong").clone()).await,
        Some(SqlState::INVALID_PASSWORD)
    );
    assert!(
        connect(Arc::default(), guarded.password("open sesame"))
            .await
            .is_ok()
    );
    assert_eq!(
        refused(config("nobody")).await,
        Some(SqlState::INVALID_AUTHORIZATION_SPECIFICATION)
    );
}

#[tokio::test]
async fn an_error_leaves_the_connection_usable() {
    let (client, _, _link) = connect(Arc::default(), &config("me")).await.unwrap();
    let error = words(&client, "fail").await.unwrap_err();
    let error = error.as_db_error().unwrap();
    assert_eq!((error.message(), error.hint()), ("no", Some("try again")));
    assert_eq!(words(&client, "hello").await.unwrap(), ["hello"]);
    assert!(words(&client, " ; ").await.unwrap().is_empty());
}

#[tokio::test]
async fn extended_queries_bind_and_fail_and_go_on() {
    let (client, _, _link) = connect(Arc::default(), &config("me")).await.unwrap();
    let row = client.query_one("echo", &[&42_i64]).await.unwrap();
    assert_eq!(
        (row.get::<_, String>(0), row.get::<_, i64>(1)),
        ("echo".to_owned(), 42)
    );
    assert!(client.query("unknown", &[]).await.is_err());
    let row = client.query_one("echo", &[&None::<i64>]).await.unwrap();
    assert_eq!(row.get::<_, Option<i64>>(1), None);
}

#[tokio::test]
async fn streamed_rows_arrive_one_by_one_until_cancelled() {
    let host = Arc::new(Parrot::default());
    let (client, _, _link) = connect(Arc::clone(&host), &config("me")).await.unwrap();
    let mut stream = Box::pin(client.simple_query_raw("stream").await.unwrap());
    for expected in 0..3 {
        loop {
            if let SimpleQueryMessage::Row(row) = stream.try_next().await.unwrap().unwrap() {
                assert_eq!(row.get(1), Some(expected.to_string().as_str()));
                break;
            }
        }
    }
    host.cancel(7, 9);
    assert!(!host.cancel.is_cancelled(), "the key is not its own");
    host.cancel(7, 8);
    let ended = loop {
        if let Err(error) = stream.try_next().await {
            break error;
        }
    };
    assert_eq!(ended.code(), Some(&SqlState::QUERY_CANCELED));
}

#[tokio::test]
async fn a_client_that_hangs_up_ends_its_session_even_while_a_statement_runs() {
    let host = Arc::new(Parrot::default());
    let (client, _, link) = connect(Arc::clone(&host), &config("me")).await.unwrap();
    let mut stream = Box::pin(client.simple_query_raw("stream").await.unwrap());
    stream.try_next().await.unwrap();
    link.abort();
    tokio::time::timeout(Duration::from_secs(5), host.left.notified())
        .await
        .expect("the session is still there");
}

#[tokio::test]
async fn a_server_that_hangs_up_answers_nothing() {
    let (client, _, _link) = connect(Arc::default(), &config("me")).await.unwrap();
    let error = words(&client, "hang up").await.unwrap_err();
    assert!(
        error.as_db_error().is_none() && client.is_closed(),
        "{error:?}"
    );
}
