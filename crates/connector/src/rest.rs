//! Requests over HTTP, within the budget, and what their failures mean.
//!
//! Keeps   a request is sent once: who asks decides whether it is safe to ask again. Of an answer
//!         at most [`BODY_BYTES_MAX`] are read.
//! Fails   `TryLater` where nothing was sent or nothing could have been changed, `Unknown` where
//!         something may have been, and what the venue says otherwise.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper::header::{HeaderMap, HeaderName, HeaderValue, RETRY_AFTER};
use hyper::{Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use venue::port::VenueError;

use crate::budget::Budget;
use crate::clock::VenueClock;
use crate::dial::Dialer;

/// The largest answer: a list of thousands of markets has some of these.
const BODY_BYTES_MAX: usize = 64 << 20;
/// How long an answer may take.
const ANSWER_MAX: Duration = Duration::from_secs(10);
/// Connections that are kept for the next request.
const IDLE_CONNECTIONS_MAX: usize = 8;
/// How long to stay away where the venue says that it is too much, and not for how long.
const STAY_AWAY: Duration = Duration::from_secs(60);

/// How a venue speaks HTTP.
#[derive(Clone, Copy, Debug)]
pub struct Dialect {
    /// The header that names a key.
    pub key: &'static str,
    /// The header that tells the weight used in this minute.
    pub used: &'static str,
    /// What an answer that is no success means.
    pub outcome: fn(u16, &[u8], Option<Duration>) -> VenueError,
}

/// One request.
#[derive(Clone, Debug)]
pub struct Ask<'a> {
    /// How.
    pub method: Method,
    /// What.
    pub path: &'a str,
    /// With its signature, where it has one.
    pub query: &'a str,
    /// By which key.
    pub api_key: Option<&'a str>,
    /// What it costs.
    pub weight: u32,
    /// Whether something is another after it.
    pub changes: bool,
}

/// The client of one venue.
pub struct Rest {
    client: Client<Dialer, Full<Bytes>>,
    base: String,
    dialect: Dialect,
    /// What may still be asked.
    pub budget: Budget,
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
        Self { client, base, dialect, budget: Budget::default(), clock }
    }

    /// Asks once.
    ///
    /// # Errors
    /// As told above.
    pub async fn ask(&self, ask: &Ask<'_>) -> Result<Bytes, VenueError> {
        let request = self.request(ask)?;
        self.budget.take(ask.weight, self.clock.theirs()).map_err(|after| {
            VenueError::TryLater { after, text: "the budget of requests is used up".to_owned() }
        })?;
        let answer = tokio::time::timeout(ANSWER_MAX, self.client.request(request)).await;
        let response = match answer {
            Ok(Ok(response)) => response,
            // Then nothing was sent.
            Ok(Err(error)) if error.is_connect() => {
                return Err(later(format!("no connection: {}", with_cause(&error))));
            }
            Ok(Err(error)) => return Err(broken(ask, &with_cause(&error))),
            Err(_) => return Err(broken(ask, "no answer in time")),
        };
        let (head, body) = response.into_parts();
        let status = head.status.as_u16();
        let retry_after = self.heed(status, &head.headers);
        let body = Limited::new(body, BODY_BYTES_MAX).collect();
        let body = match tokio::time::timeout(ANSWER_MAX, body).await {
            Ok(Ok(body)) => body.to_bytes(),
            Ok(Err(error)) => return Err(broken(ask, &error.to_string())),
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
        if let Some(api_key) = ask.api_key {
            let mut value = HeaderValue::from_str(api_key).map_err(|_| unfit("the key"))?;
            value.set_sensitive(true);
            request = request.header(HeaderName::from_static(self.dialect.key), value);
        }
        request.body(Full::default()).map_err(|_| unfit("the address"))
    }

    /// Takes note of what the headers say; tells for how long to stay away.
    fn heed(&self, status: u16, headers: &HeaderMap) -> Option<Duration> {
        let number = |name: &str| headers.get(name)?.to_str().ok()?.parse::<u32>().ok();
        let now = self.clock.theirs();
        if let Some(used) = number(self.dialect.used) {
            self.budget.used(used, now);
        }
        let retry_after = number(RETRY_AFTER.as_str());
        let retry_after = retry_after.map(|seconds| Duration::from_secs(seconds.into()));
        if matches!(status, 429 | 418) {
            self.budget.close(retry_after.unwrap_or(STAY_AWAY), now);
        }
        retry_after
    }
}

