//! `lobster`: its market orders stand for immediate ones.

use engine_flow::Step;
use lobster::{OrderBook, OrderEvent, OrderType, Side};

use crate::{Peer, Traded};

/// Counts what the events tell.
pub struct Book {
    book: OrderBook,
    fills: u64,
    filled: u64,
}

const fn side(side: model::Side) -> Side {
    match side {
        model::Side::Buy => Side::Bid,
        model::Side::Sell => Side::Ask,
    }
}

impl Peer for Book {
    fn new() -> Self {
        Self { book: OrderBook::new(200_000, 10, false), fills: 0, filled: 0 }
    }

    fn step(&mut self, number: u64, step: &Step) {
        let id = u128::from(number);
        let order = match *step {
            Step::Add { user: _, side: way, price, qty } => {
                OrderType::Limit { id, side: side(way), qty: qty.into(), price }
            }
            Step::Ioc { user: _, side: way, price: _, qty } => {
                OrderType::Market { id, side: side(way), qty: qty.into() }
            }
            Step::Cancel { user: _, number } => OrderType::Cancel { id: number.into() },
        };
        match self.book.execute(order) {
            OrderEvent::Filled { id: _, filled_qty, fills }
            | OrderEvent::PartiallyFilled { id: _, filled_qty, fills } => {
                self.fills += fills.len() as u64;
                self.filled += filled_qty;
            }
            OrderEvent::Unfilled { .. }
            | OrderEvent::Placed { .. }
            | OrderEvent::Canceled { .. } => {}
        }
    }

    fn traded(&self) -> Traded {
        Traded { fills: Some(self.fills), filled: self.filled }
    }
}
