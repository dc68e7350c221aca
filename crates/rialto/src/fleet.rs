//! The venues of an exchange server, side by side: each an engine of its own at a port of its own.
//!
//! Keeps   the journals lie in a folder for this process alone, which goes with it. What a killed
//!         process left beside it goes at the next start, and nothing else does.

use std::fs::File;
use std::net::{IpAddr, SocketAddr};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use gateway::{Hosts, MetricsReaders, PrometheusHandle, Readiness, ServerLimits, Tls};
use journal::Directory;
use model::Secret;
use sequencer::{Clock, SystemClock};
use serde::Serialize;
use simulator::{Director, Liveliness, Opening, SCENARIO_PATH, Scenario, VenueExchange, control};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use venue::port::Venue;
use venue_server::{Bounds, Limits};

use crate::Failure;
use crate::demo;
use crate::ownership::is_us;
use crate::sources::Address;
use crate::tls::Certificates;
use crate::world::World;

/// The port of the first venue, where nobody says another.
pub const BASE_PORT: u16 = 9101;
/// Connections to one venue, of which one address may have half: enough to try it, few enough for
/// any limit of open files.
const CONNECTIONS_MAX: usize = 128;
/// Sockets of each of two kinds at one venue, the same.
const SOCKETS_MAX: usize = 64;
/// Files that one venue may have open: these, its journal, and what listens.
pub const FILES_MAX: usize = CONNECTIONS_MAX + 2 * SOCKETS_MAX + 16;

/// How folders of journals are called, and what is locked in each.
const PREFIX: &str = "rialto-venues-";
const LOCK: &str = "lock";

/// What is to be opened.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Where to listen.
    pub host: IpAddr,
    /// The port of the first of [`Venue::ALL`]; each other has its own after it. 0 picks free ones.
    pub base_port: u16,
    /// Whether all take free ports where one of theirs is taken.
    pub may_move: bool,
    /// Which venues.
    pub venues: Vec<Venue>,
    /// From which keys follow.
    pub seed: u64,
    /// How much goes on at each.
    pub liveliness: Liveliness,
    /// How connections are encrypted.
    pub encryption: Encryption,
    /// What happens to them first.
    pub scenario: Scenario,
    /// Where the folder of the journals is made.
    pub beside: PathBuf,
}

/// How connections are encrypted.
#[derive(Clone, Debug)]
pub enum Encryption {
    /// They are not.
    None,
    /// By a certificate of our own, which lies beside the journals.
    SelfSigned,
    /// By these files.
    Files(Certificates),
}

