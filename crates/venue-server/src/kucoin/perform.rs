//! What is asked, done: each operation by its name.

use std::borrow::Cow;
use std::net::IpAddr;

use axum::http::request;
use model::Time;
use percent_encoding::percent_decode_str;
use serde::Serialize;
use venue::kucoin::{Envelope, Operation, Refusal, ServiceStatus};

use super::door::{Door, Key};
use super::{account, alter, classic, market, order, socket, stop};

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

/// Does what is asked.
///
/// # Errors
/// [`Refusal`].
pub async fn perform(operation: Operation, call: &Call<'_>) -> Result<String, Refusal> {
    match operation {
        Operation::ServerTime => told(call.now.millis()),
        Operation::ServiceStatus => told(ServiceStatus { status: "open".into(), msg: "".into() }),
        Operation::Symbols => market::symbols(call),
        Operation::Symbol => market::symbol(call),
        Operation::Currencies => market::currencies(call),
        Operation::Currency => market::currency(call),
        Operation::Markets => market::groups(call),
        Operation::Level1 => market::level1(call),
        Operation::Book20 => market::book(call, market::Part::Best20),
        Operation::Book100 => market::book(call, market::Part::Best100),
        Operation::FullBook => market::book(call, market::Part::Whole),
        Operation::AllTickers => market::all_tickers(call),
        Operation::Stats => market::stats(call),
        Operation::Histories => market::histories(call),
        Operation::Candles => market::candles(call),
        Operation::MyAddress => told(call.from.to_string()),
        Operation::BulletPublic | Operation::BulletPrivate => socket::bullet(call),
        Operation::Accounts => account::accounts(call),
        Operation::Account => account::account(call),
        Operation::UserInfo => told(venue::kucoin::UserInfo::default()),
        Operation::ApiKeyInfo => account::api_key(call),
        Operation::HfOpened => told(true),
        Operation::AccountMode => account::mode(),
        Operation::BaseFee => account::base_fee(call),
        Operation::TradeFees => account::trade_fees(call),
        Operation::Deposits => account::deposits(call),
        Operation::Withdrawals => account::withdrawals(call),
        Operation::MarginSymbols => told(NoMargin { timestamp: call.now.millis(), items: NOTHING }),
        Operation::IsolatedSymbols | Operation::Contracts => told(NOTHING),
        Operation::Place => order::place(call).await,
        Operation::PlaceSync => order::place_sync(call).await,
        Operation::PlaceTest | Operation::ClassicTest => order::test(call),
        Operation::PlaceMany => order::place_many(call, false).await,
        Operation::PlaceManySync => order::place_many(call, true).await,
        Operation::Cancel => order::cancel(call, order::By::Id).await,
        Operation::CancelSync => order::cancel_sync(call, order::By::Id).await,
        Operation::CancelByClient => order::cancel(call, order::By::Client).await,
        Operation::CancelByClientSync => order::cancel_sync(call, order::By::Client).await,
        Operation::CancelSymbol => order::cancel_symbol(call).await,
        Operation::CancelAll => order::cancel_all(call).await,
        Operation::Alter => alter::alter(call).await,
        Operation::CancelPart => alter::cancel_part(call).await,
        Operation::SetSwitch => alter::set_switch(call),
        Operation::Switch => alter::switch(call),
        Operation::StopPlace => stop::place(call).await,
        Operation::StopCancel => stop::cancel(call).await,
        Operation::StopCancelByClient => stop::cancel_by_client(call).await,
        Operation::StopCancelMany => stop::cancel_many(call).await,
        Operation::StopOrder => stop::found(call),
        Operation::StopOrderByClient => stop::found_by_client(call),
        Operation::StopOrders => stop::list(call),
        Operation::Order => order::found(call, order::By::Id),
        Operation::OrderByClient => order::found(call, order::By::Client),
        Operation::OpenOrders => order::open_orders(call),
        Operation::OpenOrdersPage => order::open_orders_page(call),
        Operation::OpenSymbols => order::open_symbols(call),
        Operation::DoneOrders => order::done_orders(call),
        Operation::Fills => order::fills(call),
        Operation::ClassicPlace => classic::place(call).await,
        Operation::ClassicCancel => classic::cancel(call, order::By::Id).await,
        Operation::ClassicCancelByClient => classic::cancel(call, order::By::Client).await,
        Operation::ClassicCancelAll => classic::cancel_all(call).await,
        Operation::ClassicOrder => classic::found(call, order::By::Id),
        Operation::ClassicOrderByClient => classic::found(call, order::By::Client),
        Operation::ClassicOrders => classic::orders(call),
        Operation::ClassicRecentOrders => classic::recent_orders(call),
        Operation::ClassicFills => classic::fills(call),
        Operation::ClassicRecentFills => classic::recent_fills(call),
    }
}
