//! What one connection asked for, and the numbers of what it is told.
//!
//! Keeps   whatever is sent has a number, one more than the one before, whatever the channel. A
//!         book's changes follow its snapshot: what the snapshot has already is not told again.

use std::collections::{BTreeMap, HashMap};
use std::net::IpAddr;
use std::sync::Arc;

use model::{Side, Time, UserId};
use serde::Serialize;
use venue::coinbase::{
    BookEvent, CandlesEvent, Channel, EventKind, HeartbeatEvent, MESSAGES_PER_SECOND, Message,
    Rate, StatusEvent, StreamError, Subscribe, SubscriptionsEvent, TickerEvent, TradesEvent,
    USER_SNAPSHOT_MAX, UserEvent, Wish, moment_text, symbol_of,
};
use venue::port::Pair;

use super::Door;
use super::hub::{Place, Topic, Waiting, candles, level_update, status_product, stream_trade};
use super::ids::user_name;
use super::shape::{self, user_order};

/// Levels of a side in a snapshot.
const LEVELS_MAX: usize = 5_000;
/// Trades in a snapshot.
const TRADES_MAX: usize = 50;
/// Candles in a snapshot.
const CANDLES_MAX: usize = 100;

/// What is to be sent, and whether it is market data that a scenario may lose.
#[derive(Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// The message.
    pub text: String,
    /// Whether it is told to everybody alike.
    pub is_market_data: bool,
}

/// One connection's side of the conversation.
#[derive(Debug)]
pub struct Session {
    door: Arc<Door>,
    place: Place,
    from: IpAddr,
    /// The number of the next message.
    sequence: u64,
    beats: u64,
    rate: Rate,
    /// Of each book that was told, the number of the last change in it.
    books: HashMap<Pair, u64>,
    user: Option<UserId>,
    /// Markets of which the account's orders are told; of all where it is empty.
    user_pairs: Vec<Pair>,
    /// Whether it ever asked for anything.
    pub has_asked: bool,
}

impl Session {
    /// A connection from there.
    pub fn new(door: Arc<Door>, from: IpAddr) -> Self {
        let place = Place::take(Arc::clone(&door));
        Self {
            door,
            place,
            from,
            sequence: 0,
            beats: 0,
            rate: Rate::default(),
            books: HashMap::new(),
            user: None,
            user_pairs: Vec::new(),
            has_asked: false,
        }
    }

    /// What waits for it.
    pub fn outbox(&self) -> &super::hub::Outbox {
        &self.place.outbox
    }

