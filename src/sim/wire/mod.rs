//! The Postgres wire protocol, on `pgwire`'s messages: everything between a socket and a [`Conversation`].
//!
//! The loop is our own, because rows of a SUBSCRIBE have to leave one by one, a cancel has to end what streams them, and a fault has to
//! be able to cut the link at any point.
//!
//! | module | is |
//! |---|---|
//! | `conversation` | what the wire asks of a session, and what a session says back |
//! | `startup` | start packets, options, passwords |
//! | `link` | the link, its end, errors on it |
//! | `connection` | simple and extended queries on one connection |
//! | `statements` | prepared statements and portals |
//! | `reply` | answers as messages |
//! | `encode` | fields as text and as binary |
//! | `parameters` | fields from a client |

mod connection;
pub mod conversation;
mod encode;
mod link;
mod parameters;
mod reply;
mod startup;
mod statements;

pub use conversation::{
    Conversation, Description, Ended, Host, Login, Opened, Reply, Startup, Status,
};

pub use link::Gone;

use connection::Connection;
use futures_util::{SinkExt, StreamExt};
use link::Link;
use pgwire::api::{ClientInfo, DefaultClient, PgWireConnectionState};
use pgwire::messages::response::{GssEncResponse, SslResponse};
use pgwire::messages::{
    PgWireBackendMessage as Backend, PgWireFrontendMessage as Frontend, SslNegotiationMetaMessage,
};
use pgwire::tokio::server::PgWireMessageServerCodec;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::codec::Framed;

#[cfg(test)]
mod tests;

/// Serves one connection until it ends.
pub async fn serve<S>(stream: S, peer: SocketAddr, host: Arc<dyn Host>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let client = DefaultClient::new(peer, false);
    let mut link: Link<S> = Framed::new(stream, PgWireMessageServerCodec::new(client));
    if let Ok(Some(opened)) = greet(&mut link, peer, host.as_ref()).await {
        Connection::new(link, opened).run().await;
    }
}

/// Everything before the first query. `None` when the connection was for a cancel, or was refused.
async fn greet<S>(
    link: &mut Link<S>,
    peer: SocketAddr,
    host: &dyn Host,
) -> Result<Option<Opened>, Gone>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    loop {
        match link.next().await {
            Some(Ok(Frontend::SslNegotiation(wish))) => match wish {
                SslNegotiationMetaMessage::PostgresSsl(_) => {
                    link.send(Backend::SslResponse(SslResponse::Refuse)).await?;
                }
                SslNegotiationMetaMessage::PostgresGss(_) => {
                    link.send(Backend::GssEncResponse(GssEncResponse::Refuse))
                        .await?;
                }
                // The client starts without asking; the same bytes are read again as its start packet.
                SslNegotiationMetaMessage::None => {
                    link.set_state(PgWireConnectionState::AwaitingStartup)
                }
            },
            Some(Ok(Frontend::CancelRequest(request))) => {
                host.cancel(request.pid, request.secret_key.as_i32().unwrap_or_default());
                return Ok(None);
            }
            Some(Ok(Frontend::Startup(packet))) => {
                return startup::open(link, &packet, peer, host).await.map(Some);
            }
            _ => return Err(Gone),
        }
    }
}
