//! `rialto venues`: the exchange server, venues of our own that speak as the real ones do.
//!
//! Shape   standard output has one line of JSON when all are ready: for each venue, where it is
//!         and the keys of its accounts. The log goes to standard error.

use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;

use clap::Args;
use serde_json::json;
use simulator::Liveliness;
use venue::port::Venue;

use crate::Failure;
use crate::allowance::raise_file_limit;
use crate::fleet::{self, BASE_PORT, Encryption, Fleet, Plan};
use crate::scenario_file;
use crate::serve::{do_without_huge_pages, keep_memory_private, stopped};
use crate::tls::Certificates;
use crate::world::World;

/// What the exchange server can be told.
#[derive(Clone, Debug, Args)]
pub struct VenuesOptions {
    /// Where to listen.
    #[arg(long, env = "RIALTO_HOST", default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    pub host: IpAddr,
    /// The port of the first venue, binance; each other venue has its own after it: coinbase,
    /// kraken, kucoin. 0 picks free ones.
    #[arg(long, env = "RIALTO_BASE_PORT", default_value_t = BASE_PORT, value_name = "PORT")]
    pub base_port: u16,
    /// Which venues; all that are served where none are named.
    #[arg(long, env = "RIALTO_VENUES", value_delimiter = ',')]
    pub venues: Vec<String>,
    /// From which prices and keys follow.
    #[arg(long, env = "RIALTO_SEED", default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// What happens to the venues first: usual, calm, volatile, lagging-venue, outage, flash-crash,
    /// depeg, rejects, partial-fills, timeouts, rate-limited, dropped-sockets, stalled-sockets,
    /// gaps, clock-skew; with `:VENUE` behind it, to that venue alone. Or a file that says more.
    #[arg(long, env = "RIALTO_SCENARIO", default_value = "usual", value_name = "NAME|FILE")]
    pub scenario: String,
    /// At least so many markets at each venue, 64 at most [default: those that are usual there].
    #[arg(long, env = "RIALTO_MARKETS", value_name = "N")]
    pub markets: Option<usize>,
    /// How often in a second agents look at each market and change something in its book, from 1
    /// to 20 [default: twice, and they change what has to be changed].
    #[arg(long, env = "RIALTO_LOOKS_A_SECOND", value_name = "N",
          value_parser = clap::value_parser!(u32).range(1..=20))]
    pub looks_a_second: Option<u32>,
    /// A recording of market data that drives prices in the place of what the seed would draw, and
    /// begins anew at its end; can be given several times.
    #[arg(long, env = "RIALTO_TAPE", value_name = "FILE", value_delimiter = ',')]
    pub tape: Vec<PathBuf>,
    /// Encrypts all connections, by a certificate of its own whose file the line of JSON names.
    #[arg(long, env = "RIALTO_TLS", conflicts_with = "tls_cert")]
    pub tls: bool,
    /// Encrypts all connections by this certificate, in PEM.
    #[arg(long, env = "RIALTO_TLS_CERT", value_name = "FILE", requires = "tls_key")]
    pub tls_cert: Option<PathBuf>,
    /// The key of that certificate, in PEM.
    #[arg(long, env = "RIALTO_TLS_KEY", value_name = "FILE", requires = "tls_cert")]
    pub tls_key: Option<PathBuf>,
    /// What is logged, as `tracing` directives.
    #[arg(long, env = "RIALTO_LOG", default_value = "info", value_name = "DIRECTIVES")]
    pub log: String,
}

impl VenuesOptions {
    fn plan(&self) -> Result<Plan, Failure> {
        let mut venues: Vec<Venue> = Vec::new();
        for id in &self.venues {
            let venue = Venue::parse(id).ok_or_else(|| format!("there is no venue {id}"))?;
            if !venues.contains(&venue) {
                venues.push(venue);
            }
        }
        if venues.is_empty() {
            venues.extend(Venue::ALL);
        }
        let encryption = match (self.tls_cert.clone(), self.tls_key.clone()) {
            (Some(certificates), Some(key)) => {
                Encryption::Files(Certificates::Named { certificates, key })
            }
            (None, None) if self.tls => Encryption::SelfSigned,
            (None, None) => Encryption::None,
            (Some(_), None) | (None, Some(_)) => {
                return Err("tls-cert and tls-key are given together, or neither".into());
            }
        };
        let scenario = scenario_file::read(&self.scenario)?;
        let (host, base_port, seed) = (self.host, self.base_port, self.seed);
        let (markets, looks_a_second) = (self.markets.unwrap_or(0), self.looks_a_second);
        let liveliness = Liveliness { markets, looks_a_second };
        Ok(Plan {
            host,
            base_port,
            may_move: false,
            venues,
            seed,
            liveliness,
            encryption,
            scenario,
            beside: std::env::temp_dir(),
        })
    }
}

/// Serves until a signal ends it.
///
/// # Errors
/// With the reason why it cannot be served.
pub async fn venues(options: VenuesOptions) -> Result<(), Failure> {
    keep_memory_private();
    do_without_huge_pages();
    let plan = options.plan()?;
    let (files, needed) = (raise_file_limit(), plan.venues.len() * fleet::FILES_MAX);
    if files < needed {
        tracing::warn!(files, needed, "fewer files can be opened than all might need (ulimit -n)");
    }
    if !plan.host.to_canonical().is_loopback() {
        tracing::warn!(
            host = %plan.host,
            "the venues can be reached from other machines, and their keys follow from the seed: \
             whoever knows it trades there"
        );
    }
    let stopped = stopped();
    let world = World::open(options.seed, options.tape.clone()).await?;
    let fleet = Fleet::open(&plan, world).await?;
    println!("{}", json!(fleet.views()?));
    fleet.serve(gateway::collect_metrics()?, stopped).await;
    Ok(())
}

#[cfg(test)]
mod tests {
    use simulator::Scenario;

    use super::*;

    const DOCUMENT: &str = include_str!("../../../docs/exchange-server.md");

    #[test]
    fn help_and_document_name_each_scenario() {
        let mut command = VenuesOptions::augment_args(clap::Command::new("venues"));
        let help = command.render_long_help().to_string();
        let begin = help.find("--scenario").expect("it can be told");
        let told = |text: &str, name: &str| {
            text.split(|it: char| it != '-' && !it.is_alphanumeric()).any(|word| word == name)
        };
        for name in Scenario::NAMES {
            assert!(told(&help[begin..], name), "the help does not name {name}");
            assert!(DOCUMENT.contains(&format!("`{name}`")), "the document does not name {name}");
        }
    }
}
