//! Connections to the market streams.
//!
//! ```text
//! /ws  /ws/<name>[/<name>…]       messages as they are
//! /stream?streams=<name>/<name>   messages with the name of their stream
//! ```
//!
//! Keeps   a connection holds a bounded outbox and small buffers, nothing else; one that does not
//!         read, does not answer pings, or talks too much is ended, and no other waits for it.
//! Source  web-socket-streams.md, "General WSS information" and "WebSocket Limits".

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures_util::SinkExt;
use percent_encoding::percent_decode_str;
use projection::Views;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use venue::binance::{Refusal, TimeUnit};

use super::fanout::{Hub, Outbox, OutboxRoom, combine};
use super::listen_key;
use super::rest::{refused, refused_at, unserved};
use super::stream_feed::{StreamFeed, stopped};
use super::stream_session::{OpenPrivate, StreamSession};
use super::stream_shape::{Stamp, server_shutdown};
use crate::exchange::Exchange;
use crate::network::Permit;
use crate::trouble::{Fate, Line};

/// The longest message from a client, in bytes: 1,024 streams to subscribe to.
const MESSAGE_BYTES_MAX: usize = 64 * 1_024;
/// The buffer into which a connection reads, in bytes.
const READ_BUFFER_BYTES: usize = 4 * 1_024;
/// Messages are gathered up to so many bytes before they are written.
const WRITE_BUFFER_BYTES: usize = 8 * 1_024;
/// The most bytes that are gathered, one message of the largest kind included.
const WRITE_BUFFER_BYTES_MAX: usize = 2 * 1_024 * 1_024;
/// Messages that leave the outbox at a time.
const SENDING_MAX: usize = 64;
/// Pings that may wait for their answer.
const PINGS_MAX: usize = 64;
/// How long a connection that ends may take to hear so.
const FAREWELL: Duration = Duration::from_secs(1);

/// How connections are kept.
#[derive(Clone, Copy, Debug)]
pub struct StreamRules {
    /// How often a ping is sent.
    pub ping_every: Duration,
    /// How long its answer may take.
    pub pong_within: Duration,
    /// How long a connection lasts at most.
    pub lifetime: Duration,
    /// Messages of a client in one second.
    pub messages_per_second: usize,
    /// Connections that one address may open in five minutes.
    pub attempts_max: u32,
    /// How much may wait for one connection before it is dropped.
    pub outbox: OutboxRoom,
}

impl Default for StreamRules {
    /// The venue's own.
    fn default() -> Self {
        Self {
            ping_every: Duration::from_secs(20),
            pong_within: Duration::from_secs(60),
            lifetime: Duration::from_secs(24 * 3_600),
            messages_per_second: 5,
            attempts_max: 300,
            outbox: OutboxRoom::default(),
        }
    }
}

/// The streams of an exchange: who listens, and whether it goes on.
#[derive(Debug)]
pub struct Streams {
    /// Who listens.
    pub hub: Arc<Hub>,
    stop: watch::Sender<bool>,
}

impl Streams {
    /// Nobody listens yet to what changes of `views`.
    #[must_use]
    pub fn new(rules: &StreamRules, views: Views) -> Self {
        Self { hub: Arc::new(Hub::new(rules.outbox, views)), stop: watch::Sender::new(false) }
    }

    /// Tells every connection that the server ends, and ends them and the feed.
    pub fn stop(&self) {
        self.stop.send_replace(true);
    }

    /// Whether it goes on.
    #[must_use]
    pub fn stopping(&self) -> watch::Receiver<bool> {
        self.stop.subscribe()
    }
}

/// Says on the market streams what changes, until the streams or the exchange stop. To be spawned
/// once.
pub async fn feed_streams(exchange: Arc<Exchange>) {
    let streams = &exchange.streams;
    let feed = StreamFeed::new(exchange.views.clone(), Arc::clone(&streams.hub));
    feed.run(|| exchange.now(), streams.stopping()).await;
}

/// The paths of the market streams.
pub fn routes() -> Router<Arc<Exchange>> {
    Router::new()
        .route("/ws", get(connect))
        .route("/ws/", get(connect))
        .route("/ws/{*names}", get(connect))
        .route("/stream", get(connect))
        .route("/stream/", get(connect))
}

