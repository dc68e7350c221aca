//! The venues beside a demo: those of the exchange server, in its process, on this machine alone.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::Path;

use simulator::{Liveliness, Scenario};
use venue::port::Venue;

use crate::Failure;
use crate::fleet::{BASE_PORT, Encryption, Fleet, Plan};
use crate::world::World;

/// The venues that `list` names: `all`, `none`, or some of them with commas between.
///
/// # Errors
/// With the name that nobody knows.
pub fn chosen(list: &str) -> Result<Vec<Venue>, Failure> {
    match list {
        "all" => Ok(Venue::ALL.to_vec()),
        "none" => Ok(Vec::new()),
        names => {
            let mut venues = Vec::new();
            for name in names.split(',').map(str::trim) {
                let venue =
                    Venue::parse(name).ok_or_else(|| format!("there is no venue {name}"))?;
                if !venues.contains(&venue) {
                    venues.push(venue);
                }
            }
            Ok(venues)
        }
    }
}

/// Opens them: at their usual ports where these are free, and where the demo itself was not told
/// to take a free one. Their journals are in a new folder of the data directory.
///
/// # Errors
/// With the reason why they do not open.
pub async fn open(
    venues: Vec<Venue>,
    seed: u64,
    listen: SocketAddr,
    data: &Path,
    world: World,
) -> Result<Fleet, Failure> {
    let plan = Plan {
        host: IpAddr::V4(Ipv4Addr::LOCALHOST),
        base_port: if listen.port() == 0 { 0 } else { BASE_PORT },
        may_move: true,
        venues,
        seed,
        liveliness: Liveliness::default(),
        encryption: Encryption::None,
        scenario: Scenario::default(),
        beside: data.to_owned(),
    };
    Fleet::open(&plan, world).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_demo_has_all_venues_or_none_or_those_that_are_named() {
        for (list, want) in [
            ("all", Some(&Venue::ALL[..])),
            ("none", Some(&[][..])),
            ("kraken, binance,kraken", Some(&[Venue::Kraken, Venue::Binance][..])),
            ("kraken,mtgox", None),
            ("", None),
        ] {
            assert_eq!(chosen(list).ok().as_deref(), want, "{list}");
        }
    }
}
