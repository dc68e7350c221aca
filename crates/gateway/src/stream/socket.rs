//! One connection to the stream.
//!
//! ```text
//! {"op":"auth","token":…}  {"op":"subscribe","channels":[…]}  {"op":"unsubscribe",…}  {"op":"ping"}
//! {"op":"subscribe","ok":true}  {"op":"subscribe","ok":false,"channels":[…],"error":{…}}
//! {"channel":…,"type":"snapshot","seq":1,"at":…,…}  {"channel":…,"type":"update","seq":2,…}
//! ```
//!
//! Keeps   what a client says costs its address weight, one for each message and each channel that
//!         it begins to hear, and a snapshot of many orders what a page of as many would.
//!         Snapshots are made one at a time, when the one before is sent, so that nobody has the
//!         hub to themselves. A connection whose session has ended is closed at once, with the
//!         code 4401; one that is silent, talks too much or is too old is ended.

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::HeaderMap;
use axum::response::Response;
use identity::SessionEnd;
use model::{AccountId, UserId};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, sleep_until, timeout};
use venue_server::Permit;
use venue_server::binance::account_of;

use super::channel::{Channel, ChannelError, Topic};
use super::outbox::{self, Kind, Outbox, Taken};
use crate::api::Api;
use crate::caller::From;
use crate::page::weight_of_rows;
use crate::people::is_from_here;
use crate::problem::{Problem, ProblemShape};

/// Channels of one connection.
const CHANNELS_MAX: usize = 100;
/// Messages of a client in one second, in the long run.
const MESSAGES_PER_SECOND: usize = 20;
/// The longest message of a client, in bytes.
const MESSAGE_BYTES_MAX: usize = 16 * 1_024;
/// Messages that are sent before the client is heard again.
const SENDING_MAX: usize = 64;
/// Messages are gathered up to so many bytes before they are written.
const WRITE_BUFFER_BYTES: usize = 8 * 1_024;
/// A client that has said nothing for so long, not even the answer to a ping, is gone.
const SILENCE_MAX: Duration = Duration::from_secs(60);
/// How often a ping is sent.
const PING_EVERY: Duration = Duration::from_secs(20);
/// How long a connection lasts at most.
const LIFETIME: Duration = Duration::from_secs(24 * 3_600);
/// How long a connection that ends may take to hear so.
const FAREWELL: Duration = Duration::from_secs(1);
/// The code by which a client is told that its session has ended.
const SESSION_ENDED: u16 = 4_401;

/// What changes, over a WebSocket. Operations: `auth`, `subscribe`, `unsubscribe`, `ping`;
/// channels: `book:SYMBOL`, `trades:SYMBOL`, `ticker:SYMBOL`, `tickers`, `candles:SYMBOL:INTERVAL`,
/// and after `auth` with an access token `orders`, `fills`, `balances`, `notifications`. Messages
/// have `channel`, `type` (`snapshot` or `update`), `seq`, `at`; whoever subscribes to a channel
/// again gets another snapshot. A message costs weight 1, each channel that is subscribed to 1
/// more, and one's orders 1 more for each 20 beyond 100 that are open. A socket whose session has
/// ended is closed with 4401.
#[utoipa::path(get, path = "/api/v1/stream", tag = "stream",
    responses((status = 101, description = "From here on it is a socket."),
        (status = 400, description = "No WebSocket handshake."),
        (status = 403, body = ProblemShape), (status = 429, body = ProblemShape)))]
pub async fn connect(
    State(api): State<Arc<Api>>,
    From(from): From,
    headers: HeaderMap,
    upgrade: WebSocketUpgrade,
) -> Result<Response, Problem> {
    if !is_from_here(&headers) {
        return Err(Problem::forbidden("this is not for pages of other sites"));
    }
    let permit = api.exchange.enter_socket(from)?;
    Ok(upgrade
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_message_size(MESSAGE_BYTES_MAX)
        .max_frame_size(MESSAGE_BYTES_MAX)
        .on_upgrade(move |socket| Connection::new(socket, api, from, permit).run()))
}

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Gone,
    Silent,
    Talkative,
    Expired,
    SessionEnded,
    Shutdown,
}

