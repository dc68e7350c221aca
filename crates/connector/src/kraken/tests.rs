//! An account at a Kraken that answers as it is told to.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use model::{Secret, Time};
use tokio::sync::Notify;
use venue::port::{NewOrder, OrderName, OrderState, Pair, TradingAccount, Venue, VenueError};

use super::{KrakenConnector, KrakenCredentials, KrakenEndpoints};
use crate::clock::MEASURES;
use crate::dial::Dialer;
use crate::scripted::{
    self, Answer, KRAKEN_PAIRS, LASTED, Noted, Request, Stage, count, done, venue,
};

const START: u64 = 1_700_000_000_000_000;
const SECOND: u64 = 1_000_000;
const ID: &str = "OUF4EM-FRGI2-MQMWZD";

/// An order as it stands; `flags` are those it was placed with.
fn order_info(status: &str, filled: &str, flags: &str) -> String {
    format!(
        r#"{{"refid":null,"userref":0,"cl_ord_id":"ours","status":"{status}","opentm":1700000000.1,
        "starttm":0,"expiretm":0,"descr":{{"pair":"XBTUSD","type":"buy","ordertype":"market",
        "price":"0","price2":"0","leverage":"none","order":"","close":""}},"vol":"1.00000000",
        "vol_exec":"{filled}","cost":"50000.0","fee":"0","price":"0","stopprice":"0",
        "limitprice":"0","misc":"","oflags":"{flags}"}}"#
    )
}

