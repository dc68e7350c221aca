//! `rialto venues`: the exchange server, venues of our own that speak as the real ones do.
//!
//! Shape   standard output has one line of JSON when all are ready: for each venue, where it is
//!         and the keys of its accounts. The log goes to standard error.
//! Keeps   the journals lie in a folder for this process alone, which goes with it.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use clap::Args;
use gateway::{Hosts, MetricsReaders, Readiness, ServerLimits};
use journal::Directory;
use sequencer::{Clock, SystemClock};
use serde::Serialize;
use serde_json::json;
use simulator::{Opening, VenueExchange};
use tokio::net::TcpListener;
use venue::port::Venue;
use venue_server::{Bounds, Limits};

use crate::Failure;
use crate::demo;
use crate::serve::stopped;

/// Connections to one venue: enough to try it, few enough for any limit of open files.
const CONNECTIONS_MAX: usize = 256;
/// Sockets of each kind at one venue.
const SOCKETS_MAX: usize = 128;

/// What the exchange server can be told.
#[derive(Clone, Debug, Args)]
pub struct VenuesOptions {
    /// Where to listen.
    #[arg(long, env = "RIALTO_HOST", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub host: IpAddr,
    /// The port of the first venue, binance; each other venue has its own after it. 0 picks free
    /// ones.
    #[arg(long, env = "RIALTO_BASE_PORT", default_value_t = 9101, value_name = "PORT")]
    pub base_port: u16,
    /// Which venues.
    #[arg(long, env = "RIALTO_VENUES", default_value = "binance", value_delimiter = ',')]
    pub venues: Vec<String>,
    /// From which prices and keys follow.
    #[arg(long, env = "RIALTO_SEED", default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// What is logged, as `tracing` directives.
    #[arg(long, env = "RIALTO_LOG", default_value = "info", value_name = "DIRECTIVES")]
    pub log: String,
}

/// A venue as a script needs to know it.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VenueView {
    id: &'static str,
    rest_url: String,
    ws_url: String,
    accounts: Vec<AccountView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AccountView {
    api_key: String,
    api_secret: String,
    passphrase: Option<String>,
}

/// Serves until a signal ends it.
///
/// # Errors
/// With the reason why it cannot be served.
pub async fn venues(options: VenuesOptions) -> Result<(), Failure> {
    for id in &options.venues {
        match Venue::parse(id) {
            Some(Venue::Binance) => {}
            Some(Venue::Coinbase | Venue::Kraken | Venue::Kucoin) => {
                return Err(format!("{id} is not served yet").into());
            }
            None => return Err(format!("there is no venue {id}").into()),
        }
    }
    let stopped = stopped();
    let folder = tempfile::Builder::new().prefix("rialto-venues-").tempdir()?;
    let storage = Arc::new(Directory::create(&folder.path().join(Venue::Binance.id()))?);
    let listener = TcpListener::bind((options.host, options.base_port)).await?;
    let machine = Arc::new(SystemClock::new());
    let clock = Arc::new(move || machine.now());
    let venue = open(&options, storage, clock).await?;
    let feed = tokio::spawn(venue.feed());
    let agents = tokio::spawn(venue.trade(std::future::pending()));
    demo::quoted(venue.views()).await;
    let readiness = Readiness::default();
    let operations = gateway::operations(
        readiness.clone(),
        gateway::collect_metrics()?,
        MetricsReaders::default(),
    );
    let limits = ServerLimits {
        connections_max: CONNECTIONS_MAX,
        connections_per_address_max: CONNECTIONS_MAX,
        hosts: Hosts::new(options.host, &[]),
        ..ServerLimits::default()
    };
    println!("{}", json!([view(&venue, listener.local_addr()?)]));
    readiness.ready();
    let stop = async {
        stopped.await;
        venue.stop_streams();
    };
    gateway::serve(listener, venue.router().merge(operations), limits, stop).await;
    readiness.stopping();
    agents.abort();
    feed.abort();
    venue.close().await;
    Ok(())
}

async fn open(
    options: &VenuesOptions,
    storage: Arc<Directory>,
    clock: Arc<dyn Fn() -> model::Time + Send + Sync>,
) -> Result<VenueExchange, Failure> {
    let sockets = Bounds::new(SOCKETS_MAX, SOCKETS_MAX);
    let limits = Limits { stream_sockets: sockets, customer_sockets: sockets, ..Limits::default() };
    let opening = Opening { seed: options.seed, storage, clock, limits };
    Ok(VenueExchange::open(opening).await?)
}

fn view(venue: &VenueExchange, address: SocketAddr) -> VenueView {
    let accounts = venue.accounts().iter();
    let accounts = accounts.map(|account| AccountView {
        api_key: account.api_key.expose().clone(),
        api_secret: account.api_secret.expose().clone(),
        passphrase: None,
    });
    VenueView {
        id: Venue::Binance.id(),
        rest_url: format!("http://{address}"),
        ws_url: format!("ws://{address}"),
        accounts: accounts.collect(),
    }
}
