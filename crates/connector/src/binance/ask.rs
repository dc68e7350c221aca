//! Questions to the venue: routed, weighed, signed, and asked again where that is safe.
//!
//! Keeps   what changes something is sent once, unless the venue refused its stamp: then nothing
//!         was done, and it is stamped anew by a clock that was measured anew, once. What changes
//!         nothing is asked [`TRIES_MAX`] times at most.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use hyper::Method;
use serde::de::DeserializeOwned;
use venue::binance::{Operation, REST_ROUTES, ServerTime, reading, signed_query};
use venue::port::{Pair, Rejection, VenueError};

use super::{Credentials, Shared};
use crate::backoff::Backoff;
use crate::rest::Ask;

/// How often something is asked that changes nothing.
const TRIES_MAX: u32 = 3;
/// The longest wait that somebody who asks is kept waiting for.
const PATIENCE: Duration = Duration::from_secs(1);

impl Shared {
    /// Asks what everybody may ask.
    ///
    /// # Errors
    /// [`VenueError`].
    pub async fn public(&self, operation: Operation, query: &str) -> Result<Bytes, VenueError> {
        let mut backoff = Backoff::default();
        let mut tries = 1;
        loop {
            match self.ask_once(operation, query, query, None).await {
                Err(error) if tries < TRIES_MAX => pause(error, &mut backoff).await?,
                outcome => return outcome,
            }
            tries += 1;
        }
    }

    /// Asks in the name of an account.
    ///
    /// # Errors
    /// [`VenueError`].
    pub async fn signed(
        &self,
        credentials: &Credentials,
        operation: Operation,
        query: &str,
    ) -> Result<Bytes, VenueError> {
        self.measured.get_or_try_init(|| self.measure()).await?;
        let mut backoff = Backoff::default();
        let (mut tries, mut was_measured) = (1, false);
        loop {
            let micros = self.rest.clock.stamp();
            let signed = signed_query(&credentials.key, query, micros).ok_or_else(cannot_sign)?;
            let api_key = Some(credentials.api_key.expose().as_str());
            match self.ask_once(operation, query, &signed, api_key).await {
                Err(VenueError::Rejected { why: Rejection::Clock, .. }) if !was_measured => {
                    self.measure().await?;
                    was_measured = true;
                }
                Err(error) if !operation.changes() && tries < TRIES_MAX => {
                    pause(error, &mut backoff).await?;
                    tries += 1;
                }
                outcome => return outcome,
            }
        }
    }

    /// Measures how far the venue's clock is from ours.
    ///
    /// # Errors
    /// [`VenueError`].
    pub async fn measure(&self) -> Result<(), VenueError> {
        let mut backoff = Backoff::default();
        let mut tries = 1;
        loop {
            // Each try by itself: what was waited for before it is no part of its way.
            let asked = self.rest.clock.ours();
            match self.ask_once(Operation::Time, "", "", None).await {
                Ok(answer) => {
                    let answered = self.rest.clock.ours();
                    let ServerTime { server_time } = parse(&answer)?;
                    let theirs = reading::moment(server_time).map_err(nonsense)?;
                    self.rest.clock.measured(asked, theirs, answered);
                    return Ok(());
                }
                Err(error) if tries < TRIES_MAX => pause(error, &mut backoff).await?,
                Err(error) => return Err(error),
            }
            tries += 1;
        }
    }

    /// Its markets.
    ///
    /// # Errors
    /// [`VenueError`].
    pub async fn listing(&self) -> Result<reading::Listing, VenueError> {
        let answer = self.public(Operation::ExchangeInfo, "").await?;
        let listing = reading::listing(&answer).map_err(nonsense)?;
        if let Some(weight_max) = listing.weight_max {
            self.rest.budget.limit(weight_max);
        }
        let known = listing.instruments.iter().map(|it| (it.symbol.clone(), it.pair));
        let known = Arc::new(known.collect());
        *self.symbols.lock().unwrap_or_else(PoisonError::into_inner) = known;
        Ok(listing)
    }

    /// Markets by the venue's spelling; listed if they were not yet.
    ///
    /// # Errors
    /// [`VenueError`].
    pub async fn symbols(&self) -> Result<Arc<HashMap<String, Pair>>, VenueError> {
        let known = || Arc::clone(&self.symbols.lock().unwrap_or_else(PoisonError::into_inner));
        if known().is_empty() {
            self.listing().await?;
        }
        Ok(known())
    }

    async fn ask_once(
        &self,
        operation: Operation,
        plain_query: &str,
        query: &str,
        api_key: Option<&str>,
    ) -> Result<Bytes, VenueError> {
        let route = REST_ROUTES.iter().find(|(_, _, routed)| *routed == operation);
        let (method, path, _) = route.expect("every operation has a route");
        let parameter = |name: &str| {
            let pairs = plain_query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next()
        };
        let ask = Ask {
            method: Method::from_bytes(method.as_bytes()).expect("a method of ours"),
            path,
            query,
            api_key,
            weight: operation.weight(parameter),
            changes: operation.changes(),
        };
        self.rest.ask(&ask).await
    }
}

