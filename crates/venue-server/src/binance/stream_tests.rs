//! The market streams, from what happens to what clients hear.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::connect_info::IntoMakeServiceWithConnectInfo;
use futures_util::{SinkExt, StreamExt};
use model::Side::{Buy, Sell};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use venue::binance::{Depth, Operation, StreamEvent, TimeUnit};

use super::fanout::Outbox;
use super::stage::Stage;
use super::stream_feed::StreamFeed;
use super::stream_session::StreamSession;
use super::stream_socket::StreamRules;
use crate::binance::router;

/// A listener without a socket.
struct Ear {
    outbox: Arc<Outbox>,
    _session: StreamSession,
}

impl Ear {
    fn new(stage: &Stage, unit: TimeUnit, names: &[&str]) -> Self {
        let hub = &stage.exchange.streams.hub;
        let outbox = hub.connect(unit, false);
        let mut session =
            StreamSession::new(Arc::clone(hub), Arc::clone(&outbox), Arc::new(|_, _| None));
        let names = names.iter().map(|&name| name.to_owned()).collect();
        session.subscribe(names, &stage.exchange.views.catalog()).unwrap();
        Self { outbox, _session: session }
    }

    fn hear(&self) -> Vec<String> {
        let mut taken = VecDeque::new();
        self.outbox.take(&mut taken, usize::MAX).unwrap();
        taken.iter().map(ToString::to_string).collect()
    }
}

pub fn feed(stage: &Stage) -> StreamFeed {
    StreamFeed::new(stage.exchange.views.clone(), Arc::clone(&stage.exchange.streams.hub))
}

pub fn pass_on(stage: &mut Stage, feed: &mut StreamFeed) {
    let now = stage.now();
    stage.changed().iter().for_each(|changes| feed.take(changes, now));
}

/// Lets so many beats pass, the clock going with them.
pub fn beats(stage: &Stage, feed: &mut StreamFeed, count: usize) {
    for _ in 0..count {
        stage.pass_ms(100);
        feed.beat(stage.now());
    }
}

#[test]
fn what_happens_at_once_is_told_at_once() {
    let mut stage = Stage::new();
    let mut feed = feed(&stage);
    let names = ["btcusdt@trade", "btcusdt@aggTrade", "btcusdt@bookTicker", "!bookTicker"];
    let ears = names.map(|name| Ear::new(&stage, TimeUnit::Millisecond, &[name]));
    let micros = Ear::new(&stage, TimeUnit::Microsecond, &["btcusdt@trade"]);
    stage.levels(&[(Buy, 6_700_000, 150_000)]);
    stage.trade(Sell, &[(6_700_000, 10_000)]);
    stage.pass_ms(5);
    pass_on(&mut stage, &mut feed);
    let trade = r#"{"e":"trade","E":1700000000005,"s":"BTCUSDT","t":1,"p":"67000.00000000","q":"0.10000000","T":1700000000000,"m":true,"M":true}"#;
    let aggregate = r#"{"e":"aggTrade","E":1700000000005,"s":"BTCUSDT","a":1,"p":"67000.00000000","q":"0.10000000","f":1,"l":1,"T":1700000000000,"m":true,"M":true}"#;
    let book = r#"{"u":1,"s":"BTCUSDT","b":"67000.00000000","B":"1.50000000","a":"0.00000000","A":"0.00000000"}"#;
    for (ear, want) in ears.iter().zip([trade, aggregate, book, book]) {
        assert_eq!(ear.hear(), [want]);
    }
    let in_micros = trade.replace("0005,", "0005000,").replace("0000,\"m", "0000000,\"m");
    assert_eq!(micros.hear(), [in_micros]);
}

