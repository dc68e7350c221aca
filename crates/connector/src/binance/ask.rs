//! Questions to the venue: routed, weighed, signed, and asked again where that is safe.
//!
//! Keeps   what changes something is sent once, unless the venue refused its stamp: then nothing
//!         was done, and it is stamped anew by a clock that was measured anew, once. What changes
//!         nothing is asked a few times at most.

use std::sync::Arc;

use bytes::Bytes;
use hyper::Method;
use model::Time;
use serde::de::DeserializeOwned;
use venue::binance::{Operation, REST_ROUTES, ServerTime, reading, signed_query};
use venue::plain_text;
use venue::port::{Rejection, VenueError};

use super::{Credentials, METERS, Shared};
use crate::budget::Purpose;
use crate::known::Known;
use crate::rest::{Ask, BODY_BYTES_MAX};
use crate::tries::Tries;

/// A question.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// What.
    pub operation: Operation,
    /// With which parameters, but for those that sign it.
    pub query: &'a str,
    /// For what.
    pub purpose: Purpose,
}

impl<'a> Question<'a> {
    /// One that is asked to know something, or that does what its operation does.
    #[must_use]
    pub const fn new(operation: Operation, query: &'a str) -> Self {
        let purpose = match (operation.changes(), operation.cancels()) {
            (_, true) => Purpose::Cancel,
            (true, false) => Purpose::Place,
            (false, false) if matches!(operation, Operation::OrderStatus) => Purpose::Settle,
            (false, false) => Purpose::Look,
        };
        Self { operation, query, purpose }
    }
}

impl Shared {
    /// Asks what everybody may ask.
    ///
    /// # Errors
    /// [`VenueError`].
    pub async fn public(&self, question: Question<'_>) -> Result<Bytes, VenueError> {
        Tries::of(question.purpose, || self.ask_once(question, question.query, None)).await
    }

    /// Asks in the name of an account.
    ///
    /// # Errors
    /// [`VenueError`].
    pub async fn signed(
        &self,
        credentials: &Credentials,
        question: Question<'_>,
    ) -> Result<Bytes, VenueError> {
        self.measured.get_or_try_init(|| self.measure()).await?;
        let ask = || self.ask_signed(credentials, question);
        match Tries::of(question.purpose, ask).await {
            Err(VenueError::Rejected { why: Rejection::Clock, .. }) => {
                self.measure().await?;
                Tries::of(question.purpose, ask).await
            }
            outcome => outcome,
        }
    }

    async fn ask_signed(
        &self,
        credentials: &Credentials,
        question: Question<'_>,
    ) -> Result<Bytes, VenueError> {
        let micros = self.rest.clock.stamp();
        let signed = signed_query(&credentials.key, question.query, micros);
        let api_key = Some(credentials.api_key.expose().as_str());
        self.ask_once(question, &signed.ok_or_else(cannot_sign)?, api_key).await
    }

    /// Measures how far the venue's clock is from ours.
    ///
    /// # Errors
    /// [`VenueError`]; [`VenueError::TryLater`] where the venue's time is absurd.
    pub async fn measure(&self) -> Result<(), VenueError> {
        let time = || async {
            time_of(&self.ask_once(Question::new(Operation::Time, ""), "", None).await?)
        };
        self.rest.clock.measure(time).await
    }

    /// Its markets.
    ///
    /// # Errors
    /// [`VenueError`].
    pub async fn listing(&self) -> Result<reading::Listing, VenueError> {
        let answer = self.public(Question::new(Operation::ExchangeInfo, "")).await?;
        let listing = reading::listing(&answer).map_err(nonsense)?;
        if let Some(weight_max) = listing.weight_max {
            self.budget.limit(weight_max);
        }
        self.known.list(METERS, &listing.markets, &listing.skipped);
        Ok(listing)
    }

    /// Its markets by their spelling, as they were listed last; listed if they were not yet.
    ///
    /// # Errors
    /// [`VenueError`].
    pub async fn known(&self) -> Result<Arc<Known>, VenueError> {
        if let Some(known) = self.known.listed() {
            return Ok(known);
        }
        self.listing().await?;
        Ok(self.known.listed().unwrap_or_default())
    }

