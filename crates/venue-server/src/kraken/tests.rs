//! A connection without a network: what is asked on it, and what is put into its outbox.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use model::UserId;
use serde_json::{Value, json};

use super::session::Session;
use super::told::{Inbox, Told};
use super::*;
use crate::desk::tests::{ALICE, BOB, Stage, forgetful};
use crate::keyring::Scopes;
use crate::outbox::outbox;
use crate::trouble::{Ordeal, RequestOrdeal};

fn key(user: UserId, name: &str) -> VenueKey {
    VenueKey {
        user,
        api_key: name.to_owned(),
        secret: Secret::new("c2VjcmV0".to_owned()),
        passphrase: None,
        scopes: Scopes { read: true, trade: true, transfer: false, admin: false },
    }
}

fn door(stage: &Stage) -> Arc<Door> {
    open(Arc::clone(stage.desk.exchange()), vec![key(ALICE, "alice"), key(BOB, "bob")])
}

fn token(door: &Door) -> String {
    door.tokens.issue(door.keys.of(&ALICE).unwrap(), door.desk.now())
}

fn session(door: &Arc<Door>) -> (Session, Inbox) {
    let (outbox, inbox) = outbox();
    (Session::new(Arc::clone(door), outbox), inbox)
}

/// All that waits.
fn told(inbox: &mut Inbox) -> Vec<Value> {
    let mut all = Vec::new();
    loop {
        let next = pin!(inbox.next());
        match next.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Some(Told::Market(text) | Told::Reply(text))) => {
                all.push(serde_json::from_str(&text).unwrap());
            }
            Poll::Ready(Some(Told::Own { data, .. })) => {
                all.push(serde_json::from_str(&data).unwrap());
            }
            Poll::Ready(None) | Poll::Pending => return all,
        }
    }
}

fn add_order(token: &str) -> String {
    let params = json!({
        "order_type": "limit", "side": "buy", "order_qty": 0.5, "symbol": "BTC/USD",
        "limit_price": 50_000, "token": token,
    });
    json!({"method": "add_order", "req_id": 7, "params": params}).to_string()
}

#[tokio::test]
async fn what_a_scenario_does_to_requests_it_does_on_a_socket() {
    let stage = Stage::open().await;
    let door = door(&stage);
    let (mut session, mut inbox) = session(&door);
    let frame = add_order(&token(&door));
    let begin = |requests| {
        stage.desk.exchange().trouble.begin(Ordeal { requests, ..Ordeal::default() });
    };
    let standing = || stage.desk.open_orders(&ALICE, None).len();
    begin(RequestOrdeal::TooMany { warnings: 1 });
    session.hear(&frame).await;
    assert_eq!(told(&mut inbox)[0]["error"], "EAPI:Rate limit exceeded");
    assert_eq!(standing(), 0);
    begin(RequestOrdeal::Unanswered);
    session.hear(&frame).await;
    session.end_silence();
    assert_eq!((told(&mut inbox), standing()), (vec![], 1), "it is done, and nobody hears of it");
    session.hear(r#"{"method":"ping","req_id":8}"#).await;
    assert_eq!(told(&mut inbox)[0]["method"], "pong", "what changes nothing is answered");
    begin(RequestOrdeal::None);
    session.end_silence();
    let late = told(&mut inbox);
    assert_eq!((&late[0]["req_id"], &late[0]["success"]), (&json!(7), &json!(false)));
    assert_eq!(late[0]["error"], "EService:Unavailable");
    session.hear(&frame).await;
    assert_eq!((&told(&mut inbox)[0]["success"], standing()), (&json!(true), 2));
    drop(session);
    stage.close();
}

#[tokio::test]
async fn a_token_that_was_shown_in_time_is_good_on_that_connection_alone() {
    let stage = Stage::open().await;
    let door = door(&stage);
    let ((mut one, mut heard), (mut other, mut unheard)) = (session(&door), session(&door));
    let token = token(&door);
    let asked = |channel: &str| {
        let params = json!({"channel": channel, "token": token, "snapshot": false});
        json!({"method": "subscribe", "params": params}).to_string()
    };
    one.hear(&asked("balances")).await;
    assert_eq!(told(&mut heard)[0]["success"], true);
    // A quarter of an hour later.
    let clock_ahead_us = u64::from(token::EXPIRES_SECONDS) * 1_000_000;
    stage.desk.exchange().trouble.begin(Ordeal { clock_ahead_us, ..Ordeal::default() });
    one.hear(&asked("executions")).await;
    assert_eq!(told(&mut heard)[0]["success"], true);
    other.hear(&asked("executions")).await;
    assert_eq!(told(&mut unheard)[0]["error"], "ESession:Invalid session");
    drop((one, other));
    stage.close();
}

#[test]
fn every_secret_that_is_drawn_is_one() {
    let mut state = 1_u64;
    let mut next = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        state
    };
    for _ in 0..100 {
        let (name, secret) = draw_key(&mut next);
        assert_eq!((name.len(), secret.expose().len()), (56, 88));
        assert!(venue::kraken::SigningKey::new(secret.expose()).is_ok());
    }
}

#[tokio::test]
async fn what_an_order_cost_is_told_when_its_fills_are_forgotten() {
    let stage = Stage::remembering(forgetful()).await;
    let ask = stage.trade(10).await;
    let info = order_report::order_info(&ask, None);
    let told = serde_json::to_value(info).unwrap();
    assert_eq!(
        (&told["fee"], &told["cost"]),
        (&json!("25.00000"), &json!("12500.00000")),
        "{told}"
    );
    stage.close();
}

#[tokio::test]
async fn a_market_that_is_named_often_is_told_once() {
    let stage = Stage::open().await;
    let door = door(&stage);
    let (mut session, mut inbox) = session(&door);
    let asked = |method: &str, times: usize| {
        let params = json!({"channel": "ohlc", "interval": 1, "symbol": vec!["BTC/USD"; times]});
        json!({"method": method, "params": params}).to_string()
    };
    session.hear(&asked("subscribe", 500)).await;
    let first = told(&mut inbox);
    assert_eq!((first.len(), &first[0]["success"]), (2, &json!(true)), "{first:?}");
    assert_eq!(first[1]["type"], "snapshot");
    session.hear(&asked("subscribe", 2)).await;
    let again = told(&mut inbox);
    assert_eq!((again.len(), &again[0]["error"]), (1, &json!("Already subscribed")));
    for (method, times) in [("subscribe", 501), ("unsubscribe", 501), ("unsubscribe", 0)] {
        session.hear(&asked(method, times)).await;
        let refused = told(&mut inbox);
        assert_eq!((refused.len(), &refused[0]["success"]), (1, &json!(false)), "{refused:?}");
    }
    session.hear(&asked("unsubscribe", 500)).await;
    assert_eq!(told(&mut inbox)[0]["success"], true);
    drop(session);
    stage.close();
}

#[tokio::test]
async fn what_nobody_knows_is_refused_at_once_whatever_happens() {
    let stage = Stage::open().await;
    let door = door(&stage);
    let (mut session, mut inbox) = session(&door);
    let requests = RequestOrdeal::Unanswered;
    stage.desk.exchange().trouble.begin(Ordeal { requests, ..Ordeal::default() });
    let method = format!("add_{}", "x".repeat(60_000));
    session.hear(&json!({"method": method}).to_string()).await;
    assert_eq!(told(&mut inbox).len(), 1);
    stage.desk.exchange().trouble.begin(Ordeal::default());
    session.end_silence();
    assert_eq!(told(&mut inbox), [] as [Value; 0], "nothing of it was kept");
    drop(session);
    stage.close();
}
