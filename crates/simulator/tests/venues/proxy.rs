//! Stands between a connector and the market streams, and does to them what networks do.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{SinkExt, StreamExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{accept_async, connect_async};

/// What a connector that follows one market asks for.
const PATH: &str = "/stream?streams=btcusdt@depth@100ms/btcusdt@bookTicker/btcusdt@trade";

/// What it does.
#[derive(Default)]
pub struct Proxy {
    /// The next difference does not arrive.
    swallows: AtomicBool,
    /// One did not.
    pub swallowed: Notify,
    cut: Notify,
    garble: Notify,
}

impl Proxy {
    /// Listens on a port of its own.
    pub async fn open(venue: SocketAddr) -> (Arc<Self>, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let proxy = Arc::new(Self::default());
        let standing = Arc::clone(&proxy);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                standing.pass(stream, venue).await;
            }
        });
        (proxy, address)
    }

    /// The next difference does not arrive.
    pub fn swallow(&self) {
        self.swallows.store(true, Ordering::SeqCst);
    }

    /// The connection ends.
    pub fn cut(&self) {
        self.cut.notify_one();
    }

    /// Something arrives that nobody can read.
    pub fn garble(&self) {
        self.garble.notify_one();
    }

    async fn pass(&self, stream: TcpStream, venue: SocketAddr) {
        let mut client = accept_async(stream).await.unwrap();
        let (mut server, _) = connect_async(format!("ws://{venue}{PATH}")).await.unwrap();
        loop {
            tokio::select! {
                message = server.next() => {
                    let Some(Ok(message)) = message else { return };
                    let is_depth = matches!(&message, Message::Text(it) if it.contains("@depth"));
                    if is_depth && self.swallows.swap(false, Ordering::SeqCst) {
                        self.swallowed.notify_one();
                    } else if message.is_text() && client.send(message).await.is_err() {
                        return;
                    }
                }
                message = client.next() => {
                    let Some(Ok(_)) = message else { return };
                }
                () = self.garble.notified() => {
                    let garbled = Message::text(r#"{"stream":"btcusdt@depth@100ms","data":{"#);
                    if client.send(garbled).await.is_err() {
                        return;
                    }
                }
                () = self.cut.notified() => return,
            }
        }
    }
}
