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
use projection::{History, Projection, Views};
use sequencer::{Config, Handle, Joiner, StartError, SubmitError};
use venue::binance::SignatureKey;
use venue_server::binance::{feed_streams, router};
use venue_server::{Exchange, Foundation, KeyEntry, Keyring, Limits, Reading, Scopes};

use crate::demo::random::Random;
use crate::demo::{self, FoundingError, assets};

/// Accounts for whoever wants to try it.
const ACCOUNTS: usize = 2;
/// What each of them begins with, whole, in the order of [`assets`].
const FUNDS: [Amount; 7] = [1_000_000, 500_000, 20, 300, 5_000, 500_000, 1_000_000];
/// One whole asset in ledger units.
const ONE: Amount = 100_000_000;
/// The upper half of the reference of each endowment: "rialto v" in ASCII.
const REFERENCE: u128 = 0x7269_616c_746f_2076 << 64;

/// Length of a key's name and of a secret, in characters; as Binance's.
const KEY_CHARS: usize = 64;
const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/// Commands between two snapshots.
const SNAPSHOT_EVERY: u64 = 200_000;
/// Bytes of journal kept behind the oldest snapshot: nobody asks for the past of a simulation.
const JOURNAL_RETENTION_BYTES: u64 = 64 << 20;
const JOURNAL_SEGMENT_BYTES: u64 = 8 << 20;
const JOURNAL_RESERVED_BYTES: u64 = 1 << 20;

/// How a venue is opened.
pub struct Opening {
    /// From which keys and prices follow.
    pub seed: u64,
    /// Where its journal goes; empty.
    pub storage: Arc<dyn Storage>,
    /// What time it is.
    pub clock: Arc<dyn Fn() -> Time + Send + Sync>,
    /// What the outside may use.
    pub limits: Limits,
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
    /// What it signs with.
    pub api_secret: Secret<String>,
}

/// An open venue that speaks as Binance does.
pub struct VenueExchange {
    accounts: Vec<VenueAccount>,
    exchange: Arc<Exchange>,
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
        let Opening { seed, storage, clock, limits } = opening;
        let mut random = Random::new(seed);
        let projection = Projection::new();
        let views = projection.views();
        let config = config(&mut random);
        let stamp = Arc::clone(&clock);
        // It waits for the disk.
        let starting = tokio::task::spawn_blocking(move || {
            let readers = vec![Box::new(Reading(projection)) as _];
            sequencer::start(config, storage, Box::new(move || stamp()), readers)
        });
        let (sequencer, joiner) = starting.await.map_err(|_| OpeningError::Broken)??;
        demo::found(&sequencer, &views).await?;
        let mut keys = Keys(Vec::new());
        let mut accounts = Vec::new();
        for number in 0..ACCOUNTS {
            let user = visitor(number);
            endow(&sequencer, number, user).await?;
            let [api_key, api_secret] = [draw(&mut random), draw(&mut random)];
            keys.add(user, &api_key, &api_secret);
            accounts.push(VenueAccount { api_key, api_secret });
        }
        let history = History::memory_only(views.clone());
        let foundation =
            Foundation { sequencer, views, history, keys: Arc::new(keys), clock, limits };
        Ok(Self { accounts, exchange: Exchange::new(foundation), seed, joiner })
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

    /// Its REST and sockets, to be served with the peer's address in each request.
    pub fn router(&self) -> Router {
        router(Arc::clone(&self.exchange))
    }

    /// Tells whoever listens what happens, until [`Self::close`]. To be spawned once.
    pub fn feed(&self) -> impl Future<Output = ()> + Send + use<> {
        feed_streams(Arc::clone(&self.exchange))
    }

    /// Lets agents trade until `stop` or [`Self::close`]. To be spawned once.
    pub fn trade<S: Future<Output = ()> + Send>(
        &self,
        stop: S,
    ) -> impl Future<Output = ()> + Send + use<S> {
        let (handle, views) = (self.exchange.sequencer.clone(), self.exchange.views.clone());
        demo::run(handle, views, self.seed, stop)
    }

    /// Tells whoever listens that it ends. Open requests are answered still.
    pub fn stop_streams(&self) {
        self.exchange.stop_streams();
    }

