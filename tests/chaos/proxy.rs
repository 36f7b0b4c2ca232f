//! A network that fails on demand: one address in front of all nodes, without stickiness, and a fate for each
//! connection, to the byte.

use std::{
    collections::HashMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use anyhow::Result;
use rand::{
    RngExt,
    seq::{IteratorRandom, SliceRandom},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpSocket, TcpStream},
    sync::watch,
    task::JoinSet,
    time::{Instant, sleep_until, timeout},
};

/// How long a node may take to accept.
const CONNECT: Duration = Duration::from_millis(500);
/// What a node can send before a reader must read: small, so that a slow reader is felt.
const WINDOW: u32 = 32 << 10;
/// A cut that waits for bytes waits no longer.
const CUT: Duration = Duration::from_millis(400);
/// How much a slow reader takes, and how often.
const SIP: usize = 128;
const SIPS: Duration = Duration::from_millis(125);
const FOREVER: Duration = Duration::from_hours(24);

/// What becomes of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Fate {
    /// It carries.
    Open,
    /// It is cut after so many more bytes of one direction: in good order, or by a reset.
    Cut { towards: Towards, after: usize, reset: bool },
    /// One direction is swallowed without a word, until it is cut.
    Swallow { towards: Towards, until: Instant },
    /// What is answered in one second comes in eight.
    Slow,
    /// One direction waits, and comes whole once it is healed.
    Held { towards: Towards },
}

/// A direction.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Towards {
    /// From a client to a node.
    Node,
    /// From a node to a client.
    Client,
}

/// The proxy; what it carries ends with it.
#[derive(Debug)]
pub(crate) struct Proxy {
    network: Network,
    _accepting: JoinSet<()>,
}

/// A handle on the proxy's connections.
#[derive(Clone, Debug)]
pub(crate) struct Network(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    address: SocketAddr,
    nodes: Vec<u16>,
    /// By the client's own address.
    connections: Mutex<HashMap<SocketAddr, watch::Sender<Fate>>>,
}

/// How the carrying of a connection ended.
enum End {
    Closed,
    Cut { reset: bool },
}

impl Proxy {
    /// A proxy in front of these ports of this machine.
    pub(crate) async fn start(nodes: &[u16]) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let network = Network(Arc::new(Shared { address, nodes: nodes.to_vec(), connections: Mutex::default() }));
        let mut accepting = JoinSet::new();
        accepting.spawn(network.clone().accept(listener));
        Ok(Self { network, _accepting: accepting })
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        self.network.0.address
    }

    /// A handle on its connections.
    pub(crate) fn network(&self) -> Network {
        self.network.clone()
    }
}

impl Network {
    /// Where clients connect.
    pub(crate) fn address(&self) -> SocketAddr {
        self.0.address
    }

    /// Gives some connection a fate; false if there is none that carries.
    pub(crate) fn befall_any(&self, fate: Fate, rng: &mut impl RngExt) -> bool {
        let connections = self.lock();
        let open = connections.values().filter(|sender| *sender.borrow() == Fate::Open);
        open.choose(rng).is_some_and(|sender| sender.send(fate).is_ok())
    }

    /// Gives the connection of a client a fate; false if it has one. What was swallowed must never be followed by more.
    pub(crate) fn befall(&self, client: SocketAddr, fate: Fate) -> bool {
        let connections = self.lock();
        let open = connections.get(&client).filter(|sender| *sender.borrow() == Fate::Open);
        open.is_some_and(|sender| sender.send(fate).is_ok())
    }

    /// Every connection carries again, or goes if it was to.
    pub(crate) fn heal(&self) {
        for sender in self.lock().values() {
            sender.send_if_modified(|fate| {
                let healed = match *fate {
                    Fate::Open | Fate::Cut { .. } => return false,
                    Fate::Slow | Fate::Held { .. } => Fate::Open,
                    // What was swallowed is missing: it cannot go on.
                    Fate::Swallow { towards, .. } => Fate::Cut { towards, after: 0, reset: true },
                };
                *fate = healed;
                true
            });
        }
    }

