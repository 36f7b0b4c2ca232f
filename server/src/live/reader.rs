//! Reads what a client says on an upgraded stream. The library reads and judges; what it answers by itself (to a ping,
//! to a close) goes through the same queue as everything else, so that no frame lands inside another.

use std::{
    io::{self, ErrorKind, Read, Write},
    sync::Arc,
};

use bytes::Bytes;
use tokio::net::TcpStream;
use tungstenite::{
    Error, Message,
    protocol::{Role, WebSocketConfig, WebSocketContext},
};

use super::{outbox::Outbox, session::LIMITS, wire::Chunk};

/// How much is read at once. A longer frame has its own place while it comes.
const BUFFER: usize = 512;

/// The reading half of a socket.
pub(super) struct Reader {
    context: WebSocketContext,
    stream: Arc<TcpStream>,
    outbox: Arc<Outbox>,
    /// What came is no frame, or too long a one: the library must not be asked to read on from there.
    is_lost: bool,
}

impl Reader {
    /// Reads a stream of which the beginning was read before: into a buffer of HTTP's, which is let go of here.
    pub(super) fn new(stream: Arc<TcpStream>, begun: Bytes, outbox: Arc<Outbox>) -> Self {
        let config = WebSocketConfig::default()
            .read_buffer_size(BUFFER)
            .write_buffer_size(0)
            .max_write_buffer_size(BUFFER)
            .max_message_size(Some(LIMITS.frame_bytes))
            .max_frame_size(Some(LIMITS.frame_bytes));
        let context = WebSocketContext::from_partially_read(begun.to_vec(), Role::Server, Some(config));
        drop(begun);
        Self { context, stream, outbox, is_lost: false }
    }

    /// The next message.
    pub(super) async fn message(&mut self) -> Result<Message, Error> {
        loop {
            let mut half = Half { stream: &self.stream, outbox: &self.outbox };
            match self.context.read(&mut half) {
                Err(Error::Io(error)) if error.kind() == ErrorKind::WouldBlock => {
                    self.outbox.flush();
                    self.stream.readable().await?;
                }
                read => {
                    self.is_lost = matches!(read, Err(Error::Capacity(_) | Error::Protocol(_) | Error::Utf8(_)));
                    return read;
                }
            }
        }
    }

    /// Says what is still to be said to a close.
    pub(super) fn answer(&mut self) {
        let mut half = Half { stream: &self.stream, outbox: &self.outbox };
        // Once it is said, the library reports the end of the connection.
        drop(self.context.flush(&mut half));
        self.outbox.flush();
    }

    /// Reads until the other side has closed too: to close before that would take back what it was told last.
    pub(super) async fn until_closed(&mut self) {
        while !self.is_lost && self.message().await.is_ok() {}
        while self.is_lost && self.stream.readable().await.is_ok() {
            match self.stream.try_read(&mut [0; BUFFER]) {
                Ok(0) => return,
                Err(error) if error.kind() != ErrorKind::WouldBlock => return,
                Ok(_) | Err(_) => {}
            }
        }
    }
}

/// The stream and the queue, as the library wants them.
struct Half<'h> {
    stream: &'h TcpStream,
    outbox: &'h Outbox,
}

impl Read for Half<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.try_read(buffer)
    }
}

impl Write for Half<'_> {
    fn write(&mut self, frame: &[u8]) -> io::Result<usize> {
        self.outbox.push(Chunk::encoded(frame));
        Ok(frame.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
