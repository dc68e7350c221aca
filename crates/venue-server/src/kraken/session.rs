//! One connection: what it asks, and what it listens to.
//!
//! Keeps   at most [`TOPICS_MAX`] topics; every answer comes before what was asked for.
//! Source  docs.kraken.com, "Spot WebSocket v2".

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use engine::OrderRef;
use model::Time;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use venue::instant::text as rfc3339;
use venue::kraken::{
    AddOrder, AmendOrder, BatchAdd, BatchCancel, BatchResult, CancelAllAfter, CancelOrder,
    CanceledCount, OrderResult, Refusal, Reply, Request, Subscribed, Subscription, WalletBalance,
    WalletShare, order_txid,
};
use venue::port::Pair;

use super::Door;
use super::deadline::deadline;
use super::hub::{ListenerId, Topic, Trigger};
use super::order::{BATCH_MAX, Which, cancel_after};
use super::order_report::{past_trade, standing};
use super::order_request::{client_id, read_frame, userref_of};
use super::revision::{Revision, amend_name};
use super::telling::{instruments, ohlc_snapshot, ticker_message, trades_message};
use super::token::Caller;
use super::told::{Outbox, OwnChannel, Told};
use crate::desk::{MarketFacts, total_of};
use crate::outbox::outbox;

/// The requests that place or cancel.
const CHANGING: [&str; 8] = [
    "add_order",
    "amend_order",
    "edit_order",
    "cancel_order",
    "cancel_all",
    "cancel_all_orders_after",
    "batch_add",
    "batch_cancel",
];
/// Topics of one connection.
const TOPICS_MAX: usize = 1_024;
/// Levels of a book that can be asked for; the first where nobody says.
const DEPTHS: [u32; 5] = [10, 25, 100, 500, 1_000];
/// Trades that are told at first.
const TRADES_FIRST: usize = 50;
/// Markets in one request.
const SYMBOLS_MAX: usize = 500;
/// Tokens of one connection; the first is forgotten for the next.
const SHOWN_MAX: usize = 16;
/// Requests of one connection without an answer; those after that are forgotten.
const LATE_MAX: usize = 1_000;

/// One connection.
pub struct Session {
    door: Arc<Door>,
    /// Its number.
    pub id: ListenerId,
    outbox: Arc<Outbox>,
    topics: Vec<Topic>,
    /// The tokens that were shown on it: they are good as long as it stands.
    shown: Vec<(String, Caller)>,
    /// What is said of requests that a scenario leaves without an answer, once it is over.
    late: Vec<Told>,
}

/// A request, while it is answered.
struct Asked<'a> {
    method: &'a str,
    req_id: Option<u64>,
    came: Time,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.topics.drain(..).for_each(|topic| {
            self.door.hub.leave(self.id, topic);
        });
    }
}

impl Session {
    /// A connection that listens to nothing yet.
    pub fn new(door: Arc<Door>, outbox: Arc<Outbox>) -> Self {
        let id = door.hub.enter();
        Self { door, id, outbox, topics: Vec::new(), shown: Vec::new(), late: Vec::new() }
    }

    /// Whether it listens to anything.
    pub const fn listens(&self) -> bool {
        !self.topics.is_empty()
    }

