//! A venue for tests that answers as it is told to, where a simulated one is too kind.

use std::sync::{Arc, Mutex};

use model::{ClientOrderId, Decimal, Side};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use venue::port::{NewOrder, Pair, Terms};

pub fn pair(quote: &str) -> Pair {
    Pair { base: "BTC".parse().unwrap(), quote: quote.parse().unwrap() }
}

/// Buys one, at the market.
pub fn order(pair: Pair, name: &str) -> NewOrder {
    let client_id = ClientOrderId::new(name).unwrap();
    let terms = Terms::Market { qty: Decimal::new(1, 0).unwrap() };
    NewOrder { pair, client_id, side: Side::Buy, terms }
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// Method and path: `GET /time`.
    pub what: String,
    /// Without a question mark.
    pub query: String,
    /// Whatever is sent with it.
    pub body: String,
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

/// Serves; tells where, and what is asked.
pub async fn venue(
    answer: impl Fn(&Request) -> Answer + Clone + Send + 'static,
) -> (String, Noted) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let noted = Noted::default();
    let notes = Arc::clone(&noted);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(answer_one(stream, answer.clone(), Arc::clone(&notes)));
        }
    });
    (url, noted)
}

async fn answer_one(
    mut stream: TcpStream,
    answer: impl Fn(&Request) -> Answer + Send,
    noted: Noted,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse().unwrap())
    });
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await?;
    let line: Vec<&str> = head.lines().next().unwrap().split(' ').collect();
    let (path, query) = line[1].split_once('?').unwrap_or((line[1], ""));
    let request = Request {
        what: format!("{} {path}", line[0]),
        query: query.to_owned(),
        body: String::from_utf8(body).unwrap(),
    };
    noted.lock().unwrap().push(request.clone());
    match answer(&request) {
        Some(text) => stream.write_all(text.as_bytes()).await,
        None => Ok(()),
    }
}
