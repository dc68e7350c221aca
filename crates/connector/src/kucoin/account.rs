//! An account at KuCoin: its orders, its money, and what happens to them.

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use model::Time;
use serde::de::DeserializeOwned;
use venue::kucoin::{
    AccountRow, ApiKeyInfo, Asking, BalanceEvent, Channel, DepositRow, Operation, OrderChange,
    OrderChangeKind, OrderRow, Orders, Page, PlacedSync, ServerFrame, SymbolFee, SyncCanceled,
    TIMESTAMP_WINDOW_MILLIS, cancel_asking, name_asking, order_body, reading, subscribe_frames,
    symbol_of,
};
use venue::port::{
    AccountSink, Asked, Balance, Fees, Fill, NewOrder, Order, OrderName, Pair, Permissions,
    Rejection, TradingAccount, Transfer, Venue, VenueError,
};

use super::ask::{no_such_name, no_such_order, nonsense, parse};
use super::listen::{Listener, told};
use super::{METERS, Shared, Signer};
use crate::backoff::Backoff;
use crate::known::Known;
use crate::session::{End, Listening, listen};
use crate::socket::SocketEnd;
use crate::unsettled::Unsettled;

/// Fills in one answer.
const FILLS_MAX: usize = 100;
/// Pages of the fills of one order.
const PAGES_MAX: usize = 50;
/// How often something is looked for that was told already.
const LOOKS_MAX: u32 = 6;
/// How long to wait before looking again.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Deposits or withdrawals in one answer.
const ROWS_MAX: u32 = 500;
/// Markets in one session that the venue lists nowhere, and tells of.
const STRANGE_MAX: usize = 1_000;
/// For how long an order may still be let in: the venue takes stamps that are as far ahead of its
/// clock as they may be behind it.
pub const ARRIVES_WITHIN: Duration = Duration::from_millis(2 * TIMESTAMP_WINDOW_MILLIS);

/// One key at one KuCoin.
#[derive(Debug)]
pub struct KucoinAccount {
    pub shared: Arc<Shared>,
    pub signer: Signer,
    /// Orders that were placed without an answer, and may still arrive.
    pub unsettled: Arc<Unsettled>,
}

impl TradingAccount for KucoinAccount {
    fn venue(&self) -> Venue {
        Venue::Kucoin
    }

    fn permissions(&self) -> Asked<'_, Permissions> {
        Box::pin(async {
            let asking = Asking::plain(Operation::ApiKeyInfo, "");
            let told: ApiKeyInfo<'static> = self.ask(&asking).await?;
            Ok(reading::permissions(&told))
        })
    }

    fn balances(&self) -> Asked<'_, Vec<Balance>> {
        Box::pin(async {
            let asking = Asking::plain(Operation::Accounts, "type=trade");
            let rows: Vec<AccountRow<'static>> = self.ask(&asking).await?;
            let balances = rows.iter().map(reading::balance);
            let balances = balances.collect::<Result<Vec<_>, _>>().map_err(nonsense)?;
            let unnamed = balances.iter().filter(|balance| balance.is_none()).count();
            if 0 < unnamed {
                METERS.refused();
                tracing::debug!(unnamed, "assets of kucoin are passed over");
            }
            let is_something = |it: &Balance| !it.free.is_zero() || !it.held.is_zero();
            Ok(balances.into_iter().flatten().filter(is_something).collect())
        })
    }

    fn fees(&self, pair: Pair) -> Asked<'_, Fees> {
        Box::pin(async move {
            let query = format!("symbols={}", symbol_of(pair));
            let rows: Vec<SymbolFee<'static>> =
                self.ask(&Asking::plain(Operation::TradeFees, &query)).await?;
            let row = rows.first().ok_or_else(|| nonsense("it tells no fee"))?;
            reading::fees(row, pair).map_err(nonsense)
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
            let asking = cancel_asking(pair, name).ok_or_else(no_such_order)?;
            let asked = self.shared.rest.clock.ours();
            match self.ask::<SyncCanceled>(&asking).await {
                Ok(_) => self.known(pair, name).await,
                Err(error) => {
                    if error.is_unknown_order() {
                        self.unsettled.check_none(name, asked)?;
                    }
                    Err(error)
                }
            }
        })
    }

    fn order<'a>(&'a self, pair: Pair, name: &'a OrderName) -> Asked<'a, Option<Order>> {
        Box::pin(async move {
            let Some(asking) = name_asking(pair, name) else { return Ok(None) };
            let asked = self.shared.rest.clock.ours();
            match self.ask::<OrderRow<'static>>(&asking).await {
                Ok(row) => reading::found(&row, pair).map(Some).map_err(nonsense),
                Err(error) if error.is_unknown_order() => {
                    self.unsettled.check_none(name, asked).map(|()| None)
                }
                Err(error) => Err(error),
            }
        })
    }

    fn open_orders(&self, pair: Pair) -> Asked<'_, Vec<Order>> {
        Box::pin(async move {
            let query = format!("symbol={}", symbol_of(pair));
            let asking = Asking::plain(Operation::OpenOrders, &query);
            let rows: Vec<OrderRow<'static>> = self.ask(&asking).await?;
            let orders = rows.iter().map(|row| reading::found(row, pair));
            orders.collect::<Result<_, _>>().map_err(nonsense)
        })
    }

    fn fills<'a>(&'a self, pair: Pair, order: Option<&'a str>) -> Asked<'a, Vec<Fill>> {
        Box::pin(async move {
            let query = format!("symbol={}&limit={FILLS_MAX}", symbol_of(pair));
            let query = match order {
                None => query,
                Some(id) => {
                    // Only what may stand in a path may stand in a query.
                    let name = OrderName::Venue(id.to_owned());
                    name_asking(pair, &name).ok_or_else(no_such_order)?;
                    format!("{query}&orderId={id}")
                }
            };
            let mut fills = Vec::new();
            let mut page = query.clone();
            for _ in 0..PAGES_MAX {
                let asking = Asking::plain(Operation::Fills, &page);
                let told: Orders<venue::kucoin::Fill<'static>> = self.ask(&asking).await?;
                for row in &told.items {
                    fills.push(reading::fill(row, pair).map_err(nonsense)?);
                }
                // Of a market the latest page is told, of an order all.
                if order.is_none() || told.items.len() < FILLS_MAX || told.last_id == 0 {
                    fills.reverse();
                    return Ok(fills);
                }
                page = format!("{query}&lastId={}", told.last_id);
            }
            let text = "the venue tells of more fills than are looked through".to_owned();
            Err(VenueError::Unknown { text })
        })
    }

    fn deposits(&self, since: Time) -> Asked<'_, Vec<Transfer>> {
        Box::pin(self.transfers(Operation::Deposits, since))
    }

    fn withdrawals(&self, since: Time) -> Asked<'_, Vec<Transfer>> {
        Box::pin(self.transfers(Operation::Withdrawals, since))
    }

    fn follow<'a>(&'a self, sink: &'a dyn AccountSink) -> Asked<'a, Infallible> {
        Box::pin(listen(self, sink, METERS))
    }
}