    /// Answers a message.
    pub async fn hear(&mut self, text: &str) {
        let came = self.door.desk.now();
        let Ok(request) = serde_json::from_str::<Request<'_, &RawValue>>(text) else {
            let asked = Asked { method: "error", req_id: None, came };
            return self.refuse(&asked, "Malformed request".into(), None);
        };
        let asked = Asked { method: &request.method, req_id: request.req_id, came };
        let params = request.params.map_or("{}", RawValue::get);
        let trouble = &self.door.desk.exchange().trouble;
        let done = match asked.method {
            method if changes(method) && trouble.is_too_much().is_some() => {
                Err(Refusal::TooManyRequests)
            }
            method if changes(method) && trouble.is_unanswered() => {
                self.leave_unanswered(&asked, params).await;
                Ok(())
            }
            "ping" => {
                self.reply::<()>(&Asked { method: "pong", ..asked }, None, None);
                Ok(())
            }
            "subscribe" => self.subscribe(&asked, params).await,
            "unsubscribe" => self.unsubscribe(&asked, params),
            _ => self.change(&asked, params).await,
        };
        if let Err(refusal) = done {
            self.refuse(&asked, refusal.text(), None);
        }
    }

    /// Does one of [`CHANGING`].
    async fn change(&mut self, asked: &Asked<'_>, params: &str) -> Result<(), Refusal> {
        match asked.method {
            "add_order" => self.add(asked, params).await,
            "amend_order" => self.amend(asked, params).await,
            "edit_order" => self.edit(asked, params).await,
            "cancel_all_orders_after" => self.cancel_after(asked, params),
            "cancel_order" => self.cancel(asked, params).await,
            "cancel_all" => self.cancel_all(asked, params).await,
            "batch_add" => self.batch_add(asked, params).await,
            "batch_cancel" => self.batch_cancel(asked, params).await,
            _ => Err(Refusal::UnknownMethod),
        }
    }

    /// Does what is asked; what became of it is told to nobody.
    async fn leave_unanswered(&mut self, asked: &Asked<'_>, params: &str) {
        let (nowhere, _) = outbox();
        let heard = std::mem::replace(&mut self.outbox, nowhere);
        let _ = self.change(asked, params).await.is_ok();
        self.outbox = heard;
        let error = Some(Refusal::Unavailable.text());
        let told = self.written::<()>(asked, Some(false), None, (error, None));
        self.late.extend(told.filter(|_| self.late.len() < LATE_MAX));
    }

    /// Says that nobody knows, where answers are given again.
    pub fn end_silence(&mut self) {
        if !self.late.is_empty() && !self.door.desk.exchange().trouble.is_unanswered() {
            self.late.drain(..).for_each(|told| self.outbox.push(told));
        }
    }

    fn reply<R: Serialize>(&self, asked: &Asked<'_>, success: Option<bool>, result: Option<R>) {
        let told = self.written(asked, success, result, (None, None));
        told.into_iter().for_each(|told| self.outbox.push(told));
    }

    fn refuse(&self, asked: &Asked<'_>, error: Cow<'_, str>, symbol: Option<&str>) {
        let told = self.written::<()>(asked, Some(false), None, (Some(error), symbol));
        told.into_iter().for_each(|told| self.outbox.push(told));
    }

    fn written<R: Serialize>(
        &self,
        asked: &Asked<'_>,
        success: Option<bool>,
        result: Option<R>,
        (error, symbol): (Option<Cow<'_, str>>, Option<&str>),
    ) -> Option<Told> {
        let reply = Reply {
            method: asked.method.into(),
            req_id: asked.req_id,
            result,
            success,
            error,
            symbol: symbol.map(Into::into),
            time_in: rfc3339(asked.came).into(),
            time_out: rfc3339(self.door.desk.now()).into(),
        };
        serde_json::to_string(&reply).ok().map(|text| Told::Reply(text.into()))
    }

    fn caller(&mut self, token: Option<&str>) -> Result<Caller, Refusal> {
        let token = token.ok_or(Refusal::InvalidSession)?;
        if let Some((_, caller)) = self.shown.iter().find(|(shown, _)| shown == token) {
            return Ok(*caller);
        }
        let caller = self.door.tokens.read(token, self.door.desk.now())?;
        if SHOWN_MAX <= self.shown.len() {
            self.shown.remove(0);
        }
        self.shown.push((token.to_owned(), caller));
        Ok(caller)
    }

    fn trader(&mut self, token: Option<&str>) -> Result<Caller, Refusal> {
        let caller = self.caller(token)?;
        if caller.scopes.trade { Ok(caller) } else { Err(Refusal::PermissionDenied) }
    }
}

fn changes(method: &str) -> bool {
    CHANGING.contains(&method)
}

fn parse<'a, T: Deserialize<'a>>(params: &'a str) -> Result<T, Refusal> {
    serde_json::from_str(params).map_err(|_| Refusal::InvalidArguments(""))
}

/// Listening.
impl Session {
    async fn subscribe(&mut self, asked: &Asked<'_>, params: &str) -> Result<(), Refusal> {
        let wanted: Subscription<'_> = parse(params)?;
        match &*wanted.channel {
            "executions" | "balances" => self.subscribe_own(asked, &wanted),
            "instrument" => {
                let result = Subscribed { snapshot: Some(true), ..subscribed(&wanted, None) };
                let reply = self.written(asked, Some(true), Some(result), (None, None));
                let desk = &self.door.desk;
                let first = || {
                    let all = instruments(desk, "snapshot").map(|text| Told::Market(text.into()));
                    reply.into_iter().chain(all).collect()
                };
                let is_new = self.door.hub.listen(self.id, &self.outbox, Topic::Instruments, first);
                self.joined(asked, is_new, Topic::Instruments, None);
                Ok(())
            }
            "book" | "trade" | "ticker" | "ohlc" => {
                for symbol in symbols(&wanted)? {
                    match self.market(symbol) {
                        Some(facts) => self.subscribe_market(asked, &wanted, &facts)?,
                        None => self.refuse(asked, unknown(symbol), Some(symbol)),
                    }
                    // What is told first may be long, and others wait for this thread.
                    tokio::task::yield_now().await;
                }
                Ok(())
            }
            _ => Err(Refusal::InvalidArguments("channel")),
        }
    }

