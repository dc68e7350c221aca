//! Order entry at a steady pace, alone or beside people who sign in: how long orders take.
//!
//! A login is what the page does: it asks for the key and a challenge, encrypts the password, and
//! sends it. Who is in begins anew at once, so that as many logins as wanted are always under way.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tokio::net::TcpStream;
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::order::{Credentials, now_ms};
use crate::report::Report;
use crate::{Failure, Load, rest};

/// Of everybody who signs in, `login-0@example.com` and so on.
const PASSWORD: &str = "a password of the bench";
/// How often it is looked whether the first is in.
const LOOK: Duration = Duration::from_millis(10);

/// Runs the load: `depth` is the orders a second, of all connections together.
pub async fn run(load: &Load, logins: usize) -> Result<(), Failure> {
    let done = Arc::new(AtomicU64::new(0));
    let mut people = JoinSet::new();
    for place in 0..logins {
        let (address, done) = (load.address, done.clone());
        people.spawn(async move {
            let ended = sign_in(address, place, &done).await;
            ended.map_err(|error| format!("login {place}: {error}"))
        });
    }
    while logins != 0 && done.load(Ordering::Relaxed) == 0 {
        tokio::select! {
            Some(ended) = people.join_next() => ended??,
            () = sleep(LOOK) => {}
        }
    }
    let (before, began) = (done.load(Ordering::Relaxed), Instant::now());
    let report = tokio::select! {
        report = orders(load, began) => report?,
        Some(ended) = people.join_next() => return Err(format!("{ended:?}").into()),
    };
    let length = began.elapsed();
    let signed_in = (done.load(Ordering::Relaxed) - before) as f64 / length.as_secs_f64();
    println!("{{{},\"loginsPerSecond\":{signed_in:.1}}}", report.figures(length));
    Ok(())
}

/// All orders, of connections that take turns.
async fn orders(load: &Load, began: Instant) -> Result<Report, Failure> {
    let turn = Duration::from_secs(1) / u32::try_from(load.depth)?;
    let every = turn * u32::try_from(load.connections)?;
    let mut tasks = JoinSet::new();
    for place in 0..load.connections {
        let stream = TcpStream::connect(load.address).await?;
        stream.set_nodelay(true)?;
        let key = load.keys[place % load.keys.len()].clone();
        let first = began + turn * u32::try_from(place)?;
        let (until, name) = (began + load.length, format!("{}-{place}", now_ms() % 1_000_000_000));
        tasks.spawn(async move {
            let done = pace(stream, &key, &name, (first, every, until)).await;
            done.map_err(|error| error.to_string())
        });
    }
    let mut report = Report::default();
    while let Some(done) = tasks.join_next().await {
        report.add(done??);
    }
    Ok(report)
}

/// One order after the other, each when it is due; one that had to wait for the answer before it
/// has waited since then.
async fn pace(
    mut stream: TcpStream,
    key: &Credentials,
    name: &str,
    (first, every, until): (Instant, Duration, Instant),
) -> Result<Report, Failure> {
    let (mut report, mut buffer) = (Report::default(), Vec::with_capacity(4_096));
    let mut due = first;
    for number in 0_u64.. {
        if until <= due {
            break;
        }
        let early = due.saturating_duration_since(Instant::now());
        let since = if early.is_zero() {
            due
        } else {
            sleep(early).await;
            Instant::now()
        };
        let request = rest::order_request(key, &format!("{name}-{number}"), number);
        rest::ask(&mut stream, &request, &mut buffer).await?;
        report.took(since.elapsed());
        due += every;
    }
    Ok(report)
}

/// Signs in again and again. Ends with a failure only.
async fn sign_in(
    address: std::net::SocketAddr,
    place: usize,
    done: &AtomicU64,
) -> Result<(), Failure> {
    let mut stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(4_096);
    let question = format!("GET /api/v1/auth/public-key HTTP/1.1\r\nhost: {address}\r\n\r\n");
    loop {
        let key = rest::ask(&mut stream, &question, &mut buffer).await?;
        let sealed = sealed(key).ok_or("the key of the page cannot be read")?;
        let body =
            format!("{{\"email\":\"login-{place}@example.com\",\"passwordEncrypted\":{sealed}}}");
        let request = format!(
            "POST /api/v1/auth/login HTTP/1.1\r\nhost: {address}\r\n\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        rest::ask(&mut stream, &request, &mut buffer).await?;
        done.fetch_add(1, Ordering::Relaxed);
    }
}

/// The password, for the key and the challenge in `answer`.
fn sealed(answer: &str) -> Option<String> {
    let field = |name: &str| answer.split(&format!("\"{name}\":\"")).nth(1)?.split('"').next();
    let spki = STANDARD.decode(field("spki")?).ok()?;
    let key = OaepPublicEncryptingKey::new(PublicEncryptingKey::from_der(&spki).ok()?).ok()?;
    let challenge = field("challenge")?;
    let plain = format!("{{\"password\":\"{PASSWORD}\",\"challenge\":\"{challenge}\"}}");
    let mut room = vec![0; key.ciphertext_size()];
    let sealed = key.encrypt(&OAEP_SHA256_MGF1SHA256, plain.as_bytes(), &mut room, None).ok()?;
    let (id, ciphertext) = (field("keyId")?, STANDARD.encode(sealed));
    Some(format!("{{\"keyId\":\"{id}\",\"ciphertext\":\"{ciphertext}\"}}"))
}
