//! Orders over the WebSocket API, several under way on each connection.

use std::collections::VecDeque;
use std::time::Instant;

use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;

use crate::order::{Credentials, now_ms, order};
use crate::report::Report;
use crate::{Failure, Load};

/// Runs the load.
pub async fn run(load: &Load) -> Result<(), Failure> {
    let began = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for place in 0..load.connections {
        let stream = TcpStream::connect(load.address).await?;
        stream.set_nodelay(true)?;
        let url = format!("ws://{}/ws-api/v3", load.address);
        let (socket, _) = tokio_tungstenite::client_async(url, stream).await?;
        let key = load.keys[place % load.keys.len()].clone();
        let (depth, until) = (load.depth, began + load.length);
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
    mut socket: WebSocketStream<TcpStream>,
    key: &Credentials,
    (place, depth): (usize, usize),
    until: Instant,
) -> Result<Report, Failure> {
    // Names of earlier runs may rest still.
    let run = now_ms() % 1_000_000_000;
    let mut report = Report::default();
    let mut under_way = VecDeque::new();
    let mut number = place as u64;
    loop {
        while under_way.len() < depth && Instant::now() < until {
            socket
                .feed(Message::text(frame(key, &format!("{run}-{place}-{number}"), number)))
                .await?;
            under_way.push_back(Instant::now());
            number += 1;
        }
        socket.flush().await?;
        let Some(sent) = under_way.pop_front() else { break };
        let answer = socket.next().await.ok_or("the server closed the connection")??;
        let text = answer.to_text()?;
        if text.contains("\"error\"") {
            return Err(text.to_owned().into());
        }
        report.took(sent.elapsed());
        // What has come meanwhile is taken before more is sent.
        while let Some(sent) = under_way.front() {
            let Some(answer) = now_or_never(&mut socket).await else { break };
            std::hint::black_box(answer?);
            report.took(sent.elapsed());
            under_way.pop_front();
        }
    }
    Ok(report)
}

async fn now_or_never(
    socket: &mut WebSocketStream<TcpStream>,
) -> Option<Result<Message, tokio_tungstenite::tungstenite::Error>> {
    tokio::select! {
        biased;
        answer = socket.next() => answer,
        () = std::future::ready(()) => None,
    }
}

fn frame(key: &Credentials, order_name: &str, number: u64) -> String {
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
