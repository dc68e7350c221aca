//! What waits to be sent on one connection.
//!
//! Keeps   at most [`WAITING_MAX`] messages; a connection that falls further behind ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use axum::extract::ws::Utf8Bytes;
use tokio::sync::{Notify, mpsc};

/// Messages that wait for one connection.
const WAITING_MAX: usize = 4_096;

/// A message.
#[derive(Clone, Debug)]
pub enum Told {
    /// To whoever listens to a market.
    Market(Utf8Bytes),
    /// To whoever listens to an account: what is numbered by each connection for itself.
    Own {
        /// By which channel.
        channel: OwnChannel,
        /// Whether it is what was there before.
        is_snapshot: bool,
        /// As JSON.
        data: Arc<str>,
    },
    /// To whoever asked.
    Reply(Utf8Bytes),
}

/// A channel of an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // Each is its own name.
pub enum OwnChannel {
    Executions,
    Balances,
}

impl OwnChannel {
    /// Its name on the wire.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Executions => "executions",
            Self::Balances => "balances",
        }
    }
}

/// The end into which messages are put.
#[derive(Debug)]
pub struct Outbox {
    sender: mpsc::Sender<Told>,
    is_full: AtomicBool,
    filled: Notify,
}

/// An outbox, and the end out of which messages come.
pub fn outbox() -> (Arc<Outbox>, mpsc::Receiver<Told>) {
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    let (is_full, filled) = (AtomicBool::new(false), Notify::new());
    (Arc::new(Outbox { sender, is_full, filled }), receiver)
}

impl Outbox {
    /// One more, if there is room; where there is none the connection must end.
    pub fn push(&self, told: Told) {
        if self.sender.try_send(told).is_err() {
            self.overflow();
        }
    }

    /// Something is lost that was to be told: the connection must end.
    pub fn overflow(&self) {
        self.is_full.store(true, Ordering::Release);
        self.filled.notify_one();
    }

    /// Until the connection must end.
    pub async fn overflowed(&self) {
        while !self.is_full.load(Ordering::Acquire) {
            self.filled.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_does_not_read_is_ended() {
        let (outbox, receiver) = outbox();
        for _ in 0..WAITING_MAX {
            outbox.push(Told::Market("x".into()));
        }
        assert!(!outbox.is_full.load(Ordering::Acquire));
        outbox.push(Told::Market("x".into()));
        outbox.overflowed().await;
        assert_eq!(receiver.len(), WAITING_MAX);
    }
}
