//! The exchange as it lies in a data directory: everything opened, nothing served yet.
//!
//! Shape   `DATA/journal/` the truth of trading, `DATA/rialto.db` that of people (unless a database
//!         URL is given), `DATA/master.key` what opens secrets, `DATA/admin.sock` the operator's
//!         way in, `DATA/demo.json` what a script needs to know of a demo,
//!         `DATA/rialto-venues-…/` what its venues write while they run.

use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use database::{Database, Place};
use identity::{Identity, MasterKeySource, SESSION_IDLE};
use journal::{Directory, JournalConfig};
use model::{Secret, Seq, Time};
use projection::{History, Projection, Retention, Views};
use sequencer::{
    Clock, Config, Handle, JOURNAL_RETENTION_BYTES, Joiner, OnFatal, SNAPSHOT_EVERY, SystemClock,
};
use tokio::task::JoinHandle;
use vault::{KeyFile, MasterKeys, Missing};
use venue_server::Reading;

use crate::Failure;
use crate::cli::DataDirectory;
use crate::operator::Operator;
use crate::ownership::create_private;
use crate::test_clock::TestClock;

/// The variable that may hold the master key, where there is no better place for it.
const MASTER_KEY: &str = "RIALTO_MASTER_KEY";

/// How a house is opened.
#[derive(Clone, Debug)]
pub struct HouseOptions {
    /// Where it lies.
    pub data: PathBuf,
    /// The database, if not in there.
    pub database_url: Option<String>,
    /// The master key's file, if not in there.
    pub master_key_file: Option<PathBuf>,
    /// Commands between two snapshots.
    pub snapshot_every: u64,
    /// Bytes of journal kept behind the oldest snapshot.
    pub journal_retention_bytes: u64,
    /// Bytes of one segment of the journal.
    pub journal_segment_bytes: u64,
    /// How long nothing may happen in a session.
    pub session_idle: Duration,
    /// Moves the clock of people, in tests; `None` where nothing moves it.
    pub test_clock: Option<TestClock>,
    /// How long orders that never traded are remembered in the database; `None` as long as usual.
    pub unfilled_orders: Option<Duration>,
}

/// Segments are whole sectors.
const SECTOR_BYTES: u64 = 512;
/// Of a segment, so much is reserved for cancels.
const RESERVED_PART: u64 = 8;
/// A smaller one would hold too few commands; a larger one takes too long to prepare.
const JOURNAL_SEGMENT_RANGE: RangeInclusive<u64> = 64 << 10..=1 << 30;

impl From<DataDirectory> for HouseOptions {
    fn from(directory: DataDirectory) -> Self {
        let DataDirectory { path, database_url, master_key_file } = directory;
        Self {
            data: path,
            database_url,
            master_key_file,
            snapshot_every: SNAPSHOT_EVERY,
            journal_retention_bytes: JOURNAL_RETENTION_BYTES,
            journal_segment_bytes: JournalConfig::SEGMENT_BYTES,
            session_idle: SESSION_IDLE,
            test_clock: None,
            unfilled_orders: None,
        }
    }
}

/// What time it is in the house: the machine's, but while a demo makes up its past.
#[derive(Debug, Default)]
pub struct HouseClock {
    machine: SystemClock,
    /// Microseconds since 1970; 0 for the machine's time.
    staged: AtomicU64,
}

impl HouseClock {
    /// The time of the exchange.
    pub fn now(&self) -> Time {
        match self.staged.load(Ordering::Relaxed) {
            0 => self.machine_time(),
            staged => Time(staged),
        }
    }

    /// The time of the machine.
    pub fn machine_time(&self) -> Time {
        self.machine.now()
    }

    /// Lets the exchange's time stand at `time`; `None` lets it go on with the machine's.
    pub fn stage(&self, time: Option<Time>) {
        self.staged.store(time.map_or(0, |time| time.0), Ordering::Relaxed);
    }
}

