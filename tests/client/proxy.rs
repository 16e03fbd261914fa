//! A proxy that breaks links on demand.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// When a link is cut, seen from a statement that the client sends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// The server never sees the statement.
    Before,
    /// The server answers it, but the answer does not arrive.
    After,
    /// The server never sees it, and the connection stays open.
    Silent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    Pass,
    /// New connections are closed at once.
    Refuse,
    /// Connections stay open but nothing passes.
    Hold,
}

type Trap = Option<(&'static [u8], Cut)>;

/// Passes bytes between clients and one server until told otherwise.
pub struct Proxy {
    pub address: SocketAddr,
    mode: Arc<watch::Sender<Mode>>,
    generation: Arc<watch::Sender<u64>>,
    trap: Arc<Mutex<Trap>>,
    accepted: Arc<AtomicUsize>,
}

impl Proxy {
    pub async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self {
            address: listener.local_addr().unwrap(),
            mode: Arc::new(watch::Sender::new(Mode::Pass)),
            generation: Arc::default(),
            trap: Arc::default(),
            accepted: Arc::default(),
        };
        let (mode, generation) = (proxy.mode.clone(), proxy.generation.clone());
        let (trap, accepted) = (proxy.trap.clone(), proxy.accepted.clone());
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                accepted.fetch_add(1, Ordering::SeqCst);
                if *mode.borrow() == Mode::Refuse {
                    continue;
                }
                let connection = Connection {
                    mode: mode.subscribe(),
                    generation: generation.subscribe(),
                    trap: trap.clone(),
                };
                tokio::spawn(async move {
                    if let Ok(server) = TcpStream::connect(server).await {
                        connection.pass(client, server).await;
                    }
                });
            }
        });
        proxy
    }

    /// Cuts the next connection whose client sends these bytes.
    pub fn cut_at(&self, bytes: &'static [u8], cut: Cut) {
        *self.trap.lock().unwrap() = Some((bytes, cut));
    }

    /// Closes every open connection.
    pub fn cut_all(&self) {
        self.generation.send_modify(|generation| *generation += 1);
    }

    pub fn refuse(&self) {
        self.mode.send_replace(Mode::Refuse);
    }

    pub fn hold(&self) {
        self.mode.send_replace(Mode::Hold);
    }

    pub fn pass(&self) {
        self.mode.send_replace(Mode::Pass);
    }

    /// Connections since the start.
    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::SeqCst)
    }
}

struct Connection {
    mode: watch::Receiver<Mode>,
    generation: watch::Receiver<u64>,
    trap: Arc<Mutex<Trap>>,
}

impl Connection {
    async fn pass(mut self, mut client: TcpStream, mut server: TcpStream) {
        self.generation.mark_unchanged();
        let (mut up, mut down) = (vec![0; 65_536], vec![0; 65_536]);
        loop {
            if self
                .mode
                .wait_for(|mode| *mode != Mode::Hold)
                .await
                .is_err()
            {
                return;
            }
            tokio::select! {
                biased;
                _ = self.generation.changed() => return,
                _ = self.mode.changed() => {}
                read = client.read(&mut up) => {
                    let Ok(length @ 1..) = read else { return };
                    match self.trapped(&up[..length]) {
                        Some(Cut::Before) => return,
                        Some(Cut::Silent) => return std::future::pending().await,
                        Some(Cut::After) => {
                            let _ = server.write_all(&up[..length]).await;
                            // The first bytes of the answer say that the statement was carried out.
                            let _ = server.read(&mut down).await;
                            return;
                        }
                        None => {}
                    }
                    if server.write_all(&up[..length]).await.is_err() {
                        return;
                    }
                }
                read = server.read(&mut down) => {
                    let Ok(length @ 1..) = read else { return };
                    if client.write_all(&down[..length]).await.is_err() {
                        return;
                    }
                }
            }
        }
    }

    fn trapped(&self, bytes: &[u8]) -> Option<Cut> {
        let mut trap = self.trap.lock().unwrap();
        let (pattern, cut) = (*trap)?;
        if !bytes.windows(pattern.len()).any(|window| window == pattern) {
            return None;
        }
        *trap = None;
        Some(cut)
    }
}
