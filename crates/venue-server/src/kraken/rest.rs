//! Requests over HTTP.
//!
//! Keeps   a request that is too large is refused before it is read; whatever comes of it, the
//!         status is 200 and the reason in the body, as the venue has it.

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Method, request};
use axum::response::Response;
use axum::routing::any;
use model::Time;
use serde::Serialize;
use venue::kraken::{Answer, Named, Refusal};

use super::auth::{Key, Signed};
use super::params::Params;
use super::{Door, account, funding, market, order, revision};
use crate::body;

/// The longest body, in bytes.
const BODY_BYTES_MAX: usize = 64 * 1_024;
/// The longest path with its query, in bytes.
const PATH_BYTES_MAX: usize = 8 * 1_024;
const JSON: HeaderValue = HeaderValue::from_static("application/json; charset=utf-8");

/// What the venue has and no key here may do.
const NO_RIGHT: [&str; 17] = [
    "AccountTransfer",
    "AddExport",
    "Allocate",
    "AllocateStatus",
    "Allocations",
    "CreateSubaccount",
    "CreditLines",
    "Deallocate",
    "DeallocateStatus",
    "ExportStatus",
    "Level3",
    "ListWalletAccounts",
    "RemoveExport",
    "RetrieveExport",
    "Strategies",
    "WalletTransfer",
    "WithdrawCancel",
];

/// An answer as JSON.
type Answered = Result<Vec<u8>, Refusal>;

/// The paths of REST.
pub fn routes() -> Router<Arc<Door>> {
    Router::new()
        .route("/0/public/{operation}", any(public))
        .route("/0/private/{operation}", any(private))
        .route("/0/private/Earn/{operation}", any(private))
        .fallback(async |request: Request| {
            // A connection whose request nobody reads to its end would end, too.
            refused(read(request).await.err().unwrap_or(Refusal::UnknownMethod))
        })
}

/// The answer to what is not done.
pub fn refused(refusal: Refusal) -> Response {
    let error = vec![refusal.text()];
    let answer: Answer<'_, ()> = Answer { error, result: None };
    with_body(serde_json::to_vec(&answer).expect("texts are JSON"))
}

fn with_body(json: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(json));
    response.headers_mut().insert(CONTENT_TYPE, JSON);
    response
}

fn answer<T: Serialize>(result: &T) -> Answered {
    let answer = Answer { error: Vec::new(), result: Some(result) };
    serde_json::to_vec(&answer).map_err(|_| Refusal::Internal)
}

async fn read(request: Request) -> Result<(request::Parts, String), Refusal> {
    let refused = Refusal::InvalidArguments("");
    let (head, body) = request.into_parts();
    let path_bytes = head.uri.path_and_query().map_or(0, |path| path.as_str().len());
    if PATH_BYTES_MAX < path_bytes {
        return Err(refused);
    }
    let bytes = body::read(body, BODY_BYTES_MAX).await.map_err(|_| refused)?;
    Ok((head, String::from_utf8(bytes.to_vec()).map_err(|_| refused)?))
}

/// Counts a request of nobody who is known here, by where it comes from.
fn count_stranger(door: &Door, head: &request::Parts, now: Time) -> Result<(), Refusal> {
    let from = door.desk.exchange().address_of(head);
    let left = door.strangers.take(from, now.micros() / 1_000_000);
    left.map(drop).ok_or(Refusal::TooManyRequests)
}

async fn public(
    State(door): State<Arc<Door>>,
    Path(operation): Path<String>,
    request: Request,
) -> Response {
    let asked = async {
        let (head, body) = read(request).await?;
        let now = door.desk.now();
        count_stranger(&door, &head, now)?;
        let params = Params::read(head.uri.query().unwrap_or_default(), &body)?;
        match operation.as_str() {
            "Time" => answer(&market::server_time(now)),
            "SystemStatus" => answer(&market::system_status(&door, now)),
            "Assets" => answer(&market::assets(&door, &params)?),
            "AssetPairs" => answer(&market::pairs(&door, &params)?),
            "Ticker" => answer(&market::tickers(&door, &params)?),
            "Depth" => answer(&market::depth(&door, &params)?),
            "Trades" => answer(&market::trades(&door, &params)?),
            "OHLC" => answer(&market::candles(&door, &params)?),
            "Spread" => answer(&market::spread(&door, &params)?),
            _ => Err(Refusal::UnknownMethod),
        }
    };
    asked.await.map_or_else(refused, with_body)
}

