//! A socket to a venue: frames in, a few out, and an end that is noticed.
//!
//! Keeps   a message has at most [`MESSAGE_BYTES_MAX`], or what is said; a connection on which
//!         nothing at all came for [`SILENCE_MAX`] has ended, however often somebody looked
//!         meanwhile. Pings are answered by themselves.

use std::io;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use hyper::Uri;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};
use venue::{Malformed, plain_text};

use crate::alarm::Alarm;
use crate::dial::{DIAL_MAX, Dialer, Wire};

/// The longest message, unless a venue is known to have longer ones.
const MESSAGE_BYTES_MAX: usize = 4 << 20;
/// The longest silence. Venues ping each 20 s or so.
pub const SILENCE_MAX: Duration = Duration::from_secs(50);

/// An open socket.
pub struct Socket {
    stream: WebSocketStream<Wire>,
    alarm: Alarm,
    /// When it has been silent for too long.
    silent_at: Instant,
}

/// What came.
#[derive(Debug)]
pub enum Arrived {
    /// A message.
    Text(Utf8Bytes),
    /// A sign that the other end lives.
    Life,
}

/// Why nothing more comes.
#[derive(Debug, thiserror::Error)]
pub enum SocketEnd {
    /// There never was a connection.
    #[error("no connection")]
    Dial(#[from] io::Error),
    /// The connection broke, or its other end breaks the rules.
    #[error("broken")]
    Broken(#[from] Box<Error>),
    /// The other end closed it.
    #[error("closed by the venue")]
    Closed,
    /// Nothing came for too long.
    #[error("nothing was heard for {SILENCE_MAX:?}")]
    Silent,
    /// A message is missing, or a book contradicts itself, and any book of the connection may be
    /// wrong.
    #[error("something is missing")]
    Gap,
    /// A message that makes no sense: what came before it may be wrong as well.
    #[error("a message makes no sense: {0}")]
    Nonsense(String),
}

impl Socket {
    /// Opens a socket at `url`.
    ///
    /// # Errors
    /// [`SocketEnd`].
    pub async fn open(dialer: &Dialer, url: &str) -> Result<Self, SocketEnd> {
        Self::open_for(dialer, url, MESSAGE_BYTES_MAX).await
    }

    /// As [`Self::open`], for messages of at most so many bytes.
    ///
    /// # Errors
    /// [`SocketEnd`].
    pub async fn open_for(dialer: &Dialer, url: &str, bytes_max: usize) -> Result<Self, SocketEnd> {
        let uri: Uri = url.parse().map_err(|error| {
            io::Error::new(io::ErrorKind::InvalidInput, format!("no address: {error}"))
        })?;
        let wire = dialer.dial(&uri).await?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(bytes_max))
            .max_frame_size(Some(bytes_max));
        let handshake = client_async_with_config(url, wire, Some(config));
        let opened = tokio::time::timeout(DIAL_MAX, handshake).await;
        let (stream, _) = opened.map_err(|_| SocketEnd::Silent)?.map_err(Box::new)?;
        let alarm = dialer.alarm();
        let silent_at = alarm.now() + SILENCE_MAX;
        Ok(Self { stream, alarm, silent_at })
    }

    /// Sends a message.
    ///
    /// # Errors
    /// [`SocketEnd`].
    pub async fn send(&mut self, text: String) -> Result<(), SocketEnd> {
        let sent = tokio::time::timeout(DIAL_MAX, self.stream.send(Message::text(text))).await;
        Ok(sent.map_err(|_| SocketEnd::Silent)?.map_err(Box::new)?)
    }

    /// What comes next. Nothing is lost if it is not waited for to the end.
    ///
    /// # Errors
    /// [`SocketEnd`].
    pub async fn next(&mut self) -> Result<Arrived, SocketEnd> {
        let next = tokio::select! {
            biased;
            next = self.stream.next() => next,
            () = self.alarm.at(self.silent_at) => return Err(SocketEnd::Silent),
        };
        self.silent_at = self.alarm.now() + SILENCE_MAX;
        match next {
            Some(Ok(Message::Text(text))) => Ok(Arrived::Text(text)),
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(Arrived::Life),
            Some(Ok(Message::Binary(_) | Message::Frame(_))) => {
                Err(SocketEnd::Nonsense("a message that is no text".to_owned()))
            }
            None | Some(Ok(Message::Close(_))) => Err(SocketEnd::Closed),
            Some(Err(error)) => Err(Box::new(error).into()),
        }
    }
}

impl From<serde_json::Error> for SocketEnd {
    fn from(error: serde_json::Error) -> Self {
        Self::nonsense(error)
    }
}

impl From<Malformed> for SocketEnd {
    fn from(malformed: Malformed) -> Self {
        Self::nonsense(malformed)
    }
}

impl SocketEnd {
    /// The end that a message makes which cannot be read. What is told of it is short: it quotes
    /// what came.
    pub fn nonsense(why: impl std::fmt::Display) -> Self {
        Self::Nonsense(plain_text(why))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scripted::{Sockets, venue_with};

    #[tokio::test]
    async fn a_message_is_no_longer_than_those_of_its_venue_may_be() {
        let length = MESSAGE_BYTES_MAX + 1;
        let sockets = Sockets::telling(vec!["x".repeat(length)]);
        let (url, _) = venue_with(|_| std::future::ready(None), sockets).await;
        let (url, dialer) = (url.replacen("http", "ws", 1), Dialer::new());
        let mut usual = Socket::open(&dialer, &url).await.unwrap();
        assert!(matches!(usual.next().await, Err(SocketEnd::Broken(_))));
        let mut long = Socket::open_for(&dialer, &url, length).await.unwrap();
        let told = long.next().await;
        assert!(matches!(told, Ok(Arrived::Text(text)) if text.len() == length));
    }
}
