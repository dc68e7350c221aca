//! The listening end: connections in, requests to the router, an orderly end.
//!
//! Keeps   at most `connections_max` connections at once: the next one waits unaccepted. A client
//!         that does not finish its headers in time, whose headers exceed the buffer, or that does
//!         not read what it asked for, is cut; sockets that were upgraded are no exception.
//!         What is meant for a server of another name is not answered: see [`Hosts`].
//! Fails   never by a client's doing: an error of one connection ends that connection.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::extract::Request;
use axum::http::{HeaderMap, header};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use ipnet::IpNet;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tower::ServiceExt;
use venue_server::{Bounds, Connections, Exchange};

use crate::handshakes::Handshakes;
use crate::hosts::{Hosts, misdirected};
use crate::patient::Patient;
use crate::tls::{STRICT, Tls};

/// What one connection and all of them together may use.
#[derive(Clone, Debug)]
pub struct ServerLimits {
    /// Connections open at once.
    pub connections_max: usize,
    /// Of these, from one address (of IPv6, one network of 64 bits); more are closed at once. A
    /// site of 48 bits has four times that, a quarter of all at most.
    pub connections_per_address_max: usize,
    /// Bytes of a request's line and headers.
    pub headers_bytes_max: usize,
    /// How long a client may take over its headers, and idle between two requests.
    pub headers_timeout: Duration,
    /// How long a client may read nothing of what is written to it.
    pub write_timeout: Duration,
    /// By what connections are encrypted; `None` for plain HTTP.
    pub tls: Option<Arc<Tls>>,
    /// Handshakes that one network may begin in a minute; more connections are closed at once.
    pub handshakes_per_minute_max: u32,
    /// Whose bans are heeded before a handshake.
    pub bans: Option<Arc<Exchange>>,
    /// How the server is called.
    pub hosts: Hosts,
    /// Proxies, each of which speaks for many addresses: no bound by address counts them.
    pub trusted_proxies: Vec<IpNet>,
    /// How long open requests may take after the end was called.
    pub drain_timeout: Duration,
}

impl Default for ServerLimits {
    fn default() -> Self {
        Self {
            connections_max: 10_000,
            connections_per_address_max: 1_000,
            headers_bytes_max: 16 * 1024,
            headers_timeout: Duration::from_secs(75),
            write_timeout: Duration::from_secs(30),
            tls: None,
            handshakes_per_minute_max: 300,
            bans: None,
            hosts: Hosts::default(),
            trusted_proxies: Vec::new(),
            drain_timeout: Duration::from_secs(10),
        }
    }
}

/// Serves `router` on `listener` until `stop` resolves, then lets open requests finish.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    limits: ServerLimits,
    stop: impl Future<Output = ()>,
) {
    let room = Arc::new(Semaphore::new(limits.connections_max));
    let connections = Connections::default();
    let unheeded = Arc::new(Unheeded::default());
    let handshakes = Handshakes::new(limits.handshakes_per_minute_max);
    let (ending, ended) = watch::channel(false);
    tokio::pin!(stop);
    loop {
        let (stream, address, place) = tokio::select! {
            () = &mut stop => break,
            accepted = accept(&listener, &room) => accepted,
        };
        let peer = Peer::new(address, &limits);
        if limits.tls.is_some() && !peer.may_be_greeted(&limits, &handshakes) {
            continue;
        }
        let network = if peer.is_proxy { usize::MAX } else { limits.connections_per_address_max };
        // `place` bounds all: there the next one waits, where this would turn it away.
        let bounds = Bounds { all: usize::MAX, ..Bounds::new(limits.connections_max, network) };
        let Ok(permit) = connections.permit(peer.ip(), bounds) else { continue };
        let (router, ended, limits) = (router.clone(), ended.clone(), limits.clone());
        let unheeded = Arc::clone(&unheeded);
        tokio::spawn(async move {
            let whom = (peer, unheeded);
            if let Err(error) = meet(stream, whom, router, limits, ended).await {
                tracing::debug!(%address, %error, "connection ended");
            }
            drop((place, permit));
        });
    }
    drop(listener);
    let _ = ending.send(true);
    let everyone = u32::try_from(limits.connections_max).unwrap_or(u32::MAX);
    if tokio::time::timeout(limits.drain_timeout, room.acquire_many(everyone)).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
}