/// Waits before the next try, where there may be one.
async fn pause(error: VenueError, backoff: &mut Backoff) -> Result<(), VenueError> {
    match error {
        VenueError::TryLater { after, .. } if after <= PATIENCE => {
            tokio::time::sleep(after.max(backoff.next())).await;
            Ok(())
        }
        error => Err(error),
    }
}

/// Reads an answer.
///
/// # Errors
/// [`VenueError::Unknown`] where it makes no sense.
pub fn parse<T: DeserializeOwned>(answer: &[u8]) -> Result<T, VenueError> {
    serde_json::from_slice(answer).map_err(nonsense)
}

/// What an answer that makes no sense leaves: nobody knows what was done.
pub fn nonsense(error: impl std::fmt::Display) -> VenueError {
    VenueError::Unknown { text: format!("the answer cannot be read: {error}") }
}

/// The answer where there is nobody to ask.
pub fn cannot_sign() -> VenueError {
    let text = "the key cannot sign here".to_owned();
    VenueError::Rejected { why: Rejection::Key, code: String::new(), text }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use model::{ClientOrderId, Decimal, Secret, Side, Time};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use venue::port::{NewOrder, Terms, TradingAccount};

    use super::super::{BinanceConnector, Endpoints};
    use super::*;
    use crate::dial::Dialer;

    /// A venue that tells the time and answers everything else so, or not at all.
    async fn venue(answer: &'static str) -> (Arc<dyn TradingAccount>, Arc<Mutex<Vec<String>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer_one(stream, answer, Arc::clone(&noted)));
            }
        });
        let clock: crate::clock::Clock = Arc::new(|| Time(1_700_000_000_000_000));
        let connector = BinanceConnector::new(Dialer::new(), Endpoints::at(&url, &url), clock);
        let text = |text: &str| Secret::new(text.to_owned());
        (connector.account(Credentials::new(text("key"), &text("secret"))), asked)
    }

    async fn answer_one(
        mut stream: TcpStream,
        answer: &'static str,
        noted: Arc<Mutex<Vec<String>>>,
    ) -> std::io::Result<()> {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(stream.read_u8().await?);
        }
        let text = String::from_utf8(request).unwrap();
        let path = text.split(['?', ' ']).take(2).collect::<Vec<_>>().join(" ");
        let is_time = path == "GET /api/v3/time";
        noted.lock().unwrap().push(path);
        let time = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 28\r\n\r\n\
                    {\"serverTime\":1700000000000}";
        stream.write_all(if is_time { time } else { answer }.as_bytes()).await
    }

    fn order() -> NewOrder {
        let pair = Pair { base: "BTC".parse().unwrap(), quote: "USDT".parse().unwrap() };
        let client_id = ClientOrderId::new("ours").unwrap();
        let terms = Terms::Market { qty: Decimal::new(1, 0).unwrap() };
        NewOrder { pair, client_id, side: Side::Buy, terms }
    }

    fn count(asked: &Mutex<Vec<String>>, path: &str) -> usize {
        asked.lock().unwrap().iter().filter(|it| *it == path).count()
    }

    #[tokio::test]
    async fn an_order_whose_answer_is_lost_is_unknown_and_not_sent_again() {
        let (account, asked) = venue("").await;
        let outcome = account.place(&order()).await;
        assert!(matches!(outcome, Err(VenueError::Unknown { .. })), "{outcome:?}");
        assert_eq!(count(&asked, "POST /api/v3/order"), 1);
        let outcome = account.balances().await;
        assert!(matches!(outcome, Err(VenueError::TryLater { .. })), "{outcome:?}");
        assert_eq!(count(&asked, "GET /api/v3/account"), 3, "a question is asked again");
    }

    #[tokio::test]
    async fn a_stamp_that_was_refused_is_drawn_anew_once() {
        let body = r#"{"code":-1021,"msg":"Timestamp for this request is outside"}"#;
        let head = "HTTP/1.1 400 No\r\nconnection: close\r\ncontent-length: ";
        let answer: &'static str = format!("{head}{}\r\n\r\n{body}", body.len()).leak();
        let (account, asked) = venue(answer).await;
        let outcome = account.place(&order()).await;
        let why = match outcome {
            Err(VenueError::Rejected { why, .. }) => why,
            outcome => panic!("{outcome:?}"),
        };
        assert_eq!(why, Rejection::Clock);
        assert_eq!(count(&asked, "POST /api/v3/order"), 2);
        assert_eq!(count(&asked, "GET /api/v3/time"), 2, "at the start, and again");
    }
}
