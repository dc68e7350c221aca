//! Who listens to which account, and what each is told.
//!
//! Shape   one task reads what changed and hands each account's events to its listeners.
//! Keeps   a listener's outbox is bounded; whoever lets it overflow is dropped and told nothing
//!         more. Where changes were lost, everybody is dropped: nobody is told a story with a gap.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{AccountId, Qty};
use projection::{Batch, Feed, FeedError, OrderCause, Update};
use venue::binance::{TimeUnit, UserEvent};

use super::fanout::Outbox;
use super::user_event::{self, Telling};
use crate::exchange::Exchange;

/// All who listen to accounts.
#[derive(Debug, Default)]
pub struct UserHub {
    accounts: Mutex<HashMap<AccountId, Vec<Listener>>>,
    listeners: AtomicUsize,
    next: AtomicU64,
}

#[derive(Debug)]
struct Listener {
    id: u64,
    envelope: Envelope,
    outbox: Arc<Outbox>,
}

/// In what events travel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Envelope {
    /// On the WebSocket API: under the number of their subscription.
    Subscription(u32),
    /// On a stream: by themselves, or under this name where the connection combines streams.
    Stream(String),
}

impl Envelope {
    fn wrap(&self, event: &str, outbox: &Outbox) -> String {
        match self {
            Self::Subscription(number) => subscribed(*number, event),
            Self::Stream(name) if outbox.is_combined() => {
                format!("{{\"stream\":\"{name}\",\"data\":{event}}}")
            }
            Self::Stream(_) => event.to_owned(),
        }
    }
}

/// An event under the number of its subscription.
#[must_use]
pub fn subscribed(number: u32, event: &str) -> String {
    format!("{{\"subscriptionId\":{number},\"event\":{event}}}")
}

/// One account listened to, until it is dropped.
#[derive(Debug)]
pub struct Listening {
    hub: Arc<UserHub>,
    account: AccountId,
    id: u64,
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut accounts = self.hub.lock();
        if let Some(listeners) = accounts.get_mut(&self.account) {
            listeners.retain(|listener| listener.id != self.id);
            if listeners.is_empty() {
                accounts.remove(&self.account);
            }
        }
        self.hub.count(&accounts);
    }
}

impl UserHub {
    /// From now on `outbox` gets what happens to `account`.
    #[must_use]
    pub fn listen(
        self: &Arc<Self>,
        account: AccountId,
        envelope: Envelope,
        outbox: &Arc<Outbox>,
    ) -> Listening {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let listener = Listener { id, envelope, outbox: Arc::clone(outbox) };
        let mut accounts = self.lock();
        accounts.entry(account).or_default().push(listener);
        self.count(&accounts);
        Listening { hub: Arc::clone(self), account, id }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AccountId, Vec<Listener>>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, accounts: &HashMap<AccountId, Vec<Listener>>) {
        self.listeners.store(accounts.values().map(Vec::len).sum(), Ordering::Release);
    }

    fn publish(&self, exchange: &Exchange, batch: &Batch) {
        if self.listeners.load(Ordering::Acquire) == 0 {
            return;
        }
        let mut told: Vec<AccountId> = Vec::new();
        let concerned = batch.updates.iter().filter_map(user_event::accounts_of);
        let mut accounts = self.lock();
        for account in concerned {
            if told.contains(&account) {
                continue;
            }
            told.push(account);
            if let Some(listeners) = accounts.get_mut(&account) {
                tell(exchange, batch, account, listeners);
            }
        }
        self.count(&accounts);
    }

    /// Nobody is told anything more: there is a gap.
    fn drop_all(&self) {
        let mut accounts = self.lock();
        for listener in accounts.drain().flat_map(|(_, listeners)| listeners) {
            listener.outbox.drop_now();
        }
        self.count(&accounts);
    }
}

/// Hands the account's events of a batch to its listeners, and forgets those that overflow.
fn tell(exchange: &Exchange, batch: &Batch, account: AccountId, listeners: &mut Vec<Listener>) {
    let (catalog, now) = (exchange.views.catalog(), exchange.now());
    let mut encoded: [Option<Vec<String>>; 2] = [None, None];
    listeners.retain(|listener| {
        let unit = listener.outbox.unit();
        let slot = &mut encoded[usize::from(unit == TimeUnit::Microsecond)];
        let events = slot.get_or_insert_with(|| {
            let events = user_event::events(batch, account, &catalog, Telling { unit, now });
            events.iter().map(json).collect()
        });
        events.iter().all(|event| {
            let outbox = &listener.outbox;
            outbox.push(listener.envelope.wrap(event, outbox).into()).is_ok()
        })
    });
}

/// An event as JSON.
#[must_use]
pub fn json(event: &UserEvent<'_>) -> String {
    serde_json::to_string(event).expect("an event is JSON")
}

/// Tells all listeners what happens, and takes note of orders that trade for the first time, until
/// the streams or the exchange stop. What happens from this call on is told, whenever the future is
/// first polled.
pub fn feed_users(exchange: Arc<Exchange>) -> impl Future<Output = ()> + Send {
    let feed = exchange.views.subscribe();
    follow(exchange, feed)
}

async fn follow(exchange: Arc<Exchange>, mut feed: Feed) {
    let mut stopping = exchange.streams.stopping();
    loop {
        let next = tokio::select! {
            next = feed.next() => next,
            _ = stopping.wait_for(|stopping| *stopping) => return,
        };
        match next {
            Ok(batch) => {
                note_fills(&exchange, &batch);
                exchange.users.publish(&exchange, &batch);
            }
            Err(FeedError::Lagged(lost)) => {
                tracing::warn!(lost, "user streams fell behind and are ended");
                exchange.users.drop_all();
            }
            Err(FeedError::Closed) => {
                exchange.users.drop_all();
                return;
            }
        }
    }
}

/// An order that trades for the first time no longer counts as unfilled.
fn note_fills(exchange: &Exchange, batch: &Batch) {
    for update in &batch.updates {
        if let Update::Order { order, cause: OrderCause::Filled(fill) } = update
            && is_first(order.filled, fill.qty)
        {
            exchange.orders.filled(order.new.account, batch.time);
        }
    }
}

fn is_first(filled: Qty, last: Qty) -> bool {
    filled == last
}
