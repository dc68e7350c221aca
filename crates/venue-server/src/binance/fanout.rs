//! Who listens to what, and what waits to be sent to each.
//!
//! Shape   a topic has subscribers; a subscriber has an [`Outbox`]; a message is encoded once for
//!         each way in which somebody wants it, and its bytes are shared.
//! Keeps   an outbox holds at most [`OUTBOX_MESSAGES_MAX`] messages and [`OUTBOX_BYTES_MAX`] bytes;
//!         whoever lets it overflow is dropped on the spot, and nobody else waits for that.
//! Fails   never: publishing to nobody, or to somebody who has gone, is nothing.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::ws::Utf8Bytes;
use model::MarketId;
use projection::{Attention, Views};
use tokio::sync::Notify;
use venue::binance::{Channel, StreamName, TimeUnit, Window};

/// The most messages that wait for one connection.
pub const OUTBOX_MESSAGES_MAX: usize = 4_096;
/// The most bytes that wait for one connection. They are shared with all that want the same.
pub const OUTBOX_BYTES_MAX: usize = 1024 * 1024;

/// How much may wait for one connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OutboxRoom {
    /// Messages.
    pub messages_max: usize,
    /// Bytes.
    pub bytes_max: usize,
}

impl Default for OutboxRoom {
    fn default() -> Self {
        Self { messages_max: OUTBOX_MESSAGES_MAX, bytes_max: OUTBOX_BYTES_MAX }
    }
}

/// A connection, by a number that is never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct SubscriberId(u64);

/// A stream of a market that exists.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Topic {
    /// One market's.
    Market(MarketId, Channel),
    /// `!miniTicker@arr`
    AllMiniTickers,
    /// `!ticker@arr`
    AllTickers,
    /// `!ticker_1h@arr` and its like.
    AllRollingTickers(Window),
    /// `!bookTicker`
    AllBookTickers,
}

impl Topic {
    /// The topic of that name, where `market` finds a market by its symbol.
    pub fn of(name: &StreamName, market: impl FnOnce(&str) -> Option<MarketId>) -> Option<Self> {
        Some(match name {
            StreamName::Market { symbol, channel } => Self::Market(market(symbol)?, *channel),
            StreamName::AllMiniTickers => Self::AllMiniTickers,
            StreamName::AllTickers => Self::AllTickers,
            StreamName::AllRollingTickers(window) => Self::AllRollingTickers(*window),
            StreamName::AllBookTickers => Self::AllBookTickers,
        })
    }
}

/// What waits to be sent on one connection.
#[derive(Debug)]
pub struct Outbox {
    id: SubscriberId,
    unit: TimeUnit,
    room: OutboxRoom,
    combined: AtomicBool,
    queue: Mutex<Queue>,
    /// Wakes the connection: something waits, or it is dropped.
    wake: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    messages: VecDeque<Utf8Bytes>,
    bytes: usize,
    dropped: bool,
    /// Nothing more is taken in; what waits is still sent.
    finished: bool,
}

/// Why an outbox takes and gives nothing more: it has overflowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dropped;

impl Outbox {
    fn new(id: SubscriberId, unit: TimeUnit, combined: bool, room: OutboxRoom) -> Self {
        Self {
            id,
            unit,
            room,
            combined: AtomicBool::new(combined),
            queue: Mutex::default(),
            wake: Notify::new(),
        }
    }

    /// The unit of times in its messages.
    #[must_use]
    pub const fn unit(&self) -> TimeUnit {
        self.unit
    }

    /// Whether its messages name their stream.
    #[must_use]
    pub fn is_combined(&self) -> bool {
        self.combined.load(Ordering::Relaxed)
    }

    /// From now on its messages name their stream, or not.
    pub fn set_combined(&self, combined: bool) {
        self.combined.store(combined, Ordering::Relaxed);
    }

    /// Puts a message at the end. Never waits.
    ///
    /// # Errors
    /// [`Dropped`] where it overflows or has overflowed: what waited is thrown away, and the
    /// connection must end, since its next message would not follow its last.
    pub fn push(&self, message: Utf8Bytes) -> Result<(), Dropped> {
        let mut queue = lock(&self.queue);
        if queue.dropped || queue.finished {
            return Err(Dropped);
        }
        let bytes = queue.bytes + message.len();
        let OutboxRoom { messages_max, bytes_max } = self.room;
        let fits = bytes <= bytes_max && queue.messages.len() < messages_max;
        if fits {
            queue.bytes = bytes;
            queue.messages.push_back(message);
        } else {
            *queue = Queue { dropped: true, ..Queue::default() };
        }
        drop(queue);
        self.wake.notify_one();
        if fits { Ok(()) } else { Err(Dropped) }
    }

    /// Throws away what waits and takes nothing more: the connection ends.
    pub fn drop_now(&self) {
        *lock(&self.queue) = Queue { dropped: true, ..Queue::default() };
        self.wake.notify_one();
    }

    /// Takes nothing more: the connection ends once what waits is sent.
    pub fn finish(&self) {
        lock(&self.queue).finished = true;
        self.wake.notify_one();
    }

