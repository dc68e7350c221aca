//! What changed, for a venue's sockets.
//!
//! Shape   [`DeskFeed`] tells command by command what markets did, and what became of the orders,
//!         fills and balances of the accounts it was opened for.
//! Keeps   changes come in the order in which they happened. A reader that is too slow is told how
//!         many it has lost: then books are to be read anew.

use std::collections::HashMap;
use std::sync::Arc;

use model::{AccountId, Decimal, Side, Time, UserId};
use projection::{Changes, Feed, FeedError, OrderCause, OrderRecord, TradeRecord, Update};
use venue::Level;
use venue::port::{Balance, Pair};

use super::market::{level_of, pair_of, trade_of};
use super::order::{DeskFill, DeskOrderView};
use super::{Desk, DeskTrade, TradeOrders};

/// All that one command changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskChanges {
    /// When.
    pub time: Time,
    /// As it happened; then balances, then books.
    pub changes: Vec<DeskChange>,
}

/// One thing that changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeskChange {
    /// Two orders met.
    Trade(DeskTrade),
    /// Levels of a book are now these; quantity zero where one is gone. One for each book and
    /// command at most.
    Book {
        /// Which.
        pair: Pair,
        /// One more than the change before of this book.
        sequence: u64,
        /// Each once.
        changed: Vec<(Side, Level)>,
    },
    /// The best of both sides is now this.
    Top {
        /// Of which book.
        pair: Pair,
        /// As in [`Self::Book`].
        sequence: u64,
        /// The best price to sell at.
        bid: Option<Level>,
        /// The best price to buy at.
        ask: Option<Level>,
    },
    /// An order changed.
    Order {
        /// Whose.
        user: UserId,
        /// The order after the change.
        order: Box<DeskOrderView>,
        /// What changed it.
        cause: DeskCause,
    },
    /// Balances of an account are now these.
    Balances {
        /// Whose.
        user: UserId,
        /// Those that changed.
        changed: Vec<Balance>,
    },
    /// A market was listed, or its state or rules changed.
    Market(Pair),
}

/// What changed an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeskCause {
    /// It was accepted.
    New,
    /// It was a stop, and woke.
    Triggered,
    /// It traded.
    Filled(Box<DeskFill>),
    /// It asks for something else.
    Amended,
    /// Its owner ended it.
    Canceled,
    /// It ended by its own terms, or by those of who meets oneself.
    Expired,
}

/// A subscription to what changes, from its making on.
#[derive(Debug)]
pub struct DeskFeed {
    desk: Desk,
    feed: Feed,
    users: Vec<UserId>,
    /// Of those users that have one.
    accounts: HashMap<AccountId, UserId>,
}

impl Desk {
    /// What changes from now on in all markets, and of what these users have. Subscribe first,
    /// then read.
    #[must_use]
    pub fn events(&self, mut users: Vec<UserId>) -> DeskFeed {
        // Who has two keys is one.
        users.sort_unstable();
        users.dedup();
        let (desk, feed) = (self.clone(), self.views().subscribe());
        DeskFeed { desk, feed, users, accounts: HashMap::new() }
    }
}

impl DeskFeed {
    /// What the next command changed; it may be nothing that anybody is told. Cancel safe.
    ///
    /// # Errors
    /// [`FeedError::Lagged`] once for each gap, [`FeedError::Closed`] at the end.
    pub async fn next(&mut self) -> Result<DeskChanges, FeedError> {
        let changes = self.feed.next().await?;
        Ok(self.told(&changes))
    }

    /// What the next command changed if there is one already.
    ///
    /// # Errors
    /// As [`Self::next`].
    pub fn try_next(&mut self) -> Result<Option<DeskChanges>, FeedError> {
        Ok(self.feed.try_next()?.map(|changes| self.told(&changes)))
    }

    fn told(&mut self, changes: &Arc<Changes>) -> DeskChanges {
        if self.accounts.len() < self.users.len() {
            // Accounts are opened before anybody can have anything.
            let views = self.desk.views();
            let found = self.users.iter().filter_map(|user| Some((views.account_of(user)?, *user)));
            self.accounts = found.collect();
        }
        let updates = &changes.updates;
        let told = (0..updates.len()).filter_map(|place| self.change(updates, place)).collect();
        DeskChanges { time: changes.time, changes: told }
    }

