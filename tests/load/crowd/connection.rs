//! One socket of a crowd.

use std::{
    io::{ErrorKind, Read, Write},
    net::SocketAddr,
};

use anyhow::Result;
use mio::{Interest, Registry, Token, net::TcpStream};

pub(super) struct Connection<M> {
    stream: TcpStream,
    pub(super) memory: M,
    /// Whether it may be used.
    pub(super) ready: bool,
    /// Whether it was refused, and only waits to be opened anew.
    pub(super) refused: bool,
    /// Whether it stands and said its first word.
    pub(super) greeted: bool,
    /// What is to be written.
    pub(super) out: Vec<u8>,
    /// The beginning of a unit whose rest has not come.
    carry: Vec<u8>,
}

/// What a read brought.
pub(super) struct Taken {
    /// How many bytes came.
    pub(super) fresh: usize,
    /// How many the buffer holds, with what was carried over.
    pub(super) held: usize,
    /// Whether the socket holds nothing more.
    pub(super) drained: bool,
}

impl<M> Connection<M> {
    pub(super) fn open(address: SocketAddr, registry: &Registry, token: Token, memory: M) -> Result<Self> {
        let mut stream = TcpStream::connect(address)?;
        registry.register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
        Ok(Self { stream, memory, ready: false, refused: false, greeted: false, out: Vec::new(), carry: Vec::new() })
    }

    /// Has the system hold little for who does not read.
    pub(super) fn narrow(&self, bytes: usize) -> Result<()> {
        Ok(rustix::net::sockopt::set_socket_recv_buffer_size(&self.stream, bytes)?)
    }

    /// Whether the other side has not answered yet.
    pub(super) fn is_connecting(&self) -> Result<bool> {
        if let Some(error) = self.stream.take_error()? {
            return Err(error.into());
        }
        let connecting = self.stream.peer_addr().is_err();
        if !connecting {
            self.stream.set_nodelay(true)?;
        }
        Ok(connecting)
    }

    /// Writes what the socket takes.
    pub(super) fn write(&mut self) {
        while self.greeted && !self.out.is_empty() {
            match self.stream.write(&self.out) {
                Ok(written) => drop(self.out.drain(..written)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                // The reading side tells that the connection is gone.
                Err(_) => self.out.clear(),
            }
        }
    }

    /// Reads what the socket holds, after what was carried over; none when the other side is gone.
    pub(super) fn read(&mut self, buffer: &mut [u8]) -> Result<Option<Taken>> {
        let carried = self.carry.len();
        buffer[..carried].copy_from_slice(&self.carry);
        self.carry.clear();
        loop {
            match self.stream.read(&mut buffer[carried..]) {
                Ok(0) => return Ok(None),
                // A short read has taken all there was (epoll(7), on edge-triggered streams).
                Ok(fresh) => {
                    let held = carried + fresh;
                    return Ok(Some(Taken { fresh, held, drained: held < buffer.len() }));
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => {
                    return Ok(Some(Taken { fresh: 0, held: carried, drained: true }));
                }
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return Ok(None),
            }
        }
    }

    /// Keeps the beginning of a unit for the next read.
    pub(super) fn keep(&mut self, rest: &[u8]) {
        self.carry.extend_from_slice(rest);
    }
}
