//! Requests over HTTP.
//!
//! Keeps   one table says what may be asked, how, and by whom; a body is bounded in size and time;
//!         every answer that was counted tells what is left of its rate.

use std::sync::Arc;

use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, request};
use axum::response::Response;
use axum::routing::any;
use serde::Serialize;
use venue::coinbase::{RATE_HEADERS, Refusal, UNAUTHORIZED};

use super::keys::Key;
use super::meter::{self, Left};
use super::params::Params;
use super::{Door, account, history, market, order, portfolio, revision, wallet};
use crate::body::{self, Unread};

/// The longest body, in bytes.
const BODY_BYTES_MAX: usize = 64 * 1_024;
/// Where the older paths begin.
const WALLET: &str = "/v2/";

/// What is answered: JSON of status 200.
pub type Answer = Result<Vec<u8>, Refusal>;

/// Writes an answer.
///
/// # Errors
/// [`Refusal::Internal`], which does not happen: what we write can be written.
pub fn json(value: &impl Serialize) -> Answer {
    serde_json::to_vec(value).map_err(|_| Refusal::Internal)
}

/// Who may ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Access {
    Everybody,
    /// A key that may look.
    View,
    /// A key that may trade.
    Trade,
}

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Time,
    Products,
    Product,
    Book,
    Best,
    Trades,
    Candles,
    Accounts,
    Account,
    Permissions,
    Portfolios,
    Portfolio,
    PaymentMethods,
    ConvertQuote,
    Summary,
    Place,
    Cancel,
    Edit,
    EditPreview,
    Preview,
    Orders,
    Order,
    Fills,
    ClosePosition,
    WalletTime,
    WalletFiat,
    WalletCrypto,
    WalletRates,
    WalletAccounts,
    WalletTransactions,
    WalletDeposits,
    WalletWithdrawals,
    WalletNothing,
}

/// A path with what it asks.
type Route = (&'static str, &'static str, Operation, Access);

