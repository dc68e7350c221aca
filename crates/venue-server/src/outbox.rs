//! What waits to be sent on one connection.
//!
//! Keeps   at most [`WAITING_MAX`] messages of [`WAITING_BYTES_MAX`] together; a connection that
//!         falls further behind ends.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use tokio::sync::{Notify, mpsc};

/// Messages that wait for one connection.
pub const WAITING_MAX: usize = 4_096;
/// Bytes of them.
const WAITING_BYTES_MAX: usize = 8 << 20;

/// What may wait.
pub trait Message {
    /// Its length.
    fn bytes(&self) -> usize;
}

/// The end into which messages are put.
#[derive(Debug)]
pub struct Outbox<T> {
    sender: mpsc::Sender<T>,
    bytes: AtomicUsize,
    is_full: AtomicBool,
    filled: Notify,
}

/// The end out of which messages come.
#[derive(Debug)]
pub struct Inbox<T> {
    receiver: mpsc::Receiver<T>,
    outbox: Arc<Outbox<T>>,
}

impl<T: Message> Inbox<T> {
    /// The next message. Cancel safe.
    pub async fn next(&mut self) -> Option<T> {
        let told = self.receiver.recv().await?;
        Some(self.taken(told))
    }

    /// The next message, if there is one already.
    pub fn try_next(&mut self) -> Option<T> {
        let told = self.receiver.try_recv().ok()?;
        Some(self.taken(told))
    }

    fn taken(&self, told: T) -> T {
        self.outbox.bytes.fetch_sub(told.bytes(), Ordering::Relaxed);
        told
    }
}

/// An outbox, and the end out of which messages come.
pub fn outbox<T>() -> (Arc<Outbox<T>>, Inbox<T>) {
    let (sender, receiver) = mpsc::channel(WAITING_MAX);
    let (bytes, is_full, filled) = (AtomicUsize::new(0), AtomicBool::new(false), Notify::new());
    let outbox = Arc::new(Outbox { sender, bytes, is_full, filled });
    (Arc::clone(&outbox), Inbox { receiver, outbox })
}

impl<T: Message> Outbox<T> {
    /// One more, if there is room; where there is none the connection must end.
    pub fn push(&self, told: T) {
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

    /// Whether the connection must end.
    pub fn has_overflowed(&self) -> bool {
        self.is_full.load(Ordering::Acquire)
    }

    /// Until the connection must end.
    pub async fn overflowed(&self) {
        while !self.has_overflowed() {
            self.filled.notified().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Clone)]
    struct Bytes(usize);

    impl Message for Bytes {
        fn bytes(&self) -> usize {
            self.0
        }
    }

    #[tokio::test]
    async fn who_does_not_read_is_ended() {
        let (outbox, inbox) = outbox();
        for _ in 0..WAITING_MAX {
            outbox.push(Bytes(1));
        }
        assert!(!outbox.has_overflowed());
        outbox.push(Bytes(1));
        outbox.overflowed().await;
        assert_eq!(inbox.receiver.len(), WAITING_MAX);
    }

    #[tokio::test]
    async fn few_messages_may_be_too_many_bytes_and_what_was_read_counts_no_more() {
        let (outbox, mut inbox) = outbox();
        let half = Bytes(WAITING_BYTES_MAX / 2);
        for _ in 0..10 {
            outbox.push(half.clone());
            assert!(inbox.next().await.is_some());
        }
        outbox.push(half.clone());
        outbox.push(half.clone());
        assert!(!outbox.has_overflowed());
        outbox.push(half);
        outbox.overflowed().await;
    }
}