/// An opened exchange. [`Self::close`] it, or the last snapshot is an older one.
pub struct House {
    /// What time it is, for all who judge by it.
    pub clock: Arc<HouseClock>,
    /// Where commands go.
    pub sequencer: Handle,
    /// What is read.
    pub views: Views,
    /// What is read of long ago.
    pub history: History,
    /// Who may do what.
    pub identity: Arc<Identity>,
    test_clock: Option<TestClock>,
    database: Database,
    joiner: Joiner,
    history_writer: JoinHandle<()>,
}

impl House {
    /// Opens what lies in the data directory, recovering it if it was left in a hurry.
    ///
    /// # Errors
    /// With the reason why it cannot be served: in use, damaged, no space, no database.
    pub async fn open(options: &HouseOptions) -> Result<Self, Failure> {
        create_private(&options.data)?;
        let storage = Arc::new(Directory::create(&options.data.join("journal"))?);
        let place = Place::new(options.database_url.clone(), &options.data);
        let database = Database::open(&place).await?;
        let master = master_keys(options)?;
        let clock = Arc::new(HouseClock::default());
        let people_clock = people_clock(&clock, options.test_clock.clone());
        let idle = options.session_idle;
        let identity = Identity::open(database.clone(), master, people_clock, idle).await?;
        let identity = Arc::new(identity);
        let mut projection = Projection::new();
        let views = projection.views();
        let (history, mut writer) = History::open(&database, &mut projection).await?;
        if let Some(unfilled_orders) = options.unfilled_orders {
            writer = writer.retain(Retention { unfilled_orders, ..Retention::default() });
        }
        let mut config = Config::new(randomness()?);
        let history_writer = heeded(writer.run(), Arc::clone(&config.on_fatal));
        config.must_reach = history.reached().unwrap_or(Seq(0));
        config.snapshot_every = options.snapshot_every;
        config.retention.bytes = options.journal_retention_bytes;
        config.runtime = Some(tokio::runtime::Handle::current());
        config.journal = journal_config(options.journal_segment_bytes)?;
        let (sequencer, joiner) = tokio::task::block_in_place(|| {
            let readers = vec![Box::new(Reading(projection)) as _];
            let clock = Arc::clone(&clock);
            sequencer::start(config, storage, Box::new(move || clock.now()), readers)
        })?;
        if history.has_gap() {
            tracing::error!(
                "the history has a gap: start again, see \"The history is behind\" in the guide"
            );
        }
        let test_clock = options.test_clock.clone();
        Ok(Self {
            clock,
            sequencer,
            views,
            history,
            identity,
            test_clock,
            database,
            joiner,
            history_writer,
        })
    }

    /// Whoever carries out what operators ask.
    #[must_use]
    pub fn operator(&self) -> Operator {
        Operator {
            sequencer: self.sequencer.clone(),
            views: self.views.clone(),
            identity: Arc::clone(&self.identity),
            test_clock: self.test_clock.clone(),
        }
    }

    /// Takes nothing more in, finishes what was taken in, and leaves a snapshot.
    ///
    /// # Errors
    /// Where the database does not close in order.
    pub async fn close(self) -> Result<(), Failure> {
        self.identity.finish();
        self.sequencer.stop();
        tokio::task::block_in_place(|| self.joiner.join());
        // The projection went with the sequencer: the writer ends when all of it is written.
        self.history_writer.await?;
        self.identity.write_usage().await?;
        self.identity.write_sessions().await?;
        self.identity.write_last_failures().await;
        self.database.close().await?;
        Ok(())
    }
}

/// The clock by which sessions and keys end. People live now, whatever past the demo of an exchange
/// makes up; only a test moves it.
fn people_clock(clock: &Arc<HouseClock>, moved: Option<TestClock>) -> identity::Clock {
    let clock = Arc::clone(clock);
    match moved {
        Some(moved) => identity::Clock::new(move || moved.after(clock.machine_time())),
        None => identity::Clock::new(move || clock.machine_time()),
    }
}