const ROUTES: [Route; 42] = [
    ("GET", "/api/v3/brokerage/time", Operation::Time, Access::Everybody),
    ("GET", "/api/v3/brokerage/market/products", Operation::Products, Access::Everybody),
    ("GET", "/api/v3/brokerage/market/products/{id}", Operation::Product, Access::Everybody),
    ("GET", "/api/v3/brokerage/market/product_book", Operation::Book, Access::Everybody),
    ("GET", "/api/v3/brokerage/market/products/{id}/ticker", Operation::Trades, Access::Everybody),
    (
        "GET",
        "/api/v3/brokerage/market/products/{id}/candles",
        Operation::Candles,
        Access::Everybody,
    ),
    ("GET", "/api/v3/brokerage/products", Operation::Products, Access::View),
    ("GET", "/api/v3/brokerage/products/{id}", Operation::Product, Access::View),
    ("GET", "/api/v3/brokerage/product_book", Operation::Book, Access::View),
    ("GET", "/api/v3/brokerage/best_bid_ask", Operation::Best, Access::View),
    ("GET", "/api/v3/brokerage/products/{id}/ticker", Operation::Trades, Access::View),
    ("GET", "/api/v3/brokerage/products/{id}/candles", Operation::Candles, Access::View),
    ("GET", "/api/v3/brokerage/accounts", Operation::Accounts, Access::View),
    ("GET", "/api/v3/brokerage/accounts/{id}", Operation::Account, Access::View),
    ("GET", "/api/v3/brokerage/key_permissions", Operation::Permissions, Access::View),
    ("GET", "/api/v3/brokerage/portfolios", Operation::Portfolios, Access::View),
    ("GET", "/api/v3/brokerage/portfolios/{id}", Operation::Portfolio, Access::View),
    ("GET", "/api/v3/brokerage/payment_methods", Operation::PaymentMethods, Access::View),
    ("POST", "/api/v3/brokerage/convert/quote", Operation::ConvertQuote, Access::Trade),
    ("GET", "/api/v3/brokerage/transaction_summary", Operation::Summary, Access::View),
    ("POST", "/api/v3/brokerage/orders", Operation::Place, Access::Trade),
    ("POST", "/api/v3/brokerage/orders/batch_cancel", Operation::Cancel, Access::Trade),
    ("POST", "/api/v3/brokerage/orders/close_position", Operation::ClosePosition, Access::Trade),
    ("POST", "/api/v3/brokerage/orders/edit", Operation::Edit, Access::Trade),
    ("POST", "/api/v3/brokerage/orders/edit_preview", Operation::EditPreview, Access::View),
    ("POST", "/api/v3/brokerage/orders/preview", Operation::Preview, Access::View),
    ("GET", "/api/v3/brokerage/orders/historical/batch", Operation::Orders, Access::View),
    ("GET", "/api/v3/brokerage/orders/historical/fills", Operation::Fills, Access::View),
    ("GET", "/api/v3/brokerage/orders/historical/{id}", Operation::Order, Access::View),
    ("GET", "/v2/time", Operation::WalletTime, Access::Everybody),
    ("GET", "/v2/currencies", Operation::WalletFiat, Access::Everybody),
    ("GET", "/v2/currencies/crypto", Operation::WalletCrypto, Access::Everybody),
    ("GET", "/v2/exchange-rates", Operation::WalletRates, Access::Everybody),
    ("GET", "/v2/accounts", Operation::WalletAccounts, Access::View),
    // Some clients ask so for the same.
    ("GET", "/v2/accounts/", Operation::WalletAccounts, Access::View),
    ("GET", "/v2/accounts/{id}/transactions", Operation::WalletTransactions, Access::View),
    ("GET", "/v2/accounts/{id}/deposits", Operation::WalletDeposits, Access::View),
    ("GET", "/v2/accounts/{id}/withdrawals", Operation::WalletWithdrawals, Access::View),
    ("GET", "/v2/accounts/{id}/addresses", Operation::WalletNothing, Access::View),
    ("GET", "/v2/accounts/{id}/buys", Operation::WalletNothing, Access::View),
    ("GET", "/v2/accounts/{id}/sells", Operation::WalletNothing, Access::View),
    ("GET", "/v2/payment-methods", Operation::WalletNothing, Access::View),
];

/// One route for each path of the table.
pub fn routes() -> Router<Arc<Door>> {
    ROUTES.into_iter().fold(Router::new(), |router, route| {
        let serve =
            move |State(door): State<Arc<Door>>, request: Request| serve(door, route, request);
        router.route(route.1, any(serve))
    })
}

/// What is asked by a path that nobody serves.
pub async fn not_found(State(door): State<Arc<Door>>, request: Request) -> Response {
    let (head, _) = request.into_parts();
    let left = door.addresses.take(door.desk.exchange().address_of(&head), door.desk.now());
    let refusal =
        if left.remaining.is_some() { Refusal::NotFound("Not Found") } else { Refusal::RateLimit };
    let mut response = refused(refusal, head.uri.path().starts_with(WALLET));
    tell_left(response.headers_mut(), left);
    response
}

async fn serve(door: Arc<Door>, route: Route, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let is_wallet = head.uri.path().starts_with(WALLET);
    let (left, outcome) = answer(&door, route, &head, body).await;
    let mut response = match outcome {
        Ok(json) => {
            let mut response = Response::new(Body::from(json));
            response.headers_mut().insert(CONTENT_TYPE, JSON);
            response
        }
        Err(refusal) => refused(refusal, is_wallet),
    };
    tell_left(response.headers_mut(), left);
    response
}

