//! What waits to be sent on one connection.
//!
//! Keeps   at most [`MESSAGES_MAX`] messages and [`BYTES_MAX`] bytes, which are shared with all who
//!         hear the same, or one message of any size. Beyond that all of it is thrown away: the
//!         connection is behind, and takes snapshots instead, one by one, when it can send again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The most messages that wait.
pub const MESSAGES_MAX: usize = 256;
/// The most bytes that wait.
pub const BYTES_MAX: usize = 1024 * 1024;

/// Whether a message tells everything or what changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Everything.
    Snapshot,
    /// What changed.
    Update,
}

/// A message to be sent: all of it but its number.
#[derive(Clone, Debug)]
pub struct Message {
    /// On which channel.
    pub channel: Arc<str>,
    /// What it tells.
    pub kind: Kind,
    /// The rest of its JSON, without braces.
    pub body: Arc<str>,
}

/// What waits to be sent on one connection.
#[derive(Debug, Default)]
pub struct Outbox {
    queue: Mutex<Queue>,
    /// Wakes the connection: something waits, or it is behind.
    wake: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    messages: VecDeque<Message>,
    bytes: usize,
    is_behind: bool,
}

/// What a connection finds in its outbox.
#[derive(Debug)]
pub enum Taken {
    /// The next message, if one waits.
    Message(Option<Message>),
    /// It was behind. From here on it takes messages again.
    Behind,
}

impl Outbox {
    /// Puts a message at the end. Never waits.
    pub fn push(&self, message: Message) {
        let mut queue = self.lock();
        if queue.is_behind {
            return;
        }
        let bytes = queue.bytes + message.body.len();
        let fits = bytes <= BYTES_MAX && queue.messages.len() < MESSAGES_MAX;
        if fits || queue.messages.is_empty() {
            queue.bytes = bytes;
            queue.messages.push_back(message);
        } else {
            *queue = Queue { is_behind: true, ..Queue::default() };
        }
        drop(queue);
        self.wake.notify_one();
    }

    /// Forgets what waits on one channel.
    pub fn forget(&self, channel: &str) {
        let mut queue = self.lock();
        queue.messages.retain(|message| &*message.channel != channel);
        queue.bytes = queue.messages.iter().map(|message| message.body.len()).sum();
    }

    /// Takes what comes first.
    pub fn take(&self) -> Taken {
        let mut queue = self.lock();
        if queue.is_behind {
            queue.is_behind = false;
            return Taken::Behind;
        }
        let message = queue.messages.pop_front();
        queue.bytes -= message.as_ref().map_or(0, |message| message.body.len());
        Taken::Message(message)
    }

    /// Wakes the connection: it has more to do.
    pub fn nudge(&self) {
        self.wake.notify_one();
    }

    /// Until something is to be taken. One waiter at a time.
    pub async fn woken(&self) {
        self.wake.notified().await;
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(body: &str) -> Message {
        Message { channel: "c".into(), kind: Kind::Update, body: body.into() }
    }

    #[test]
    fn who_is_behind_loses_what_waits_and_begins_anew() {
        for (bodies, size) in [(MESSAGES_MAX, 1), (2, BYTES_MAX / 2)] {
            let outbox = Outbox::default();
            let body = "x".repeat(size);
            for _ in 0..bodies {
                outbox.push(message(&body));
            }
            assert!(matches!(outbox.take(), Taken::Message(Some(_))));
            outbox.push(message(&body));
            outbox.push(message(&body));
            outbox.push(message("lost, too"));
            assert!(matches!(outbox.take(), Taken::Behind));
            assert!(matches!(outbox.take(), Taken::Message(None)));
            outbox.push(message("new"));
            assert!(matches!(outbox.take(), Taken::Message(Some(it)) if &*it.body == "new"));
            outbox.push(message(&"x".repeat(2 * BYTES_MAX)));
            assert!(matches!(outbox.take(), Taken::Message(Some(_))), "one alone always fits");
        }
    }
}
