//! A venue of our own: an engine, a journal and read models behind the venue's language, with
//! agents who trade on it and two accounts for whoever wants to try it.
//!
//! Keeps   what is answered comes from the engine: there is no answer that was prepared. The same
//!         seed gives the same keys and the same world; its money is nobody's.
//! Fails   [`OpeningError`]; afterwards as the sequencer does.

use std::sync::Arc;

use axum::Router;
use engine::Command;
use journal::Storage;
use model::{Amount, AssetId, Secret, Time, UserId};
use projection::{Bounds, History, Projection, Views};
use sequencer::{Config, Handle, Joiner, StartError, SubmitError};
use venue::port::Venue;
use venue_server::{Exchange, Foundation, Limits, Ordeal, Reading, Scopes, VenueKey, VenueKeys};

use crate::demo::{self, Agents, FoundingError, Participant};
use crate::key_stream::KeyStream;
use crate::language::{Language, Speaker};
use crate::prices::random::Random;
use crate::prices::{Character, Outlook, PriceProcess};
use crate::suffering::suffering;
use crate::venue_listing::{listing, visitors_funds};
use crate::wide_listing::widened;

/// Accounts for whoever wants to try it.
const ACCOUNTS: usize = 2;
/// The upper half of the reference of each endowment: "rialto v" in ASCII.
const REFERENCE: u128 = 0x7269_616c_746f_2076 << 64;

/// Commands between two snapshots.
const SNAPSHOT_EVERY: u64 = 200_000;
/// Bytes of journal kept behind the oldest snapshot: nobody asks for the past of a simulation.
const JOURNAL_RETENTION_BYTES: u64 = 4 << 20;
const JOURNAL_SEGMENT_BYTES: u64 = 2 << 20;
const JOURNAL_RESERVED_BYTES: u64 = 256 << 10;

/// What a venue remembers: a day, and what somebody who tries it may ask for. Four of them stand
/// beside a demo.
const MEMORY: Bounds = Bounds {
    closed_orders: 1_000,
    closed_orders_total: 8_192,
    fills: 1_000,
    fills_total: 8_192,
    records: 500,
    trades: 1_000,
    candles: 500,
    minutes: 24 * 60 + 1,
};

/// How a venue is opened.
pub struct Opening {
    /// Which.
    pub venue: Venue,
    /// From which keys follow.
    pub seed: u64,
    /// From which prices follow; shared by all venues of one world.
    pub process: Arc<PriceProcess>,
    /// Where its journal goes; empty.
    pub storage: Arc<dyn Storage>,
    /// What time it is.
    pub clock: Arc<dyn Fn() -> Time + Send + Sync>,
    /// What the outside may use.
    pub limits: Limits,
    /// How much goes on there.
    pub liveliness: Liveliness,
}

/// How much goes on at a venue beyond what is usual there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Liveliness {
    /// At least so many markets, but 64 at most.
    pub markets: usize,
    /// How often in a second agents look at each market, and change something in its book; as in
    /// [`Character::looks_a_second`]. `None` for as often as usual.
    pub looks_a_second: Option<u32>,
}

