//! What one command does to the views.
//!
//! Keeps   levels and balances change at the end and at once, so that a book with update id N has
//!         exactly what the updates up to N say.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, MutexGuard, RwLock};

use engine::{Command, Event};
use model::{AccountId, AssetId, MarketId, Note, OrderId, Price, Qty, Seq, Side, Time, UserId};

use crate::catalog::Catalog;
use crate::feed::{Attentive, OrderCause, Update};
use crate::market_view::MarketView;
use crate::projection::{Projection, State, write};
use crate::record::{AdjustmentRecord, AggregateTrade, AveragePrice, Balance, Level, OrderRecord};
use crate::rows::Rows;
use crate::views::{Shared, read};

/// One command on its way into the views.
pub(crate) struct Fold<'a> {
    shared: &'a Shared,
    pub(crate) state: &'a mut State,
    pub(crate) command: &'a Command,
    /// What the client said beside it.
    pub(crate) note: Note,
    events: &'a [Event],
    /// The place of the event that is being folded.
    at: usize,
    pub(crate) seq: Seq,
    pub(crate) time: Time,
    replayed: bool,
    /// Whoever begins to listen waits until the command is folded.
    attentive: MutexGuard<'a, Attentive>,
    updates: Vec<Update>,
    pub(crate) rows: Rows,
    /// The taker's matches at one price so far.
    pub(crate) aggregate: Option<(OrderId, AggregateTrade)>,
    levels: BTreeMap<(MarketId, Side, Price), Qty>,
    balances: BTreeMap<(AccountId, AssetId), Balance>,
}

impl<'a> Fold<'a> {
    pub(crate) fn new(
        projection: &'a mut Projection,
        (command, note): (&'a Command, Option<&Note>),
        events: &'a [Event],
        replayed: bool,
    ) -> Self {
        let Projection { shared, state, .. } = projection;
        let attentive = shared.feed.attentive();
        let (seq, time) = (state.seq, state.time);
        Self {
            shared,
            state,
            command,
            note: note.copied().unwrap_or_default(),
            events,
            at: 0,
            seq,
            time,
            replayed,
            attentive,
            updates: Vec::new(),
            rows: Rows::default(),
            aggregate: None,
            levels: BTreeMap::new(),
            balances: BTreeMap::new(),
        }
    }

    pub(crate) fn run(mut self) -> (Vec<Update>, Rows) {
        for (at, event) in self.events.iter().enumerate() {
            self.at = at;
            self.event(event);
        }
        self.end_aggregate();
        self.end_balances();
        self.end_levels();
        (self.updates, self.rows)
    }

    /// The events of this command that are still to come.
    pub(crate) fn coming(&self) -> &[Event] {
        &self.events[self.at + 1..]
    }

    pub(crate) fn tell(&mut self, update: impl FnOnce() -> Update) {
        if !self.replayed && self.attentive.is_to_all() {
            self.updates.push(update());
        }
    }

    pub(crate) fn tell_order(&mut self, order: &Arc<OrderRecord>, cause: OrderCause) {
        let wanted = match cause {
            OrderCause::New => self.attentive.is_to_all(),
            OrderCause::Triggered
            | OrderCause::Filled(_)
            | OrderCause::Prevented(_)
            | OrderCause::Amended { .. }
            | OrderCause::Canceled(_)
            | OrderCause::Replaced(_)
            | OrderCause::Expired => self.attentive.is_to_outcomes(),
        };
        if !self.replayed && wanted {
            self.updates.push(Update::Order { order: Arc::clone(order), cause });
        }
    }

    fn event(&mut self, event: &Event) {
        match event {
            Event::AccountOpened { account, user } => self.open_account(*account, *user),
            Event::TierSet { account, tier } => self.state.account(*account).tier = *tier,
            Event::AssetListed { id, asset } => {
                self.configure(Update::AssetListed(*id), |it| it.list_asset(*id, *asset));
            }
            Event::MarketListed { market, spec } => {
                self.state.make_market(self.shared, *market);
                self.configure(Update::MarketChanged(*market), |it| {
                    it.list_market(*market, (**spec).clone());
                });
            }
            Event::MarketStateSet { market, state } => {
                self.configure(Update::MarketChanged(*market), |it| {
                    it.change_market(*market, |it| it.state = *state);
                });
            }
            Event::FiltersSet { market, filters } => {
                self.configure(Update::MarketChanged(*market), |it| {
                    it.change_market(*market, |it| it.spec.filters = **filters);
                });
            }
            Event::FeesSet { market, fees } => {
                self.configure(Update::MarketChanged(*market), |it| {
                    it.change_market(*market, |it| it.spec.fees.clone_from(fees));
                });
            }
            Event::MarketRefused { .. } | Event::Rejected { .. } => {}
            Event::Adjusted { account, asset, amount, reference } => {
                self.adjusted(AdjustmentRecord {
                    seq: self.seq,
                    account: *account,
                    asset: *asset,
                    amount: *amount,
                    reference: *reference,
                    time: self.time,
                });
            }
            Event::Accepted { order, list, new, trigger_at } => {
                self.accepted(*order, *list, new, *trigger_at);
            }
            Event::Triggered { order, account, market: _ } => self.woke(*account, *order),
            Event::Traded { .. } => self.traded(event),
            Event::Prevented { .. } => self.prevented(event),
            Event::Canceled { order, account, market: _, remaining: _, reason } => {
                self.canceled(*account, *order, *reason);
            }
            Event::Amended { order, account, market, qty, client_id } => {
                self.amended((*account, *market, *order), *qty, *client_id);
            }
            Event::ListChanged { .. } => self.list_changed(event),
            Event::Balance { account, asset, available, held } => {
                let balance = Balance {
                    asset: *asset,
                    available: *available,
                    held: *held,
                    updated: self.time,
                };
                self.balances.insert((*account, *asset), balance);
            }
            Event::Level { market, side, price, qty } => {
                self.levels.insert((*market, *side, *price), *qty);
            }
            Event::Averaged { market, price, at } => self.averaged(*market, *price, *at),
        }
    }
}

/// Set-up.
impl Fold<'_> {
    fn open_account(&mut self, account: AccountId, user: UserId) {
        self.state.make_account(self.shared, account);
        let mut users = write(&self.shared.users);
        users.by_user.insert(user, account);
        let place = account.0 as usize;
        if users.by_account.len() <= place {
            users.by_account.resize(place + 1, None);
        }
        users.by_account[place] = Some(user);
    }

