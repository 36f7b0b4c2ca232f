//! Readers of the groups' logs: what follows from an event outside its transaction is done once, by whichever node holds
//! the reader's cursor in that stream (I13).
//!
//! Tables: `consumers`.
//!
//! Surprises: nobody waits for a cursor. Who does not get it leaves the stream to the node that has it.

mod store;

use sqlx::PgConnection;
use words::StreamId;

use crate::{
    db::{Db, Tx, Work},
    error::Result,
};

/// A reader of the logs.
#[derive(Clone, Copy, Debug)]
pub struct Consumer {
    /// The name of its cursors.
    pub name: &'static str,
    /// How many events of a stream it takes in a transaction.
    pub events: i64,
}

/// Events of a stream, the first excluded.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// The stream.
    pub stream: StreamId,
    /// The sequence before the first.
    pub after: i64,
    /// The sequence of the last.
    pub to: i64,
}

impl Consumer {
    /// Holds the cursor in a stream until the commit, and answers which events are next: none before `from`. Nothing if
    /// another node holds it, or all was read. What is kept no more was too old to read.
    pub async fn next(&self, tx: &mut Tx, stream: StreamId, from: i64) -> Result<Option<Range>> {
        let Some(seq) = store::hold(tx.connection(), self.name, stream).await? else { return Ok(None) };
        let after = seq.max(from);
        let to = store::reach(tx.connection(), stream, after, self.events).await?;
        Ok(to.map(|to| Range { stream, after, to }))
    }

    /// Moves the cursor behind events that were read.
    pub async fn pass(&self, tx: &mut Tx, range: Range) -> Result<()> {
        store::pass(tx.connection(), self.name, range.stream, range.to).await
    }
}

/// Reads the streams that are behind until none is that this node can hold. `consume` answers whether it read anything.
pub async fn catch_up<B, C>(db: &Db, behind: B, consume: C) -> Result<()>
where
    B: for<'c> Fn(&'c mut PgConnection) -> Work<'c, Vec<StreamId>>,
    C: for<'t> Fn(&'t mut Tx, StreamId) -> Work<'t, bool> + Clone + Send + 'static,
{
    loop {
        let behind = {
            let mut connection = db.lend().await?;
            behind(&mut connection).await?
        };
        let mut advanced = false;
        for stream in behind {
            let consume = consume.clone();
            advanced |= db.write(move |tx| consume(tx, stream)).await?;
        }
        // Another node holds what did not advance here.
        if !advanced {
            return Ok(());
        }
    }
}