    fn market(&self, symbol: &str) -> Option<MarketFacts> {
        symbol.contains('/').then(|| self.door.market(symbol).ok())?
    }

    fn subscribe_market(
        &mut self,
        asked: &Asked<'_>,
        wanted: &Subscription<'_>,
        facts: &MarketFacts,
    ) -> Result<(), Refusal> {
        let topic = topic_of(wanted, facts.pair)?;
        // Trades alone are not told from the beginning unless somebody asks.
        let with_snapshot = wanted.snapshot.unwrap_or(&*wanted.channel != "trade");
        let symbol = venue::kraken::symbol_of(facts.pair);
        if self.topics.contains(&topic) {
            self.refuse(asked, "Already subscribed".into(), Some(&symbol));
            return Ok(());
        }
        let mut result = subscribed(wanted, Some(&symbol));
        result.snapshot = Some(with_snapshot);
        match topic {
            Topic::Book(_, depth) => result.depth = Some(depth),
            Topic::Ohlc(_, minutes) => result.interval = Some(minutes),
            Topic::Trades(_) | Topic::Ticker(..) | Topic::Instruments | Topic::Own(..) => {}
        }
        let Some(reply) = self.written(asked, Some(true), Some(result), (None, None)) else {
            return Err(Refusal::Internal);
        };
        let (hub, desk) = (&self.door.hub, &self.door.desk);
        let is_new = if let Topic::Book(_, depth) = topic {
            let first = (reply, with_snapshot);
            hub.listen_to_book((self.id, &self.outbox), (desk, facts), depth, first)?
        } else {
            // The longest of them is written before anybody else has to wait for it: what changes
            // meanwhile is a whole candle, too.
            let candles = match topic {
                Topic::Ohlc(pair, minutes) if with_snapshot => ohlc_snapshot(desk, pair, minutes),
                Topic::Ohlc(..)
                | Topic::Book(..)
                | Topic::Trades(_)
                | Topic::Ticker(..)
                | Topic::Instruments
                | Topic::Own(..) => None,
            };
            let first = || {
                let text = with_snapshot.then(|| match topic {
                    Topic::Trades(pair) => {
                        trades_message("snapshot", &desk.trades(pair, TRADES_FIRST))
                    }
                    Topic::Ticker(pair, _) => ticker_message(desk, pair, "snapshot"),
                    Topic::Ohlc(..) => candles,
                    Topic::Book(..) | Topic::Instruments | Topic::Own(..) => None,
                });
                let first = text.flatten().map(|text| Told::Market(text.into()));
                [reply].into_iter().chain(first).collect()
            };
            hub.listen(self.id, &self.outbox, topic, first)
        };
        self.joined(asked, is_new, topic, Some(&symbol));
        Ok(())
    }

    /// Takes note of a topic, or says that it is one already.
    fn joined(&mut self, asked: &Asked<'_>, is_new: bool, topic: Topic, symbol: Option<&str>) {
        if !is_new {
            return self.refuse(asked, "Already subscribed".into(), symbol);
        }
        self.topics.push(topic);
        if TOPICS_MAX < self.topics.len() {
            self.outbox.overflow();
        }
    }

