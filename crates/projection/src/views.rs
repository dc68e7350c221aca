//! The read side: what everybody may ask, from any thread.
//!
//! Keeps   one lock per market and per account, each held for one copy of an answer at most.
//!         An answer about one market or account is of one moment; two answers may be of two.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use engine::{FeeTier, OrderRef};
use model::{
    AccountId, AssetId, ClientOrderId, Interval, ListId, MarketId, OrderId, Price, Seq, Time,
    UserId, UtcOffset,
};

use crate::account_view::AccountView;
use crate::candle::Candle;
use crate::catalog::Catalog;
use crate::feed::{Attention, Feed, Scope, Teller};
use crate::market_view::MarketView;
use crate::page::Page;
use crate::part::{AmendmentsOf, FillsOf, PreventionsOf};
use crate::record::{
    AdjustmentRecord, AggregateTrade, AmendmentRecord, AveragePrice, Balance, BookTicker, Depth,
    FillRecord, ListRecord, OrderRecord, PreventionRecord, TradeRecord,
};
use crate::series::CandlePage;
use crate::ticker::Ticker;

/// The longest rolling window of a ticker.
pub const WINDOW_US_MAX: u64 = 7 * 24 * 3_600 * 1_000_000;

/// The read side. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Views(pub(crate) Arc<Shared>);

/// What the folding thread and the readers share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) seq: AtomicU64,
    pub(crate) time: AtomicU64,
    pub(crate) catalog: RwLock<Arc<Catalog>>,
    pub(crate) markets: RwLock<Vec<Arc<RwLock<MarketView>>>>,
    pub(crate) accounts: RwLock<Vec<Arc<RwLock<AccountView>>>>,
    pub(crate) users: RwLock<Users>,
    /// Of each account, how many orders have traded since the start; wraps around.
    pub(crate) orders_traded: RwLock<Vec<AtomicU32>>,
    pub(crate) feed: Teller,
}

/// Who owns which account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Users {
    pub(crate) by_user: HashMap<UserId, AccountId>,
    pub(crate) by_account: Vec<Option<UserId>>,
}

impl Shared {
    pub(crate) fn new() -> Self {
        Self {
            seq: AtomicU64::new(0),
            time: AtomicU64::new(0),
            catalog: RwLock::default(),
            markets: RwLock::default(),
            accounts: RwLock::default(),
            users: RwLock::default(),
            orders_traded: RwLock::default(),
            feed: Teller::new(),
        }
    }
}

/// Reads through a lock. A folding thread that panicked ends the process, so poison is moot.
pub(crate) fn read<T>(lock: &RwLock<T>) -> RwLockReadGuard<'_, T> {
    lock.read().unwrap_or_else(PoisonError::into_inner)
}

impl Views {
    /// The last command that was folded.
    #[must_use]
    pub fn seq(&self) -> Seq {
        Seq(self.0.seq.load(Ordering::Acquire))
    }

    /// The time of the last command that was folded.
    #[must_use]
    pub fn time(&self) -> Time {
        Time(self.0.time.load(Ordering::Acquire))
    }

    /// Everything that changes from now on. Subscribe first, then read the views, then skip the
    /// batches that the views had already.
    #[must_use]
    pub fn subscribe(&self) -> Feed {
        self.0.feed.subscribe(Some(self.attend()))
    }

    /// What becomes of orders from now on, at least: updates of another kind come as well while
    /// somebody else wants them.
    #[must_use]
    pub fn subscribe_outcomes(&self) -> Feed {
        self.0.feed.subscribe(Some(self.0.feed.attend(Scope::Outcomes)))
    }

    /// As [`Self::subscribe`], for who wants to hear only while somebody pays attention.
    #[must_use]
    pub fn overhear(&self) -> Feed {
        self.0.feed.subscribe(None)
    }

    /// Asks for changes to be told: whatever the views have not, when this returns, is told.
    #[must_use]
    pub fn attend(&self) -> Attention {
        self.0.feed.attend(Scope::Everything)
    }

    /// What is listed.
    #[must_use]
    pub fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(&read(&self.0.catalog))
    }

    /// The account of a user.
    #[must_use]
    pub fn account_of(&self, user: &UserId) -> Option<AccountId> {
        read(&self.0.users).by_user.get(user).copied()
    }

    /// The user of an account; `None` for the house.
    #[must_use]
    pub fn user_of(&self, account: AccountId) -> Option<UserId> {
        read(&self.0.users).by_account.get(account.0 as usize).copied().flatten()
    }

    pub(crate) fn market<T>(
        &self,
        market: MarketId,
        read_it: impl FnOnce(&MarketView) -> T,
    ) -> Option<T> {
        let view = Arc::clone(read(&self.0.markets).get(usize::from(market.0))?);
        let view = read(&view);
        Some(read_it(&view))
    }

    pub(crate) fn account<T>(
        &self,
        account: AccountId,
        read_it: impl FnOnce(&AccountView) -> T,
    ) -> Option<T> {
        let view = Arc::clone(read(&self.0.accounts).get(account.0 as usize)?);
        let view = read(&view);
        Some(read_it(&view))
    }
}

