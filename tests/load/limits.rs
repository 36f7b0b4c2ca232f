//! The limits of the machine: a server that keeps nothing and asks nothing, and gives to every reader the very bytes
//! that were posted, over TCP alone or in WebSocket frames.
//!
//! What was posted together is written together; a reader that takes no more gets the rest when it does. It runs as a
//! process of its own, so that its processor time is its own.

use std::{
    io::{ErrorKind, Read, Write},
    net::SocketAddr,
};

use anyhow::Result;
use mio::{
    Events, Interest, Poll, Token,
    net::{TcpListener, TcpStream},
};

use crate::crowd::bare::Framing;

const LISTENER: Token = Token(usize::MAX);

struct Client {
    stream: TcpStream,
    role: Role,
    /// What was read and not understood yet.
    held: Vec<u8>,
    /// What it has not taken yet.
    backlog: Vec<u8>,
}

#[derive(PartialEq, Eq)]
enum Role {
    Unknown,
    Reader,
    Speaker,
    Gone,
}

/// Serves until it is killed. Its address goes to the standard output.
pub(crate) fn serve(framing: Framing) -> Result<()> {
    // Whoever measures it may be ended by a signal, which ends nothing else.
    rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL))?;
    let address: SocketAddr = ([127, 0, 0, 1], 0).into();
    let listener = rustix::net::socket(rustix::net::AddressFamily::INET, rustix::net::SocketType::STREAM, None)?;
    rustix::net::bind(&listener, &address)?;
    rustix::net::listen(&listener, 4096)?;
    let listener = std::net::TcpListener::from(listener);
    listener.set_nonblocking(true)?;
    writeln!(std::io::stdout(), "{}", listener.local_addr()?)?;
    let mut listener = TcpListener::from_std(listener);
    let mut poll = Poll::new()?;
    poll.registry().register(&mut listener, LISTENER, Interest::READABLE)?;
    let (mut clients, mut events): (Vec<Client>, _) = (Vec::new(), Events::with_capacity(1024));
    let mut posted = Vec::new();
    loop {
        if let Err(error) = poll.poll(&mut events, None) {
            anyhow::ensure!(error.kind() == ErrorKind::Interrupted, error);
        }
        for event in &events {
            if event.token() == LISTENER {
                accept(&listener, &poll, &mut clients)?;
                continue;
            }
            let client = &mut clients[event.token().0];
            if event.is_writable() {
                client.write_backlog();
            }
            if event.is_readable() {
                client.read(framing, &mut posted);
            }
        }
        if !posted.is_empty() {
            for client in clients.iter_mut().filter(|client| client.role == Role::Reader) {
                client.give(&posted);
            }
            posted.clear();
        }
    }
}

fn accept(listener: &TcpListener, poll: &Poll, clients: &mut Vec<Client>) -> Result<()> {
    loop {
        match listener.accept() {
            Ok((mut stream, _)) => {
                stream.set_nodelay(true)?;
                let token = Token(clients.len());
                poll.registry().register(&mut stream, token, Interest::READABLE | Interest::WRITABLE)?;
                clients.push(Client { stream, role: Role::Unknown, held: Vec::new(), backlog: Vec::new() });
            }
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

impl Client {
    fn read(&mut self, framing: Framing, posted: &mut Vec<u8>) {
        let mut buffer = [0; 16 << 10];
        loop {
            match self.stream.read(&mut buffer) {
                Ok(0) => return self.go(),
                Ok(read) => {
                    self.held.extend_from_slice(&buffer[..read]);
                    self.understand(framing, posted);
                    if read < buffer.len() {
                        return;
                    }
                }
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(_) => return self.go(),
            }
        }
    }

    fn understand(&mut self, framing: Framing, posted: &mut Vec<u8>) {
        if self.role == Role::Unknown && framing == Framing::WebSocket {
            let Some(end) = memchr::memmem::find(&self.held, b"\r\n\r\n") else { return };
            self.role = if self.held.starts_with(b"GET /s") { Role::Speaker } else { Role::Reader };
            self.held.drain(..end + 4);
            self.held.shrink_to_fit();
            // Nobody checks the accept key of a limit.
            self.give(b"HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n");
        }
        let mut at = 0;
        while let Some((used, payload)) = unit(framing, &self.held[at..]) {
            let payload = &self.held[at + payload..at + used];
            let mut answer = Vec::new();
            match payload.first() {
                Some(b'm') => {
                    print(framing, payload, posted);
                    // The number stands after the sign and the author.
                    let number = crate::crowd::text::number(payload.get(10..18).unwrap_or_default()).unwrap_or(0);
                    print(framing, format!("a{number}").as_bytes(), &mut answer);
                }
                Some(&role) if self.role == Role::Unknown => {
                    self.role = if role == b's' { Role::Speaker } else { Role::Reader };
                    print(framing, b"w", &mut answer);
                }
                _ => {}
            }
            at += used;
            self.give(&answer);
        }
        self.held.drain(..at);
    }

    /// Writes at once what the socket takes, and keeps the rest.
    fn give(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while self.backlog.is_empty() && !rest.is_empty() {
            match self.stream.write(rest) {
                Ok(written) => rest = &rest[written..],
                Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                Err(_) => return self.go(),
            }
        }
        self.backlog.extend_from_slice(rest);
    }

    fn write_backlog(&mut self) {
        while !self.backlog.is_empty() {
            match self.stream.write(&self.backlog) {
                Ok(written) => drop(self.backlog.drain(..written)),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return,
                Err(_) => return self.go(),
            }
        }
    }

    /// Lets go of who is gone; each shutting down wakes the poll again, so once.
    fn go(&mut self) {
        if self.role == Role::Gone {
            return;
        }
        self.role = Role::Gone;
        self.backlog = Vec::new();
        // It may be closed already.
        drop(self.stream.shutdown(std::net::Shutdown::Both));
    }
}

/// The first whole unit: its length, and where its payload begins.
fn unit(framing: Framing, bytes: &[u8]) -> Option<(usize, usize)> {
    let from = match framing {
        Framing::Length => 4,
        // A client's frames have a mask, of nothing here.
        Framing::WebSocket if bytes.get(1)? & 0x7f == 126 => 8,
        Framing::WebSocket => 6,
    };
    let length = match framing {
        Framing::Length => u32::from_be_bytes(bytes.get(..4)?.try_into().ok()?) as usize,
        Framing::WebSocket if from == 8 => usize::from(u16::from_be_bytes(bytes.get(2..4)?.try_into().ok()?)),
        Framing::WebSocket => usize::from(bytes.get(1)? & 0x7f),
    };
    (bytes.len() >= from + length).then_some((from + length, from))
}

/// Writes a unit.
fn print(framing: Framing, payload: &[u8], out: &mut Vec<u8>) {
    match (framing, payload.len()) {
        (Framing::Length, length) => out.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes()),
        (Framing::WebSocket, short @ ..126) => out.extend([0x81, u8::try_from(short).unwrap_or(0)]),
        (Framing::WebSocket, long) => {
            out.extend([0x81, 126]);
            out.extend_from_slice(&u16::try_from(long).unwrap_or(0).to_be_bytes());
        }
    }
    out.extend_from_slice(payload);
}