    fn subscribe_own(
        &mut self,
        asked: &Asked<'_>,
        wanted: &Subscription<'_>,
    ) -> Result<(), Refusal> {
        let caller = self.caller(wanted.token.as_deref())?;
        if !caller.scopes.read {
            return Err(Refusal::PermissionDenied);
        }
        let channel = match &*wanted.channel {
            "executions" => OwnChannel::Executions,
            _ => OwnChannel::Balances,
        };
        let with_snapshot = wanted.snapshot.unwrap_or(true);
        let (orders, trades) =
            (wanted.snap_orders.unwrap_or(with_snapshot), wanted.snap_trades.unwrap_or(false));
        let mut result = subscribed(wanted, None);
        match channel {
            OwnChannel::Executions => {
                (result.snap_orders, result.snap_trades) = (Some(orders), Some(trades));
            }
            OwnChannel::Balances => result.snapshot = Some(with_snapshot),
        }
        let reply = self.written(asked, Some(true), Some(result), (None, None));
        let first = || {
            let data = match channel {
                OwnChannel::Executions if orders || trades => {
                    Some(self.executions(caller, orders, trades))
                }
                OwnChannel::Balances if with_snapshot => Some(self.balances(caller)),
                OwnChannel::Executions | OwnChannel::Balances => None,
            };
            let own = data.map(|data| Told::Own { channel, is_snapshot: true, data: data.into() });
            reply.into_iter().chain(own).collect()
        };
        let topic = Topic::Own(caller.user, channel);
        let is_new = self.door.hub.listen(self.id, &self.outbox, topic, first);
        self.joined(asked, is_new, topic, None);
        Ok(())
    }

    fn executions(&self, caller: Caller, orders: bool, trades: bool) -> String {
        let (desk, user) = (&self.door.desk, &caller.user);
        let mut told = Vec::new();
        if orders {
            told.extend(desk.open_orders(user, None).iter().map(standing));
        }
        if trades {
            let fills = desk.fills(user, None, None, (None, None), TRADES_FIRST);
            told.extend(fills.iter().filter_map(|fill| {
                let order = desk.order(user, OrderRef::Id(fill.order))?;
                Some(past_trade(user, &order, fill))
            }));
        }
        serde_json::to_string(&told).unwrap_or_else(|_| "[]".to_owned())
    }

    fn balances(&self, caller: Caller) -> String {
        let told = self.door.desk.balances(&caller.user).into_iter().filter_map(|balance| {
            let all = total_of(&balance).trimmed();
            let balance_told = venue::kraken::DecimalNumber(all);
            let share =
                WalletShare { kind: "spot".into(), id: "main".into(), balance: balance_told };
            (!all.is_zero()).then(|| WalletBalance {
                asset: balance.asset.to_string().into(),
                asset_class: "currency".into(),
                balance: balance_told,
                wallets: Some(vec![share]),
                ..WalletBalance::default()
            })
        });
        let told: Vec<_> = told.collect();
        serde_json::to_string(&told).unwrap_or_else(|_| "[]".to_owned())
    }

    fn unsubscribe(&mut self, asked: &Asked<'_>, params: &str) -> Result<(), Refusal> {
        let wanted: Subscription<'_> = parse(params)?;
        let mut topics: Vec<(Topic, Option<String>)> = Vec::new();
        match &*wanted.channel {
            "instrument" => topics.push((Topic::Instruments, None)),
            "executions" | "balances" => {
                let known = self.topics.iter().copied();
                let mut own = known.filter(|topic| topic.is_own(&wanted.channel));
                topics.extend(own.next().map(|topic| (topic, None)));
            }
            _ => {
                for symbol in symbols(&wanted)? {
                    let facts = self.market(symbol).ok_or(Refusal::UnknownPair)?;
                    topics.push((topic_of(&wanted, facts.pair)?, Some(symbol.to_owned())));
                }
            }
        }
        if topics.is_empty() {
            return Err(Refusal::InvalidArguments("symbol"));
        }
        for (topic, symbol) in topics {
            if self.door.hub.leave(self.id, topic) {
                self.topics.retain(|known| *known != topic);
                let result = subscribed(&wanted, symbol.as_deref());
                self.reply(asked, Some(true), Some(result));
            } else {
                self.refuse(asked, "Subscription Not Found".into(), symbol.as_deref());
            }
        }
        Ok(())
    }
}

/// The symbols that are asked for, each once.
fn symbols<'a>(wanted: &'a Subscription<'_>) -> Result<BTreeSet<&'a str>, Refusal> {
    let symbols = wanted.symbol.as_deref().unwrap_or_default();
    if symbols.is_empty() || SYMBOLS_MAX < symbols.len() {
        return Err(Refusal::InvalidArguments("symbol"));
    }
    Ok(symbols.iter().map(|symbol| &**symbol).collect())
}

fn unknown(symbol: &str) -> Cow<'static, str> {
    Cow::Owned(format!("Currency pair not supported {symbol}"))
}