impl KucoinAccount {
    async fn ask<T: DeserializeOwned>(&self, asking: &Asking) -> Result<T, VenueError> {
        parse(&self.shared.signed(&self.signer, asking).await?)
    }

    async fn place_once(&self, order: &NewOrder) -> Result<Order, VenueError> {
        let body = order_body(order).ok_or_else(no_such_name)?;
        let asking = Asking { body, ..Asking::plain(Operation::PlaceSync, "") };
        let told: PlacedSync<'static> = self.ask(&asking).await?;
        if let Some(placed) = reading::placed(&told, order).map_err(nonsense)? {
            return Ok(placed);
        }
        let name = OrderName::Venue(told.order_id.into_owned());
        self.known(order.pair, &name).await
    }

    /// What came or left, oldest first; what is of currencies that we cannot name is passed over.
    async fn transfers(
        &self,
        operation: Operation,
        since: Time,
    ) -> Result<Vec<Transfer>, VenueError> {
        let query = format!("startAt={}&pageSize={ROWS_MAX}", since.millis());
        let page: Page<DepositRow<'static>> = self.ask(&Asking::plain(operation, &query)).await?;
        let rows = page.items.iter().map(reading::transfer).filter_map(Result::transpose);
        let mut transfers = rows.collect::<Result<Vec<_>, _>>().map_err(nonsense)?;
        transfers.sort_by_key(|transfer| transfer.time);
        Ok(transfers)
    }

    /// An order that is there for certain: how it stands.
    async fn known(&self, pair: Pair, name: &OrderName) -> Result<Order, VenueError> {
        let unknown = |text: String| VenueError::Unknown { text };
        match self.order(pair, name).await {
            Ok(Some(order)) => Ok(order),
            Ok(None) => Err(unknown("it was done, and the order is not told yet".to_owned())),
            Err(error) => Err(unknown(format!("it was done, and then: {error}"))),
        }
    }