async fn connect(State(exchange): State<Arc<Exchange>>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let from = exchange.address_of(&parts);
    if let Err(refusal) = exchange.weights.check_ban(from, exchange.now()) {
        return refused(refusal);
    }
    let asked = match Asked::read(parts.uri.path(), parts.uri.query().unwrap_or_default()) {
        Ok(asked) => asked,
        Err(refusal) => {
            let charged = exchange.weights.charge(from, 1, exchange.now());
            let (refusal, used) = charged.map_or_else(|refused| refused, |used| (refusal, used));
            return refused_at(refusal, used);
        }
    };
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade,
        Err(rejection) => {
            return unserved(rejection.into_response().status(), &exchange, &parts);
        }
    };
    let now = exchange.now();
    let of_account = |name: &String| exchange.listen_keys.account_of(name, now).is_some();
    let is_private = asked.names.iter().any(of_account);
    let door = if is_private { &exchange.customer_sockets } else { &exchange.stream_sockets };
    let permit = match door.enter(from, now) {
        Ok(permit) => permit,
        Err(refusal) => return refused(refusal),
    };
    let streams = &exchange.streams;
    let outbox = streams.hub.connect(asked.unit, asked.combined);
    let stands_on = Arc::clone(&exchange);
    let open_private: OpenPrivate =
        Arc::new(move |name, outbox| listen_key::open_stream(&stands_on, name, from, outbox));
    let mut session = StreamSession::new(Arc::clone(&streams.hub), outbox, open_private);
    if session.subscribe(asked.names, &exchange.views.catalog()).is_err() {
        return unserved(StatusCode::BAD_REQUEST, &exchange, &parts);
    }
    upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_write_buffer_size(WRITE_BUFFER_BYTES_MAX)
        .max_message_size(MESSAGE_BYTES_MAX)
        .max_frame_size(MESSAGE_BYTES_MAX)
        .on_upgrade(move |socket| Connection::new(socket, session, exchange, permit).run())
}

/// What a URL asks for.
#[derive(Debug, PartialEq, Eq)]
struct Asked {
    names: Vec<String>,
    combined: bool,
    unit: TimeUnit,
}

impl Asked {
    fn read(path: &str, query: &str) -> Result<Self, Refusal> {
        let value = |name| {
            let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
            pairs.into_iter().find(|(key, _)| *key == name).map(|(_, value)| value)
        };
        let unit = match value("timeUnit") {
            Some(text) => TimeUnit::parse(text).ok_or(Refusal::BadTimeUnit)?,
            None => TimeUnit::default(),
        };
        let combined = !path.starts_with("/ws");
        let names = if combined {
            value("streams").unwrap_or_default()
        } else {
            path.trim_start_matches("/ws").trim_start_matches('/')
        };
        let names = percent_decode_str(names).decode_utf8().map_err(|_| Refusal::IllegalText)?;
        let names = names.split('/').filter(|name| !name.is_empty()).map(str::to_owned).collect();
        Ok(Self { names, combined, unit })
    }
}

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The client went, or the network failed.
    Gone,
    /// It did not read what it wanted to hear.
    Slow,
    /// It did not answer pings.
    Silent,
    /// It talked too much.
    Talkative,
    /// It lasted its time.
    Expired,
    /// The key by which it listened to an account is good no more.
    Withdrawn,
    /// The server ends.
    Shutdown,
}

impl End {
    /// What the client is told, where it can still hear.
    const fn farewell(self) -> Option<(u16, &'static str)> {
        match self {
            Self::Gone | Self::Slow | Self::Silent => None,
            Self::Talkative => Some((1008, "Too many requests")),
            Self::Withdrawn => Some((1008, "Listen key expired")),
            Self::Expired => Some((1001, "Connection lifetime reached")),
            Self::Shutdown => Some((1001, "Server shutdown")),
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Slow => "slow",
            Self::Silent => "silent",
            Self::Talkative => "talkative",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
            Self::Shutdown => "shutdown",
        }
    }
}

struct Connection {
    socket: WebSocket,
    session: StreamSession,
    exchange: Arc<Exchange>,
    rules: StreamRules,
    /// Messages that left the outbox and are not sent.
    sending: VecDeque<Utf8Bytes>,
    /// Pings without an answer, oldest first.
    pings: VecDeque<(u64, Instant)>,
    pings_sent: u64,
    /// When the last messages of the client came.
    heard: VecDeque<Instant>,
    line: Line,
    _permit: Permit,
}

