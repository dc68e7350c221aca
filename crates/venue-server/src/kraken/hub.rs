//! Who listens to what, and what they are told as it happens.
//!
//! Keeps   each message is written once, however many listen; whoever does not read is ended, and
//!         nobody waits for them. What nobody listens to is not written at all.

use std::collections::hash_map::Entry;
use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{AssetCode, Decimal, Time, UserId};
use projection::FeedError;
use venue::instant::text as rfc3339;
use venue::kraken::{DecimalNumber, Refusal, WalletBalance};
use venue::port::{Balance, Pair};

use super::book_topic::BookTopic;
use super::order_report::executions;
use super::telling::{ohlc_update, ticker_message, trades_message};
use super::told::{Outbox, OwnChannel, Told};
use super::{Door, stopped};
use crate::desk::{Desk, DeskChange, DeskChanges, DeskTrade, MarketFacts, total_of};

/// Commands whose changes are told together.
const BATCH_MAX: usize = 256;

/// What can be listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Topic {
    /// A book of so many levels.
    Book(Pair, u32),
    /// Trades.
    Trades(Pair),
    /// A ticker at each trade, or at each change of the best.
    Ticker(Pair, Trigger),
    /// Candles of so many minutes.
    Ohlc(Pair, u32),
    /// Assets and markets.
    Instruments,
    /// An account.
    Own(UserId, OwnChannel),
}

impl Topic {
    /// Whether it is an account's channel of that name.
    pub fn is_own(self, name: &str) -> bool {
        matches!(self, Self::Own(_, channel) if channel.name() == name)
    }
}

/// At what a ticker is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // Each is its own name.
pub enum Trigger {
    Trades,
    Best,
}

/// A listener's number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ListenerId(u64);

/// Everybody who listens.
#[derive(Debug, Default)]
pub struct Hub {
    inner: Mutex<Inner>,
    ids: AtomicU64,
}

#[derive(Debug, Default)]
struct Inner {
    listeners: HashMap<Topic, Vec<(ListenerId, Arc<Outbox>)>>,
    books: HashMap<(Pair, u32), BookTopic>,
    /// What accounts had when it was told last.
    totals: HashMap<(UserId, AssetCode), Decimal>,
}

/// What changed in a few commands.
#[derive(Default)]
struct Changed {
    books: BTreeSet<Pair>,
    tops: BTreeSet<Pair>,
    trades: Vec<DeskTrade>,
    own: Vec<(Time, DeskChange)>,
    are_markets: bool,
    /// Whether something is missing in between.
    is_all: bool,
}

impl Changed {
    fn add(&mut self, told: DeskChanges) {
        for change in told.changes {
            match change {
                DeskChange::Trade(trade) => self.trades.push(trade),
                DeskChange::Book { pair, .. } => {
                    self.books.insert(pair);
                }
                DeskChange::Top { pair, .. } => {
                    self.tops.insert(pair);
                }
                DeskChange::Order { .. } | DeskChange::Balances { .. } => {
                    self.own.push((told.time, change));
                }
                DeskChange::Market(_) => self.are_markets = true,
            }
        }
    }
}

/// Tells whoever listens what happens, until the door is stopped or the exchange ends.
pub fn feed(door: Arc<Door>) -> impl Future<Output = ()> + Send + use<> {
    // Before it is polled first: what happens from now on is told.
    let mut feed = door.desk.events(door.keys.users());
    let mut stop = door.stopping();
    async move {
        loop {
            let mut changed = Changed::default();
            tokio::select! {
                told = feed.next() => match told {
                    Ok(told) => changed.add(told),
                    Err(FeedError::Lagged(_)) => changed.is_all = true,
                    Err(FeedError::Closed) => return,
                },
                () = stopped(&mut stop) => return,
            }
            for _ in 1..BATCH_MAX {
                match feed.try_next() {
                    Ok(Some(told)) => changed.add(told),
                    Ok(None) => break,
                    Err(FeedError::Lagged(_)) => changed.is_all = true,
                    Err(FeedError::Closed) => return,
                }
            }
            door.hub.tell(&door.desk, &changed);
        }
    }
}

