//! Sockets: asked for, opened, welcomed, and kept alive.

use std::time::Duration;

use serde::Deserialize;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};
use tokio_tungstenite::tungstenite::Utf8Bytes;
use venue::kucoin::{Asking, Bullet, FrameKind, Operation, ServerFrame, ping_frame, socket_url};

use super::ask::{nonsense, parse};
use super::{Shared, Signer};
use crate::session::End;
use crate::socket::{Arrived, Socket, SocketEnd};

/// The shortest time between two pings, and what is taken for one that makes no sense.
const PING_EVERY_MIN: Duration = Duration::from_secs(1);
const PING_EVERY_MAX: Duration = Duration::from_secs(20);

/// An open socket that pings as the venue wants it.
pub struct Listener {
    socket: Socket,
    pings: Interval,
}

/// What of a frame is needed to wait for an answer.
#[derive(Deserialize)]
struct Kind {
    #[serde(rename = "type")]
    kind: FrameKind,
}

impl Listener {
    /// Opens a socket: of everybody, or of who signs.
    ///
    /// # Errors
    /// [`End`].
    pub async fn open(shared: &Shared, signer: Option<&Signer>) -> Result<Self, End> {
        let answer = match signer {
            None => shared.public(&Asking::plain(Operation::BulletPublic, "")).await?,
            Some(signer) => {
                shared.signed(signer, &Asking::plain(Operation::BulletPrivate, "")).await?
            }
        };
        let bullet: Bullet<'static> = parse(&answer)?;
        let connection = shared.rest.clock.stamp().to_string();
        let url = socket_url(&bullet, &connection);
        let url = url.ok_or_else(|| nonsense("it offers no socket"))?;
        // Plain text goes to this machine: not because somebody else says so.
        if url.starts_with("ws:") && !shared.rest.is_plain() {
            return Err(nonsense("it offers a socket in plain text").into());
        }
        let every = bullet.instance_servers.first().map_or(0, |server| server.ping_interval);
        let every = Duration::from_millis(every).clamp(PING_EVERY_MIN, PING_EVERY_MAX);
        let mut socket = Socket::open(&shared.dialer, &url).await?;
        loop {
            let Arrived::Text(text) = socket.next().await? else { continue };
            let Kind { kind } = serde_json::from_str(&text).map_err(SocketEnd::nonsense)?;
            match kind {
                FrameKind::Welcome => break,
                FrameKind::Error => return Err(SocketEnd::nonsense("no welcome").into()),
                FrameKind::Pong | FrameKind::Ack | FrameKind::Message | FrameKind::Other => {}
            }
        }
        let mut pings = interval_at(Instant::now() + every, every);
        pings.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Ok(Self { socket, pings })
    }

    /// Asks on it.
    ///
    /// # Errors
    /// [`SocketEnd`].
    pub async fn send(&mut self, frame: String) -> Result<(), SocketEnd> {
        self.socket.send(frame).await
    }

    /// What comes next; nothing where it is only a sign of life. Nothing is lost if it is not
    /// waited for to the end, but for a ping.
    ///
    /// # Errors
    /// [`SocketEnd`].
    pub async fn next(&mut self) -> Result<Option<Utf8Bytes>, SocketEnd> {
        loop {
            tokio::select! {
                arrived = self.socket.next() => return match arrived? {
                    Arrived::Text(text) => Ok(Some(text)),
                    Arrived::Life => Ok(None),
                },
                _ = self.pings.tick() => self.socket.send(ping_frame().to_owned()).await?,
            }
        }
    }
}

/// A frame that tells something; `None` for an answer.
///
/// # Errors
/// [`SocketEnd::Nonsense`] where it cannot be read, or a request was refused.
pub fn told(text: &str) -> Result<Option<ServerFrame<'_>>, SocketEnd> {
    let frame: ServerFrame<'_> = serde_json::from_str(text).map_err(SocketEnd::nonsense)?;
    match frame.kind {
        FrameKind::Message => Ok(Some(frame)),
        FrameKind::Error => Err(SocketEnd::nonsense("a request was refused")),
        FrameKind::Welcome | FrameKind::Pong | FrameKind::Ack | FrameKind::Other => Ok(None),
    }
}
