//! A busy market and all who follow it: how far behind they hear of it, while one does not read.

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use tokio::time::{MissedTickBehavior, interval, timeout};

use crate::frames::{Origin, Socket, put_frame};
use crate::order::{Credentials, now_ms};
use crate::{Failure, Load, socket};

const STREAMS: &str = "/stream?timeUnit=MICROSECOND&streams=btcusdt@depth@100ms";
/// More than the others hear, so that it overflows within the run.
const STALLED: &str = "/stream?streams=btcusdt@depth@100ms/btcusdt@bookTicker/btcusdt@trade\
    /btcusdt@aggTrade/btcusdt@depth5@100ms/btcusdt@depth10@100ms/btcusdt@depth20@100ms\
    /!bookTicker/btcusdt@kline_1s";
const STALLED_BUFFER: u32 = 4 * 1024;
/// An address may open 300 connections in five minutes.
const FROM_ONE_ADDRESS: usize = 100;
/// How long a closed connection takes to show.
const FAREWELL: Duration = Duration::from_secs(5);

/// What one of them heard.
#[derive(Default)]
struct Heard {
    messages: u64,
    lags: Vec<u32>,
}

/// Runs the load: `depth` is the orders a second, `connections` the subscribers.
pub async fn run(load: &Load, stalls: bool) -> Result<(), Failure> {
    let mut tasks = tokio::task::JoinSet::new();
    let stalled = if stalls {
        let origin = Origin { receive_buffer: Some(STALLED_BUFFER), ..Origin::default() };
        Some(Socket::open(load.address, STALLED, origin).await?)
    } else {
        None
    };
    let mut sockets = Vec::new();
    for place in stalls.into()..load.connections {
        let last = u8::try_from(2 + place / FROM_ONE_ADDRESS)?;
        let from = Some(IpAddr::V4(Ipv4Addr::new(127, 0, u8::from(stalls), last)));
        let origin = Origin { from, ..Origin::default() };
        sockets.push(Socket::open(load.address, STREAMS, origin).await?);
    }
    let began = Instant::now();
    let until = began + load.length;
    for socket in sockets {
        tasks.spawn(async move { follow(socket, until).await.map_err(|error| error.to_string()) });
    }
    trade(load, &load.keys[0], until).await?;
    let (mut messages, mut lags) = (0, Vec::new());
    while let Some(heard) = tasks.join_next().await {
        let heard = heard??;
        messages += heard.messages;
        lags.extend(heard.lags);
    }
    let rate = messages as f64 / began.elapsed().as_secs_f64();
    let dropped = match stalled {
        Some(socket) => was_dropped(socket).await,
        None => false,
    };
    lags.sort_unstable();
    let at = |share: usize| lags.get(lags.len() * share / 100).copied().unwrap_or(0);
    println!(
        "{{\"perSecond\":{rate:.0},\"lagP50Us\":{},\"lagP99Us\":{},\"dropped\":{dropped}}}",
        at(50),
        at(99)
    );
    Ok(())
}

/// Places so many orders a second.
async fn trade(load: &Load, key: &Credentials, until: Instant) -> Result<(), Failure> {
    let mut socket = Socket::open(load.address, "/ws-api/v3", Origin::default()).await?;
    let mut turns = interval(Duration::from_secs(1) / u32::try_from(load.depth)?);
    turns.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let (run, mut bytes, mut number) = (now_ms() % 1_000_000_000, Vec::new(), 0);
    loop {
        tokio::select! {
            _ = turns.tick() => {}
            answer = socket.next() => {
                answer?.ok_or("the server closed the connection")?;
                continue;
            }
        }
        if until <= Instant::now() {
            return Ok(());
        }
        bytes.clear();
        put_frame(&socket::frame(key, &format!("{run}-f-{number}"), number), &mut bytes);
        socket.send(&bytes).await?;
        number += 1;
    }
}

async fn follow(mut socket: Socket, until: Instant) -> Result<Heard, Failure> {
    let mut heard = Heard::default();
    loop {
        let rest = until.saturating_duration_since(Instant::now());
        let Ok(next) = timeout(rest, socket.next()).await else { return Ok(heard) };
        heard.note(next?.ok_or("a subscriber that reads was dropped")?);
        while let Some(text) = socket.ready() {
            heard.note(text);
        }
    }
}

impl Heard {
    fn note(&mut self, text: &[u8]) {
        const MADE: &str = "\"e\":\"depthUpdate\",\"E\":";
        self.messages += 1;
        let text = std::str::from_utf8(text).unwrap_or_default();
        let Some((_, rest)) = text.split_once(MADE) else { return };
        let digits = rest.split(|digit: char| !digit.is_ascii_digit()).next();
        let Some(made) = digits.and_then(|digits| digits.parse::<u128>().ok()) else { return };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros();
        self.lags.push(u32::try_from(now.saturating_sub(made)).unwrap_or(u32::MAX));
    }
}

/// Whether the server has closed a connection, once all that it had sent is read.
async fn was_dropped(mut socket: Socket) -> bool {
    let end = async { while let Ok(Some(_)) = socket.next().await {} };
    timeout(FAREWELL, end).await.is_ok()
}
