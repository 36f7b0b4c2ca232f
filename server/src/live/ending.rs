//! What ends a connection from our side, and why.

use std::sync::OnceLock;

use tokio_util::sync::CancellationToken;

use super::session::Close;

/// What ends a connection from our side, and why. Whoever sees that it must end says so here.
#[derive(Debug, Default)]
pub struct Ending {
    why: OnceLock<Close>,
    reached: CancellationToken,
}

impl Ending {
    /// Ends the connection. The first reason is the one that is said.
    pub fn reach(&self, why: Close) {
        self.why.get_or_init(|| why);
        self.reached.cancel();
    }

    /// Waits until the connection must end.
    pub async fn reached(&self) -> Close {
        self.reached.cancelled().await;
        self.why.get().copied().unwrap_or(Close::SessionEnded)
    }

    /// Whether the connection must end.
    pub fn is_reached(&self) -> bool {
        self.reached.is_cancelled()
    }
}
