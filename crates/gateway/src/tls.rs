//! TLS, for those who have no proxy in front that ends it.
//!
//! Keeps   a handshake has a time limit and holds nobody but its own connection, which counts
//!         among all connections and among those of its address: one that stalls, or is none at
//!         all, delays no other. Few compute at once. HTTP/1.1 alone is spoken behind it.
//! Fails   [`TlsError`] for what are no certificates with their key; a client that speaks plain
//!         HTTP is told so in words, and cut.
//! Source  RFC 8446 (TLS 1.3), RFC 6797 (strict transport security).

use std::future::poll_fn;
use std::num::NonZero;
use std::pin::pin;
use std::sync::{Arc, PoisonError, RwLock};
use std::task::Poll;
use std::time::Duration;
use std::{io, thread};

use axum::http::HeaderValue;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::Acceptor;
use tokio_rustls::rustls::{self, ServerConfig};
use tokio_rustls::server::TlsStream;
use tokio_rustls::{LazyConfigAcceptor, StartHandshake};

use crate::patient::Patient;

/// How long a client may take over its handshake.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// Handshakes that compute at once: half of the processors' number, this at most. All the others
/// wait in line, so that orders have processors whoever begins how many.
const COMPUTING_MAX: usize = 4;
/// How long a client that speaks no TLS may take to hear so.
const EXPLANATION_WITHIN: Duration = Duration::from_secs(1);
/// Bytes that are read of a client that speaks no TLS: unread ones would cut off what it is told.
const UNREAD_BYTES_MAX: u64 = 16 * 1_024;
/// With this byte begins every record of a handshake.
const HANDSHAKE: u8 = 0x16;
/// What a client hears that speaks plain HTTP.
const EXPLANATION: &[u8] = b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n\
    Content-Length: 42\r\nConnection: close\r\n\r\nthis port speaks TLS: begin with https://\n";
/// For how long browsers shall come by TLS alone: a year.
pub const STRICT: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Why there is no TLS.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// Not PEM, or not what it should be.
    #[error("not certificates with a private key in PEM")]
    Pem(#[source] pem::Error),
    /// There is none.
    #[error("there is no certificate")]
    Empty,
    /// The key is another certificate's, or of a kind that is not known.
    #[error("the certificates and the key do not serve")]
    Unfit(#[source] rustls::Error),
}

/// Certificates with their key, which may be replaced while connections go on.
pub struct Tls {
    config: RwLock<Arc<ServerConfig>>,
    is_strict: bool,
    /// Places for handshakes that compute.
    computing: Semaphore,
}

impl Tls {
    /// By these certificates (the server's own first) and the key of the first, in PEM. Where
    /// `is_strict`, browsers are asked to come by TLS alone from then on: not for certificates
    /// that nobody vouches for.
    ///
    /// # Errors
    /// [`TlsError`].
    pub fn new(certificates: &[u8], key: &[u8], is_strict: bool) -> Result<Self, TlsError> {
        let processors = thread::available_parallelism().map_or(1, NonZero::get);
        let computing = Semaphore::new((processors / 2).clamp(1, COMPUTING_MAX));
        Ok(Self { config: RwLock::new(config(certificates, key)?), is_strict, computing })
    }

    /// From now on others, for new connections.
    ///
    /// # Errors
    /// [`TlsError`]; then those before go on.
    pub fn replace(&self, certificates: &[u8], key: &[u8]) -> Result<(), TlsError> {
        let config = config(certificates, key)?;
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
        Ok(())
    }

    /// Whether browsers are asked to come by TLS alone.
    pub(crate) const fn is_strict(&self) -> bool {
        self.is_strict
    }

    /// The handshake of a connection, unless its peer is unwelcome when its turn comes.
    pub(crate) async fn meet(
        &self,
        stream: TcpStream,
        write_timeout: Duration,
        is_welcome: impl Fn() -> bool,
    ) -> io::Result<TlsStream<Patient<TcpStream>>> {
        let config = Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner));
        let handshake = async {
            let mut first = [0];
            match stream.peek(&mut first).await? {
                0 => Err(io::ErrorKind::UnexpectedEof.into()),
                _ if first[0].is_ascii_uppercase() => {
                    explain(stream).await;
                    Err(io::Error::new(io::ErrorKind::InvalidData, "plain HTTP"))
                }
                _ if first[0] != HANDSHAKE => {
                    Err(io::Error::new(io::ErrorKind::InvalidData, "no handshake"))
                }
                _ => {
                    let stream = Patient::new(stream, write_timeout);
                    let start = LazyConfigAcceptor::new(Acceptor::default(), stream).await?;
                    self.answer(start, config, is_welcome).await
                }
            }
        };
        timeout(HANDSHAKE_WITHIN, handshake).await?
    }

    /// Answers what a client began with.
    async fn answer(
        &self,
        start: StartHandshake<Patient<TcpStream>>,
        config: Arc<ServerConfig>,
        is_welcome: impl Fn() -> bool,
    ) -> io::Result<TlsStream<Patient<TcpStream>>> {
        in_turns(&self.computing, start.into_stream(config), is_welcome).await
    }
}

