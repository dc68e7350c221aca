//! What the outside may use: quotas, and as many connections as there are files for.
//!
//! Keeps   database, journal and log have [`OTHER_FILES`] of their own: where files run out,
//!         strangers are turned away, not the journal.

use gateway::{Hosts, MetricsReaders, ServerLimits};
use venue_server::binance::Quotas;
use venue_server::{Bounds, Limits};

use crate::Failure;
use crate::demo_venues;
use crate::fleet;
use crate::settings::ServeOptions;

/// Files that are neither connections nor sockets.
const OTHER_FILES: usize = 256;
/// With fewer files, too little is left for those who come.
const FILES_MIN: usize = 1_024;

/// What the outside may use.
pub struct Allowance {
    /// Of the exchange.
    pub limits: Limits,
    /// Of the listening end.
    pub server: ServerLimits,
    /// Who may read the metrics.
    pub metrics: MetricsReaders,
}

impl Allowance {
    /// As the options say and the machine allows. Raises the limit of open files.
    ///
    /// # Errors
    /// With the reason: too few files, or an address that is none.
    pub fn new(options: &ServeOptions) -> Result<Self, Failure> {
        let venues =
            if options.demo { demo_venues::chosen(options.demo_venues())?.len() } else { 0 };
        let files = raise_file_limit().saturating_sub(venues * fleet::FILES_MAX);
        let room = Room::of(files).ok_or_else(|| {
            format!(
                "only {files} files can be opened beside those of {venues} venues, {FILES_MIN} \
                 are needed (ulimit -n)"
            )
        })?;
        let trusted_proxies = identity::parse_networks(&options.trusted_proxy)?;
        if answers_any_name(options) {
            tracing::warn!(
                listen = %options.listen(),
                "the server answers to any name, so a page elsewhere can reach it through a \
                 visitor inside your network: say how it is called with allowed-host"
            );
        }
        let defaults = ServerLimits::default();
        Ok(Self {
            limits: Limits {
                quotas: quotas(options),
                trusted_proxies: trusted_proxies.clone(),
                stream_sockets: room.streams,
                customer_sockets: room.customers,
                ..Limits::default()
            },
            server: ServerLimits {
                connections_max: room.connections.all,
                connections_per_address_max: room.connections.network,
                handshakes_per_minute_max: tries(options, defaults.handshakes_per_minute_max),
                trusted_proxies: trusted_proxies.clone(),
                hosts: Hosts::new(options.listen().ip(), &options.allowed_host),
                ..defaults
            },
            metrics: MetricsReaders {
                from: identity::parse_networks(&options.metrics_from)?,
                trusted_proxies,
            },
        })
    }
}

/// Whether others reach the server, and nobody said how it is called.
fn answers_any_name(options: &ServeOptions) -> bool {
    !is_local(options) && options.allowed_host.is_empty()
}

fn is_local(options: &ServeOptions) -> bool {
    options.listen().ip().to_canonical().is_loopback()
}

fn is_local_demo(options: &ServeOptions) -> bool {
    options.demo && is_local(options)
}

/// How much may be asked and placed; in a demo on this machine, more than enough for everybody.
fn quotas(options: &ServeOptions) -> Quotas {
    if options.demo && !is_local(options) {
        tracing::warn!(
            listen = %options.listen(),
            "the demo can be reached from other machines: it has the usual limits, and its keys \
             are in demo.json"
        );
    }
    let defaults = Quotas::default();
    let generous =
        |number: u32, times: u32| number * if is_local_demo(options) { times } else { 1 };
    let or = |given: Option<u32>, number, times| given.unwrap_or(generous(number, times));
    Quotas {
        weight: or(options.request_weight_per_minute, defaults.weight, 10),
        raw_requests: or(options.requests_per_five_minutes, defaults.raw_requests, 10),
        orders_short: or(options.orders_per_ten_seconds, defaults.orders_short, 100),
        orders_long: or(options.orders_per_day, defaults.orders_long, 100),
    }
}

