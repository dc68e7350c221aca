//! What is told to all sockets: read from the desk once, written once, and numbered by each
//! connection itself.
//!
//! Keeps   at most [`WAITING_MAX`] messages and [`WAITING_BYTES_MAX`] bytes wait for a connection;
//!         whoever lets them overflow is dropped on the spot, and nobody else waits for that. Where
//!         the feed lost changes, everybody is told to begin anew.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::{Interval, Side, Time, UserId};
use projection::FeedError;
use serde::Serialize;
use tokio::sync::{Notify, watch};
use tokio::time::{MissedTickBehavior, interval};
use venue::coinbase::{
    BookEvent, BookSide, CandlesEvent, Channel, DecimalText, EventKind, HEARTBEAT_EVERY,
    LevelUpdate, StatusEvent, StatusProduct, StreamCandle, StreamTrade, TickerEvent, TradesEvent,
    UserEvent, moment_text, symbol_of,
};
use venue::port::Pair;

use super::Door;
use super::market::candle_of;
use super::shape::{self, maker_side, user_order};
use super::words::text;
use crate::desk::{DeskChange, DeskChanges, DeskTrade, MarketFacts};

/// Messages that wait for one connection.
const WAITING_MAX: usize = 8_192;
/// Bytes that wait for one connection; they are shared with all that want the same.
const WAITING_BYTES_MAX: usize = 8 << 20;
/// How often tickers come in batches, in heartbeats.
const BATCH_EVERY: u64 = 5;
/// The candles that sockets tell.
pub const CANDLES: Interval = Interval::Minute5;
/// How long to wait where changes come faster than they are told.
const BREATH: Duration = Duration::from_millis(1);

/// What somebody listens to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Topic {
    /// Of one market.
    Market(Channel, Pair),
    /// Of one account.
    User(UserId),
    /// Of nothing but time.
    Heartbeats,
}

/// What waits for a connection.
#[derive(Clone, Debug)]
pub enum Waiting {
    /// Events of a channel.
    Events {
        /// Which.
        topic: Topic,
        /// The channel's name, as it is told.
        channel: &'static str,
        /// When it happened.
        time: Time,
        /// Of a book: the number of its change.
        book: Option<u64>,
        /// The events, as they are written.
        json: Arc<str>,
    },
    /// It is time for a heartbeat.
    Heartbeat,
    /// Changes were lost: all books are to be told anew.
    Anew,
}

impl Waiting {
    fn bytes(&self) -> usize {
        match self {
            Self::Events { json, .. } => json.len(),
            Self::Heartbeat | Self::Anew => 0,
        }
    }
}

/// What waits for one connection, and what it wants.
#[derive(Debug, Default)]
pub struct Outbox {
    queue: Mutex<Queue>,
    wake: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    wanted: BTreeSet<Topic>,
    waiting: VecDeque<Waiting>,
    bytes: usize,
    is_dropped: bool,
}

impl Outbox {
    /// From now on it gets what is told of `topic`.
    pub fn want(&self, topic: Topic) {
        self.lock().wanted.insert(topic);
    }

    /// It gets it no more; what waits of it stays.
    pub fn want_no_more(&self, topic: &Topic) {
        self.lock().wanted.remove(topic);
    }

    /// What it wants.
    pub fn wanted(&self) -> BTreeSet<Topic> {
        self.lock().wanted.clone()
    }

    /// Takes the first of what waits; `Err` where it overflowed.
    pub fn take(&self) -> Result<Option<Waiting>, ()> {
        let mut queue = self.lock();
        if queue.is_dropped {
            return Err(());
        }
        let taken = queue.waiting.pop_front();
        queue.bytes -= taken.as_ref().map_or(0, Waiting::bytes);
        Ok(taken)
    }

    /// Until something waits. One waiter at a time.
    pub async fn woken(&self) {
        self.wake.notified().await;
    }

