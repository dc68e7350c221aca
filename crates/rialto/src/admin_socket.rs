//! The operator's way into a running server: a Unix socket in the data directory, mode 0600.
//!
//! Shape   one line of JSON in ([`Request`]), one line out (`{"ok":…}` or `{"error":"…"}`), and the
//!         connection is closed. One request at a time: operators are few. What has begun goes on
//!         when the socket is dropped: see [`AtWork`].
//! Keeps   who can read the data directory can command; nobody else can reach the socket. Passwords
//!         are said to it: nothing is said to one of another user, or in another user's directory.

use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::Mutex;

use crate::operator::{Operator, Refusal, Request, refuse};
use crate::ownership::{check_owner, is_us};

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
    at_work: AtWork,
}

/// Held by the request that is being carried out.
#[derive(Clone, Default)]
pub struct AtWork(Arc<Mutex<()>>);

impl AtWork {
    /// Waits until what has begun has ended, for `within` at most. Whether it has.
    pub async fn finish(&self, within: Duration) -> bool {
        tokio::time::timeout(within, self.0.lock()).await.is_ok()
    }
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
        Ok(Self { listener, path, at_work: AtWork::default() })
    }

    /// What is being carried out.
    pub fn at_work(&self) -> AtWork {
        self.at_work.clone()
    }

    /// Answers requests until it is dropped.
    pub async fn serve(self, operator: Operator) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let turn = Arc::clone(&self.at_work.0).lock_owned().await;
                    let operator = operator.clone();
                    // In a task of its own: whoever stops the server leaves nothing half done.
                    let answered = tokio::spawn(async move {
                        if let Err(error) = answer(stream, &operator).await {
                            tracing::warn!(%error, "an operator's request broke off");
                        }
                        drop(turn);
                    });
                    if let Err(error) = answered.await {
                        tracing::error!(%error, "an operator's request broke");
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
        Err(error) => Err(Refusal::Said(format!("not a request: {error}"))),
    };
    let answer = match answer {
        Ok(value) => json!({ "ok": value }),
        Err(refusal) => json!({ "error": refusal.to_string() }),
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
    let stream = UnixStream::connect(path(data)).await.ok()?;
    Some(match check_server(data, &stream) {
        Ok(()) => converse(stream, request).await,
        Err(refusal) => Err(refusal),
    })
}

/// Whether who listens is a server of ours.
fn check_server(data: &Path, stream: &UnixStream) -> Result<(), Refusal> {
    check_owner(data).map_err(|failure| Refusal::Said(failure.to_string()))?;
    let server = stream.peer_cred().map_err(|error| Refusal::Said(error.to_string()))?.uid();
    if is_us(server) {
        return Ok(());
    }
    refuse(format!("the server in {} runs as user {server}: run this so", data.display()))
}

async fn converse(stream: UnixStream, request: &Request) -> Result<Value, Refusal> {
    let broke = |error: io::Error| Refusal::Said(format!("the server broke off: {error}"));
    let mut stream = BufReader::new(stream);
    let line = serde_json::to_string(request).expect("a request is plain data");
    stream.write_all(format!("{line}\n").as_bytes()).await.map_err(broke)?;
    let line = read_line(&mut stream).await.map_err(broke)?;
    let mut answer: Value = serde_json::from_str(&line)
        .map_err(|_| Refusal::Said("the server broke off before it answered".into()))?;
    match answer.get("error").and_then(Value::as_str) {
        Some(reason) => Err(Refusal::Said(reason.to_owned())),
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

    #[tokio::test]
    async fn nothing_is_said_to_a_socket_in_a_directory_of_somebody_else() {
        const NOBODY: u32 = 65_534;
        let data = tempfile::tempdir().unwrap();
        let socket = AdminSocket::bind(data.path()).unwrap();
        let stream = UnixStream::connect(path(data.path())).await.unwrap();
        assert!(check_server(data.path(), &stream).is_ok());
        // Only the superuser can give a directory away.
        if std::os::unix::fs::chown(data.path(), Some(NOBODY), None).is_ok() {
            let asked = tokio::time::timeout(PATIENCE, ask(data.path(), &Request::RotateKeys));
            let refused = asked.await.expect("it is not asked").expect("one listens");
            let reason = refused.expect_err("it was asked").to_string();
            assert!(reason.contains("belongs to user 65534"), "{reason}");
        } else if is_us(0) {
            println!("skipped: nothing can be given to another user here");
        } else {
            assert!(check_server(Path::new("/"), &stream).is_err());
        }
        drop(socket);
    }
}
