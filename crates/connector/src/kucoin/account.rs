//! An account at KuCoin: its orders, its money, and what happens to them.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use venue::kucoin::{
    AccountRow, ApiKeyInfo, Asking, BalanceEvent, Channel, Operation, OrderChange, OrderChangeKind,
    OrderRow, Orders, PlacedSync, ServerFrame, SymbolFee, SyncCanceled, cancel_asking, name_asking,
    order_body, reading, subscribe_frames, symbol_of,
};
use venue::port::{
    AccountSink, Asked, Balance, Fees, Fill, NewOrder, Order, OrderName, Pair, Permissions,
    Rejection, TradingAccount, Venue, VenueError,
};

use super::ask::no_such_order;
use super::listen::{ListenEnd, Listener, told};
use super::{Shared, Signer};
use crate::backoff::Backoff;
use crate::retry::{nonsense, parse};
use crate::socket::SocketEnd;

/// Fills in one answer.
const FILLS_MAX: u32 = 100;
/// How often a fill is looked for that was told already.
const LOOKS_MAX: u32 = 4;
/// How long to wait before looking again.
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// One key at one KuCoin.
#[derive(Debug)]
pub struct KucoinAccount {
    pub shared: Arc<Shared>,
    pub signer: Signer,
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
            let is_something = |it: &Balance| !it.free.is_zero() || !it.held.is_zero();
            let balances = rows.iter().filter_map(|row| match reading::balance(row) {
                Err(reading::Malformed("asset")) => {
                    tracing::warn!(asset = %row.currency, "an asset of kucoin is passed over");
                    None
                }
                balance => Some(balance),
            });
            let balances: Vec<_> = balances.collect::<Result<_, _>>().map_err(nonsense)?;
            Ok(balances.into_iter().filter(is_something).collect())
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
            let body = order_body(order);
            let asking = Asking { body, ..Asking::plain(Operation::PlaceSync, "") };
            let told: PlacedSync<'static> = self.ask(&asking).await?;
            if let Some(placed) = reading::placed(&told, order).map_err(nonsense)? {
                return Ok(placed);
            }
            let name = OrderName::Venue(told.order_id.into_owned());
            self.known(order.pair, &name).await
        })
    }

    fn cancel<'a>(&'a self, pair: Pair, name: &'a OrderName) -> Asked<'a, Order> {
        Box::pin(async move {
            let asking = cancel_asking(pair, name).ok_or_else(no_such_order)?;
            let _: SyncCanceled = self.ask(&asking).await?;
            self.known(pair, name).await
        })
    }

    fn order<'a>(&'a self, pair: Pair, name: &'a OrderName) -> Asked<'a, Option<Order>> {
        Box::pin(async move {
            let Some(asking) = name_asking(pair, name) else { return Ok(None) };
            match self.ask::<OrderRow<'static>>(&asking).await {
                Ok(row) => reading::found(&row, pair).map(Some).map_err(nonsense),
                Err(VenueError::Rejected { why: Rejection::UnknownOrder, .. }) => Ok(None),
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
            let asking = Asking::plain(Operation::Fills, &query);
            let told: Orders<venue::kucoin::Fill<'static>> = self.ask(&asking).await?;
            let fills = told.items.iter().rev().map(|row| reading::fill(row, pair));
            fills.collect::<Result<_, _>>().map_err(nonsense)
        })
    }

    fn follow<'a>(&'a self, sink: &'a dyn AccountSink) -> Asked<'a, Infallible> {
        Box::pin(self.follow_account(sink))
    }
}

impl KucoinAccount {
    async fn ask<T: DeserializeOwned>(&self, asking: &Asking) -> Result<T, VenueError> {
        parse(&self.shared.signed(&self.signer, asking).await?)
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

    async fn follow_account(&self, sink: &dyn AccountSink) -> Result<Infallible, VenueError> {
        let mut backoff = Backoff::default();
        loop {
            let Err(end) = self.session(sink, &mut backoff).await;
            sink.lost();
            let mut wait = backoff.next();
            match end {
                ListenEnd::Venue(error @ VenueError::Rejected { why: Rejection::Key, .. }) => {
                    return Err(error);
                }
                ListenEnd::Venue(VenueError::TryLater { after, .. }) => wait = wait.max(after),
                ListenEnd::Venue(
                    VenueError::Unknown { text } | VenueError::Rejected { text, .. },
                ) => {
                    tracing::info!(%text, ?wait, "kucoin does not let us listen to an account");
                }
                ListenEnd::Socket(end) => {
                    metrics::counter!("venue_sockets_lost_total", "venue" => "kucoin").increment(1);
                    tracing::info!(%end, ?wait, "the account stream of kucoin ended");
                }
            }
            tokio::time::sleep(wait).await;
        }
    }

    async fn session(
        &self,
        sink: &dyn AccountSink,
        backoff: &mut Backoff,
    ) -> Result<Infallible, ListenEnd> {
        // Anew, since an order may be in a market that was listed meanwhile.
        self.shared.listing().await?;
        let symbols = self.shared.symbols().await?;
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
            match told(&text)? {
                Some(frame) => self.hear(&frame, &symbols, sink).await?,
                // Nothing else is answered before the first ping.
                None if 0 < unanswered => {
                    unanswered -= 1;
                    if unanswered == 0 {
                        backoff.succeeded();
                        sink.listening();
                    }
                }
                None => {}
            }
        }
    }

    async fn hear(
        &self,
        frame: &ServerFrame<'_>,
        symbols: &HashMap<String, Pair>,
        sink: &dyn AccountSink,
    ) -> Result<(), ListenEnd> {
        let data = frame.data.ok_or_else(|| SocketEnd::nonsense("nothing is told"))?.get();
        if frame.topic == Channel::Balance.topic("") {
            let event: BalanceEvent<'_> =
                serde_json::from_str(data).map_err(SocketEnd::nonsense)?;
            match reading::balance_change(&event) {
                Ok(balance) => sink.balance(&balance),
                Err(reading::Malformed("asset")) => {
                    tracing::warn!(asset = %event.currency, "an asset of kucoin is passed over");
                }
                Err(error) => return Err(SocketEnd::nonsense(error).into()),
            }
            return Ok(());
        }
        if frame.topic != Channel::TradeOrdersV2.topic("") {
            return Err(SocketEnd::nonsense("its topic").into());
        }
        let change: OrderChange<'_> = serde_json::from_str(data).map_err(SocketEnd::nonsense)?;
        let Some(pair) = symbols.get(&*change.symbol) else {
            // It was listed after we asked: the next session asks again.
            return Err(SocketEnd::nonsense("a market that was not listed").into());
        };
        self.hear_order(&change, *pair, sink).await
    }

    /// A change tells neither what a fill cost nor for how much an order has traded: both are
    /// asked for where something has.
    async fn hear_order(
        &self,
        change: &OrderChange<'_>,
        pair: Pair,
        sink: &dyn AccountSink,
    ) -> Result<(), ListenEnd> {
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
        let name = OrderName::Venue(change.order_id.to_string());
        sink.order(&self.known(pair, &name).await?);
        Ok(())
    }

    async fn fill_of(
        &self,
        change: &OrderChange<'_>,
        pair: Pair,
        trade: &str,
    ) -> Result<Fill, ListenEnd> {
        for look in 0..LOOKS_MAX {
            if 0 < look {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            let fills = self.fills(pair, Some(&change.order_id)).await?;
            if let Some(fill) = fills.into_iter().find(|fill| fill.trade_id == trade) {
                return Ok(fill);
            }
        }
        Err(SocketEnd::nonsense("a fill that is told nowhere else").into())
    }
}
