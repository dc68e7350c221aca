//! An account at a Coinbase that answers as it is told to.

use std::sync::Arc;

use model::{Secret, Time};
use venue::port::{NewOrder, OrderName, OrderState, Pair, TradingAccount, VenueError};

use super::{CoinbaseConnector, CoinbaseCredentials, CoinbaseEndpoints};
use crate::dial::Dialer;
use crate::scripted::{self, Answer, Noted, Request, answer, count, done, venue};

const ORDERS: &str = "GET /api/v3/brokerage/orders/historical/batch";
const ORDER: &str = "GET /api/v3/brokerage/orders/historical/o-1";
const FILLS: &str = "GET /api/v3/brokerage/orders/historical/fills";
const SPOKEN: &str = r#"{"market_market_ioc":{"base_size":"1"}}"#;
const UNSPOKEN: &str = r#"{"twap_limit_gtd":{"base_size":"1","number_buckets":"3"}}"#;

fn row(id: &str, name: &str, kind: &str, status: &str, filled: &str) -> String {
    format!(
        r#"{{"order_id":"{id}","product_id":"BTC-USD","order_configuration":{kind},"side":"BUY",
        "client_order_id":"{name}","status":"{status}","time_in_force":"IMMEDIATE_OR_CANCEL",
        "created_time":"2023-11-14T22:13:20Z","filled_size":"{filled}","filled_value":"0",
        "total_fees":"0"}}"#
    )
}