    fn change(&self, updates: &[Update], place: usize) -> Option<DeskChange> {
        let catalog = self.desk.views().catalog();
        match &updates[place] {
            Update::Trade(trade) => {
                let told = trade_of(catalog.market(trade.market)?, trade);
                let orders = orders_of(trade, &updates[place..]);
                Some(DeskChange::Trade(DeskTrade { orders, ..told }))
            }
            Update::Depth { market, update_id, changed } => {
                let market = catalog.market(*market)?;
                let level =
                    |(side, level): &(Side, projection::Level)| (*side, level_of(market, *level));
                let (pair, sequence) = (pair_of(market), *update_id);
                Some(DeskChange::Book {
                    pair,
                    sequence,
                    changed: changed.iter().map(level).collect(),
                })
            }
            Update::BookTicker { market, book } => {
                let market = catalog.market(*market)?;
                let level = |level| level_of(market, level);
                let (pair, sequence) = (pair_of(market), book.update_id);
                let (bid, ask) = (book.bid.map(level), book.ask.map(level));
                Some(DeskChange::Top { pair, sequence, bid, ask })
            }
            Update::Order { order, cause } => {
                let user = *self.accounts.get(&order.new.account)?;
                if is_followed(order, cause, &updates[place..]) {
                    return None;
                }
                let cause = self.cause(cause, order)?;
                let order = Box::new(self.desk.view(order));
                Some(DeskChange::Order { user, order, cause })
            }
            Update::Balances { account, changed } => {
                let user = *self.accounts.get(account)?;
                let balance = |balance: &projection::Balance| {
                    let asset = catalog.asset(balance.asset)?;
                    let amount = |units| Decimal::new(units, asset.scale).unwrap_or_default();
                    let (free, held) = (amount(balance.available), amount(balance.held));
                    Some(Balance { asset: asset.code, free, held })
                };
                let changed = changed.iter().filter_map(balance).collect();
                Some(DeskChange::Balances { user, changed })
            }
            Update::MarketChanged(market) => {
                Some(DeskChange::Market(pair_of(catalog.market(*market)?)))
            }
            Update::AggregateTrade(_)
            | Update::List(_)
            | Update::Adjusted(_)
            | Update::AveragePrice { .. }
            | Update::AssetListed(_) => None,
        }
    }

    fn cause(&self, cause: &OrderCause, order: &OrderRecord) -> Option<DeskCause> {
        let first = order.first();
        Some(match cause {
            // To its owner it was there before.
            OrderCause::New if first != order.id => DeskCause::Amended,
            OrderCause::New => DeskCause::New,
            OrderCause::Triggered => DeskCause::Triggered,
            OrderCause::Filled(fill) => {
                DeskCause::Filled(Box::new(self.desk.fill_view(fill, first)?))
            }
            OrderCause::Amended { .. } => DeskCause::Amended,
            OrderCause::Canceled(_) | OrderCause::Replaced(_) => DeskCause::Canceled,
            OrderCause::Prevented(_) | OrderCause::Expired => DeskCause::Expired,
        })
    }
}

/// Whether an order ends only to go on under another number: then its owner is told of that.
fn is_followed(order: &OrderRecord, cause: &OrderCause, updates: &[Update]) -> bool {
    matches!(cause, OrderCause::Replaced(_))
        && updates.iter().any(|update| match update {
            Update::Order { order: next, cause: OrderCause::New } => {
                next.id != order.id && next.first() == order.first()
            }
            _ => false,
        })
}

/// Whose orders met: the fills of a trade follow it.
fn orders_of(trade: &TradeRecord, updates: &[Update]) -> Option<TradeOrders> {
    let fill = |update: &Update| match update {
        Update::Order { cause, .. } => {
            cause.fill().filter(|it| (it.market, it.trade) == (trade.market, trade.id)).copied()
        }
        _ => None,
    };
    let (mut taker, mut maker) = (None, None);
    for fill in updates.iter().filter_map(fill) {
        *(if fill.maker { &mut maker } else { &mut taker }) = Some(fill.order);
        if taker.is_some() && maker.is_some() {
            break;
        }
    }
    Some(TradeOrders { taker: taker?, maker: maker? })
}