async fn answer(
    door: &Door,
    (method, _, operation, access): Route,
    head: &request::Parts,
    body: Body,
) -> (Left, Answer) {
    let (from, now) = (door.desk.exchange().address_of(head), door.desk.now());
    let key = match access {
        Access::Everybody => None,
        // A signature is dear to check: who guesses is not heard for the rest of the second.
        Access::View | Access::Trade if door.guesses.is_spent(from, now) => {
            return (door.addresses.take(from, now), Err(Refusal::RateLimit));
        }
        Access::View | Access::Trade => match door.authenticate(head, now) {
            Ok(key) => Some(key),
            // Who does not say who they are is counted by where they are.
            Err(refusal) => {
                if door.names_a_key(head) {
                    door.guesses.take(from, now);
                }
                let left = door.addresses.take(from, now);
                let refusal = left.remaining.map_or(Refusal::RateLimit, |_| refusal);
                return (left, Err(refusal));
            }
        },
    };
    let left = match key {
        Some(key) => meter::take(&key.rate, now),
        None => door.addresses.take(from, now),
    };
    if left.remaining.is_none() {
        return (left, Err(Refusal::RateLimit));
    }
    let outcome = async {
        let is_allowed = match (access, key) {
            (Access::Everybody, _) | (_, None) => true,
            (Access::View, Some(key)) => key.scopes.read,
            (Access::Trade, Some(key)) => key.scopes.trade,
        };
        if !is_allowed {
            return Err(Refusal::Forbidden);
        }
        if head.method != method {
            return Err(Refusal::Method);
        }
        let body = read_body(body).await?;
        let params = Params::read(head.uri.query().unwrap_or_default())?;
        match key {
            None => public(door, operation, head.uri.path(), &params),
            Some(key) => private(door, key, operation, head.uri.path(), (&params, &body)).await,
        }
    };
    (left, outcome.await)
}

/// The part of a path that stands so many places from its end.
fn part(path: &str, from_end: usize) -> &str {
    path.rsplit('/').nth(from_end).unwrap_or_default()
}

fn public(door: &Door, operation: Operation, path: &str, params: &Params) -> Answer {
    match operation {
        Operation::Time => market::time(door),
        Operation::Products => market::products(door, params),
        Operation::Product => market::one_product(door, part(path, 0)),
        Operation::Book => market::book(door, params),
        Operation::Trades => market::trades(door, part(path, 1), params),
        Operation::Candles => market::candles(door, part(path, 1), params),
        Operation::WalletTime => wallet::time(door),
        Operation::WalletFiat => wallet::fiat(door),
        Operation::WalletCrypto => wallet::crypto(door),
        Operation::WalletRates => wallet::rates(door),
        Operation::Best
        | Operation::Accounts
        | Operation::Account
        | Operation::Permissions
        | Operation::Portfolios
        | Operation::Portfolio
        | Operation::PaymentMethods
        | Operation::ConvertQuote
        | Operation::ClosePosition
        | Operation::WalletNothing
        | Operation::Summary
        | Operation::Place
        | Operation::Cancel
        | Operation::Edit
        | Operation::EditPreview
        | Operation::Preview
        | Operation::Orders
        | Operation::Order
        | Operation::Fills
        | Operation::WalletAccounts
        | Operation::WalletTransactions
        | Operation::WalletDeposits
        | Operation::WalletWithdrawals => Err(Refusal::Unauthorized),
    }
}

async fn private(
    door: &Door,
    key: &Key,
    operation: Operation,
    path: &str,
    (params, body): (&Params, &[u8]),
) -> Answer {
    match operation {
        Operation::Best => market::best(door, params),
        Operation::Accounts => account::accounts(door, key, params),
        Operation::Account => account::one_account(door, key, part(path, 0)),
        Operation::Permissions => account::permissions(key),
        Operation::Portfolios => portfolio::portfolios(key),
        Operation::Portfolio => portfolio::breakdown(door, key, part(path, 0)),
        Operation::PaymentMethods => portfolio::payment_methods(),
        Operation::ConvertQuote => portfolio::convert_quote(),
        Operation::ClosePosition => order::close_position(),
        Operation::WalletNothing => wallet::nothing(),
        Operation::Summary => account::summary(door, key),
        Operation::Place => order::place(door, key, body).await,
        Operation::Cancel => order::cancel(door, key, body).await,
        Operation::Edit => revision::edit(door, key, body).await,
        Operation::EditPreview => revision::edit_preview(door, key, body),
        Operation::Preview => revision::preview(door, key, body),
        Operation::Orders => history::orders(door, key, params),
        Operation::Order => history::one_order(door, key, part(path, 0)),
        Operation::Fills => history::fills(door, key, params),
        Operation::WalletAccounts => wallet::accounts(door, key),
        Operation::WalletTransactions => wallet::transactions(door, key, part(path, 1), params),
        Operation::WalletDeposits => wallet::transfers(door, key, part(path, 1), params, true),
        Operation::WalletWithdrawals => wallet::transfers(door, key, part(path, 1), params, false),
        Operation::Time
        | Operation::Products
        | Operation::Product
        | Operation::Book
        | Operation::Trades
        | Operation::Candles
        | Operation::WalletTime
        | Operation::WalletFiat
        | Operation::WalletCrypto
        | Operation::WalletRates => public(door, operation, path, params),
    }
}

