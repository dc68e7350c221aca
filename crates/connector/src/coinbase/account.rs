//! An account at Coinbase: its orders and its money.
//!
//! Keeps   a name is looked for among the latest orders, since the venue finds none by its name:
//!         [`PAGES_MAX`] pages of them at most.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use model::Time;
use venue::coinbase::{
    AHEAD_SECONDS_MAX, Account, Accounts, CancelReply, Fills, KeyPermissions, OneOrder, OrderList,
    PlaceReply, Placed, TOKEN_SECONDS, TransactionSummary, cancel_body, is_order_id, not_canceled,
    not_placed, order_body, reading, symbol_of,
};
use venue::plain_text;
use venue::port::{
    AccountSink, Asked, Balance, Fees, Fill, NewOrder, Order, OrderName, OrderState, Pair,
    Permissions, Rejection, Terms, TradingAccount, Transfer, Venue, VenueError,
};

use super::ask::{Question, nonsense, parse};
use super::{CoinbaseCredentials, Shared};
use crate::budget::{Budget, Purpose};
use crate::unsettled::Unsettled;

/// Fills in one answer.
const FILLS_MAX: u32 = 1_000;
/// Orders on one page.
const PAGE: u32 = 250;
/// Pages that are looked through.
const PAGES_MAX: usize = 8;

/// For how long an order may still be let in: as long as its token is good, and what two clocks may
/// differ by.
const ARRIVES_WITHIN: Duration = Duration::from_secs(TOKEN_SECONDS + AHEAD_SECONDS_MAX);

/// One key at one Coinbase.
#[derive(Debug)]
pub struct CoinbaseAccount {
    pub shared: Arc<Shared>,
    pub credentials: CoinbaseCredentials,
    /// What may still be asked with the key.
    pub budget: Budget,
    /// Orders that were placed without an answer, and may still arrive.
    pub unsettled: Unsettled,
}

impl TradingAccount for CoinbaseAccount {
    fn venue(&self) -> Venue {
        Venue::Coinbase
    }

