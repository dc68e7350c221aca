//! Requests over HTTP, within the budget, and what their failures mean.
//!
//! Keeps   a request is sent once: who asks decides whether it is safe to ask again. Of an answer
//!         no more is read than whoever asked expects; what a venue says of itself is passed on
//!         cut short, and without what a log would take for its own.
//! Fails   `TryLater` where nothing was sent or nothing could have been changed, `Unknown` where
//!         something may have been, and what the venue says otherwise.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::{Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use model::Time;
use venue::plain_text;
use venue::port::{Rejection, VenueError};

use crate::budget::{Budget, CLOSED_MAX, Purpose};
use crate::clock::VenueClock;
use crate::dial::Dialer;
use crate::meters::Meters;

/// The largest usual answer.
pub const BODY_BYTES_MAX: usize = 1 << 20;
/// How long an answer may take.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// Connections that are kept for the next request.
const IDLE_CONNECTIONS_MAX: usize = 8;

/// How a venue speaks HTTP.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// Who is asked.
    pub meters: Meters,
    /// How much of the budget is used, as the headers of an answer tell.
    pub used: fn(&HeaderMap) -> Option<u32>,
    /// In how long the venue takes more, as the headers of an answer tell that are its own.
    pub reset: fn(&HeaderMap) -> Option<Duration>,
    /// How long to stay away where it is too much, and no header says for how long: as long as its
    /// counts take to begin anew.
    pub stay_away: Duration,
    /// What an answer that is no success means: its status, its body, and for how long to stay
    /// away, where it says so.
    pub outcome: fn(u16, &[u8], Option<Duration>) -> VenueError,
}

/// One request.
#[derive(Clone)]
pub struct Ask<'a> {
    /// How.
    pub method: Method,
    /// What.
    pub path: &'a str,
    /// With its signature, where that is its place; empty for none.
    pub query: &'a str,
    /// What else goes with it, by names in small letters: the key and its signature, the kind of
    /// the body.
    pub headers: &'a [(&'static str, &'a str)],
    /// What is sent; empty for nothing.
    pub body: &'a str,
    /// Of which budget.
    pub budget: &'a Budget,
    /// What it costs there.
    pub weight: u32,
    /// For what.
    pub purpose: Purpose,
    /// The largest answer that is read, in bytes.
    pub bytes_max: usize,
}

/// Without what it says: its signature and its key are nobody's to read.
impl std::fmt::Debug for Ask<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { method, path, weight, purpose, .. } = self;
        write!(f, "Ask({method} {path}, {weight} for {purpose:?})")
    }
}

/// The client of one venue.
pub struct Rest {
    client: Client<Dialer, Full<Bytes>>,
    base: String,
    dialect: Dialect,
    /// What time it is.
    pub clock: VenueClock,
}

impl Rest {
    /// A client of the venue at `base`, which ends without a slash.
    #[must_use]
    pub fn new(dialer: Dialer, base: String, dialect: Dialect, clock: VenueClock) -> Self {
        let client = Client::builder(TokioExecutor::new())
            .pool_max_idle_per_host(IDLE_CONNECTIONS_MAX)
            .build(dialer);
        Self { client, base, dialect, clock }
    }

    /// Whether the venue is asked in plain text: then it is on this machine.
    pub fn is_plain(&self) -> bool {
        self.base.starts_with("http:")
    }

