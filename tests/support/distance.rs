//! A server that is far away: whatever passes takes half a round trip in each direction.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::unbounded_channel;
use tokio::time::{Instant, sleep_until};

/// The way to a server.
pub struct Way {
    pub address: SocketAddr,
    /// Bytes that came from the server.
    #[allow(dead_code, reason = "each benchmark looks at its part")]
    pub passed: Arc<AtomicU64>,
}

/// Puts a server so far away.
pub async fn put(server: SocketAddr, round_trip: Duration) -> Way {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let passed: Arc<AtomicU64> = Arc::default();
    let counted = Arc::clone(&passed);
    tokio::spawn(async move {
        while let Ok((client, _)) = listener.accept().await {
            let counted = Arc::clone(&counted);
            tokio::spawn(async move {
                let Ok(server) = TcpStream::connect(server).await else {
                    return;
                };
                for socket in [&client, &server] {
                    socket.set_nodelay(true).unwrap();
                }
                let (client_in, client_out) = client.into_split();
                let (server_in, server_out) = server.into_split();
                let half = round_trip / 2;
                tokio::select! {
                    () = carry(client_in, server_out, half, |_| ()) => {}
                    () = carry(server_in, client_out, half, |bytes| {
                        counted.fetch_add(bytes, Ordering::Relaxed);
                    }) => {}
                }
            });
        }
    });
    Way { address, passed }
}

/// Bytes arrive so long after they were sent, and in their order; what is under way holds up nothing behind it.
async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin + Send + 'static,
    time: Duration,
    count: impl Fn(u64),
) {
    let (sender, mut under_way) = unbounded_channel::<(Instant, Vec<u8>)>();
    let arriving = tokio::spawn(async move {
        while let Some((at, bytes)) = under_way.recv().await {
            sleep_until(at).await;
            if to.write_all(&bytes).await.is_err() {
                return;
            }
        }
    });
    let mut buffer = vec![0; 65_536];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        count(u64::try_from(read).unwrap());
        if sender
            .send((Instant::now() + time, buffer[..read].to_vec()))
            .is_err()
        {
            return;
        }
    }
    drop(sender);
    let _ = arriving.await;
}
