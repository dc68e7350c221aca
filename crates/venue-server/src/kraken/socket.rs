//! Connections of version 2: one path for markets and accounts alike.
//!
//! Keeps   a connection holds a bounded outbox and small buffers; one that does not read, talks too
//!         much or is silent for too long is ended, and no other waits for it. What a scenario asks
//!         becomes of its messages.
//! Source  docs.kraken.com, "Spot WebSocket v2: general".

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::value::RawValue;
use tokio::time::{Instant, MissedTickBehavior, interval_at, sleep_until, timeout};
use venue::kraken::{Push, Refusal};

use super::rest::refused;
use super::session::Session;
use super::telling::{heartbeat, status_message};
use super::told::{Inbox, Outbox, OwnChannel, Told};
use super::{Door, stopped};
use crate::network::Permit;
use crate::outbox::outbox;
use crate::trouble::{Fate, Line};

/// The longest message from a client, in bytes.
const MESSAGE_BYTES_MAX: usize = 64 * 1_024;
/// Bytes that are read at a time.
const READ_BUFFER_BYTES: usize = 8 * 1_024;
/// Messages are gathered up to so many bytes before they are written.
const WRITE_BUFFER_BYTES: usize = 8 * 1_024;
/// The most bytes that are gathered, one snapshot included.
const WRITE_BUFFER_BYTES_MAX: usize = 8 << 20;
/// Messages of one client in [`REQUESTS_WINDOW`].
const REQUESTS_MAX: usize = 100;
const REQUESTS_WINDOW: Duration = Duration::from_secs(10);
/// How often a ping is sent, which every client answers by itself.
const PING_EVERY: Duration = Duration::from_secs(20);
/// How long nothing may come of a client.
const SILENCE_MAX: Duration = Duration::from_secs(90);
/// How long a message may take to be sent.
const SENT_WITHIN: Duration = Duration::from_secs(20);
/// How long nothing may be told to who listens.
const HEARTBEAT_EVERY: Duration = Duration::from_secs(1);

/// The paths of sockets.
pub fn routes() -> Router<Arc<Door>> {
    Router::new().route("/v2", get(connect)).route("/v2/", get(connect))
}

async fn connect(State(door): State<Arc<Door>>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    let exchange = Arc::clone(door.desk.exchange());
    let from = exchange.address_of(&parts);
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    let Ok(permit) = exchange.enter_socket(from) else {
        return refused(Refusal::TooManyRequests);
    };
    upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_write_buffer_size(WRITE_BUFFER_BYTES_MAX)
        .max_message_size(MESSAGE_BYTES_MAX)
        .max_frame_size(MESSAGE_BYTES_MAX)
        .on_upgrade(move |socket| Connection::new(socket, door, permit).run())
}

/// How many messages of each channel of an account were sent.
#[derive(Clone, Copy, Debug, Default)]
struct Sequences {
    executions: u64,
    balances: u64,
}

struct Connection {
    socket: WebSocket,
    door: Arc<Door>,
    session: Session,
    outbox: Arc<Outbox>,
    inbox: Inbox,
    /// When the last messages of the client came.
    heard: VecDeque<Instant>,
    sequences: Sequences,
    line: Line,
    _permit: Permit,
}

/// The connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    /// And its client is told so, where it still hears.
    Closed,
    /// Without a word, as a scenario has it.
    Cut,
}

impl Connection {
    fn new(socket: WebSocket, door: Arc<Door>, permit: Permit) -> Self {
        let (outbox, inbox) = outbox();
        let session = Session::new(Arc::clone(&door), Arc::clone(&outbox));
        let line = door.desk.exchange().trouble.line();
        let (heard, sequences) = (VecDeque::new(), Sequences::default());
        Self { socket, door, session, outbox, inbox, heard, sequences, line, _permit: permit }
    }

    async fn run(mut self) {
        let status = status_message(&self.door, self.door.hub.entered());
        status.into_iter().for_each(|text| self.outbox.push(Told::Reply(text.into())));
        if self.serve().await == Over::Closed {
            let farewell = self.socket.send(Message::Close(None));
            // Who is gone hears nothing.
            let _ = timeout(Duration::from_secs(1), farewell).await.is_ok();
        }
    }

