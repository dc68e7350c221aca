//! The operator's way into a running server: a Unix socket in the data directory, mode 0600.
//!
//! Shape   one line of JSON in ([`Request`]), one line out (`{"ok":…}` or `{"error":"…"}`), and the
//!         connection is closed. One request at a time: operators are few.
//! Keeps   who can read the data directory can command; nobody else can reach the socket.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

use crate::operator::{Operator, Refusal, Request};

/// The longest request or answer.
const LINE_BYTES_MAX: u64 = 1 << 20;
/// How long a client may take over its request, and over reading the answer.
const PATIENCE: Duration = Duration::from_secs(5);

fn path(data: &Path) -> PathBuf {
    data.join("admin.sock")
}

/// The listening end. Removes its file when dropped.
pub struct AdminSocket {
    listener: UnixListener,
    path: PathBuf,
}

impl AdminSocket {
    /// Binds the socket in `data`, whose lock the caller holds: a file that is there is stale.
    ///
    /// # Errors
    /// Where the file system refuses.
    pub fn bind(data: &Path) -> io::Result<Self> {
        let path = path(data);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let listener = UnixListener::bind(&path)?;
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        Ok(Self { listener, path })
    }

    /// Answers requests until it is dropped.
    pub async fn serve(self, operator: Operator) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    if let Err(error) = answer(stream, &operator).await {
                        tracing::warn!(%error, "an operator's request broke off");
                    }
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept an operator");
                    tokio::time::sleep(Duration::from_secs(1)).await;
                }
            }
        }
    }
}

impl Drop for AdminSocket {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

async fn answer(stream: UnixStream, operator: &Operator) -> io::Result<()> {
    let mut stream = BufReader::new(stream);
    let line = tokio::time::timeout(PATIENCE, read_line(&mut stream)).await??;
    let answer = match serde_json::from_str::<Request>(&line) {
        Ok(request) => operator.run(request).await,
        Err(error) => Err(Refusal(format!("not a request: {error}"))),
    };
    let answer = match answer {
        Ok(value) => json!({ "ok": value }),
        Err(Refusal(reason)) => json!({ "error": reason }),
    };
    write_line(&mut stream, &answer.to_string(), PATIENCE).await
}

/// Writes one line, unless whoever asked does not read.
async fn write_line(
    stream: &mut (impl AsyncWrite + Unpin),
    line: &str,
    within: Duration,
) -> io::Result<()> {
    tokio::time::timeout(within, stream.write_all(format!("{line}\n").as_bytes())).await?
}

async fn read_line(stream: &mut BufReader<UnixStream>) -> io::Result<String> {
    let mut line = String::new();
    stream.take(LINE_BYTES_MAX).read_line(&mut line).await?;
    Ok(line)
}

/// Asks the server that runs on `data`. `None` if none runs there.
///
/// # Errors
/// The server's refusal, or that it broke off.
pub async fn ask(data: &Path, request: &Request) -> Option<Result<Value, Refusal>> {
    match UnixStream::connect(path(data)).await {
        Ok(stream) => Some(converse(stream, request).await),
        Err(_) => None,
    }
}

async fn converse(stream: UnixStream, request: &Request) -> Result<Value, Refusal> {
    let broke = |error: io::Error| Refusal(format!("the server broke off: {error}"));
    let mut stream = BufReader::new(stream);
    let line = serde_json::to_string(request).expect("a request is plain data");
    stream.write_all(format!("{line}\n").as_bytes()).await.map_err(broke)?;
    let line = read_line(&mut stream).await.map_err(broke)?;
    let mut answer: Value = serde_json::from_str(&line)
        .map_err(|_| Refusal("the server broke off before it answered".into()))?;
    match answer.get("error").and_then(Value::as_str) {
        Some(reason) => Err(Refusal(reason.to_owned())),
        None => Ok(answer["ok"].take()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_operator_who_does_not_read_holds_up_nobody() {
        let (_reader, mut writer) = tokio::io::duplex(4);
        let within = Duration::from_millis(5);
        let given_up = write_line(&mut writer, "more than four", within).await.unwrap_err();
        assert_eq!(given_up.kind(), io::ErrorKind::TimedOut);
    }
}
