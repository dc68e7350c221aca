//! An account at a KuCoin that answers as it is told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use model::{Secret, Time};
use venue::kucoin::TIMESTAMP_WINDOW_MILLIS;
use venue::port::{NewOrder, OrderName, Pair, TradingAccount, VenueError};

use super::{KucoinConnector, KucoinCredentials, KucoinEndpoints};
use crate::dial::Dialer;
use crate::scripted::{self, Answer, LASTED, Noted, Request, count, done, venue};

const START: u64 = 1_700_000_000_000_000;

/// An account at a venue that tells the time and answers everything else by `script`, and the time
/// of both.
async fn account(
    script: impl Fn(&Request, &AtomicU64) -> Answer + Clone + Send + 'static,
) -> (Arc<dyn TradingAccount>, Noted, Arc<AtomicU64>) {
    let lasted = u64::try_from(LASTED.as_micros()).unwrap();
    let now = Arc::new(AtomicU64::new(START - lasted));
    let (ours, theirs) = (Arc::clone(&now), Arc::clone(&now));
    let (url, noted) = venue(move |request| match &*request.what {
        "GET /api/v1/timestamp" => {
            let millis = theirs.load(Ordering::SeqCst) / 1_000;
            done(&format!(r#"{{"code":"200000","data":{millis}}}"#))
        }
        _ => script(request, &theirs),
    })
    .await;
    let clock: crate::clock::Clock = Arc::new(move || Time(ours.load(Ordering::SeqCst)));
    let connector = KucoinConnector::new(Dialer::new(), KucoinEndpoints::at(&url), clock);
    let text = |text: &str| Secret::new(text.to_owned());
    let credentials = KucoinCredentials::new(text("key"), &text("secret"), &text("phrase"));
    now.store(START, Ordering::SeqCst);
    (connector.account(credentials), noted, now)
}

fn pair() -> Pair {
    scripted::pair("USDT")
}

fn order(name: &str) -> NewOrder {
    scripted::order(pair(), name)
}

#[tokio::test]
async fn no_such_order_is_judged_by_the_time_at_which_it_was_asked_for() {
    let (account, _, now) = account(|request, now| {
        if request.what.starts_with("POST") {
            return None;
        }
        // The answer takes its time, and the order arrives meanwhile.
        now.fetch_add(2 * TIMESTAMP_WINDOW_MILLIS * 1_000, Ordering::SeqCst);
        done(r#"{"code":"400100","msg":"order_not_exist"}"#)
    })
    .await;
    let placed = account.place(&order("ours")).await;
    assert!(matches!(placed, Err(VenueError::Unknown { .. })), "{placed:?}");
    now.fetch_add(2_000_000, Ordering::SeqCst);
    let name = OrderName::Client(order("ours").client_id);
    let found = account.order(pair(), &name).await;
    assert!(matches!(found, Err(VenueError::TryLater { .. })), "{found:?}");
    assert_eq!(account.order(pair(), &name).await, Ok(None));
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_not_placed() {
    let (account, noted, _) = account(|request, _| panic!("{request:?}")).await;
    let placed = account.place(&order("arb/1")).await;
    assert!(matches!(placed, Err(VenueError::Rejected { .. })), "{placed:?}");
    assert_eq!(count(&noted, "POST /api/v1/hf/orders/sync"), 0);
}

#[tokio::test]
async fn all_fills_of_an_order_are_told_however_many_and_of_a_market_the_latest() {
    let row = |number: u64| {
        format!(
            r#"{{"id":{number},"orderId":"o1","counterOrderId":"x","tradeId":{number},
            "symbol":"BTC-USDT","side":"buy","liquidity":"taker","type":"market","forceTaker":false,
            "price":"50000","size":"1","funds":"50000","fee":"0","feeRate":"0","feeCurrency":"USDT",
            "stop":"","tradeType":"TRADE","taxRate":"0","tax":"0","createdAt":1700000000000}}"#
        )
    };
    // A hundred and two of them, the newest first.
    let (account, _, _) = account(move |request, _| {
        let last = request.query.split('&').find_map(|it| it.strip_prefix("lastId="));
        let newest = last.map_or(102, |last| last.parse::<u64>().unwrap() - 1);
        let oldest = newest.saturating_sub(99).max(1);
        let rows: Vec<String> = (oldest..=newest).rev().map(row).collect();
        let rows = rows.join(",");
        done(&format!(r#"{{"code":"200000","data":{{"lastId":{oldest},"items":[{rows}]}}}}"#))
    })
    .await;
    let fills = account.fills(pair(), Some("o1")).await.unwrap();
    let ends = [fills.first(), fills.last()].map(|fill| fill.unwrap().trade_id.clone());
    assert_eq!((fills.len(), ends), (102, ["1".to_owned(), "102".to_owned()]));
    assert_eq!(account.fills(pair(), None).await.unwrap().len(), 100);
}