#[test]
fn books_are_told_at_their_speed_and_only_when_they_changed() {
    let mut stage = Stage::new();
    let mut feed = feed(&stage);
    let names = ["btcusdt@depth@100ms", "btcusdt@depth", "btcusdt@depth5@100ms", "btcusdt@depth20"];
    let ears = names.map(|name| Ear::new(&stage, TimeUnit::Millisecond, &[name]));
    let heard = || ears.each_ref().map(Ear::hear);
    stage.levels(&[(Buy, 6_700_000, 100_000), (Sell, 6_700_100, 1)]);
    pass_on(&mut stage, &mut feed);
    beats(&stage, &mut feed, 1);
    let first = r#"{"e":"depthUpdate","E":1700000000100,"s":"BTCUSDT","U":1,"u":1,"b":[["67000.00000000","1.00000000"]],"a":[["67001.00000000","0.00001000"]]}"#;
    let five = r#"{"lastUpdateId":1,"bids":[["67000.00000000","1.00000000"]],"asks":[["67001.00000000","0.00001000"]]}"#;
    assert_eq!(heard(), [vec![first], vec![], vec![five], vec![]]);
    stage.levels(&[(Buy, 6_700_000, 0)]);
    stage.levels(&[(Buy, 6_699_900, 5), (Buy, 6_699_950, 7)]);
    pass_on(&mut stage, &mut feed);
    beats(&stage, &mut feed, 9);
    let [fast, slow, five, twenty] = heard();
    let second = r#"{"e":"depthUpdate","E":1700000000200,"s":"BTCUSDT","U":2,"u":3,"b":[["67000.00000000","0.00000000"],["66999.50000000","0.00007000"],["66999.00000000","0.00005000"]],"a":[]}"#;
    assert_eq!(fast, [second]);
    let all = r#""U":1,"u":3,"b":[["67000.00000000","0.00000000"],["66999.50000000","0.00007000"],["66999.00000000","0.00005000"]],"a":[["67001.00000000","0.00001000"]]}"#;
    assert!(slow.len() == 1 && slow[0].ends_with(all), "{slow:?}");
    assert_eq!((five.len(), twenty.len()), (1, 1));
    beats(&stage, &mut feed, 20);
    assert_eq!(heard(), [const { Vec::<String>::new() }; 4], "nothing changed since");
}