    /// Asks once.
    ///
    /// # Errors
    /// As told above.
    pub async fn ask(&self, ask: &Ask<'_>) -> Result<Bytes, VenueError> {
        let request = self.request(ask)?;
        let sent = self.clock.theirs();
        ask.budget.take(ask.weight, ask.purpose, sent).map_err(|after| VenueError::TryLater {
            after,
            text: "the budget of requests is used up".to_owned(),
        })?;
        self.dialect.meters.asked(ask.weight);
        let answer = tokio::time::timeout(ANSWER_MAX, self.client.request(request)).await;
        let response = match answer {
            Ok(Ok(response)) => response,
            // Then nothing was sent.
            Ok(Err(error)) if error.is_connect() => {
                return Err(VenueError::later(format!("no connection: {}", with_cause(&error))));
            }
            Ok(Err(error)) => return Err(broken(ask, &with_cause(&error))),
            Err(_) => return Err(broken(ask, "no answer in time")),
        };
        let (head, body) = response.into_parts();
        let status = head.status.as_u16();
        let retry_after = self.heed(ask, sent, status, &head.headers);
        let body = Limited::new(body, ask.bytes_max).collect();
        let body = match tokio::time::timeout(ANSWER_MAX, body).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) => return Err(broken(ask, &plain_text(error))),
            Err(_) => return Err(broken(ask, "no whole answer in time")),
        };
        if head.status.is_success() {
            return Ok(body);
        }
        Err((self.dialect.outcome)(status, &body, retry_after))
    }

    fn request(&self, ask: &Ask<'_>) -> Result<Request<Full<Bytes>>, VenueError> {
        let joint = if ask.query.is_empty() { "" } else { "?" };
        let uri = format!("{}{}{joint}{}", self.base, ask.path, ask.query);
        let mut request = Request::builder().method(ask.method.clone()).uri(uri);
        for (name, text) in ask.headers {
            let mut value = HeaderValue::from_str(text).map_err(|_| unfit(name))?;
            value.set_sensitive(true);
            request = request.header(HeaderName::from_static(name), value);
        }
        let body = Full::new(Bytes::copy_from_slice(ask.body.as_bytes()));
        request.body(body).map_err(|_| unfit("address"))
    }

    /// Takes note of what the headers say; tells for how long to stay away.
    fn heed(
        &self,
        ask: &Ask<'_>,
        sent: Time,
        status: u16,
        headers: &HeaderMap,
    ) -> Option<Duration> {
        let now = self.clock.theirs();
        if let Some(used) = (self.dialect.used)(headers) {
            ask.budget.used(used, sent, now);
        }
        self.dialect.meters.used(ask.budget.spent(now));
        let retry_after = number(headers, RETRY_AFTER.as_str());
        let retry_after = retry_after.map(|seconds| Duration::from_secs(seconds.into()));
        let retry_after = retry_after.or_else(|| (self.dialect.reset)(headers));
        let retry_after = retry_after.map(|after| after.min(CLOSED_MAX));
        match (status, retry_after) {
            (429 | 418, Some(after)) => ask.budget.close(after, now),
            // Who did not heed what is too much is banned, from ending orders as well.
            (418, None) => ask.budget.close(self.dialect.stay_away, now),
            (429, None) => ask.budget.spare(self.dialect.stay_away, now),
            _ => {}
        }
        retry_after
    }
}

impl std::fmt::Debug for Rest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rest").field("base", &self.base).finish_non_exhaustive()
    }
}

/// The number that a header tells.
#[must_use]
pub fn number(headers: &HeaderMap, name: &str) -> Option<u32> {
    headers.get(name)?.to_str().ok()?.parse().ok()
}

/// It was sent, and nobody knows how far it came.
fn broken(ask: &Ask<'_>, text: &str) -> VenueError {
    let text = text.to_owned();
    if ask.purpose.changes() { VenueError::Unknown { text } } else { VenueError::later(text) }
}

fn unfit(what: &str) -> VenueError {
    let text = format!("the {what} cannot be written into a request");
    VenueError::refused_here(Rejection::Other, text)
}