impl Hub {
    /// A number for a new connection.
    pub fn enter(&self) -> ListenerId {
        ListenerId(self.ids.fetch_add(1, Ordering::Relaxed))
    }

    /// How many connections there were.
    pub fn entered(&self) -> u64 {
        self.ids.load(Ordering::Relaxed)
    }

    /// Lets a connection listen from now on, after what `first` says is there already; `false`
    /// where it does so already.
    pub fn listen(
        &self,
        id: ListenerId,
        outbox: &Arc<Outbox>,
        topic: Topic,
        first: impl FnOnce() -> Vec<Told>,
    ) -> bool {
        let mut inner = self.lock();
        let listeners = inner.listeners.entry(topic).or_default();
        if listeners.iter().any(|(known, _)| *known == id) {
            return false;
        }
        // Under the lock: what changes meanwhile is told behind it.
        first().into_iter().for_each(|told| outbox.push(told));
        listeners.push((id, Arc::clone(outbox)));
        true
    }

    /// As [`Self::listen`], to a book.
    ///
    /// # Errors
    /// [`Refusal::UnknownPair`].
    pub fn listen_to_book(
        &self,
        (id, outbox): (ListenerId, &Arc<Outbox>),
        (desk, facts): (&Desk, &MarketFacts),
        depth: u32,
        (reply, with_snapshot): (Told, bool),
    ) -> Result<bool, Refusal> {
        let mut inner = self.lock();
        let inner = &mut *inner;
        let key = (facts.pair, depth);
        let listeners = inner.listeners.entry(Topic::Book(facts.pair, depth)).or_default();
        if listeners.iter().any(|(known, _)| *known == id) {
            return Ok(false);
        }
        let levels = usize::try_from(depth).unwrap_or_default();
        let book = match inner.books.entry(key) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let book = BookTopic::new(desk, facts, levels).ok_or(Refusal::UnknownPair)?;
                place.insert(book)
            }
        };
        outbox.push(reply);
        if with_snapshot && let Some(text) = book.snapshot() {
            outbox.push(Told::Market(text.into()));
        }
        listeners.push((id, Arc::clone(outbox)));
        Ok(true)
    }

    /// Lets a connection listen no more; `false` where it did not.
    pub fn leave(&self, id: ListenerId, topic: Topic) -> bool {
        let mut inner = self.lock();
        let Some(listeners) = inner.listeners.get_mut(&topic) else { return false };
        let before = listeners.len();
        listeners.retain(|(known, _)| *known != id);
        let did = listeners.len() < before;
        if listeners.is_empty() {
            inner.listeners.remove(&topic);
            if let Topic::Book(pair, depth) = topic {
                inner.books.remove(&(pair, depth));
            }
        }
        did
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn tell(&self, desk: &Desk, changed: &Changed) {
        let mut inner = self.lock();
        if changed.is_all {
            inner.end_owners();
        }
        inner.tell_trades(desk, changed);
        inner.tell_books(desk, changed);
        inner.tell_tickers(desk, changed);
        inner.tell_own(changed);
        if changed.are_markets
            && inner.listeners.contains_key(&Topic::Instruments)
            && let Some(text) = super::telling::instruments(desk, "update")
        {
            inner.push(Topic::Instruments, &Told::Market(text.into()));
        }
    }
}

impl Inner {
    fn push(&self, topic: Topic, told: &Told) {
        for (_, outbox) in self.listeners.get(&topic).into_iter().flatten() {
            outbox.push(told.clone());
        }
    }

    /// What was told of accounts is missing something: they have to begin anew.
    fn end_owners(&self) {
        for (topic, listeners) in &self.listeners {
            if let Topic::Own(..) | Topic::Trades(_) = topic {
                listeners.iter().for_each(|(_, outbox)| outbox.overflow());
            }
        }
    }

    fn tell_books(&mut self, desk: &Desk, changed: &Changed) {
        let mut told = Vec::new();
        for ((pair, depth), book) in &mut self.books {
            if (changed.is_all || changed.books.contains(pair))
                && let Some(text) = book.update(desk)
            {
                told.push((Topic::Book(*pair, *depth), Told::Market(text.into())));
            }
        }
        told.iter().for_each(|(topic, told)| self.push(*topic, told));
    }

