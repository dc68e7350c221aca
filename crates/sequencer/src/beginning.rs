//! What the sequencer begins with: a new journal, or one brought back.

use std::sync::Arc;

use engine::{Engine, Genesis, RULES_VERSION, StateHash};
use journal::{End, Identity, Journal, JournalError, Lock, OnDurable, Resting, Storage};
use model::{Seq, Time};

use crate::codec;
use crate::config::{Config, OnFatal};
use crate::measured::measured;
use crate::pipeline::{Fatal, Pipeline, Publish};
use crate::reader::Reader;
use crate::replay::{self, Range, ReplayError, Replayed};
use crate::runtime::StartError;

/// A state to begin with, and the journal that goes on from it.
pub(crate) struct Beginning {
    engine: Engine,
    /// The journal and where it ends; `None` for a new one.
    journal: Option<(Resting, End)>,
    /// The first entry is still to be written.
    genesis: Option<Genesis>,
    checkpoint: Option<(Seq, StateHash)>,
    identity: Identity,
}

impl Beginning {
    /// Replays what `storage` holds, and checks that it is all there. The caller holds the lock.
    pub fn recover(
        config: &Config,
        storage: &Arc<dyn Storage>,
        readers: &mut [Box<dyn Reader>],
    ) -> Result<Self, ReplayError> {
        let (map_key, id) = config.randomness.split_first_chunk().expect("16 of 24 bytes");
        let genesis = Genesis { map_key: *map_key };
        let journal_id = u64::from_le_bytes(id.try_into().expect("the 8 others"));
        let Some(resting) = Resting::open(Arc::clone(storage), RULES_VERSION)? else {
            if 0 < config.must_reach.0 {
                let must_reach = config.must_reach.0;
                return Err(JournalError::Behind { have: 0, must_reach }.into());
            }
            replay::restore_nothing(readers)?;
            return Ok(Self {
                engine: Engine::new(&genesis),
                journal: None,
                genesis: Some(genesis),
                checkpoint: None,
                identity: Identity { rules: RULES_VERSION, journal_id },
            });
        };
        resting.settle()?;
        let replayed = replay::replay(storage, &resting, readers, Range::ALL)?;
        Self::check(config, storage, resting, replayed, genesis)
    }

    fn check(
        config: &Config,
        storage: &Arc<dyn Storage>,
        resting: Resting,
        replayed: Replayed,
        genesis: Genesis,
    ) -> Result<Self, ReplayError> {
        let end = replayed.end.expect("replayed to the end");
        let newest = journal::snapshots(storage.as_ref())?.first().copied().unwrap_or(0);
        resting.check(&end, config.must_reach.0.max(newest))?;
        for (seq, reason) in &replayed.refused {
            tracing::warn!(seq = seq.0, reason, "a snapshot was passed over");
        }
        if 0 < end.torn_bytes {
            let (bytes, seq) = (end.torn_bytes, end.seq);
            tracing::warn!(bytes, seq, "cutting an unacknowledged tail of the journal");
        }
        tracing::info!(seq = end.seq, snapshot = ?replayed.snapshot, "journal recovered");
        let identity = Identity { rules: RULES_VERSION, journal_id: resting.journal_id() };
        let (engine, genesis) = match replayed.engine {
            Some(engine) => (engine, None),
            None => (Engine::new(&genesis), Some(genesis)),
        };
        let checkpoint = replayed.checkpoint;
        Ok(Self { engine, journal: Some((resting, end)), genesis, checkpoint, identity })
    }

    /// Which journal it is.
    pub const fn identity(&self) -> Identity {
        self.identity
    }

    /// Opens the journal for writing and sets the pipeline up.
    pub fn open<T: Send + 'static>(
        self,
        config: &Config,
        storage: &Arc<dyn Storage>,
        time: Time,
        publish: impl Publish<T>,
        on_fatal: OnFatal,
    ) -> Result<(Pipeline<T>, Fatal<T>), JournalError> {
        let (journal, identity) = (self.journal, self.identity);
        let (mut pipeline, fatal) = Pipeline::begin(
            self.engine,
            &config.journal,
            self.checkpoint,
            publish,
            on_fatal,
            &mut |mut on_durable, on_fatal| {
                let is_measured = config.is_measured;
                let on_durable: OnDurable =
                    Box::new(move |durable| measured(is_measured, || on_durable(durable)));
                match &journal {
                    None => {
                        let storage = Arc::clone(storage);
                        Journal::create(storage, identity, config.journal, on_durable, on_fatal)
                    }
                    Some((resting, end)) => {
                        Journal::resume(resting, end, config.journal, on_durable, on_fatal)
                    }
                }
            },
        )?;
        if let Some(genesis) = self.genesis {
            pipeline.append_entry(|out| codec::put_genesis(out, RULES_VERSION, &genesis, time))?;
        }
        Ok((pipeline, fatal))
    }
}

impl<T: Send + 'static> Pipeline<T> {
    /// Recovers what `storage` holds and begins, without queue, handle and readers: for who brings
    /// commands by its own way. The lock is to be kept until the pipeline has stopped.
    ///
    /// # Errors
    /// [`StartError`] with the reason; the journal is as it was.
    pub fn open(
        config: &Config,
        storage: &Arc<dyn Storage>,
        now: Time,
        publish: impl Publish<T>,
    ) -> Result<(Self, Lock), StartError> {
        let lock = journal::lock(storage.as_ref())?;
        let beginning = Beginning::recover(config, storage, &mut [])?;
        let on_fatal = Arc::clone(&config.on_fatal);
        let (pipeline, _fatal) = beginning.open(config, storage, now, publish, on_fatal)?;
        Ok((pipeline, lock))
    }
}

impl std::fmt::Debug for Beginning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Beginning").field("seq", &self.engine.seq()).finish_non_exhaustive()
    }
}
