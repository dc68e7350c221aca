//! An account at Binance: its orders, its money, and what happens to them.

use std::collections::HashSet;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use model::Time;

use serde::Deserialize;
use serde_json::value::RawValue;
use venue::binance::{
    AccountCommission, AccountInfo, ApiRestrictions, AssetBalance, DepositRow, MyTrade, Operation,
    OrderQuery, OrderReport, RECV_WINDOW_MILLIS, SocketReply, UserEvent, WithdrawRow, name_query,
    order_query, outcome, reading, subscribe_frame, symbol_of,
};
use venue::port::{
    AccountSink, Asked, Balance, Fees, Fill, NewOrder, Order, OrderName, Pair, Permissions,
    Rejection, TradingAccount, Transfer, Venue, VenueError,
};

use super::ask::{Question, cannot_sign, nonsense, parse};
use super::{Credentials, METERS, Shared};
use crate::backoff::Backoff;
use crate::known::Known;
use crate::session::{End, Listening, listen};
use crate::socket::{Arrived, Socket, SocketEnd};
use crate::unsettled::Unsettled;

/// Fills in one answer, and deposits or withdrawals.
const ROWS_MAX: usize = 1_000;
/// Answers with fills of one order.
const PAGES_MAX: usize = 100;
/// How far back deposits and withdrawals may be asked for: a little less than 90 days.
const HISTORY_MICROS: u64 = (90 * 24 - 1) * 3_600 * 1_000_000;
/// Markets in one session that the venue lists nowhere, and tells of.
const STRANGE_MAX: usize = 1_000;
/// For how long after its stamp an order may still be let in: as long as the request is good, and
/// what two clocks may differ by.
pub const ARRIVES_WITHIN: Duration = Duration::from_millis(RECV_WINDOW_MILLIS + 1_000);

/// One key at one Binance.
#[derive(Debug)]
pub struct BinanceAccount {
    pub shared: Arc<Shared>,
    pub credentials: Credentials,
    /// Orders that were placed without an answer, and may still arrive.
    pub unsettled: Arc<Unsettled>,
}

impl TradingAccount for BinanceAccount {
    fn venue(&self) -> Venue {
        Venue::Binance
    }

    fn permissions(&self) -> Asked<'_, Permissions> {
        Box::pin(async {
            let told: ApiRestrictions = self.ask(Operation::ApiRestrictions, "").await?;
            Ok(reading::permissions(&told))
        })
    }

    fn balances(&self) -> Asked<'_, Vec<Balance>> {
        Box::pin(async {
            let query = "omitZeroBalances=true";
            let told: AccountInfo<'static> = self.ask(Operation::Account, query).await?;
            let balances = told.balances.iter().map(reading::balance);
            let balances = balances.collect::<Result<Vec<_>, _>>().map_err(nonsense)?;
            let unnamed = balances.iter().filter(|balance| balance.is_none()).count();
            if 0 < unnamed {
                METERS.refused();
                tracing::debug!(unnamed, "assets of binance are passed over");
            }
            let is_something = |it: &Balance| !it.free.is_zero() || !it.held.is_zero();
            Ok(balances.into_iter().flatten().filter(is_something).collect())
        })
    }

    fn fees(&self, pair: Pair) -> Asked<'_, Fees> {
        Box::pin(async move {
            let query = format!("symbol={}", symbol_of(pair));
            let told: AccountCommission<'static> =
                self.ask(Operation::AccountCommission, &query).await?;
            reading::fees(&told, pair).map_err(nonsense)
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
            let query = name_query(pair, name).ok_or_else(no_such_order)?;
            let asked = self.shared.rest.clock.ours();
            match self.ask::<OrderReport<'static>>(Operation::OrderCancel, &query).await {
                Ok(told) => reading::reported(&told, pair).map_err(nonsense),
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
            let Some(query) = name_query(pair, name) else { return Ok(None) };
            let asked = self.shared.rest.clock.ours();
            match self.ask::<OrderQuery<'static>>(Operation::OrderStatus, &query).await {
                Ok(told) => reading::found(&told, pair).map(Some).map_err(nonsense),
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
            let rows: Vec<OrderQuery<'static>> = self.ask(Operation::OpenOrders, &query).await?;
            let orders = rows.iter().map(|row| reading::found(row, pair));
            orders.collect::<Result<_, _>>().map_err(nonsense)
        })
    }

    fn fills<'a>(&'a self, pair: Pair, order: Option<&'a str>) -> Asked<'a, Vec<Fill>> {
        Box::pin(async move {
            let rows = match order {
                None => self.trades(&format!("symbol={}", symbol_of(pair)), None).await?,
                Some(id) => {
                    let name = OrderName::Venue(id.to_owned());
                    self.all_trades(&name_query(pair, &name).ok_or_else(no_such_order)?).await?
                }
            };
            let fills = rows.iter().map(|row| reading::fill(row, pair));
            fills.collect::<Result<_, _>>().map_err(nonsense)
        })
    }

    fn deposits(&self, since: Time) -> Asked<'_, Vec<Transfer>> {
        Box::pin(async move {
            let query = self.since_query(since);
            let rows: Vec<DepositRow<'static>> =
                self.ask(Operation::DepositHistory, &query).await?;
            transfers(rows.iter().map(reading::deposit))
        })
    }

    fn withdrawals(&self, since: Time) -> Asked<'_, Vec<Transfer>> {
        Box::pin(async move {
            let (operation, query) = (Operation::WithdrawHistory, self.since_query(since));
            let rows: Vec<WithdrawRow<'static>> = self.ask(operation, &query).await?;
            transfers(rows.iter().map(reading::withdrawal))
        })
    }

    fn follow<'a>(&'a self, sink: &'a dyn AccountSink) -> Asked<'a, Infallible> {
        Box::pin(listen(self, sink, METERS))
    }
}

