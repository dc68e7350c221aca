//! Changes of the desk in the words of sockets.
//!
//! Keeps   messages of one topic come in the order in which things happened; what nobody listens to
//!         is not written.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use model::{AssetCode, Decimal, OrderId, Side, Time, UserId};
use serde::Serialize;
use venue::kucoin::{
    BalanceEvent, BookEvent, CandlesEvent, Change, Changes, Channel, FeeType, FrameKind, L2Update,
    Level, MatchEvent, OrderChange, OrderChangeKind, OrderStatus, RelationContext, ServerFrame,
    TickerEvent, TopEvent,
};
use venue::port::{Balance, OrderState, Pair};

use super::account::place_of;
use super::door::Door;
use super::hub::Topic;
use super::market::{candle_of, levels_of, nanos, side_of};
use super::names::{account_name, order_name, user_name};
use super::order_row::{asked_of, liquidity_of, rest_of};
use super::perform::number;
use super::statistics;
use super::stop::{is_unwoken, stop_event};
use crate::desk::{DeskCause, DeskChange, DeskChanges, DeskOrderView, DeskTrade, total_of};

/// Tells what changes.
pub struct Teller {
    door: Arc<Door>,
    /// Books that changed since their best parts were told.
    changed: HashSet<Pair>,
    /// What each person had when it was told last.
    balances: HashMap<(UserId, AssetCode), (Decimal, Decimal)>,
    /// How many changes of balances were told.
    events: u64,
}

/// The best of both sides of a book.
type Top = (u64, Option<venue::Level>, Option<venue::Level>);

impl Teller {
    /// Of this door, from now on.
    pub fn new(door: Arc<Door>) -> Self {
        let mut balances = HashMap::new();
        for user in &door.users {
            for balance in door.desk.balances(user) {
                balances.insert((*user, balance.asset), (balance.free, balance.held));
            }
        }
        Self { door, changed: HashSet::new(), balances, events: 0 }
    }

    /// All that one command changed.
    pub fn tell(&mut self, changes: &DeskChanges) {
        let mut tickers: Vec<(Pair, Option<Top>)> = Vec::new();
        for (place, change) in changes.changes.iter().enumerate() {
            match change {
                DeskChange::Trade(trade) => {
                    self.trade(trade);
                    if tickers.iter().all(|(pair, _)| *pair != trade.pair) {
                        tickers.push((trade.pair, None));
                    }
                }
                DeskChange::Book { pair, sequence, changed } => {
                    self.changed.insert(*pair);
                    self.book((*pair, *sequence), changed, changes.time);
                }
                DeskChange::Top { pair, sequence, bid, ask } => {
                    tickers.retain(|(known, _)| known != pair);
                    tickers.push((*pair, Some((*sequence, *bid, *ask))));
                    self.top(*pair, (*bid, *ask), changes.time);
                }
                DeskChange::Order { user, order, cause } => {
                    let is_last = !changes.changes[place + 1..].iter().any(|later| {
                        matches!(later, DeskChange::Order { order: it, .. } if it.id == order.id)
                    });
                    self.order(user, order, cause, is_last);
                }
                DeskChange::Balances { user, changed } => {
                    let cause = cause_of(changes, user);
                    for balance in changed {
                        self.balance(user, balance, &cause, changes.time);
                    }
                }
                DeskChange::Market(_) => {}
            }
        }
        for (pair, top) in tickers {
            self.ticker(pair, top, changes.time);
        }
    }

    /// The best parts of the books that changed.
    pub fn beat(&mut self) {
        for pair in self.changed.drain() {
            tell_parts(&self.door, pair);
        }
    }

    /// The statistics of all markets that somebody listens to.
    pub fn statistics(&self) {
        for facts in self.door.desk.markets() {
            tell_statistics(&self.door, facts.pair);
        }
    }