async fn private(
    State(door): State<Arc<Door>>,
    Path(operation): Path<String>,
    request: Request,
) -> Response {
    let asked = async {
        let (head, body) = read(request).await?;
        if head.method != Method::POST {
            return Err(Refusal::UnknownMethod);
        }
        let header = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
        let path = head.uri.path_and_query().map_or("", |path| path.as_str());
        let (key, signature) = (header("api-key"), header("api-sign"));
        let key = door.keys.identify(&Signed { path, body: &body, key, signature });
        if key.is_err() {
            count_stranger(&door, &head, door.desk.now())?;
        }
        let key = key?;
        let params = Params::read(head.uri.query().unwrap_or_default(), &body)?;
        match trade(&door, key, &operation, &params).await {
            Err(Refusal::UnknownMethod) => look(&door, key, &operation, &params),
            outcome => outcome,
        }
    };
    asked.await.map_or_else(refused, with_body)
}

/// What changes something: counted by market, not by key.
async fn trade(door: &Door, key: &Key, operation: &str, params: &Params) -> Answered {
    let known = [
        "AddOrder",
        "AddOrderBatch",
        "AmendOrder",
        "EditOrder",
        "CancelOrder",
        "CancelOrderBatch",
        "CancelAll",
        "CancelAllOrdersAfter",
    ];
    if !known.contains(&operation) {
        return Err(Refusal::UnknownMethod);
    }
    if !key.scopes.trade {
        return Err(Refusal::PermissionDenied);
    }
    let (user, now) = (&key.user, door.desk.now());
    match operation {
        "AddOrder" => answer(&order::add(door, user, params, now).await?),
        "AddOrderBatch" => answer(&order::add_batch(door, user, params, now).await?),
        "AmendOrder" => answer(&revision::amend(door, user, params, now).await?),
        "EditOrder" => answer(&revision::edit(door, user, params, now).await?),
        "CancelOrder" => answer(&order::cancel(door, user, params, now).await?),
        "CancelOrderBatch" => answer(&order::cancel_batch(door, user, params, now).await?),
        "CancelAllOrdersAfter" => {
            key.charge(1, now)?;
            answer(&order::cancel_after(door, user, params.whole("timeout")?, now)?)
        }
        _ => {
            key.charge(1, now)?;
            answer(&order::cancel_all(door, user).await?)
        }
    }
}

/// What changes nothing.
fn look(door: &Door, key: &Key, operation: &str, params: &Params) -> Answered {
    let (user, now) = (&key.user, door.desk.now());
    let dear = ["TradesHistory", "ClosedOrders", "Ledgers", "QueryLedgers"];
    let points = if dear.contains(&operation) { 2 } else { 1 };
    key.charge(points, now)?;
    if operation == "GetApiKeyInfo" {
        return answer(&account::key_info(key));
    }
    if !key.scopes.read {
        return Err(Refusal::PermissionDenied);
    }
    match operation {
        "Balance" => answer(&account::balances(door, user)),
        "BalanceEx" => answer(&account::extended_balances(door, user)),
        "TradeBalance" => answer(&account::trade_balance(door, user, params)?),
        "TradeVolume" => answer(&account::trade_volume(door, user, params)?),
        "GetWebSocketsToken" => answer(&account::socket_token(door, key, now)),
        "QueryOrders" => answer(&order::query(door, user, params)?),
        "OpenOrders" => answer(&order::open(door, user, params)?),
        "ClosedOrders" => answer(&order::closed(door, user, params)?),
        "TradesHistory" => answer(&order::history(door, user, params)?),
        "QueryTrades" => answer(&order::query_trades(door, user, params)?),
        "Ledgers" => answer(&funding::ledgers(door, user, params)?),
        "QueryLedgers" => answer(&funding::query_ledgers(door, user, params)?),
        "DepositStatus" => answer(&funding::transfers(door, user, params, true)?),
        "WithdrawStatus" => answer(&funding::transfers(door, user, params, false)?),
        "Withdraw" | "WithdrawInfo" if !key.scopes.transfer => Err(Refusal::PermissionDenied),
        "DepositMethods" | "DepositAddresses" | "Withdraw" | "WithdrawInfo" => {
            answer(&funding::no_way(door, operation, params)?)
        }
        // Nobody borrows here, and nobody has named an address.
        "OpenPositions" if params.text("consolidation").is_some() => answer(&[(); 0]),
        "OpenPositions" => answer(&Named::<'_, ()>::default()),
        "OrderAmends" => answer(&revision::amends(door, user, params)?),
        _ if NO_RIGHT.contains(&operation) => Err(Refusal::PermissionDenied),
        "WithdrawMethods" | "WithdrawAddresses" => answer(&[(); 0]),
        _ => Err(Refusal::UnknownMethod),
    }
}
