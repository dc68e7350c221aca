//! An account at Kraken: its orders, its money, and what happens to them.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use model::Time;
use venue::kraken::{
    AddedOrder, ApiKeyInfo, CanceledCount, Closed, ExtendedBalance, Named, Open, OrderInfo,
    TradeHistory, TradeInfo, TradeVolume, TransferStatus, cancel_body, empty_body, fills_body,
    name_body, order_body, reading, since_body, volume_body,
};
use venue::plain_text;
use venue::port::{
    AccountSink, Asked, Balance, Fees, Fill, NewOrder, Order, OrderName, Pair, Permissions,
    Rejection, TradingAccount, Transfer, Venue, VenueError,
};

use super::ask::{Question, no_such_market, nonsense, result};
use super::{KrakenCredentials, METERS, Shared};
use crate::budget::{Budget, Purpose};
use crate::session::listen;
use crate::unsettled::Unsettled;

/// Trades in one question.
const TRADES_MAX: usize = 20;
/// How long after it was sent the venue's engine may take an order in.
const DEADLINE_MICROS: u64 = 5_000_000;
/// For how long an order without an answer may still be told of: until its deadline, and by what
/// two clocks may differ and the venue's lists may lag behind its engine.
pub const ARRIVES_WITHIN: Duration = Duration::from_secs(10);

/// For how long the venue's clock is believed to go as ours does.
const MEASURED_FOR: Duration = Duration::from_secs(5 * 60);

/// How often an order is looked for that is there for certain.
const LOOKS_MAX: u32 = 3;
/// How long to wait before looking again.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// One key at one Kraken.
#[derive(Debug)]
pub struct KrakenAccount {
    pub shared: Arc<Shared>,
    pub credentials: KrakenCredentials,
    /// What may still be asked by this key, beside its counter.
    pub budget: Budget,
    pub unsettled: Arc<Unsettled>,
}

impl KrakenAccount {
    async fn ask(&self, question: Question<'_>) -> Result<Bytes, VenueError> {
        self.shared.private(&self.credentials, &self.budget, question).await
    }

    /// Asks for something that needs no parameters.
    ///
    /// # Errors
    /// [`VenueError`].
    pub async fn look(&self, operation: &'static str, points: u32) -> Result<Bytes, VenueError> {
        let body = |nonce| Some(empty_body(nonce));
        self.ask(Question { operation, body: &body, purpose: Purpose::Look, points }).await
    }

