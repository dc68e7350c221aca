//! A venue for tests that answers as it is told to, where a simulated one is too kind.

mod language;

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::SinkExt;
use model::{ClientOrderId, Decimal, Side};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;
use venue::port::{NewOrder, Pair, Terms};

pub use language::{KRAKEN_PAIRS, Stage, placing, too_poor};

pub fn pair(quote: &str) -> Pair {
    Pair { base: "BTC".parse().unwrap(), quote: quote.parse().unwrap() }
}

/// Buys one, at the market.
pub fn order(pair: Pair, name: &str) -> NewOrder {
    let client_id = ClientOrderId::new(name).unwrap();
    let terms = Terms::Market { qty: Decimal::new(1, 0).unwrap() };
    NewOrder { pair, client_id, side: Side::Buy, terms }
}

/// How long the process of a test has lasted when it asks: longer than any order may be on its way.
pub const LASTED: Duration = Duration::from_secs(130);

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Method and path: `GET /time`.
    pub what: String,
    /// Without a question mark.
    pub query: String,
    /// Whatever is sent with it.
    pub body: String,
    /// Who is asked.
    pub host: String,
}

/// What is sent back, as HTTP; nothing where the connection ends without an answer.
pub type Answer = Option<String>;

/// What was asked so far.
pub type Noted = Arc<Mutex<Vec<Request>>>;

/// A success.
pub fn done(body: &str) -> Answer {
    answer(200, "", body)
}

/// An answer of that status, with headers that end their lines.
pub fn answer(status: u16, headers: &str, body: &str) -> Answer {
    let length = body.len();
    Some(format!(
        "HTTP/1.1 {status} As told\r\nconnection: close\r\n{headers}content-length: {length}\r\n\
         \r\n{body}"
    ))
}

/// How often that was asked.
pub fn count(noted: &Noted, what: &str) -> usize {
    noted.lock().unwrap().iter().filter(|request| request.what == what).count()
}

/// The sockets of a venue. Nothing is read from them, and so no ping is answered.
#[derive(Debug)]
pub struct Sockets {
    /// What each tells first.
    first: Vec<String>,
    opened: AtomicUsize,
}

impl Sockets {
    /// Sockets that tell this first.
    pub fn telling(first: Vec<String>) -> Arc<Self> {
        Arc::new(Self { first, opened: AtomicUsize::new(0) })
    }

    /// How many were opened.
    pub fn opened(&self) -> usize {
        self.opened.load(Ordering::SeqCst)
    }

    async fn open(&self, stream: TcpStream) {
        let mut socket = WebSocketStream::from_raw_socket(stream, Role::Server, None).await;
        for message in &self.first {
            if socket.send(Message::text(message)).await.is_err() {
                return;
            }
        }
        self.opened.fetch_add(1, Ordering::SeqCst);
        std::future::pending::<()>().await;
    }
}

/// Serves; tells where, and what is asked.
pub async fn venue(
    answer: impl Fn(&Request) -> Answer + Clone + Send + 'static,
) -> (String, Noted) {
    let answer = move |request: Request| std::future::ready(answer(&request));
    venue_with(answer, Sockets::telling(Vec::new())).await
}

/// As [`venue`], by answers that may take their time, and with sockets.
pub async fn venue_with<F: Future<Output = Answer> + Send>(
    answer: impl Fn(Request) -> F + Clone + Send + 'static,
    sockets: Arc<Sockets>,
) -> (String, Noted) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let noted = Noted::default();
    let notes = Arc::clone(&noted);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let (answer, sockets, notes) =
                (answer.clone(), Arc::clone(&sockets), Arc::clone(&notes));
            tokio::spawn(async move { answer_one(stream, answer, &sockets, &notes).await });
        }
    });
    (url, noted)
}

async fn answer_one<F: Future<Output = Answer> + Send>(
    mut stream: TcpStream,
    answer: impl Fn(Request) -> F + Send,
    sockets: &Sockets,
    noted: &Mutex<Vec<Request>>,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(head).unwrap();
    let header = |wanted: &str| {
        head.lines().find_map(|line| {
            let (name, value) = line.split_once(':')?;
            name.eq_ignore_ascii_case(wanted).then(|| value.trim().to_owned())
        })
    };
    if let Some(key) = header("sec-websocket-key") {
        let accepted = derive_accept_key(key.as_bytes());
        let answer = format!(
            "HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\
             sec-websocket-accept: {accepted}\r\n\r\n"
        );
        stream.write_all(answer.as_bytes()).await?;
        sockets.open(stream).await;
        return Ok(());
    }
    let mut body = vec![0; header("content-length").map_or(0, |it| it.parse().unwrap())];
    stream.read_exact(&mut body).await?;
    let line: Vec<&str> = head.lines().next().unwrap().split(' ').collect();
    let (path, query) = line[1].split_once('?').unwrap_or((line[1], ""));
    let request = Request {
        what: format!("{} {path}", line[0]),
        query: query.to_owned(),
        body: String::from_utf8(body).unwrap(),
        host: header("host").unwrap_or_default(),
    };
    noted.lock().unwrap().push(request.clone());
    match answer(request).await {
        Some(text) => stream.write_all(text.as_bytes()).await,
        None => Ok(()),
    }
}
