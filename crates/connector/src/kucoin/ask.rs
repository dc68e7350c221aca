//! Questions to the venue: weighed, signed, and asked again where that is safe.
//!
//! Keeps   what changes something is sent once, unless the venue refused its stamp: then nothing
//!         was done, and it is stamped anew by a clock that was measured anew, once. What changes
//!         nothing is asked [`TRIES_MAX`] times at most.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError};

use bytes::Bytes;
use hyper::Method;
use venue::kucoin::{Asking, Found, Operation, Pool, headers, open, outcome, reading};
use venue::port::{Pair, Rejection, VenueError};

use super::{Shared, Signer, VERSION};
use crate::backoff::Backoff;
use crate::rest::Ask;
use crate::retry::{TRIES_MAX, nonsense, parse, pause};

/// The HTTP status of an answer whose envelope is looked at.
const SUCCESS: u16 = 200;

impl Shared {
    /// Asks what everybody may ask.
    ///
    /// # Errors
    /// [`VenueError`].
    pub async fn public(&self, asking: &Asking) -> Result<Bytes, VenueError> {
        let mut backoff = Backoff::default();
        let mut tries = 1;
        loop {
            match self.ask_once(asking, None).await {
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
    pub async fn signed(&self, signer: &Signer, asking: &Asking) -> Result<Bytes, VenueError> {
        self.measured.get_or_try_init(|| self.measure()).await?;
        let mut backoff = Backoff::default();
        let (mut tries, mut was_measured) = (1, false);
        loop {
            match self.ask_once(asking, Some(signer)).await {
                Err(VenueError::Rejected { why: Rejection::Clock, .. }) if !was_measured => {
                    self.measure().await?;
                    was_measured = true;
                }
                Err(error) if !asking.operation.changes() && tries < TRIES_MAX => {
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
        let asking = Asking::plain(Operation::ServerTime, "");
        let mut backoff = Backoff::default();
        let mut tries = 1;
        loop {
            // Each try by itself: what was waited for before it is no part of its way.
            let asked = self.rest.clock.ours();
            match self.ask_once(&asking, None).await {
                Ok(answer) => {
                    let answered = self.rest.clock.ours();
                    let theirs = reading::moment(parse(&answer)?).map_err(nonsense)?;
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
        let answer = self.public(&Asking::plain(Operation::Symbols, "")).await?;
        let listing = reading::listing(&answer).map_err(nonsense)?;
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
        asking: &Asking,
        signer: Option<&Signer>,
    ) -> Result<Bytes, VenueError> {
        let (pool, weight) = asking.operation.cost();
        let method = asking.operation.method();
        let stamp = self.rest.clock.theirs().millis().to_string();
        let parts = [stamp.as_str(), method, &asking.target, &asking.body].map(str::as_bytes);
        let signature = signer.map(|it| it.credentials.key.sign(&parts)).unwrap_or_default();
        let passphrase = signer.map_or("", |it| it.credentials.passphrase.expose());
        let signed = [
            (headers::SIGN, signature.as_str()),
            (headers::TIMESTAMP, &stamp),
            (headers::PASSPHRASE, passphrase),
            (headers::VERSION, VERSION.number()),
        ];
        let ask = Ask {
            method: Method::from_bytes(method.as_bytes()).expect("a method of ours"),
            path: asking.path(),
            query: asking.query(),
            api_key: signer.map(|it| it.credentials.api_key.expose().as_str()),
            weight,
            changes: asking.operation.changes(),
            body: (!asking.body.is_empty()).then_some(asking.body.as_str()),
            headers: if signer.is_some() { &signed } else { &[] },
            budget: signer.and_then(|signer| match pool {
                Pool::Public => None,
                Pool::Spot => Some(&*signer.spot),
                Pool::Management => Some(&*signer.management),
            }),
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

/// The answer where the venue gives no such names.
pub fn no_such_order() -> VenueError {
    let text = "the venue gives no such names".to_owned();
    VenueError::Rejected { why: Rejection::UnknownOrder, code: String::new(), text }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use model::{ClientOrderId, Decimal, Secret, Side, Time};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use venue::port::{NewOrder, Terms, TradingAccount};

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
        assert_eq!(count(&asked, "GET /api/v1/timestamp"), 2, "at the start, and again");
    }
}
