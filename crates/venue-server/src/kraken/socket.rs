//! Connections of version 2: one path for markets and accounts alike.
//!
//! Keeps   a connection holds a bounded outbox and small buffers; one that does not read is ended,
//!         and no other waits for it. What a scenario asks becomes of its messages.
//! Source  docs.kraken.com, "Spot WebSocket v2: general".

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ws::{Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::extract::{ConnectInfo, FromRequestParts, Request, State};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use serde_json::value::RawValue;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use venue::kraken::{Push, Refusal};

use super::outbox::{Outbox, OwnChannel, Told, outbox};
use super::rest::refused;
use super::session::Session;
use super::telling::{heartbeat, status_message};
use super::{Door, stopped};
use crate::network::Permit;
use crate::trouble::{Fate, Line};

/// The longest message from a client, in bytes.
const MESSAGE_BYTES_MAX: usize = 64 * 1_024;
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
    let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
    let from = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |info| info.0.ip());
    let upgrade = match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade,
        Err(rejection) => return rejection.into_response(),
    };
    let bounds = door.desk.exchange().limits.stream_sockets;
    let Ok(permit) = door.connections.permit(from, bounds) else {
        return refused(Refusal::TooManyRequests);
    };
    upgrade
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
    waiting: mpsc::Receiver<Told>,
    sequences: Sequences,
    line: Line,
    _permit: Permit,
}

/// The connection ends.
struct Over;

impl Connection {
    fn new(socket: WebSocket, door: Arc<Door>, permit: Permit) -> Self {
        let (outbox, waiting) = outbox();
        let session = Session::new(Arc::clone(&door), Arc::clone(&outbox));
        let line = door.desk.exchange().trouble.line();
        let sequences = Sequences::default();
        Self { socket, door, session, outbox, waiting, sequences, line, _permit: permit }
    }

    async fn run(mut self) {
        let status = status_message(&self.door, self.door.hub.entered());
        if let Some(text) = status
            && self.send(text.into()).await.is_err()
        {
            return;
        }
        let mut stop = self.door.stopping();
        let mut alive_until = Instant::now() + HEARTBEAT_EVERY;
        loop {
            if self.line.is_cut() {
                return;
            }
            let flows = !self.line.is_stalled();
            let outbox = Arc::clone(&self.outbox);
            let done = tokio::select! {
                message = self.socket.recv() => match message {
                    Some(Ok(message)) => self.hear(message).await,
                    Some(Err(_)) | None => Err(Over),
                },
                Some(told) = self.waiting.recv(), if flows => {
                    alive_until = Instant::now() + HEARTBEAT_EVERY;
                    self.tell(told).await
                }
                () = sleep_until(alive_until), if flows => {
                    alive_until = Instant::now() + HEARTBEAT_EVERY;
                    self.beat().await
                }
                () = self.line.changed() => Ok(()),
                () = outbox.overflowed() => Err(Over),
                () = stopped(&mut stop) => Err(Over),
            };
            if done.is_err() {
                break;
            }
        }
        let farewell = self.socket.send(Message::Close(None));
        // Who is gone hears nothing.
        let _ = timeout(Duration::from_secs(1), farewell).await.is_ok();
    }

    /// Says that the connection stands, to who listens to something.
    async fn beat(&mut self) -> Result<(), Over> {
        if self.session.listens() { self.send(heartbeat().into()).await } else { Ok(()) }
    }

    async fn hear(&mut self, message: Message) -> Result<(), Over> {
        match message {
            Message::Text(text) => self.session.hear(&text).await,
            Message::Binary(_) => self.session.hear("").await,
            // Answered by the socket itself.
            Message::Ping(_) | Message::Pong(_) => {}
            Message::Close(_) => return Err(Over),
        }
        Ok(())
    }

    async fn tell(&mut self, told: Told) -> Result<(), Over> {
        match told {
            Told::Reply(text) => self.send(text).await,
            Told::Market(text) => match self.line.fate() {
                Fate::Sent => self.send(text).await,
                Fate::Swallowed => Ok(()),
                Fate::Cut => Err(Over),
            },
            Told::Own { channel, is_snapshot, data } => {
                let text = self.numbered(channel, is_snapshot, &data).ok_or(Over)?;
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
        let sent = timeout(SENT_WITHIN, self.socket.send(Message::Text(text))).await;
        if matches!(sent, Ok(Ok(()))) { Ok(()) } else { Err(Over) }
    }
}
