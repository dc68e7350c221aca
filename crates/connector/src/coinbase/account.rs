//! An account at Coinbase: its orders and its money.
//!
//! Keeps   a name is looked for among the latest orders, since the venue finds none by its name:
//!         [`PAGES_MAX`] pages of them at most. Where there are more, nothing is said: a list that
//!         was cut short is none.
//! Shape   what somebody else placed in words that the port has not got, and what of it traded, is
//!         passed over: an order of another kind, trades of one by quote.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use model::Time;
use venue::coinbase::{
    AHEAD_SECONDS_MAX, Account, Accounts, CancelReply, Fills, KeyPermissions, PlaceReply,
    TOKEN_SECONDS, TransactionSummary, cancel_body, cursor_query, is_order_id, not_canceled,
    not_placed, order_body, reading, symbol_of,
};
use venue::plain_text;
use venue::port::{
    AccountSink, Asked, Balance, Fees, Fill, NewOrder, Order, OrderName, Pair, Permissions,
    Rejection, TradingAccount, Transfer, Venue, VenueError,
};

use self::reading::{OrderRow, OrderRows, OrderTold};
use super::ask::{Question, nonsense, parse};
use super::{CoinbaseCredentials, METERS, Shared};
use crate::budget::{Budget, Purpose};
use crate::session::listen;
use crate::unsettled::Unsettled;

/// Fills in one answer.
const FILLS_MAX: u32 = 1_000;
/// Orders on one page.
const PAGE: u32 = 250;
/// Pages that are looked through.
const PAGES_MAX: usize = 8;

/// For how long an order may still be let in: as long as its token is good, and what two clocks may
/// differ by.
pub const ARRIVES_WITHIN: Duration = Duration::from_secs(TOKEN_SECONDS + AHEAD_SECONDS_MAX);

/// How often an order is looked for that is there for certain.
const LOOKS_MAX: u32 = 3;
/// How long to wait before looking again.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// One key at one Coinbase.
#[derive(Debug)]
pub struct CoinbaseAccount {
    pub shared: Arc<Shared>,
    pub credentials: CoinbaseCredentials,
    /// What may still be asked with the key.
    pub budget: Budget,
    /// Orders that were placed without an answer, and may still arrive.
    pub unsettled: Arc<Unsettled>,
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
            let arrives = (&self.shared.rest.clock, ARRIVES_WITHIN);
            self.unsettled.watch(order.client_id, arrives, self.place_once(order)).await
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
            self.known(pair, &id).await
        })
    }

    fn order<'a>(&'a self, pair: Pair, name: &'a OrderName) -> Asked<'a, Option<Order>> {
        Box::pin(async move {
            match name {
                OrderName::Venue(id) if is_order_id(id) => {
                    match self.found(pair, id, Purpose::Settle).await? {
                        None => Ok(None),
                        Some(OrderTold::Order { order, .. }) => Ok(Some(*order)),
                        Some(OrderTold::Foreign) => Err(nonsense("an order of another kind")),
                    }
                }
                OrderName::Venue(_) => Ok(None),
                OrderName::Client(client_id) => {
                    let asked = self.shared.rest.clock.ours();
                    let found = self.listed(pair, "", Some(client_id.as_str())).await?.pop();
                    if found.is_none() {
                        self.unsettled.check_none(name, asked)?;
                    }
                    Ok(found)
                }
            }
        })
    }

    fn open_orders(&self, pair: Pair) -> Asked<'_, Vec<Order>> {
        Box::pin(async move {
            let mut orders = self.listed(pair, "&order_status=OPEN", None).await?;
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
        Box::pin(listen(self, sink, METERS))
    }
}

fn no_such_order() -> VenueError {
    VenueError::refused_here(Rejection::UnknownOrder, "the venue gives no such names")
}

/// More is told than is looked through, so nobody knows what is in the rest.
fn too_long() -> VenueError {
    VenueError::Unknown { text: "the venue tells of more than is looked through".to_owned() }
}

