//! The link to a client, as long as there is one.

use crate::error::SqlError;
use pgwire::error::ErrorInfo;
use pgwire::messages::PgWireBackendMessage as Backend;
use pgwire::tokio::server::PgWireMessageServerCodec;
use tokio_util::codec::Framed;

/// The link is gone, whoever cut it.
#[derive(Debug)]
pub struct Gone;

impl From<std::io::Error> for Gone {
    fn from(_: std::io::Error) -> Self {
        Self
    }
}

pub(super) type Link<S> = Framed<S, PgWireMessageServerCodec<()>>;

/// An error as a message; a fatal one ends the connection.
pub(super) fn error_message(error: &SqlError, fatal: bool) -> Backend {
    let severity = if fatal { "FATAL" } else { "ERROR" };
    let mut info = ErrorInfo::new(
        severity.to_owned(),
        error.code.to_owned(),
        error.message.clone(),
    );
    info.detail.clone_from(&error.detail);
    info.hint.clone_from(&error.hint);
    info.severity_nonlocalized = Some(severity.to_owned());
    Backend::ErrorResponse(info.into())
}
