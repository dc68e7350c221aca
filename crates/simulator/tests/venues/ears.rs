//! Ears for what venues tell, and waiting for it.

use std::sync::Mutex;
use std::time::Duration;

use arbitrage::VenueSink;
use model::Time;
use tokio::sync::Notify;
use venue::port::{
    AccountSink, Balance, BookTold, Fill, Lost, MarketSink, Order, Pair, TopTold, TradeTold,
};

/// Nothing takes that long: a test that waits longer has failed.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until `condition` holds, which is looked at whenever something is told.
pub async fn wait_until(told: &Notify, what: &str, condition: impl Fn() -> bool) {
    let waiting = async {
        while !condition() {
            told.notified().await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    assert!(waited.is_ok(), "in vain: {what}");
}

/// Passes on to a cache what it hears of markets, and says so.
pub struct MarketEar<'a> {
    pub cache: VenueSink<'a>,
    pub told: Notify,
    pub trades: Mutex<Vec<TradeTold>>,
    pub lost: Mutex<Vec<Lost>>,
}

impl<'a> MarketEar<'a> {
    pub fn new(cache: VenueSink<'a>) -> Self {
        let (trades, lost) = (Mutex::default(), Mutex::default());
        Self { cache, told: Notify::new(), trades, lost }
    }

    pub fn has_lost(&self, why: Lost) -> bool {
        self.lost.lock().unwrap().contains(&why)
    }

    pub fn has_lost_nothing(&self) -> bool {
        self.lost.lock().unwrap().is_empty()
    }
}

impl MarketSink for MarketEar<'_> {
    fn book(&self, told: &BookTold<'_>) {
        assert!(!told.book.is_crossed());
        self.cache.book(told);
        self.told.notify_one();
    }

    fn top(&self, told: &TopTold) {
        self.cache.top(told);
        self.told.notify_one();
    }

    fn trade(&self, told: &TradeTold) {
        self.trades.lock().unwrap().push(*told);
        self.told.notify_one();
    }

    fn lost(&self, pair: Pair, why: Lost, at: Time) {
        self.cache.lost(pair, why, at);
        self.lost.lock().unwrap().push(why);
        self.told.notify_one();
    }

    fn heard(&self, at: Time) {
        self.cache.heard(at);
    }
}

/// Keeps what it hears of an account.
#[derive(Default)]
pub struct AccountEar {
    pub told: Notify,
    pub is_listening: Mutex<bool>,
    pub orders: Mutex<Vec<Order>>,
    pub fills: Mutex<Vec<Fill>>,
    pub balances: Mutex<Vec<Balance>>,
}

impl AccountEar {
    /// Waits until the venue tells it what happens.
    pub async fn listens(&self) {
        wait_until(&self.told, "listening", || *self.is_listening.lock().unwrap()).await;
    }

    /// Waits until it hears of such an order.
    pub async fn hears_of_order(&self, what: &str, is_it: impl Fn(&Order) -> bool) {
        wait_until(&self.told, what, || self.orders.lock().unwrap().iter().any(&is_it)).await;
    }
}

impl AccountSink for AccountEar {
    fn listening(&self) {
        *self.is_listening.lock().unwrap() = true;
        self.told.notify_one();
    }

    fn order(&self, order: &Order) {
        self.orders.lock().unwrap().push(order.clone());
        self.told.notify_one();
    }

    fn fill(&self, fill: &Fill) {
        self.fills.lock().unwrap().push(fill.clone());
        self.told.notify_one();
    }

    fn balance(&self, balance: &Balance) {
        self.balances.lock().unwrap().push(*balance);
        self.told.notify_one();
    }

    fn lost(&self) {
        *self.is_listening.lock().unwrap() = false;
        self.told.notify_one();
    }
}
