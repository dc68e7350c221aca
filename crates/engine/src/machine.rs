//! The engine as its users see it.

use model::{AccountId, AssetId, Seq, Time};

use crate::command::Stamped;
use crate::event::Event;

/// Which rules this engine plays by. A journal written under others is refused.
pub const RULES_VERSION: u32 = 1;

/// The account of the world outside: minus the sum of all others, per asset.
pub const OUTSIDE: AccountId = AccountId(0);
/// The account where fees go and rebates come from. Customers follow from 2.
pub const HOUSE: AccountId = AccountId(1);

/// What is drawn once, when a journal begins, and is its first record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Genesis {
    /// Keys the maps over client text, so that nobody outside can aim at their buckets.
    pub map_key: [u8; 16],
}

/// Everything the engine knows, in 32 bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StateHash(pub [u8; 32]);

/// Why a snapshot cannot be restored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// Ends early, goes on too long, or holds what no engine would write.
    #[error("the snapshot is malformed")]
    Malformed,
    /// Written under other rules.
    #[error("the snapshot was written under rules version {found}")]
    Rules {
        /// Under which.
        found: u32,
    },
}

/// The exchange.
#[derive(Debug)]
pub struct Engine {
    last_seq: Seq,
    last_time: Time,
}

impl Engine {
    /// An exchange without assets, markets and accounts.
    #[must_use]
    pub fn new(genesis: &Genesis) -> Self {
        let _ = genesis;
        Self { last_seq: Seq(0), last_time: Time(0) }
    }

    /// Applies one command and appends what happened to `events`.
    ///
    /// # Panics
    /// If the sequence has a gap or time steps back: bugs of the journal.
    pub fn apply(&mut self, input: &Stamped, events: &mut Vec<Event>) {
        assert_eq!(input.seq.0, self.last_seq.0 + 1, "a gap here is a journal bug");
        assert!(self.last_time <= input.time, "time steps back only by a sequencer bug");
        (self.last_seq, self.last_time) = (input.seq, input.time);
        let _ = events;
    }

    /// The last command applied; 0 before the first.
    #[must_use]
    pub const fn seq(&self) -> Seq {
        self.last_seq
    }

    /// The time of the last command applied.
    #[must_use]
    pub const fn time(&self) -> Time {
        self.last_time
    }

    /// A hash over every balance, hold, order, queue position, counter and setting, and over the
    /// history of events that led here.
    #[must_use]
    pub fn state_hash(&self) -> StateHash {
        StateHash([0; 32])
    }

    /// Appends the whole state, in the one canonical form that [`Self::state_hash`] hashes.
    pub fn snapshot(&self, out: &mut Vec<u8>) {
        let _ = out;
    }

    /// The engine that wrote `bytes`.
    ///
    /// # Errors
    /// [`SnapshotError`] unless every byte is as [`Self::snapshot`] wrote it.
    pub fn restore(bytes: &[u8]) -> Result<Self, SnapshotError> {
        let _ = bytes;
        Err(SnapshotError::Malformed)
    }

    /// Per asset, the sum over all accounts, free and held: zero, or there is a bug.
    pub fn trial_balance(&self) -> impl Iterator<Item = (AssetId, i128)> {
        std::iter::empty()
    }
}
