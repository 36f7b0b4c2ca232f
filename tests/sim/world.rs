//! Everything together: clients, the network, two nodes, one database.

use std::time::Duration;

use preau::live::hub::ConnectionId;

use crate::{
    cast::{CLIENTS, GROUPS, NODES, STREAMS, THREADS, group_of, own_stream},
    client::{Client, Fetch},
    connection::Connection,
    figures::Figure,
    ground::{Author, Ground, Mode},
    history::History,
    node::Node,
    store::{Page, Store},
    twist::Twist,
};

/// Everything that there is.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) ground: Ground,
    /// None while it is down.
    pub(crate) nodes: [Option<Node>; NODES],
    pub(crate) clients: Vec<Client>,
    pub(crate) backup: Option<Store>,
    connections: ConnectionId,
    messages: usize,
    operations: usize,
}

impl World {
    /// Two groups of which most are members, with something said, and nobody connected.
    pub(crate) fn new(mode: Mode, twist: Option<Twist>, traced: bool) -> Self {
        let mut ground = Ground::new(mode, twist, traced);
        let at = ground.clock(0);
        ground.note(|| format!("{mode:?}"));
        for group in 0..GROUPS {
            for person in [0, 1, 2, 3].into_iter().filter(|person| person % 2 == group || *person < 2) {
                ground.store.add(&mut ground.history, group, person, at);
            }
        }
        Self {
            nodes: std::array::from_fn(|_| Some(Node::new(ground.now, 0))),
            clients: (0..CLIENTS).map(Client::new).collect(),
            backup: None,
            connections: 0,
            messages: 0,
            operations: 0,
            ground,
        }
    }

    /// A client writes in a thread, mostly in one of a group that it shows.
    pub(crate) fn write(&mut self, client: usize, thread: usize) {
        let shown = self.clients[client].views.contains_key(&group_of(thread));
        if !shown && !self.ground.dice.happens(5) {
            return;
        }
        self.messages += 1;
        self.clients[client].write(thread, self.messages, &mut self.ground);
    }

    /// A client edits or removes something of its own, sometimes to what it is already.
    pub(crate) fn change(&mut self, client: usize, removes: bool) {
        let person = self.clients[client].person;
        let own = self.ground.store.messages().filter(|(_, author, said)| *author == person && (removes || !said.gone));
        let own: Vec<_> = own.map(|(message, ..)| message).collect();
        if let Some(message) = self.ground.dice.pick(&own) {
            self.operations += 1;
            let says = (!removes).then_some(u32::from(self.operations.is_multiple_of(2)));
            self.clients[client].change(message, self.operations, says, &self.ground);
        }
    }

    /// A client sends something else by the id of a message that is there.
    pub(crate) fn forge(&mut self, client: usize) {
        let all: Vec<_> = self.ground.store.messages().map(|(message, _, said)| (message, said.thread)).collect();
        if let Some((message, thread)) = self.ground.dice.pick(&all) {
            self.clients[client].forge(message, thread);
        }
    }

    /// A client that has no connection makes one, with any node that takes it.
    pub(crate) fn connect(&mut self, client: usize) -> bool {
        let up: Vec<_> = (0..NODES).filter(|&node| self.takes_sockets(node)).collect();
        let Some(index) = self.ground.dice.pick(&up) else { return false };
        let Self { ground, nodes, clients, connections, .. } = self;
        let (Some(node), client) = (&mut nodes[index], &mut clients[client]) else { return false };
        if client.link.is_some() || !node.known.reach(ground) {
            return false;
        }
        let signed_in = client.signed_in.filter(|&session| !ground.sessions[session]).unwrap_or_else(|| {
            ground.sessions.push(false);
            ground.sessions.len() - 1
        });
        client.signed_in = Some(signed_in);
        *connections += 1;
        let id = *connections;
        let connection = Connection::new(client.person, signed_in, client.format, ground.now);
        node.connections.insert(id, connection);
        ground.count(Figure::Connections);
        ground.note(|| format!("client {} connects to node {index} as {id}", client.number));
        client.connected(index, id, ground);
        true
    }

    fn takes_sockets(&self, node: usize) -> bool {
        self.nodes[node].as_ref().is_some_and(|node| node.draining.is_none())
    }

    /// The connection of a client breaks; what was on its way to the server may still arrive, in part.
    pub(crate) fn cut(&mut self, client: usize) {
        let Self { ground, nodes, clients, .. } = self;
        let Some((node, id)) = clients[client].link else { return };
        ground.count(Figure::Cuts);
        clients[client].disconnected(ground);
        let connection = nodes[node].as_mut().and_then(|node| node.connections.get_mut(&id));
        if let Some(connection) = connection {
            let arrives = ground.dice.roll(connection.up.len() + 1);
            connection.up.truncate(arrives);
            connection.down.clear();
            connection.broken = true;
        }
    }