fn topic_of(wanted: &Subscription<'_>, pair: Pair) -> Result<Topic, Refusal> {
    Ok(match &*wanted.channel {
        "book" => {
            let depth = wanted.depth.unwrap_or(DEPTHS[0]);
            if !DEPTHS.contains(&depth) {
                return Err(Refusal::InvalidArguments("depth"));
            }
            Topic::Book(pair, depth)
        }
        "trade" => Topic::Trades(pair),
        "ticker" => Topic::Ticker(
            pair,
            match wanted.event_trigger.as_deref() {
                None | Some("trades") => Trigger::Trades,
                Some("bbo") => Trigger::Best,
                Some(_) => return Err(Refusal::InvalidArguments("event_trigger")),
            },
        ),
        "ohlc" => {
            let minutes = wanted.interval.unwrap_or(1);
            super::market::interval_of(minutes)?;
            Topic::Ohlc(pair, minutes)
        }
        _ => return Err(Refusal::InvalidArguments("channel")),
    })
}

fn subscribed<'a>(wanted: &'a Subscription<'_>, symbol: Option<&'a str>) -> Subscribed<'a> {
    Subscribed {
        channel: Cow::Borrowed(&wanted.channel),
        symbol: symbol.map(Cow::Borrowed),
        depth: wanted.depth,
        interval: wanted.interval,
        event_trigger: wanted.event_trigger.as_deref().map(Cow::Borrowed),
        ..Subscribed::default()
    }
}

/// Trading.
impl Session {
    async fn add(&mut self, asked: &Asked<'_>, params: &str) -> Result<(), Refusal> {
        let frame: AddOrder<'_> = parse(params)?;
        let caller = self.trader(frame.token.as_deref())?;
        let facts = self.market(frame.symbol.as_deref().unwrap_or_default());
        let pair = facts.ok_or(Refusal::UnknownPair)?.pair;
        let result = self.placed(caller, &frame, pair).await?;
        self.reply(asked, Some(true), Some(result));
        Ok(())
    }

