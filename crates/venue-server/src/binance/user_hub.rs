//! Who listens to which account, and what each is told.
//!
//! Shape   one task reads what changed and hands each account's events to its listeners.
//! Keeps   nobody is told anything once the key by which they listen is good no more; they hear
//!         so within [`CHECKED_EVERY`]. A listener's outbox is bounded; whoever lets it overflow
//!         is dropped and told nothing more. At most [`LISTENERS_MAX`] listen to one account. Where
//!         changes were lost, everybody is dropped: nobody is told a story with a gap.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::{AccountId, Time};
use projection::{Attention, Changes, Feed, FeedError, Views};
use tokio::time::{MissedTickBehavior, interval};
use venue::binance::{ListenKeyExpired, Refusal, StreamTerminated, TimeUnit, UserEvent};

use super::auth::Warrant;
use super::fanout::{Outbox, combine};
use super::stream_shape::Stamp;
use super::user_event;
use crate::exchange::Exchange;

/// How often it is looked whether the keys of all who listen are good still.
const CHECKED_EVERY: Duration = Duration::from_secs(1);
/// Commands whose changes are told before others get their turn, and keys are looked at.
const COMMANDS_MAX: usize = 64;
/// Who listens to one account at once: each is told everything.
const LISTENERS_MAX: usize = 64;

/// All who listen to accounts.
#[derive(Debug, Default)]
pub struct UserHub {
    /// Whose changes are told; they are asked to tell while somebody listens.
    views: Option<Views>,
    accounts: Mutex<HashMap<AccountId, Vec<Listener>>>,
    /// Changed under the lock of `accounts`.
    attention: Mutex<Option<Attention>>,
    listeners: AtomicUsize,
    next: AtomicU64,
}

#[derive(Debug)]
struct Listener {
    id: u64,
    envelope: Envelope,
    outbox: Arc<Outbox>,
    goes_on: Arc<AtomicBool>,
}

impl Listener {
    fn may_go_on(&self, exchange: &Exchange) -> bool {
        match &self.envelope {
            Envelope::Subscription(_, warrant) => warrant.is_good(exchange),
            Envelope::Stream(listen_key, from) => {
                exchange.listen_keys.is_good(listen_key, *from, exchange)
            }
        }
    }

    /// Says that nothing more comes, behind what waits.
    fn end(&self, exchange: &Exchange) {
        self.goes_on.store(false, Ordering::Release);
        let (unit, now) = (self.outbox.unit(), exchange.now());
        let (event, is_stream) = match &self.envelope {
            Envelope::Subscription(..) => (terminated(unit, now), false),
            Envelope::Stream(listen_key, _) => (expired(listen_key, unit, now), true),
        };
        // Where it has overflowed, the connection ends anyway.
        let _ = self.outbox.push(self.envelope.wrap(&event, &self.outbox).into());
        if is_stream {
            self.outbox.finish();
        }
    }
}

/// What is said at the end of a subscription.
#[must_use]
pub fn terminated(unit: TimeUnit, now: Time) -> String {
    let event_time = unit.of(now);
    json(&UserEvent::EventStreamTerminated(StreamTerminated { event_time }))
}

/// What is said at the end of the older stream.
fn expired(listen_key: &str, unit: TimeUnit, now: Time) -> String {
    let event_time = unit.of(now);
    let listen_key = listen_key.into();
    json(&UserEvent::ListenKeyExpired(ListenKeyExpired { event_time, listen_key }))
}

/// In what events travel.
#[derive(Clone, Debug)]
pub enum Envelope {
    /// On the WebSocket API: under the number of their subscription, as long as a key is good.
    Subscription(u32, Warrant),
    /// On a stream, as long as this listen key lives and may be used from there: by themselves, or
    /// under its name where the connection combines streams.
    Stream(String, IpAddr),
}

impl Envelope {
    fn wrap(&self, event: &str, outbox: &Outbox) -> String {
        match self {
            Self::Subscription(number, _) => subscribed(*number, event),
            Self::Stream(name, _) if outbox.is_combined() => combine(name, event),
            Self::Stream(..) => event.to_owned(),
        }
    }
}

/// An event under the number of its subscription: a `SubscriptionEvent`, around JSON that is
/// there already.
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
    goes_on: Arc<AtomicBool>,
}

impl Listening {
    /// Whether it was not ended, its key being good no more.
    #[must_use]
    pub fn goes_on(&self) -> bool {
        self.goes_on.load(Ordering::Acquire)
    }
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
    /// Nobody listens yet to what changes of `views`.
    #[must_use]
    pub fn new(views: Views) -> Self {
        Self { views: Some(views), ..Self::default() }
    }