    fn trade(&self, trade: &DeskTrade) {
        let pair = trade.pair;
        let name = |order: Option<OrderId>| order.map_or_else(String::new, order_name);
        let (maker, taker) = (trade.orders.map(|it| it.maker), trade.orders.map(|it| it.taker));
        self.publish(Channel::Match, pair, "trade.l3match", || MatchEvent {
            maker_order_id: name(maker).into(),
            price: number(trade.price),
            sequence: trade.id,
            side: side_of(trade),
            size: number(trade.qty),
            symbol: pair.to_string().into(),
            taker_order_id: name(taker).into(),
            time: nanos(trade.time),
            trade_id: trade.id.to_string().into(),
            kind: "match".into(),
        });
        for length in self.door.hub.candles_of(pair) {
            let candles = self.door.desk.candles(pair, length.0, (None, None), 1);
            let Some(candle) = candles.last() else { continue };
            let channel = Channel::Candles(length);
            self.publish(channel, pair, "trade.candles.update", || CandlesEvent {
                symbol: pair.to_string().into(),
                candles: candle_of(candle),
                time: nanos(trade.time),
            });
        }
    }

    fn book(&self, (pair, sequence): (Pair, u64), changed: &[(Side, venue::Level)], at: Time) {
        self.publish(Channel::Level2, pair, "trade.l2update", || {
            let of = |wanted: Side| -> Vec<Change> {
                let rows = changed.iter().filter(|(side, _)| *side == wanted);
                rows.map(|(_, it)| Change(number(it.price), number(it.qty), sequence)).collect()
            };
            L2Update {
                changes: Changes {
                    asks: Cow::Owned(of(Side::Sell)),
                    bids: Cow::Owned(of(Side::Buy)),
                },
                sequence_end: sequence,
                sequence_start: sequence,
                symbol: pair.to_string().into(),
                time: at.millis(),
            }
        });
    }

    fn top(&self, pair: Pair, (bid, ask): (Option<venue::Level>, Option<venue::Level>), at: Time) {
        let level = |level: venue::Level| Level(number(level.price), number(level.qty));
        self.publish(Channel::Level1, pair, "level1", || TopEvent {
            asks: ask.map(level),
            bids: bid.map(level),
            timestamp: at.millis(),
        });
    }

    fn ticker(&self, pair: Pair, top: Option<Top>, at: Time) {
        let hub = &self.door.hub;
        let own = Topic::Market(Channel::Ticker, pair);
        if hub.hears(own) || hub.hears(Topic::AllTickers) {
            let event = ticker_of(&self.door, pair, top, at);
            hub.publish(own, || message(&own.name(), "trade.ticker", &event));
            let (all, symbol) = (Topic::AllTickers, pair.to_string());
            hub.publish(all, || message(&all.name(), &symbol, &event));
        }
    }

    fn publish<T: Serialize>(
        &self,
        channel: Channel,
        pair: Pair,
        subject: &str,
        data: impl FnOnce() -> T,
    ) {
        let topic = Topic::Market(channel, pair);
        self.door.hub.publish(topic, || message(&topic.name(), subject, &data()));
    }

    fn order(&self, user: &UserId, order: &DeskOrderView, cause: &DeskCause, is_last: bool) {
        use OrderChangeKind::{Canceled, Filled, Match, Open, Received, Update};
        self.stop_order(user, order, cause);
        // What waits is no order to who listens to orders, until it wakes.
        if is_unwoken(order) {
            return;
        }
        let now = order.updated;
        let tell = |kind, status, change: &dyn Fn(&mut OrderChange<'_>)| {
            let mut told = change_of(order, kind, status, now);
            change(&mut told);
            self.own_order(user, &told);
        };
        match cause {
            DeskCause::New | DeskCause::Triggered => tell(Received, OrderStatus::New, &|told| {
                (told.canceled_size, told.filled_size, told.remain_size) = (None, None, None);
                told.size = None;
            }),
            DeskCause::Filled(fill) => {
                let status = if fill.is_maker { OrderStatus::Open } else { OrderStatus::Match };
                tell(Match, status, &|told| {
                    let is_maker = fill.is_maker;
                    told.fee_type =
                        Some(if is_maker { FeeType::MakerFee } else { FeeType::TakerFee });
                    told.liquidity = Some(liquidity_of(fill));
                    told.match_price = Some(number(fill.price));
                    told.match_size = Some(number(fill.qty));
                    told.trade_id = Some(fill.trade.to_string());
                });
                if order.state == OrderState::Filled {
                    tell(Filled, OrderStatus::Done, &|_| {});
                }
            }
            DeskCause::Amended => tell(Update, OrderStatus::Open, &|_| {}),
            DeskCause::Canceled | DeskCause::Expired => {
                if order.state.is_final() {
                    tell(Canceled, OrderStatus::Done, &|_| {});
                } else {
                    tell(Update, OrderStatus::Open, &|_| {});
                }
            }
        }
        let entered = match cause {
            DeskCause::New | DeskCause::Triggered => true,
            DeskCause::Filled(fill) => !fill.is_maker,
            DeskCause::Amended | DeskCause::Canceled | DeskCause::Expired => false,
        };
        // What is left of it rests.
        if is_last && entered && !order.state.is_final() {
            tell(Open, OrderStatus::Open, &|_| {});
        }
    }

