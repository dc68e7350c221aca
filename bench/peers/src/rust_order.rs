//! `rust-order-book`: tells how much an order traded, not with whom.

use engine_flow::Step;
use rust_order_book::{OrderBook, OrderBookOptions, Side, TimeInForce};

use crate::{Peer, Traded};

/// Its orders are numbered from 0.
pub struct Book {
    book: OrderBook,
    filled: u64,
}

impl Book {
    fn place(&mut self, way: model::Side, price: u64, qty: u32, force: TimeInForce) {
        let side = match way {
            model::Side::Buy => Side::Buy,
            model::Side::Sell => Side::Sell,
        };
        let report = self.book.limit_raw(side, qty.into(), price, Some(force), None);
        self.filled += report.expect("a legal order").executed_qty.value();
    }
}

impl Peer for Book {
    fn new() -> Self {
        Self { book: OrderBook::new("BTCUSDT", OrderBookOptions::default()), filled: 0 }
    }

    fn step(&mut self, _: u64, step: &Step) {
        match *step {
            Step::Add { user: _, side, price, qty } => {
                self.place(side, price, qty, TimeInForce::GTC);
            }
            Step::Ioc { user: _, side, price, qty } => {
                self.place(side, price, qty, TimeInForce::IOC);
            }
            Step::Cancel { user: _, number } => {
                self.book.cancel_raw(number - 1).expect("a live order");
            }
        }
    }

    fn traded(&self) -> Traded {
        Traded { fills: None, filled: self.filled }
    }
}
