//! Connections to venues: by TLS, or in plain text to this machine alone.
//!
//! Fails   with an error of IO, within [`DIAL_MAX`].

use std::io;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use hyper::Uri;
use hyper_util::client::legacy::connect::{Connected, Connection};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpStream, lookup_host};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use crate::alarm::Alarm;

/// How long a connection may take to be made.
pub const DIAL_MAX: Duration = Duration::from_secs(10);

/// Makes connections.
#[derive(Clone)]
pub struct Dialer {
    tls: TlsConnector,
    /// By which it is noticed that a socket is silent.
    alarm: Alarm,
}

/// A connection.
pub enum Wire {
    /// To this machine.
    Plain(TcpStream),
    /// To anywhere.
    Tls(Box<TlsStream<TcpStream>>),
}

impl Dialer {
    /// Trusts the authorities that browsers trust.
    #[must_use]
    pub fn new() -> Self {
        let roots = webpki_roots::TLS_SERVER_ROOTS.iter().cloned();
        Self::trusting(roots.collect())
    }

    /// Trusts these authorities.
    ///
    /// # Panics
    /// Never: the cryptography knows the versions of TLS that are usual.
    #[must_use]
    fn trusting(roots: RootCertStore) -> Self {
        let provider = Arc::new(ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("the usual versions are known")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { tls: TlsConnector::from(Arc::new(config)), alarm: Alarm::default() }
    }

    /// As [`Self::new`], by the clock of a test.
    #[cfg(test)]
    pub fn by(alarm: Alarm) -> Self {
        Self { alarm, ..Self::new() }
    }

    /// By which it is noticed that a socket is silent.
    pub fn alarm(&self) -> Alarm {
        self.alarm.clone()
    }

    /// A connection to the host of `uri`: encrypted for `https` and `wss`.
    ///
    /// # Errors
    /// Of IO; of kind `Unsupported` for plain text to another machine.
    pub async fn dial(&self, uri: &Uri) -> io::Result<Wire> {
        let dialled = tokio::time::timeout(DIAL_MAX, self.dial_patiently(uri)).await;
        dialled.map_err(|_| io::Error::from(io::ErrorKind::TimedOut))?
    }

    async fn dial_patiently(&self, uri: &Uri) -> io::Result<Wire> {
        let is_plain = match uri.scheme_str() {
            Some("https" | "wss") => false,
            Some("http" | "ws") => true,
            _ => return Err(io::Error::new(io::ErrorKind::InvalidInput, "no scheme of ours")),
        };
        let host = uri.host().unwrap_or_default().trim_matches(['[', ']']);
        let port = uri.port_u16().unwrap_or(if is_plain { 80 } else { 443 });
        let addresses = lookup_host((host, port)).await?;
        let may = |address: &SocketAddr| !is_plain || address.ip().to_canonical().is_loopback();
        let addresses: Vec<_> = addresses.filter(may).collect();
        if addresses.is_empty() {
            let why = "plain text goes to this machine alone, and no other address is known";
            return Err(io::Error::new(io::ErrorKind::Unsupported, why));
        }
        let stream = TcpStream::connect(&addresses[..]).await?;
        stream.set_nodelay(true)?;
        if is_plain {
            return Ok(Wire::Plain(stream));
        }
        let name = ServerName::try_from(host.to_owned())
            .map_err(|error| io::Error::new(io::ErrorKind::InvalidInput, error))?;
        let stream = self.tls.connect(name, stream).await?;
        Ok(Wire::Tls(Box::new(stream)))
    }
}

impl Default for Dialer {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Dialer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Dialer")
    }
}

/// As the pool of HTTP connections asks for them.
impl tower::Service<Uri> for Dialer {
    type Response = TokioIo<Wire>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<TokioIo<Wire>>> + Send>>;

    fn poll_ready(&mut self, _context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, uri: Uri) -> Self::Future {
        let dialer = self.clone();
        Box::pin(async move { dialer.dial(&uri).await.map(TokioIo::new) })
    }
}

impl Connection for Wire {
    fn connected(&self) -> Connected {
        Connected::new()
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        room: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_read(context, room),
            Self::Tls(stream) => Pin::new(stream).poll_read(context, room),
        }
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_write(context, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(context, bytes),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_flush(context),
            Self::Tls(stream) => Pin::new(stream).poll_flush(context),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Plain(stream) => Pin::new(stream).poll_shutdown(context),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(context),
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;
    use tokio_rustls::TlsAcceptor;
    use tokio_rustls::rustls::ServerConfig;
    use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

    use super::*;

    /// A server that says `hello` over TLS, to as many as come, and the port it listens on.
    async fn greeter(certificate: &rcgen::CertifiedKey<rcgen::KeyPair>) -> u16 {
        let key = PrivatePkcs8KeyDer::from(certificate.signing_key.serialize_der());
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.cert.der().clone()], PrivateKeyDer::Pkcs8(key))
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                // Who does not trust the certificate ends it here.
                let Ok(mut stream) = acceptor.accept(stream).await else { continue };
                stream.write_all(b"hello").await.unwrap();
                stream.shutdown().await.unwrap();
            }
        });
        port
    }

    #[tokio::test]
    async fn an_encrypted_connection_asks_for_a_certificate_that_is_trusted() {
        let names = vec!["localhost".to_owned()];
        let certificate = rcgen::generate_simple_self_signed(names).unwrap();
        let port = greeter(&certificate).await;
        let uri: Uri = format!("https://localhost:{port}/").parse().unwrap();
        assert!(Dialer::new().dial(&uri).await.is_err(), "nobody has signed it");
        let mut roots = RootCertStore::empty();
        roots.add(certificate.cert.der().clone()).unwrap();
        let dialer = Dialer::trusting(roots);
        let mut wire = dialer.dial(&uri).await.unwrap();
        let mut text = String::new();
        wire.read_to_string(&mut text).await.unwrap();
        assert_eq!(text, "hello");
        let elsewhere = format!("wss://127.0.0.1:{port}/").parse().unwrap();
        assert!(dialer.dial(&elsewhere).await.is_err(), "it names another host");
    }

    #[tokio::test]
    async fn plain_text_goes_to_this_machine_alone() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let dialer = Dialer::new();
        for (uri, kind) in [
            (format!("http://127.0.0.1:{port}"), None),
            (format!("ws://localhost:{port}"), None),
            ("http://192.0.2.1".to_owned(), Some(io::ErrorKind::Unsupported)),
            ("ws://[2001:db8::1]:80".to_owned(), Some(io::ErrorKind::Unsupported)),
            ("ftp://127.0.0.1".to_owned(), Some(io::ErrorKind::InvalidInput)),
        ] {
            let dialled = dialer.dial(&uri.parse().unwrap()).await;
            assert_eq!(dialled.err().map(|error| error.kind()), kind, "{uri}");
        }
    }
}
