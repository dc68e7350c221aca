//! Somebody who knows only what the feed tells, and keeps a book as the market streams advise.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{AccountId, AssetId, MarketId, OrderId, Price, Qty, Seq, Side};
use projection::{Balance, BookTicker, Feed, OrderRecord, Update, Views};

use crate::naive::Exchange;

/// The last update, and the levels.
type Book = (u64, BTreeMap<(Side, Price), Qty>);

pub struct Subscriber {
    feed: Feed,
    seq: Seq,
    books: BTreeMap<MarketId, Book>,
    tickers: BTreeMap<MarketId, BookTicker>,
    orders: BTreeMap<OrderId, Arc<OrderRecord>>,
    balances: BTreeMap<(AccountId, AssetId), Balance>,
}

impl Subscriber {
    pub fn new(views: &Views) -> Self {
        Self {
            feed: views.subscribe(),
            seq: Seq(0),
            books: BTreeMap::new(),
            tickers: BTreeMap::new(),
            orders: BTreeMap::new(),
            balances: BTreeMap::new(),
        }
    }

    pub fn subscribe(&mut self, views: &Views) {
        self.feed = views.subscribe();
    }

    pub fn read(&mut self) {
        while let Ok(Some(changes)) = self.feed.try_next() {
            assert!(self.seq < changes.seq, "changes come in order");
            self.seq = changes.seq;
            changes.updates.iter().for_each(|update| self.apply(update));
        }
    }

    fn apply(&mut self, update: &Update) {
        match update {
            Update::Order { order, .. } => {
                self.orders.insert(order.id, Arc::clone(order));
            }
            Update::Balances { account, changed } => {
                for balance in changed {
                    self.balances.insert((*account, balance.asset), *balance);
                }
            }
            Update::Depth { market, update_id, changed } => {
                let (last, book) = self.books.entry(*market).or_default();
                assert_eq!(*update_id, *last + 1, "no update of a book is missing");
                *last = *update_id;
                for (side, level) in changed {
                    if level.qty.is_zero() {
                        book.remove(&(*side, level.price));
                    } else {
                        book.insert((*side, level.price), level.qty);
                    }
                }
            }
            Update::BookTicker { market, book } => {
                self.tickers.insert(*market, *book);
            }
            Update::Trade(_)
            | Update::AggregateTrade(_)
            | Update::List(_)
            | Update::Adjusted(_)
            | Update::AveragePrice { .. }
            | Update::MarketChanged(_)
            | Update::AssetListed(_) => {}
        }
    }

    pub fn check(&self, views: &Views, exchange: &Exchange) {
        for (market, (update_id, book)) in &self.books {
            let depth = views.depth(*market, 5_000).unwrap();
            assert_eq!(depth.update_id, *update_id);
            let bids = depth.bids.iter().map(|level| ((Side::Buy, level.price), level.qty));
            let asks = depth.asks.iter().map(|level| ((Side::Sell, level.price), level.qty));
            assert_eq!(&bids.chain(asks).collect::<BTreeMap<_, _>>(), book);
        }
        for (market, ticker) in &self.tickers {
            let now = views.book_ticker(*market).unwrap();
            assert_eq!((ticker.bid, ticker.ask), (now.bid, now.ask));
        }
        for order in self.orders.values() {
            assert_eq!(views.order_by_id(order.new.account, order.id).as_ref(), Some(order));
        }
        assert!(exchange.orders.keys().all(|order| self.orders.contains_key(order)));
        for ((account, asset), balance) in &self.balances {
            assert_eq!(views.balance(*account, *asset), Some(*balance));
        }
    }
}
