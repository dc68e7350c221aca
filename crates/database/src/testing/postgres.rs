//! A PostgreSQL server of our own.

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, Weak};
use std::thread::JoinHandle;

use sea_orm::ConnectionTrait;

const INSTALLED: &str = "/usr/lib/postgresql";
const READY: &str = "database system is ready to accept connections";

pub struct Server {
    folder: tempfile::TempDir,
    stop: Option<Sender<()>>,
    keeper: Option<JoinHandle<()>>,
}

impl Server {
    /// The server of this process; it stops when the last user drops it.
    pub fn shared() -> Arc<Self> {
        static SERVER: Mutex<Weak<Server>> = Mutex::new(Weak::new());
        let mut shared = SERVER.lock().expect("no test panics while it starts the server");
        if let Some(server) = shared.upgrade() {
            return server;
        }
        let server = Arc::new(Self::start());
        *shared = Arc::downgrade(&server);
        server
    }

    fn start() -> Self {
        let folder = tempfile::Builder::new().prefix("rialto-pg").tempdir().expect("a folder");
        let programs = programs();
        let data = folder.path().join("data");
        own(folder.path());
        let made = as_postgres(&programs.join("initdb"))
            .args(["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C"])
            .args(["--no-sync", "--pgdata"])
            .arg(&data)
            .output()
            .expect("initdb runs");
        assert!(made.status.success(), "initdb: {}", String::from_utf8_lossy(&made.stderr));
        let mut command = as_postgres(&programs.join("postgres"));
        command
            .args(["-c", "listen_addresses=", "-c", "fsync=off", "-c", "full_page_writes=off"])
            .args(["-c", "max_connections=200", "-c", "shared_buffers=16MB"])
            .arg("-k")
            .arg(folder.path())
            .arg("-D")
            .arg(&data)
            .env("LC_ALL", "C")
            .stdout(Stdio::null())
            .stderr(Stdio::piped());
        // The kernel ends the server with the thread that started it, even if the process is
        // killed; so that thread lives exactly as long as the server is wanted.
        let (stop, stopped) = channel();
        let (tell, told) = channel();
        let keeper = std::thread::spawn(move || keep(command, tell, &stopped));
        told.recv().expect("PostgreSQL starts");
        Self { folder, stop: Some(stop), keeper: Some(keeper) }
    }

    /// The URL of database `name`.
    pub fn url(&self, name: &str) -> String {
        format!("postgres://postgres@localhost/{name}?host={}", self.folder.path().display())
    }

    /// Creates an empty database.
    pub async fn create_database(&self, name: &str) {
        let server = sea_orm::Database::connect(self.url("postgres")).await.expect("it listens");
        server.execute_unprepared(&format!("CREATE DATABASE {name}")).await.expect("it creates");
        server.close().await.expect("it closes");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(keeper) = self.keeper.take() {
            keeper.join().expect("the keeper ends in order");
        }
    }
}

fn keep(mut command: Command, tell: Sender<()>, stopped: &Receiver<()>) {
    let mut server = command.spawn().expect("postgres runs");
    let log = server.stderr.take().expect("it is piped");
    let reader = std::thread::spawn(move || read_log(log, &tell));
    // Nothing is ever sent: the other end is dropped when the server is no longer wanted.
    stopped.recv().expect_err("nothing is sent");
    server.kill().expect("it can be stopped");
    server.wait().expect("it has stopped");
    reader.join().expect("the reader ends with the server");
}

/// Tells once that the server is ready, and reads on so that the pipe never fills.
fn read_log(log: impl Read, tell: &Sender<()>) {
    for line in BufReader::new(log).lines().map_while(Result::ok) {
        if line.contains(READY) {
            tell.send(()).expect("the starter waits");
        } else if line.contains("FATAL") {
            eprintln!("PostgreSQL: {line}");
        }
    }
}

/// The newest version that the distribution installed.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir(INSTALLED).into_iter().flatten().flatten();
    versions
        .filter_map(|version| {
            let number: u32 = version.file_name().to_str()?.parse().ok()?;
            let programs = version.path().join("bin");
            programs.join("initdb").exists().then_some((number, programs))
        })
        .max()
        .map(|(_, programs)| programs)
        .expect("PostgreSQL is not installed: `apt-get install postgresql`, or `make test`")
}

/// PostgreSQL refuses to run as root, so root runs it as its own user.
fn as_postgres(program: &Path) -> Command {
    let mut command = Command::new("setpriv");
    command.args(["--pdeathsig", "QUIT"]);
    if let Some((user, group)) = other_user() {
        command.arg(format!("--reuid={user}")).arg(format!("--regid={group}"));
        command.arg("--clear-groups");
    }
    command.arg("--").arg(program).current_dir("/");
    command
}

fn own(folder: &Path) {
    if let Some((user, group)) = other_user() {
        std::os::unix::fs::chown(folder, Some(user), Some(group)).expect("root may");
    }
}

/// The user to change to, where we are root.
fn other_user() -> Option<(u32, u32)> {
    use std::os::unix::fs::MetadataExt;
    if std::fs::metadata("/proc/self").expect("Linux").uid() != 0 {
        return None;
    }
    let users = std::fs::read_to_string("/etc/passwd").expect("there are users");
    let line = users.lines().find(|line| line.starts_with("postgres:")).expect("user postgres");
    let mut fields = line.split(':').skip(2).map(|field| field.parse().expect("a number"));
    Some((fields.next().expect("a user id"), fields.next().expect("a group id")))
}
