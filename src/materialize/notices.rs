//! Reads the command tags off the wire.
//!
//! The driver reports how many rows a command touched but not its tag, and the tag is the only thing that tells a `COMMIT` that
//! committed from one that answered `ROLLBACK` (recorded: 05). So the bytes are looked at on their way in.

use std::collections::VecDeque;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio_postgres::tls::{ChannelBinding, TlsStream};

/// Something that the server says beside its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    pub severity: String,
    pub message: String,
    pub detail: Option<String>,
    pub hint: Option<String>,
}

/// How many tags and notices are kept when nobody asks for them.
const KEPT: usize = 256;

/// Tags and notices in the order of their arrival, until somebody takes them.
#[derive(Debug, Clone, Default)]
pub(super) struct Received(Arc<Mutex<(VecDeque<String>, VecDeque<Notice>)>>);

impl Received {
    fn with<T>(&self, act: impl FnOnce(&mut VecDeque<String>, &mut VecDeque<Notice>) -> T) -> T {
        let mut guard = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (tags, notices) = &mut *guard;
        act(tags, notices)
    }

    fn tag(&self, tag: String) {
        self.with(|tags, _| {
            tags.push_back(tag);
            if tags.len() > KEPT {
                tags.pop_front();
            }
        });
    }

    pub(super) fn notice(&self, notice: Notice) {
        self.with(|_, notices| {
            notices.push_back(notice);
            if notices.len() > KEPT {
                notices.pop_front();
            }
        });
    }

    /// Everything since the last call.
    pub(super) fn take(&self) -> (Vec<String>, Vec<Notice>) {
        self.with(|tags, notices| (tags.drain(..).collect(), notices.drain(..).collect()))
    }
}

/// Tags are short words and numbers; anything longer is not one.
const LONGEST_TAG: usize = 128;

/// Follows the frames of the backend's messages: a type byte, four bytes of length, the body.
#[derive(Debug)]
struct Frames {
    /// Bytes before the first frame: the answer to an SSL request.
    skip: usize,
    header: [u8; 5],
    header_read: usize,
    body_left: usize,
    tag: Vec<u8>,
}

const COMMAND_COMPLETE: u8 = b'C';

/// The size of the length field in bytes; the length that it holds counts it too.
const LENGTH_FIELD: usize = 4;

impl Frames {
    fn new(skip: usize) -> Self {
        Self {
            skip,
            header: [0; 5],
            header_read: 0,
            body_left: 0,
            tag: Vec::new(),
        }
    }

    fn read(&mut self, mut bytes: &[u8], mut found: impl FnMut(String)) {
        let skipped = self.skip.min(bytes.len());
        self.skip -= skipped;
        bytes = &bytes[skipped..];
        while !bytes.is_empty() {
            if self.body_left > 0 {
                let (body, rest) = bytes.split_at(self.body_left.min(bytes.len()));
                self.read_body(body, &mut found);
                bytes = rest;
            } else {
                self.header[self.header_read] = bytes[0];
                self.header_read += 1;
                bytes = &bytes[1..];
                if self.header_read == self.header.len() {
                    let [_, length @ ..] = self.header;
                    let length = usize::try_from(u32::from_be_bytes(length)).unwrap_or(usize::MAX);
                    self.body_left = length.saturating_sub(LENGTH_FIELD);
                    if self.body_left == 0 {
                        self.header_read = 0;
                    }
                }
            }
        }
    }

    fn read_body(&mut self, body: &[u8], found: &mut impl FnMut(String)) {
        let is_tag = self.header[0] == COMMAND_COMPLETE;
        if is_tag && self.tag.len() + body.len() <= LONGEST_TAG {
            self.tag.extend_from_slice(body);
        }
        self.body_left -= body.len();
        if self.body_left == 0 {
            self.header_read = 0;
            if is_tag {
                let tag = String::from_utf8_lossy(&self.tag);
                found(tag.trim_end_matches('\0').to_owned());
                self.tag.clear();
            }
        }
    }
}

/// A stream whose incoming tags are noted.
pub(super) struct Tapped<S> {
    stream: S,
    frames: Frames,
    received: Received,
}

impl<S> Tapped<S> {
    /// `skip` is 1 where an SSL request is answered before the first frame.
    pub(super) fn new(stream: S, skip: usize, received: Received) -> Self {
        Self {
            stream,
            frames: Frames::new(skip),
            received,
        }
    }

    pub(super) fn into_inner(self) -> (S, Received) {
        (self.stream, self.received)
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tapped<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buf.filled().len();
        let polled = Pin::new(&mut this.stream).poll_read(cx, buf);
        if let Poll::Ready(Ok(())) = polled {
            let received = &this.received;
            this.frames
                .read(&buf.filled()[before..], |tag| received.tag(tag));
        }
        polled
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Tapped<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.get_mut().stream).poll_write(cx, buf)
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(cx)
    }
}

impl<S: TlsStream + Unpin> TlsStream for Tapped<S> {
    fn channel_binding(&self) -> ChannelBinding {
        self.stream.channel_binding()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn frame(kind: u8, body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![kind];
        let length = u32::try_from(body.len() + LENGTH_FIELD).unwrap();
        bytes.extend(length.to_be_bytes());
        bytes.extend(body);
        bytes
    }

    proptest! {
        #[test]
        fn tags_are_found_however_the_bytes_are_cut(
            cuts in prop::collection::vec(1usize..9, 1..200),
            tags in prop::collection::vec("[A-Z ]{1,20}", 0..6),
            noise in prop::collection::vec(any::<u8>(), 0..40),
            skip in 0usize..2,
        ) {
            let mut bytes = vec![b'N'; skip];
            for tag in &tags {
                bytes.extend(frame(b'D', &noise));
                bytes.extend(frame(b'C', format!("{tag}\0").as_bytes()));
                bytes.extend(frame(b'I', &[]));
            }
            let mut frames = Frames::new(skip);
            let mut found = Vec::new();
            let mut rest = bytes.as_slice();
            for cut in cuts.iter().cycle() {
                if rest.is_empty() {
                    break;
                }
                let (piece, more) = rest.split_at((*cut).min(rest.len()));
                frames.read(piece, |tag| found.push(tag));
                rest = more;
            }
            prop_assert_eq!(found, tags);
        }
    }
}
