//! What is KuCoin's own.

use connector::{Dialer, KucoinConnector, KucoinCredentials, KucoinEndpoints};
use model::{Secret, Time};
use std::sync::Arc;
use venue::port::{Rejection, Venue};

use crate::stage::{Stage, number, refused};

#[tokio::test]
async fn a_key_is_nothing_without_its_passphrase() {
    let stage = Stage::open(Venue::Kucoin).await;
    let known = &stage.venue.accounts()[0];
    let passphrase = Secret::new("guessed".to_owned());
    let wrong = KucoinCredentials::new(known.api_key.clone(), &known.api_secret, &passphrase);
    let endpoints = KucoinEndpoints::at(&format!("http://{}/", stage.address));
    let now = stage.now();
    let connector = KucoinConnector::new(Dialer::new(), endpoints, Arc::new(move || now));
    refused(connector.account(wrong).balances().await, Rejection::Key);
    stage.venue.close().await;
}

#[tokio::test]
async fn what_came_to_an_account_is_told() {
    let stage = Stage::open(Venue::Kucoin).await;
    let account = stage.account(0);
    let deposits = account.deposits(Time(0)).await.unwrap();
    let is_it = |asset: &str, qty| (asset, qty) == ("BTC", number("20"));
    assert!(deposits.iter().any(|it| is_it(it.asset.as_str(), it.qty)));
    assert_eq!(account.withdrawals(Time(0)).await.unwrap(), []);
    stage.venue.close().await;
}