/// Why a venue does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpeningError {
    /// The sequencer does not start.
    #[error("the sequencer does not start")]
    Start(#[from] StartError),
    /// What is needed for trading cannot be founded.
    #[error("the markets cannot be founded")]
    Founding(#[from] FoundingError),
    /// A command was not taken in.
    #[error("the exchange does not take commands")]
    Submit(#[from] SubmitError),
    /// Something broke on the way.
    #[error("the start broke off")]
    Broken,
}

/// An account with a key that reads and trades.
#[derive(Clone, Debug)]
pub struct VenueAccount {
    /// The name that travels in requests.
    pub api_key: Secret<String>,
    /// What it signs with, as the venue spells it.
    pub api_secret: Secret<String>,
    /// The key's third part, at venues where it has one.
    pub passphrase: Option<Secret<String>>,
}

/// An open venue that speaks its own language.
pub struct VenueExchange {
    venue: Venue,
    accounts: Vec<VenueAccount>,
    exchange: Arc<Exchange>,
    speaker: Speaker,
    language: Language,
    people: Vec<Participant>,
    process: Arc<PriceProcess>,
    character: Character,
    seed: u64,
    joiner: Joiner,
}

impl VenueExchange {
    /// Opens a venue: markets listed, accounts funded, nobody trading yet. To be called inside a
    /// runtime.
    ///
    /// # Errors
    /// [`OpeningError`].
    pub async fn open(opening: Opening) -> Result<Self, OpeningError> {
        let Opening { venue, seed, process, storage, clock, limits, liveliness } = opening;
        let language = Language::of(venue);
        let projection = Projection::with_bounds(MEMORY);
        let views = projection.views();
        let config = config(venue, &mut Random::new(own_seed(seed, venue)));
        let stamp = Arc::clone(&clock);
        // It waits for the disk.
        let starting = tokio::task::spawn_blocking(move || {
            let readers = vec![Box::new(Reading(projection)) as _];
            sequencer::start(config, storage, Box::new(move || stamp()), readers)
        });
        let (sequencer, joiner) = starting.await.map_err(|_| OpeningError::Broken)??;
        let listing = widened(listing(venue), liveliness.markets);
        demo::found_listing(&sequencer, &views, &listing).await?;
        let funds = visitors_funds(&listing.assets);
        let mut keys = Vec::new();
        for number in 0..ACCOUNTS {
            let user = visitor(number);
            endow(&sequencer, number, user, &funds).await?;
            let mut drawn = KeyStream::new(seed, venue, number);
            let (api_key, secret, passphrase) = (language.draw_key)(&mut || drawn.next(), number);
            let scopes = Scopes { read: true, trade: true, transfer: false, admin: false };
            keys.push(VenueKey { user, api_key, secret, passphrase, scopes });
        }
        let history = History::memory_only(views.clone());
        let ring = Arc::new(VenueKeys::new(match venue {
            Venue::Binance => &keys,
            // They keep their keys themselves: they do not sign as Binance does.
            Venue::Coinbase | Venue::Kraken | Venue::Kucoin => &[],
        }));
        let foundation = Foundation { sequencer, views, history, keys: ring, clock, limits };
        let exchange = Exchange::new(foundation);
        let account = |key: &VenueKey| VenueAccount {
            api_key: Secret::new(key.api_key.clone()),
            api_secret: key.secret.clone(),
            passphrase: key.passphrase.clone(),
        };
        let accounts = keys.iter().map(account).collect();
        let speaker = (language.open)(Arc::clone(&exchange), keys);
        let people = listing.participants;
        let usual = Character::of(venue);
        let character = liveliness.looks_a_second.map_or(usual, |looks| usual.looked_at(looks));
        Ok(Self {
            venue,
            accounts,
            exchange,
            speaker,
            language,
            people,
            process,
            character,
            seed,
            joiner,
        })
    }

    /// Which.
    #[must_use]
    pub const fn venue(&self) -> Venue {
        self.venue
    }

    /// The accounts for whoever wants to try it.
    #[must_use]
    pub fn accounts(&self) -> &[VenueAccount] {
        &self.accounts
    }

    /// What can be read of it, past its language.
    #[must_use]
    pub fn views(&self) -> &Views {
        &self.exchange.views
    }

    /// How many messages of market data were never sent because a scenario asked for that.
    #[must_use]
    pub fn messages_swallowed(&self) -> u64 {
        self.exchange.trouble.swallowed()
    }

    /// What it stands on.
    pub(crate) const fn exchange(&self) -> &Arc<Exchange> {
        &self.exchange
    }

    /// Its REST and sockets, to be served with the peer's address in each request.
    pub fn router(&self) -> Router {
        let exchange = Arc::clone(&self.exchange);
        suffering(self.speaker.router.clone(), exchange, self.language)
    }

    /// Tells whoever listens what happens, until [`Self::close`]. To be spawned once.
    pub fn feed(&self) -> impl Future<Output = ()> + Send + use<> {
        (self.speaker.feed)()
    }

    /// Lets agents trade until `stop` or [`Self::close`]. To be spawned once.
    pub fn trade<S: Future<Output = ()> + Send>(
        &self,
        stop: S,
    ) -> impl Future<Output = ()> + Send + use<S> {
        let (handle, views) = (self.exchange.sequencer.clone(), self.exchange.views.clone());
        let outlook = Outlook::new(Arc::clone(&self.process), self.character);
        demo::run_with(handle, views, outlook, self.people.clone(), stop)
    }

    /// Agents who trade as [`Self::trade`] would have them, when they are told to and not by any
    /// clock. In the place of it, not beside it.
    #[must_use]
    pub fn traders(&self) -> Traders {
        let (handle, views) = (self.exchange.sequencer.clone(), self.exchange.views.clone());
        let outlook = Outlook::new(Arc::clone(&self.process), self.character);
        let agents = Agents::new(handle, views, outlook, self.people.clone());
        Traders(agents.expect("their accounts were opened with the venue"))
    }

    /// Tells whoever listens that it ends. Open requests are answered still.
    pub fn stop_streams(&self) {
        self.exchange.trouble.begin(Ordeal::default());
        (self.speaker.stop)();
    }

    /// Takes nothing more in and ends when everything that was taken in is done.
    pub async fn close(self) {
        self.stop_streams();
        self.exchange.sequencer.stop();
        // A thread that panicked has said so already.
        let _ = tokio::task::spawn_blocking(move || self.joiner.join()).await;
    }
}

/// Agents who trade step by step.
pub struct Traders(Agents);

impl Traders {
    /// Lets so many steps of simulated time pass, each a twentieth of a second.
    ///
    /// # Errors
    /// [`SubmitError`] where the venue takes no commands.
    pub async fn pass(&mut self, steps: u64) -> Result<(), SubmitError> {
        for _ in 0..steps {
            self.0.step().await?;
        }
        Ok(())
    }
}

impl std::fmt::Debug for Traders {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Traders").finish_non_exhaustive()
    }
}

impl std::fmt::Debug for VenueExchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("VenueExchange");
        shown.field("venue", &self.venue).field("seed", &self.seed).finish_non_exhaustive()
    }
}

