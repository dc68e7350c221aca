//! Questions to the venue: weighed, signed, and asked again where that is safe.
//!
//! Keeps   what changes something is sent once, unless the venue refused its stamp: then nothing
//!         was done, and it is stamped anew by a clock that was measured anew, once. What changes
//!         nothing is asked a few times at most.

use std::sync::Arc;

use bytes::Bytes;
use hyper::Method;
use model::Time;
use serde::de::DeserializeOwned;
use venue::kucoin::{Asking, Found, Operation, Pool, headers, open, outcome, reading};
use venue::plain_text;
use venue::port::{Rejection, VenueError};

use super::{METERS, Shared, Signer, VERSION};
use crate::budget::Purpose;
use crate::known::Known;
use crate::rest::{Ask, BODY_BYTES_MAX};
use crate::tries::Tries;

/// The HTTP status of an answer whose envelope is looked at.
const SUCCESS: u16 = 200;
/// For what an operation is asked.
fn purpose_of(operation: Operation) -> Purpose {
    match (operation.changes(), operation.method()) {
        (true, "DELETE") => Purpose::Cancel,
        (true, _) => Purpose::Place,
        (false, _) if matches!(operation, Operation::Order | Operation::OrderByClient) => {
            Purpose::Settle
        }
        // Sockets and snapshots of them tell what these tell.
        (false, _) if matches!(operation, Operation::AllTickers) => Purpose::Refresh,
        (false, _) => Purpose::Look,
    }
}

/// The largest answer that makes sense: lists of thousands of markets are the longest.
const fn bytes_max(operation: Operation) -> usize {
    match operation {
        Operation::Symbols | Operation::FullBook => 16 << 20,
        Operation::AllTickers => 8 << 20,
        _ => BODY_BYTES_MAX,
    }
}

impl Shared {
    /// Asks what everybody may ask.
    ///
    /// # Errors
    /// [`VenueError`].
    pub async fn public(&self, asking: &Asking) -> Result<Bytes, VenueError> {
        self.public_for(asking, purpose_of(asking.operation)).await
    }

    /// As [`Self::public`], for another purpose than usual.
    ///
    /// # Errors
    /// [`VenueError`].
    pub async fn public_for(&self, asking: &Asking, purpose: Purpose) -> Result<Bytes, VenueError> {
        Tries::of(purpose, || self.ask_once(asking, purpose, None)).await
    }

    /// Asks in the name of an account.
    ///
    /// # Errors
    /// [`VenueError`].
    pub async fn signed(&self, signer: &Signer, asking: &Asking) -> Result<Bytes, VenueError> {
        self.measured.get_or_try_init(|| self.measure()).await?;
        let purpose = purpose_of(asking.operation);
        let ask = || self.ask_once(asking, purpose, Some(signer));
        match Tries::of(purpose, ask).await {
            Err(VenueError::Rejected { why: Rejection::Clock, .. }) => {
                self.measure().await?;
                Tries::of(purpose, ask).await
            }
            outcome => outcome,
        }
    }

    /// Measures how far the venue's clock is from ours.
    ///
    /// # Errors
    /// [`VenueError`]; [`VenueError::TryLater`] where the venue's time is absurd.
    pub async fn measure(&self) -> Result<(), VenueError> {
        let asking = &Asking::plain(Operation::ServerTime, "");
        let time = || async { time_of(&self.ask_once(asking, Purpose::Look, None).await?) };
        self.rest.clock.measure(time).await
    }