    /// Takes nothing more in and ends when everything that was taken in is done.
    pub async fn close(self) {
        self.exchange.stop_streams();
        self.exchange.sequencer.stop();
        // A thread that panicked has said so already.
        let _ = tokio::task::spawn_blocking(move || self.joiner.join()).await;
    }
}

impl std::fmt::Debug for VenueExchange {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("VenueExchange").field("seed", &self.seed).finish_non_exhaustive()
    }
}

fn config(random: &mut Random) -> Config {
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
    config
}

/// An identity of no person.
fn visitor(number: usize) -> UserId {
    let last = u8::try_from(number).expect("a few accounts");
    UserId([0xde, 0x31, 0, 0, 0, 0, 0x80, 0, 0x80, 0, 0, 0, 0, 0, 0, last])
}

/// Opens and funds an account. On an empty exchange assets are numbered as [`assets`] lists them.
async fn endow(handle: &Handle, number: usize, user: UserId) -> Result<(), OpeningError> {
    let account = demo::open_account(handle, user).await?;
    for (place, whole) in (0..).zip(FUNDS).take(assets().len()) {
        let (asset, amount) = (AssetId(place), whole * ONE);
        let reference = REFERENCE | (number as u128) << 32 | u128::from(place);
        handle.submit(Command::Adjust { account, asset, amount, reference })?.await?;
    }
    Ok(())
}

/// 64 letters and digits.
fn draw(random: &mut Random) -> Secret<String> {
    let mut text = String::with_capacity(KEY_CHARS);
    for _ in 0..KEY_CHARS {
        let place = usize::try_from(random.next() % ALPHABET.len() as u64).unwrap_or(0);
        text.push(char::from(ALPHABET[place]));
    }
    Secret::new(text)
}

/// The keys of a venue: a few, found by looking at each.
struct Keys(Vec<(Secret<String>, Arc<KeyEntry>)>);

impl Keys {
    fn add(&mut self, user: UserId, api_key: &Secret<String>, api_secret: &Secret<String>) {
        let entry = KeyEntry {
            id: self.0.len() as u128,
            user,
            scopes: Scopes { read: true, trade: true, transfer: false, admin: false },
            allow_ips: Vec::new(),
            created: Time(0),
            verifier: Box::new(SignatureKey::hmac(api_secret.expose().as_bytes())),
        };
        self.0.push((api_key.clone(), Arc::new(entry)));
    }
}

impl Keyring for Keys {
    fn find(&self, api_key: &str) -> Option<Arc<KeyEntry>> {
        let found = self.0.iter().find(|(known, _)| known.expose() == api_key);
        found.map(|(_, entry)| Arc::clone(entry))
    }
}

#[cfg(test)]
mod tests {
    use journal::simulated::Disk;

    use super::*;

    async fn open(seed: u64) -> VenueExchange {
        let (storage, limits) = (Arc::new(Disk::new()), Limits::default());
        let clock = Arc::new(|| Time(1_795_000_000_000_000));
        VenueExchange::open(Opening { seed, storage, clock, limits }).await.unwrap()
    }

    #[tokio::test]
    async fn the_seed_gives_the_keys_and_everybody_has_funds() {
        let (one, same, other) = (open(1).await, open(1).await, open(2).await);
        let keys = |venue: &VenueExchange| {
            let text = |it: &VenueAccount| it.api_key.expose().clone() + it.api_secret.expose();
            venue.accounts().iter().map(text).collect::<Vec<_>>()
        };
        assert_eq!(keys(&one), keys(&same));
        assert!(keys(&one)[0] != keys(&other)[0] && keys(&one)[0] != keys(&one)[1]);
        let first = &one.accounts()[0];
        assert_eq!(format!("{first:?}").matches("Secret(…)").count(), 2);
        for number in 0..ACCOUNTS {
            let account = one.views().account_of(&visitor(number)).unwrap();
            for (place, whole) in (0..).zip(FUNDS) {
                let balance = one.views().balance(account, AssetId(place)).unwrap();
                assert_eq!((balance.available, balance.held), (whole * ONE, 0));
            }
        }
        for venue in [one, same, other] {
            venue.close().await;
        }
    }
}
