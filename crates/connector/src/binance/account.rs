//! An account at Binance: its orders, its money, and what happens to them.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::value::RawValue;
use venue::binance::{
    AccountCommission, AccountInfo, ApiRestrictions, AssetBalance, MyTrade, Operation, OrderQuery,
    OrderReport, SocketReply, UserEvent, name_query, order_query, outcome, reading,
    subscribe_frame, symbol_of,
};
use venue::port::{
    AccountSink, Asked, Balance, Fees, Fill, NewOrder, Order, OrderName, Pair, Permissions,
    Rejection, TradingAccount, Venue, VenueError,
};

use super::ask::{cannot_sign, nonsense, parse};
use super::{Credentials, Shared};
use crate::backoff::Backoff;
use crate::socket::{Arrived, Socket, SocketEnd};

/// Fills in one answer.
const FILLS_MAX: u32 = 1_000;

/// One key at one Binance.
#[derive(Debug)]
pub struct BinanceAccount {
    pub shared: Arc<Shared>,
    pub credentials: Credentials,
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
            let balances = told.balances.iter().map(balance).collect::<Result<Vec<_>, _>>();
            let balances = balances.map_err(nonsense)?.into_iter().flatten();
            let is_something = |it: &Balance| !it.free.is_zero() || !it.held.is_zero();
            Ok(balances.filter(is_something).collect())
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
            let query = order_query(order);
            let told: OrderReport<'static> = self.ask(Operation::OrderPlace, &query).await?;
            reading::reported(&told, order.pair).map_err(nonsense)
        })
    }

    fn cancel<'a>(&'a self, pair: Pair, name: &'a OrderName) -> Asked<'a, Order> {
        Box::pin(async move {
            let query = name_query(pair, name).ok_or_else(no_such_order)?;
            let told: OrderReport<'static> = self.ask(Operation::OrderCancel, &query).await?;
            reading::reported(&told, pair).map_err(nonsense)
        })
    }

    fn order<'a>(&'a self, pair: Pair, name: &'a OrderName) -> Asked<'a, Option<Order>> {
        Box::pin(async move {
            let Some(query) = name_query(pair, name) else { return Ok(None) };
            match self.ask::<OrderQuery<'static>>(Operation::OrderStatus, &query).await {
                Ok(told) => reading::found(&told, pair).map(Some).map_err(nonsense),
                Err(VenueError::Rejected { why: Rejection::UnknownOrder, .. }) => Ok(None),
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
            let query = match order {
                None => format!("symbol={}", symbol_of(pair)),
                Some(id) => {
                    name_query(pair, &OrderName::Venue(id.to_owned())).ok_or_else(no_such_order)?
                }
            };
            let query = format!("{query}&limit={FILLS_MAX}");
            let rows: Vec<MyTrade<'static>> = self.ask(Operation::MyTrades, &query).await?;
            let fills = rows.iter().map(|row| reading::fill(row, pair));
            fills.collect::<Result<_, _>>().map_err(nonsense)
        })
    }

    fn follow<'a>(&'a self, sink: &'a dyn AccountSink) -> Asked<'a, Infallible> {
        Box::pin(self.follow_account(sink))
    }
}

/// A balance; `None` for an asset whose name we cannot write.
fn balance(told: &AssetBalance<'_>) -> Result<Option<Balance>, reading::Malformed> {
    match reading::balance(told) {
        Err(reading::Malformed("asset")) => {
            tracing::warn!(asset = %told.asset, "an asset of binance is passed over");
            Ok(None)
        }
        balance => balance.map(Some),
    }
}

fn no_such_order() -> VenueError {
    let text = "the venue gives no such names".to_owned();
    VenueError::Rejected { why: Rejection::UnknownOrder, code: String::new(), text }
}

/// Why a session ends.
enum End {
    Socket(SocketEnd),
    Venue(VenueError),
}

impl From<SocketEnd> for End {
    fn from(end: SocketEnd) -> Self {
        Self::Socket(end)
    }
}

impl From<VenueError> for End {
    fn from(error: VenueError) -> Self {
        Self::Venue(error)
    }
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

/// Kinds of events that are known.
const KINDS: [&str; 6] = [
    "outboundAccountPosition",
    "balanceUpdate",
    "executionReport",
    "listStatus",
    "eventStreamTerminated",
    "listenKeyExpired",
];

impl BinanceAccount {
    async fn ask<T: serde::de::DeserializeOwned>(
        &self,
        operation: Operation,
        query: &str,
    ) -> Result<T, VenueError> {
        parse(&self.shared.signed(&self.credentials, operation, query).await?)
    }

    async fn follow_account(&self, sink: &dyn AccountSink) -> Result<Infallible, VenueError> {
        let mut backoff = Backoff::default();
        loop {
            let Err(end) = self.session(sink, &mut backoff).await;
            sink.lost();
            let mut wait = backoff.next();
            match end {
                End::Venue(VenueError::Rejected { why: Rejection::Clock, .. }) => {
                    // If it cannot be measured now, the next session tells.
                    let _ = self.shared.measure().await;
                }
                End::Venue(error @ VenueError::Rejected { .. }) => return Err(error),
                End::Venue(VenueError::TryLater { after, .. }) => wait = wait.max(after),
                End::Venue(VenueError::Unknown { text }) => {
                    tracing::info!(%text, ?wait, "binance does not let us listen to an account");
                }
                End::Socket(end) => {
                    metrics::counter!("venue_sockets_lost_total", "venue" => "binance")
                        .increment(1);
                    tracing::info!(%end, ?wait, "the account stream of binance ended");
                }
            }
            tokio::time::sleep(wait).await;
        }
    }

    async fn session(
        &self,
        sink: &dyn AccountSink,
        backoff: &mut Backoff,
    ) -> Result<Infallible, End> {
        let shared = &self.shared;
        shared.measured.get_or_try_init(|| shared.measure()).await?;
        // Anew, since an order may be in a market that was listed meanwhile.
        shared.listing().await?;
        let symbols = shared.symbols().await?;
        let url = format!("{}/ws-api/v3?returnRateLimits=false", shared.endpoints.api);
        let mut socket = Socket::open(&shared.dialer, &url).await?;
        let Credentials { api_key, key } = &self.credentials;
        let frame = subscribe_frame(api_key.expose(), key, shared.rest.clock.stamp());
        socket.send(frame.ok_or_else(cannot_sign)?).await?;
        subscribed(&mut socket).await?;
        backoff.succeeded();
        sink.listening();
        loop {
            if let Arrived::Text(text) = socket.next().await? {
                hear(&text, &symbols, sink)?;
            }
        }
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

fn hear(
    text: &str,
    symbols: &HashMap<String, Pair>,
    sink: &dyn AccountSink,
) -> Result<(), SocketEnd> {
    let Envelope { event } = serde_json::from_str(text).map_err(SocketEnd::nonsense)?;
    let Kind { e } = serde_json::from_str(event.get()).map_err(SocketEnd::nonsense)?;
    if e == "serverShutdown" {
        return Err(SocketEnd::Closed);
    }
    if !KINDS.contains(&e) {
        return Ok(());
    }
    let event: UserEvent<'static> =
        serde_json::from_str(event.get()).map_err(SocketEnd::nonsense)?;
    match event {
        UserEvent::ExecutionReport(report) => {
            let Some(pair) = symbols.get(&*report.symbol) else {
                // It was listed after we asked: the next session asks again.
                return Err(SocketEnd::nonsense("a market that was not listed"));
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
                if let Some(balance) = balance(&told).map_err(SocketEnd::nonsense)? {
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
    Ok(())
}
