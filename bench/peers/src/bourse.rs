//! `bourse-book`: a simulator's book. Its market orders stand for immediate ones.

use bourse_book::OrderBook;
use bourse_book::types::Side;
use engine_flow::Step;

use crate::{Peer, Traded};

/// Its orders are numbered from 0.
pub struct Book {
    book: OrderBook,
    time: u64,
}

impl Book {
    fn place(&mut self, user: u32, side: model::Side, price: Option<u64>, qty: u32) {
        let side = match side {
            model::Side::Buy => Side::Bid,
            model::Side::Sell => Side::Ask,
        };
        let price = price.map(|price| u32::try_from(price).expect("a small price"));
        self.book.create_and_place_order(side, qty, user, price).expect("a legal order");
    }
}

impl Peer for Book {
    fn new() -> Self {
        Self { book: OrderBook::new(0, 1, true), time: 0 }
    }

    fn step(&mut self, _: u64, step: &Step) {
        self.time += 1;
        self.book.set_time(self.time);
        match *step {
            Step::Add { user, side, price, qty } => self.place(user, side, Some(price), qty),
            Step::Ioc { user, side, price: _, qty } => self.place(user, side, None, qty),
            Step::Cancel { user: _, number } => {
                self.book.cancel_order(usize::try_from(number - 1).expect("few orders"));
            }
        }
    }

    fn traded(&self) -> Traded {
        let filled = self.book.get_trades().iter().map(|trade| u64::from(trade.vol)).sum();
        Traded { fills: Some(self.book.get_trades().len() as u64), filled }
    }
}