    async fn hear(
        &self,
        frame: &ServerFrame<'_>,
        known: &Known,
        sink: &dyn AccountSink,
    ) -> Result<Told, End> {
        let data = frame.data.ok_or_else(|| SocketEnd::nonsense("nothing is told"))?.get();
        if frame.topic == Channel::Balance.topic("") {
            let event: BalanceEvent<'_> =
                serde_json::from_str(data).map_err(SocketEnd::nonsense)?;
            if let Some(balance) = reading::balance_change(&event).map_err(SocketEnd::nonsense)? {
                sink.balance(&balance);
            }
            return Ok(Told::Done);
        }
        if frame.topic != Channel::TradeOrdersV2.topic("") {
            return Err(SocketEnd::nonsense("its topic").into());
        }
        let change: OrderChange<'_> = serde_json::from_str(data).map_err(SocketEnd::nonsense)?;
        let Some(pair) = known.pairs.get(&*change.symbol) else {
            // A market that has no name here is somebody else's.
            let is_passed_over = known.skipped.contains(&*change.symbol);
            let symbol = change.symbol.into_owned();
            return Ok(if is_passed_over { Told::Done } else { Told::Unlisted(symbol) });
        };
        self.hear_order(&change, *pair, sink).await?;
        Ok(Told::Done)
    }

    /// A change tells neither what a fill cost nor for how much an order has traded: both are
    /// asked for where something has.
    async fn hear_order(
        &self,
        change: &OrderChange<'_>,
        pair: Pair,
        sink: &dyn AccountSink,
    ) -> Result<(), End> {
        if let Some(order) = reading::untraded(change, pair).map_err(SocketEnd::nonsense)? {
            // What is about to be matched is told again when it was.
            if change.kind != OrderChangeKind::Received {
                sink.order(&order);
            }
            return Ok(());
        }
        if change.kind == OrderChangeKind::Match {
            let trade = change.trade_id.as_deref();
            let trade = trade.ok_or_else(|| SocketEnd::nonsense("a match of no trade"))?;
            sink.fill(&self.fill_of(change, pair, trade).await?);
        }
        sink.order(&self.order_of(change, pair).await?);
        Ok(())
    }

    /// The order of a change, as it stands behind it: what answers may lag behind the socket.
    async fn order_of(&self, change: &OrderChange<'_>, pair: Pair) -> Result<Order, End> {
        let name = OrderName::Venue(change.order_id.to_string());
        for look in 0..LOOKS_MAX {
            if 0 < look {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            let order = Self::unless_refused(self.known(pair, &name).await)?;
            if reading::is_behind(change, &order).map_err(SocketEnd::nonsense)? {
                return Ok(order);
            }
        }
        Err(SocketEnd::nonsense("an order is told otherwise than by the socket").into())
    }

    /// A refusal of what was told of an order ends a session, and no more than that.
    fn unless_refused<T>(answer: Result<T, VenueError>) -> Result<T, End> {
        answer.map_err(|error| match error {
            VenueError::Rejected {
                why: Rejection::Other | Rejection::UnknownOrder, text, ..
            } => SocketEnd::nonsense(text).into(),
            error => error.into(),
        })
    }

    async fn fill_of(
        &self,
        change: &OrderChange<'_>,
        pair: Pair,
        trade: &str,
    ) -> Result<Fill, End> {
        for look in 0..LOOKS_MAX {
            if 0 < look {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            let fills = Self::unless_refused(self.fills(pair, Some(&change.order_id)).await)?;
            if let Some(fill) = fills.into_iter().find(|fill| fill.trade_id == trade) {
                return Ok(fill);
            }
        }
        Err(SocketEnd::nonsense("a fill that is told nowhere else").into())
    }
}

impl Listening for KucoinAccount {
    async fn session(
        &self,
        sink: &dyn AccountSink,
        backoff: &mut Backoff,
    ) -> Result<Infallible, End> {
        let (mut known, mut strange) = (self.shared.known().await?, HashSet::new());
        let mut listener = Listener::open(&self.shared, Some(&self.signer)).await?;
        let channels = [Channel::TradeOrdersV2, Channel::Balance];
        let mut unanswered = channels.len();
        for channel in channels {
            for frame in subscribe_frames(channel, &[]) {
                listener.send(frame).await?;
            }
        }
        loop {
            let Some(text) = listener.next().await? else { continue };
            let Some(frame) = told(&text)? else {
                // Nothing else is answered before the first ping.
                unanswered = unanswered.saturating_sub(1);
                if unanswered == 0 {
                    backoff.succeeded();
                    sink.listening();
                    unanswered = usize::MAX;
                }
                continue;
            };
            let Told::Unlisted(symbol) = self.hear(&frame, &known, sink).await? else { continue };
            if strange.contains(&symbol) {
                continue;
            }
            // It may have been listed after we asked.
            self.shared.listing().await?;
            known = self.shared.known().await?;
            if let Told::Unlisted(symbol) = self.hear(&frame, &known, sink).await? {
                METERS.refused();
                if STRANGE_MAX <= strange.len() {
                    return Err(SocketEnd::nonsense("too many markets that nobody lists").into());
                }
                strange.insert(symbol);
            }
        }
    }

    async fn measure(&self) -> Result<(), VenueError> {
        self.shared.measure().await
    }
}

/// What became of a message.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    /// It was told, or is nobody's concern.
    Done,
    /// It is about a market that was not listed.
    Unlisted(String),
}
