//! TLS as clients meet it: trusted, refused, stalled, replaced.

use std::io;
use std::path::Path;
use std::sync::Arc;

use futures_util::{SinkExt, StreamExt};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore};
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::Message;

use crate::house::{ANSWER_MAX, House};

/// Who stalls at once. Each holds a connection of its own.
const STALLED: usize = 50;
/// The first bytes of a handshake that goes no further.
const HALF: [u8; 8] = [0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01];

/// A connection over TLS for a client that trusts this certificate alone.
async fn connect(address: &str, trusted: &[u8]) -> io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusted).expect("a certificate")).expect("it is one");
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .expect("they are known")
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").expect("a name");
    let connecting = async {
        let stream = TcpStream::connect(address).await?;
        TlsConnector::from(Arc::new(config)).connect(name, stream).await
    };
    timeout(ANSWER_MAX, connecting).await.expect("it does not wait for others")
}

/// The answer over TLS, head and body.
async fn ask(address: &str, trusted: &[u8], request: &str, body: &str) -> String {
    let mut stream = connect(address, trusted).await.expect("a handshake");
    let length = body.len();
    let request = format!(
        "{request} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.expect("it reads");
    let mut answer = String::new();
    let reading = stream.read_to_string(&mut answer);
    timeout(ANSWER_MAX, reading).await.expect("it answers").expect("it says goodbye");
    answer.to_lowercase()
}

/// What is told to somebody who sends these bytes and waits for the end.
async fn told(address: &str, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).await.expect("it listens");
    stream.write_all(bytes).await.expect("it reads");
    let mut answer = Vec::new();
    // An end that is abrupt is one, too.
    let _ = timeout(ANSWER_MAX, stream.read_to_end(&mut answer)).await.expect("it is cut");
    answer
}

fn own_certificate(house: &House) -> Vec<u8> {
    std::fs::read(house.data().join("tls-cert.pem")).expect("it is there")
}

#[tokio::test]
async fn over_tls_requests_and_sockets_are_answered_and_cookies_are_secure() {
    let house = House::new();
    house.create_user("ann@example.com", "");
    let server = house.serve_with(" --tls-self-signed");
    let certificate = own_certificate(&house);
    let alive = ask(server.address(), &certificate, "GET /health/live", "").await;
    assert!(alive.starts_with("http/1.1 200"), "{alive}");
    assert!(!alive.contains("strict-transport"), "nobody vouches for this certificate: {alive}");
    let login = json!({ "email": "ann@example.com", "password": "correct horse" }).to_string();
    let login = ask(server.address(), &certificate, "POST /api/v1/auth/login", &login).await;
    assert!(login.starts_with("http/1.1 200"), "{login}");
    assert!(login.contains("set-cookie: __host-") && login.contains("; secure"), "{login}");

    for (path, said) in [
        ("/api/v1/stream", json!({ "op": "ping" })),
        ("/ws-api/v3", json!({ "id": 1, "method": "ping" })),
    ] {
        let stream = connect(server.address(), &certificate).await.expect("a handshake");
        let (mut socket, _) =
            client_async(format!("wss://localhost{path}"), stream).await.expect("a socket");
        socket.send(Message::text(said.to_string())).await.expect("it hears");
        let answer = timeout(ANSWER_MAX, socket.next()).await.expect("it answers");
        let answer = answer.expect("it is open").expect("it is sound").into_text().expect("text");
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        assert!(answer["op"] == "pong" || answer["status"] == 200, "{path}: {answer}");
    }
    server.stop();
    let server = house.serve_with(" --tls-self-signed");
    assert_eq!(own_certificate(&house), certificate, "whoever trusts it goes on trusting it");
    ask(server.address(), &certificate, "GET /health/live", "").await;
    server.stop();
}