/// Runs the writer on a thread of its own: as a task it would stand in one queue with all requests
/// at each of its statements, and fall behind when it is needed most. A panic there
/// would go unnoticed until somebody waits for the history in vain.
fn heeded(writing: impl Future<Output = ()> + Send + 'static, on_fatal: OnFatal) -> JoinHandle<()> {
    let runtime = tokio::runtime::Handle::current();
    let writing = tokio::task::spawn_blocking(move || runtime.block_on(writing));
    tokio::spawn(async move {
        if let Err(error) = writing.await
            && error.is_panic()
        {
            on_fatal(&format!("the writer of the history broke: {error}"));
        }
    })
}

/// Where the master keys come from: the environment, the file that is named, or one in the data
/// directory. That one is made if it is missing; a named one is its operator's to keep.
fn master_keys(options: &HouseOptions) -> Result<MasterKeySource, Failure> {
    match (std::env::var(MASTER_KEY), &options.master_key_file) {
        (Ok(_), Some(_)) => Err(format!("{MASTER_KEY} is set and a key file is named").into()),
        (Ok(digits), None) => {
            let digits = Secret::new(digits);
            tracing::warn!(
                "the master key comes from the environment, where it is easily read: \
                 prefer a key file"
            );
            let keys = MasterKeys::from_hex(digits.expose());
            let keys = keys.ok_or_else(|| format!("{MASTER_KEY} is not 64 hexadecimal digits"))?;
            Ok(MasterKeySource::Given(keys))
        }
        (Err(_), Some(path)) => {
            let file = KeyFile::new(path.clone());
            Ok(MasterKeySource::File { file, missing: Missing::Refuse })
        }
        (Err(_), None) => {
            let file = KeyFile::new(options.data.join("master.key"));
            Ok(MasterKeySource::File { file, missing: Missing::Create })
        }
    }
}

/// A journal of segments of so many bytes.
fn journal_config(segment_bytes: u64) -> Result<JournalConfig, Failure> {
    let (least, most) = JOURNAL_SEGMENT_RANGE.into_inner();
    if !(least..=most).contains(&segment_bytes) || !segment_bytes.is_multiple_of(SECTOR_BYTES) {
        let rule = format!("a multiple of {SECTOR_BYTES} from {least} to {most}");
        return Err(format!("journal-segment-bytes is {segment_bytes}, not {rule}").into());
    }
    let reserved_bytes = segment_bytes / RESERVED_PART;
    Ok(JournalConfig { segment_bytes, reserved_bytes, ..JournalConfig::default() })
}

fn randomness() -> Result<[u8; 24], Failure> {
    let mut bytes = [0; 24];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| "the system gives no randomness")?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    #[tokio::test]
    async fn a_writer_that_breaks_is_fatal_and_one_that_ends_is_not() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let on_fatal: OnFatal = {
            let told = Arc::clone(&told);
            Arc::new(move |reason| told.lock().unwrap().push(reason.to_owned()))
        };
        heeded(async {}, Arc::clone(&on_fatal)).await.unwrap();
        assert!(told.lock().unwrap().is_empty());
        heeded(async { panic!("it breaks here") }, on_fatal).await.unwrap();
        let told = told.lock().unwrap();
        assert!(told.len() == 1 && told[0].contains("the writer of the history"), "{told:?}");
    }

    #[test]
    fn a_segment_is_whole_sectors_of_a_sensible_size() {
        let config =
            journal_config(JournalConfig::SEGMENT_BYTES).expect("the usual size is sensible");
        assert_eq!(config, JournalConfig::default());
        let bytes = [64 << 10, 1 << 30, (64 << 10) - 512, (1 << 30) + 512, (64 << 10) + 1, 0];
        let taken = bytes.map(|bytes| journal_config(bytes).is_ok());
        assert_eq!(taken, [true, true, false, false, false, false]);
    }
}