    fn stop_order(&self, user: &UserId, order: &DeskOrderView, cause: &DeskCause) {
        let topic = Topic::Own(Channel::StopOrders, *user);
        let Some(event) = stop_event(order, cause) else { return };
        let write = || own_message(&topic.name(), ("stopOrder", ""), user, &event);
        self.door.hub.publish(topic, write);
    }

    fn own_order(&self, user: &UserId, change: &OrderChange<'_>) {
        for channel in [Channel::TradeOrders, Channel::TradeOrdersV2] {
            let is_new = change.kind == OrderChangeKind::Received;
            if is_new && channel == Channel::TradeOrders {
                continue;
            }
            let topic = Topic::Own(channel, *user);
            let write = || own_message(&topic.name(), ("orderChange", ""), user, change);
            self.door.hub.publish(topic, write);
        }
    }

    fn balance(&mut self, user: &UserId, balance: &Balance, cause: &Cause, at: Time) {
        let now = (balance.free, balance.held);
        let before = self.balances.insert((*user, balance.asset), now).unwrap_or_default();
        self.events += 1;
        let topic = Topic::Own(Channel::Balance, *user);
        let (door, id) = (&self.door, self.events.to_string());
        door.hub.publish(topic, || {
            let place = place_of(door, user);
            let known = door.desk.balances(user);
            let currency = known.iter().position(|it| it.asset == balance.asset);
            let event = BalanceEvent {
                account_id: account_name(place, currency.unwrap_or_default()).into(),
                currency: balance.asset.to_string().into(),
                total: number(total_of(balance)),
                available: number(balance.free),
                hold: number(balance.held),
                available_change: number(balance.free.checked_sub(before.0).unwrap_or_default()),
                hold_change: number(balance.held.checked_sub(before.1).unwrap_or_default()),
                relation_context: cause.context.clone(),
                relation_event: cause.event.into(),
                relation_event_id: id.as_str().into(),
                time: at.millis(),
            };
            own_message(&topic.name(), ("account.balance", &id), user, &event)
        });
    }
}

/// Why a balance changed.
struct Cause {
    event: &'static str,
    context: RelationContext,
}

/// Why the balances of a person changed: by the first of their orders that did.
fn cause_of(changes: &DeskChanges, user: &UserId) -> Cause {
    let own = |change: &DeskChange| match change {
        DeskChange::Order { user: whose, order, cause } if whose == user => {
            let (event, trade_id) = match cause {
                DeskCause::Filled(fill) => ("trade.setted", Some(fill.trade.to_string())),
                DeskCause::New
                | DeskCause::Triggered
                | DeskCause::Amended
                | DeskCause::Canceled
                | DeskCause::Expired => ("trade.hold", None),
            };
            let symbol = Some(order.pair.to_string());
            let order_id = Some(order_name(order.id));
            Some(Cause { event, context: RelationContext { symbol, order_id, trade_id } })
        }
        _ => None,
    };
    let found: Vec<_> = changes.changes.iter().filter_map(own).collect();
    let settled = found.iter().position(|cause| cause.event == "trade.setted");
    let nothing = Cause { event: "trade.other", context: RelationContext::default() };
    found.into_iter().nth(settled.unwrap_or_default()).unwrap_or(nothing)
}

/// An order after a change of that kind.
fn change_of(
    order: &DeskOrderView,
    kind: OrderChangeKind,
    status: OrderStatus,
    at: Time,
) -> OrderChange<'static> {
    let asked = asked_of(order);
    let (remain, canceled) = rest_of(order);
    OrderChange {
        canceled_size: Some(number(canceled)),
        client_oid: order.client_id.to_string().into(),
        filled_size: Some(number(order.filled)),
        order_id: order_name(order.id).into(),
        order_time: order.created.millis(),
        order_type: asked.kind,
        origin_size: Some(number(order.qty)),
        price: (!asked.price.is_zero()).then(|| number(asked.price)),
        remain_funds: None,
        remain_size: Some(number(remain)),
        side: order.side.into(),
        size: Some(number(order.qty)),
        status,
        symbol: order.pair.to_string().into(),
        ts: nanos(at),
        kind,
        old_size: None,
        fee_type: None,
        liquidity: None,
        match_price: None,
        match_size: None,
        trade_id: None,
    }
}

