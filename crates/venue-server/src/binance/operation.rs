//! One function for each thing that can be asked, whoever carries the request.

use std::net::IpAddr;

use axum::body::Bytes;
use model::Time;
use projection::History;
use serde::Serialize;
use venue::binance::{Operation, OrderProblem, Refusal, TimeUnit};

use super::auth::Caller;
use super::limit::OrderCount;
use super::request::Params;
use super::{
    account, exchange_info, list, listen_key, market, order, replace, startup, ticker, transfer,
    unserved,
};
use crate::exchange::Exchange;

/// One request, as an operation sees it.
#[derive(Clone, Copy, Debug)]
pub struct Call<'a> {
    /// What it is asked of.
    pub exchange: &'a Exchange,
    /// What was sent.
    pub params: &'a Params<'a>,
    /// Who asks; always there where [`Operation::security`] asks for a key.
    pub caller: Option<&'a Caller>,
    /// From where.
    pub from: IpAddr,
    /// When it came.
    pub now: Time,
    /// In which unit times are told.
    pub time_unit: TimeUnit,
}

impl Call<'_> {
    /// Who asks.
    ///
    /// # Errors
    /// [`Refusal::KeyFormat`] where nobody is known: a signed operation never gets that far.
    pub fn caller(&self) -> Result<&Caller, Refusal> {
        self.caller.ok_or(Refusal::KeyFormat)
    }

    /// What is read of long ago, by who asks: they have so many readers at once and no more.
    #[must_use]
    pub fn history(&self) -> History {
        let account = self.caller.map(|caller| caller.account);
        self.exchange.history.gated(self.exchange.readers.gate(account, self.from))
    }

    /// `time` in the unit that was asked for.
    #[must_use]
    pub const fn time(&self, time: Time) -> u64 {
        self.time_unit.of(time)
    }
}

/// What an operation answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// 200, or the status of a documented error whose body is in `json`.
    pub status: u16,
    /// JSON: the REST body, and the `result` (or `error`) of a socket's answer.
    pub json: Bytes,
    /// For who placed orders: how many count now.
    pub orders: Option<OrderCount>,
}

impl Answer {
    /// What is answered when all went well.
    ///
    /// # Errors
    /// [`Refusal::Unknown`] if `value` is no JSON, which is a bug of ours.
    pub fn of<T: Serialize + ?Sized>(value: &T) -> Result<Self, Refusal> {
        let mut json = Vec::with_capacity(512);
        serde_json::to_writer(&mut json, value).map_err(|error| {
            tracing::error!(%error, "an answer that is no JSON");
            Refusal::Unknown
        })?;
        Ok(Self { status: 200, json: json.into(), orders: None })
    }

    /// This answer, for who placed orders.
    #[must_use]
    pub fn with_orders(self, orders: OrderCount) -> Self {
        Self { orders: Some(orders), ..self }
    }
}

/// Carries out one operation.
///
/// # Errors
/// The documented refusal; nothing was changed then, unless it says that the outcome is unknown.
pub async fn perform(operation: Operation, call: &Call<'_>) -> Result<Answer, Refusal> {
    match operation {
        Operation::Ping => market::ping(call),
        Operation::Time => market::time(call),
        Operation::ExchangeInfo => exchange_info::exchange_info(call),
        Operation::ExecutionRules => exchange_info::execution_rules(call),
        Operation::Depth => market::depth(call),
        Operation::Trades => market::trades(call).await,
        Operation::HistoricalTrades => market::historical_trades(call).await,
        Operation::AggTrades => market::agg_trades(call).await,
        Operation::Klines | Operation::UiKlines => market::klines(call).await,
        Operation::AvgPrice => market::avg_price(call),
        Operation::Ticker24hr => ticker::ticker_24h(call),
        Operation::TickerTradingDay => ticker::trading_day(call),
        Operation::TickerPrice => ticker::price(call),
        Operation::TickerBook => ticker::book(call),
        Operation::TickerRolling => ticker::rolling(call),
        Operation::OrderPlace => order::place(call).await,
        Operation::OrderTest => order::test(call),
        Operation::OrderStatus => order::status(call).await,
        Operation::OrderCancel => order::cancel(call).await,
        Operation::OrderCancelReplace => replace::cancel_replace(call).await,
        Operation::OrderAmend => replace::amend(call).await,
        Operation::OrderAmendments => replace::amendments(call).await,
        Operation::OpenOrders => order::open(call),
        Operation::OpenOrdersCancelAll => order::cancel_all(call).await,
        Operation::AllOrders => order::all(call).await,
        Operation::ListPlaceOcoLegacy => list::place_legacy(call).await,
        Operation::ListPlaceOco => list::place_oco(call).await,
        Operation::ListPlaceOto => unserved::placed(call, OrderProblem::OtoUnsupported),
        Operation::ListPlaceOpo => unserved::placed(call, OrderProblem::OpoUnsupported),
        Operation::SorPlace => unserved::placed(call, OrderProblem::SorUnsupported),
        Operation::ListCancel => list::cancel(call).await,
        Operation::ListStatus => list::status(call).await,
        Operation::OpenLists => list::open(call),
        Operation::AllLists => list::all(call).await,
        Operation::Account => account::status(call),
        Operation::AccountCommission => account::commission(call),
        Operation::MyTrades => account::my_trades(call).await,
        Operation::MyPreventedMatches => account::my_prevented_matches(call).await,
        Operation::MyAllocations => account::my_allocations(call),
        Operation::MyFilters => account::my_filters(call),
        Operation::RateLimitOrder => account::order_limits(call),
        Operation::ListenKeyCreate => listen_key::create(call),
        Operation::ListenKeyKeep => listen_key::keep(call),
        Operation::ListenKeyClose => listen_key::close(call),
        Operation::CoinInfo => startup::coin_info(call),
        Operation::MarginPairs => startup::nothing_there(),
        Operation::DepositHistory => transfer::deposits(call),
        Operation::WithdrawHistory => transfer::withdrawals(call),
        Operation::TradeFee => startup::trade_fee(call),
        Operation::ApiRestrictions => startup::api_restrictions(call),
        Operation::AccountStatus => startup::account_status(),
        Operation::SystemStatus => startup::system_status(),
        Operation::ReferencePrice => unserved::reference_price(call),
        Operation::HistoricalBlockTrades => unserved::block_trades(call),
        Operation::UserAsset => unserved::user_assets(call),
        Operation::FundingAsset => startup::nothing_there(),
        Operation::DepositAddress | Operation::Withdraw => Err(Refusal::Unsupported),
        Operation::FuturesExchangeInfo => startup::futures_exchange_info(call),
    }
}