fn list(rows: &[String], cursor: &str) -> Answer {
    let (rows, has_next) = (rows.join(","), !cursor.is_empty());
    done(&format!(r#"{{"orders":[{rows}],"has_next":{has_next},"cursor":"{cursor}"}}"#))
}

/// What every Coinbase says.
fn usual(request: &Request) -> Answer {
    match &*request.what {
        "GET /api/v3/brokerage/time" => {
            done(r#"{"iso":"","epochSeconds":"1700000000","epochMillis":"1700000000000"}"#)
        }
        "POST /api/v3/brokerage/orders" => done(
            r#"{"success":true,"success_response":{"order_id":"o-1","side":"BUY",
            "product_id":"BTC-USD","client_order_id":"ours"}}"#,
        ),
        "POST /api/v3/brokerage/orders/batch_cancel" => {
            done(r#"{"results":[{"success":true,"failure_reason":"","order_id":"o-1"}]}"#)
        }
        what => panic!("{what}"),
    }
}

/// An account at a venue that says something else where `script` does.
async fn account(
    script: impl Fn(&Request) -> Option<Answer> + Clone + Send + 'static,
) -> (Arc<dyn TradingAccount>, Noted) {
    let (url, noted) =
        venue(move |request| script(request).unwrap_or_else(|| usual(request))).await;
    let clock: crate::clock::Clock = Arc::new(|| Time(1_700_000_000_000_000));
    let connector = CoinbaseConnector::new(Dialer::new(), CoinbaseEndpoints::at(&url, &url), clock);
    let secret = Secret::new("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=".to_owned());
    let credentials = CoinbaseCredentials::new(Secret::new("key".to_owned()), &secret).unwrap();
    (connector.account(credentials), noted)
}

fn pair() -> Pair {
    scripted::pair("USD")
}

fn order() -> NewOrder {
    scripted::order(pair(), "ours")
}

fn ours() -> OrderName {
    OrderName::Client(order().client_id)
}

fn by_id() -> OrderName {
    OrderName::Venue("o-1".to_owned())
}

#[tokio::test]
async fn what_was_done_to_an_order_is_unknown_where_nobody_tells_how_it_stands() {
    let stands = format!(r#"{{"order":{}}}"#, row("o-1", "ours", SPOKEN, "FILLED", "1"));
    let (account, _) = account(move |request| (request.what == ORDER).then(|| done(&stands))).await;
    let placed = account.place(&order()).await.unwrap();
    assert_eq!((placed.state, placed.filled), (OrderState::Filled, placed.qty));
    for says in [
        answer(500, "", ""),
        answer(
            404,
            "",
            r#"{"error":"NOT_FOUND",
        "message":"order with this orderID was not found"}"#,
        ),
        None,
        done("{}"),
    ] {
        let (account, noted) = self::account(move |request| match &*request.what {
            ORDER => Some(says.clone()),
            ORDERS => Some(list(&[], "")),
            _ => None,
        })
        .await;
        let placed = account.place(&order()).await;
        assert!(matches!(placed, Err(VenueError::Unknown { .. })), "{placed:?}");
        assert_eq!(count(&noted, "POST /api/v3/brokerage/orders"), 1);
        let canceled = account.cancel(pair(), &by_id()).await;
        assert!(matches!(canceled, Err(VenueError::Unknown { .. })), "{canceled:?}");
    }
}

#[tokio::test]
async fn a_list_that_is_cut_short_is_none() {
    let (account, noted) = account(|request| {
        let rows = [row("o-9", "another", SPOKEN, "OPEN", "0")];
        (request.what == ORDERS).then(|| list(&rows, "a+b/="))
    })
    .await;
    for told in [
        account.order(pair(), &ours()).await.map(drop),
        account.open_orders(pair()).await.map(drop),
    ] {
        assert!(matches!(told, Err(VenueError::Unknown { .. })), "{told:?}");
    }
    let queries: Vec<String> = noted.lock().unwrap().iter().map(|it| it.query.clone()).collect();
    assert!(queries.iter().any(|query| query.ends_with("&cursor=a%2Bb%2F%3D")), "{queries:?}");
    let (account, _) = self::account(|request| {
        let is_next = request.query.contains("cursor=next");
        let page = || {
            if is_next {
                list(&[row("o-1", "ours", SPOKEN, "OPEN", "0")], "")
            } else {
                list(&[], "next")
            }
        };
        (request.what == ORDERS).then(page)
    })
    .await;
    assert_eq!(account.order(pair(), &ours()).await.unwrap().unwrap().id, "o-1");
}

#[tokio::test]
async fn what_somebody_placed_in_other_words_hides_no_order_of_ours() {
    let (account, _) = account(|request| {
        let rows =
            [row("o-8", "by hand", UNSPOKEN, "OPEN", "0"), row("o-1", "ours", SPOKEN, "OPEN", "0")];
        (request.what == ORDERS).then(|| list(&rows, ""))
    })
    .await;
    let open = account.open_orders(pair()).await.unwrap();
    assert_eq!(open.iter().map(|order| &*order.id).collect::<Vec<_>>(), ["o-1"]);
    assert_eq!(account.order(pair(), &ours()).await.unwrap().unwrap().id, "o-1");
    // One of ours that cannot be read is not passed over.
    let (account, _) = self::account(|request| {
        let rows = [row("o-1", "ours", SPOKEN, "OPEN", "-1")];
        (request.what == ORDERS).then(|| list(&rows, ""))
    })
    .await;
    let found = account.order(pair(), &ours()).await;
    assert!(matches!(found, Err(VenueError::Unknown { .. })), "{found:?}");
}

#[tokio::test]
async fn trades_by_quote_and_those_taken_back_are_no_fills() {
    let fill = |trade: &str, kind: &str, in_quote: bool| {
        format!(
            r#"{{"entry_id":"e","trade_id":"{trade}","order_id":"o-1","side":"BUY",
            "trade_time":"2023-11-14T22:13:20Z","trade_type":"{kind}","price":"50000","size":"1",
            "commission":"1","product_id":"BTC-USD","liquidity_indicator":"TAKER",
            "size_in_quote":{in_quote}}}"#
        )
    };
    let rows = [fill("a", "FILL", false), fill("b", "REVERSAL", false), fill("c", "FILL", true)];
    let page = format!(r#"{{"fills":[{}],"cursor":""}}"#, rows.join(","));
    let (account, _) = account(move |request| (request.what == FILLS).then(|| done(&page))).await;
    let fills = account.fills(pair(), None).await.unwrap();
    assert_eq!(fills.iter().map(|fill| &*fill.trade_id).collect::<Vec<_>>(), ["a"]);
}