/// How often one network may try passwords and codes in 15 minutes; tests of a demo sign in often.
pub fn credential_tries(options: &ServeOptions, usual: u32) -> u32 {
    options.credential_tries_per_quarter_hour.unwrap_or(tries(options, usual))
}

/// How often one network may try something: tests of a demo sign in, and begin to, many times.
fn tries(options: &ServeOptions, usual: u32) -> u32 {
    if is_local_demo(options) { usual * 100 } else { usual }
}

/// Who has how many files. An upgraded socket is no connection any more, and both are files.
#[derive(Debug)]
struct Room {
    connections: Bounds,
    streams: Bounds,
    customers: Bounds,
}

impl Room {
    /// As much as usual where there are so many files, else a like part of it.
    fn of(files: usize) -> Option<Self> {
        if files < FILES_MIN {
            return None;
        }
        let (limits, server) = (Limits::default(), ServerLimits::default());
        let connections = Bounds::new(server.connections_max, server.connections_per_address_max);
        let (streams, customers) = (limits.stream_sockets, limits.customer_sockets);
        let wanted = connections.all + streams.all + customers.all;
        let free = (files - OTHER_FILES).min(wanted);
        let part = |usual: Bounds| {
            let all = usual.all * free / wanted;
            Bounds::new(all, usual.network.min(all / 4))
        };
        Some(Self {
            connections: part(connections),
            streams: part(streams),
            customers: part(customers),
        })
    }
}

/// Raises the limit of open files as far as the process may, and returns it.
pub fn raise_file_limit() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let limit = match setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }) {
        Ok(()) => maximum,
        Err(error) => {
            tracing::warn!(%error, ?current, "the limit of open files cannot be raised");
            current
        }
    };
    limit.and_then(|files| usize::try_from(files).ok()).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strangers_never_have_all_the_files() {
        assert!(Room::of(FILES_MIN - 1).is_none());
        for files in [FILES_MIN, 4_096, 5_512, 16_384, 20_000, usize::MAX] {
            let Room { connections, streams, customers } = Room::of(files).unwrap();
            assert!(connections.all + streams.all + customers.all + OTHER_FILES <= files);
            for bounds in [connections, streams, customers] {
                assert!(0 < bounds.network && bounds.network <= bounds.all / 4, "{bounds:?}");
                assert!(bounds.site <= bounds.all / 4, "{bounds:?}");
            }
        }
        let Room { connections, streams, customers } = Room::of(usize::MAX).unwrap();
        assert_eq!((connections.all, connections.network), (10_000, 1_000));
        let usual = Limits::default();
        assert_eq!((streams, customers), (usual.stream_sockets, usual.customer_sockets));
    }

    #[test]
    fn who_listens_to_others_and_has_no_name_is_warned() {
        for (listen, name, warned) in [
            ("127.0.0.1:0", None, false),
            ("[::1]:0", None, false),
            ("0.0.0.0:0", None, true),
            ("192.0.2.1:0", None, true),
            ("0.0.0.0:0", Some("exchange.example"), false),
        ] {
            let allowed_host = name.into_iter().map(str::to_owned).collect();
            let listen = Some(listen.parse().unwrap());
            let options = ServeOptions { allowed_host, listen, ..ServeOptions::default() };
            assert_eq!(answers_any_name(&options), warned, "{options:?}");
        }
    }

    #[test]
    fn a_demo_is_generous_on_this_machine_only() {
        for (demo, listen, weight) in [
            (true, "127.0.0.1:0", 60_000),
            (true, "[::1]:0", 60_000),
            (true, "0.0.0.0:0", 6_000),
            (true, "192.0.2.1:0", 6_000),
            (false, "127.0.0.1:0", 6_000),
        ] {
            let listen = Some(listen.parse().unwrap());
            let mut options = ServeOptions { demo, listen, ..ServeOptions::default() };
            assert_eq!(quotas(&options).weight, weight, "{options:?}");
            options.request_weight_per_minute = Some(7);
            assert_eq!(quotas(&options).weight, 7);
        }
    }
}
