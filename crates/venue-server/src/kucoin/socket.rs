//! Sockets: what opens them, what clients ask on them, and what they are told.
//!
//! ```text
//! POST bullet-public, bullet-private ─► token and address
//! GET  address?token=…&connectId=…   ─► welcome, then answers and messages
//! ```
//!
//! Keeps   a connection has at most [`TOPICS_ON_CONNECTION_MAX`] topics and asks
//!         [`REQUESTS_MAX`] times in ten seconds; one that neither asks nor pings, or does not
//!         read, is ended, and no other waits for it.
//! Source  the venue's documentation, "Websocket Introduction".

use std::borrow::Cow;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::HOST;
use axum::response::{IntoResponse, Response};
use tokio::time::{Instant, sleep_until, timeout};
use venue::kucoin::{
    Bullet, ClientFrame, ClientFrameKind, FrameKind, InstanceServer, Refusal, ServerFrame,
    SocketRefusal,
};

use super::account::place_of;
use super::door::Door;
use super::hub::{Inbox, Outbox, Told, Topic};
use super::perform::{Call, Query, told};
use super::rest::refused;
use super::tell;
use super::token::Bearer;
use crate::network::{OverTls, Permit};
use crate::outbox::outbox;
use crate::trouble::{Fate, Line};
use venue::port::Pair;

/// Where sockets are opened.
pub const PATH: &str = "/endpoint";
/// Topics on one connection.
const TOPICS_ON_CONNECTION_MAX: usize = 400;
/// Requests of one connection in [`REQUESTS_WINDOW`].
const REQUESTS_MAX: usize = 100;
const REQUESTS_WINDOW: Duration = Duration::from_secs(10);
/// After so many milliseconds clients ping.
const PING_INTERVAL_MILLIS: u64 = 18_000;
/// So many milliseconds the answer may take.
const PING_TIMEOUT_MILLIS: u64 = 10_000;
/// How long a connection may be silent.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// How long a client may take to read.
const SEND_WITHIN: Duration = Duration::from_secs(10);
/// The longest message from a client, in bytes: a hundred markets.
const MESSAGE_BYTES_MAX: usize = 16 * 1_024;
/// Bytes that are read at a time.
const READ_BUFFER_BYTES: usize = 8 * 1_024;
/// Messages are gathered up to so many bytes before they are written.
const WRITE_BUFFER_BYTES: usize = 8 * 1_024;
/// The most bytes that are gathered, one snapshot included.
const WRITE_BUFFER_BYTES_MAX: usize = 8 << 20;
/// The longest name that a client gives a connection or a request, in bytes.
const ID_BYTES_MAX: usize = 128;
/// Messages that are written at a time.
const BATCH_MAX: usize = 64;

/// A token, and where it opens a socket: where the request came.
pub fn bullet(call: &Call<'_>) -> Result<String, Refusal> {
    let bearer = match call.key {
        None => Bearer::Public,
        Some(key) => Bearer::Private(place_of(call.door, &key.user)),
    };
    let host = call.head.headers.get(HOST).and_then(|host| host.to_str().ok());
    let host = host.ok_or(Refusal::Parameter("host is required"))?;
    let encrypt = call.head.extensions.get::<OverTls>().is_some();
    let scheme = if encrypt { "wss" } else { "ws" };
    told(Bullet {
        token: call.door.tokens.draw(bearer, call.now).into(),
        instance_servers: vec![InstanceServer {
            endpoint: format!("{scheme}://{host}{PATH}").into(),
            encrypt,
            protocol: "websocket".into(),
            ping_interval: PING_INTERVAL_MILLIS,
            ping_timeout: PING_TIMEOUT_MILLIS,
        }],
    })
}

/// Opens a socket.
pub async fn connect(State(door): State<Arc<Door>>, request: Request) -> Response {
    let (mut head, _) = request.into_parts();
    let query = Query(head.uri.query().unwrap_or_default());
    let token = query.get("token");
    let bearer = token.and_then(|token| door.tokens.read(&token, door.desk.now()));
    let Some(bearer) = bearer else { return refused(&Refusal::Parameter("token is invalid")) };
    let id = query.get("connectId").map(Cow::into_owned).unwrap_or_default();
    if ID_BYTES_MAX < id.len() {
        return refused(&Refusal::Parameter("connectId is invalid"));
    }
    let from = door.exchange().address_of(&head);
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut head, &()).await {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    let Ok(permit) = door.exchange().enter_socket(from) else { return refused(&Refusal::TooMany) };
    upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_write_buffer_size(WRITE_BUFFER_BYTES_MAX)
        .max_message_size(MESSAGE_BYTES_MAX)
        .max_frame_size(MESSAGE_BYTES_MAX)
        .on_upgrade(move |socket| Connection::new(socket, door, bearer, permit).run(id))
}

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The client went, or the network failed.
    Gone,
    /// It did not read what it wanted to hear.
    Slow,
    /// Nothing was heard of it.
    Silent,
    /// A scenario has it so, or the server ends.
    Cut,
}

