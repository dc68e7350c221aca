//! Who listens to what, and what waits to be sent to each.
//!
//! Keeps   at most [`OUTBOX_MAX`] messages wait for one connection; whoever lets them overflow is
//!         marked on the spot and ends, and nobody else waits for that. A message is written once
//!         and shared by all who want it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::ws::Utf8Bytes;
use model::UserId;
use tokio::sync::{Notify, mpsc};
use venue::kucoin::{CandleType, Channel};
use venue::port::Pair;

/// Messages that wait for one connection at most.
pub const OUTBOX_MAX: usize = 4_096;

/// What can be listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// A channel of one market.
    Market(Channel, Pair),
    /// The tickers of all markets.
    AllTickers,
    /// A channel of what somebody owns.
    Own(Channel, UserId),
}

impl Topic {
    /// Its name on the wire.
    pub fn name(self) -> String {
        match self {
            Self::Market(channel, pair) => channel.topic(&pair.to_string()),
            Self::AllTickers => Channel::Ticker.topic("all"),
            Self::Own(channel, _) => channel.topic(""),
        }
    }

    /// Whether it tells of markets, as scenarios mean it.
    pub const fn is_of_markets(self) -> bool {
        match self {
            Self::Market(..) | Self::AllTickers => true,
            Self::Own(..) => false,
        }
    }
}

/// What is told.
#[derive(Clone, Debug)]
pub struct Told {
    /// In the venue's words.
    pub text: Utf8Bytes,
    /// Whether it tells of markets, as scenarios mean it.
    pub is_of_markets: bool,
}

/// The way to one connection.
#[derive(Debug)]
pub struct Outbox {
    id: u64,
    sender: mpsc::Sender<Told>,
    is_slow: AtomicBool,
    ended: Notify,
}

impl Outbox {
    /// Whether it has overflowed: the connection must end.
    pub fn is_slow(&self) -> bool {
        self.is_slow.load(Ordering::Relaxed)
    }

    /// Something is lost that was to be told.
    fn end(&self) {
        self.is_slow.store(true, Ordering::Relaxed);
        self.ended.notify_one();
    }

    /// Until the connection must end.
    pub async fn ended(&self) {
        self.ended.notified().await;
    }

    /// Puts a message at the end; tells whether the connection goes on.
    pub fn push(&self, told: Told) -> bool {
        let is_taken = self.sender.try_send(told).is_ok();
        if !is_taken {
            self.end();
        }
        is_taken
    }
}

/// Who listens to what.
#[derive(Debug, Default)]
pub struct Hub {
    topics: Mutex<HashMap<Topic, Vec<Arc<Outbox>>>>,
    next_id: AtomicU64,
}

impl Hub {
    /// The two ends of the way to a new connection.
    pub fn connect(&self) -> (Arc<Outbox>, mpsc::Receiver<Told>) {
        let (sender, receiver) = mpsc::channel(OUTBOX_MAX);
        let id = self.next_id.fetch_add(1, Ordering::Relaxed);
        let (is_slow, ended) = (AtomicBool::new(false), Notify::new());
        (Arc::new(Outbox { id, sender, is_slow, ended }), receiver)
    }

    /// From now on `outbox` gets what is told of `topic`, once.
    pub fn subscribe(&self, topic: Topic, outbox: &Arc<Outbox>) {
        let mut topics = self.lock();
        let listeners = topics.entry(topic).or_default();
        if listeners.iter().all(|known| known.id != outbox.id) {
            listeners.push(Arc::clone(outbox));
        }
    }

    /// It gets it no more.
    pub fn unsubscribe(&self, topic: Topic, outbox: &Outbox) {
        let mut topics = self.lock();
        if let Some(listeners) = topics.get_mut(&topic) {
            listeners.retain(|known| known.id != outbox.id);
            if listeners.is_empty() {
                topics.remove(&topic);
            }
        }
    }

    /// Whether somebody listens to it.
    pub fn hears(&self, topic: Topic) -> bool {
        self.lock().contains_key(&topic)
    }

    /// The lengths of candles of a market that somebody listens to.
    pub fn candles_of(&self, pair: Pair) -> Vec<CandleType> {
        let topics = self.lock();
        let length = |topic: &Topic| match *topic {
            Topic::Market(Channel::Candles(length), of) if of == pair => Some(length),
            Topic::Market(..) | Topic::AllTickers | Topic::Own(..) => None,
        };
        topics.keys().filter_map(length).collect()
    }

    /// Sends to all who listen to `topic` what `write` writes; it is not asked for nobody.
    pub fn publish(&self, topic: Topic, write: impl FnOnce() -> String) {
        let mut topics = self.lock();
        let Some(listeners) = topics.get_mut(&topic) else { return };
        let told = Told { text: write().into(), is_of_markets: topic.is_of_markets() };
        listeners.retain(|outbox| outbox.push(told.clone()));
        if listeners.is_empty() {
            topics.remove(&topic);
        }
    }

    /// What was told of accounts is missing something: whoever listens to one has to begin anew.
    pub fn end_owners(&self) {
        for (topic, listeners) in self.lock().iter() {
            if !topic.is_of_markets() {
                listeners.iter().for_each(|outbox| outbox.end());
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Topic, Vec<Arc<Outbox>>>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_listens_is_told_once_and_who_does_not_read_is_dropped_alone() {
        let hub = Hub::default();
        let topic = Topic::AllTickers;
        let ((reads, mut read), (stalls, _stalled)) = (hub.connect(), hub.connect());
        for outbox in [&reads, &reads, &stalls] {
            hub.subscribe(topic, outbox);
        }
        for number in 0..=OUTBOX_MAX {
            hub.publish(topic, || number.to_string());
            assert_eq!(read.try_recv().unwrap().text.as_str(), number.to_string());
            assert!(read.try_recv().is_err(), "twice");
        }
        assert!(stalls.is_slow() && !reads.is_slow() && hub.hears(topic));
        let owner = Topic::Own(Channel::Balance, UserId([1; 16]));
        let (owns, _read) = hub.connect();
        hub.subscribe(owner, &owns);
        hub.end_owners();
        assert!(owns.is_slow() && !reads.is_slow(), "who listens to an account alone");
        hub.unsubscribe(topic, &reads);
        assert!(!hub.hears(topic));
        hub.publish(topic, || panic!("nobody listens"));
    }
}