    fn configure(&mut self, update: Update, change: impl FnOnce(&mut Catalog)) {
        change(Arc::make_mut(&mut write(&self.shared.catalog)));
        self.tell(|| update);
    }

    fn adjusted(&mut self, record: AdjustmentRecord) {
        self.state.make_account(self.shared, record.account);
        let records = self.state.bounds.records;
        let mut account = self.state.account(record.account);
        account.adjustments.push(record, records, |it| it.seq.0);
        drop(account);
        self.rows.adjustments.push(record);
        self.tell(|| Update::Adjusted(record));
    }

    fn averaged(&mut self, market: MarketId, price: Price, at: Time) {
        let catalog = Arc::clone(&read(&self.shared.catalog));
        let listed = catalog.market(market).expect("an average is of a listed market");
        let average = AveragePrice { minutes: listed.spec.filters.averages.minutes, price, at };
        self.state.market(market).average = Some(average);
        self.tell(|| Update::AveragePrice { market, average });
    }
}

/// What is counted.
impl Fold<'_> {
    /// An order of this account has traded for the first time.
    pub(crate) fn count_traded(&self, account: AccountId) {
        let place = account.0 as usize;
        let counts = read(&self.shared.orders_traded);
        let Some(count) = counts.get(place) else {
            drop(counts);
            write(&self.shared.orders_traded).resize_with(place + 1, AtomicU32::default);
            return self.count_traded(account);
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// What is said once, at the end of a command.
impl Fold<'_> {
    pub(crate) fn end_aggregate(&mut self) {
        let Some((_, mut aggregate)) = self.aggregate.take() else { return };
        let mut market = self.state.market(aggregate.market);
        aggregate.id = market.next_aggregate_id();
        market.add_aggregate(aggregate, &self.state.bounds);
        drop(market);
        self.rows.aggregates.push(aggregate);
        self.tell(|| Update::AggregateTrade(aggregate));
    }

    fn end_balances(&mut self) {
        let balances = std::mem::take(&mut self.balances);
        let mut rest = balances.into_iter().peekable();
        while let Some(((account, asset), balance)) = rest.next() {
            self.state.make_account(self.shared, account);
            let mut changed = vec![balance];
            let mut view = self.state.account(account);
            view.balances.insert(asset, balance);
            while let Some((_, more)) = rest.next_if(|((owner, _), _)| *owner == account) {
                view.balances.insert(more.asset, more);
                changed.push(more);
            }
            drop(view);
            self.tell(|| Update::Balances { account, changed: changed.into() });
        }
    }

    fn end_levels(&mut self) {
        let levels = std::mem::take(&mut self.levels);
        let mut rest = levels.into_iter().peekable();
        while let Some(((market, side, price), qty)) = rest.next() {
            let mut changed = vec![(side, Level { price, qty })];
            while let Some(((_, side, price), qty)) = rest.next_if(|((it, _, _), _)| *it == market)
            {
                changed.push((side, Level { price, qty }));
            }
            let mut view = self.state.market(market);
            let before = view.book.ticker();
            changed.iter().for_each(|(side, level)| view.book.set(*side, level.price, level.qty));
            view.book.update_id += 1;
            view.book.time = self.time;
            let book = view.book.ticker();
            drop(view);
            let update_id = book.update_id;
            self.tell(|| Update::Depth { market, update_id, changed: changed.into() });
            if (before.bid, before.ask) != (book.bid, book.ask) {
                self.tell(|| Update::BookTicker { market, book });
            }
        }
    }
}

impl State {
    /// Accounts are numbered in the order of opening, but the house's is never opened.
    fn make_account(&mut self, shared: &Shared, account: AccountId) {
        while self.accounts.len() <= account.0 as usize {
            let view = Arc::default();
            write(&shared.accounts).push(Arc::clone(&view));
            self.accounts.push(view);
        }
    }

    fn make_market(&mut self, shared: &Shared, market: MarketId) {
        assert_eq!(usize::from(market.0), self.markets.len(), "markets are listed in order");
        let view = Arc::new(RwLock::new(MarketView::new(market)));
        write(&shared.markets).push(Arc::clone(&view));
        self.markets.push(view);
    }
}