async fn read_body(body: Body) -> Result<Bytes, Refusal> {
    let read = body::read(body, BODY_BYTES_MAX).await;
    read.map_err(|unread| match unread {
        Unread::TooLarge | Unread::Broken => Refusal::Invalid("body is too large or broken off"),
        Unread::Late => Refusal::Invalid("body did not arrive"),
    })
}

const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");
const TEXT: HeaderValue = HeaderValue::from_static("text/plain; charset=utf-8");

/// The answer to what is refused; `is_wallet` of the older paths.
pub fn refused(refusal: Refusal, is_wallet: bool) -> Response {
    let (body, kind) = match refusal {
        // The guard before the venue says so, in plain text.
        Refusal::Unauthorized => (UNAUTHORIZED.as_bytes().to_vec(), TEXT),
        _ if is_wallet => (serde_json::to_vec(&refusal.wallet_body()).unwrap_or_default(), JSON),
        _ => (serde_json::to_vec(&refusal.body()).unwrap_or_default(), JSON),
    };
    let mut response = Response::new(Body::from(body));
    *response.status_mut() =
        StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::BAD_REQUEST);
    response.headers_mut().insert(CONTENT_TYPE, kind);
    if refusal == Refusal::RateLimit {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
    }
    response
}

fn tell_left(headers: &mut HeaderMap, left: Left) {
    let values = [left.limit, left.remaining.unwrap_or(0), 1];
    for (name, value) in RATE_HEADERS.into_iter().zip(values) {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
    }
}

/// Whether a request of that method and path places or cancels.
pub fn changes(method: &Method, path: &str) -> bool {
    let orders = path.strip_prefix("/api/v3/brokerage/orders");
    *method != Method::GET && orders.is_some_and(|rest| !rest.ends_with("preview"))
}

#[cfg(test)]
mod checks {
    use super::*;

    #[test]
    fn whoever_is_not_named_in_the_table_may_not_see_an_account() {
        for (_, path, operation, access) in ROUTES {
            let is_of_account = match operation {
                Operation::Accounts
                | Operation::Account
                | Operation::Permissions
                | Operation::Portfolios
                | Operation::Portfolio
                | Operation::PaymentMethods
                | Operation::ConvertQuote
                | Operation::ClosePosition
                | Operation::WalletNothing
                | Operation::Summary
                | Operation::Place
                | Operation::Cancel
                | Operation::Edit
                | Operation::EditPreview
                | Operation::Preview
                | Operation::Orders
                | Operation::Order
                | Operation::Fills
                | Operation::WalletAccounts
                | Operation::WalletTransactions
                | Operation::WalletDeposits
                | Operation::WalletWithdrawals => true,
                Operation::Time
                | Operation::Products
                | Operation::Product
                | Operation::Book
                | Operation::Best
                | Operation::Trades
                | Operation::Candles
                | Operation::WalletTime
                | Operation::WalletFiat
                | Operation::WalletCrypto
                | Operation::WalletRates => false,
            };
            assert!(!is_of_account || access != Access::Everybody, "{path}");
            let places = matches!(
                operation,
                Operation::Place
                    | Operation::Cancel
                    | Operation::Edit
                    | Operation::ConvertQuote
                    | Operation::ClosePosition
            );
            assert_eq!(places, access == Access::Trade, "{path}");
        }
    }
}