    async fn placed(
        &self,
        caller: Caller,
        frame: &AddOrder<'_>,
        pair: Pair,
    ) -> Result<OrderResult<'static>, Refusal> {
        let now = self.door.desk.now();
        let request = read_frame(frame, pair, now)?;
        let order = self.door.place(&caller.user, &request, now).await?;
        Ok(OrderResult {
            order_id: order.as_ref().map(|order| order_txid(order.id.0).into()),
            cl_ord_id: frame.cl_ord_id.as_deref().map(|name| name.to_owned().into()),
            order_userref: order.and_then(|order| order.tag.and_then(userref_of)),
            ..OrderResult::default()
        })
    }

    async fn batch_add(&mut self, asked: &Asked<'_>, params: &str) -> Result<(), Refusal> {
        let batch: BatchAdd<'_> = parse(params)?;
        let caller = self.trader(batch.token.as_deref())?;
        let pair = self.market(&batch.symbol).ok_or(Refusal::UnknownPair)?.pair;
        if !(2..=BATCH_MAX).contains(&batch.orders.len()) {
            return Err(Refusal::InvalidArguments("orders"));
        }
        let now = self.door.desk.now();
        deadline(batch.deadline.as_deref(), now)?;
        for frame in &batch.orders {
            read_frame(frame, pair, now)?;
        }
        let mut orders = Vec::new();
        for frame in batch.orders {
            let frame = AddOrder { validate: batch.validate.or(frame.validate), ..frame };
            orders.push(match self.placed(caller, &frame, pair).await {
                Ok(result) => OrderResult { success: Some(true), ..result },
                Err(refusal) => OrderResult {
                    cl_ord_id: frame.cl_ord_id.map(|name| name.into_owned().into()),
                    success: Some(false),
                    error: Some(refusal.text()),
                    ..OrderResult::default()
                },
            });
        }
        self.reply(asked, Some(true), Some(BatchResult { orders }));
        Ok(())
    }

    async fn amend(&mut self, asked: &Asked<'_>, params: &str) -> Result<(), Refusal> {
        let frame: AmendOrder<'_> = parse(params)?;
        let (caller, now) = (self.trader(frame.token.as_deref())?, self.door.desk.now());
        let revision = Revision::of_frame(&frame, now)?;
        let revised = self.door.revise(&caller.user, &revision, now).await?;
        let after = revised.after.map_err(|_| Refusal::Internal)?;
        let result = OrderResult {
            amend_id: Some(amend_name(&after).into()),
            order_id: frame.order_id,
            cl_ord_id: frame.cl_ord_id,
            ..OrderResult::default()
        };
        self.reply(asked, Some(true), Some(result));
        Ok(())
    }

    async fn edit(&mut self, asked: &Asked<'_>, params: &str) -> Result<(), Refusal> {
        let frame: AmendOrder<'_> = parse(params)?;
        let (caller, now) = (self.trader(frame.token.as_deref())?, self.door.desk.now());
        let revision = Revision::of_edit_frame(&frame, now)?;
        let revised = self.door.revise(&caller.user, &revision, now).await?;
        let result = OrderResult {
            order_id: revised.after.ok().map(|order| order_txid(order.id.0).into()),
            original_order_id: Some(order_txid(revised.before.id.0).into()),
            ..OrderResult::default()
        };
        self.reply(asked, Some(true), Some(result));
        Ok(())
    }

    fn cancel_after(&mut self, asked: &Asked<'_>, params: &str) -> Result<(), Refusal> {
        let frame: CancelAllAfter<'_> = parse(params)?;
        let (caller, now) = (self.trader(frame.token.as_deref())?, self.door.desk.now());
        self.door.keys.charge(&caller.user, 1, now)?;
        let result = cancel_after(&self.door, &caller.user, frame.timeout, now)?;
        self.reply(asked, Some(true), Some(result));
        Ok(())
    }

    async fn cancel(&mut self, asked: &Asked<'_>, params: &str) -> Result<(), Refusal> {
        let frame: CancelOrder<'_> = parse(params)?;
        let caller = self.trader(frame.token.as_deref())?;
        let mut wanted = Vec::new();
        for id in frame.order_id.unwrap_or_default() {
            let which = Which::read(&id)?;
            wanted.push((which, OrderResult { order_id: Some(id), ..OrderResult::default() }));
        }
        for name in frame.cl_ord_id.unwrap_or_default() {
            let which = client_id(Some(&name))?.map(Which::Name).ok_or(Refusal::UnknownOrder)?;
            wanted.push((which, OrderResult { cl_ord_id: Some(name), ..OrderResult::default() }));
        }
        for number in frame.order_userref.unwrap_or_default() {
            let result = OrderResult { order_userref: Some(number), ..OrderResult::default() };
            wanted.push((Which::Userref(number), result));
        }
        if wanted.is_empty() || super::params::LIST_MAX < wanted.len() {
            return Err(Refusal::InvalidArguments("order_id"));
        }
        // Each is answered by itself.
        for (which, result) in wanted {
            match self.door.cancel(&caller.user, which, self.door.desk.now()).await {
                Ok(canceled) => {
                    let id = canceled.first().map(|order| order_txid(order.id.0).into());
                    let result = OrderResult { order_id: id, ..result };
                    self.reply(asked, Some(true), Some(result));
                }
                Err(refusal) => self.refuse(asked, refusal.text(), None),
            }
        }
        Ok(())
    }

    async fn cancel_all(&mut self, asked: &Asked<'_>, params: &str) -> Result<(), Refusal> {
        let frame: CancelOrder<'_> = parse(params)?;
        let caller = self.trader(frame.token.as_deref())?;
        self.door.keys.charge(&caller.user, 1, self.door.desk.now())?;
        let canceled = self.door.desk.cancel_all(&caller.user, None).await?;
        self.reply(asked, Some(true), Some(CanceledCount { count: canceled.len() as u64 }));
        Ok(())
    }

    async fn batch_cancel(&mut self, asked: &Asked<'_>, params: &str) -> Result<(), Refusal> {
        let frame: BatchCancel<'_> = parse(params)?;
        let caller = self.trader(frame.token.as_deref())?;
        let mut wanted = Vec::new();
        for id in frame.orders.unwrap_or_default() {
            wanted.push(Which::read(&id)?);
        }
        for name in frame.cl_ord_id.unwrap_or_default() {
            wanted.extend(client_id(Some(&name))?.map(Which::Name));
        }
        if wanted.is_empty() || super::params::LIST_MAX < wanted.len() {
            return Err(Refusal::InvalidArguments("orders"));
        }
        let mut count = 0;
        for which in wanted {
            match self.door.cancel(&caller.user, which, self.door.desk.now()).await {
                Ok(canceled) => count += canceled.len() as u64,
                Err(Refusal::UnknownOrder) => {}
                Err(refusal) => return Err(refusal),
            }
        }
        self.reply(asked, Some(true), Some(CanceledCount { count }));
        Ok(())
    }
}