/// The journal of one venue is none of another.
fn own_seed(seed: u64, venue: Venue) -> u64 {
    let place = Venue::ALL.iter().position(|it| *it == venue).unwrap_or_default() as u64;
    seed ^ place << 56
}

fn config(venue: Venue, random: &mut Random) -> Config {
    let mut randomness = [0; 24];
    for part in randomness.chunks_exact_mut(8) {
        part.copy_from_slice(&random.next().to_le_bytes());
    }
    let mut config = Config::new(randomness);
    config.snapshot_every = SNAPSHOT_EVERY;
    config.retention.bytes = JOURNAL_RETENTION_BYTES;
    config.journal.segment_bytes = JOURNAL_SEGMENT_BYTES;
    config.journal.reserved_bytes = JOURNAL_RESERVED_BYTES;
    config.runtime = Some(tokio::runtime::Handle::current());
    config.is_measured = false;
    // One venue ends, and neither the others nor the exchange that they stand beside.
    config.on_fatal = Arc::new(move |reason| {
        tracing::error!(venue = venue.id(), reason, "the venue answers nothing any more");
    });
    config
}

/// An identity of no person.
fn visitor(number: usize) -> UserId {
    let last = u8::try_from(number).expect("a few accounts");
    UserId([0xde, 0x31, 0, 0, 0, 0, 0x80, 0, 0x80, 0, 0, 0, 0, 0, 0, last])
}

/// Opens and funds an account. On an empty exchange assets are numbered as they are listed.
async fn endow(
    handle: &Handle,
    number: usize,
    user: UserId,
    funds: &[Amount],
) -> Result<(), OpeningError> {
    let account = demo::open_account(handle, user).await?;
    for (place, amount) in (0..).zip(funds) {
        let (asset, amount) = (AssetId(place), *amount);
        let reference = REFERENCE | (number as u128) << 32 | u128::from(place);
        handle.submit(Command::Adjust { account, asset, amount, reference })?.await?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use journal::simulated::Disk;

    use super::*;

    async fn open(venue: Venue, seed: u64) -> VenueExchange {
        let (storage, limits) = (Arc::new(Disk::new()), Limits::default());
        let clock = Arc::new(|| Time(1_795_000_000_000_000));
        let process = PriceProcess::of_seed(seed);
        let liveliness = Liveliness::default();
        let opening = Opening { venue, seed, process, storage, clock, limits, liveliness };
        VenueExchange::open(opening).await.unwrap()
    }

    #[tokio::test]
    async fn the_seed_gives_the_keys_and_everybody_has_funds() {
        for venue in Venue::ALL {
            let (one, same, other) =
                (open(venue, 1).await, open(venue, 1).await, open(venue, 2).await);
            let keys = |venue: &VenueExchange| {
                let text = |it: &VenueAccount| it.api_key.expose().clone() + it.api_secret.expose();
                venue.accounts().iter().map(text).collect::<Vec<_>>()
            };
            assert_eq!(keys(&one), keys(&same));
            assert!(keys(&one)[0] != keys(&other)[0] && keys(&one)[0] != keys(&one)[1]);
            let first = format!("{:?}", one.accounts()[0]);
            assert!(!first.contains(one.accounts()[0].api_secret.expose()), "{first}");
            let funds = visitors_funds(one.views().catalog().assets());
            for number in 0..ACCOUNTS {
                let account = one.views().account_of(&visitor(number)).unwrap();
                for (place, funds) in (0..).zip(&funds) {
                    let balance = one.views().balance(account, AssetId(place)).unwrap();
                    assert_eq!((balance.available, balance.held), (*funds, 0), "{venue:?}");
                }
            }
            for venue in [one, same, other] {
                venue.close().await;
            }
        }
    }
}