/// A venue as a script needs to know it. It has secrets, so it cannot be printed for people.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct VenueView {
    id: &'static str,
    rest_url: String,
    ws_url: String,
    accounts: Vec<AccountView>,
    /// The certificate that vouches for it, where it is our own.
    #[serde(skip_serializing_if = "Option::is_none")]
    certificate_file: Option<String>,
    /// By what scenarios are switched, from this machine alone.
    control: ControlView,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct ControlView {
    scenario_url: String,
    token: String,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct AccountView {
    api_key: String,
    api_secret: String,
    passphrase: Option<String>,
}

/// Open venues, each with its agents at work.
pub struct Fleet {
    venues: Vec<(VenueExchange, TcpListener)>,
    tasks: Vec<JoinHandle<()>>,
    host: IpAddr,
    tls: Option<Arc<Tls>>,
    certificate_file: Option<String>,
    director: Arc<Director>,
    token: Secret<String>,
    _folder: Folder,
}

impl Fleet {
    /// Opens all venues of the plan: everything can be bought and sold when it returns.
    ///
    /// # Errors
    /// With the reason why one of them does not open; then none does.
    pub async fn open(plan: &Plan, world: World) -> Result<Self, Failure> {
        let listeners = match listeners(plan, plan.base_port).await {
            Err(error) if plan.may_move => {
                tracing::info!(%error, "the venues take free ports");
                listeners(plan, 0).await?
            }
            bound => bound?,
        };
        let folder = Folder::beside(&plan.beside)?;
        let (tls, certificate_file) = encrypted(plan, &folder.path)?;
        let machine = Arc::new(SystemClock::new());
        let clock: Arc<dyn Fn() -> model::Time + Send + Sync> = Arc::new(move || machine.now());
        let director = Arc::clone(&world.director);
        director.play(plan.scenario.clone());
        // All at once: each waits for its own journal.
        let mut openings = Vec::new();
        for venue in &plan.venues {
            let opening = opening(plan, *venue, &folder.path, &world, &clock)?;
            openings.push(tokio::spawn(VenueExchange::open(opening)));
        }
        let (mut venues, mut tasks) = (Vec::new(), Vec::new());
        for (opened, listener) in openings.into_iter().zip(listeners) {
            let exchange = opened.await??;
            director.cast(&exchange);
            tasks.push(tokio::spawn(exchange.feed()));
            tasks.push(tokio::spawn(exchange.trade(std::future::pending())));
            venues.push((exchange, listener));
        }
        for (venue, _) in &venues {
            demo::quoted(venue.views()).await;
        }
        let host = plan.host;
        let token = random_token()?;
        Ok(Self { venues, tasks, host, tls, certificate_file, director, token, _folder: folder })
    }

    /// The venues, as a script needs to know them.
    ///
    /// # Errors
    /// Where the system does not tell an address.
    pub fn views(&self) -> Result<Vec<VenueView>, Failure> {
        let schemes = if self.tls.is_some() { ("https", "wss") } else { ("http", "ws") };
        let view = |(venue, listener): &(VenueExchange, TcpListener)| {
            let address = listener.local_addr()?;
            let accounts = venue.accounts().iter().map(|account| AccountView {
                api_key: account.api_key.expose().clone(),
                api_secret: account.api_secret.expose().clone(),
                passphrase: account.passphrase.as_ref().map(|it| it.expose().clone()),
            });
            Ok(VenueView {
                id: venue.venue().id(),
                rest_url: format!("{}://{address}", schemes.0),
                ws_url: format!("{}://{address}", schemes.1),
                accounts: accounts.collect(),
                certificate_file: self.certificate_file.clone(),
                control: ControlView {
                    scenario_url: format!("{}://{address}{SCENARIO_PATH}", schemes.0),
                    token: self.token.expose().clone(),
                },
            })
        };
        self.venues.iter().map(view).collect()
    }

    /// Where they listen, for who wants to hear of their prices.
    ///
    /// # Errors
    /// Where the system does not tell an address.
    pub fn addresses(&self) -> Result<Vec<Address>, Failure> {
        let view = self.views()?.into_iter();
        let address = |(view, (venue, _)): (VenueView, &(VenueExchange, _))| Address {
            venue: venue.venue(),
            base: Some(view.rest_url),
        };
        Ok(view.zip(&self.venues).map(address).collect())
    }

    /// Begins to serve all of them beside something else.
    pub fn begin(self, metrics: PrometheusHandle) -> Serving {
        let (ending, mut ended) = watch::channel(false);
        let stop = async move {
            // An end that was forgotten is one, too.
            let _ = ended.wait_for(|ended| *ended).await;
        };
        Serving { ending, task: tokio::spawn(self.serve(metrics, stop)) }
    }

    /// Serves all of them until `stop`, and closes them in order.
    pub async fn serve(self, metrics: PrometheusHandle, stop: impl Future<Output = ()>) {
        let readiness = Readiness::default();
        let (ending, ended) = watch::channel(false);
        let (mut servers, mut venues) = (JoinSet::new(), Vec::new());
        for (venue, listener) in self.venues {
            let operations =
                gateway::operations(readiness.clone(), metrics.clone(), MetricsReaders::default());
            let limits = ServerLimits {
                connections_max: CONNECTIONS_MAX,
                connections_per_address_max: CONNECTIONS_MAX / 2,
                hosts: Hosts::new(self.host, &[]),
                tls: self.tls.clone(),
                ..ServerLimits::default()
            };
            let mut ended = ended.clone();
            let stop = async move {
                // An end that was forgotten is one, too.
                let _ = ended.wait_for(|ended| *ended).await;
            };
            let control = control(Arc::clone(&self.director), self.token.clone());
            let router = venue.router().merge(operations).merge(control);
            servers.spawn(gateway::serve(listener, router, limits, stop));
            venues.push(venue);
        }
        readiness.ready();
        stop.await;
        venues.iter().for_each(VenueExchange::stop_streams);
        ending.send_replace(true);
        servers.join_all().await;
        readiness.stopping();
        self.tasks.iter().for_each(JoinHandle::abort);
        for venue in venues {
            venue.close().await;
        }
    }
}

/// Venues that are served beside something else.
pub struct Serving {
    ending: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Serving {
    /// Ends them in order.
    pub async fn close(self) {
        self.ending.send_replace(true);
        if let Err(error) = self.task.await {
            tracing::error!(%error, "the venues broke off");
        }
    }
}

/// Where journals lie. Nobody asks for them later, so it goes when it is dropped; what a process
/// left that was killed goes when the next one begins.
struct Folder {
    path: PathBuf,
    /// Held as long as somebody works in it.
    _lock: File,
}

impl Folder {
    /// A new one in `parent`, whatever else lies there.
    fn beside(parent: &Path) -> Result<Self, Failure> {
        sweep(parent)?;
        let path = tempfile::Builder::new().prefix(PREFIX).tempdir_in(parent)?.keep();
        // It has its name only once it is locked, or another's sweep might come in between.
        let (unlocked, named) = (path.join("unlocked"), path.join(LOCK));
        let lock = File::create_new(&unlocked)?;
        lock.lock()?;
        std::fs::rename(unlocked, named)?;
        Ok(Self { path, _lock: lock })
    }
}

/// Removes folders of ours in which nobody works any more.
fn sweep(parent: &Path) -> Result<(), Failure> {
    for entry in std::fs::read_dir(parent)? {
        let entry = entry?;
        let is_ours = entry.file_name().to_string_lossy().starts_with(PREFIX)
            && entry.metadata().is_ok_and(|it| it.is_dir() && is_us(it.uid()));
        if is_ours
            && let Ok(lock) = File::open(entry.path().join(LOCK))
            && lock.try_lock().is_ok()
        {
            let folder = entry.path();
            // Another may remove it at the same time.
            match std::fs::remove_dir_all(&folder) {
                Ok(()) => tracing::info!(folder = %folder.display(), "left by one that was killed"),
                Err(error) => tracing::warn!(folder = %folder.display(), %error, "it stays"),
            }
        }
    }
    Ok(())
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.path) {
            tracing::warn!(folder = %self.path.display(), %error, "the journals of venues stay");
        }
    }
}