    /// Whether nothing more is taken in.
    #[must_use]
    pub fn is_finished(&self) -> bool {
        lock(&self.queue).finished
    }

    /// Moves the first `messages_max` messages that wait behind `taken`.
    ///
    /// # Errors
    /// [`Dropped`] where it has overflowed.
    pub fn take(
        &self,
        taken: &mut VecDeque<Utf8Bytes>,
        messages_max: usize,
    ) -> Result<(), Dropped> {
        let mut queue = lock(&self.queue);
        if queue.dropped {
            return Err(Dropped);
        }
        let count = messages_max.min(queue.messages.len());
        let bytes: usize = queue.messages.iter().take(count).map(|text| text.len()).sum();
        queue.bytes -= bytes;
        taken.extend(queue.messages.drain(..count));
        Ok(())
    }

    /// Whether it has overflowed.
    #[must_use]
    pub fn is_dropped(&self) -> bool {
        lock(&self.queue).dropped
    }

    /// Until something waits or it has overflowed. One waiter at a time.
    pub async fn woken(&self) {
        self.wake.notified().await;
    }

    /// How many bytes wait.
    #[must_use]
    pub fn bytes(&self) -> usize {
        lock(&self.queue).bytes
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// All topics that somebody listens to.
#[derive(Debug, Default)]
pub struct Hub {
    room: OutboxRoom,
    /// Whose changes are told; they are asked to tell while somebody listens.
    views: Option<Views>,
    topics: Mutex<Topics>,
    next_id: AtomicU64,
    /// Grows whenever somebody begins or ceases to listen.
    generation: AtomicU64,
    changed: Notify,
}

#[derive(Debug, Default)]
struct Topics {
    heard: HashMap<Topic, Listeners>,
    attention: Option<Attention>,
}

#[derive(Debug)]
struct Listeners {
    /// The stream's name, as messages tell it.
    name: String,
    outboxes: BTreeMap<SubscriberId, Arc<Outbox>>,
}

impl Hub {
    /// Nobody listens yet; each connection gets this room. Of `views` changes are told.
    #[must_use]
    pub fn new(room: OutboxRoom, views: Views) -> Self {
        Self { room, views: Some(views), ..Self::default() }
    }

    /// An outbox for a new connection.
    #[must_use]
    pub fn connect(&self, unit: TimeUnit, combined: bool) -> Arc<Outbox> {
        let id = SubscriberId(self.next_id.fetch_add(1, Ordering::Relaxed));
        Arc::new(Outbox::new(id, unit, combined, self.room))
    }

    /// From now on `outbox` gets what is published on `topic`, under the name `name`.
    pub fn subscribe(&self, topic: Topic, name: &str, outbox: &Arc<Outbox>) {
        let mut topics = lock(&self.topics);
        if topics.attention.is_none() {
            topics.attention = self.views.as_ref().map(Views::attend);
        }
        let listeners = topics
            .heard
            .entry(topic)
            .or_insert_with(|| Listeners { name: name.to_owned(), outboxes: BTreeMap::new() });
        listeners.outboxes.insert(outbox.id, Arc::clone(outbox));
        self.generation.fetch_add(1, Ordering::Release);
        drop(topics);
        self.changed.notify_one();
    }

    /// It gets it no more.
    pub fn unsubscribe(&self, topic: Topic, outbox: &Outbox) {
        let mut topics = lock(&self.topics);
        if let Some(listeners) = topics.heard.get_mut(&topic) {
            listeners.outboxes.remove(&outbox.id);
            if listeners.outboxes.is_empty() {
                topics.remove(topic);
            }
        }
        self.generation.fetch_add(1, Ordering::Release);
    }

    /// Another number whenever somebody began or ceased to listen.
    #[must_use]
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Until somebody begins to listen. One waiter at a time.
    pub async fn changed(&self) {
        self.changed.notified().await;
    }

    /// Whether somebody listens.
    #[cfg(test)]
    #[must_use]
    pub fn has(&self, topic: Topic) -> bool {
        lock(&self.topics).heard.contains_key(&topic)
    }

    /// All topics that somebody listens to, in no particular order.
    #[must_use]
    pub fn topics(&self) -> Vec<Topic> {
        lock(&self.topics).heard.keys().copied().collect()
    }

    /// Sends a message to all who listen to `topic`. `encode` is called once for each unit of time
    /// that somebody wants, and not at all where nobody listens.
    pub fn publish(&self, topic: Topic, mut encode: impl FnMut(TimeUnit) -> String) {
        let mut topics = lock(&self.topics);
        let Some(listeners) = topics.heard.get_mut(&topic) else { return };
        let mut shapes = Shapes::default();
        let name = &listeners.name;
        listeners
            .outboxes
            .retain(|_, outbox| outbox.push(shapes.get(outbox, name, &mut encode)).is_ok());
        if listeners.outboxes.is_empty() {
            topics.remove(topic);
            self.generation.fetch_add(1, Ordering::Release);
        }
    }
}

impl Topics {
    /// Nobody listens to it any more.
    fn remove(&mut self, topic: Topic) {
        self.heard.remove(&topic);
        if self.heard.is_empty() {
            self.attention = None;
        }
    }
}

/// One message in all the ways in which it is wanted, each made when it is first wanted.
#[derive(Default)]
struct Shapes {
    raw: [Option<Utf8Bytes>; 2],
    combined: [Option<Utf8Bytes>; 2],
}

impl Shapes {
    fn get(
        &mut self,
        outbox: &Outbox,
        name: &str,
        encode: &mut impl FnMut(TimeUnit) -> String,
    ) -> Utf8Bytes {
        let at = match outbox.unit {
            TimeUnit::Millisecond => 0,
            TimeUnit::Microsecond => 1,
        };
        let raw = self.raw[at].get_or_insert_with(|| encode(outbox.unit).into());
        if !outbox.is_combined() {
            return raw.clone();
        }
        self.combined[at].get_or_insert_with(|| combine(name, raw).into()).clone()
    }
}

/// A message with the name of its stream, as `Combined` has it. Names hold nothing that JSON
/// escapes.
#[must_use]
pub fn combine(stream: &str, data: &str) -> String {
    let mut text = String::with_capacity(stream.len() + data.len() + 23);
    for part in [r#"{"stream":""#, stream, r#"","data":"#, data, "}"] {
        text.push_str(part);
    }
    text
}

#[cfg(test)]
mod tests {
    use venue::binance::{Combined, Speed};

    use super::*;

    #[test]
    fn what_is_combined_by_hand_is_the_venues_own_message() {
        let text = combine("a@trade", r#"{"id":1}"#);
        let read: Combined<'_, serde_json::Value> = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), text);
    }

    const TOPIC: Topic = Topic::Market(MarketId(0), Channel::Depth(Speed::Ms100));

    fn waiting(outbox: &Outbox) -> Vec<String> {
        let mut taken = VecDeque::new();
        outbox.take(&mut taken, usize::MAX).unwrap();
        taken.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn each_listener_gets_its_own_shape_and_each_shape_is_made_once() {
        let hub = Hub::default();
        let wanted = [
            (TimeUnit::Millisecond, false, "ms"),
            (TimeUnit::Millisecond, true, r#"{"stream":"s","data":ms}"#),
            (TimeUnit::Microsecond, false, "us"),
            (TimeUnit::Microsecond, true, r#"{"stream":"s","data":us}"#),
        ];
        let outboxes: Vec<_> = wanted
            .iter()
            .cycle()
            .take(12)
            .map(|(unit, combined, want)| (hub.connect(*unit, *combined), want))
            .collect();
        for (outbox, _) in &outboxes {
            hub.subscribe(TOPIC, "s", outbox);
        }
        let mut encoded = 0;
        hub.publish(TOPIC, |unit| {
            encoded += 1;
            match unit {
                TimeUnit::Millisecond => "ms".to_owned(),
                TimeUnit::Microsecond => "us".to_owned(),
            }
        });
        assert_eq!(encoded, 2);
        for (outbox, want) in &outboxes {
            assert_eq!(waiting(outbox), [**want]);
        }
    }

    #[test]
    fn who_does_not_listen_gets_nothing_and_nothing_is_encoded_for_nobody() {
        let hub = Hub::default();
        let outbox = hub.connect(TimeUnit::Millisecond, false);
        hub.subscribe(TOPIC, "s", &outbox);
        assert!(hub.has(TOPIC));
        hub.unsubscribe(TOPIC, &outbox);
        assert!(!hub.has(TOPIC));
        hub.publish(TOPIC, |_| panic!("nobody listens"));
        assert_eq!(waiting(&outbox), Vec::<String>::new());
    }

    #[test]
    fn who_overflows_is_dropped_and_the_others_get_everything() {
        let hub = Hub::default();
        let (stalled, live) =
            (hub.connect(TimeUnit::Millisecond, false), hub.connect(TimeUnit::Millisecond, false));
        hub.subscribe(TOPIC, "s", &stalled);
        hub.subscribe(TOPIC, "s", &live);
        let mut got = 0;
        for _ in 0..=OUTBOX_MESSAGES_MAX {
            hub.publish(TOPIC, |_| "x".to_owned());
            got += waiting(&live).len();
        }
        assert_eq!(got, OUTBOX_MESSAGES_MAX + 1);
        assert!(stalled.is_dropped());
        assert_eq!(stalled.bytes(), 0);
        assert_eq!(stalled.take(&mut VecDeque::new(), 1), Err(Dropped));
    }

    #[test]
    fn bytes_are_bounded_as_well_as_messages() {
        let hub = Hub::default();
        let outbox = hub.connect(TimeUnit::Millisecond, false);
        let big = Utf8Bytes::from("x".repeat(OUTBOX_BYTES_MAX / 2));
        assert_eq!(outbox.push(big.clone()), Ok(()));
        assert_eq!(outbox.push(big), Ok(()));
        assert_eq!(outbox.push("x".into()), Err(Dropped));
    }
}