    fn permissions(&self) -> Asked<'_, Permissions> {
        Box::pin(async {
            let answer = self.ask("/key_permissions", "", Purpose::Look).await?;
            let told: KeyPermissions<'_> = parse(&answer)?;
            Ok(reading::permissions(&told))
        })
    }

    fn balances(&self) -> Asked<'_, Vec<Balance>> {
        Box::pin(async {
            let is_something = |it: &Balance| !it.free.is_zero() || !it.held.is_zero();
            let mut balances = self.all_balances().await?;
            balances.retain(is_something);
            Ok(balances)
        })
    }

    fn fees(&self, _pair: Pair) -> Asked<'_, Fees> {
        Box::pin(async {
            let answer =
                self.ask("/transaction_summary", "product_type=SPOT", Purpose::Look).await?;
            let told: TransactionSummary<'_> = parse(&answer)?;
            reading::fees(&told.fee_tier).map_err(nonsense)
        })
    }

    fn place<'a>(&'a self, order: &'a NewOrder) -> Asked<'a, Order> {
        Box::pin(async {
            let arrives = (|| self.shared.rest.clock.theirs(), ARRIVES_WITHIN);
            let placing = self.unsettled.watch(order.client_id, arrives, self.place_once(order));
            let placed = placing.await?;
            match self.found(order.pair, &placed.id, Purpose::Settle).await {
                Ok(Some(found)) => Ok(found),
                // It stands, whatever became of the question how.
                Ok(None) | Err(_) => Ok(placed),
            }
        })
    }

    fn cancel<'a>(&'a self, pair: Pair, name: &'a OrderName) -> Asked<'a, Order> {
        Box::pin(async move {
            let id = match name {
                OrderName::Venue(id) if is_order_id(id) => id.clone(),
                OrderName::Venue(_) => return Err(no_such_order()),
                OrderName::Client(_) => self.order(pair, name).await?.ok_or_else(no_such_order)?.id,
            };
            let answer =
                self.change("/orders/batch_cancel", &cancel_body(&id), Purpose::Cancel).await?;
            let told: CancelReply<'_> = parse(&answer)?;
            let result = told.results.iter().find(|result| result.order_id == id);
            let result = result.ok_or_else(|| nonsense("no result of this order"))?;
            if !result.success {
                return Err(not_canceled(&result.failure_reason));
            }
            let gone = || nonsense("an order that was cancelled is not found");
            self.found(pair, &id, Purpose::Settle).await?.ok_or_else(gone)
        })
    }

    fn order<'a>(&'a self, pair: Pair, name: &'a OrderName) -> Asked<'a, Option<Order>> {
        Box::pin(async move {
            match name {
                OrderName::Venue(id) if is_order_id(id) => {
                    self.found(pair, id, Purpose::Settle).await
                }
                OrderName::Venue(_) => Ok(None),
                OrderName::Client(name) => {
                    let now = self.shared.rest.clock.theirs();
                    let is_it = |order: &Order| order.client_id == name.as_str();
                    let found = self.listed(pair, "", is_it, 1).await?.pop();
                    match self.unsettled.wait(name, now).filter(|_| found.is_none()) {
                        None => Ok(found),
                        Some(after) => {
                            let text = "the order may still arrive".to_owned();
                            Err(VenueError::TryLater { after, text })
                        }
                    }
                }
            }
        })
    }

    fn open_orders(&self, pair: Pair) -> Asked<'_, Vec<Order>> {
        Box::pin(async move {
            let mut orders = self.listed(pair, "&order_status=OPEN", |_| true, usize::MAX).await?;
            orders.reverse();
            Ok(orders)
        })
    }

    fn fills<'a>(&'a self, pair: Pair, order: Option<&'a str>) -> Asked<'a, Vec<Fill>> {
        Box::pin(self.fills_of(pair, order))
    }

    fn deposits(&self, _since: Time) -> Asked<'_, Vec<Transfer>> {
        Box::pin(async { Err(no_transfers()) })
    }

    fn withdrawals(&self, _since: Time) -> Asked<'_, Vec<Transfer>> {
        Box::pin(async { Err(no_transfers()) })
    }

    fn follow<'a>(&'a self, sink: &'a dyn AccountSink) -> Asked<'a, Infallible> {
        Box::pin(self.follow_account(sink))
    }
}

fn no_such_order() -> VenueError {
    VenueError::refused_here(Rejection::UnknownOrder, "the venue gives no such names")
}

/// The venue tells them of each wallet apart, by paths that are not spoken here.
fn no_transfers() -> VenueError {
    VenueError::refused_here(Rejection::Other, "transfers are not asked of coinbase")
}

impl CoinbaseAccount {
    async fn ask(&self, path: &str, query: &str, purpose: Purpose) -> Result<Bytes, VenueError> {
        self.signed(Question { path, query, body: "", purpose }).await
    }

    async fn change(&self, path: &str, body: &str, purpose: Purpose) -> Result<Bytes, VenueError> {
        self.signed(Question { path, query: "", body, purpose }).await
    }

    /// Sends an order, once.
    async fn place_once(&self, order: &NewOrder) -> Result<Order, VenueError> {
        let answer = self.change("/orders", &order_body(order), Purpose::Place).await?;
        let told: PlaceReply<'_> = parse(&answer)?;
        if let Some(failure) = told.error_response.filter(|_| !told.success) {
            return Err(not_placed(&failure));
        }
        let placed = told.success_response.filter(|_| told.success);
        let placed = placed.ok_or_else(|| nonsense("neither placed nor refused"))?;
        if !is_order_id(&placed.order_id) {
            return Err(nonsense("the order's name makes no sense"));
        }
        Ok(self.as_placed(order, &placed))
    }