#[tokio::test]
async fn who_stalls_or_sends_something_else_holds_up_nobody_and_hears_why() {
    let house = House::new();
    let server = house.serve_with(" --tls-self-signed");
    let certificate = own_certificate(&house);
    let mut stalled = Vec::new();
    for number in 0..STALLED {
        let mut stream = TcpStream::connect(server.address()).await.expect("it listens");
        let sent = if number % 2 == 0 { &HALF[..] } else { &[] };
        stream.write_all(sent).await.expect("it reads");
        stalled.push(stream);
    }
    for garbage in [&[0_u8; 64][..], b"\x16\x03\x01garbage that is no handshake at all", &[0xff]] {
        let answer = told(server.address(), garbage).await;
        assert!(!answer.starts_with(b"HTTP"), "{garbage:?}");
    }
    let plain = told(server.address(), b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await;
    let plain = String::from_utf8(plain).expect("text");
    assert!(plain.starts_with("HTTP/1.1 400") && plain.contains("https://"), "{plain}");
    let alive = ask(server.address(), &certificate, "GET /health/live", "").await;
    assert!(alive.starts_with("http/1.1 200"), "{alive}");
    let stranger = generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let refused = connect(server.address(), stranger.cert.pem().as_bytes()).await;
    assert!(refused.is_err(), "it has another certificate");
    drop(stalled);
    server.stop();
}

/// Puts a new certificate with its key into `folder`; the certificate.
fn renew(folder: &Path) -> Vec<u8> {
    let CertifiedKey { cert, signing_key } =
        generate_simple_self_signed(["localhost".to_owned()]).expect("a certificate");
    let write = |name: &str, text: &str| {
        use std::os::unix::fs::PermissionsExt;
        let path = folder.join(name);
        std::fs::write(&path, text).expect("a file");
        std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).expect("ours");
    };
    write("cert.pem", &cert.pem());
    write("key.pem", &signing_key.serialize_pem());
    cert.pem().into_bytes()
}

#[tokio::test]
async fn files_that_are_named_are_served_and_read_again_on_a_signal() {
    let house = House::new();
    let folder = tempfile::tempdir().expect("a folder");
    let file = |name: &str| folder.path().join(name).display().to_string();
    let options = format!(" --tls-cert {} --tls-key {}", file("cert.pem"), file("key.pem"));
    let first = renew(folder.path());
    let server = house.serve_with(&options);
    let alive = ask(server.address(), &first, "GET /health/live", "").await;
    assert!(alive.contains("strict-transport-security: max-age="), "{alive}");
    std::fs::write(folder.path().join("cert.pem"), "nonsense").expect("a file");
    server.signal("HUP");
    server.await_log("the certificates before go on");
    ask(server.address(), &first, "GET /health/live", "").await;
    let second = renew(folder.path());
    server.signal("HUP");
    server.await_log("new certificates");
    ask(server.address(), &second, "GET /health/live", "").await;
    assert!(connect(server.address(), &first).await.is_err(), "it was replaced");
    server.stop();
}

#[test]
fn what_contradicts_itself_or_lies_open_is_refused() {
    let house = House::new();
    let folder = tempfile::tempdir().expect("a folder");
    renew(folder.path());
    let file = |name: &str| folder.path().join(name).display().to_string();
    let (cert, key) = (file("cert.pem"), file("key.pem"));
    let open = file("open.pem");
    std::fs::copy(&key, &open).expect("a file");
    let grouped = file("grouped.pem");
    std::fs::copy(&key, &grouped).expect("a file");
    for (path, mode) in [(&open, 0o644), (&grouped, 0o660)] {
        std::fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode))
            .expect("ours");
    }
    for (options, reason) in [
        (format!("--tls-cert {cert}"), "together"),
        (format!("--tls-key {key}"), "together"),
        (format!("--tls-self-signed --tls-cert {cert} --tls-key {key}"), "without"),
        (format!("--tls-cert {cert} --tls-key {open}"), "others may read"),
        (format!("--tls-cert {cert} --tls-key {grouped}"), "others may read"),
        (format!("--tls-cert {cert} --tls-key {key}.gone"), "No such file"),
        (format!("--tls-cert {key} --tls-key {key}"), "no certificate"),
        (format!("--tls-cert {cert} --tls-key {cert}"), "not certificates with a private key"),
    ] {
        let said = house.refused(&format!("serve --listen 127.0.0.1:0 {options}"), "");
        assert!(said.contains(reason), "{options}: {said}");
    }
}

#[tokio::test]
async fn who_begins_too_many_handshakes_is_not_even_told_so() {
    const PLAIN: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";
    const TRIES_MAX: usize = 2_000;
    let house = House::new();
    let server = house.serve_with(" --tls-self-signed");
    let certificate = own_certificate(&house);
    let mut tries = 0;
    while !told(server.address(), PLAIN).await.is_empty() {
        tries += 1;
        assert!(tries < TRIES_MAX, "nobody is turned away");
    }
    assert!(250 < tries, "{tries}");
    assert!(connect(server.address(), &certificate).await.is_err(), "no signature for them");
    server.stop();
}

#[tokio::test]
async fn a_hangup_does_not_end_a_server_without_certificates() {
    let house = House::new();
    let server = house.serve_with("");
    server.signal("HUP");
    server.await_log("a hangup is no reason to stop");
    let alive = told(server.address(), b"GET /health/live HTTP/1.0\r\n\r\n").await;
    assert!(alive.starts_with(b"HTTP/1.0 200") || alive.starts_with(b"HTTP/1.1 200"));
    server.stop();
}