impl End {
    /// What the client is told, where it can still hear.
    const fn farewell(self) -> Option<(u16, &'static str)> {
        match self {
            Self::Gone | Self::Silent => None,
            Self::Talkative => Some((1008, "too many messages")),
            Self::Expired => Some((1001, "open for a day: connect again")),
            Self::SessionEnded => Some((SESSION_ENDED, "the session has ended")),
            Self::Shutdown => Some((1001, "the server stops")),
        }
    }
}

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "op", rename_all = "camelCase")]
enum Operation {
    Auth { token: String },
    Subscribe { channels: Vec<String> },
    Unsubscribe { channels: Vec<String> },
    Ping,
}

/// Who has said who they are.
struct SignedIn {
    account: AccountId,
    user: UserId,
    end: SessionEnd,
}

struct Connection {
    socket: WebSocket,
    api: Arc<Api>,
    from: IpAddr,
    outbox: Arc<Outbox>,
    /// What it hears, and the number of the last message on it.
    channels: HashMap<Arc<str>, (Channel, u64)>,
    /// Begins, or was behind and has lost updates: nothing is told before the next snapshot.
    lost: HashSet<Arc<str>>,
    /// Of these, those whose snapshot is still to be asked for.
    to_ask: VecDeque<Arc<str>>,
    person: Option<SignedIn>,
    /// When the last messages of the client came.
    heard: VecDeque<Instant>,
    _permit: Permit,
}

impl Connection {
    fn new(socket: WebSocket, api: Arc<Api>, from: IpAddr, permit: Permit) -> Self {
        Self {
            socket,
            api,
            from,
            outbox: Arc::default(),
            channels: HashMap::new(),
            lost: HashSet::new(),
            to_ask: VecDeque::new(),
            person: None,
            heard: VecDeque::new(),
            _permit: permit,
        }
    }

    async fn run(mut self) {
        let end = match self.serve().await {
            Ok(()) => End::Gone,
            Err(end) => end,
        };
        for (channel, _) in self.channels.values() {
            self.api.hub.unsubscribe(channel, &self.outbox);
        }
        tracing::debug!(from = %self.from, ?end, "a stream ends");
        if let Some((code, reason)) = end.farewell() {
            let frame = CloseFrame { code, reason: reason.into() };
            let farewell = async {
                let _ = self.socket.send(Message::Close(Some(frame))).await;
                while let Some(Ok(_)) = self.socket.recv().await {}
            };
            let _ = timeout(FAREWELL, farewell).await;
        }
    }

    async fn serve(&mut self) -> Result<(), End> {
        let mut stopping = self.api.exchange.sockets_stopping();
        let expires = Instant::now() + LIFETIME;
        let mut last_heard = Instant::now();
        let mut next_ping = Instant::now() + PING_EVERY;
        let outbox = Arc::clone(&self.outbox);
        loop {
            tokio::select! {
                biased;
                () = ended(&mut self.person) => return Err(End::SessionEnded),
                () = stopped(&mut stopping) => return Err(End::Shutdown),
                message = self.socket.recv() => match message {
                    Some(Ok(message)) => {
                        last_heard = Instant::now();
                        self.hear(message, last_heard).await?;
                    }
                    Some(Err(_)) | None => return Ok(()),
                },
                () = sleep_until(next_ping) => {
                    let now = Instant::now();
                    if expires <= now {
                        return Err(End::Expired);
                    }
                    if last_heard + SILENCE_MAX <= now {
                        return Err(End::Silent);
                    }
                    next_ping = now + PING_EVERY;
                    self.send(Message::Ping(axum::body::Bytes::new())).await?;
                }
                () = outbox.woken() => self.send_waiting().await?,
            }
        }
    }

