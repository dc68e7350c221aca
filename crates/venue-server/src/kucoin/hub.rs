//! Who listens to what, and what waits to be sent to each.
//!
//! Keeps   whoever lets an outbox overflow is marked on the spot and ends, and nobody else waits
//!         for that. A message is written once and shared by all who want it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::ws::Utf8Bytes;
use model::UserId;
use venue::kucoin::{CandleType, Channel};
use venue::port::Pair;

use crate::outbox::{self, Message};

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

impl Message for Told {
    fn bytes(&self) -> usize {
        self.text.len()
    }
}

/// The way to one connection.
pub type Outbox = outbox::Outbox<Told>;
/// Its other end.
pub type Inbox = outbox::Inbox<Told>;

/// Who listens to what.
#[derive(Debug, Default)]
pub struct Hub {
    topics: Mutex<HashMap<Topic, Vec<Arc<Outbox>>>>,
}

impl Hub {
    /// From now on `outbox` gets what is told of `topic`, once.
    pub fn subscribe(&self, topic: Topic, outbox: &Arc<Outbox>) {
        let mut topics = self.lock();
        let listeners = topics.entry(topic).or_default();
        if !listeners.iter().any(|known| Arc::ptr_eq(known, outbox)) {
            listeners.push(Arc::clone(outbox));
        }
    }

    /// It gets it no more.
    pub fn unsubscribe(&self, topic: Topic, outbox: &Outbox) {
        let mut topics = self.lock();
        if let Some(listeners) = topics.get_mut(&topic) {
            listeners.retain(|known| !std::ptr::eq(&**known, outbox));
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
        listeners.retain(|outbox| {
            outbox.push(told.clone());
            !outbox.has_overflowed()
        });
        if listeners.is_empty() {
            topics.remove(&topic);
        }
    }

    /// What was told of accounts is missing something: whoever listens to one has to begin anew.
    pub fn end_owners(&self) {
        for (topic, listeners) in self.lock().iter() {
            if !topic.is_of_markets() {
                listeners.iter().for_each(|outbox| outbox.overflow());
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
        let ((reads, mut read), (stalls, _stalled)) = (outbox::outbox(), outbox::outbox());
        for outbox in [&reads, &reads, &stalls] {
            hub.subscribe(topic, outbox);
        }
        for number in 0..=outbox::WAITING_MAX {
            hub.publish(topic, || number.to_string());
            assert_eq!(read.try_next().unwrap().text.as_str(), number.to_string());
        }
        assert!(read.try_next().is_none(), "twice");
        assert!(stalls.has_overflowed() && !reads.has_overflowed() && hub.hears(topic));
        let owner = Topic::Own(Channel::Balance, UserId([1; 16]));
        let (owns, _read) = outbox::outbox();
        hub.subscribe(owner, &owns);
        hub.end_owners();
        let ended = owns.has_overflowed() && !reads.has_overflowed();
        assert!(ended, "who listens to an account alone");
        hub.unsubscribe(topic, &reads);
        assert!(!hub.hears(topic));
        hub.publish(topic, || panic!("nobody listens"));
    }
}