/// Carries `work` out, each step of it in a turn of its own: a client may have the signature put
/// off to a later step. While it is waited for, it holds nobody up.
async fn in_turns<T>(
    turns: &Semaphore,
    work: impl Future<Output = io::Result<T>>,
    is_welcome: impl Fn() -> bool,
) -> io::Result<T> {
    let mut work = pin!(work);
    loop {
        let turn = turns.acquire().await.expect("the semaphore is never closed");
        if !is_welcome() {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        let step = poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await;
        drop(turn);
        if let Poll::Ready(met) = step {
            return met;
        }
        woken().await;
    }
}

/// Resolves when the task is woken, by whatever it polled before.
async fn woken() {
    let mut has_waited = false;
    let wait = poll_fn(|_| {
        if std::mem::replace(&mut has_waited, true) { Poll::Ready(()) } else { Poll::Pending }
    });
    wait.await;
}

/// Tells a client that speaks plain HTTP how to come.
async fn explain(mut stream: TcpStream) {
    let told = async {
        stream.write_all(EXPLANATION).await?;
        stream.shutdown().await?;
        tokio::io::copy(&mut stream.take(UNREAD_BYTES_MAX), &mut tokio::io::sink()).await
    };
    let _ = timeout(EXPLANATION_WITHIN, told).await;
}

fn config(certificates: &[u8], key: &[u8]) -> Result<Arc<ServerConfig>, TlsError> {
    let certificates = CertificateDer::pem_slice_iter(certificates);
    let certificates = certificates.collect::<Result<Vec<_>, _>>().map_err(TlsError::Pem)?;
    if certificates.is_empty() {
        return Err(TlsError::Empty);
    }
    let key = PrivateKeyDer::from_pem_slice(key).map_err(TlsError::Pem)?;
    // Said explicitly: nothing depends on which one else a process might have by default.
    let provider = Arc::new(ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Unfit)?
        .with_no_client_auth()
        .with_single_cert(certificates, key)
        .map_err(TlsError::Unfit)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Arc::new(config))
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls").field("is_strict", &self.is_strict).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn each_step_of_a_handshake_has_a_turn_of_its_own_and_waiting_has_none() {
        let turns = Semaphore::new(1);
        let (steps, looks) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let (wake, mut woken) = tokio::sync::mpsc::channel(1);
        let work = async {
            while steps.fetch_add(1, Ordering::Relaxed) < 3 {
                assert_eq!(turns.available_permits(), 0, "it computes in its turn");
                woken.recv().await.unwrap();
            }
            assert_eq!(turns.available_permits(), 0, "also at last");
            Ok(())
        };
        let is_welcome = || looks.fetch_add(1, Ordering::Relaxed) < 100;
        let waking = async {
            for _ in 0..3 {
                tokio::task::yield_now().await;
                assert_eq!(turns.available_permits(), 1, "while it waits, another computes");
                wake.send(()).await.unwrap();
            }
        };
        let (met, ()) = tokio::join!(in_turns(&turns, work, is_welcome), waking);
        met.unwrap();
        assert!(3 < looks.load(Ordering::Relaxed), "bans are looked at again");
    }

    #[test]
    fn what_is_told_has_the_length_it_says() {
        let text = std::str::from_utf8(EXPLANATION).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("Content-Length: {}", body.len())), "{}", body.len());
    }

    #[test]
    fn what_are_no_certificates_with_their_key_is_refused() {
        for (certificates, key) in [("", ""), ("nonsense", "nonsense")] {
            let refused = Tls::new(certificates.as_bytes(), key.as_bytes(), true).unwrap_err();
            assert!(matches!(refused, TlsError::Empty), "{refused:?}");
        }
    }
}