    fn put(&self, waiting: &Waiting) {
        let mut queue = self.lock();
        if queue.is_dropped {
            return;
        }
        queue.bytes += waiting.bytes();
        if WAITING_MAX <= queue.waiting.len() || WAITING_BYTES_MAX < queue.bytes {
            queue.is_dropped = true;
            queue.waiting.clear();
            queue.bytes = 0;
        } else {
            queue.waiting.push_back(waiting.clone());
        }
        drop(queue);
        self.wake.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// All connections.
#[derive(Debug, Default)]
pub struct Hub {
    outboxes: Mutex<BTreeMap<u64, Arc<Outbox>>>,
    next: AtomicU64,
}

/// The place of a connection among all, until it is dropped.
#[derive(Debug)]
pub struct Place {
    door: Arc<Door>,
    number: u64,
    /// What waits for it.
    pub outbox: Arc<Outbox>,
}

impl Place {
    /// A place at `door`.
    pub fn take(door: Arc<Door>) -> Self {
        let number = door.hub.next.fetch_add(1, Ordering::Relaxed);
        let outbox = Arc::new(Outbox::default());
        door.hub.lock().insert(number, Arc::clone(&outbox));
        Self { door, number, outbox }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.door.hub.lock().remove(&self.number);
    }
}

impl Hub {
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Outbox>>> {
        self.outboxes.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whoever wants `topic`.
    fn listeners(&self, topic: &Topic) -> Vec<Arc<Outbox>> {
        let outboxes = self.lock();
        let wants = |outbox: &&Arc<Outbox>| outbox.lock().wanted.contains(topic);
        outboxes.values().filter(wants).cloned().collect()
    }

    /// Tells it to whoever wants it; written only where somebody does.
    fn tell<E: Serialize>(
        &self,
        topic: Topic,
        channel: Channel,
        (time, book): (Time, Option<u64>),
        event: impl FnOnce() -> E,
    ) {
        let listeners = self.listeners(&topic);
        if listeners.is_empty() {
            return;
        }
        let Ok(json) = serde_json::to_string(&[event()]) else { return };
        let (channel, json) = (channel.told(), json.into());
        let waiting = Waiting::Events { topic, channel, time, book, json };
        listeners.iter().for_each(|outbox| outbox.put(&waiting));
    }

    fn tell_all(&self, waiting: &Waiting) {
        let outboxes: Vec<_> = self.lock().values().cloned().collect();
        outboxes.iter().for_each(|outbox| outbox.put(waiting));
    }
}

/// Tells the sockets what happens, until they are stopped or the exchange stops.
pub fn feed(door: Arc<Door>) -> impl Future<Output = ()> + Send + use<> {
    // Before it is polled first: what happens from now on is told.
    let mut events = door.desk.events(door.keys.users());
    let mut stop = door.desk.exchange().streams.stopping();
    async move {
        let mut beats = interval(HEARTBEAT_EVERY);
        beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut beat, mut traded) = (0, BTreeMap::new());
        loop {
            tokio::select! {
                changes = events.next() => match changes {
                    Ok(changes) => tell_changes(&door, &changes, &mut traded),
                    Err(FeedError::Lagged(_)) => {
                        door.hub.tell_all(&Waiting::Anew);
                        tokio::time::sleep(BREATH).await;
                    }
                    Err(FeedError::Closed) => return,
                },
                _ = beats.tick() => {
                    beat += 1;
                    tell_beat(&door, beat, &mut traded);
                }
                () = stopped(&mut stop) => return,
            }
        }
    }
}

/// Until the sockets are stopped; one who forgot to stop them has.
pub async fn stopped(stop: &mut watch::Receiver<bool>) {
    let _ = stop.wait_for(|stopping| *stopping).await;
}

/// Markets that traded since the last batch, each with whether since the last beat.
type Traded = BTreeMap<Pair, bool>;

fn tell_changes(door: &Door, changes: &DeskChanges, traded: &mut Traded) {
    let (hub, time) = (&door.hub, changes.time);
    let mut here: BTreeMap<Pair, Vec<DeskTrade>> = BTreeMap::new();
    for change in &changes.changes {
        match change {
            DeskChange::Trade(trade) => {
                here.entry(trade.pair).or_default().push(*trade);
            }
            DeskChange::Book { pair, sequence, changed } => {
                let topic = Topic::Market(Channel::Level2, *pair);
                hub.tell(topic, Channel::Level2, (time, Some(*sequence)), || {
                    let time = moment_text(time);
                    let level =
                        |(side, level): &(Side, venue::Level)| level_update(*side, *level, &time);
                    BookEvent {
                        kind: EventKind::Update,
                        product_id: symbol_of(*pair).into(),
                        updates: changed.iter().map(level).collect(),
                    }
                });
            }
            DeskChange::Order { user, order, cause: _ } => {
                hub.tell(Topic::User(*user), Channel::User, (time, None), || {
                    let orders = vec![user_order(order, user, &door.names)];
                    UserEvent { kind: EventKind::Update, orders }
                });
            }
            DeskChange::Market(pair) => {
                let Some(facts) = door.desk.facts(*pair) else { continue };
                hub.tell(
                    Topic::Market(Channel::Status, *pair),
                    Channel::Status,
                    (time, None),
                    || {
                        let products = vec![status_product(&facts)];
                        StatusEvent { kind: EventKind::Update, products }
                    },
                );
            }
            // The best is in the book, and balances have no channel.
            DeskChange::Top { .. } | DeskChange::Balances { .. } => {}
        }
    }
    for (pair, trades) in here {
        traded.insert(pair, true);
        let topic = Topic::Market(Channel::MarketTrades, pair);
        hub.tell(topic, Channel::MarketTrades, (time, None), || {
            let trades = trades.iter().rev().map(stream_trade).collect();
            TradesEvent { kind: EventKind::Update, trades }
        });
        tell_ticker(door, Channel::Ticker, pair, time);
    }
}

fn tell_beat(door: &Door, beat: u64, traded: &mut Traded) {
    door.hub.tell_all(&Waiting::Heartbeat);
    let now = door.desk.now();
    for (&pair, is_new) in traded.iter_mut() {
        if beat.is_multiple_of(BATCH_EVERY) {
            tell_ticker(door, Channel::TickerBatch, pair, now);
        }
        if !std::mem::take(is_new) {
            continue;
        }
        let topic = Topic::Market(Channel::Candles, pair);
        door.hub.tell(topic, Channel::Candles, (now, None), || CandlesEvent {
            kind: EventKind::Update,
            candles: candles(door, pair, 1),
        });
    }
    if beat.is_multiple_of(BATCH_EVERY) {
        traded.clear();
    }
}

fn tell_ticker(door: &Door, channel: Channel, pair: Pair, time: Time) {
    let topic = Topic::Market(channel, pair);
    door.hub.tell(topic, channel, (time, None), || {
        let ticker = door.desk.ticker(pair);
        let tickers = ticker.iter().map(shape::ticker).collect();
        TickerEvent { kind: EventKind::Update, tickers }
    });
}

/// The latest candles of a market, newest first.
pub fn candles(door: &Door, pair: Pair, count: usize) -> Vec<StreamCandle<'static>> {
    let candles = door.desk.candles(pair, CANDLES, (None, None), count);
    let candle =
        |candle| StreamCandle { candle: candle_of(candle), product_id: symbol_of(pair).into() };
    candles.iter().rev().map(candle).collect()
}

/// A trade.
pub fn stream_trade(trade: &DeskTrade) -> StreamTrade<'static> {
    StreamTrade {
        trade_id: trade.id.to_string().into(),
        product_id: symbol_of(trade.pair).into(),
        price: text(trade.price),
        size: text(trade.qty),
        side: maker_side(trade.taker),
        time: moment_text(trade.time).into(),
    }
}

/// A level of a book.
pub fn level_update(side: Side, level: venue::Level, time: &str) -> LevelUpdate<'static> {
    LevelUpdate {
        side: match side {
            Side::Buy => BookSide::Bid,
            Side::Sell => BookSide::Offer,
        },
        event_time: time.to_owned().into(),
        price_level: DecimalText(level.price),
        new_quantity: text(level.qty),
    }
}

/// A market, for the channel of status.
pub fn status_product(facts: &MarketFacts) -> StatusProduct<'static> {
    let id = symbol_of(facts.pair);
    let number = |number: Option<model::Decimal>| text(number.unwrap_or_default());
    StatusProduct {
        product_type: "SPOT".into(),
        base_currency: facts.pair.base.to_string().into(),
        quote_currency: facts.pair.quote.to_string().into(),
        base_increment: number(facts.qty.step),
        quote_increment: number(facts.price.step),
        display_name: format!("{}/{}", facts.pair.base, facts.pair.quote).into(),
        id: id.into(),
        status: if facts.is_open { "online" } else { "offline" }.into(),
        status_message: "".into(),
        min_market_funds: number(facts.notional.min),
    }
}