impl End {
    const fn name(self) -> &'static str {
        match self {
            Self::Gone => "gone",
            Self::Slow => "slow",
            Self::Silent => "silent",
            Self::Cut => "cut",
        }
    }
}

struct Connection {
    socket: WebSocket,
    door: Arc<Door>,
    bearer: Bearer,
    outbox: Arc<Outbox>,
    waiting: Inbox,
    topics: HashSet<Topic>,
    /// When the last requests came.
    heard: VecDeque<Instant>,
    line: Line,
    _permit: Permit,
}

impl Connection {
    fn new(socket: WebSocket, door: Arc<Door>, bearer: Bearer, permit: Permit) -> Self {
        let (outbox, waiting) = outbox();
        let line = door.exchange().trouble.line();
        let (topics, heard) = (HashSet::new(), VecDeque::new());
        Self { socket, door, bearer, outbox, waiting, topics, heard, line, _permit: permit }
    }

    async fn run(mut self, id: String) {
        let welcome = answer(FrameKind::Welcome, &id);
        let end = match self.reply(welcome).await {
            Ok(()) => self.serve().await,
            Err(end) => end,
        };
        for topic in &self.topics {
            self.door.hub.unsubscribe(*topic, &self.outbox);
        }
        metrics::counter!("rialto_stream_ends_total", "reason" => end.name()).increment(1);
        tracing::debug!(reason = end.name(), "a kucoin socket ends");
    }

    async fn serve(&mut self) -> End {
        let mut stop = self.door.stop.subscribe();
        let outbox = Arc::clone(&self.outbox);
        let mut silent_at = Instant::now() + SILENCE_MAX;
        loop {
            if self.line.is_cut() || *stop.borrow() {
                return End::Cut;
            }
            if self.outbox.has_overflowed() {
                return End::Slow;
            }
            let outcome = tokio::select! {
                message = self.socket.recv() => match message {
                    Some(Ok(message)) => {
                        silent_at = Instant::now() + SILENCE_MAX;
                        self.hear(message).await
                    }
                    Some(Err(_)) | None => Err(End::Gone),
                },
                told = self.line.next(self.waiting.next()) => match told {
                    Some(Some(told)) => self.tell(told).await,
                    Some(None) => Err(End::Gone),
                    None => Ok(()),
                },
                () = outbox.overflowed() => Err(End::Slow),
                _ = stop.changed() => Err(End::Cut),
                () = sleep_until(silent_at) => Err(End::Silent),
            };
            if let Err(end) = outcome {
                return end;
            }
        }
    }

    /// Sends what waits, a few at a time.
    async fn tell(&mut self, first: Told) -> Result<(), End> {
        let mut next = Some(first);
        let mut left = BATCH_MAX;
        while let Some(told) = next {
            let fate = if told.is_of_markets { self.line.fate() } else { Fate::Sent };
            match fate {
                Fate::Sent => self.feed(Message::Text(told.text)).await?,
                Fate::Swallowed => {}
                Fate::Cut => return Err(End::Cut),
            }
            left -= 1;
            let goes_on = 0 < left && !self.line.is_stalled();
            next = if goes_on { self.waiting.try_next() } else { None };
        }
        self.flush().await
    }