    /// From now on `outbox` gets what happens to `account`.
    ///
    /// # Errors
    /// [`Refusal::TooManySubscriptions`] where as many listen to it as may.
    pub fn listen(
        self: &Arc<Self>,
        account: AccountId,
        envelope: Envelope,
        outbox: &Arc<Outbox>,
    ) -> Result<Listening, Refusal> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let goes_on = Arc::new(AtomicBool::new(true));
        let (outbox, going_on) = (Arc::clone(outbox), Arc::clone(&goes_on));
        let listener = Listener { id, envelope, outbox, goes_on: going_on };
        let mut accounts = self.lock();
        let listeners = accounts.entry(account).or_default();
        if LISTENERS_MAX <= listeners.len() {
            return Err(Refusal::TooManySubscriptions);
        }
        listeners.push(listener);
        self.count(&accounts);
        Ok(Listening { hub: Arc::clone(self), account, id, goes_on })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<AccountId, Vec<Listener>>> {
        self.accounts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, accounts: &HashMap<AccountId, Vec<Listener>>) {
        let count = accounts.values().map(Vec::len).sum();
        self.listeners.store(count, Ordering::Release);
        let mut attention = self.attention.lock().unwrap_or_else(PoisonError::into_inner);
        if count == 0 {
            *attention = None;
        } else if attention.is_none() {
            *attention = self.views.as_ref().map(Views::attend);
        }
    }

    fn publish(&self, exchange: &Exchange, changes: &Changes) {
        if self.listeners.load(Ordering::Acquire) == 0 {
            return;
        }
        let mut told: Vec<AccountId> = Vec::new();
        let concerned = changes.updates.iter().filter_map(user_event::accounts_of);
        let mut accounts = self.lock();
        for account in concerned {
            if told.contains(&account) {
                continue;
            }
            told.push(account);
            if let Some(listeners) = accounts.get_mut(&account) {
                tell(exchange, changes, account, listeners);
            }
        }
        self.count(&accounts);
    }

    /// Ends those whose key is good no more.
    fn check(&self, exchange: &Exchange) {
        let mut accounts = self.lock();
        accounts.retain(|_, listeners| {
            listeners.retain(|listener| {
                let goes_on = listener.may_go_on(exchange);
                if !goes_on {
                    listener.end(exchange);
                }
                goes_on
            });
            !listeners.is_empty()
        });
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

/// Hands the account's events of a command to its listeners, and forgets those that overflow.
fn tell(exchange: &Exchange, changes: &Changes, account: AccountId, listeners: &mut Vec<Listener>) {
    let (catalog, now) = (exchange.views.catalog(), exchange.now());
    let mut encoded: [Option<Vec<String>>; 2] = [None, None];
    listeners.retain(|listener| {
        if !listener.may_go_on(exchange) {
            listener.end(exchange);
            return false;
        }
        let unit = listener.outbox.unit();
        let slot = &mut encoded[usize::from(unit == TimeUnit::Microsecond)];
        let events = slot.get_or_insert_with(|| {
            let events = user_event::events(changes, account, &catalog, Stamp { unit, now });
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

/// Tells all listeners what happens, until the streams or the exchange stop. What happens from this
/// call on is told, whenever the future is first polled.
pub fn feed_users(exchange: Arc<Exchange>) -> impl Future<Output = ()> + Send {
    let feed = exchange.views.overhear();
    follow(exchange, feed)
}

async fn follow(exchange: Arc<Exchange>, mut feed: Feed) {
    let mut stopping = exchange.streams.stopping();
    let mut checks = interval(CHECKED_EVERY);
    checks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        let mut next = tokio::select! {
            next = feed.next() => next.map(Some),
            _ = checks.tick() => {
                exchange.users.check(&exchange);
                continue;
            }
            _ = stopping.wait_for(|stopping| *stopping) => return,
        };
        // They come many at once.
        for _ in 0..COMMANDS_MAX {
            match next {
                Ok(Some(changes)) => {
                    exchange.users.publish(&exchange, &changes);
                }
                Ok(None) => break,
                Err(FeedError::Lagged(lost)) => {
                    tracing::warn!(lost, "user streams fell behind and are ended");
                    exchange.users.drop_all();
                }
                Err(FeedError::Closed) => {
                    exchange.users.drop_all();
                    return;
                }
            }
            next = feed.try_next();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::super::fanout::Hub;
    use super::*;

    #[test]
    fn so_many_listen_to_one_account_and_no_more() {
        let hub = Arc::new(UserHub::default());
        let outbox = Hub::default().connect(TimeUnit::default(), false);
        let listen = |account, number| {
            let warrant = Warrant::new("name", Ipv4Addr::LOCALHOST.into());
            hub.listen(AccountId(account), Envelope::Subscription(number, warrant), &outbox)
        };
        let mut all: Vec<_> = (0..64).map(|number| listen(2, number).unwrap()).collect();
        assert_eq!(listen(2, 64).err(), Some(Refusal::TooManySubscriptions));
        assert!(listen(3, 64).is_ok(), "another account");
        all.pop();
        assert!(listen(2, 65).is_ok(), "room again");
    }
}