    /// The order that the venue named so.
    async fn by_id(&self, pair: Pair, id: &str) -> Result<Option<Order>, VenueError> {
        let name = OrderName::Venue(id.to_owned());
        let body = |nonce| name_body(&name, nonce);
        let (operation, purpose) = ("QueryOrders", Purpose::Settle);
        match self.ask(Question { operation, body: &body, purpose, points: 1 }).await {
            Ok(answer) => {
                let found: Named<'_, OrderInfo<'_>> = result(&answer)?;
                let told = found.get(id).ok_or_else(|| nonsense("its order"))?;
                self.read(pair, id, told).await.map(Some)
            }
            Err(VenueError::Rejected { why: Rejection::UnknownOrder, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The order that its placer named so: among those that stand, then among the others.
    async fn by_name(&self, pair: Pair, name: &OrderName) -> Result<Option<Order>, VenueError> {
        let body = |nonce| name_body(name, nonce);
        let question = |operation, points| {
            let purpose = Purpose::Settle;
            Question { operation, body: &body, purpose, points }
        };
        let answer = self.ask(question("OpenOrders", 1)).await?;
        let Open { open } = result(&answer)?;
        if let Some(order) = self.first(pair, &open).await? {
            return Ok(Some(order));
        }
        let answer = self.ask(question("ClosedOrders", 2)).await?;
        let Closed { closed, .. } = result(&answer)?;
        self.first(pair, &closed).await
    }

    async fn first(
        &self,
        pair: Pair,
        orders: &Named<'_, OrderInfo<'_>>,
    ) -> Result<Option<Order>, VenueError> {
        for (id, told) in &orders.0 {
            if self.is_told(pair, told).await? {
                return self.read(pair, id, told).await.map(Some);
            }
        }
        Ok(None)
    }

    /// Whether an order is one of this market, in words that the port has.
    async fn is_told(&self, pair: Pair, told: &OrderInfo<'_>) -> Result<bool, VenueError> {
        Ok(self.pair_of(told).await? == Some(pair) && !reading::is_by_quote(told))
    }

    async fn pair_of(&self, told: &OrderInfo<'_>) -> Result<Option<Pair>, VenueError> {
        let known = self.shared.known().await?;
        Ok(known.named(&told.descr.pair).map(|listed| listed.market.pair))
    }

    async fn read(&self, pair: Pair, id: &str, told: &OrderInfo<'_>) -> Result<Order, VenueError> {
        if self.pair_of(told).await? != Some(pair) {
            return Err(nonsense("its market"));
        }
        reading::order(id, told, pair).map_err(nonsense)
    }

    /// Measures the venue's clock, unless that was done lately. Here the venue would not say that
    /// it is wrong: an order only stays good for longer.
    async fn measure_lately(&self) -> Result<(), VenueError> {
        let mut measured = self.shared.measured.lock().await;
        let now = self.shared.rest.clock.ours();
        let is_old = |at: Time| MEASURED_FOR.as_micros() < u128::from(now.0.saturating_sub(at.0));
        if measured.is_none_or(is_old) {
            self.shared.measure().await?;
            *measured = Some(now);
        }
        Ok(())
    }

    async fn place_order(&self, order: &NewOrder) -> Result<Order, VenueError> {
        let known = self.shared.known().await?;
        if known.of(order.pair).is_none() {
            return Err(no_such_market());
        }
        // The deadline is one of the venue's clock.
        self.measure_lately().await.map_err(not_sent)?;
        let clock = &self.shared.rest.clock;
        let deadline = || Time(clock.theirs().0.saturating_add(DEADLINE_MICROS));
        let body = |nonce| order_body(order, deadline(), nonce);
        let (operation, purpose) = ("AddOrder", Purpose::Place);
        let placed = async {
            let answer = self.ask(Question { operation, body: &body, purpose, points: 0 }).await?;
            let AddedOrder { txid, .. } = result(&answer)?;
            let txid = txid.and_then(|names| names.into_iter().next());
            let id = txid.ok_or_else(|| nonsense("its order"))?;
            // The venue says only that it took the order, which may be filled by now.
            self.known(order.pair, &OrderName::Venue(id.into_owned())).await
        };
        self.unsettled.watch(order.client_id, (clock, ARRIVES_WITHIN), placed).await
    }

    /// An order that is there for certain: how it stands.
    async fn known(&self, pair: Pair, name: &OrderName) -> Result<Order, VenueError> {
        let unknown =
            |text: std::fmt::Arguments<'_>| VenueError::Unknown { text: plain_text(text) };
        let name_of = |name: &OrderName| match name {
            OrderName::Venue(id) => id.clone(),
            OrderName::Client(id) => id.to_string(),
        };
        for look in 0..LOOKS_MAX {
            if 0 < look {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
            match self.find(pair, name).await {
                Ok(Some(order)) => return Ok(order),
                // Its lists may lag behind what was done.
                Ok(None) => {}
                Err(error) => {
                    let text = format_args!("it was done to {}, and then: {error}", name_of(name));
                    return Err(unknown(text));
                }
            }
        }
        Err(unknown(format_args!("it was done, and {} is not told yet", name_of(name))))
    }

    async fn find(&self, pair: Pair, name: &OrderName) -> Result<Option<Order>, VenueError> {
        if name_body(name, 0).is_none() {
            return Ok(None);
        }
        let asked = self.shared.rest.clock.ours();
        let found = match name {
            OrderName::Venue(id) => self.by_id(pair, id).await?,
            OrderName::Client(_) => self.by_name(pair, name).await?,
        };
        if found.is_none() {
            self.unsettled.check_none(name, asked)?;
        }
        Ok(found)
    }

    async fn cancel_order(&self, pair: Pair, name: &OrderName) -> Result<Order, VenueError> {
        let body = |nonce| cancel_body(name, nonce);
        let (operation, purpose) = ("CancelOrder", Purpose::Cancel);
        let asked = self.shared.rest.clock.ours();
        match self.ask(Question { operation, body: &body, purpose, points: 0 }).await {
            Ok(answer) => {
                let CanceledCount { count } = result(&answer)?;
                if count == 0 {
                    return Err(nonsense("its count"));
                }
            }
            Err(error @ VenueError::Rejected { why: Rejection::UnknownOrder, .. }) => {
                self.unsettled.check_none(name, asked)?;
                return Err(error);
            }
            Err(error) => return Err(error),
        }
        self.known(pair, name).await
    }

    async fn fills_of(&self, pair: Pair, order: Option<&str>) -> Result<Vec<Fill>, VenueError> {
        let mut fills = match order {
            None => {
                let answer = self.look("TradesHistory", 2).await?;
                let TradeHistory { trades, .. } = result(&answer)?;
                self.read_fills(pair, &trades).await?
            }
            Some(id) => {
                let name = OrderName::Venue(id.to_owned());
                let body = |nonce| name_body(&name, nonce);
                let (operation, purpose) = ("QueryOrders", Purpose::Look);
                let answer =
                    self.ask(Question { operation, body: &body, purpose, points: 1 }).await?;
                let found: Named<'_, OrderInfo<'_>> = result(&answer)?;
                let told = found.get(id).ok_or_else(|| nonsense("its order"))?;
                let names: Vec<&str> =
                    told.trades.iter().flatten().map(std::convert::AsRef::as_ref).collect();
                let mut fills = Vec::new();
                for names in names.chunks(TRADES_MAX) {
                    let body = |nonce| fills_body(names, nonce);
                    let operation = "QueryTrades";
                    let question = Question { operation, body: &body, purpose, points: 1 };
                    let answer = self.ask(question).await?;
                    let trades: Named<'_, TradeInfo<'_>> = result(&answer)?;
                    fills.extend(self.read_fills(pair, &trades).await?);
                }
                fills
            }
        };
        fills.sort_by_key(|fill| (fill.time, fill.trade_id.len(), fill.trade_id.clone()));
        Ok(fills)
    }

    async fn read_fills(
        &self,
        pair: Pair,
        trades: &Named<'_, TradeInfo<'_>>,
    ) -> Result<Vec<Fill>, VenueError> {
        let known = self.shared.known().await?;
        let here = trades.0.iter().filter(|(_, told)| {
            known.named(&told.pair).is_some_and(|listed| listed.market.pair == pair)
        });
        here.map(|(_, told)| reading::fill(told, pair).map_err(nonsense)).collect()
    }

    async fn transfers(
        &self,
        operation: &'static str,
        since: Time,
    ) -> Result<Vec<Transfer>, VenueError> {
        let body = |nonce| Some(since_body(since, nonce));
        let purpose = Purpose::Look;
        let answer = self.ask(Question { operation, body: &body, purpose, points: 1 }).await?;
        let rows: Vec<TransferStatus<'_>> = result(&answer)?;
        let mut transfers: Vec<Transfer> = rows
            .iter()
            .filter_map(|row| reading::transfer(row).transpose())
            .collect::<Result<_, _>>()
            .map_err(nonsense)?;
        transfers.sort_by_key(|transfer| transfer.time);
        Ok(transfers)
    }
}

/// What became of a question without which nothing else was sent: nothing was.
fn not_sent(error: VenueError) -> VenueError {
    match error {
        VenueError::Unknown { text } => VenueError::later(text),
        error @ (VenueError::Rejected { .. } | VenueError::TryLater { .. }) => error,
    }
}

impl TradingAccount for KrakenAccount {
    fn venue(&self) -> Venue {
        Venue::Kraken
    }

    fn permissions(&self) -> Asked<'_, Permissions> {
        Box::pin(async {
            let answer = self.look("GetApiKeyInfo", 1).await?;
            let told: ApiKeyInfo<'_> = result(&answer)?;
            Ok(reading::permissions(&told))
        })
    }

    fn balances(&self) -> Asked<'_, Vec<Balance>> {
        Box::pin(async {
            let answer = self.look("BalanceEx", 1).await?;
            let told: Named<'_, ExtendedBalance> = result(&answer)?;
            let mut balances = Vec::new();
            for (name, told) in &told.0 {
                match reading::balance(name, told).map_err(nonsense)? {
                    Some(balance) => balances.push(balance),
                    None => {
                        METERS.refused();
                        let asset = plain_text(name);
                        tracing::debug!(asset, "an asset of kraken is passed over");
                    }
                }
            }
            balances.retain(|it| !it.free.is_zero() || !it.held.is_zero());
            Ok(balances)
        })
    }

    fn fees(&self, pair: Pair) -> Asked<'_, Fees> {
        Box::pin(async move {
            let body = |nonce| Some(volume_body(pair, nonce));
            let (operation, purpose) = ("TradeVolume", Purpose::Look);
            let answer = self.ask(Question { operation, body: &body, purpose, points: 1 }).await?;
            let told: TradeVolume<'_> = result(&answer)?;
            let known = self.shared.known().await?;
            let key = &known.of(pair).ok_or_else(no_such_market)?.key;
            let of =
                |fees: &Option<Named<'_, _>>| fees.as_ref().and_then(|it| it.get(key)).copied();
            let taker = of(&told.fees).ok_or_else(|| nonsense("its market"))?;
            reading::fees(&taker, of(&told.fees_maker).as_ref()).map_err(nonsense)
        })
    }

    fn place<'a>(&'a self, order: &'a NewOrder) -> Asked<'a, Order> {
        Box::pin(self.place_order(order))
    }

    fn cancel<'a>(&'a self, pair: Pair, name: &'a OrderName) -> Asked<'a, Order> {
        Box::pin(self.cancel_order(pair, name))
    }

    fn order<'a>(&'a self, pair: Pair, name: &'a OrderName) -> Asked<'a, Option<Order>> {
        Box::pin(self.find(pair, name))
    }

    fn open_orders(&self, pair: Pair) -> Asked<'_, Vec<Order>> {
        Box::pin(async move {
            let answer = self.look("OpenOrders", 1).await?;
            let Open { open } = result(&answer)?;
            let mut orders = Vec::new();
            for (id, told) in &open.0 {
                if self.is_told(pair, told).await? {
                    orders.push(self.read(pair, id, told).await?);
                }
            }
            Ok(orders)
        })
    }

    fn fills<'a>(&'a self, pair: Pair, order: Option<&'a str>) -> Asked<'a, Vec<Fill>> {
        Box::pin(self.fills_of(pair, order))
    }

    fn deposits(&self, since: Time) -> Asked<'_, Vec<Transfer>> {
        Box::pin(self.transfers("DepositStatus", since))
    }

    fn withdrawals(&self, since: Time) -> Asked<'_, Vec<Transfer>> {
        Box::pin(self.transfers("WithdrawStatus", since))
    }

    fn follow<'a>(&'a self, sink: &'a dyn AccountSink) -> Asked<'a, Infallible> {
        Box::pin(listen(self, sink, METERS))
    }
}