/// What asks for the next page; `None` where there is none.
fn next_page(has_next: bool, cursor: &str) -> Result<Option<String>, VenueError> {
    match (has_next, cursor.is_empty()) {
        (false, _) => Ok(None),
        (true, true) => Err(nonsense("there is more, and no way to ask for it")),
        (true, false) => Ok(Some(cursor_query(cursor))),
    }
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

    /// Sends an order, once, and tells how it stands.
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
        // The venue says only that it took the order, which may be filled by now.
        self.known(order.pair, &placed.order_id).await
    }

    /// An order that is there for certain: how it stands.
    async fn known(&self, pair: Pair, id: &str) -> Result<Order, VenueError> {
        for look in 0..LOOKS_MAX {
            if 0 < look {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            match self.found(pair, id, Purpose::Settle).await {
                Ok(Some(OrderTold::Order { order, .. })) => return Ok(*order),
                // What answers may lag behind what was done.
                Ok(None) => {}
                Ok(Some(OrderTold::Foreign)) => return Err(nonsense("an order of another kind")),
                Err(error) => {
                    let text = plain_text(format_args!("it was done to {id}, and then: {error}"));
                    return Err(VenueError::Unknown { text });
                }
            }
        }
        let text = format!("it was done, and {id} is not told yet");
        Err(VenueError::Unknown { text })
    }

    /// The order of that name of the venue's.
    pub(super) async fn found(
        &self,
        pair: Pair,
        id: &str,
        purpose: Purpose,
    ) -> Result<Option<OrderTold>, VenueError> {
        let path = format!("/orders/historical/{id}");
        match self.ask(&path, "", purpose).await {
            Ok(answer) => {
                let told: OrderRow<'_> = parse(&answer)?;
                reading::order_told(told.order, pair, None).map(Some).map_err(nonsense)
            }
            Err(VenueError::Rejected { why: Rejection::UnknownOrder, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Orders of a market, newest first: all of them, or the latest that its placer named so.
    async fn listed(
        &self,
        pair: Pair,
        filter: &str,
        wanted: Option<&str>,
    ) -> Result<Vec<Order>, VenueError> {
        let query = format!("product_ids={}&limit={PAGE}{filter}", symbol_of(pair));
        let (mut orders, mut cursor) = (Vec::new(), String::new());
        for _ in 0..PAGES_MAX {
            let query = format!("{query}{cursor}");
            let answer = self.ask("/orders/historical/batch", &query, Purpose::Settle).await?;
            let told: OrderRows<'_> = parse(&answer)?;
            for row in &told.orders {
                match reading::order_told(row, pair, wanted).map_err(nonsense)? {
                    OrderTold::Order { order, .. } => orders.push(*order),
                    OrderTold::Foreign => {}
                }
                if wanted.is_some() && !orders.is_empty() {
                    return Ok(orders);
                }
            }
            match next_page(told.has_next, &told.cursor)? {
                Some(next) => cursor = next,
                None => return Ok(orders),
            }
        }
        Err(too_long())
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
        let (mut fills, mut cursor) = (Vec::new(), String::new());
        for _ in 0..PAGES_MAX {
            let query = format!("{query}{cursor}");
            let answer = self.ask("/orders/historical/fills", &query, Purpose::Look).await?;
            let told: Fills<'_> = parse(&answer)?;
            for row in &told.fills {
                fills.extend(reading::fill(row, pair).map_err(nonsense)?);
            }
            // Of a market the latest page is told, of an order all.
            let is_last = told.fills.is_empty() || told.cursor.is_empty();
            let has_next = order.is_some() && !is_last;
            match next_page(has_next, &told.cursor)? {
                Some(next) => cursor = next,
                None => {
                    fills.reverse();
                    return Ok(fills);
                }
            }
        }
        Err(too_long())
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
            match next_page(told.has_next, &told.cursor)? {
                Some(next) => cursor = next,
                None => return Ok(balances),
            }
        }
        Err(too_long())
    }
}

/// A balance; `None` for an asset whose name we cannot write.
fn balance(told: &Account<'_>) -> Result<Option<Balance>, VenueError> {
    match reading::balance(told) {
        Err(reading::Malformed("asset")) => {
            METERS.refused();
            let asset = plain_text(&*told.currency);
            tracing::debug!(asset, "an asset of coinbase is passed over");
            Ok(None)
        }
        balance => balance.map(Some).map_err(nonsense),
    }
}