    /// Sends `query`, which is that of the question, signed where it has to be.
    async fn ask_once(
        &self,
        question: Question<'_>,
        query: &str,
        api_key: Option<&str>,
    ) -> Result<Bytes, VenueError> {
        let Question { operation, purpose, .. } = question;
        let route = REST_ROUTES.iter().find(|(_, _, routed)| *routed == operation);
        let (method, path, _) = route.expect("every operation has a route");
        let parameter = |name: &str| {
            let pairs = question.query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next()
        };
        let key = api_key.map(|api_key| ("x-mbx-apikey", api_key));
        let ask = Ask {
            method: Method::from_bytes(method.as_bytes()).expect("a method of ours"),
            path,
            query,
            headers: key.as_slice(),
            body: "",
            budget: &self.budget,
            weight: operation.weight(parameter),
            purpose,
            bytes_max: bytes_max(operation),
        };
        self.rest.ask(&ask).await
    }
}

/// The largest answer that makes sense: lists of thousands of markets are the longest.
const fn bytes_max(operation: Operation) -> usize {
    match operation {
        Operation::ExchangeInfo => 32 << 20,
        Operation::Ticker24hr => 8 << 20,
        _ => BODY_BYTES_MAX,
    }
}

/// What time it is, by the answer to being asked for it.
///
/// # Errors
/// [`VenueError::Unknown`] where it makes no sense.
pub fn time_of(answer: &[u8]) -> Result<Time, VenueError> {
    let ServerTime { server_time } = parse(answer)?;
    reading::moment(server_time).map_err(nonsense)
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
    METERS.refused();
    VenueError::Unknown { text: plain_text(format_args!("the answer cannot be read: {error}")) }
}