    async fn feed(&mut self, message: Message) -> Result<(), End> {
        use futures_util::SinkExt;
        match timeout(SEND_WITHIN, self.socket.feed(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => Err(End::Slow),
        }
    }

    async fn flush(&mut self) -> Result<(), End> {
        use futures_util::SinkExt;
        match timeout(SEND_WITHIN, self.socket.flush()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => Err(End::Slow),
        }
    }

    /// Sends an answer; where nothing is sent now it waits with all else that does.
    async fn reply(&mut self, text: String) -> Result<(), End> {
        if self.line.is_stalled() {
            let told = Told { text: text.into(), is_of_markets: false };
            self.outbox.push(told);
            return if self.outbox.has_overflowed() { Err(End::Slow) } else { Ok(()) };
        }
        self.feed(Message::Text(text.into())).await?;
        self.flush().await
    }

    async fn hear(&mut self, message: Message) -> Result<(), End> {
        let text = match message {
            Message::Text(text) => text,
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Binary(_) | Message::Close(_) => return Err(End::Gone),
        };
        match self.replied(&text) {
            Some(reply) => self.reply(reply).await,
            None => Ok(()),
        }
    }

    /// What is answered to a request; nothing where no answer was asked for.
    fn replied(&mut self, text: &str) -> Option<String> {
        let is_too_much = self.talks_too_much();
        let frame = serde_json::from_str::<ClientFrame<'_>>(text);
        let frame = frame.ok().filter(|frame| frame.id.len() <= ID_BYTES_MAX);
        if is_too_much {
            let id = frame.as_ref().map_or("", |frame| &*frame.id);
            return Some(SocketRefusal::TooMany.frame(id));
        }
        let Some(frame) = frame else { return Some(SocketRefusal::Malformed.frame("")) };
        let done = match frame.kind {
            ClientFrameKind::Ping => return Some(answer(FrameKind::Pong, &frame.id)),
            ClientFrameKind::Subscribe => self.subscribe(&frame.topic),
            ClientFrameKind::Unsubscribe => self.unsubscribe(&frame.topic),
        };
        match done {
            Ok(()) => (frame.response == Some(true)).then(|| answer(FrameKind::Ack, &frame.id)),
            Err(refusal) => Some(refusal.frame(&frame.id)),
        }
    }

    fn talks_too_much(&mut self) -> bool {
        let now = Instant::now();
        self.heard.push_back(now);
        while self.heard.front().is_some_and(|first| REQUESTS_WINDOW <= now - *first) {
            self.heard.pop_front();
        }
        if REQUESTS_MAX < self.heard.len() {
            self.heard.pop_back();
            return true;
        }
        false
    }

    fn subscribe(&mut self, text: &str) -> Result<(), SocketRefusal> {
        let topics = self.topics_of(text)?;
        let new: Vec<_> = topics.into_iter().filter(|it| !self.topics.contains(it)).collect();
        if TOPICS_ON_CONNECTION_MAX < self.topics.len() + new.len() {
            return Err(SocketRefusal::TooManyTopics);
        }
        for topic in new {
            self.topics.insert(topic);
            self.door.hub.subscribe(topic, &self.outbox);
            if let Some(text) = tell::first(&self.door, topic) {
                let is_of_markets = topic.is_of_markets();
                self.outbox.push(Told { text: text.into(), is_of_markets });
            }
        }
        Ok(())
    }

    fn unsubscribe(&mut self, text: &str) -> Result<(), SocketRefusal> {
        for topic in self.topics_of(text)? {
            self.topics.remove(&topic);
            self.door.hub.unsubscribe(topic, &self.outbox);
        }
        Ok(())
    }

    /// The topics that a request names, of markets that exist and of whom it is allowed.
    fn topics_of(&self, text: &str) -> Result<Vec<Topic>, SocketRefusal> {
        let named = venue::kucoin::Topic::parse(text).map_err(|error| match error {
            venue::kucoin::TopicError::Unknown => SocketRefusal::UnknownTopic,
            venue::kucoin::TopicError::TooMany => SocketRefusal::TooManyTopics,
        })?;
        named.into_iter().map(|topic| self.topic_of(topic)).collect()
    }

    fn topic_of(&self, topic: venue::kucoin::Topic<'_>) -> Result<Topic, SocketRefusal> {
        use venue::kucoin::Channel;
        let venue::kucoin::Topic { channel, symbol } = topic;
        if channel.is_private() {
            let user = match self.bearer {
                Bearer::Public => None,
                Bearer::Private(place) => self.door.users.get(place),
            };
            return Ok(Topic::Own(channel, *user.ok_or(SocketRefusal::NotPrivate)?));
        }
        if channel == Channel::Ticker && symbol == "all" {
            return Ok(Topic::AllTickers);
        }
        let pair = Pair::parse(symbol).filter(|pair| self.door.desk.facts(*pair).is_some());
        Ok(Topic::Market(channel, pair.ok_or(SocketRefusal::UnknownTopic)?))
    }
}

/// An answer without more in it.
fn answer(kind: FrameKind, id: &str) -> String {
    let frame = ServerFrame::answer(kind, Cow::Borrowed(id));
    serde_json::to_string(&frame).expect("two texts")
}