    /// Sends some of what waits. Of what was lost it asks for one snapshot at a time, so that they
    /// do not push each other out.
    async fn send_waiting(&mut self) -> Result<(), End> {
        let outbox = Arc::clone(&self.outbox);
        for _ in 0..SENDING_MAX {
            match outbox.take() {
                Taken::Message(Some(message)) => self.send_told(message).await?,
                Taken::Message(None) => {
                    let Some(name) = self.to_ask.pop_front() else { return Ok(()) };
                    if let Some((channel, _)) = self.channels.get(&name) {
                        self.charge_snapshot(channel.topic)?;
                        self.api.hub.subscribe(&self.api.exchange, channel, &outbox);
                    }
                }
                Taken::Behind => {
                    // Who waited longest is asked for first.
                    let all: Vec<_> = self.channels.keys().cloned().collect();
                    all.into_iter().for_each(|name| self.ask_anew(name));
                }
            }
        }
        // There may be more; first the client is heard.
        outbox.nudge();
        Ok(())
    }

    /// Sends a message with its number, unless what it builds on was lost.
    async fn send_told(&mut self, message: outbox::Message) -> Result<(), End> {
        let Some((_, seq)) = self.channels.get_mut(&message.channel) else { return Ok(()) };
        let kind = match message.kind {
            Kind::Snapshot => {
                self.lost.remove(&message.channel);
                "snapshot"
            }
            Kind::Update if self.lost.contains(&message.channel) => return Ok(()),
            Kind::Update => "update",
        };
        *seq += 1;
        let (channel, body) = (&message.channel, &message.body);
        let text =
            format!("{{\"channel\":\"{channel}\",\"type\":\"{kind}\",\"seq\":{seq},{body}}}");
        self.send(Message::Text(text.into())).await
    }

    /// Sends a message, unless the session ends meanwhile: a client that does not read must not
    /// keep what it was refused.
    async fn send(&mut self, message: Message) -> Result<(), End> {
        tokio::select! {
            () = ended(&mut self.person) => Err(End::SessionEnded),
            sent = self.socket.send(message) => sent.map_err(|_| End::Gone),
        }
    }

    async fn hear(&mut self, message: Message, now: Instant) -> Result<(), End> {
        self.count(now)?;
        match message {
            Message::Text(text) => {
                self.charge(1)?;
                let answer = self.answer(&text).await?;
                self.send(Message::Text(Utf8Bytes::from(answer.to_string()))).await
            }
            Message::Binary(_) => {
                self.charge(1)?;
                let answer = refusal("", "invalid", "not a text message");
                self.send(Message::Text(Utf8Bytes::from(answer.to_string()))).await
            }
            Message::Ping(_) | Message::Pong(_) => Ok(()),
            Message::Close(_) => Err(End::Gone),
        }
    }

    /// Counts a message of the client.
    fn count(&mut self, now: Instant) -> Result<(), End> {
        while MESSAGES_PER_SECOND <= self.heard.len() {
            let first = self.heard.pop_front();
            if first.is_some_and(|first| now < first + Duration::from_secs(1)) {
                return Err(End::Talkative);
            }
        }
        self.heard.push_back(now);
        Ok(())
    }

    /// Charges the client's address. Who has used up all it has is heard no more.
    fn charge(&self, weight: usize) -> Result<(), End> {
        let weight = u32::try_from(weight).unwrap_or(u32::MAX);
        self.api.exchange.charge_request(self.from, weight).map_err(|_| End::Talkative)
    }

    /// Charges what a snapshot costs beside its subscription: it is made while the hub waits.
    fn charge_snapshot(&self, topic: Topic) -> Result<(), End> {
        let rows = match topic {
            Topic::Orders(account) => self.api.exchange.views.open_orders(account, None).len(),
            Topic::Book(_)
            | Topic::Trades(_)
            | Topic::Ticker(_)
            | Topic::Tickers
            | Topic::Candles(..)
            | Topic::Fills(_)
            | Topic::Balances(_)
            | Topic::Notifications(_) => 0,
        };
        match weight_of_rows(rows) {
            0 => Ok(()),
            weight => self.charge(weight as usize),
        }
    }

