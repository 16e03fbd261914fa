//! A client that keeps everything a server says: column types, command tags, notices, every field of an error.

use postgres_protocol::message::{backend, frontend};
use std::collections::BTreeMap;
use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// How long a server may stay silent before a test gives up on it.
const SILENCE: Duration = Duration::from_secs(20);

/// A column's name and type OID.
pub type Column = (String, u32);

/// What a server said to one statement of a query string.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Answer {
    pub tag: Option<String>,
    pub columns: Vec<Column>,
    pub rows: Vec<Vec<Option<String>>>,
    pub error: Option<Failure>,
    pub notices: Vec<String>,
    /// What came by COPY, one element per message.
    pub copied: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    pub code: String,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
}

/// One session.
pub struct Session {
    stream: TcpStream,
    received: bytes::BytesMut,
    pub parameters: BTreeMap<String, String>,
    pub process_id: i32,
    pub secret_key: i32,
}

impl Session {
    pub fn open(server: SocketAddr, startup: &[(&str, &str)]) -> Self {
        let stream = TcpStream::connect(server).unwrap();
        stream.set_read_timeout(Some(SILENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        let received = bytes::BytesMut::new();
        let (parameters, process_id, secret_key) = (BTreeMap::new(), 0, 0);
        let mut session = Self {
            stream,
            received,
            parameters,
            process_id,
            secret_key,
        };
        let mut packet = bytes::BytesMut::new();
        frontend::startup_message(startup.iter().copied(), &mut packet).unwrap();
        session.stream.write_all(&packet).unwrap();
        session.await_ready();
        session
    }

    pub fn login(server: SocketAddr, role: &str) -> Self {
        Self::open(
            server,
            &[
                ("user", role),
                ("database", "materialize"),
                ("options", "--welcome_message=off"),
            ],
        )
    }

    fn await_ready(&mut self) {
        loop {
            match self.next() {
                backend::Message::ParameterStatus(body) => {
                    self.parameters.insert(
                        body.name().unwrap().to_owned(),
                        body.value().unwrap().to_owned(),
                    );
                }
                backend::Message::BackendKeyData(body) => {
                    (self.process_id, self.secret_key) = (body.process_id(), body.secret_key());
                }
                backend::Message::ReadyForQuery(_) => return,
                backend::Message::ErrorResponse(body) => panic!("refused: {:?}", failure(&body)),
                _ => {}
            }
        }
    }

    /// Sends a query string and waits for the answers to all of its statements; the last may be an error.
    pub fn query(&mut self, sql: &str) -> Vec<Answer> {
        self.send(sql);
        self.answers()
    }

    /// Sends a query string; whether the server closes the connection instead of answering.
    pub fn is_left_without_answer(&mut self, sql: &str) -> bool {
        let mut packet = bytes::BytesMut::new();
        frontend::query(sql, &mut packet).unwrap();
        // A write to a connection that is closed already fails, or doesn't, as the system likes.
        let _ = self.stream.write_all(&packet);
        match self.stream.read(&mut [0; 1024]) {
            Ok(read) => read == 0,
            Err(error) => !matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut),
        }
    }

    /// The answer to the last statement of a query string, with the notices of all.
    pub fn ask(&mut self, sql: &str) -> Answer {
        last(self.query(sql))
    }

    pub fn send(&mut self, sql: &str) {
        let mut packet = bytes::BytesMut::new();
        frontend::query(sql, &mut packet).unwrap();
        self.stream.write_all(&packet).unwrap();
    }

    pub fn answers(&mut self) -> Vec<Answer> {
        let mut answers = Vec::new();
        let mut current = Answer::default();
        loop {
            match self.next() {
                backend::Message::RowDescription(body) => current.columns = columns(&body),
                backend::Message::DataRow(body) => current.rows.push(fields(&body)),
                backend::Message::CopyData(body) => {
                    current
                        .copied
                        .push(String::from_utf8(body.data().to_vec()).unwrap());
                }
                backend::Message::CommandComplete(body) => {
                    current.tag = Some(body.tag().unwrap().to_owned());
                    answers.push(std::mem::take(&mut current));
                }
                backend::Message::EmptyQueryResponse => answers.push(std::mem::take(&mut current)),
                backend::Message::ErrorResponse(body) => {
                    current.error = Some(failure(&body));
                    answers.push(std::mem::take(&mut current));
                }
                // Notices belong to the statement whose end comes next.
                backend::Message::NoticeResponse(body) => current.notices.push(notice(&body)),
                backend::Message::ReadyForQuery(_) => {
                    if let Some(last) = answers.last_mut() {
                        last.notices.append(&mut current.notices);
                    }
                    return answers;
                }
                _ => {}
            }
        }
    }

    /// Waits for the first line of a COPY that goes on.
    pub fn first_copied(&mut self) -> String {
        loop {
            if let backend::Message::CopyData(body) = self.next() {
                return String::from_utf8(body.data().to_vec()).unwrap();
            }
        }
    }

    /// Asks the server, on a connection of its own, to cancel what this session runs.
    pub fn cancel(server: SocketAddr, process_id: i32, secret_key: i32) {
        let mut stream = TcpStream::connect(server).unwrap();
        let mut packet = bytes::BytesMut::new();
        frontend::cancel_request(process_id, secret_key, &mut packet);
        stream.write_all(&packet).unwrap();
    }

    fn next(&mut self) -> backend::Message {
        loop {
            if let Some(message) = backend::Message::parse(&mut self.received).unwrap() {
                return message;
            }
            let mut chunk = [0; 16 * 1024];
            let read = self
                .stream
                .read(&mut chunk)
                .unwrap_or_else(|error| panic!("no answer: {error}"));
            assert!(read > 0, "the server closed the connection");
            self.received.extend_from_slice(&chunk[..read]);
        }
    }
}

/// The last answer of a query string, with the notices of all.
pub fn last(answers: Vec<Answer>) -> Answer {
    let notices = answers
        .iter()
        .flat_map(|answer| answer.notices.clone())
        .collect();
    Answer {
        notices,
        ..answers.into_iter().next_back().unwrap_or_default()
    }
}

fn columns(body: &backend::RowDescriptionBody) -> Vec<Column> {
    use fallible_iterator::FallibleIterator;
    body.fields()
        .map(|field| Ok((field.name().to_owned(), field.type_oid())))
        .collect()
        .unwrap()
}

fn fields(body: &backend::DataRowBody) -> Vec<Option<String>> {
    use fallible_iterator::FallibleIterator;
    let buffer = body.buffer();
    let text = |range: std::ops::Range<usize>| String::from_utf8(buffer[range].to_vec()).unwrap();
    body.ranges()
        .map(|range| Ok(range.map(text)))
        .collect()
        .unwrap()
}

fn error_fields(fields: backend::ErrorFields<'_>) -> BTreeMap<u8, String> {
    use fallible_iterator::FallibleIterator;
    let pair = |field: backend::ErrorField<'_>| {
        Ok((
            field.type_(),
            String::from_utf8(field.value_bytes().to_vec()).unwrap(),
        ))
    };
    fields.map(pair).collect().unwrap()
}

fn failure(body: &backend::ErrorResponseBody) -> Failure {
    let mut fields = error_fields(body.fields());
    let mut take = |key: u8| fields.remove(&key);
    Failure {
        code: take(b'C').unwrap_or_default(),
        message: take(b'M').unwrap_or_default(),
        detail: take(b'D'),
        hint: take(b'H'),
    }
}

/// A notice as libpq writes it.
fn notice(body: &backend::NoticeResponseBody) -> String {
    let fields = error_fields(body.fields());
    let part = |key: u8| fields.get(&key).map(String::as_str);
    let mut text = format!(
        "{}:  {}",
        part(b'S').unwrap_or_default(),
        part(b'M').unwrap_or_default()
    );
    for (label, key) in [("DETAIL", b'D'), ("HINT", b'H')] {
        if let Some(words) = part(key) {
            text.push_str(&format!("\n{label}:  {words}"));
        }
    }
    text
}