    /// Its markets.
    ///
    /// # Errors
    /// [`VenueError`].
    pub async fn listing(&self) -> Result<reading::Listing, VenueError> {
        let answer = self.public(&Asking::plain(Operation::Symbols, "")).await?;
        let listing = reading::listing(&answer).map_err(nonsense)?;
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

    async fn ask_once(
        &self,
        asking: &Asking,
        purpose: Purpose,
        signer: Option<&Signer>,
    ) -> Result<Bytes, VenueError> {
        let (pool, weight) = asking.operation.cost();
        let method = asking.operation.method();
        let stamp = self.rest.clock.theirs().millis().to_string();
        let parts = [stamp.as_str(), method, &asking.target, &asking.body].map(str::as_bytes);
        let signature = signer.map(|it| it.credentials.key.sign(&parts)).unwrap_or_default();
        let mut headers = Vec::new();
        if let Some(Signer { credentials, .. }) = signer {
            headers.extend([
                (headers::KEY, credentials.api_key.expose().as_str()),
                (headers::SIGN, &signature),
                (headers::TIMESTAMP, &stamp),
                (headers::PASSPHRASE, credentials.passphrase.expose()),
                (headers::VERSION, VERSION.number()),
            ]);
        }
        if !asking.body.is_empty() {
            headers.push(("content-type", "application/json"));
        }
        let ask = Ask {
            method: Method::from_bytes(method.as_bytes()).expect("a method of ours"),
            path: asking.path(),
            query: asking.query(),
            headers: &headers,
            body: &asking.body,
            budget: match (signer, pool) {
                (None, _) | (Some(_), Pool::Public) => &self.public,
                (Some(signer), Pool::Spot) => &signer.spot,
                (Some(signer), Pool::Management) => &signer.management,
            },
            weight,
            purpose,
            bytes_max: bytes_max(asking.operation),
        };
        let body = self.rest.ask(&ask).await?;
        match open(&body) {
            Found::Data(data) => Ok(body.slice_ref(data.as_bytes())),
            Found::Nothing => Err(nonsense("there is nothing in it")),
            Found::Nonsense => Err(nonsense("it has no code")),
            // A refusal comes as a success, too.
            Found::Refused(_) => Err(outcome(SUCCESS, &body, None)),
        }
    }
}

/// What time it is, by the answer to being asked for it.
///
/// # Errors
/// [`VenueError::Unknown`] where it makes no sense.
pub fn time_of(answer: &[u8]) -> Result<Time, VenueError> {
    reading::moment(parse(answer)?).map_err(nonsense)
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

/// The answer where the venue gives no such names.
pub fn no_such_order() -> VenueError {
    VenueError::refused_here(Rejection::UnknownOrder, "the venue gives no such names")
}

/// The answer where the venue takes no such name.
pub fn no_such_name() -> VenueError {
    VenueError::refused_here(Rejection::Other, "the venue takes no such names")
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use model::{ClientOrderId, Decimal, Secret, Side};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use venue::port::{NewOrder, Pair, Terms, TradingAccount};

    use super::super::{KucoinConnector, KucoinCredentials, KucoinEndpoints};
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
        let connector = KucoinConnector::new(Dialer::new(), KucoinEndpoints::at(&url), clock);
        let text = |text: &str| Secret::new(text.to_owned());
        let credentials = KucoinCredentials::new(text("key"), &text("secret"), &text("phrase"));
        (connector.account(credentials), asked)
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
        let is_time = path == "GET /api/v1/timestamp";
        noted.lock().unwrap().push(path);
        if !is_time && answer.is_empty() {
            return Ok(());
        }
        let body = if is_time { r#"{"code":"200000","data":1700000000000}"# } else { answer };
        let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: ";
        stream.write_all(format!("{head}{}\r\n\r\n{body}", body.len()).as_bytes()).await
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
        for answer in ["", r#"{"code":"500000","msg":"Internal Server Error"}"#, "<html>"] {
            let (account, asked) = venue(answer).await;
            let outcome = account.place(&order()).await;
            assert!(matches!(outcome, Err(VenueError::Unknown { .. })), "{answer} {outcome:?}");
            assert_eq!(count(&asked, "POST /api/v1/hf/orders/sync"), 1);
        }
        let (account, asked) = venue("").await;
        let outcome = account.balances().await;
        assert!(matches!(outcome, Err(VenueError::TryLater { .. })), "{outcome:?}");
        assert_eq!(count(&asked, "GET /api/v1/accounts"), 3, "a question is asked again");
    }

    #[tokio::test]
    async fn a_refusal_that_comes_as_a_success_is_one_and_a_stamp_is_drawn_anew_once() {
        let (account, asked) = venue(r#"{"code":"200004","msg":"Balance insufficient!"}"#).await;
        let outcome = account.place(&order()).await;
        let is_funds = matches!(outcome, Err(VenueError::Rejected { why: Rejection::Funds, .. }));
        assert!(is_funds, "{outcome:?}");
        assert_eq!(count(&asked, "POST /api/v1/hf/orders/sync"), 1);
        let (account, asked) = venue(r#"{"code":"400002","msg":"KC-API-TIMESTAMP Invalid"}"#).await;
        let outcome = account.place(&order()).await;
        let is_clock = matches!(outcome, Err(VenueError::Rejected { why: Rejection::Clock, .. }));
        assert!(is_clock, "{outcome:?}");
        assert_eq!(count(&asked, "POST /api/v1/hf/orders/sync"), 2);
        assert_eq!(count(&asked, "GET /api/v1/timestamp"), 4, "twice at the start, and again");
    }
}
