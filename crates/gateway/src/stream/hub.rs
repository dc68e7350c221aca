//! Who hears what, and the beat at which they are told.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::{AccountId, MarketId};
use projection::{Changes, FEED_COMMANDS_MAX, Feed, FeedError, Update};
use tokio::sync::Notify;
use tokio::time::{MissedTickBehavior, interval};
use venue_server::Exchange;

use super::channel::{Channel, Topic};
use super::outbox::{Kind, Message, Outbox};
use super::told::{Scene, Told};

/// How often is told what has changed.
pub const BEAT: Duration = Duration::from_millis(50);
/// Tickers and candles are told each so many beats: every 250 ms.
const SLOW_BEATS: u64 = 5;

/// Everybody who hears something.
#[derive(Debug, Default)]
pub struct Hub {
    topics: Mutex<HashMap<Topic, Heard>>,
    /// Somebody begins to hear.
    begun: Notify,
}

#[derive(Debug)]
struct Heard {
    name: Arc<str>,
    told: Told,
    outboxes: Vec<Arc<Outbox>>,
}

impl Hub {
    /// From now on `outbox` gets what changes on `channel`, after what is there.
    pub fn subscribe(&self, exchange: &Exchange, channel: &Channel, outbox: &Arc<Outbox>) {
        let catalog = exchange.views.catalog();
        let scene = Scene { views: &exchange.views, catalog: &catalog, now: exchange.now() };
        let mut topics = self.lock();
        let heard = topics.entry(channel.topic).or_insert_with(|| Heard {
            name: Arc::clone(&channel.name),
            told: Told::new(channel, &scene),
            outboxes: Vec::new(),
        });
        if !heard.outboxes.iter().any(|it| Arc::ptr_eq(it, outbox)) {
            heard.outboxes.push(Arc::clone(outbox));
        }
        let (channel, body) = (Arc::clone(&heard.name), heard.told.snapshot(&scene));
        outbox.push(Message { channel, kind: Kind::Snapshot, body });
        drop(topics);
        self.begun.notify_one();
    }

    /// It gets it no more.
    pub fn unsubscribe(&self, channel: &Channel, outbox: &Arc<Outbox>) {
        let mut topics = self.lock();
        if let Some(heard) = topics.get_mut(&channel.topic) {
            heard.outboxes.retain(|it| !Arc::ptr_eq(it, outbox));
            if heard.outboxes.is_empty() {
                topics.remove(&channel.topic);
            }
        }
        drop(topics);
        outbox.forget(&channel.name);
    }

    fn is_silent(&self) -> bool {
        self.lock().is_empty()
    }

    /// Tells what has changed of what is dirty.
    fn beat(&self, exchange: &Exchange, dirty: &Dirty, number: u64) {
        let catalog = exchange.views.catalog();
        let scene = Scene { views: &exchange.views, catalog: &catalog, now: exchange.now() };
        for (topic, heard) in self.lock().iter_mut() {
            if !dirty.concerns(*topic, number) {
                continue;
            }
            if let Some(body) = heard.told.update(&scene) {
                for outbox in &heard.outboxes {
                    let (channel, body) = (Arc::clone(&heard.name), Arc::clone(&body));
                    outbox.push(Message { channel, kind: Kind::Update, body });
                }
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Topic, Heard>> {
        self.topics.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What may have changed since the last beat.
#[derive(Debug, Default)]
struct Dirty {
    everything: bool,
    markets: HashSet<MarketId>,
    accounts: HashSet<AccountId>,
}

impl Dirty {
    fn note(&mut self, changes: &Changes) {
        for update in &changes.updates {
            match update {
                Update::Trade(trade) => {
                    self.markets.insert(trade.market);
                }
                Update::Depth { market, .. } => {
                    self.markets.insert(*market);
                }
                Update::Order { order, .. } => {
                    self.accounts.insert(order.new.account);
                }
                Update::List(list) => {
                    self.accounts.insert(list.account);
                }
                Update::Balances { account, .. } => {
                    self.accounts.insert(*account);
                }
                Update::Adjusted(adjustment) => {
                    self.accounts.insert(adjustment.account);
                }
                Update::AggregateTrade(_)
                | Update::BookTicker { .. }
                | Update::AveragePrice { .. }
                | Update::MarketChanged(_)
                | Update::AssetListed(_) => {}
            }
        }
    }

    fn concerns(&self, topic: Topic, beat: u64) -> bool {
        match topic {
            Topic::Book(market) | Topic::Trades(market) => {
                self.everything || self.markets.contains(&market)
            }
            // Their windows move by themselves.
            Topic::Ticker(_) | Topic::Tickers | Topic::Candles(..) => {
                beat.is_multiple_of(SLOW_BEATS)
            }
            Topic::Orders(account) | Topic::Fills(account) | Topic::Balances(account) => {
                self.everything || self.accounts.contains(&account)
            }
            // The board itself knows whether it has changed.
            Topic::Notifications(_) => true,
        }
    }
}

/// Tells everybody who hears something what changes, until the sockets or the exchange stop. To be
/// spawned once.
pub async fn feed(exchange: Arc<Exchange>, hub: Arc<Hub>) {
    let mut stopping = exchange.sockets_stopping();
    let mut beats = interval(BEAT);
    beats.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut feed: Option<Feed> = None;
    let mut number = 0;
    loop {
        tokio::select! {
            _ = stopping.wait_for(|stopping| *stopping) => return,
            _ = beats.tick() => {}
        }
        if hub.is_silent() {
            feed = None;
            tokio::select! {
                _ = stopping.wait_for(|stopping| *stopping) => return,
                () = hub.begun.notified() => {}
            }
        }
        number += 1;
        let mut dirty = Dirty::default();
        match &mut feed {
            Some(feed) => {
                if drain(feed, &mut dirty).is_err() {
                    return;
                }
            }
            None => {
                dirty.everything = true;
                feed = Some(exchange.views.subscribe());
            }
        }
        hub.beat(&exchange, &dirty, number);
    }
}

/// Takes note of all that waits. Fails at the end of the exchange.
fn drain(feed: &mut Feed, dirty: &mut Dirty) -> Result<(), FeedError> {
    for _ in 0..FEED_COMMANDS_MAX {
        match feed.try_next() {
            Ok(Some(changes)) => dirty.note(&changes),
            Ok(None) => return Ok(()),
            Err(FeedError::Lagged(_)) => dirty.everything = true,
            Err(FeedError::Closed) => return Err(FeedError::Closed),
        }
    }
    Ok(())
}