    pub(crate) fn crash(&mut self, node: usize) {
        if self.nodes[node].take().is_some() {
            self.ground.count(Figure::Crashes);
            for client in self.clients.iter_mut().filter(|client| client.link.is_some_and(|(at, _)| at == node)) {
                client.disconnected(&self.ground);
            }
        }
    }

    pub(crate) fn start(&mut self, node: usize) {
        if self.nodes[node].is_none() {
            self.nodes[node] = Some(Node::new(self.ground.now, 0));
        }
    }

    pub(crate) fn drain(&mut self, node: usize) {
        let Some(node) = self.nodes[node].as_mut().filter(|node| node.draining.is_none()) else { return };
        self.ground.count(Figure::Drains);
        node.draining = Some(self.ground.now);
        for connection in node.connections.values_mut() {
            connection.drain(&mut self.ground);
        }
    }

    /// Whoever is signed in as this client is signed out: every connection of that session must close.
    pub(crate) fn end_session(&mut self, client: usize) {
        if let Some(session) = self.clients[client].signed_in {
            self.ground.count(Figure::Sessions);
            self.ground.sessions[session] = true;
        }
    }

    /// A transaction of somebody else.
    pub(crate) fn administer(&mut self, work: impl FnOnce(&mut Store, &mut History)) {
        let before = self.ground.lasts();
        work(&mut self.ground.store, &mut self.ground.history);
        self.ground.hint(before);
    }

    /// The database is put back to what it was when it was saved; it was away meanwhile.
    pub(crate) fn restore(&mut self) {
        let Some(backup) = self.backup.as_ref().filter(|_| self.ground.away) else { return };
        let ground = &mut self.ground;
        ground.count(Figure::Restores);
        let gone: Vec<_> =
            ground.store.messages().map(|(message, ..)| message).filter(|&one| !backup.has(one)).collect();
        ground.lost.extend(gone);
        ground.store.restore(backup);
    }

    /// One small thing happens somewhere; whether anything did.
    pub(crate) fn happen(&mut self) -> bool {
        let Self { ground, nodes, .. } = self;
        let index = ground.dice.roll(NODES);
        let kind = ground.dice.roll(100);
        match (kind, &mut nodes[index]) {
            (0..30, Some(node)) => node.hub_turn(ground),
            (30..62, Some(node)) => {
                let ids: Vec<_> = node.connections.keys().copied().collect();
                ground.dice.pick(&ids).is_some_and(|id| self.connection_turn(index, id))
            }
            (62..70, Some(node)) => node.commit_turn(ground),
            (70..73, Some(node)) => node.poll_turn(),
            (73..93, _) => {
                let client = ground.dice.roll(CLIENTS);
                self.client_turn(client)
            }
            _ => self.bus_turn(),
        }
    }

    pub(crate) fn connection_turn(&mut self, node: usize, id: ConnectionId) -> bool {
        let Self { ground, nodes, clients, .. } = self;
        let Some(here) = &mut nodes[node] else { return false };
        let moved = here.connection_turn(id, ground);
        if here.connections.contains_key(&id) {
            return moved;
        }
        // It has ended: what was written before that still arrives, unless somebody else cut it.
        if let Some(client) = clients.iter_mut().find(|client| client.link == Some((node, id))) {
            client.disconnected(ground);
        }
        moved
    }

    /// A client says what it has to say, reads a frame, or gets on with fetching its page; whether it did.
    pub(crate) fn client_turn(&mut self, number: usize) -> bool {
        let Self { ground, nodes, clients, .. } = self;
        let client = &mut clients[number];
        if let Some((node, id)) = client.link
            && let Some(connection) = nodes[node].as_mut().and_then(|node| node.connections.get_mut(&id))
        {
            if !client.says.is_empty() {
                connection.up.extend(client.says.drain(..));
                return true;
            }
            if !client.stalled
                && let Some(frame) = connection.down.pop_front()
            {
                client.hear(&frame, ground);
                return true;
            }
        }
        self.fetch_turn(number)
    }