fn result(body: &str) -> Answer {
    done(&format!(r#"{{"error":[],"result":{body}}}"#))
}

fn refusal(text: &str) -> Answer {
    done(&format!(r#"{{"error":["{text}"]}}"#))
}

/// What every Kraken says.
fn usual(request: &Request) -> Answer {
    match &*request.what {
        "GET /0/public/AssetPairs" => done(KRAKEN_PAIRS),
        "GET /0/public/Time" => result(r#"{"unixtime":1700000000,"rfc1123":""}"#),
        "POST /0/private/AddOrder" => {
            result(&format!(r#"{{"descr":{{"order":""}},"txid":["{ID}"]}}"#))
        }
        "POST /0/private/CancelOrder" => result(r#"{"count":1}"#),
        "POST /0/private/OpenOrders" => result(r#"{"open":{}}"#),
        "POST /0/private/ClosedOrders" => result(r#"{"closed":{},"count":0}"#),
        what => panic!("{what}"),
    }
}

/// An account at a venue that says something else where `script` does, and the time of both.
async fn account(
    script: impl Fn(&Request, &AtomicU64) -> Option<Answer> + Clone + Send + 'static,
) -> (Arc<dyn TradingAccount>, Noted, Arc<AtomicU64>) {
    let lasted = u64::try_from(LASTED.as_micros()).unwrap();
    let now = Arc::new(AtomicU64::new(START - lasted));
    let theirs = Arc::clone(&now);
    let says = move |request: &Request| script(request, &theirs).unwrap_or_else(|| usual(request));
    let (url, noted) = venue(says).await;
    let ours = Arc::clone(&now);
    let clock: crate::clock::Clock = Arc::new(move || Time(ours.load(Ordering::SeqCst)));
    let connector = KrakenConnector::new(Dialer::new(), KrakenEndpoints::at(&url, &url), clock);
    let text = |text: &str| Secret::new(text.to_owned());
    let credentials = KrakenCredentials::new(text("key"), &text("c2VjcmV0")).unwrap();
    now.store(START, Ordering::SeqCst);
    (connector.account(credentials), noted, now)
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

#[tokio::test]
async fn an_order_that_was_taken_is_told_as_it_stands_and_never_as_it_was_asked() {
    let stands = format!(r#"{{"{ID}":{}}}"#, order_info("closed", "1.00000000", "fciq"));
    let (account, _, _) = account(move |request, _| {
        (request.what == "POST /0/private/QueryOrders").then(|| result(&stands))
    })
    .await;
    let placed = account.place(&order()).await.unwrap();
    assert_eq!((placed.state, placed.filled), (OrderState::Filled, "1".parse().unwrap()));
    for says in [refusal("EAPI:Rate limit exceeded"), refusal("EOrder:Unknown order"), None] {
        let (account, noted, _) = self::account(move |request, _| {
            (request.what == "POST /0/private/QueryOrders").then(|| says.clone())
        })
        .await;
        let placed = account.place(&order()).await;
        assert!(
            matches!(&placed, Err(VenueError::Unknown { text }) if text.contains(ID)),
            "{placed:?}"
        );
        assert_eq!(count(&noted, "POST /0/private/AddOrder"), 1);
        let found = account.order(pair(), &ours()).await;
        assert!(matches!(found, Err(VenueError::TryLater { .. })), "it is there: {found:?}");
    }
}

#[tokio::test]
async fn looks_leave_a_part_of_the_counter_to_orders() {
    let stands = format!(r#"{{"{ID}":{}}}"#, order_info("closed", "1.00000000", "fciq"));
    let (account, noted, _) = account(move |request, _| match &*request.what {
        "POST /0/private/QueryOrders" => Some(result(&stands)),
        "POST /0/private/BalanceEx" => Some(result("{}")),
        _ => None,
    })
    .await;
    let mut looks = 0;
    while account.balances().await.is_ok() {
        looks += 1;
    }
    assert_eq!((looks, count(&noted, "POST /0/private/BalanceEx")), (12, 12));
    account.place(&order()).await.unwrap();
}

#[tokio::test]
async fn no_such_order_is_judged_by_the_time_at_which_it_was_asked_for() {
    // The answer to the last question takes its time, and the order arrives meanwhile.
    let (account, _, now) = account(|request, now| match &*request.what {
        "POST /0/private/AddOrder" => Some(None),
        "POST /0/private/ClosedOrders" => {
            now.fetch_add(8 * SECOND, Ordering::SeqCst);
            None
        }
        _ => None,
    })
    .await;
    let placed = account.place(&order()).await;
    assert!(matches!(placed, Err(VenueError::Unknown { .. })), "{placed:?}");
    now.fetch_add(3 * SECOND, Ordering::SeqCst);
    let found = account.order(pair(), &ours()).await;
    assert!(matches!(found, Err(VenueError::TryLater { .. })), "{found:?}");
    assert_eq!(account.order(pair(), &ours()).await, Ok(None));
}

#[tokio::test]
async fn an_order_has_a_deadline_by_the_venues_clock_and_is_asked_again_once_behind_it() {
    let (account, noted, _) = account(|request, _| match &*request.what {
        "GET /0/public/Time" => Some(result(r#"{"unixtime":1700000060,"rfc1123":""}"#)),
        "POST /0/private/AddOrder" => Some(refusal("EService:Deadline elapsed")),
        _ => None,
    })
    .await;
    let placed = account.place(&order()).await;
    assert!(matches!(placed, Err(VenueError::Rejected { .. })), "nothing was done: {placed:?}");
    assert_eq!(count(&noted, "POST /0/private/AddOrder"), 2);
    let want = usize::try_from(2 * MEASURES).unwrap();
    assert_eq!(count(&noted, "GET /0/public/Time"), want, "at the start, and again");
    let bodies: Vec<String> = noted.lock().unwrap().iter().map(|it| it.body.clone()).collect();
    let placed = bodies.iter().find(|body| body.contains("ordertype")).unwrap();
    assert!(placed.contains("&deadline=2023%2D11%2D14T22%3A14%3A25%2E500000Z&"), "{placed}");
    assert_eq!(account.order(pair(), &ours()).await, Ok(None), "and none can arrive");
}

#[tokio::test]
async fn what_was_waited_for_an_answer_that_was_lost_is_no_part_of_the_clock() {
    let (account, noted, _) = account(|request, now| match &*request.what {
        "GET /0/public/Time" => {
            let before = now.load(Ordering::SeqCst);
            if before == START {
                now.fetch_add(10 * SECOND, Ordering::SeqCst);
                return Some(None);
            }
            let seconds = before / SECOND;
            Some(result(&format!(r#"{{"unixtime":{seconds},"rfc1123":""}}"#)))
        }
        "POST /0/private/AddOrder" => Some(refusal("EOrder:Insufficient funds")),
        _ => None,
    })
    .await;
    account.place(&order()).await.unwrap_err();
    let bodies: Vec<String> = noted.lock().unwrap().iter().map(|it| it.body.clone()).collect();
    let placed = bodies.iter().find(|body| body.contains("ordertype")).unwrap();
    // It is 22:13:30, and half a second on average.
    assert!(placed.contains("&deadline=2023%2D11%2D14T22%3A13%3A35%2E500000Z&"), "{placed}");
}

#[tokio::test]
async fn the_clock_of_a_deadline_is_measured_again_by_age() {
    let (account, noted, now) = account(|request, now| match &*request.what {
        "GET /0/public/Time" => {
            let seconds = now.load(Ordering::SeqCst) / SECOND;
            Some(result(&format!(r#"{{"unixtime":{seconds},"rfc1123":""}}"#)))
        }
        "POST /0/private/AddOrder" => Some(refusal("EOrder:Insufficient funds")),
        _ => None,
    })
    .await;
    let asked = || count(&noted, "GET /0/public/Time");
    account.place(&order()).await.unwrap_err();
    let once = asked();
    for (later, want) in [(300, once), (1, 2 * once), (299, 2 * once), (2, 3 * once)] {
        now.fetch_add(later * SECOND, Ordering::SeqCst);
        account.place(&order()).await.unwrap_err();
        assert_eq!(asked(), want, "{later} seconds later");
    }
}

#[tokio::test]
async fn a_cancel_that_was_done_is_never_said_not_to_have_been() {
    for says in [refusal("EGeneral:Temporary lockout"), refusal("EAPI:Rate limit exceeded"), None] {
        let (account, _, _) = account(move |request, _| {
            (request.what == "POST /0/private/QueryOrders").then(|| says.clone())
        })
        .await;
        let canceled = account.cancel(pair(), &OrderName::Venue(ID.to_owned())).await;
        assert!(matches!(canceled, Err(VenueError::Unknown { .. })), "{canceled:?}");
    }
}

#[tokio::test]
async fn an_order_by_quote_that_somebody_placed_by_hand_hides_no_other() {
    let (other, ours) = (order_info("open", "0", "fciq,viqc"), order_info("open", "0", "fciq"));
    let open = format!(r#"{{"open":{{"OAAAAA-AAAAA-AAAAAA":{other},"{ID}":{ours}}}}}"#);
    let (account, _, _) = account(move |request, _| {
        (request.what == "POST /0/private/OpenOrders").then(|| result(&open))
    })
    .await;
    let open = account.open_orders(pair()).await.unwrap();
    assert_eq!(open.iter().map(|order| &*order.id).collect::<Vec<_>>(), [ID]);
    assert_eq!(account.order(pair(), &self::ours()).await.unwrap().unwrap().id, ID);
}

#[tokio::test]
async fn an_order_whose_answer_hangs_keeps_none_from_being_ended() {
    let asked = Arc::new(Notify::new());
    let is_asked = Arc::clone(&asked);
    let stage = Stage::open(Venue::Kraken, move |request| {
        let is_asked = Arc::clone(&is_asked);
        async move {
            match &*request.what {
                "POST /0/private/AddOrder" => {
                    is_asked.notify_one();
                    std::future::pending().await
                }
                "POST /0/private/CancelOrder" => Some(result(r#"{"count":1}"#)),
                "POST /0/private/QueryOrders" => {
                    Some(result(&format!(r#"{{"{ID}":{}}}"#, order_info("canceled", "0", "fciq"))))
                }
                _ => None,
            }
        }
    })
    .await;
    let (other, order) = (OrderName::Venue(ID.to_owned()), order());
    let canceled = async {
        asked.notified().await;
        stage.account.cancel(pair(), &other).await
    };
    tokio::select! {
        placed = stage.account.place(&order) => panic!("{placed:?}"),
        canceled = canceled => assert_eq!(canceled.unwrap().state, OrderState::Canceled),
    }
}