/// Nobody guesses it, and no seed gives it.
fn random_token() -> Result<Secret<String>, Failure> {
    let mut bytes = [0; 16];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| "the system gives no randomness")?;
    Ok(Secret::new(hex::encode(bytes)))
}

/// How a venue of the plan is opened, with its journal in `folder`.
fn opening(
    plan: &Plan,
    venue: Venue,
    folder: &Path,
    world: &World,
    clock: &Arc<dyn Fn() -> model::Time + Send + Sync>,
) -> Result<Opening, Failure> {
    let sockets = Bounds::new(SOCKETS_MAX, SOCKETS_MAX / 2);
    let limits = Limits { stream_sockets: sockets, customer_sockets: sockets, ..Limits::default() };
    Ok(Opening {
        venue,
        seed: plan.seed,
        process: Arc::clone(&world.process),
        liveliness: plan.liveliness,
        storage: Arc::new(Directory::create(&folder.join(venue.id()))?),
        clock: Arc::clone(clock),
        limits,
    })
}

/// All that listen, each for its venue.
async fn listeners(plan: &Plan, base_port: u16) -> Result<Vec<TcpListener>, Failure> {
    let mut listeners = Vec::new();
    for venue in &plan.venues {
        let address = SocketAddr::new(plan.host, port_of(base_port, *venue)?);
        let listener = TcpListener::bind(address).await;
        listeners.push(listener.map_err(|error| format!("{address}: {error}"))?);
    }
    Ok(listeners)
}

/// The port of `venue`, by its usual place.
fn port_of(base_port: u16, venue: Venue) -> Result<u16, Failure> {
    if base_port == 0 {
        return Ok(0);
    }
    let place = Venue::ALL.iter().position(|it| *it == venue).unwrap_or_default();
    let port = u16::try_from(place).ok().and_then(|place| base_port.checked_add(place));
    port.ok_or_else(|| format!("there is no port for {} after {base_port}", venue.id()).into())
}

/// By what connections are encrypted, and the file of our own certificate.
fn encrypted(plan: &Plan, folder: &Path) -> Result<(Option<Arc<Tls>>, Option<String>), Failure> {
    match &plan.encryption {
        Encryption::None => Ok((None, None)),
        Encryption::Files(certificates) => Ok((Some(certificates.open()?), None)),
        Encryption::SelfSigned => {
            let mut names = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).to_vec();
            let host = plan.host.to_canonical().to_string();
            if !plan.host.is_unspecified() && !names.contains(&host) {
                names.push(host);
            }
            let data = folder.to_owned();
            let file = data.join("tls-cert.pem").display().to_string();
            let tls = Certificates::SelfSigned { data, names }.open()?;
            Ok((Some(tls), Some(file)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_left_by_one_that_was_killed_goes_and_who_works_stays() {
        let parent = tempfile::tempdir().unwrap();
        let (at_work, left) = (Folder::beside(parent.path()).unwrap(), parent.path().join("left"));
        std::fs::create_dir(&left).unwrap();
        let killed = parent.path().join(format!("{PREFIX}killed"));
        let begun = parent.path().join(format!("{PREFIX}begun"));
        for folder in [&killed, &begun] {
            std::fs::create_dir_all(folder.join("binance")).unwrap();
        }
        std::fs::write(killed.join(LOCK), b"").unwrap();
        let (own, linked) = (left.join(LOCK), parent.path().join(format!("{PREFIX}linked")));
        std::fs::write(&own, b"").unwrap();
        std::os::unix::fs::symlink(&left, linked).unwrap();
        let next = Folder::beside(parent.path()).unwrap();
        assert!(at_work.path.is_dir() && next.path.is_dir());
        assert!(own.is_file(), "it has another name, and a link to it is no folder of ours");
        assert!(begun.is_dir(), "it has no lock yet");
        assert!(!killed.exists());
        let paths = [at_work.path.clone(), next.path.clone()];
        drop((at_work, next));
        assert!(paths.iter().all(|path| !path.exists()));
    }

    #[test]
    fn each_venue_has_its_own_port_whoever_else_is_open() {
        for (venue, port) in Venue::ALL.into_iter().zip(9_101..) {
            assert_eq!(port_of(9_101, venue).unwrap(), port);
            assert_eq!(port_of(0, venue).unwrap(), 0);
        }
        assert!(port_of(u16::MAX, Venue::Binance).is_ok());
        assert!(port_of(u16::MAX, Venue::Kucoin).is_err());
    }
}
