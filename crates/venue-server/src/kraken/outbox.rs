//! What waits to be sent on one connection.
//!
//! Keeps   at most [`WAITING_MAX`] messages of [`WAITING_BYTES_MAX`] together; a connection that
//!         falls further behind ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::extract::ws::Utf8Bytes;
use tokio::sync::{Notify, mpsc};

/// Messages that wait for one connection.
const WAITING_MAX: usize = 4_096;
/// Bytes of them.
const WAITING_BYTES_MAX: usize = 8 << 20;

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

impl Told {
    fn bytes(&self) -> usize {
        match self {
            Self::Market(text) | Self::Reply(text) => text.len(),
            Self::Own { data, .. } => data.len(),
        }
    }
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
    bytes: AtomicUsize,
    is_full: AtomicBool,
    filled: Notify,
}

/// The end out of which messages come.
#[derive(Debug)]
pub struct Inbox {
    receiver: mpsc::Receiver<Told>,
    outbox: Arc<Outbox>,
}

impl Inbox {
    /// The next message. Cancel safe.
    pub async fn next(&mut self) -> Option<Told> {
        let told = self.receiver.recv().await?;
        self.outbox.bytes.fetch_sub(told.bytes(), Ordering::Relaxed);
        Some(told)
    }
}

/// An outbox, and the end out of which messages come.
pub fn outbox() -> (Arc<Outbox>, Inbox) {
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    let (bytes, is_full, filled) = (AtomicUsize::new(0), AtomicBool::new(false), Notify::new());
    let outbox = Arc::new(Outbox { sender, bytes, is_full, filled });
    (Arc::clone(&outbox), Inbox { receiver, outbox })
}

impl Outbox {
    /// One more, if there is room; where there is none the connection must end.
    pub fn push(&self, told: Told) {
        let more = told.bytes();
        let before = self.bytes.fetch_add(more, Ordering::Relaxed);
        if WAITING_BYTES_MAX < before + more || self.sender.try_send(told).is_err() {
            // What is not sent any more need not be counted any more.
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
        let (outbox, inbox) = outbox();
        for _ in 0..WAITING_MAX {
            outbox.push(Told::Market("x".into()));
        }
        assert!(!outbox.is_full.load(Ordering::Acquire));
        outbox.push(Told::Market("x".into()));
        outbox.overflowed().await;
        assert_eq!(inbox.receiver.len(), WAITING_MAX);
    }

    #[tokio::test]
    async fn few_messages_may_be_too_many_bytes_and_what_was_read_counts_no_more() {
        let (outbox, mut inbox) = outbox();
        let half = Told::Market("x".repeat(WAITING_BYTES_MAX / 2).into());
        for _ in 0..10 {
            outbox.push(half.clone());
            assert!(inbox.next().await.is_some());
        }
        outbox.push(half.clone());
        outbox.push(half.clone());
        assert!(!outbox.is_full.load(Ordering::Acquire));
        outbox.push(half);
        outbox.overflowed().await;
    }
}