/// Markets. An unknown market gives `None` or nothing.
impl Views {
    /// The best `limit` levels of both sides.
    #[must_use]
    pub fn depth(&self, market: MarketId, limit: usize) -> Option<Depth> {
        self.market(market, |view| view.book.depth(limit))
    }

    /// The best of both sides.
    #[must_use]
    pub fn book_ticker(&self, market: MarketId) -> Option<BookTicker> {
        self.market(market, |view| view.book.ticker())
    }

    /// The last trade.
    #[must_use]
    pub fn last_trade(&self, market: MarketId) -> Option<TradeRecord> {
        self.market(market, |view| view.last_trade)?
    }

    /// The price of the last trade.
    #[must_use]
    pub fn last_price(&self, market: MarketId) -> Option<Price> {
        self.last_trade(market).map(|trade| trade.price)
    }

    /// The average price that filters refer to; the last price until there is an average.
    #[must_use]
    pub fn average_price(&self, market: MarketId) -> Option<AveragePrice> {
        self.market(market, |view| {
            let last = |trade: TradeRecord| AveragePrice {
                minutes: 0,
                price: trade.price,
                at: trade.time,
            };
            view.average.or(view.last_trade.map(last))
        })?
    }

    /// Trades in memory.
    #[must_use]
    pub fn trades(&self, market: MarketId, page: &Page) -> Vec<TradeRecord> {
        self.trades_part(market, page).items
    }

    /// Aggregate trades in memory.
    #[must_use]
    pub fn aggregate_trades(&self, market: MarketId, page: &Page) -> Vec<AggregateTrade> {
        self.aggregates_part(market, page).items
    }

    /// Candles in memory that began within the page's times, up to `now`; gaps are filled.
    #[must_use]
    pub fn candles(
        &self,
        market: MarketId,
        interval: Interval,
        offset: UtcOffset,
        page: &Page,
        now: Time,
    ) -> Vec<Candle> {
        self.candle_page(market, interval, offset, page, now)
            .map(|page| page.candles)
            .unwrap_or_default()
    }

    pub(crate) fn candle_page(
        &self,
        market: MarketId,
        interval: Interval,
        offset: UtcOffset,
        page: &Page,
        now: Time,
    ) -> Option<CandlePage> {
        self.market(market, |view| view.series.page(interval, offset, page, now))
    }

    /// The last `window_us` microseconds, at most [`WINDOW_US_MAX`], exact to the minute.
    #[must_use]
    pub fn ticker(&self, market: MarketId, window_us: u64, now: Time) -> Option<Ticker> {
        let from = Time(now.0.saturating_sub(window_us.min(WINDOW_US_MAX)));
        self.market(market, |view| view.ticker(from, now))
    }

    /// The last 24 hours, exact to the minute.
    #[must_use]
    pub fn ticker_24h(&self, market: MarketId, now: Time) -> Option<Ticker> {
        self.ticker(market, 24 * 3_600 * 1_000_000, now)
    }

    /// Since midnight in a time zone; the window closes with the day.
    #[must_use]
    pub fn ticker_trading_day(
        &self,
        market: MarketId,
        offset: UtcOffset,
        now: Time,
    ) -> Option<Ticker> {
        let from = Interval::Day1.open(now, offset);
        let to = Time(Interval::Day1.next_open(now, offset).0 - 1);
        self.market(market, |view| view.ticker(from, to))
    }
}

/// Accounts. An unknown account has nothing.
impl Views {
    /// All balances that ever were, by asset.
    #[must_use]
    pub fn balances(&self, account: AccountId) -> Vec<Balance> {
        self.account(account, |view| view.balances.values().copied().collect()).unwrap_or_default()
    }

    /// The balance of one asset.
    #[must_use]
    pub fn balance(&self, account: AccountId, asset: AssetId) -> Option<Balance> {
        self.account(account, |view| view.balances.get(&asset).copied())?
    }

    /// How many orders of an account have traded since the start, each counted at its first trade;
    /// wraps around.
    #[must_use]
    pub fn orders_traded(&self, account: AccountId) -> u32 {
        let counts = read(&self.0.orders_traded);
        counts.get(account.0 as usize).map_or(0, |count| count.load(Ordering::Relaxed))
    }