    async fn accept(self, listener: TcpListener) {
        let mut carried = JoinSet::new();
        loop {
            tokio::select! {
                Ok((client, address)) = listener.accept() => {
                    carried.spawn(self.clone().connection(client, address));
                }
                Some(_) = carried.join_next(), if !carried.is_empty() => {}
            }
        }
    }

    async fn connection(self, mut client: TcpStream, address: SocketAddr) {
        let Some(mut node) = self.reach().await else { return };
        let (sender, fate) = watch::channel(Fate::Open);
        self.lock().insert(address, sender);
        drop((client.set_nodelay(true), node.set_nodelay(true)));
        let end = {
            let ((from_client, to_client), (from_node, to_node)) = (client.split(), node.split());
            tokio::select! {
                end = carry(from_client, to_node, Towards::Node, fate.clone()) => end,
                end = carry(from_node, to_client, Towards::Client, fate) => end,
            }
        };
        self.lock().remove(&address);
        if let End::Cut { reset: true } = end {
            // Without it, the cut is merely in good order.
            drop((client.set_zero_linger(), node.set_zero_linger()));
        }
    }

    /// A connection to some node that accepts.
    async fn reach(&self) -> Option<TcpStream> {
        let mut nodes = self.0.nodes.clone();
        nodes.shuffle(&mut rand::rng());
        for port in nodes {
            let socket = TcpSocket::new_v4().ok()?;
            socket.set_recv_buffer_size(WINDOW).ok()?;
            if let Ok(Ok(node)) = timeout(CONNECT, socket.connect(SocketAddr::from(([127, 0, 0, 1], port)))).await {
                return Some(node);
            }
        }
        None
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<SocketAddr, watch::Sender<Fate>>> {
        self.0.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A cut somewhere in the next bytes of some direction.
pub(crate) fn some_cut(rng: &mut impl RngExt) -> Fate {
    let towards = if rng.random_bool(0.7) { Towards::Client } else { Towards::Node };
    Fate::Cut { towards, after: rng.random_range(1..700), reset: rng.random_bool(0.5) }
}

/// Carries one direction until it ends or its fate does.
async fn carry(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    direction: Towards,
    mut fate: watch::Receiver<Fate>,
) -> End {
    let mut buffer = vec![0; 8 << 10];
    let mut left = 0;
    let mut until = Instant::now() + FOREVER;
    loop {
        if fate.has_changed().unwrap_or(false) {
            until = Instant::now() + FOREVER;
            match *fate.borrow_and_update() {
                Fate::Cut { towards, after, .. } => {
                    left = after;
                    if towards == direction {
                        until = Instant::now() + CUT;
                    }
                }
                Fate::Swallow { towards, until: end } if towards == direction => until = end,
                _ => {}
            }
        }
        let now = *fate.borrow();
        let held = now == Fate::Held { towards: direction };
        let most = if now == Fate::Slow && direction == Towards::Client { SIP } else { buffer.len() };
        let read = tokio::select! {
            changed = fate.changed() => {
                if changed.is_err() {
                    return End::Closed;
                }
                fate.mark_changed();
                continue;
            }
            () = sleep_until(until) => return End::Cut { reset: !matches!(now, Fate::Cut { reset: false, .. }) },
            read = from.read(&mut buffer[..most]), if !held => read,
        };
        let Ok(count @ 1..) = read else { return End::Closed };
        let carried = match now {
            Fate::Cut { towards, .. } if towards == direction => count.min(left),
            Fate::Swallow { towards, .. } if towards == direction => 0,
            _ => count,
        };
        if to.write_all(&buffer[..carried]).await.is_err() {
            return End::Closed;
        }
        if let Fate::Cut { towards, reset, .. } = now
            && towards == direction
        {
            left -= carried;
            if left == 0 {
                return End::Cut { reset };
            }
        }
        if most == SIP {
            tokio::time::sleep(SIPS).await;
        }
    }
}