    /// The order of that name of the venue's.
    pub(super) async fn found(
        &self,
        pair: Pair,
        id: &str,
        purpose: Purpose,
    ) -> Result<Option<Order>, VenueError> {
        let path = format!("/orders/historical/{id}");
        match self.ask(&path, "", purpose).await {
            Ok(answer) => {
                let told: OneOrder<'_> = parse(&answer)?;
                reading::found(&told.order, pair).map(Some).map_err(nonsense)
            }
            Err(VenueError::Rejected { why: Rejection::UnknownOrder, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The latest orders of a market that are wanted, newest first, `count` at most.
    async fn listed(
        &self,
        pair: Pair,
        filter: &str,
        is_wanted: impl Fn(&Order) -> bool,
        count: usize,
    ) -> Result<Vec<Order>, VenueError> {
        let query = format!("product_ids={}&limit={PAGE}{filter}", symbol_of(pair));
        let (mut orders, mut cursor) = (Vec::new(), String::new());
        for _ in 0..PAGES_MAX {
            let query = format!("{query}{cursor}");
            let answer = self.ask("/orders/historical/batch", &query, Purpose::Settle).await?;
            let told: OrderList<'_> = parse(&answer)?;
            for row in &told.orders {
                let order = reading::found(row, pair).map_err(nonsense)?;
                if is_wanted(&order) {
                    orders.push(order);
                }
                if count <= orders.len() {
                    return Ok(orders);
                }
            }
            if !told.has_next || !is_order_id(&told.cursor) {
                break;
            }
            cursor = format!("&cursor={}", told.cursor);
        }
        Ok(orders)
    }

    pub(super) async fn fills_of(
        &self,
        pair: Pair,
        order: Option<&str>,
    ) -> Result<Vec<Fill>, VenueError> {
        let mut query = format!("product_ids={}&limit={FILLS_MAX}", symbol_of(pair));
        match order {
            None => {}
            Some(id) if is_order_id(id) => query.push_str(&format!("&order_ids={id}")),
            Some(_) => return Err(no_such_order()),
        }
        let answer = self.ask("/orders/historical/fills", &query, Purpose::Look).await?;
        let told: Fills<'_> = parse(&answer)?;
        let fills = told.fills.iter().rev().map(|row| reading::fill(row, pair));
        fills.collect::<Result<_, _>>().map_err(nonsense)
    }

    /// What the account has of every asset, be it nothing.
    pub(super) async fn all_balances(&self) -> Result<Vec<Balance>, VenueError> {
        let (mut balances, mut cursor) = (Vec::new(), String::new());
        for _ in 0..PAGES_MAX {
            let query = format!("limit={PAGE}{cursor}");
            let answer = self.ask("/accounts", &query, Purpose::Look).await?;
            let told: Accounts<'_> = parse(&answer)?;
            for account in &told.accounts {
                balances.extend(balance(account)?);
            }
            if !told.has_next || !is_order_id(&told.cursor) {
                break;
            }
            cursor = format!("&cursor={}", told.cursor);
        }
        Ok(balances)
    }

    /// An order of which nothing is known but that it was taken.
    fn as_placed(&self, order: &NewOrder, placed: &Placed<'_>) -> Order {
        let (price, qty) = match order.terms {
            Terms::Limit { price, qty, .. } | Terms::PostOnly { price, qty } => (Some(price), qty),
            Terms::Market { qty } => (None, qty),
        };
        Order {
            pair: order.pair,
            id: placed.order_id.to_string(),
            client_id: order.client_id.to_string(),
            side: order.side,
            price,
            qty,
            filled: model::Decimal::ZERO,
            quote_filled: model::Decimal::ZERO,
            state: OrderState::Open,
            updated: self.shared.rest.clock.theirs(),
        }
    }
}

/// A balance; `None` for an asset whose name we cannot write.
fn balance(told: &Account<'_>) -> Result<Option<Balance>, VenueError> {
    match reading::balance(told) {
        Err(reading::Malformed("asset")) => {
            let asset = plain_text(&*told.currency);
            tracing::debug!(asset, "an asset of coinbase is passed over");
            Ok(None)
        }
        balance => balance.map(Some).map_err(nonsense),
    }
}
