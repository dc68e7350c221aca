//! The client's end of a WebSocket, with no more than a load needs, so that it costs the load
//! little. Not for use against strangers: frames are masked with zeros.

use std::net::{IpAddr, SocketAddr};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::Failure;

const TEXT: u8 = 1;
const CLOSE: u8 = 8;
/// Bytes that are moved to the front only when so many are behind.
const SLACK: usize = 64 * 1024;

/// One connection.
pub struct Socket {
    stream: TcpStream,
    bytes: Vec<u8>,
    begin: usize,
}

/// Where a connection comes from and how much the system reads ahead for it.
#[derive(Clone, Copy, Default)]
pub struct Origin {
    /// Another address than the system's choice.
    pub from: Option<IpAddr>,
    /// Another buffer than the system's choice, in bytes.
    pub receive_buffer: Option<u32>,
}

impl Socket {
    /// Connects and asks for `path` to become a WebSocket.
    pub async fn open(address: SocketAddr, path: &str, origin: Origin) -> Result<Self, Failure> {
        let socket = TcpSocket::new_v4()?;
        if let Some(from) = origin.from {
            socket.bind(SocketAddr::new(from, 0))?;
        }
        if let Some(bytes) = origin.receive_buffer {
            socket.set_recv_buffer_size(bytes)?;
        }
        let mut stream = socket.connect(address).await?;
        stream.set_nodelay(true)?;
        let request = format!(
            "GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: Upgrade\r\n\
             upgrade: websocket\r\nsec-websocket-version: 13\r\n\
             sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut bytes = Vec::new();
        loop {
            if stream.read_buf(&mut bytes).await? == 0 {
                return Err("the server closed the connection".into());
            }
            let Some(head) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
                continue;
            };
            if !bytes.starts_with(b"HTTP/1.1 101") {
                return Err(String::from_utf8_lossy(&bytes).into_owned().into());
            }
            return Ok(Self { stream, bytes, begin: head + 4 });
        }
    }

    /// Sends what [`put_frame`] put together.
    pub async fn send(&mut self, frames: &[u8]) -> Result<(), Failure> {
        Ok(self.stream.write_all(frames).await?)
    }

    /// The next text, waiting for it; `None` when the server has closed.
    pub async fn next(&mut self) -> Result<Option<&[u8]>, Failure> {
        loop {
            match self.whole() {
                Some((TEXT, text)) => return Ok(Some(&self.bytes[text])),
                Some((CLOSE, _)) => return Ok(None),
                // What does not come within a run's length need not be answered.
                Some(_) => {}
                None => {
                    if self.stream.read_buf(&mut self.bytes).await? == 0 {
                        return Ok(None);
                    }
                }
            }
        }
    }

    /// The next text if it is here already.
    pub fn ready(&mut self) -> Option<&[u8]> {
        match self.whole() {
            Some((TEXT, text)) => Some(&self.bytes[text]),
            _ => None,
        }
    }

    /// The kind of the next frame, and where its payload is. It counts as taken.
    fn whole(&mut self) -> Option<(u8, std::ops::Range<usize>)> {
        if self.begin == self.bytes.len() || SLACK < self.begin {
            self.bytes.drain(..self.begin);
            self.begin = 0;
        }
        let here = &self.bytes[self.begin..];
        let (head, len) = match *here.get(1)? {
            126 => (4, u64::from(u16::from_be_bytes(here.get(2..4)?.try_into().ok()?))),
            127 => (10, u64::from_be_bytes(here.get(2..10)?.try_into().ok()?)),
            len => (2, len.into()),
        };
        let end = head + usize::try_from(len).ok()?;
        let kind = here[0] & 15;
        let payload = self.begin + head..self.begin + end;
        (end <= here.len()).then(|| {
            self.begin = payload.end;
            (kind, payload)
        })
    }
}

/// Appends `text` as one frame.
pub fn put_frame(text: &str, to: &mut Vec<u8>) {
    to.push(0x80 | TEXT);
    match u8::try_from(text.len()) {
        Ok(len) if len < 126 => to.push(0x80 | len),
        _ => {
            to.push(0x80 | 126);
            let len = u16::try_from(text.len()).expect("an order is short");
            to.extend_from_slice(&len.to_be_bytes());
        }
    }
    to.extend_from_slice(&[0; 4]);
    to.extend_from_slice(text.as_bytes());
}