impl Connection {
    fn new(
        socket: WebSocket,
        session: StreamSession,
        exchange: Arc<Exchange>,
        permit: Permit,
    ) -> Self {
        Self {
            socket,
            session,
            rules: exchange.limits.streams,
            line: exchange.trouble.line(),
            exchange,
            sending: VecDeque::new(),
            pings: VecDeque::new(),
            pings_sent: 0,
            heard: VecDeque::new(),
            _permit: permit,
        }
    }

    async fn run(mut self) {
        let mut stop = self.exchange.streams.stopping();
        let end = match self.serve(&mut stop).await {
            Ok(()) => End::Gone,
            Err(end) => end,
        };
        metrics::counter!("rialto_stream_ends_total", "reason" => end.name()).increment(1);
        tracing::debug!(reason = end.name(), "a market stream ends");
        if end == End::Shutdown {
            self.announce_shutdown().await;
        }
        if let Some((code, reason)) = end.farewell() {
            let frame = CloseFrame { code, reason: reason.into() };
            let farewell = async {
                let _ = self.socket.send(Message::Close(Some(frame))).await;
                // The close is complete when the client has said it, too.
                while let Some(Ok(_)) = self.socket.recv().await {}
            };
            let _ = timeout(FAREWELL, farewell).await;
        }
    }

    async fn serve(&mut self, stop: &mut watch::Receiver<bool>) -> Result<(), End> {
        let expires = Instant::now() + self.rules.lifetime;
        let mut next_ping = Instant::now() + self.rules.ping_every;
        let outbox = Arc::clone(self.session.outbox());
        loop {
            if self.line.is_cut() {
                return Ok(());
            }
            let flows = !self.line.is_stalled();
            let waits = !self.sending.is_empty() || 0 < outbox.bytes() || outbox.is_dropped();
            if !waits && outbox.is_finished() {
                return Err(End::Withdrawn);
            }
            let waits = flows && waits;
            let silent = self.pings.front().map(|(_, sent)| *sent + self.rules.pong_within);
            let alarm = silent.map_or(next_ping, |silent| silent.min(next_ping)).min(expires);
            tokio::select! {
                message = self.socket.recv() => match message {
                    Some(Ok(message)) => self.hear(&message)?,
                    Some(Err(_)) | None => return Ok(()),
                },
                () = std::future::ready(()), if waits => self.send(&outbox).await?,
                () = outbox.woken(), if !waits => {}
                () = self.line.changed() => {}
                () = sleep_until(alarm), if flows => {
                    let now = Instant::now();
                    if silent.is_some_and(|silent| silent <= now) {
                        return Err(End::Silent);
                    }
                    if expires <= now {
                        return Err(End::Expired);
                    }
                    if next_ping <= now {
                        self.ping(&outbox, now).await?;
                        next_ping = now + self.rules.ping_every;
                    }
                }
                () = stopped(stop) => return Err(End::Shutdown),
            }
        }
    }

    fn hear(&mut self, message: &Message) -> Result<(), End> {
        self.count(Instant::now())?;
        match message {
            Message::Text(text) => {
                let catalog = self.exchange.views.catalog();
                self.session.hear(text, &catalog).map_err(|_| End::Slow)
            }
            Message::Binary(_) => {
                let answer = self.session.hear("", &self.exchange.views.catalog());
                answer.map_err(|_| End::Slow)
            }
            Message::Pong(payload) => {
                let number = std::str::from_utf8(payload).ok().and_then(|text| text.parse().ok());
                if let Some(number) = number.filter(|number: &u64| *number <= self.pings_sent) {
                    while self.pings.front().is_some_and(|(sent, _)| *sent <= number) {
                        self.pings.pop_front();
                    }
                }
                Ok(())
            }
            // The answer to a ping is sent by the socket itself.
            Message::Ping(_) => Ok(()),
            Message::Close(_) => Err(End::Gone),
        }
    }

    /// Counts a message of the client.
    fn count(&mut self, now: Instant) -> Result<(), End> {
        let max = self.rules.messages_per_second;
        while max <= self.heard.len() {
            let first = self.heard.pop_front();
            if first.is_some_and(|first| now < first + Duration::from_secs(1)) {
                return Err(End::Talkative);
            }
        }
        self.heard.push_back(now);
        Ok(())
    }

