//! A thousand listeners of one busy market, of whom one stalls.

use std::net::SocketAddr;

use model::Side::{Buy, Sell};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::fanout::OutboxRoom;
use super::stage::Stage;
use super::stream_socket::StreamRules;
use super::stream_tests::{beats, feed, pass_on, serve};

const LISTENERS: usize = 1_000;
/// Messages that are told, each of about 18 kB.
const MESSAGES: u64 = 24;
/// Levels that change from message to message.
const LEVELS: u64 = 600;
/// What may wait for one of them: less than is told.
const ROOM: OutboxRoom = OutboxRoom { messages_max: 1_000, bytes_max: 128 * 1_024 };
/// What all of this may take on top, both ends and all their buffers included: the shared bytes of
/// messages, and for each connection less than the messages that are told.
const MEMORY_BYTES_MAX: u64 = LISTENERS as u64 * 160 * 1_024;

/// Listens to the market's depth with a buffer of `receive_bytes`, where given.
async fn listen(address: SocketAddr, receive_bytes: Option<u32>) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    if let Some(bytes) = receive_bytes {
        socket.set_recv_buffer_size(bytes).unwrap();
    }
    let mut stream = socket.connect(address).await.unwrap();
    let hello = "GET /ws/btcusdt@depth@100ms HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\n\
        Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    stream.write_all(hello.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101"));
    stream
}

/// The next message, unmasked and whole, as a server sends it.
async fn message(stream: &mut TcpStream) -> Vec<u8> {
    let first = stream.read_u8().await.unwrap();
    let length = match stream.read_u8().await.unwrap() {
        126 => usize::from(stream.read_u16().await.unwrap()),
        127 => usize::try_from(stream.read_u64().await.unwrap()).unwrap(),
        short => usize::from(short),
    };
    let mut payload = vec![0; length];
    stream.read_exact(&mut payload).await.unwrap();
    assert_eq!(first, 0x81, "a text");
    payload
}

/// Reads all messages: each begins where the last one ended. Counts them and returns the last one.
async fn follow(mut stream: TcpStream, heard: watch::Sender<u64>) -> Vec<u8> {
    let mut last = Vec::new();
    for number in 1..=MESSAGES {
        last = message(&mut stream).await;
        let text = std::str::from_utf8(&last).unwrap();
        let (_, rest) = text.split_once(r#""U":"#).unwrap();
        let want = format!(r#"{number},"u":{number},"b":"#);
        assert!(rest.starts_with(&want), "{want} in {}", &rest[..40]);
        heard.send_modify(|heard| *heard += 1);
    }
    last
}

/// What this process has in memory, in bytes; `None` where the system does not say.
fn resident_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmRSS:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1_024)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_hear_everything_while_one_stalls_and_is_dropped() {
    let rules = StreamRules { attempts_max: u32::MAX, outbox: ROOM, ..StreamRules::default() };
    let mut stage = Stage::with(rules);
    let mut feed = feed(&stage);
    let address = serve(&stage).await;
    let before = resident_bytes();
    let mut stalled = listen(address, Some(4 * 1_024)).await;
    let mut live = JoinSet::new();
    let (heard, mut hearing) = watch::channel(0);
    for _ in 1..LISTENERS {
        live.spawn(follow(listen(address, None).await, heard.clone()));
    }
    assert_eq!(stage.exchange.stream_sockets.open(), LISTENERS);
    for number in 1..=MESSAGES {
        let price = |level: u64| 6_700_000 + 10 * level;
        let bids = (0..LEVELS / 2).map(|level| (Buy, price(level), 1 + number + level));
        let asks = (LEVELS / 2..LEVELS).map(|level| (Sell, price(level), 1 + number + level));
        stage.levels(&bids.chain(asks).collect::<Vec<_>>());
        pass_on(&mut stage, &mut feed);
        beats(&stage, &mut feed, 1);
        // Everybody else hears it before the next one is told: nobody waits for who stalls.
        let want = number * (LISTENERS as u64 - 1);
        hearing.wait_for(|heard| *heard == want).await.unwrap();
    }
    let mut lasts = Vec::new();
    while let Some(listener) = live.join_next().await {
        lasts.push(listener.unwrap());
    }
    let after = resident_bytes();
    lasts.dedup();
    assert_eq!(lasts.len(), 1, "and the same");
    let mut rest = Vec::new();
    // A reset is as good an end as a close.
    let _ = stalled.read_to_end(&mut rest).await;
    let told = MESSAGES * lasts[0].len() as u64;
    assert!((rest.len() as u64) < told / 2, "{} of {told} bytes", rest.len());
    if let (Some(before), Some(after)) = (before, after) {
        let grown = after.saturating_sub(before);
        eprintln!("{LISTENERS} listeners, {told} bytes told to each: {grown} bytes more in memory");
        assert!(grown < MEMORY_BYTES_MAX, "{grown}");
    }
}