    async fn answer(&mut self, text: &str) -> Result<Value, End> {
        Ok(match serde_json::from_str(text) {
            Ok(Operation::Ping) => json!({ "op": "pong" }),
            Ok(Operation::Auth { token }) => match self.authenticate(&token).await {
                Ok(()) => json!({ "op": "auth", "ok": true }),
                Err(problem) => refusal("auth", problem.code, &problem.detail),
            },
            Ok(Operation::Subscribe { channels }) => self.subscribe(&channels).await?,
            Ok(Operation::Unsubscribe { channels }) => {
                for name in channels {
                    self.lost.remove(name.as_str());
                    self.to_ask.retain(|asked| **asked != *name);
                    if let Some((channel, _)) = self.channels.remove(name.as_str()) {
                        self.api.hub.unsubscribe(&channel, &self.outbox);
                    }
                }
                json!({ "op": "unsubscribe", "ok": true })
            }
            Err(error) => refusal("", "invalid", &error.to_string()),
        })
    }

    async fn authenticate(&mut self, token: &str) -> Result<(), Problem> {
        let person = self.api.identity.authenticate(token, self.from)?;
        let account = account_of(&self.api.exchange, person.user()).await?;
        if self.person.as_ref().is_some_and(|known| known.account != account) {
            return Err(Problem::conflict("this socket is somebody else's: open another"));
        }
        let (user, end) = (person.user(), person.session_end());
        self.person = Some(SignedIn { account, user, end });
        Ok(())
    }

    /// Begins to hear channels. Whoever hears one already gets another snapshot: they have seen a
    /// gap. Of several that are refused, the reason for the last is told.
    async fn subscribe(&mut self, names: &[String]) -> Result<Value, End> {
        self.charge(names.len())?;
        let catalog = self.api.exchange.views.catalog();
        let account = self.person.as_ref().map(|person| person.account);
        let mut refused: Vec<&str> = Vec::new();
        let mut why = ("notFound", "there is no such channel");
        for name in names {
            match Channel::parse(name, &catalog, account) {
                Ok(channel) if self.channels.contains_key(&channel.name) => {
                    self.ask_anew(channel.name);
                }
                Ok(_) if CHANNELS_MAX <= self.channels.len() => {
                    why = ("rateLimited", "a connection hears 100 channels at most");
                    refused.push(name);
                }
                Ok(channel) => match self.with_board(channel).await? {
                    Some(channel) => {
                        let name = Arc::clone(&channel.name);
                        self.channels.insert(Arc::clone(&name), (channel, 0));
                        self.ask_anew(name);
                    }
                    None => {
                        why = ("unavailable", "this cannot be read now: try again");
                        refused.push(name);
                    }
                },
                Err(ChannelError::Unknown) => refused.push(name),
                Err(ChannelError::Private) => {
                    why = ("unauthorized", "this needs auth first");
                    refused.push(name);
                }
            }
        }
        self.outbox.nudge();
        if refused.is_empty() {
            return Ok(json!({ "op": "subscribe", "ok": true }));
        }
        let mut answer = refusal("subscribe", why.0, why.1);
        answer["channels"] = json!(refused);
        Ok(answer)
    }

    /// The channel, with what is told on it where that is kept in the database; `None` where it
    /// cannot be read.
    async fn with_board(&mut self, channel: Channel) -> Result<Option<Channel>, End> {
        let (Topic::Notifications(_), Some(person)) = (channel.topic, &self.person) else {
            return Ok(Some(channel));
        };
        let user = person.user;
        // A slow database does not keep a socket open whose session has ended.
        tokio::select! {
            () = ended(&mut self.person) => Err(End::SessionEnded),
            board = self.api.identity.notice_board(user) => {
                Ok(board.ok().map(|board| Channel { board: Some(board), ..channel }))
            }
        }
    }

    /// The next that is told of a channel is a snapshot.
    fn ask_anew(&mut self, name: Arc<str>) {
        self.lost.insert(Arc::clone(&name));
        if !self.to_ask.contains(&name) {
            self.to_ask.push_back(name);
        }
    }
}

fn refusal(op: &str, code: &str, detail: &str) -> Value {
    json!({ "op": op, "ok": false, "error": { "code": code, "detail": detail } })
}

/// Resolves when the server stops.
async fn stopped(stopping: &mut watch::Receiver<bool>) {
    let _ = stopping.wait_for(|stopping| *stopping).await;
}

/// Resolves when the session has ended; where there is none, never.
async fn ended(person: &mut Option<SignedIn>) {
    match person {
        Some(person) => person.end.wait().await,
        None => std::future::pending().await,
    }
}