    /// Sends some of what waits.
    async fn send(&mut self, outbox: &Outbox) -> Result<(), End> {
        if self.sending.is_empty() {
            outbox.take(&mut self.sending, SENDING_MAX).map_err(|_| End::Slow)?;
        }
        let (socket, sending, line) = (&mut self.socket, &mut self.sending, &mut self.line);
        let mut is_cut = false;
        let all = async {
            while let Some(message) = sending.pop_front() {
                let fate = if is_told(&message) { line.fate() } else { Fate::Sent };
                match fate {
                    Fate::Sent => socket.feed(Message::Text(message)).await?,
                    Fate::Swallowed => {}
                    Fate::Cut => {
                        is_cut = true;
                        break;
                    }
                }
            }
            socket.flush().await
        };
        unless_stuck(all, outbox, self.rules.pong_within).await?;
        if is_cut { Err(End::Gone) } else { Ok(()) }
    }

    async fn ping(&mut self, outbox: &Outbox, now: Instant) -> Result<(), End> {
        self.pings_sent += 1;
        if self.pings.len() < PINGS_MAX {
            self.pings.push_back((self.pings_sent, now));
        }
        let payload = Bytes::from(self.pings_sent.to_string());
        let ping = self.socket.send(Message::Ping(payload));
        unless_stuck(ping, outbox, self.rules.pong_within).await
    }

    /// Says that the server ends, behind what waits.
    async fn announce_shutdown(&mut self) {
        let outbox = Arc::clone(self.session.outbox());
        let stamp = Stamp { now: self.exchange.now(), unit: outbox.unit() };
        let text = server_shutdown(stamp);
        let text = if outbox.is_combined() { combine("!serverShutdown", &text) } else { text };
        let announced = async {
            if outbox.push(text.into()).is_ok() {
                while !self.sending.is_empty() || 0 < outbox.bytes() {
                    if self.send(&outbox).await.is_err() {
                        return;
                    }
                }
            }
        };
        let _ = timeout(FAREWELL, announced).await;
    }
}

/// Whether a message is no answer to what the client asked.
fn is_told(message: &str) -> bool {
    !message.starts_with(r#"{"result""#) && !message.starts_with(r#"{"code""#)
}

/// Waits for `sending`, unless the outbox overflows meanwhile or it takes too long.
async fn unless_stuck<E>(
    sending: impl Future<Output = Result<(), E>>,
    outbox: &Outbox,
    patience: Duration,
) -> Result<(), End> {
    let overflows = async {
        while !outbox.is_dropped() {
            outbox.woken().await;
        }
    };
    tokio::select! {
        biased;
        sent = sending => sent.map_err(|_| End::Gone),
        () = overflows => Err(End::Slow),
        () = sleep(patience) => Err(End::Slow),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_which_streams_how_and_in_which_unit() {
        let asked = |names: &[&str], combined, unit| {
            let names = names.iter().map(|&name| name.to_owned()).collect();
            Ok(Asked { names, combined, unit })
        };
        let (ms, us) = (TimeUnit::Millisecond, TimeUnit::Microsecond);
        for (path, query, want) in [
            ("/ws", "", asked(&[], false, ms)),
            ("/ws/0", "", asked(&["0"], false, ms)),
            ("/ws/a@trade/b@depth@100ms", "", asked(&["a@trade", "b@depth@100ms"], false, ms)),
            ("/ws/%21ticker%40arr", "timeUnit=MICROSECOND", asked(&["!ticker@arr"], false, us)),
            ("/stream", "", asked(&[], true, ms)),
            ("/stream", "streams=a@trade/b@trade", asked(&["a@trade", "b@trade"], true, ms)),
            (
                "/stream",
                "streams=a%40kline_1m%40%2B08%3A00&timeUnit=microsecond",
                asked(&["a@kline_1m@+08:00"], true, us),
            ),
            ("/stream", "timeUnit=SECOND", Err(Refusal::BadTimeUnit)),
            ("/ws/%FF", "", Err(Refusal::IllegalText)),
        ] {
            assert_eq!(Asked::read(path, query), want, "{path}?{query}");
        }
    }
}
