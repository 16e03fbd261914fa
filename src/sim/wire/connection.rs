//! Simple and extended queries on one connection.

use super::conversation::{Conversation, Ended, Opened, Status};
use super::link::{Gone, Link, error_message};
use super::reply::{Outlet, WireReply, row_description};
use super::statements::{Prepared, Statements};
use crate::error::SqlError;
use crate::types::SqlType;
use futures_util::{SinkExt, StreamExt};
use pgwire::messages::data::{NoData, ParameterDescription};
use pgwire::messages::extendedquery::{
    Bind, BindComplete, Close, CloseComplete, Describe, Execute, Parse, ParseComplete,
    TARGET_TYPE_BYTE_PORTAL,
};
use pgwire::messages::response::{EmptyQueryResponse, ReadyForQuery, TransactionStatus};
use pgwire::messages::startup::ParameterStatus;
use pgwire::messages::{PgWireBackendMessage as Backend, PgWireFrontendMessage as Frontend};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

/// Messages that a client may send ahead of their answers.
const AHEAD: usize = 256;

/// One connection whose session has begun.
pub(super) struct Connection<S> {
    outlet: Outlet<S>,
    inlet: mpsc::Receiver<Frontend>,
    /// Cancelled when the client hangs up, which ends whatever runs for it.
    hung_up: CancellationToken,
    conversation: Box<dyn Conversation>,
    statements: Statements,
    /// After an error in the extended protocol everything up to the next Sync is skipped.
    skipping: bool,
    _reader: AbortOnDropHandle<()>,
}