/// The answer where there is nobody to ask.
pub fn cannot_sign() -> VenueError {
    VenueError::refused_here(Rejection::Key, "the key cannot sign here")
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::sync::atomic::{AtomicU64, Ordering};

    use model::{ClientOrderId, Decimal, Secret, Side, Time};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use venue::binance::RECV_WINDOW_MILLIS;
    use venue::port::{NewOrder, OrderName, Pair, Terms, TradingAccount};

    use super::super::{BinanceConnector, Endpoints};
    use super::*;
    use crate::clock::MEASURES;
    use crate::dial::Dialer;
    use crate::scripted::LASTED;

    const START: u64 = 1_700_000_000_000_000;

    /// A venue that tells the time and answers everything else so, or not at all.
    async fn venue(answer: &'static str) -> (Arc<dyn TradingAccount>, Arc<Mutex<Vec<String>>>) {
        venue_at(Arc::new(|| Time(START)), move |_| answer).await
    }

    /// A venue that tells the time and answers everything else by what is asked.
    async fn venue_at(
        clock: crate::clock::Clock,
        answer: impl Fn(&str) -> &'static str + Clone + Send + 'static,
    ) -> (Arc<dyn TradingAccount>, Arc<Mutex<Vec<String>>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let noted = Arc::clone(&asked);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(answer_one(stream, answer.clone(), Arc::clone(&noted)));
            }
        });
        let connector = BinanceConnector::new(Dialer::new(), Endpoints::at(&url, &url), clock);
        let text = |text: &str| Secret::new(text.to_owned());
        (connector.account(Credentials::new(text("key"), &text("secret"))), asked)
    }

    async fn answer_one(
        mut stream: TcpStream,
        answer: impl Fn(&str) -> &'static str + Send,
        noted: Arc<Mutex<Vec<String>>>,
    ) -> std::io::Result<()> {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            request.push(stream.read_u8().await?);
        }
        let text = String::from_utf8(request).unwrap();
        let path = text.split(['?', ' ']).take(2).collect::<Vec<_>>().join(" ");
        let is_time = path == "GET /api/v3/time";
        let answer = answer(&path);
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
        let want = usize::try_from(2 * MEASURES).unwrap();
        assert_eq!(count(&asked, "GET /api/v3/time"), want, "at the start, and again");
    }

    #[tokio::test]
    async fn an_order_without_an_answer_is_not_said_to_be_none_while_it_may_arrive() {
        let body = r#"{"code":-2013,"msg":"Order does not exist."}"#;
        let head = "HTTP/1.1 400 No\r\nconnection: close\r\ncontent-length: ";
        let none: &'static str = format!("{head}{}\r\n\r\n{body}", body.len()).leak();
        let lasted = u64::try_from(LASTED.as_micros()).unwrap();
        let now = Arc::new(AtomicU64::new(START - lasted));
        let ours = Arc::clone(&now);
        let clock: crate::clock::Clock = Arc::new(move || Time(ours.load(Ordering::SeqCst)));
        let (account, _) = venue_at(clock, move |path| match path {
            "POST /api/v3/order" => "",
            _ => none,
        })
        .await;
        now.store(START, Ordering::SeqCst);
        let placed = account.place(&order()).await;
        assert!(matches!(placed, Err(VenueError::Unknown { .. })), "{placed:?}");
        let (pair, name) = (order().pair, OrderName::Client(order().client_id));
        let other = OrderName::Client(ClientOrderId::new("another").unwrap());
        assert_eq!(account.order(pair, &other).await, Ok(None));
        let is_later = |outcome: &VenueError| matches!(outcome, VenueError::TryLater { .. });
        let found = account.order(pair, &name).await.unwrap_err();
        assert!(is_later(&found), "{found:?}");
        let cancelled = account.cancel(pair, &name).await.unwrap_err();
        assert!(is_later(&cancelled), "it would be taken for gone: {cancelled:?}");
        now.fetch_add(RECV_WINDOW_MILLIS * 1_000 + 1_000_000, Ordering::SeqCst);
        assert_eq!(account.order(pair, &name).await, Ok(None));
    }

    #[tokio::test]
    async fn no_such_order_is_judged_by_the_time_at_which_it_was_asked_for() {
        let body = r#"{"code":-2013,"msg":"Order does not exist."}"#;
        let head = "HTTP/1.1 400 No\r\nconnection: close\r\ncontent-length: ";
        let none: &'static str = format!("{head}{}\r\n\r\n{body}", body.len()).leak();
        let now = Arc::new(AtomicU64::new(START));
        let (ours, theirs) = (Arc::clone(&now), Arc::clone(&now));
        let clock: crate::clock::Clock = Arc::new(move || Time(ours.load(Ordering::SeqCst)));
        let (account, _) = venue_at(clock, move |path| match path {
            "GET /api/v3/order" => {
                // The answer takes its time, and the order arrives meanwhile.
                theirs.fetch_add(RECV_WINDOW_MILLIS * 1_000, Ordering::SeqCst);
                none
            }
            _ => "",
        })
        .await;
        let placed = account.place(&order()).await;
        assert!(matches!(placed, Err(VenueError::Unknown { .. })), "{placed:?}");
        now.fetch_add(2_000_000, Ordering::SeqCst);
        let (pair, name) = (order().pair, OrderName::Client(order().client_id));
        let found = account.order(pair, &name).await;
        assert!(matches!(found, Err(VenueError::TryLater { .. })), "{found:?}");
        assert_eq!(account.order(pair, &name).await, Ok(None));
    }

    #[tokio::test]
    async fn no_secret_is_in_an_error_or_in_a_text() {
        for answer in [
            "",
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 9\r\n\r\n{",
            "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 2\r\n\r\n{}",
            "HTTP/1.1 500 No\r\nconnection: close\r\ncontent-length: 0\r\n\r\n",
        ] {
            let (account, _) = venue(answer).await;
            let placed = account.place(&order()).await.unwrap_err();
            let balances = account.balances().await.unwrap_err();
            let text = format!("{placed} {placed:?} {balances} {balances:?}");
            for secret in ["secret", "signature", "timestamp", "recvWindow"] {
                assert!(!text.contains(secret), "{secret} in {text}");
            }
        }
        let credentials = Credentials::new(
            Secret::new("the name of a key".to_owned()),
            &Secret::new("the secret of a key".to_owned()),
        );
        assert_eq!(format!("{credentials:?}"), "Credentials(…)");
    }
}
