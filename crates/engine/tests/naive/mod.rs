//! The exchange a second time: the definition, executable.
//!
//! Written from `docs/rules.md` alone, as simple as it goes: open orders are one map that is
//! scanned, a level is found by filtering, what is held is added up from the open orders whenever
//! somebody asks. Slow on purpose; the fast engine must tell the same story.

mod check;
mod configure;
mod ledger;
mod matching;
mod order;
mod request;
mod time;
mod trigger;

use std::collections::{BTreeMap, BTreeSet};

use engine::{Asset, Command, Event, HOUSE, MarketSpec, MarketState, OUTSIDE, Stamped};
use model::{AccountId, AssetId, ListId, MarketId, OrderId, Price, Side, Time, UserId};

use ledger::Balances;
pub use order::Order;
use order::{List, Phase};

/// A market: what was listed, and what happened there.
#[derive(Clone, Debug)]
pub struct Market {
    pub spec: MarketSpec,
    pub state: MarketState,
    /// Quote units for one lot at one tick.
    unit: i128,
    last_trade: u64,
    last_prevention: u64,
    /// Of the last trade, in ticks.
    last_price: Option<i128>,
    /// All trades ever: minute, price in ticks, quantity in lots.
    trades: Vec<(u64, i128, i128)>,
    /// The reference told last.
    told: Option<Price>,
}

/// The exchange.
#[derive(Clone, Debug)]
pub struct Exchange {
    time: Time,
    /// By account; nobody is behind the first two.
    users: Vec<Option<UserId>>,
    tiers: Vec<u8>,
    pub assets: Vec<Asset>,
    pub markets: Vec<Market>,
    /// What each account owns, free or held.
    totals: BTreeMap<(AccountId, AssetId), i128>,
    references: BTreeSet<u128>,
    pub orders: BTreeMap<OrderId, Order>,
    pub lists: BTreeMap<ListId, List>,
    last_order: u64,
    last_list: u64,
    /// Grows with each order that joins the back of a queue.
    last_place: u64,
    events: Vec<Event>,
    step: Step,
}

/// What a step found, and which levels it touched, in order.
#[derive(Clone, Debug, Default)]
struct Step {
    before: BTreeMap<Level, i128>,
    touched: Vec<Level>,
}

type Level = (MarketId, Side, i128);

impl Exchange {
    pub fn new() -> Self {
        Self {
            time: Time(0),
            users: vec![None, None],
            tiers: vec![0, 0],
            assets: vec![],
            markets: vec![],
            totals: BTreeMap::new(),
            references: BTreeSet::new(),
            orders: BTreeMap::new(),
            lists: BTreeMap::new(),
            last_order: 0,
            last_list: 0,
            last_place: 0,
            events: vec![],
            step: Step::default(),
        }
    }

    /// Applies one command; what happened is the answer.
    pub fn apply(&mut self, input: &Stamped) -> Vec<Event> {
        let before = self.balances();
        self.pass_time(input.time);
        self.command(&input.command);
        let after = self.balances();
        self.tell_balances(&before, &after);
        self.assert_sound(&after);
        std::mem::take(&mut self.events)
    }

    fn command(&mut self, command: &Command) {
        match command {
            Command::OpenAccount { user } => self.open_account(*user),
            Command::SetTier { account, tier } => self.set_tier(*account, *tier),
            Command::ListAsset(asset) => self.list_asset(asset),
            Command::ListMarket(spec) => self.list_market(spec),
            Command::SetMarketState { market, state } => self.set_market_state(*market, *state),
            Command::SetFilters { market, filters } => self.set_filters(*market, filters),
            Command::SetFees { market, fees } => self.set_fees(*market, fees),
            Command::Adjust { account, asset, amount, reference } => {
                self.adjust(*account, *asset, *amount, *reference);
            }
            Command::Place(new) => self.place(new),
            Command::PlaceList(list) => self.place_list(list),
            Command::Cancel { account, market, order, only } => {
                self.cancel(*account, *market, *order, *only);
            }
            Command::CancelList { account, market, list } => {
                self.cancel_list(*account, *market, *list);
            }
            Command::CancelAll { account, market } => self.cancel_all(*account, *market),
            Command::Amend { account, market, order, qty, client_id } => {
                self.amend(*account, *market, *order, *qty, *client_id);
            }
            Command::Replace(replace) => self.replace(replace),
            Command::Clock => {}
        }
    }

    fn say(&mut self, event: Event) {
        self.events.push(event);
    }

    fn customer_exists(&self, account: AccountId) -> bool {
        account != OUTSIDE && account != HOUSE && self.account_exists(account)
    }

    fn account_exists(&self, account: AccountId) -> bool {
        (account.0 as usize) < self.users.len()
    }

    fn market(&self, market: MarketId) -> &Market {
        &self.markets[usize::from(market.0)]
    }

    fn market_mut(&mut self, market: MarketId) -> &mut Market {
        &mut self.markets[usize::from(market.0)]
    }

    /// Runs `act` as one step: afterwards, what changed on the levels it touched is told.
    fn in_step(&mut self, act: impl FnOnce(&mut Self)) {
        self.step = Step { before: self.levels(), touched: vec![] };
        act(self);
        let Step { before, touched } = std::mem::take(&mut self.step);
        let after = self.levels();
        for level in touched {
            let (was, is) = (before.get(&level), after.get(&level));
            if was != is {
                let (market, side, price) = level;
                self.say(Event::Level {
                    market,
                    side,
                    price: order::price(price),
                    qty: order::qty_told(is.copied().unwrap_or(0)),
                });
            }
        }
    }

    fn touch(&mut self, level: Level) {
        if !self.step.touched.contains(&level) {
            self.step.touched.push(level);
        }
    }

    /// What each level shows.
    fn levels(&self) -> BTreeMap<Level, i128> {
        let mut levels = BTreeMap::new();
        for order in self.orders.values().filter(|order| order.in_book()) {
            *levels.entry(order.level()).or_insert(0) += order.shown;
        }
        levels
    }

    fn tell_balances(&mut self, before: &Balances, after: &Balances) {
        for (&(account, asset), &now) in after {
            let was = before.get(&(account, asset)).copied().unwrap_or_default();
            if account != OUTSIDE && was != now {
                let (available, held) = (now.available, now.held);
                self.say(Event::Balance { account, asset, available, held });
            }
        }
    }

    fn assert_sound(&self, balances: &Balances) {
        for (index, asset) in self.assets.iter().enumerate() {
            let sum: i128 = self
                .totals
                .iter()
                .filter(|((_, id), _)| usize::from(id.0) == index)
                .map(|(_, total)| total)
                .sum();
            assert_eq!(sum, 0, "{} does not sum to zero", asset.code);
        }
        for ((account, asset), balance) in balances {
            let customer = *account != OUTSIDE && *account != HOUSE;
            assert!(!customer || 0 <= balance.available, "{account} owes {asset}: {balance:?}");
            assert!(0 <= balance.held, "{account} holds less than nothing of {asset}");
        }
        for order in self.orders.values() {
            assert!(order.phase != Phase::Taking, "a taker is left over: {order:?}");
            assert!(0 < order.remaining, "an empty order is left over: {order:?}");
            let shown = if order.in_book() { 1..=order.remaining } else { 0..=0 };
            assert!(shown.contains(&order.shown), "shows what it has not: {order:?}");
        }
    }
}

impl Market {
    /// Ticks of the last trade.
    pub fn last(&self) -> Option<u64> {
        self.last_price.map(|ticks| order::price(ticks).ticks())
    }
}
