//! Orders over REST: each connection sends its next one when the last is answered.

use std::time::Instant;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

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
        let key = load.keys[place % load.keys.len()].clone();
        let until = began + load.length;
        tasks.spawn(async move {
            converse(stream, &key, place, until).await.map_err(|error| error.to_string())
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
    mut stream: TcpStream,
    key: &Credentials,
    place: usize,
    until: Instant,
) -> Result<Report, Failure> {
    // Names of earlier runs may rest still.
    let run = now_ms() % 1_000_000_000;
    let mut report = Report::default();
    let mut buffer = Vec::with_capacity(4_096);
    for number in place as u64.. {
        let sent = Instant::now();
        if until <= sent {
            break;
        }
        let request = order_request(key, &format!("{run}-{place}-{number}"), number);
        ask(&mut stream, &request, &mut buffer).await?;
        report.took(sent.elapsed());
    }
    Ok(report)
}

/// The request that places order number `number`, signed.
pub fn order_request(key: &Credentials, name: &str, number: u64) -> String {
    let (side, price) = order(number);
    let payload = format!(
        "symbol=BTCUSDT&side={side}&type=LIMIT&timeInForce=GTC&quantity=0.001&price={price}\
         &newClientOrderId={name}&newOrderRespType=ACK&recvWindow=60000&timestamp={}",
        now_ms()
    );
    let body = format!("{payload}&signature={}", key.sign(&payload));
    format!(
        "POST /api/v3/order HTTP/1.1\r\nhost: localhost\r\nX-MBX-APIKEY: {}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        key.name,
        body.len()
    )
}

/// Sends a request and reads the answer, which has a `content-length`; anything but 200 is a
/// failure. Returns its body.
pub async fn ask<'a>(
    stream: &mut TcpStream,
    request: &str,
    buffer: &'a mut Vec<u8>,
) -> Result<&'a str, Failure> {
    stream.write_all(request.as_bytes()).await?;
    buffer.clear();
    loop {
        if stream.read_buf(buffer).await? == 0 {
            return Err("the server closed the connection".into());
        }
        let Some(head) = buffer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let text = std::str::from_utf8(&buffer[..head])?.to_ascii_lowercase();
        let length = text.split("content-length: ").nth(1).and_then(|rest| rest.lines().next());
        let length: usize = length.ok_or("an answer without length")?.trim().parse()?;
        while buffer.len() < head + 4 + length {
            if stream.read_buf(buffer).await? == 0 {
                return Err("the server closed the connection".into());
            }
        }
        if !buffer.starts_with(b"HTTP/1.1 200") {
            return Err(String::from_utf8_lossy(buffer).into_owned().into());
        }
        return Ok(std::str::from_utf8(&buffer[head + 4..])?);
    }
}