#[test]
fn candles_are_told_while_they_grow_and_once_when_they_are_over() {
    let mut stage = Stage::new();
    let mut feed = feed(&stage);
    let minute = Ear::new(&stage, TimeUnit::Millisecond, &["btcusdt@kline_1m"]);
    let second = Ear::new(&stage, TimeUnit::Millisecond, &["btcusdt@kline_1s"]);
    let east = Ear::new(&stage, TimeUnit::Millisecond, &["btcusdt@kline_1d@+08:00"]);
    stage.trade(Buy, &[(6_700_000, 10_000)]);
    beats(&stage, &mut feed, 20);
    let growing = minute.hear();
    let want = r#"{"e":"kline","E":1700000002000,"s":"BTCUSDT","k":{"t":1699999980000,"T":1700000039999,"s":"BTCUSDT","i":"1m","f":1,"L":1,"o":"67000.00000000","c":"67000.00000000","h":"67000.00000000","l":"67000.00000000","v":"0.10000000","n":1,"x":false,"q":"6700.00000000","V":"0.10000000","Q":"6700.00000000","B":"0"}}"#;
    assert_eq!(growing, [want]);
    assert!(east.hear()[0].contains(r#""k":{"t":1699977600000,"T":1700063999999,"#));
    beats(&stage, &mut feed, 400);
    let told: Vec<bool> = minute.hear().iter().map(|text| text.contains(r#""x":true"#)).collect();
    assert_eq!(told, [true, false], "over once, then the next one begins");
    let closed = second.hear();
    let begins: Vec<u64> = closed
        .iter()
        .map(|text| match serde_json::from_str(text).unwrap() {
            StreamEvent::Kline(event) if event.kline.closed => event.kline.open_time,
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(40 <= begins.len(), "{}", begins.len());
    assert!(begins.windows(2).all(|pair| pair[0] + 1_000 == pair[1]), "each second once");
}

#[test]
fn tickers_and_averages_are_told_each_second_if_they_changed() {
    let mut stage = Stage::new();
    let mut feed = feed(&stage);
    let names = [
        "btcusdt@miniTicker",
        "!miniTicker@arr",
        "btcusdt@ticker",
        "!ticker@arr",
        "btcusdt@ticker_4h",
        "!ticker_1h@arr",
        "btcusdt@avgPrice",
    ];
    let ears = names.map(|name| Ear::new(&stage, TimeUnit::Millisecond, &[name]));
    let heard = || ears.each_ref().map(Ear::hear);
    beats(&stage, &mut feed, 10);
    let _ = heard();
    stage.trade(Buy, &[(6_700_000, 10_000)]);
    beats(&stage, &mut feed, 10);
    let mini = r#"{"e":"24hrMiniTicker","E":1700000002000,"s":"BTCUSDT","c":"67000.00000000","o":"67000.00000000","h":"67000.00000000","l":"67000.00000000","v":"0.10000000","q":"6700.00000000"}"#;
    let [one, all, full, all_full, four, hour, average] = heard();
    assert_eq!((one, all), (vec![mini.to_owned()], vec![format!("[{mini}]")]));
    assert!(full[0].starts_with(r#"{"e":"24hrTicker","E":1700000002000,"s":"BTCUSDT","p":"0.0"#));
    assert_eq!(all_full, [format!("[{}]", full[0])]);
    assert!(
        four[0].starts_with(r#"{"e":"4hTicker""#) && hour[0].starts_with(r#"[{"e":"1hTicker""#)
    );
    let want = r#"{"e":"avgPrice","E":1700000002000,"s":"BTCUSDT","i":"5m","w":"67000.00000000","T":1700000001000}"#;
    assert_eq!(average, [want]);
    beats(&stage, &mut feed, 10);
    assert!(heard().iter().all(Vec::is_empty), "nothing changed since");
}

#[test]
fn a_client_that_joins_at_any_moment_has_the_very_book() {
    let mut stage = Stage::new();
    let mut feed = feed(&stage);
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let mut below = |end: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        random % end
    };
    let mut clients: Vec<BookClient> = Vec::new();
    for step in 0..600 {
        let side = if below(2) == 0 { Buy } else { Sell };
        stage.levels(&[(side, 6_700_000 + below(40), below(3)), (Buy, 6_600_000 + below(9), 1)]);
        if below(3) != 0 {
            pass_on(&mut stage, &mut feed);
        }
        if step % 60 == 7 {
            let name = if below(2) == 0 { "btcusdt@depth" } else { "btcusdt@depth@100ms" };
            clients.push(BookClient::new(Ear::new(&stage, TimeUnit::Millisecond, &[name])));
        }
        if below(4) == 0 {
            beats(&stage, &mut feed, 1);
        }
        for client in &mut clients {
            client.hear();
            if client.book.is_none() && below(5) == 0 {
                client.read(&stage);
            }
        }
    }
    pass_on(&mut stage, &mut feed);
    beats(&stage, &mut feed, 10);
    let want = stage.ask(Operation::Depth, "symbol=BTCUSDT&limit=5000").unwrap();
    for client in &mut clients {
        client.hear();
        assert_eq!(serde_json::to_string(&client.depth()).unwrap(), want);
    }
    assert_eq!(clients.len(), 10);
}

type Side = BTreeMap<venue::binance::DecimalText, venue::binance::DecimalText>;

/// Keeps a book as web-socket-streams.md says, to the letter.
struct BookClient {
    ear: Ear,
    buffer: Vec<venue::binance::DepthEvent<'static>>,
    book: Option<(u64, Side, Side)>,
}

impl BookClient {
    const fn new(ear: Ear) -> Self {
        Self { ear, buffer: Vec::new(), book: None }
    }

    fn hear(&mut self) {
        for text in self.ear.hear() {
            match serde_json::from_str(&text).unwrap() {
                StreamEvent::Depth(event) if self.book.is_none() => self.buffer.push(event),
                StreamEvent::Depth(event) => self.apply(&event),
                other => panic!("{other:?}"),
            }
        }
    }

    fn apply(&mut self, event: &venue::binance::DepthEvent<'_>) {
        let (id, bids, asks) = self.book.as_mut().unwrap();
        if event.last_update_id < *id {
            return;
        }
        assert!(event.first_update_id <= *id + 1, "no gaps ever");
        for (side, levels) in [(bids, &event.bids), (asks, &event.asks)] {
            for level in levels.iter() {
                if level.1.0.is_zero() {
                    side.remove(&level.0);
                } else {
                    side.insert(level.0, level.1);
                }
            }
        }
        *id = event.last_update_id;
    }

    fn read(&mut self, stage: &Stage) {
        let Some(first) = self.buffer.first().map(|event| event.first_update_id) else { return };
        let json = stage.ask(Operation::Depth, "symbol=BTCUSDT&limit=5000").unwrap();
        let depth: Depth = serde_json::from_str(&json).unwrap();
        if depth.last_update_id < first {
            return;
        }
        let side = |levels: &[venue::binance::Level]| levels.iter().map(|l| (l.0, l.1)).collect();
        self.book = Some((depth.last_update_id, side(&depth.bids), side(&depth.asks)));
        for event in std::mem::take(&mut self.buffer) {
            if depth.last_update_id < event.last_update_id {
                self.apply(&event);
            }
        }
    }

    fn depth(&self) -> Depth {
        let (id, bids, asks) = self.book.as_ref().expect("it has read the book by now");
        let level = |(price, qty): (&_, &_)| venue::binance::Level(*price, *qty);
        Depth {
            last_update_id: *id,
            bids: bids.iter().rev().map(level).collect(),
            asks: asks.iter().map(level).collect(),
        }
    }
}

type Client = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Serves the stage on a free port; the streams speak when the test says so.
pub async fn serve(stage: &Stage) -> SocketAddr {
    let socket = TcpSocket::new_v4().unwrap();
    // Small, so that who does not read is noticed soon.
    socket.set_send_buffer_size(16 * 1_024).unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener: TcpListener = socket.listen(1_024).unwrap();
    let address = listener.local_addr().unwrap();
    let app: IntoMakeServiceWithConnectInfo<_, SocketAddr> =
        router(Arc::clone(&stage.exchange)).into_make_service_with_connect_info();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    address
}

async fn open(address: SocketAddr, path: &str) -> Client {
    connect_async(format!("ws://{address}{path}")).await.unwrap().0
}

/// The next text; pings are answered on the way.
async fn next(client: &mut Client) -> Option<String> {
    loop {
        match client.next().await? {
            Ok(Message::Text(text)) => return Some(text.to_string()),
            Ok(Message::Close(_)) | Err(_) => return None,
            Ok(_) => {}
        }
    }
}

async fn ask(client: &mut Client, text: &str) -> String {
    client.send(Message::text(text)).await.unwrap();
    next(client).await.unwrap()
}

#[tokio::test]
async fn clients_listen_raw_and_combined_and_change_their_mind() {
    let mut stage = Stage::new();
    let mut feed = feed(&stage);
    let address = serve(&stage).await;
    let mut raw = open(address, "/ws/btcusdt@bookTicker").await;
    let mut combined = open(address, "/stream?streams=btcusdt@bookTicker/ethusdt@trade").await;
    let mut numbered = open(address, "/ws/0").await;
    let mut bare = open(address, "/stream").await;
    let subscribe = r#"{"method":"SUBSCRIBE","params":["btcusdt@bookTicker"],"id":1}"#;
    for client in [&mut numbered, &mut bare] {
        assert_eq!(ask(client, subscribe).await, r#"{"result":null,"id":1}"#);
    }
    stage.levels(&[(Buy, 6_700_000, 150_000)]);
    pass_on(&mut stage, &mut feed);
    let event = r#"{"u":1,"s":"BTCUSDT","b":"67000.00000000","B":"1.50000000","a":"0.00000000","A":"0.00000000"}"#;
    let wrapped = format!(r#"{{"stream":"btcusdt@bookTicker","data":{event}}}"#);
    for client in [&mut raw, &mut numbered] {
        assert_eq!(next(client).await.as_deref(), Some(event));
    }
    for client in [&mut combined, &mut bare] {
        assert_eq!(next(client).await.as_deref(), Some(wrapped.as_str()));
    }
    let leave = r#"{"method":"UNSUBSCRIBE","params":["btcusdt@bookTicker"],"id":2}"#;
    assert_eq!(ask(&mut raw, leave).await, r#"{"result":null,"id":2}"#);
    stage.levels(&[(Buy, 6_700_000, 1)]);
    pass_on(&mut stage, &mut feed);
    let list = r#"{"method":"LIST_SUBSCRIPTIONS","id":3}"#;
    assert_eq!(ask(&mut raw, list).await, r#"{"result":[],"id":3}"#, "and nothing came before");
}

#[tokio::test]
async fn what_happened_before_anybody_listened_is_not_told_as_new() {
    let mut stage = Stage::new();
    let address = serve(&stage).await;
    let (beat, mut beats) = tokio::sync::watch::channel(0_u32);
    let exchange = Arc::clone(&stage.exchange);
    let clock = move || {
        beat.send_modify(|beat| *beat += 1);
        exchange.now()
    };
    let hub = Arc::clone(&stage.exchange.streams.hub);
    let feed = StreamFeed::new(stage.exchange.views.clone(), hub);
    tokio::spawn(feed.run(clock, stage.exchange.streams.stopping()));
    beats.wait_for(|beat| 0 < *beat).await.unwrap();
    stage.trade(Buy, &[(6_700_000, 10_000)]);
    // The clock is asked at each beat and for each command: by then it has been passed over.
    let before = *beats.borrow();
    beats.wait_for(|beat| before + 3 < *beat).await.unwrap();
    let mut client = open(address, "/ws").await;
    let subscribe = r#"{"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1}"#;
    assert_eq!(ask(&mut client, subscribe).await, r#"{"result":null,"id":1}"#);
    stage.trade(Sell, &[(6_700_000, 10_000)]);
    let told = next(&mut client).await.unwrap();
    assert!(told.contains(r#""t":2,"#), "{told}");
}

#[tokio::test]
async fn a_server_that_ends_says_so_first() {
    let stage = Stage::new();
    let address = serve(&stage).await;
    let mut raw = open(address, "/ws").await;
    let mut combined = open(address, "/stream?timeUnit=MICROSECOND").await;
    // An answer shows that the connection is served before the server ends.
    let list = r#"{"method":"LIST_SUBSCRIPTIONS","id":1}"#;
    for client in [&mut raw, &mut combined] {
        ask(client, list).await;
    }
    stage.exchange.stop_streams();
    let want = r#"{"e":"serverShutdown","E":1700000000000}"#;
    assert_eq!(next(&mut raw).await.as_deref(), Some(want));
    let want = r#"{"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1700000000000000}}"#;
    assert_eq!(next(&mut combined).await.as_deref(), Some(want));
    assert_eq!((next(&mut raw).await, next(&mut combined).await), (None, None));
}

#[tokio::test]
async fn who_talks_too_much_is_shown_the_door() {
    let stage = Stage::new();
    let address = serve(&stage).await;
    let mut client = open(address, "/ws").await;
    let list = r#"{"method":"LIST_SUBSCRIPTIONS","id":1}"#;
    for _ in 0..6 {
        client.send(Message::text(list)).await.unwrap();
    }
    let mut answers = 0;
    while next(&mut client).await.is_some() {
        answers += 1;
    }
    assert!(answers <= 5, "{answers}");
}

#[tokio::test]
async fn who_does_not_answer_pings_is_shown_the_door_and_who_does_stays() {
    let rules = StreamRules {
        ping_every: Duration::from_millis(20),
        pong_within: Duration::from_millis(400),
        messages_per_second: 1_000,
        ..StreamRules::default()
    };
    let stage = Stage::with(rules);
    let address = serve(&stage).await;
    let mut polite = open(address, "/ws").await;
    let mut silent = TcpStream::connect(address).await.unwrap();
    let hello = "GET /ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
        Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
    silent.write_all(hello.as_bytes()).await.unwrap();
    let ended = async {
        let mut heard = Vec::new();
        silent.read_to_end(&mut heard).await.unwrap();
        heard
    };
    // Whoever reads answers pings by itself.
    let polite_ends = async { while next(&mut polite).await.is_some() {} };
    let heard = tokio::select! {
        heard = ended => heard,
        () = polite_ends => panic!("who answers stays"),
    };
    assert!(heard.starts_with(b"HTTP/1.1 101"));
    assert!(2 <= heard.windows(2).filter(|pair| pair[0] == 0x89).count(), "it was pinged");
}

#[tokio::test]
async fn a_connection_lasts_its_time_and_permits_are_given_back() {
    let rules = StreamRules {
        lifetime: Duration::from_millis(50),
        attempts_max: 2,
        ..StreamRules::default()
    };
    let stage = Stage::with(rules);
    let address = serve(&stage).await;
    let mut client = open(address, "/ws").await;
    assert_eq!(next(&mut client).await, None);
    drop(open(address, "/ws").await);
    let refused = connect_async(format!("ws://{address}/ws")).await.unwrap_err();
    assert!(refused.to_string().contains("429"), "{refused}");
}
