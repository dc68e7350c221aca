//! Connections: opened at the root, one address for markets and accounts alike.
//!
//! Keeps   who asks for nothing within [`SUBSCRIBE_WITHIN`], does not answer pings, talks too much
//!         or does not read is ended, and no other waits for it.
//! Source  the venue's documentation, "WebSocket Overview".

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::extract::{FromRequestParts, Request, State};
use axum::response::Response;
use axum::routing::get;
use tokio::sync::watch;
use tokio::time::{Instant, interval_at, sleep_until, timeout};
use venue::coinbase::{Refusal, SUBSCRIBE_WITHIN};

use super::Door;
use super::hub::stopped;
use super::rest::refused;
use super::session::{Outgoing, Session};
use crate::network::Permit;
use crate::trouble::{Fate, Line};

/// The longest message of a client, in bytes.
const MESSAGE_BYTES_MAX: usize = 64 * 1_024;
/// Messages are gathered up to so many bytes before they are written.
const WRITE_BUFFER_BYTES: usize = 8 * 1_024;
/// The most bytes that are gathered, one snapshot included.
const WRITE_BUFFER_BYTES_MAX: usize = 8 << 20;
/// How often a ping is sent.
const PING_EVERY: Duration = Duration::from_secs(20);
/// How long nothing may come of a client.
const SILENCE_MAX: Duration = Duration::from_secs(90);
/// How long a message may take to be written.
const WRITE_WITHIN: Duration = Duration::from_secs(30);
/// Answers that wait while nothing is sent.
const HELD_MAX: usize = 1_000;
/// How long a connection that ends may take to hear so.
const FAREWELL: Duration = Duration::from_secs(1);

/// The path of the sockets.
pub fn routes() -> Router<Arc<Door>> {
    Router::new().route("/", get(connect))
}

async fn connect(State(door): State<Arc<Door>>, request: Request) -> Response {
    let (mut head, _) = request.into_parts();
    let from = door.desk.exchange().address_of(&head);
    let Ok(upgrade) = WebSocketUpgrade::from_request_parts(&mut head, &()).await else {
        return refused(Refusal::NotFound("Not Found"), false);
    };
    let Ok(permit) = door.desk.exchange().stream_sockets.enter(from, door.desk.now()) else {
        return refused(Refusal::RateLimit, false);
    };
    upgrade
        .write_buffer_size(WRITE_BUFFER_BYTES)
        .max_write_buffer_size(WRITE_BUFFER_BYTES_MAX)
        .max_message_size(MESSAGE_BYTES_MAX)
        .max_frame_size(MESSAGE_BYTES_MAX)
        .on_upgrade(move |socket| async move {
            let exchange = Arc::clone(door.desk.exchange());
            let (line, stop) = (exchange.trouble.line(), exchange.streams.stopping());
            let session = Session::new(door, from);
            let held = VecDeque::new();
            Connection { socket, session, line, held, stop, _permit: permit }.run().await;
        })
}

/// Why a connection ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// The client went, or the network failed, or a scenario has it so.
    Gone,
    /// It did not read what it wanted to hear, or did not answer.
    Slow,
    /// It asked for nothing.
    Idle,
    /// It talked too much.
    Talkative,
    /// The server ends.
    Shutdown,
}

impl End {
    const fn farewell(self) -> Option<(u16, &'static str)> {
        match self {
            Self::Gone | Self::Slow => None,
            Self::Idle => Some((1008, "no subscription")),
            Self::Talkative => Some((1008, "rate limit exceeded")),
            Self::Shutdown => Some((1001, "server shutdown")),
        }
    }
}

struct Connection {
    socket: WebSocket,
    session: Session,
    line: Line,
    /// Answers that wait until something is sent again.
    held: VecDeque<Outgoing>,
    stop: watch::Receiver<bool>,
    _permit: Permit,
}

impl Connection {
    async fn run(mut self) {
        let end = self.serve().await.err().unwrap_or(End::Gone);
        tracing::debug!(?end, "a socket ends");
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

    /// Until the connection ends; `Ok` where the client says so.
    async fn serve(&mut self) -> Result<(), End> {
        let opened = Instant::now();
        let mut pings = interval_at(opened + PING_EVERY, PING_EVERY);
        let mut heard = opened;
        loop {
            if self.line.is_cut() {
                return Err(End::Gone);
            }
            let flows = !self.line.is_stalled();
            if flows {
                self.send_waiting().await?;
            }
            let silent = heard + SILENCE_MAX;
            let idle = opened + SUBSCRIBE_WITHIN;
            let alarm = if self.session.has_asked { silent } else { silent.min(idle) };
            tokio::select! {
                message = self.socket.recv() => {
                    heard = Instant::now();
                    match message {
                        Some(Ok(Message::Text(text))) => self.hear(&text).await?,
                        Some(Ok(Message::Binary(_))) => self.hear("").await?,
                        Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                        Some(Ok(Message::Close(_)) | Err(_)) | None => return Ok(()),
                    }
                }
                () = self.session.outbox().woken(), if flows => {}
                () = self.line.changed() => {}
                _ = pings.tick(), if flows => self.write(Message::Ping(Bytes::new())).await?,
                () = sleep_until(alarm) => {
                    return Err(if self.session.has_asked { End::Slow } else { End::Idle });
                }
                () = stopped(&mut self.stop) => return Err(End::Shutdown),
            }
        }
    }

    async fn hear(&mut self, text: &str) -> Result<(), End> {
        let told = self.session.hear(text).ok_or(End::Talkative)?;
        if self.line.is_stalled() {
            self.held.extend(told);
            return if HELD_MAX < self.held.len() { Err(End::Slow) } else { Ok(()) };
        }
        for outgoing in told {
            self.send(outgoing).await?;
        }
        Ok(())
    }

    /// Sends all that waits: first what was numbered first.
    async fn send_waiting(&mut self) -> Result<(), End> {
        while let Some(outgoing) = self.held.pop_front() {
            self.send(outgoing).await?;
        }
        while !self.line.is_stalled()
            && let Some(waiting) = self.session.outbox().take().map_err(|()| End::Slow)?
        {
            for outgoing in self.session.tell(waiting).ok_or(End::Slow)? {
                self.send(outgoing).await?;
            }
        }
        Ok(())
    }

    async fn send(&mut self, outgoing: Outgoing) -> Result<(), End> {
        let fate = if outgoing.is_market_data { self.line.fate() } else { Fate::Sent };
        match fate {
            Fate::Sent => self.write(Message::Text(outgoing.text.into())).await,
            // Its number is gone with it.
            Fate::Swallowed => Ok(()),
            Fate::Cut => Err(End::Gone),
        }
    }

    async fn write(&mut self, message: Message) -> Result<(), End> {
        match timeout(WRITE_WITHIN, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(End::Gone),
            Err(_) => Err(End::Slow),
        }
    }
}