    async fn serve(&mut self) -> Over {
        let mut stop = self.door.stopping();
        let opened = Instant::now();
        let mut pings = interval_at(opened + PING_EVERY, PING_EVERY);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let (mut alive_until, mut silent_at) = (opened + HEARTBEAT_EVERY, opened + SILENCE_MAX);
        let mut flowed = true;
        loop {
            if self.line.is_cut() {
                return Over::Cut;
            }
            self.session.end_silence();
            let flows = !self.line.is_stalled();
            if flows != flowed {
                // Who was not asked could not answer.
                (flowed, silent_at) = (flows, Instant::now() + SILENCE_MAX);
            }
            let outbox = Arc::clone(&self.outbox);
            let done = tokio::select! {
                message = self.socket.recv() => match message {
                    Some(Ok(message)) => {
                        silent_at = Instant::now() + SILENCE_MAX;
                        self.hear(message).await
                    }
                    Some(Err(_)) | None => Err(Over::Closed),
                },
                told = self.line.next(self.inbox.next()) => match told.flatten() {
                    Some(told) => {
                        alive_until = Instant::now() + HEARTBEAT_EVERY;
                        self.tell(told).await
                    }
                    None => Ok(()),
                },
                () = sleep_until(alive_until), if flows => {
                    alive_until = Instant::now() + HEARTBEAT_EVERY;
                    self.beat().await
                }
                _ = pings.tick(), if flows => self.write(Message::Ping(Bytes::new())).await,
                () = sleep_until(silent_at), if flows => Err(Over::Closed),
                () = outbox.overflowed() => Err(Over::Closed),
                () = stopped(&mut stop) => Err(Over::Closed),
            };
            if let Err(over) = done {
                return over;
            }
        }
    }

    /// Says that the connection stands, to who listens to something.
    async fn beat(&mut self) -> Result<(), Over> {
        if self.session.listens() { self.send(heartbeat().into()).await } else { Ok(()) }
    }

    async fn hear(&mut self, message: Message) -> Result<(), Over> {
        let text = match &message {
            Message::Text(text) => text.as_str(),
            Message::Binary(_) => "",
            // Answered by the socket itself.
            Message::Ping(_) | Message::Pong(_) => return Ok(()),
            Message::Close(_) => return Err(Over::Closed),
        };
        self.count(Instant::now())?;
        self.session.hear(text).await;
        Ok(())
    }

    /// Counts a message of the client.
    fn count(&mut self, now: Instant) -> Result<(), Over> {
        while self.heard.front().is_some_and(|first| REQUESTS_WINDOW <= now - *first) {
            self.heard.pop_front();
        }
        if REQUESTS_MAX <= self.heard.len() {
            return Err(Over::Closed);
        }
        self.heard.push_back(now);
        Ok(())
    }

    async fn tell(&mut self, told: Told) -> Result<(), Over> {
        match told {
            Told::Reply(text) => self.send(text).await,
            Told::Market(text) => match self.line.fate() {
                Fate::Sent => self.send(text).await,
                Fate::Swallowed => Ok(()),
                Fate::Cut => Err(Over::Cut),
            },
            Told::Own { channel, is_snapshot, data } => {
                let text = self.numbered(channel, is_snapshot, &data).ok_or(Over::Closed)?;
                self.send(text.into()).await
            }
        }
    }

    fn numbered(&mut self, channel: OwnChannel, is_snapshot: bool, data: &str) -> Option<String> {
        let sequence = match channel {
            OwnChannel::Executions => &mut self.sequences.executions,
            OwnChannel::Balances => &mut self.sequences.balances,
        };
        *sequence += 1;
        let data: &RawValue = serde_json::from_str(data).ok()?;
        let push = Push {
            channel: channel.name().into(),
            kind: Some(if is_snapshot { "snapshot" } else { "update" }.into()),
            data: Some(data),
            timestamp: None,
            sequence: Some(*sequence),
        };
        serde_json::to_string(&push).ok()
    }

    async fn send(&mut self, text: Utf8Bytes) -> Result<(), Over> {
        self.write(Message::Text(text)).await
    }

    async fn write(&mut self, message: Message) -> Result<(), Over> {
        let sent = timeout(SENT_WITHIN, self.socket.send(message)).await;
        if matches!(sent, Ok(Ok(()))) { Ok(()) } else { Err(Over::Closed) }
    }
}