    /// Hears a message of the client; `None` where it talks too much to go on.
    pub fn hear(&mut self, text: &str) -> Option<Vec<Outgoing>> {
        let now = self.door.desk.now();
        self.rate.take(MESSAGES_PER_SECOND, now.0)?;
        let Ok(asked) = serde_json::from_str::<Subscribe<'_>>(text) else {
            return Some(vec![error("failure to parse the message")]);
        };
        let mut pairs = Vec::with_capacity(asked.product_ids.len());
        for name in &asked.product_ids {
            match Pair::parse(name).filter(|pair| self.door.desk.facts(*pair).is_some()) {
                Some(pair) if pairs.contains(&pair) => {}
                Some(pair) => pairs.push(pair),
                None => return Some(vec![error("a product that is not valid")]),
            }
        }
        self.has_asked = true;
        Some(match asked.wish {
            Wish::Subscribe => self.subscribe(asked.channel, pairs, asked.jwt.as_deref(), now),
            Wish::Unsubscribe => {
                self.unsubscribe(asked.channel, &pairs);
                vec![self.subscriptions(now)]
            }
        })
    }

    fn subscribe(
        &mut self,
        channel: Channel,
        mut pairs: Vec<Pair>,
        token: Option<&str>,
        now: Time,
    ) -> Vec<Outgoing> {
        match channel {
            Channel::User => {
                let key = self.door.admit(token.unwrap_or_default(), self.from, now);
                let user = match key {
                    Ok(key) if key.scopes.read => key.user,
                    Ok(_) | Err(_) => return vec![error("authentication failure")],
                };
                // One connection, one account.
                if self.user.is_some_and(|known| known != user) {
                    return vec![error("another account is subscribed to")];
                }
                let was_to_all = self.user.is_some() && self.user_pairs.is_empty();
                if pairs.is_empty() || was_to_all {
                    self.user_pairs.clear();
                } else {
                    pairs.retain(|pair| !self.user_pairs.contains(pair));
                    self.user_pairs.append(&mut pairs);
                }
                self.user = Some(user);
                self.place.outbox.want(Topic::User(user));
            }
            Channel::Heartbeats => self.place.outbox.want(Topic::Heartbeats),
            Channel::Candles
            | Channel::Status
            | Channel::Ticker
            | Channel::TickerBatch
            | Channel::Level2
            | Channel::MarketTrades => {
                if pairs.is_empty() {
                    return vec![error("no product_ids")];
                }
                for pair in &pairs {
                    self.place.outbox.want(Topic::Market(channel, *pair));
                }
                let mut told = vec![self.subscriptions(now)];
                told.extend(pairs.iter().filter_map(|pair| self.snapshot(channel, *pair, now)));
                return told;
            }
        }
        let mut told = vec![self.subscriptions(now)];
        if channel == Channel::User {
            told.extend(self.user_snapshot(now));
        }
        told
    }

    fn unsubscribe(&mut self, channel: Channel, pairs: &[Pair]) {
        match channel {
            Channel::User => {
                self.user_pairs.retain(|pair| !pairs.contains(pair));
                if (pairs.is_empty() || self.user_pairs.is_empty())
                    && let Some(user) = self.user.take()
                {
                    self.place.outbox.want_no_more(&Topic::User(user));
                }
            }
            Channel::Heartbeats => self.place.outbox.want_no_more(&Topic::Heartbeats),
            Channel::Candles
            | Channel::Status
            | Channel::Ticker
            | Channel::TickerBatch
            | Channel::Level2
            | Channel::MarketTrades => {
                for pair in pairs {
                    self.place.outbox.want_no_more(&Topic::Market(channel, *pair));
                    if channel == Channel::Level2 {
                        self.books.remove(pair);
                    }
                }
            }
        }
    }

    /// What it listens to now.
    fn subscriptions(&mut self, now: Time) -> Outgoing {
        let mut subscriptions: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for topic in self.place.outbox.wanted() {
            let (channel, name) = match topic {
                Topic::Market(channel, pair) => (channel, pair.to_string()),
                Topic::User(user) => (Channel::User, user_name(&user)),
                Topic::Heartbeats => (Channel::Heartbeats, "heartbeats".to_owned()),
            };
            subscriptions.entry(channel.name().into()).or_default().push(name.into());
        }
        self.message("subscriptions", now, SubscriptionsEvent { subscriptions })
    }

    /// All that a channel has to tell of a market.
    fn snapshot(&mut self, channel: Channel, pair: Pair, now: Time) -> Option<Outgoing> {
        let (told, kind) = (channel.told(), EventKind::Snapshot);
        let desk = &self.door.desk;
        let mut outgoing = match channel {
            Channel::Level2 => {
                let depth = desk.depth(pair, LEVELS_MAX)?;
                self.books.insert(pair, depth.sequence);
                let time = moment_text(depth.time);
                let side = |side: Side, levels: &[venue::Level]| {
                    let level = |level: &venue::Level| level_update(side, *level, &time);
                    levels.iter().map(level).collect::<Vec<_>>()
                };
                let mut updates = side(Side::Buy, &depth.bids);
                updates.extend(side(Side::Sell, &depth.asks));
                let product_id = symbol_of(pair).into();
                self.message(told, now, BookEvent { kind, product_id, updates })
            }
            Channel::MarketTrades => {
                let trades = desk.trades(pair, TRADES_MAX);
                let trades = trades.iter().rev().map(stream_trade).collect();
                self.message(told, now, TradesEvent { kind, trades })
            }
            Channel::Ticker | Channel::TickerBatch => {
                let tickers = vec![shape::ticker(&desk.ticker(pair)?)];
                self.message(told, now, TickerEvent { kind, tickers })
            }
            Channel::Candles => {
                let candles = candles(&self.door, pair, CANDLES_MAX);
                self.message(told, now, CandlesEvent { kind, candles })
            }
            Channel::Status => {
                let products = vec![status_product(&desk.facts(pair)?)];
                self.message(told, now, StatusEvent { kind, products })
            }
            Channel::Heartbeats | Channel::User => return None,
        };
        outgoing.is_market_data = true;
        Some(outgoing)
    }

    /// All open orders, in parts, of which the last has room.
    fn user_snapshot(&mut self, now: Time) -> Vec<Outgoing> {
        let Some(user) = self.user else { return Vec::new() };
        let mut orders = self.door.desk.open_orders(&user, None);
        orders.retain(|order| self.is_of_user_pairs(order.pair));
        let mut parts: Vec<_> = orders.chunks(USER_SNAPSHOT_MAX).collect();
        if parts.last().is_none_or(|last| last.len() == USER_SNAPSHOT_MAX) {
            parts.push(&[]);
        }
        let mut told = Vec::with_capacity(parts.len());
        for part in parts {
            let names = &self.door.names;
            let orders = part.iter().map(|order| user_order(order, &user, names)).collect();
            let event = UserEvent { kind: EventKind::Snapshot, orders };
            told.push(self.message(Channel::User.told(), now, event));
        }
        told
    }

    fn is_of_user_pairs(&self, pair: Pair) -> bool {
        self.user_pairs.is_empty() || self.user_pairs.contains(&pair)
    }

    /// What waits, as it is sent. Nothing of what the client did not want any more, or has; `None`
    /// where something is missing that nothing can tell any more.
    pub fn tell(&mut self, waiting: Waiting) -> Option<Vec<Outgoing>> {
        let now = self.door.desk.now();
        Some(match waiting {
            Waiting::Events { topic, channel, time, book, json } => {
                if !self.wants(&topic, book, &json) {
                    return Some(Vec::new());
                }
                let text = self.envelope(channel, time, &json);
                let is_market_data = !matches!(topic, Topic::User(_));
                vec![Outgoing { text, is_market_data }]
            }
            Waiting::Heartbeat => {
                if !self.place.outbox.wanted().contains(&Topic::Heartbeats) {
                    return Some(Vec::new());
                }
                self.beats += 1;
                let current_time = moment_text(now).replace('T', " ").replace('Z', "000+00:00");
                let event = HeartbeatEvent {
                    current_time: current_time.into(),
                    heartbeat_counter: self.beats,
                };
                vec![self.message(Channel::Heartbeats.told(), now, event)]
            }
            // What an order came to meanwhile is in no snapshot of those that are open.
            Waiting::Anew if self.user.is_some() => return None,
            Waiting::Anew => {
                let pairs: Vec<_> = self.books.keys().copied().collect();
                let anew = |pair| self.snapshot(Channel::Level2, pair, now);
                pairs.into_iter().filter_map(anew).collect()
            }
        })
    }

    fn wants(&mut self, topic: &Topic, book: Option<u64>, json: &str) -> bool {
        if let Topic::Market(_, pair) = topic
            && let Some(sequence) = book
        {
            // Before its snapshot, or with it, or after the end of the subscription.
            let Some(known) = self.books.get_mut(pair) else { return false };
            if sequence <= *known {
                return false;
            }
            *known = sequence;
            return true;
        }
        if let Topic::User(user) = topic {
            let is_told = |pair: &Pair| json.contains(&format!("\"product_id\":\"{pair}\""));
            return self.user == Some(*user)
                && (self.user_pairs.is_empty() || self.user_pairs.iter().any(is_told));
        }
        true
    }

    fn message<E: Serialize>(&mut self, channel: &str, time: Time, event: E) -> Outgoing {
        let message = Message {
            channel: channel.into(),
            client_id: "".into(),
            timestamp: moment_text(time).into(),
            sequence_num: self.sequence,
            events: vec![event],
        };
        self.sequence += 1;
        let text = serde_json::to_string(&message).unwrap_or_default();
        Outgoing { text, is_market_data: false }
    }

    fn envelope(&mut self, channel: &str, time: Time, events: &str) -> String {
        let (time, number) = (moment_text(time), self.sequence);
        self.sequence += 1;
        format!(
            r#"{{"channel":"{channel}","client_id":"","timestamp":"{time}","sequence_num":{number},"events":{events}}}"#
        )
    }
}

fn error(message: &'static str) -> Outgoing {
    let error = StreamError { kind: "error".into(), message: message.into() };
    let text = serde_json::to_string(&error).unwrap_or_default();
    Outgoing { text, is_market_data: false }
}
