//! A tap on the wire between us and a server: which statements pass, and in how many turns.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What passed on one connection.
#[derive(Debug, Default, Clone)]
pub struct Passed {
    pub statements: Vec<String>,
    /// How often statements went to the server after it had said something: each is a wait of one round trip.
    pub turns: usize,
    server_spoke: bool,
}

/// Stands between a client and a server.
pub struct Tap {
    pub address: SocketAddr,
    connections: Arc<Mutex<Vec<Passed>>>,
}

impl Tap {
    pub async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections: Arc<Mutex<Vec<Passed>>> = Arc::default();
        let kept = Arc::clone(&connections);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let connections = Arc::clone(&kept);
                let number = {
                    let mut connections = connections.lock().unwrap();
                    connections.push(Passed::default());
                    connections.len() - 1
                };
                tokio::spawn(pass(client, server, connections, number));
            }
        });
        Self {
            address,
            connections,
        }
    }

    /// What has passed since the last call, for each connection that was used.
    pub fn take(&self) -> Vec<Passed> {
        let mut connections = self.connections.lock().unwrap();
        let taken = connections.iter_mut().map(std::mem::take);
        taken
            .filter(|passed| !passed.statements.is_empty())
            .collect()
    }
}

type Connections = Arc<Mutex<Vec<Passed>>>;

async fn pass(client: TcpStream, server: SocketAddr, connections: Connections, number: usize) {
    let Ok(server) = TcpStream::connect(server).await else {
        return;
    };
    let (client_in, client_out) = client.into_split();
    let (server_in, server_out) = server.into_split();
    let of_client = Arc::clone(&connections);
    let mut messages = Messages::default();
    let there = copy(client_in, server_out, move |bytes| {
        let statements = messages.read(bytes);
        let passed = &mut of_client.lock().unwrap()[number];
        if !statements.is_empty() {
            passed.turns += usize::from(std::mem::take(&mut passed.server_spoke));
            passed.statements.extend(statements);
        }
    });
    let back = copy(server_in, client_out, move |_| {
        connections.lock().unwrap()[number].server_spoke = true;
    });
    tokio::select! { () = there => {}, () = back => {} }
}

async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut seen: impl FnMut(&[u8]),
) {
    let mut buffer = vec![0; 65_536];
    while let Ok(read @ 1..) = from.read(&mut buffer).await {
        seen(&buffer[..read]);
        if to.write_all(&buffer[..read]).await.is_err() {
            return;
        }
    }
}

/// The client's messages, put together from what the wire brings.
#[derive(Default)]
struct Messages {
    bytes: Vec<u8>,
    started: bool,
}

impl Messages {
    /// The statements that are complete now.
    fn read(&mut self, bytes: &[u8]) -> Vec<String> {
        self.bytes.extend(bytes);
        let mut statements = Vec::new();
        loop {
            // The first message has no type byte.
            let head = usize::from(self.started);
            let Some(length) = self.bytes.get(head..head + 4) else {
                return statements;
            };
            let end =
                head + usize::try_from(i32::from_be_bytes(length.try_into().unwrap())).unwrap();
            if self.bytes.len() < end {
                return statements;
            }
            let message: Vec<u8> = self.bytes.drain(..end).collect();
            if !std::mem::replace(&mut self.started, true) {
                continue;
            }
            if message[0] == b'Q' {
                let text = &message[5..message.len() - 1];
                statements.push(String::from_utf8_lossy(text).into_owned());
            }
        }
    }
}