/// Oldest first; those of assets that we cannot name are passed over.
fn transfers(
    rows: impl Iterator<Item = Result<Option<Transfer>, reading::Malformed>>,
) -> Result<Vec<Transfer>, VenueError> {
    let transfers = rows.filter_map(Result::transpose).collect::<Result<Vec<_>, _>>();
    let mut transfers = transfers.map_err(nonsense)?;
    transfers.sort_by_key(|transfer| transfer.time);
    Ok(transfers)
}

fn no_such_order() -> VenueError {
    VenueError::refused_here(Rejection::UnknownOrder, "the venue gives no such names")
}

/// An event in its envelope, of which the kind is read first: kinds that are new are passed over.
#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    event: &'a RawValue,
}

#[derive(Deserialize)]
struct Kind<'a> {
    e: &'a str,
}

impl BinanceAccount {
    async fn ask<T: serde::de::DeserializeOwned>(
        &self,
        operation: Operation,
        query: &str,
    ) -> Result<T, VenueError> {
        parse(&self.shared.signed(&self.credentials, Question::new(operation, query)).await?)
    }

    /// The venue tells the latest of it, and refuses to be asked for more.
    fn since_query(&self, since: Time) -> String {
        let now = self.shared.rest.clock.theirs();
        let since = since.0.max(now.0.saturating_sub(HISTORY_MICROS));
        format!("startTime={}&limit={ROWS_MAX}", Time(since).millis())
    }

    async fn place_once(&self, order: &NewOrder) -> Result<Order, VenueError> {
        let query = order_query(order);
        let told: OrderReport<'static> = self.ask(Operation::OrderPlace, &query).await?;
        reading::reported(&told, order.pair).map_err(nonsense)
    }

    /// The latest trades, or the first from that number on.
    async fn trades(
        &self,
        query: &str,
        from: Option<u64>,
    ) -> Result<Vec<MyTrade<'static>>, VenueError> {
        let from = from.map_or_else(String::new, |from| format!("&fromId={from}"));
        self.ask(Operation::MyTrades, &format!("{query}&limit={ROWS_MAX}{from}")).await
    }

    /// Every trade of an order: where the latest are not all, they are asked for from the first.
    async fn all_trades(&self, query: &str) -> Result<Vec<MyTrade<'static>>, VenueError> {
        let latest = self.trades(query, None).await?;
        if latest.len() < ROWS_MAX {
            return Ok(latest);
        }
        let mut rows: Vec<MyTrade<'static>> = Vec::new();
        for _ in 0..PAGES_MAX {
            let next = rows.last().map_or(Some(0), |row| row.id.checked_add(1));
            let page =
                self.trades(query, Some(next.ok_or_else(|| nonsense("its number"))?)).await?;
            let is_last = page.len() < ROWS_MAX;
            let known = rows.last().map(|row| row.id);
            if !page.is_sorted_by(|one, other| one.id < other.id)
                || page.first().is_some_and(|row| Some(row.id) <= known)
            {
                return Err(nonsense("its order"));
            }
            rows.extend(page);
            if is_last {
                return Ok(rows);
            }
        }
        let text = "the venue tells of more fills than are looked through".to_owned();
        Err(VenueError::Unknown { text })
    }
}