    fn fetch_turn(&mut self, number: usize) -> bool {
        let client = &mut self.clients[number];
        match std::mem::replace(&mut client.fetch, Fetch::Idle) {
            Fetch::Idle => false,
            Fetch::Wanted => {
                let node = self.ground.dice.roll(NODES);
                let page = self.page(node, number);
                let healing = self.ground.healing;
                self.clients[number].fetch = Fetch::Coming(page);
                !healing || self.nodes[node].is_some()
            }
            Fetch::Coming(Some(mut page)) => {
                if self.ground.has(Twist::LateSequence) && page.generation == self.ground.store.generation {
                    for part in &mut page.parts {
                        (part.seq, part.tip) =
                            (self.ground.store.last(part.stream), self.ground.store.tip(part.stream));
                    }
                }
                self.ground.count(Figure::Pages);
                client.take_over(page, &mut self.ground);
                true
            }
            Fetch::Coming(None) => {
                client.fetch = Fetch::Wanted;
                true
            }
        }
    }

    fn page(&mut self, node: usize, client: usize) -> Option<Page> {
        let Self { ground, nodes, clients, .. } = self;
        let node = nodes[node].as_mut()?;
        if !node.known.reach(ground) {
            return None;
        }
        Some(ground.store.page(clients[client].person, node.known.epoch?))
    }

    /// A hint arrives, in whatever order; whether one was under way.
    pub(crate) fn bus_turn(&mut self) -> bool {
        let Self { ground, nodes, .. } = self;
        if ground.bus.is_empty() {
            return false;
        }
        let index = ground.dice.roll(ground.bus.len());
        let hint = ground.bus.swap_remove(index);
        if let Some(node) = &mut nodes[hint.node] {
            ground.count(Figure::HintsTold);
            node.hint(hint.stream, hint.seq);
        }
        true
    }

    /// Time passes, in beats that everything periodic keeps up with.
    pub(crate) fn pass(&mut self, ms: u64) {
        let mut left = ms;
        while left > 0 {
            let beat = left.min(if ms > 5000 { 5000 } else { 250 });
            left -= beat;
            self.ground.now += Duration::from_millis(beat);
            for index in 0..NODES {
                self.beat(index);
            }
        }
        for client in &mut self.clients {
            client.tick(&mut self.ground);
        }
    }

    fn beat(&mut self, index: usize) {
        let Some(node) = &mut self.nodes[index] else { return };
        node.tick(&mut self.ground);
        let closing = node.connections.iter().filter(|(_, connection)| connection.close.is_some());
        let closing: Vec<_> = closing.map(|(&id, _)| id).collect();
        for id in closing {
            self.connection_turn(index, id);
        }
        let is_done = |node: &Node| node.draining.is_some() && node.connections.is_empty() && !node.is_committing();
        if self.nodes[index].as_ref().is_some_and(is_done) {
            self.nodes[index] = None;
        }
    }

    /// Whether everybody has and shows what the database holds, and everything written was stored or given back.
    pub(crate) fn unfinished(&self) -> Option<String> {
        let store = &self.ground.store;
        for client in &self.clients {
            let (number, person) = (client.number, client.person);
            if !client.is_at_rest() {
                return Some(format!("client {number} is not at rest"));
            }
            for stream in 0..STREAMS {
                let may = store.may_follow(stream, person).is_some();
                let applied = client.views.get(&stream).map(|view| view.stream.applied());
                let expected = may.then(|| store.last(stream));
                if applied != expected {
                    return Some(format!("client {number} is at {applied:?} of {expected:?} in stream {stream}"));
                }
            }
        }
        None
    }

    /// What must hold once everybody is at rest.
    pub(crate) fn check_the_end(&mut self) {
        let Self { ground, clients, .. } = self;
        for client in clients.iter() {
            let (number, person) = (client.number, client.person);
            let own = ground.store.shown(own_stream(person), person);
            for thread in 0..THREADS {
                let unread = ground.store.last_position(thread) - own.read[thread];
                let shown = client.unread(thread);
                ground.check(shown.is_none_or(|shown| shown == unread), || {
                    format!(
                        "I9: client {number} shows {shown:?} unread in {thread} of group {}, there are {unread}",
                        group_of(thread)
                    )
                });
            }
            for (&stream, view) in &client.views {
                let fresh = ground.store.shown(stream, person);
                ground.check(view.shown == fresh, || {
                    format!("I4: client {number} shows of {stream} {:?} for {fresh:?}", view.shown)
                });
            }
            for &message in &client.known_stored {
                let kept = ground.store.has(message) || ground.lost.contains(&message);
                ground.check(kept, || format!("I1: message {message} was acked and is not there"));
            }
        }
        let told = |(message, author): (&usize, &Author)| {
            let known = ground.store.has(*message) || author.given_back || ground.lost.contains(message);
            (!known).then_some(*message)
        };
        let untold: Vec<_> = ground.authors.iter().filter_map(told).collect();
        ground.check(untold.is_empty(), || format!("liveness: messages {untold:?} are neither stored nor given back"));
    }
}