fn with_cause(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => plain_text(format_args!("{error}: {cause}")),
        None => plain_text(error),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use venue::port::Venue;

    use super::*;

    /// Asks a server that reads a request, answers so, and closes.
    async fn asked(answer: &str, purpose: Purpose) -> (Rest, Budget, Result<Bytes, VenueError>) {
        let answer = answer.to_owned();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = Vec::new();
            while !request.ends_with(b"\r\n\r\n") {
                request.push(stream.read_u8().await.unwrap());
            }
            stream.write_all(answer.as_bytes()).await.unwrap();
        });
        let (rest, budget) = (rest(base), Budget::new(6_000, Duration::from_secs(60)));
        let outcome = rest.ask(&ask(&budget, purpose)).await;
        server.await.unwrap();
        (rest, budget, outcome)
    }

    fn rest(base: String) -> Rest {
        let outcome = |status, _: &[u8], after: Option<Duration>| VenueError::TryLater {
            after: after.unwrap_or_default(),
            text: format!("{status}"),
        };
        let used = |headers: &HeaderMap| number(headers, "x-used");
        let reset = |headers: &HeaderMap| {
            number(headers, "x-reset").map(|millis| Duration::from_millis(millis.into()))
        };
        let (meters, stay_away) = (Meters::of(Venue::Binance), Duration::from_secs(5));
        let dialect = Dialect { meters, used, reset, stay_away, outcome };
        let clock = VenueClock::new(Arc::new(|| Time(60_000_000)));
        Rest::new(Dialer::new(), base, dialect, clock)
    }

    const fn ask(budget: &Budget, purpose: Purpose) -> Ask<'_> {
        let (path, query, headers) = ("/a", "b=1&signature=s3cr3t", &[("x-key", "k3y")]);
        let (method, body, weight, bytes_max) = (Method::GET, "", 1, 1_000);
        Ask { method, path, query, headers, body, budget, weight, purpose, bytes_max }
    }

    fn after(outcome: &Result<Bytes, VenueError>) -> Option<Duration> {
        match outcome {
            Err(VenueError::TryLater { after, .. }) => Some(*after),
            Ok(_) | Err(VenueError::Rejected { .. } | VenueError::Unknown { .. }) => None,
        }
    }

    #[tokio::test]
    async fn what_the_headers_say_is_heeded() {
        let answer = "HTTP/1.1 200 OK\r\nx-used: 5400\r\ncontent-length: 2\r\n\r\nok";
        let (rest, budget, outcome) = asked(answer, Purpose::Place).await;
        assert_eq!(outcome.unwrap(), "ok");
        let outcome = rest.ask(&ask(&budget, Purpose::Place)).await;
        assert_eq!(after(&outcome), Some(Duration::from_secs(60)));
        for (told, want) in [("7", 7), ("4294967295", CLOSED_MAX.as_secs())] {
            let head = format!("HTTP/1.1 429 No\r\nretry-after: {told}\r\n");
            let answer = format!("{head}content-length: 0\r\n\r\n");
            let (rest, budget, outcome) = asked(&answer, Purpose::Look).await;
            for outcome in [outcome, rest.ask(&ask(&budget, Purpose::Cancel)).await] {
                assert_eq!(after(&outcome), Some(Duration::from_secs(want)), "{told}");
            }
        }
    }

    #[tokio::test]
    async fn without_a_word_for_how_long_it_is_for_as_long_as_counts_go_and_orders_may_be_ended() {
        let too_many =
            |header: &str| format!("HTTP/1.1 429 No\r\n{header}content-length: 0\r\n\r\n");
        let cases = [("x-reset: 1500\r\n", 1_500, true), ("", 5_000, false)];
        for (header, want, holds_cancels) in cases {
            let (rest, budget, _) = asked(&too_many(header), Purpose::Look).await;
            let outcome = rest.ask(&ask(&budget, Purpose::Place)).await;
            assert_eq!(after(&outcome), Some(Duration::from_millis(want)), "{header}");
            let taken = budget.take(1, Purpose::Cancel, Time(60_000_000));
            assert_eq!(taken.is_err(), holds_cancels, "{header}");
        }
    }

    #[tokio::test]
    async fn an_answer_that_breaks_off_leaves_a_change_unknown_and_nothing_else() {
        let long = format!("HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n{:1001}", "");
        for answer in ["", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok", &long] {
            for (purpose, is_unknown) in [
                (Purpose::Place, true),
                (Purpose::Cancel, true),
                (Purpose::Settle, false),
                (Purpose::Look, false),
                (Purpose::Refresh, false),
            ] {
                let (_, _, outcome) = asked(answer, purpose).await;
                let told = matches!(outcome, Err(VenueError::Unknown { .. }));
                assert_eq!(told, is_unknown, "{purpose:?}: {outcome:?}");
                assert_eq!(after(&outcome).is_some(), !is_unknown, "{purpose:?}: {outcome:?}");
            }
        }
    }

    #[tokio::test]
    async fn what_was_never_sent_may_be_sent_again() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let budget = Budget::new(6_000, Duration::from_secs(60));
        let outcome = rest(base).ask(&ask(&budget, Purpose::Place)).await;
        assert!(after(&outcome).is_some(), "{outcome:?}");
    }

    #[tokio::test]
    async fn a_key_and_a_signature_are_in_no_error_and_no_text() {
        let budget = Budget::new(6_000, Duration::from_secs(60));
        let request = ask(&budget, Purpose::Place);
        let answer = "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok";
        let (rest, _, outcome) = asked(answer, Purpose::Place).await;
        let bad = Ask { headers: &[("x-key", "k3y\n")], ..request.clone() };
        let unfit = rest.ask(&bad).await;
        for text in [format!("{request:?}"), format!("{outcome:?}"), format!("{unfit:?} {rest:?}")]
        {
            assert!(!text.contains("s3cr3t") && !text.contains("k3y"), "{text}");
        }
    }
}