    fn tell_trades(&self, desk: &Desk, changed: &Changed) {
        let pairs: BTreeSet<Pair> = changed.trades.iter().map(|trade| trade.pair).collect();
        for pair in pairs {
            if self.listeners.contains_key(&Topic::Trades(pair)) {
                let here = changed.trades.iter().filter(|trade| trade.pair == pair);
                let here: Vec<DeskTrade> = here.copied().collect();
                if let Some(text) = trades_message("update", &here) {
                    self.push(Topic::Trades(pair), &Told::Market(text.into()));
                }
            }
        }
        let traded = |pair: &Pair| changed.trades.iter().any(|trade| trade.pair == *pair);
        for topic in self.listeners.keys() {
            if let Topic::Ohlc(pair, minutes) = topic
                && (changed.is_all || traded(pair))
                && let Some(text) = ohlc_update(desk, *pair, *minutes)
            {
                self.push(*topic, &Told::Market(text.into()));
            }
        }
    }

    fn tell_tickers(&self, desk: &Desk, changed: &Changed) {
        for topic in self.listeners.keys() {
            let Topic::Ticker(pair, trigger) = topic else { continue };
            let is_due = changed.is_all
                || match trigger {
                    Trigger::Trades => changed.trades.iter().any(|trade| trade.pair == *pair),
                    Trigger::Best => changed.tops.contains(pair),
                };
            if is_due && let Some(text) = ticker_message(desk, *pair, "update") {
                self.push(*topic, &Told::Market(text.into()));
            }
        }
    }

    fn tell_own(&mut self, changed: &Changed) {
        for (time, change) in &changed.own {
            match change {
                DeskChange::Order { user, order, cause } => {
                    // Each by itself: clients look at the first to see what they are told.
                    for told in executions(user, order, cause, *time) {
                        self.push_own(*user, OwnChannel::Executions, &[told]);
                    }
                }
                DeskChange::Balances { user, changed } => {
                    let told: Vec<WalletBalance<'static>> = changed
                        .iter()
                        .filter_map(|balance| self.moved(*user, balance, *time))
                        .collect();
                    if !told.is_empty() {
                        self.push_own(*user, OwnChannel::Balances, &told);
                    }
                }
                DeskChange::Trade(_)
                | DeskChange::Book { .. }
                | DeskChange::Top { .. }
                | DeskChange::Market(_) => {}
            }
        }
    }

    fn push_own<T: serde::Serialize>(&self, user: UserId, channel: OwnChannel, told: &[T]) {
        let topic = Topic::Own(user, channel);
        if self.listeners.contains_key(&topic)
            && let Ok(json) = serde_json::to_string(told)
        {
            self.push(topic, &Told::Own { channel, is_snapshot: false, data: json.into() });
        }
    }

    /// What moved: what was only reserved has not.
    fn moved(
        &mut self,
        user: UserId,
        balance: &Balance,
        time: Time,
    ) -> Option<WalletBalance<'static>> {
        let all = total_of(balance);
        let before = self.totals.insert((user, balance.asset), all);
        let amount = all.checked_sub(before?)?;
        if amount.is_zero() {
            return None;
        }
        Some(WalletBalance {
            timestamp: Some(rfc3339(time).into()),
            kind: Some("trade".into()),
            asset: balance.asset.to_string().into(),
            asset_class: "currency".into(),
            category: Some("trade".into()),
            wallet_type: Some("spot".into()),
            wallet_id: Some("main".into()),
            amount: Some(DecimalNumber(amount.trimmed())),
            balance: DecimalNumber(all.trimmed()),
            ..WalletBalance::default()
        })
    }
}

impl Hub {
    /// Remembers what an account has, to tell from then on what moves.
    pub fn remember(&self, user: UserId, balances: &[Balance]) {
        let mut inner = self.lock();
        for balance in balances {
            let all = total_of(balance);
            inner.totals.entry((user, balance.asset)).or_insert(all);
        }
    }
}
