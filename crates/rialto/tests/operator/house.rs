//! A data directory, the binary's commands on it, and a server while one runs.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use serde_json::Value;
use vault::HmacKey;

const BINARY: &str = env!("CARGO_BIN_EXE_rialto");
/// How long a server may take over an answer. Nothing waits that long but a failure.
pub const ANSWER_MAX: Duration = Duration::from_secs(60);

/// A data directory that goes away with the test.
pub struct House {
    folder: tempfile::TempDir,
}

impl House {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder") }
    }

    pub fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// A command on this house, not yet started.
    pub fn command(&self, words: &str) -> Command {
        let mut command = Command::new(BINARY);
        command.args(words.split(' ')).arg("--data").arg(self.data()).env_clear();
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end.
    pub fn run(&self, words: &str, input: &str) -> Output {
        let mut child = self.command(words).spawn().expect("it starts");
        // A command that refuses early does not read.
        let _ = child.stdin.take().expect("it is piped").write_all(input.as_bytes());
        child.wait_with_output().expect("it ends")
    }

    /// The one line of JSON that a command prints.
    #[track_caller]
    pub fn done(&self, words: &str, input: &str) -> Value {
        let output = self.run(words, input);
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{words}: {said}");
        serde_json::from_slice(&output.stdout).expect("a line of JSON")
    }

    /// Why a command refuses.
    #[track_caller]
    pub fn refused(&self, words: &str, input: &str) -> String {
        let output = self.run(words, input);
        let said = String::from_utf8(output.stderr).expect("text");
        assert_eq!(output.status.code(), Some(1), "{words}: {said}");
        assert!(output.stdout.is_empty(), "{words}");
        said
    }

    #[track_caller]
    pub fn create_user(&self, email: &str, more: &str) -> Value {
        let words = format!("user create --email {email} --password-stdin{more}");
        self.done(&words, "correct horse\n")
    }

    #[track_caller]
    pub fn create_key(&self, email: &str, scopes: &str) -> Key {
        let words = format!("api-key create --email {email} --scopes {scopes}");
        Key::new(&self.done(&words, ""))
    }

    pub fn serve(&self) -> Server {
        self.serve_with("")
    }

    /// A server with these options beside the usual ones.
    pub fn serve_with(&self, options: &str) -> Server {
        let mut command = self.command(&format!("serve --listen 127.0.0.1:0 --log trace{options}"));
        let mut child = command.spawn().expect("it starts");
        let errors = BufReader::new(child.stderr.take().expect("it is piped"));
        let log = Arc::new(Log::default());
        let reader = Arc::clone(&log);
        let reader = std::thread::spawn(move || {
            for line in errors.lines() {
                reader.add(&line.expect("the log is text"));
            }
        });
        let mut line = String::new();
        let out = child.stdout.take().expect("it is piped");
        BufReader::new(out).read_line(&mut line).expect("it prints");
        let url = line.trim().strip_prefix("listening on ").unwrap_or_default();
        let Some((_, address)) = url.split_once("://") else {
            reader.join().expect("it is read");
            panic!("{line:?}: {}", log.text());
        };
        Server { address: address.to_owned(), child, log, reader: Some(reader) }
    }
}

/// What a server has logged so far.
#[derive(Default)]
struct Log {
    text: Mutex<String>,
    grown: Condvar,
}

impl Log {
    fn add(&self, line: &str) {
        let mut text = self.text.lock().expect("nobody panics here");
        text.push_str(line);
        text.push('\n');
        self.grown.notify_all();
    }

    fn text(&self) -> String {
        self.text.lock().expect("nobody panics here").clone()
    }
}

/// A server on a house. Killed where it is not stopped.
pub struct Server {
    address: String,
    child: Child,
    log: Arc<Log>,
    reader: Option<JoinHandle<()>>,
}

