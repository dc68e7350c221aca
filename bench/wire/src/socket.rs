//! Orders over the WebSocket API, several under way on each connection.

use std::collections::VecDeque;
use std::time::Instant;

use crate::frames::{Origin, Socket, put_frame};
use crate::order::{Credentials, now_ms, order};
use crate::report::Report;
use crate::{Failure, Load};

/// Where an answer tells an error, if it is one.
const BEGIN: usize = 64;

/// Runs the load.
pub async fn run(load: &Load) -> Result<(), Failure> {
    let mut sockets = Vec::new();
    for _ in 0..load.connections {
        sockets.push(Socket::open(load.address, "/ws-api/v3", Origin::default()).await?);
    }
    let began = Instant::now();
    let until = began + load.length;
    let mut tasks = tokio::task::JoinSet::new();
    for (place, socket) in sockets.into_iter().enumerate() {
        let key = load.keys[place % load.keys.len()].clone();
        let depth = load.depth;
        tasks.spawn(async move {
            let done = converse(socket, &key, (place, depth), until).await;
            done.map_err(|error| error.to_string())
        });
    }
    let mut report = Report::default();
    while let Some(done) = tasks.join_next().await {
        report.add(done??);
    }
    report.print(began.elapsed());
    Ok(())
}

async fn converse(
    mut socket: Socket,
    key: &Credentials,
    (place, depth): (usize, usize),
    until: Instant,
) -> Result<Report, Failure> {
    // Names of earlier runs may rest still.
    let run = now_ms() % 1_000_000_000;
    let mut report = Report::default();
    let (mut under_way, mut frames) = (VecDeque::new(), Vec::new());
    let mut number = place as u64;
    loop {
        let now = Instant::now();
        frames.clear();
        while under_way.len() < depth && now < until {
            put_frame(&frame(key, &format!("{run}-{place}-{number}"), number), &mut frames);
            under_way.push_back(now);
            number += 1;
        }
        if !frames.is_empty() {
            socket.send(&frames).await?;
        }
        if under_way.is_empty() {
            return Ok(report);
        }
        check(socket.next().await?.ok_or("the server closed the connection")?)?;
        report.took(under_way.pop_front().unwrap_or(now).elapsed());
        // What has come meanwhile is taken before more is sent.
        while let Some(answer) = socket.ready() {
            check(answer)?;
            report.took(under_way.pop_front().unwrap_or(now).elapsed());
        }
    }
}

fn check(answer: &[u8]) -> Result<(), Failure> {
    let begin = &answer[..answer.len().min(BEGIN)];
    if begin.windows(8).any(|eight| eight == b"\"error\":") {
        return Err(String::from_utf8_lossy(answer).into_owned().into());
    }
    Ok(())
}

/// An order as a frame carries it.
pub fn frame(key: &Credentials, order_name: &str, number: u64) -> String {
    let (side, price) = order(number);
    let (name, now) = (&key.name, now_ms());
    // The signature is over the parameters in alphabetical order.
    let payload = format!(
        "apiKey={name}&newClientOrderId={order_name}&newOrderRespType=ACK&price={price}\
         &quantity=0.001&recvWindow=60000&side={side}&symbol=BTCUSDT&timeInForce=GTC\
         &timestamp={now}&type=LIMIT"
    );
    format!(
        r#"{{"id":{number},"method":"order.place","params":{{"apiKey":"{name}","newClientOrderId":"{order_name}","newOrderRespType":"ACK","price":"{price}","quantity":"0.001","recvWindow":60000,"side":"{side}","symbol":"BTCUSDT","timeInForce":"GTC","timestamp":{now},"type":"LIMIT","signature":"{}"}}}}"#,
        key.sign(&payload)
    )
}
