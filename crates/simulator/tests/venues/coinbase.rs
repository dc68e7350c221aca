//! What is Coinbase's own.

use connector::CoinbaseCredentials;
use futures_util::{SinkExt, StreamExt};
use model::{Secret, Side};
use tokio_tungstenite::connect_async;
use tokio_tungstenite::tungstenite::Message;
use venue::port::{OrderName, Venue};

use crate::stage::Stage;

#[tokio::test]
async fn an_order_that_nobody_has_is_found_by_no_number() {
    let stage = Stage::open(Venue::Coinbase).await;
    let account = stage.account(0);
    account.place(&stage.limit("rests", Side::Sell, "0.01", "60000")).await.unwrap();
    let unknown = OrderName::Venue("00000000-0000-4000-8000-000000000000".to_owned());
    assert_eq!(account.order(stage.pair(), &unknown).await, Ok(None));
    stage.venue.close().await;
}

#[tokio::test]
async fn a_name_says_which_order_whatever_else_is_asked_under_it() {
    let stage = Stage::open(Venue::Coinbase).await;
    let account = stage.account(0);
    let rests = account.place(&stage.limit("one", Side::Sell, "0.01", "60000")).await.unwrap();
    let again = account.place(&stage.limit("one", Side::Sell, "0.5", "61000")).await.unwrap();
    assert_eq!(again, rests);
    stage.venue.close().await;
}

#[tokio::test]
async fn a_socket_that_stalls_answers_nothing_until_it_does_not() {
    let stage = Stage::open(Venue::Coinbase).await;
    let (mut socket, _) = connect_async(format!("ws://{}/", stage.address)).await.unwrap();
    stage.play("stalled-sockets").await;
    socket.send(Message::text(r#"{"type":"subscribe","channel":"heartbeats"}"#)).await.unwrap();
    socket.send(Message::Ping("behind it".into())).await.unwrap();
    // The network answers, behind all that the venue has to say to what came before.
    let first = socket.next().await.unwrap().unwrap();
    assert!(matches!(first, Message::Pong(_)), "{first:?}");
    stage.play("usual").await;
    let told = socket.next().await.unwrap().unwrap().into_text().unwrap();
    assert!(told.contains("subscriptions"), "{told}");
    stage.venue.close().await;
}

#[test]
fn a_secret_that_is_none_is_refused_before_anything_is_asked() {
    let secret = |text: &str| Secret::new(text.to_owned());
    assert!(CoinbaseCredentials::new(secret("name"), &secret("guessed")).is_err());
}