fn ticker_of(door: &Door, pair: Pair, top: Option<Top>, at: Time) -> TickerEvent {
    let (sequence, bid, ask) = top.unwrap_or_else(|| {
        let depth = door.desk.depth(pair, 1);
        depth.map_or((0, None, None), |depth| {
            (depth.sequence, depth.bids.first().copied(), depth.asks.first().copied())
        })
    });
    let trades = door.desk.trades(pair, 1);
    let last = trades.last();
    TickerEvent {
        best_ask: ask.map(|level| number(level.price)),
        best_ask_size: ask.map(|level| number(level.qty)),
        best_bid: bid.map(|level| number(level.price)),
        best_bid_size: bid.map(|level| number(level.qty)),
        price: last.map(|trade| number(trade.price)),
        sequence,
        size: last.map(|trade| number(trade.qty)),
        time: at.millis(),
    }
}

fn tell_parts(door: &Door, pair: Pair) {
    for (channel, levels) in [(Channel::Depth5, 5), (Channel::Depth50, 50)] {
        let topic = Topic::Market(channel, pair);
        if let Some(event) = door.hub.hears(topic).then(|| part_of(door, pair, levels)).flatten() {
            door.hub.publish(topic, || message(&topic.name(), "level2", &event));
        }
    }
}

fn part_of(door: &Door, pair: Pair, levels: usize) -> Option<BookEvent> {
    let depth = door.desk.depth(pair, levels)?;
    let (asks, bids) = (levels_of(&depth.asks), levels_of(&depth.bids));
    Some(BookEvent { asks, bids, timestamp: door.desk.now().millis() })
}

fn tell_statistics(door: &Door, pair: Pair) {
    let topic = Topic::Market(Channel::Snapshot, pair);
    if door.hub.hears(topic)
        && let Some(text) = statistics_of(door, pair)
    {
        door.hub.publish(topic, || text);
    }
}

fn statistics_of(door: &Door, pair: Pair) -> Option<String> {
    let (facts, ticker) = (door.desk.facts(pair)?, door.desk.ticker(pair)?);
    let event = statistics::snapshot(door, &facts, &ticker, door.desk.now());
    Some(message(&Channel::Snapshot.topic(&pair.to_string()), "trade.snapshot", &event))
}

/// How a topic stands as somebody begins to listen to it; `None` for one that only tells changes.
pub fn first(door: &Door, topic: Topic) -> Option<String> {
    let Topic::Market(channel, pair) = topic else { return None };
    let part = |levels| {
        let event = part_of(door, pair, levels)?;
        Some(message(&topic.name(), "level2", &event))
    };
    match channel {
        Channel::Depth5 => part(5),
        Channel::Depth50 => part(50),
        Channel::Snapshot => statistics_of(door, pair),
        Channel::Ticker => {
            let event = ticker_of(door, pair, None, door.desk.now());
            Some(message(&topic.name(), "trade.ticker", &event))
        }
        Channel::Level1
        | Channel::Level2
        | Channel::Match
        | Channel::Candles(_)
        | Channel::TradeOrders
        | Channel::TradeOrdersV2
        | Channel::StopOrders
        | Channel::Balance => None,
    }
}

/// A message of a market.
fn message(topic: &str, subject: &str, data: &impl Serialize) -> String {
    let data = serde_json::value::to_raw_value(data).expect("numbers and texts");
    let frame = ServerFrame::message(topic, subject, &data);
    serde_json::to_string(&frame).expect("numbers and texts")
}

/// A message to the owner of what it tells.
fn own_message(
    topic: &str,
    (subject, id): (&str, &str),
    user: &UserId,
    data: &impl Serialize,
) -> String {
    let data = serde_json::value::to_raw_value(data).expect("numbers and texts");
    let frame = ServerFrame {
        kind: FrameKind::Message,
        id: id.into(),
        user_id: user_name(user).into(),
        channel_type: "private".into(),
        ..ServerFrame::message(topic, subject, &data)
    };
    serde_json::to_string(&frame).expect("numbers and texts")
}