impl std::fmt::Debug for Rest {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rest").field("base", &self.base).finish_non_exhaustive()
    }
}

fn later(text: String) -> VenueError {
    VenueError::TryLater { after: Duration::ZERO, text }
}

/// It was sent, and nobody knows how far it came.
fn broken(ask: &Ask<'_>, text: &str) -> VenueError {
    if ask.changes { VenueError::Unknown { text: text.to_owned() } } else { later(text.to_owned()) }
}

fn unfit(what: &str) -> VenueError {
    let text = format!("{what} cannot be written into a request");
    VenueError::Rejected { why: venue::port::Rejection::Other, code: String::new(), text }
}

fn with_cause(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use model::Time;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// Asks a server that reads a request, answers so, and closes.
    async fn asked(answer: &'static str, changes: bool) -> (Rest, Result<Bytes, VenueError>) {
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
        let rest = rest(base);
        let outcome = rest.ask(&ask(changes)).await;
        server.await.unwrap();
        (rest, outcome)
    }

    fn rest(base: String) -> Rest {
        let outcome = |status, _: &[u8], after: Option<Duration>| VenueError::TryLater {
            after: after.unwrap_or_default(),
            text: format!("{status}"),
        };
        let dialect = Dialect { key: "x-key", used: "x-used", outcome };
        let clock = VenueClock::new(Arc::new(|| Time(60_000_000)));
        Rest::new(Dialer::new(), base, dialect, clock)
    }

    const fn ask(changes: bool) -> Ask<'static> {
        let (path, query) = ("/a", "b=1");
        Ask { method: Method::GET, path, query, api_key: Some("k"), weight: 1, changes }
    }

    #[tokio::test]
    async fn what_the_headers_say_is_heeded() {
        let answer = "HTTP/1.1 200 OK\r\nx-used: 5400\r\ncontent-length: 2\r\n\r\nok";
        let (rest, outcome) = asked(answer, true).await;
        assert_eq!(outcome.unwrap(), "ok");
        let after = Duration::from_secs(60);
        assert!(matches!(rest.ask(&ask(true)).await,
            Err(VenueError::TryLater { after: told, .. }) if told == after));
        let answer = "HTTP/1.1 429 No\r\nretry-after: 7\r\ncontent-length: 0\r\n\r\n";
        let (rest, outcome) = asked(answer, false).await;
        let after = Duration::from_secs(7);
        for outcome in [outcome, rest.ask(&ask(false)).await] {
            assert!(matches!(outcome,
                Err(VenueError::TryLater { after: told, .. }) if told == after));
        }
    }

    #[tokio::test]
    async fn an_answer_that_breaks_off_leaves_a_change_unknown_and_nothing_else() {
        for answer in ["", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok"] {
            let (_, outcome) = asked(answer, true).await;
            assert!(matches!(outcome, Err(VenueError::Unknown { .. })), "{outcome:?}");
            let (_, outcome) = asked(answer, false).await;
            assert!(matches!(outcome, Err(VenueError::TryLater { .. })), "{outcome:?}");
        }
    }

    #[tokio::test]
    async fn what_was_never_sent_may_be_sent_again() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        drop(listener);
        let outcome = rest(base).ask(&ask(true)).await;
        assert!(matches!(outcome, Err(VenueError::TryLater { .. })), "{outcome:?}");
    }
}
