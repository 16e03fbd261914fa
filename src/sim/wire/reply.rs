//! Answers as messages.

use super::conversation::{Ended, Reply};
use super::encode::{Format, encode};
use super::link::Link;
use crate::Value;
use crate::error::{Notice, Severity};
use crate::types::{Column, SqlType};
use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use futures_util::SinkExt;
use futures_util::stream::SplitSink;
use pgwire::messages::PgWireBackendMessage as Backend;
use pgwire::messages::copy::{CopyData, CopyDone, CopyOutResponse};
use pgwire::messages::data::{DataRow, FieldDescription, RowDescription};
use pgwire::messages::response::CommandComplete;
use tokio::io::{AsyncRead, AsyncWrite};

pub(super) type Outlet<S> = SplitSink<Link<S>, Backend>;

/// Says answers on one connection.
pub(super) struct WireReply<'a, S> {
    outlet: &'a mut Outlet<S>,
    types: Vec<SqlType>,
    formats: Formats,
    /// In the extended protocol the client asks for the columns by itself.
    describes: bool,
}

/// How a client wants its fields: one format for all, or one for each.
#[derive(Debug, Clone, Default)]
pub(super) struct Formats(Vec<Format>);

impl Formats {
    pub(super) fn from_codes(codes: &[i16]) -> Self {
        Self(
            codes
                .iter()
                .map(|code| {
                    if *code == 0 {
                        Format::Text
                    } else {
                        Format::Binary
                    }
                })
                .collect(),
        )
    }

    pub(super) fn of(&self, column: usize) -> Format {
        match self.0.as_slice() {
            [] => Format::Text,
            [one] => *one,
            many => many.get(column).copied().unwrap_or(Format::Text),
        }
    }
}

impl<'a, S> WireReply<'a, S>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    pub(super) fn simple(outlet: &'a mut Outlet<S>) -> Self {
        Self {
            outlet,
            types: Vec::new(),
            formats: Formats::default(),
            describes: true,
        }
    }

    pub(super) fn extended(outlet: &'a mut Outlet<S>, formats: Formats) -> Self {
        Self {
            outlet,
            types: Vec::new(),
            formats,
            describes: false,
        }
    }

    async fn say(&mut self, message: Backend) -> Result<(), Ended> {
        self.outlet.feed(message).await.map_err(|_| Ended::Hangup)
    }
}

#[async_trait]
impl<S> Reply for WireReply<'_, S>
where
    S: AsyncRead + AsyncWrite + Unpin + Send,
{
    async fn columns(&mut self, columns: &[Column]) -> Result<(), Ended> {
        self.types = columns.iter().map(|column| column.ty).collect();
        if self.describes {
            let description = row_description(columns, &self.formats);
            self.say(description).await?;
        }
        Ok(())
    }

    async fn row(&mut self, row: &[Value]) -> Result<(), Ended> {
        let mut data = BytesMut::new();
        for (number, value) in row.iter().enumerate() {
            let ty = self.types.get(number).copied().unwrap_or(SqlType::Text);
            encode(value, ty, self.formats.of(number), &mut data)?;
        }
        let fields = i16::try_from(row.len()).unwrap_or(i16::MAX);
        self.say(Backend::DataRow(DataRow::new(data, fields))).await
    }

    async fn copy_begin(&mut self, columns: usize) -> Result<(), Ended> {
        let count = i16::try_from(columns).unwrap_or(i16::MAX);
        let response = CopyOutResponse::new(0, count, vec![0; columns]);
        self.say(Backend::CopyOutResponse(response)).await
    }

    async fn copy_line(&mut self, line: &str) -> Result<(), Ended> {
        let data = Bytes::from(format!("{line}\n"));
        self.say(Backend::CopyData(CopyData::new(data))).await
    }

    async fn copy_end(&mut self) -> Result<(), Ended> {
        self.say(Backend::CopyDone(CopyDone::new())).await
    }

    async fn notice(&mut self, notice: &Notice) -> Result<(), Ended> {
        self.say(notice_message(notice)).await
    }

    async fn complete(&mut self, tag: &str) -> Result<(), Ended> {
        self.say(Backend::CommandComplete(CommandComplete::new(
            tag.to_owned(),
        )))
        .await
    }

    async fn flush(&mut self) -> Result<(), Ended> {
        self.outlet.flush().await.map_err(|_| Ended::Hangup)
    }
}

pub(super) fn row_description(columns: &[Column], formats: &Formats) -> Backend {
    let field = |(number, column): (usize, &Column)| {
        let format = formats.of(number).code();
        FieldDescription::new(
            column.name.clone(),
            0,
            0,
            column.ty.oid(),
            column.ty.width(),
            -1,
            format,
        )
    };
    Backend::RowDescription(RowDescription::new(
        columns.iter().enumerate().map(field).collect(),
    ))
}

pub(super) fn notice_message(notice: &Notice) -> Backend {
    let severity = match notice.severity {
        Severity::Notice => "NOTICE",
        Severity::Warning => "WARNING",
    };
    let mut info = pgwire::error::ErrorInfo::new(
        severity.to_owned(),
        notice.code.to_owned(),
        notice.message.clone(),
    );
    info.detail.clone_from(&notice.detail);
    info.hint.clone_from(&notice.hint);
    info.severity_nonlocalized = Some(severity.to_owned());
    Backend::NoticeResponse(info.into())
}
