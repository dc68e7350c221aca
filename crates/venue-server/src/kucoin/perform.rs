//! What is asked, done: each operation by its name.

use std::borrow::Cow;
use std::net::IpAddr;

use axum::http::request;
use model::{Decimal, Time};
use percent_encoding::percent_decode_str;
use serde::Serialize;
use venue::kucoin::{DecimalText, Envelope, Operation as Op, Refusal, ServiceStatus};

use super::door::{Door, Key};
use super::{account, alter, classic, ledger, market, order, socket, stop};

/// One request.
pub struct Call<'a> {
    pub door: &'a Door,
    /// Who asks; nobody in particular of what everybody may ask.
    pub key: Option<&'a Key>,
    pub query: Query<'a>,
    pub head: &'a request::Parts,
    pub body: &'a [u8],
    pub from: IpAddr,
    pub now: Time,
}

/// What stands behind the path.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a>(pub &'a str);

impl<'a> Query<'a> {
    /// The value of that name; `None` where it is missing or empty.
    pub fn get(self, name: &str) -> Option<Cow<'a, str>> {
        let pairs = self.0.split('&').filter_map(|pair| pair.split_once('='));
        let mut found = pairs.filter(|(key, value)| *key == name && !value.is_empty());
        let (_, value) = found.next()?;
        percent_decode_str(value).decode_utf8().ok()
    }

    /// The whole number of that name.
    ///
    /// # Errors
    /// [`Refusal::Parameter`] where it is none.
    pub fn number(self, name: &'static str) -> Result<Option<u64>, Refusal> {
        let number = self.get(name).map(|text| text.parse().map_err(|_| Refusal::Parameter(name)));
        number.transpose()
    }
}

/// As the venue prints numbers: without zeros behind.
pub const fn number(number: Decimal) -> DecimalText {
    DecimalText(number.trimmed())
}

impl Call<'_> {
    /// Who asks.
    ///
    /// # Errors
    /// [`Refusal::MissingHeader`] where nobody does.
    pub fn key(&self) -> Result<&Key, Refusal> {
        self.key.ok_or(Refusal::MissingHeader)
    }

    /// What the path names.
    pub fn name(&self) -> Cow<'_, str> {
        let last = self.head.uri.path().rsplit('/').next().unwrap_or_default();
        percent_decode_str(last).decode_utf8_lossy()
    }
}

/// An answer in its envelope.
///
/// # Errors
/// [`Refusal::Internal`] where it cannot be written, which is a bug of ours.
pub fn told(data: impl Serialize) -> Result<String, Refusal> {
    serde_json::to_string(&Envelope::new(data)).map_err(|_| Refusal::Internal)
}

/// A list that is always empty here: what it would list does not exist.
const NOTHING: [(); 0] = [];

/// A list of margin markets, of which there are none.
#[derive(Serialize)]
struct NoMargin {
    timestamp: u64,
    items: [(); 0],
}

/// What of other kinds of trading there is.
fn not_here(operation: Op, call: &Call<'_>) -> Result<String, Refusal> {
    if operation == Op::MarginSymbols {
        told(NoMargin { timestamp: call.now.millis(), items: NOTHING })
    } else {
        told(NOTHING)
    }
}

/// Does what is asked.
///
/// # Errors
/// [`Refusal`].
pub async fn perform(operation: Op, call: &Call<'_>) -> Result<String, Refusal> {
    match operation {
        Op::ServerTime => told(call.now.millis()),
        Op::ServiceStatus => told(ServiceStatus { status: "open".into(), msg: "".into() }),
        Op::Symbols => market::symbols(call),
        Op::Symbol => market::symbol(call),
        Op::Currencies => market::currencies(call),
        Op::Currency => market::currency(call),
        Op::Markets => market::groups(call),
        Op::Level1 => market::level1(call),
        Op::Book20 => market::book(call, market::Part::Best20),
        Op::Book100 => market::book(call, market::Part::Best100),
        Op::FullBook => market::book(call, market::Part::Whole),
        Op::AllTickers => market::all_tickers(call),
        Op::Stats => market::stats(call),
        Op::Histories => market::histories(call),
        Op::Candles => market::candles(call),
        Op::MyAddress => told(call.from.to_string()),
        Op::BulletPublic | Op::BulletPrivate => socket::bullet(call),
        Op::Accounts => account::accounts(call),
        Op::Account => account::account(call),
        Op::UserInfo => told(venue::kucoin::UserInfo::default()),
        Op::ApiKeyInfo => account::api_key(call),
        Op::HfOpened => told(true),
        Op::AccountMode => account::mode(),
        Op::BaseFee => account::base_fee(call),
        Op::TradeFees => account::trade_fees(call),
        Op::Deposits | Op::Withdrawals => account::transfers(call, operation),
        Op::MarginSymbols | Op::IsolatedSymbols | Op::Contracts => not_here(operation, call),
        Op::Place => order::place(call).await,
        Op::PlaceSync => order::place_sync(call).await,
        Op::PlaceTest | Op::ClassicTest => order::test(call),
        Op::PlaceMany => order::place_many(call, false).await,
        Op::PlaceManySync => order::place_many(call, true).await,
        Op::Cancel => order::cancel(call, order::By::Id).await,
        Op::CancelSync => order::cancel_sync(call, order::By::Id).await,
        Op::CancelByClient => order::cancel(call, order::By::Client).await,
        Op::CancelByClientSync => order::cancel_sync(call, order::By::Client).await,
        Op::CancelSymbol => order::cancel_symbol(call).await,
        Op::CancelAll => order::cancel_all(call).await,
        Op::Alter => alter::alter(call).await,
        Op::CancelPart => alter::cancel_part(call).await,
        Op::SetSwitch => alter::set_switch(call),
        Op::Switch => alter::switch(call),
        Op::StopPlace => stop::place(call).await,
        Op::StopCancel => stop::cancel(call).await,
        Op::StopCancelByClient => stop::cancel_by_client(call).await,
        Op::StopCancelMany => stop::cancel_many(call).await,
        Op::StopOrder => stop::found(call),
        Op::StopOrderByClient => stop::found_by_client(call),
        Op::StopOrders => stop::list(call),
        Op::Order => order::found(call, order::By::Id),
        Op::OrderByClient => order::found(call, order::By::Client),
        Op::OpenOrders => order::open_orders(call),
        Op::OpenOrdersPage => order::open_orders_page(call),
        Op::OpenSymbols => order::open_symbols(call),
        Op::DoneOrders => order::done_orders(call),
        Op::Fills => order::fills(call),
        Op::ClassicPlace => classic::place(call).await,
        Op::ClassicCancel => classic::cancel(call, order::By::Id).await,
        Op::ClassicCancelByClient => classic::cancel(call, order::By::Client).await,
        Op::ClassicCancelAll => classic::cancel_all(call).await,
        Op::ClassicOrder => classic::found(call, order::By::Id),
        Op::ClassicOrderByClient => classic::found(call, order::By::Client),
        Op::ClassicOrders | Op::ClassicRecentOrders => classic::orders(call, operation),
        Op::ClassicFills | Op::ClassicRecentFills => classic::fills(call, operation),
        Op::ClassicPlaceMany => classic::place_many(call).await,
        Op::Ledgers | Op::HfLedgers => ledger::listed(call, operation),
    }
}