    /// The fee tier.
    #[must_use]
    pub fn fee_tier(&self, account: AccountId) -> u8 {
        self.account(account, |view| view.tier).unwrap_or_default()
    }

    /// The fees of an account in a market, for orders placed now.
    #[must_use]
    pub fn commission(&self, account: AccountId, market: MarketId) -> Option<FeeTier> {
        Some(self.catalog().market(market)?.fees(self.fee_tier(account)))
    }

    /// An order by its number or its name: an open one first, then the one that ended last.
    #[must_use]
    pub fn order(
        &self,
        account: AccountId,
        market: MarketId,
        order: &OrderRef,
    ) -> Option<Arc<OrderRecord>> {
        self.account(account, |view| view.order(market, order).cloned())?
    }

    /// An order by its number, wherever it is.
    #[must_use]
    pub fn order_by_id(&self, account: AccountId, order: OrderId) -> Option<Arc<OrderRecord>> {
        self.account(account, |view| {
            let closed = || view.closed.items.iter().rev().find(|it| it.id == order);
            view.open.get(&order).or_else(closed).cloned()
        })?
    }

    /// How the order stands now that had this number first, wherever it is.
    #[must_use]
    pub fn order_by_first(&self, account: AccountId, first: OrderId) -> Option<Arc<OrderRecord>> {
        self.account(account, |view| {
            let is_of = |it: &&Arc<OrderRecord>| it.first() == first;
            let closed = || view.closed.items.iter().rev().find(is_of);
            view.open.values().rev().find(is_of).or_else(closed).cloned()
        })?
    }

    /// Open orders, by number.
    #[must_use]
    pub fn open_orders(
        &self,
        account: AccountId,
        market: Option<MarketId>,
    ) -> Vec<Arc<OrderRecord>> {
        let here = |order: &&Arc<OrderRecord>| market.is_none_or(|id| order.new.market == id);
        self.account(account, |view| view.open.values().filter(here).cloned().collect())
            .unwrap_or_default()
    }

    /// Orders in memory, open and ended, by number; times are those of creation.
    #[must_use]
    pub fn orders(
        &self,
        account: AccountId,
        market: Option<MarketId>,
        page: &Page,
    ) -> Vec<Arc<OrderRecord>> {
        self.orders_part(account, market, page).items
    }

    /// Fills in memory. The page counts trade ids where a market is given, otherwise
    /// [`FillRecord::number`].
    #[must_use]
    pub fn fills(
        &self,
        account: AccountId,
        market: Option<MarketId>,
        order: Option<OrderId>,
        page: &Page,
    ) -> Vec<FillRecord> {
        self.fills_part(FillsOf { account, market, order }, page).items
    }

    /// A list by its number.
    #[must_use]
    pub fn list(&self, account: AccountId, list: ListId) -> Option<ListRecord> {
        self.account(account, |view| view.list(list).copied())?
    }

    /// A list by its name: an open one first, then the one that ended last.
    #[must_use]
    pub fn list_by_client_id(
        &self,
        account: AccountId,
        client_id: &ClientOrderId,
    ) -> Option<ListRecord> {
        self.account(account, |view| view.list_by_client(client_id).copied())?
    }

    /// Open lists, by number.
    #[must_use]
    pub fn open_lists(&self, account: AccountId) -> Vec<ListRecord> {
        self.account(account, |view| view.open_lists.values().copied().collect())
            .unwrap_or_default()
    }

    /// Lists in memory, open and ended, by number; times are those of creation.
    #[must_use]
    pub fn lists(&self, account: AccountId, page: &Page) -> Vec<ListRecord> {
        self.lists_part(account, page).items
    }

    /// Matches in memory that self-trade prevention stopped in a market.
    #[must_use]
    pub fn preventions(
        &self,
        account: AccountId,
        market: MarketId,
        order: Option<OrderId>,
        page: &Page,
    ) -> Vec<PreventionRecord> {
        self.preventions_part(PreventionsOf { account, market, order }, page).items
    }

    /// Amendments of an order in memory; the page counts [`AmendmentRecord::seq`].
    #[must_use]
    pub fn amendments(
        &self,
        account: AccountId,
        order: OrderId,
        page: &Page,
    ) -> Vec<AmendmentRecord> {
        self.amendments_part(AmendmentsOf { account, order }, page).items
    }

    /// Movements of money in memory; the page counts [`AdjustmentRecord::seq`].
    #[must_use]
    pub fn adjustments(&self, account: AccountId, page: &Page) -> Vec<AdjustmentRecord> {
        self.adjustments_part(account, page).items
    }
}
