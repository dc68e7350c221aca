//! `orderbook-rs`: fills are told to a listener, without which nothing could be checked.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use engine_flow::Step;
use orderbook_rs::{Id, OrderBook, Side, TimeInForce, TradeResult};

use crate::{Peer, Traded};

/// Its orders bear our numbers.
pub struct Book {
    book: OrderBook<()>,
    traded: Arc<[AtomicU64; 2]>,
}

impl Book {
    fn place(&self, number: u64, way: model::Side, price: u64, qty: u32, force: TimeInForce) {
        let side = match way {
            model::Side::Buy => Side::Buy,
            model::Side::Sell => Side::Sell,
        };
        let (id, price) = (Id::Sequential(number), u128::from(price));
        // An immediate order that is cancelled in part is told as an error: the fills are checked.
        let _ = self.book.add_limit_order(id, price, qty.into(), side, force, None);
    }
}

impl Peer for Book {
    fn new() -> Self {
        let traded = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
        let told = Arc::clone(&traded);
        let listener = Arc::new(move |result: &TradeResult| {
            let trades = result.match_result.trades().as_vec();
            let filled: u64 = trades.iter().map(|trade| trade.quantity().as_u64()).sum();
            told[0].fetch_add(trades.len() as u64, Ordering::Relaxed);
            told[1].fetch_add(filled, Ordering::Relaxed);
        });
        Self { book: OrderBook::with_trade_listener("BTCUSDT", listener), traded }
    }

    fn step(&mut self, number: u64, step: &Step) {
        match *step {
            Step::Add { user: _, side, price, qty } => {
                self.place(number, side, price, qty, TimeInForce::Gtc);
            }
            Step::Ioc { user: _, side, price, qty } => {
                self.place(number, side, price, qty, TimeInForce::Ioc);
            }
            Step::Cancel { user: _, number } => {
                self.book.cancel_order(Id::Sequential(number)).expect("a live order");
            }
        }
    }

    fn traded(&self) -> Traded {
        let [fills, filled] = [0, 1].map(|at: usize| self.traded[at].load(Ordering::Relaxed));
        Traded { fills: Some(fills), filled }
    }
}