impl Server {
    /// Ends it in order. What it logged.
    pub fn stop(mut self) -> String {
        self.signal("TERM");
        let status = self.child.wait().expect("it ends");
        assert!(status.success(), "{status}");
        self.reader.take().expect("stopped once").join().expect("it is read");
        self.log.text()
    }

    /// Sends the signal of that name.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// Waits until the log has these words.
    pub fn await_log(&self, words: &str) {
        let text = self.log.text.lock().expect("nobody panics here");
        let lacks = |text: &mut String| !text.contains(words);
        let waited = self.log.grown.wait_timeout_while(text, ANSWER_MAX, lacks);
        let (text, timeout) = waited.expect("nobody panics here");
        assert!(!timeout.timed_out(), "{words}: {text}");
    }

    /// Where it listens.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The answer to a signed request for the account, with the code of an error or 0.
    pub fn account(&self, key: &Key) -> i64 {
        self.account_signed(key, &key.sign(&timestamp()))
    }

    /// The status and the body that a signed request with an empty body is answered with.
    pub fn post(&self, path: &str, key: &Key, query: &str) -> (u16, Value) {
        let head = format!(
            "POST {path}?{query} HTTP/1.1\r\nHost: localhost\r\nX-MBX-APIKEY: {}\r\n\
             Content-Length: 0\r\nConnection: close\r\n\r\n",
            key.api_key
        );
        let answer = self.converse(&head);
        let status = answer.split(' ').nth(1).expect("a status").parse().expect("a number");
        (status, body_of(&answer))
    }

    /// The status and the body that a request with this JSON is answered with; `null` for none.
    pub fn say(&self, path: &str, bearer: &str, body: &Value) -> (u16, Value) {
        let (body, length) = (body.to_string(), body.to_string().len());
        let answer = self.converse(&format!(
            "POST {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {bearer}\r\n\
             Content-Type: application/json\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n{body}"
        ));
        let status = answer.split(' ').nth(1).expect("a status").parse().expect("a number");
        (status, if answer.contains('{') { body_of(&answer) } else { Value::Null })
    }

    fn converse(&self, head: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("it listens");
        stream.set_read_timeout(Some(ANSWER_MAX)).expect("a socket");
        stream.write_all(head.as_bytes()).expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("it answers");
        answer
    }

    /// The same with a query that is signed somehow.
    pub fn account_signed(&self, key: &Key, query: &str) -> i64 {
        let head = format!(
            "GET /api/v3/account?{query} HTTP/1.1\r\nHost: localhost\r\nX-MBX-APIKEY: {}\r\n\
             Connection: close\r\n\r\n",
            key.api_key
        );
        let body = body_of(&self.converse(&head));
        assert!(body["code"].is_i64() || body["balances"].is_array(), "{body}");
        body["code"].as_i64().unwrap_or(0)
    }
}

fn body_of(answer: &str) -> Value {
    let body = answer.split_once("\r\n\r\n").expect("a body").1;
    let (start, end) = (body.find('{').expect("JSON"), body.rfind('}').expect("JSON"));
    serde_json::from_str(&body[start..=end]).expect("JSON")
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A key as it was printed.
#[derive(Clone)]
pub struct Key {
    pub api_key: String,
    pub secret_key: String,
}

impl Key {
    pub fn new(printed: &Value) -> Self {
        let text = |name: &str| printed[name].as_str().unwrap_or_default().to_owned();
        Self { api_key: text("apiKey"), secret_key: text("secretKey") }
    }

    /// The query with its signature.
    pub fn sign(&self, query: &str) -> String {
        let key = HmacKey::new(self.secret_key.as_bytes());
        format!("{query}&signature={}", hex::encode(key.sign(&[query.as_bytes()])))
    }
}

pub fn timestamp() -> String {
    let since = SystemTime::UNIX_EPOCH.elapsed().expect("after 1970");
    format!("timestamp={}", since.as_millis())
}

/// Whether a signal ended it.
pub fn was_killed(status: std::process::ExitStatus) -> bool {
    status.signal().is_some()
}