impl<S> Connection<S>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    pub(super) fn new(link: Link<S>, opened: Opened) -> Self {
        let (outlet, mut stream) = link.split();
        let (sender, inlet) = mpsc::channel(AHEAD);
        let hung_up = CancellationToken::new();
        let gone = hung_up.clone();
        // A task of its own reads ahead, so that a client that hangs up is noticed while its statement runs.
        let reader = tokio::spawn(async move {
            let _gone = gone.drop_guard();
            while let Some(Ok(message)) = stream.next().await {
                if matches!(message, Frontend::Terminate(_)) || sender.send(message).await.is_err()
                {
                    return;
                }
            }
        });
        Self {
            outlet,
            inlet,
            hung_up,
            conversation: opened.conversation,
            statements: Statements::default(),
            skipping: false,
            _reader: AbortOnDropHandle::new(reader),
        }
    }

    /// Answers until either side hangs up.
    pub(super) async fn run(mut self) {
        while let Some(message) = self.inlet.recv().await {
            if self.answer(message).await.is_err() {
                return;
            }
        }
    }

    async fn answer(&mut self, message: Frontend) -> Result<(), Gone> {
        match message {
            Frontend::Query(query) => self.simple(&query.query).await,
            Frontend::Sync(_) => {
                self.skipping = false;
                self.ready().await
            }
            Frontend::Flush(_) => Ok(self.outlet.flush().await?),
            Frontend::Terminate(_) => Err(Gone),
            _ if self.skipping => Ok(()),
            other => match self.extended(other).await {
                Ok(()) => Ok(()),
                Err(Ended::Hangup) => Err(Gone),
                Err(Ended::Refused(error)) => {
                    self.skipping = true;
                    Ok(self.outlet.send(error_message(&error, false)).await?)
                }
            },
        }
    }

    async fn simple(&mut self, sql: &str) -> Result<(), Gone> {
        if is_empty(sql) {
            self.outlet
                .feed(Backend::EmptyQueryResponse(EmptyQueryResponse::new()))
                .await?;
            return self.ready().await;
        }
        let mut reply = WireReply::simple(&mut self.outlet);
        let ended = tokio::select! {
            ended = self.conversation.query(sql, &mut reply) => ended,
            () = self.hung_up.cancelled() => return Err(Gone),
        };
        match ended {
            Ok(()) => {}
            Err(Ended::Refused(error)) => self.outlet.feed(error_message(&error, false)).await?,
            Err(Ended::Hangup) => return Err(Gone),
        }
        self.ready().await
    }

    async fn ready(&mut self) -> Result<(), Gone> {
        for (name, value) in self.conversation.changed_parameters() {
            self.outlet
                .feed(Backend::ParameterStatus(ParameterStatus::new(name, value)))
                .await?;
        }
        let status = match self.conversation.status() {
            Status::Idle => TransactionStatus::Idle,
            Status::Open => TransactionStatus::Transaction,
            Status::Failed => TransactionStatus::Error,
        };
        Ok(self
            .outlet
            .send(Backend::ReadyForQuery(ReadyForQuery::new(status)))
            .await?)
    }

    async fn say(&mut self, message: Backend) -> Result<(), Ended> {
        self.outlet.feed(message).await.map_err(|_| Ended::Hangup)
    }

    async fn extended(&mut self, message: Frontend) -> Result<(), Ended> {
        match message {
            Frontend::Parse(parse) => self.parse(parse).await,
            Frontend::Bind(bind) => self.bind(&bind).await,
            Frontend::Describe(describe) => self.describe(&describe).await,
            Frontend::Execute(execute) => self.execute(&execute).await,
            Frontend::Close(close) => self.close(&close).await,
            _ => Err(SqlError::unsupported("this message of the protocol").into()),
        }
    }

    async fn parse(&mut self, parse: Parse) -> Result<(), Ended> {
        let named = |oid: &u32| {
            if *oid == 0 {
                None
            } else {
                SqlType::by_oid(*oid)
            }
        };
        let types: Vec<_> = parse.type_oids.iter().map(named).collect();
        let description = if is_empty(&parse.query) {
            super::conversation::Description {
                parameters: Vec::new(),
                columns: None,
            }
        } else {
            self.conversation.describe(&parse.query, &types).await?
        };
        self.statements.prepare(
            parse.name,
            Prepared {
                sql: parse.query,
                description,
            },
        );
        self.say(Backend::ParseComplete(ParseComplete::new())).await
    }

    async fn bind(&mut self, bind: &Bind) -> Result<(), Ended> {
        self.statements.bind(bind)?;
        self.say(Backend::BindComplete(BindComplete::new())).await
    }

    async fn describe(&mut self, describe: &Describe) -> Result<(), Ended> {
        let name = describe.name.as_deref();
        let (statement, formats) = if describe.target_type == TARGET_TYPE_BYTE_PORTAL {
            let portal = self.statements.portal(name)?;
            (portal.statement, portal.formats)
        } else {
            let statement = self.statements.prepared(name)?;
            let oids = statement
                .description
                .parameters
                .iter()
                .map(|ty| ty.oid())
                .collect();
            self.say(Backend::ParameterDescription(ParameterDescription::new(
                oids,
            )))
            .await?;
            (statement, super::reply::Formats::default())
        };
        let message = match &statement.description.columns {
            Some(columns) => row_description(columns, &formats),
            None => Backend::NoData(NoData::new()),
        };
        self.say(message).await
    }

    async fn execute(&mut self, execute: &Execute) -> Result<(), Ended> {
        if execute.max_rows > 0 {
            return Err(SqlError::unsupported("a portal that is read in parts").into());
        }
        let portal = self.statements.portal(execute.name.as_deref())?;
        if is_empty(&portal.statement.sql) {
            return self
                .say(Backend::EmptyQueryResponse(EmptyQueryResponse::new()))
                .await;
        }
        let mut reply = WireReply::extended(&mut self.outlet, portal.formats);
        tokio::select! {
            ended = self.conversation.execute(&portal.statement.sql, &portal.parameters, &mut reply) => ended,
            () = self.hung_up.cancelled() => Err(Ended::Hangup),
        }
    }

    async fn close(&mut self, close: &Close) -> Result<(), Ended> {
        self.statements.close(
            close.target_type == TARGET_TYPE_BYTE_PORTAL,
            close.name.as_deref(),
        );
        self.say(Backend::CloseComplete(CloseComplete::new())).await
    }
}

/// Nothing but white space and semicolons.
fn is_empty(sql: &str) -> bool {
    sql.chars().all(|c| c == ';' || c.is_whitespace())
}