/// Who connects.
#[derive(Clone, Copy, Debug)]
struct Peer {
    address: SocketAddr,
    /// One that is trusted: it speaks for many.
    is_proxy: bool,
}

impl Peer {
    fn new(address: SocketAddr, limits: &ServerLimits) -> Self {
        let peer = address.ip().to_canonical();
        let is_proxy = limits.trusted_proxies.iter().any(|net| net.contains(&peer));
        Self { address, is_proxy }
    }

    const fn ip(self) -> IpAddr {
        self.address.ip().to_canonical()
    }

    /// Whether the server signs for it: before it did so, nothing has cost much.
    fn may_be_greeted(self, limits: &ServerLimits, handshakes: &Handshakes) -> bool {
        self.is_welcome(limits) && (self.is_proxy || handshakes.may_begin(self.ip()))
    }

    /// Whether nothing keeps it out.
    fn is_welcome(self, limits: &ServerLimits) -> bool {
        let is_banned = |exchange: &Arc<Exchange>| exchange.is_banned(self.ip());
        self.is_proxy || !limits.bans.as_ref().is_some_and(is_banned)
    }
}

/// The next connection, as soon as there is room for it.
async fn accept(
    listener: &TcpListener,
    room: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, OwnedSemaphorePermit) {
    let place = Arc::clone(room).acquire_owned().await.expect("the semaphore is never closed");
    loop {
        match listener.accept().await {
            Ok((stream, address)) => {
                // Answers are small and final: waiting to fill a packet only delays them.
                if stream.set_nodelay(true).is_ok() {
                    return (stream, address, place);
                }
            }
            Err(error) => {
                tracing::warn!(%error, "cannot accept a connection");
                // Out of file descriptors, most likely: others must close first.
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

/// Peers of whom the operator was told that they forward for others and are not believed.
#[derive(Debug, Default)]
struct Unheeded(Mutex<Vec<IpAddr>>);

impl Unheeded {
    /// Peers that are told of: anybody can send the header, and most of them are no proxies.
    const TOLD_MAX: usize = 8;

    /// Tells once of a peer that forwards for others: if it is a proxy of ours, all its clients
    /// share one limit, and whoever guesses passwords through it is their neighbour.
    fn warn(&self, peer: IpAddr, headers: &HeaderMap) {
        if headers.contains_key("x-forwarded-for") && self.is_new(peer) {
            tracing::warn!(
                %peer,
                "X-Forwarded-For comes from no trusted proxy and is not believed; if this is a \
                 proxy of yours, name it in trusted-proxy"
            );
        }
    }

    fn is_new(&self, peer: IpAddr) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_new = told.len() < Self::TOLD_MAX && !told.contains(&peer);
        if is_new {
            told.push(peer);
        }
        is_new
    }
}

/// Who connects, and where it is told whom they are not believed to speak for.
type Whom = (Peer, Arc<Unheeded>);

/// One connection, from its handshake on.
async fn meet(
    stream: TcpStream,
    whom: Whom,
    router: Router,
    limits: ServerLimits,
    mut ended: watch::Receiver<bool>,
) -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
    let write_timeout = limits.write_timeout;
    let Some(tls) = limits.tls.clone() else {
        let stream = Patient::new(stream, write_timeout);
        return Ok(converse(stream, whom, router, limits, ended).await?);
    };
    let peer = whom.0;
    // It may have been banned while others had their turn.
    let may_meet = || peer.is_welcome(&limits);
    let stream = tokio::select! {
        met = tls.meet(stream, write_timeout, may_meet) => met?,
        _ = ended.wait_for(|ended| *ended) => return Ok(()),
    };
    Ok(converse(stream, whom, router, limits, ended).await?)
}

/// One connection, to its end: after `ended` it answers what it has begun and closes.
async fn converse(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    (peer, unheeded): Whom,
    router: Router,
    limits: ServerLimits,
    mut ended: watch::Receiver<bool>,
) -> Result<(), hyper::Error> {
    let ServerLimits { tls, hosts, headers_timeout, headers_bytes_max, .. } = limits;
    let (is_tls, is_strict) = (tls.is_some(), tls.is_some_and(|tls| tls.is_strict()));
    let service = service_fn(move |request: Request<Incoming>| {
        let router = router.clone();
        let is_ours = hosts.admit(request.uri(), request.headers());
        if !peer.is_proxy {
            unheeded.warn(peer.address.ip(), request.headers());
        }
        async move {
            if !is_ours {
                return Ok::<_, Infallible>(misdirected());
            }
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(peer.address));
            if is_tls {
                request.extensions_mut().insert(venue_server::OverTls);
            }
            let Ok(mut answer) = router.oneshot(request).await;
            if is_strict {
                answer.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, STRICT);
            }
            Ok(answer)
        }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(headers_timeout)
        .max_buf_size(headers_bytes_max)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades();
    tokio::pin!(connection);
    tokio::select! {
        done = connection.as_mut() => return done,
        _ = ended.wait_for(|ended| *ended) => connection.as_mut().graceful_shutdown(),
    }
    connection.await
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::sync::mpsc;

    use super::*;

    /// Nothing takes that long: a test that waits longer has failed.
    const PATIENCE: Duration = Duration::from_secs(20);

    /// Says so when it is dropped.
    struct Held(mpsc::UnboundedSender<()>);

    impl Drop for Held {
        fn drop(&mut self) {
            let _ = self.0.send(());
        }
    }

    #[tokio::test]
    async fn who_asks_and_never_reads_is_cut() {
        let (sender, mut dropped) = mpsc::unbounded_channel();
        let endless = move || {
            let held = Held(sender.clone());
            let chunks = futures_util::stream::repeat_with(move || {
                let _ = &held;
                Ok::<_, Infallible>(vec![0_u8; 64 * 1_024])
            });
            async { Body::from_stream(chunks) }
        };
        let router = Router::new().route("/", get(endless));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let write_timeout = Duration::from_millis(20);
        let limits = ServerLimits { write_timeout, ..ServerLimits::default() };
        tokio::spawn(serve(listener, router, limits, std::future::pending()));
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(b"GET / HTTP/1.1\r\nHost: rialto\r\n\r\n").await.unwrap();
        let given_up = tokio::time::timeout(PATIENCE, dropped.recv()).await;
        assert_eq!(given_up, Ok(Some(())), "while the client is there still");
        drop(client);
    }

    #[test]
    fn of_a_proxy_that_is_not_believed_is_told_once() {
        let unheeded = Unheeded::default();
        let new = |last: u8| unheeded.is_new(IpAddr::from([192, 0, 2, last]));
        assert_eq!([1, 1, 2, 1].map(new), [true, false, true, false]);
        assert_eq!((3..100).filter(|last| new(*last)).count(), Unheeded::TOLD_MAX - 2);
    }

    #[tokio::test]
    async fn what_is_meant_for_another_name_is_not_answered() {
        let router = Router::new().route("/metrics", get(|| async { "secret" }));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let hosts = Hosts::new(address.ip(), &[]);
        let limits = ServerLimits { hosts, ..ServerLimits::default() };
        tokio::spawn(serve(listener, router, limits, std::future::pending()));
        for (host, status) in [
            (address.to_string(), "200"),
            (format!("localhost:{}", address.port()), "200"),
            ("evil.example".to_owned(), "421"),
        ] {
            let mut client = TcpStream::connect(address).await.unwrap();
            let request =
                format!("GET /metrics HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
            client.write_all(request.as_bytes()).await.unwrap();
            let mut answer = String::new();
            let reading = client.read_to_string(&mut answer);
            tokio::time::timeout(PATIENCE, reading).await.unwrap().unwrap();
            assert_eq!(answer.split(' ').nth(1), Some(status), "{host}");
        }
    }
}