impl Listening for BinanceAccount {
    async fn session(
        &self,
        sink: &dyn AccountSink,
        backoff: &mut Backoff,
    ) -> Result<Infallible, End> {
        let shared = &self.shared;
        shared.measured.get_or_try_init(|| shared.measure()).await?;
        let (mut known, mut strange) = (shared.known().await?, HashSet::new());
        let url = format!("{}/ws-api/v3?returnRateLimits=false", shared.endpoints.api);
        let mut socket = Socket::open(&shared.dialer, &url).await?;
        let Credentials { api_key, key } = &self.credentials;
        let frame = subscribe_frame(api_key.expose(), key, shared.rest.clock.stamp());
        socket.send(frame.ok_or_else(cannot_sign)?).await?;
        subscribed(&mut socket).await?;
        backoff.succeeded();
        sink.listening();
        loop {
            let Arrived::Text(text) = socket.next().await? else { continue };
            let Told::Unlisted(symbol) = hear(&text, &known, sink)? else { continue };
            if strange.contains(&symbol) {
                continue;
            }
            // It may have been listed after we asked.
            shared.listing().await?;
            known = shared.known().await?;
            if let Told::Unlisted(symbol) = hear(&text, &known, sink)? {
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

/// Waits for the answer to the only request of a connection.
async fn subscribed(socket: &mut Socket) -> Result<(), End> {
    loop {
        let Arrived::Text(text) = socket.next().await? else { continue };
        let reply: SocketReply<'_> = serde_json::from_str(&text).map_err(SocketEnd::nonsense)?;
        if reply.status == 200 {
            return Ok(());
        }
        let error = reply.error.map_or("", RawValue::get);
        return Err(outcome(reply.status, error.as_bytes(), None).into());
    }
}

/// What became of an event.
#[derive(Debug, PartialEq, Eq)]
enum Told {
    /// It was told, or is nobody's concern.
    Done,
    /// It is about a market that was not listed.
    Unlisted(String),
}

fn hear(text: &str, known: &Known, sink: &dyn AccountSink) -> Result<Told, SocketEnd> {
    let Envelope { event } = serde_json::from_str(text).map_err(SocketEnd::nonsense)?;
    let Kind { e } = serde_json::from_str(event.get()).map_err(SocketEnd::nonsense)?;
    if e == "serverShutdown" {
        return Err(SocketEnd::Closed);
    }
    if !UserEvent::KINDS.contains(&e) {
        return Ok(Told::Done);
    }
    let event: UserEvent<'static> =
        serde_json::from_str(event.get()).map_err(SocketEnd::nonsense)?;
    match event {
        UserEvent::ExecutionReport(report) => {
            let Some(pair) = known.pairs.get(&*report.symbol) else {
                // A market that has no name here is somebody else's.
                let is_passed_over = known.skipped.contains(&*report.symbol);
                let symbol = report.symbol.into_owned();
                return Ok(if is_passed_over { Told::Done } else { Told::Unlisted(symbol) });
            };
            let (order, fill) = reading::execution(&report, *pair).map_err(SocketEnd::nonsense)?;
            if let Some(fill) = fill {
                sink.fill(&fill);
            }
            sink.order(&order);
        }
        UserEvent::OutboundAccountPosition(position) => {
            for told in position.balances {
                let told = AssetBalance { asset: told.asset, free: told.free, locked: told.locked };
                if let Some(balance) = reading::balance(&told).map_err(SocketEnd::nonsense)? {
                    sink.balance(&balance);
                }
            }
        }
        // What came or went is told in the position, and each order of a list by itself.
        UserEvent::BalanceUpdate(_) | UserEvent::ListStatus(_) => {}
        UserEvent::EventStreamTerminated(_) | UserEvent::ListenKeyExpired(_) => {
            return Err(SocketEnd::Closed);
        }
    }
    Ok(Told::Done)
}
