//! The backend's side of the wire protocol, as far as a scripted server needs it.

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// One row as text.
pub type Row = Vec<Option<String>>;

pub enum Opening {
    Startup(String),
    /// A cancel request for the session of this number.
    Cancel(i32),
}

const CANCEL_REQUEST: i32 = 80_877_102;

/// Reads the first message of a connection; `None` when it was closed.
pub async fn opening(stream: &mut TcpStream) -> Option<Opening> {
    let length = stream.read_i32().await.ok()?;
    let mut body = vec![0; usize::try_from(length).unwrap() - 4];
    stream.read_exact(&mut body).await.ok()?;
    let number = |at: usize| i32::from_be_bytes(body[at..at + 4].try_into().unwrap());
    Some(if number(0) == CANCEL_REQUEST {
        Opening::Cancel(number(4))
    } else {
        Opening::Startup(String::from_utf8_lossy(&body).into_owned())
    })
}

/// Reads the next query; `None` when the client left.
pub async fn query(stream: &mut TcpStream) -> Option<String> {
    loop {
        let kind = stream.read_u8().await.ok()?;
        let length = stream.read_i32().await.ok()?;
        let mut body = vec![0; usize::try_from(length).unwrap() - 4];
        stream.read_exact(&mut body).await.ok()?;
        match kind {
            b'Q' => {
                return Some(String::from_utf8_lossy(&body[..body.len() - 1]).into_owned());
            }
            b'X' => return None,
            _ => {}
        }
    }
}

/// Messages on their way to the client.
#[derive(Default)]
pub struct Outgoing(Vec<u8>);

impl Outgoing {
    fn message(mut self, kind: u8, body: &[u8]) -> Self {
        self.0.push(kind);
        let length = i32::try_from(body.len() + 4).unwrap();
        self.0.extend(length.to_be_bytes());
        self.0.extend(body);
        self
    }

    pub fn welcome(session: i32, version: &str) -> Self {
        let mut key = session.to_be_bytes().to_vec();
        key.extend(0i32.to_be_bytes());
        Self::default()
            .message(b'R', &0i32.to_be_bytes())
            .message(b'S', format!("mz_version\0{version}\0").as_bytes())
            .message(b'S', b"cluster\0mz_catalog_server\0")
            .message(b'K', &key)
            .ready()
    }

    pub fn ready(self) -> Self {
        self.message(b'Z', b"I")
    }

    pub fn tag(self, tag: &str) -> Self {
        self.message(b'C', format!("{tag}\0").as_bytes())
    }

    pub fn notice(self, text: &str) -> Self {
        let fields = format!("SNOTICE\0VNOTICE\0C00000\0M{text}\0\0");
        self.message(b'N', fields.as_bytes())
    }

    pub fn error(self, sqlstate: &str, text: &str) -> Self {
        let fields = format!("SERROR\0VERROR\0C{sqlstate}\0M{text}\0\0");
        self.message(b'E', fields.as_bytes())
    }

    /// Columns of type text.
    pub fn columns(self, names: &[&str]) -> Self {
        let mut body = i16::try_from(names.len()).unwrap().to_be_bytes().to_vec();
        for name in names {
            body.extend(name.as_bytes());
            body.push(0);
            body.extend(0i32.to_be_bytes());
            body.extend(0i16.to_be_bytes());
            body.extend(25i32.to_be_bytes());
            body.extend((-1i16).to_be_bytes());
            body.extend((-1i32).to_be_bytes());
            body.extend(0i16.to_be_bytes());
        }
        self.message(b'T', &body)
    }

    pub fn row(self, cells: &[Option<String>]) -> Self {
        let mut body = i16::try_from(cells.len()).unwrap().to_be_bytes().to_vec();
        for cell in cells {
            match cell {
                None => body.extend((-1i32).to_be_bytes()),
                Some(text) => {
                    body.extend(i32::try_from(text.len()).unwrap().to_be_bytes());
                    body.extend(text.as_bytes());
                }
            }
        }
        self.message(b'D', &body)
    }

    pub async fn send(self, stream: &mut TcpStream) -> std::io::Result<()> {
        stream.write_all(&self.0).await
    }
}
