//! `rialto history …`: what queries read of long ago, on a stopped data directory.
//!
//! Keeps   the lock of the journal from the first look to the last write; nothing is deleted that
//!         the journal cannot tell again.

use std::sync::Arc;

use database::{Database, Place};
use engine::RULES_VERSION;
use journal::{Directory, Lock, Resting, Storage};
use model::Seq;
use projection::{History, Projection};
use sequencer::{ReplayError, offline};
use serde_json::json;
use venue_server::Reading;

use crate::Failure;
use crate::cli::{DataDirectory, HistoryCommand};

/// Carries out a command.
///
/// # Errors
/// With the reason; nothing is changed then, unless a rebuild was already writing: run it again.
pub async fn history(command: HistoryCommand) -> Result<(), Failure> {
    match command {
        HistoryCommand::Rebuild { data } => Stopped::open(data).await?.rebuild().await,
        HistoryCommand::AcceptGap { data } => Stopped::open(data).await?.accept_gap().await,
    }
}

/// A data directory that no server runs on until this is dropped.
struct Stopped {
    storage: Arc<dyn Storage>,
    lock: Lock,
    /// The first record that the journal still has.
    oldest: u64,
    database: Database,
}

/// What the history makes of a state to begin with.
enum Beginning {
    Taken,
    Refused(String),
}

impl Stopped {
    async fn open(data: DataDirectory) -> Result<Self, Failure> {
        let storage: Arc<dyn Storage> = Arc::new(Directory::open(&data.path.join("journal"))?);
        let lock = journal::lock(storage.as_ref())?;
        let resting = Resting::open(Arc::clone(&storage), RULES_VERSION)?;
        let resting = resting.ok_or("there is no journal")?;
        // What the database is told is durable there; so must be what tells it.
        resting.settle()?;
        let oldest = resting.oldest();
        let database = Database::open(&Place::new(data.database_url, &data.path)).await?;
        Ok(Self { storage, lock, oldest, database })
    }

    /// Empties the history and folds it anew from all that the journal has.
    async fn rebuild(self) -> Result<(), Failure> {
        if 1 < self.oldest {
            let oldest = self.oldest;
            return Err(format!(
                "the journal begins at record {oldest}: what the history tells of before would be \
                 gone for good; nothing was changed"
            )
            .into());
        }
        // All of it replays, and tells at least as much as is there: else nothing is deleted.
        let whole = self.replay(None, vec![])?;
        let (reached, _) = self.reached().await?;
        if whole.seq < reached {
            let end = whole.seq;
            return Err(format!("the journal ends at {end}, the history at {reached}").into());
        }
        History::clear(&self.database).await?;
        let mut projection = Projection::new();
        let (history, writer) = History::open(&self.database, &mut projection).await?;
        let mut writing = tokio::spawn(writer.run());
        let reached = self.replay(None, vec![Box::new(Reading(projection))])?;
        tokio::select! {
            biased;
            () = history.drained() => {}
            ended = &mut writing => {
                ended?;
                return Err("the database takes no more of the history: run it again".into());
            }
        }
        drop(history);
        writing.await?;
        self.database.close().await?;
        println!("{}", json!({ "seq": reached.seq.0, "from": reached.from.0 }));
        Ok(())
    }

    /// Lets the history go on from the oldest snapshot, without what came before it and is neither
    /// there nor in the journal any more.
    async fn accept_gap(self) -> Result<(), Failure> {
        if self.oldest == 1 {
            return Err("the journal has everything: `rialto history rebuild` fills it in".into());
        }
        let mut snapshots = journal::snapshots(self.storage.as_ref())?;
        snapshots.retain(|seq| self.oldest <= *seq + 1);
        let (before, mut reason) = (self.reached().await?.0, String::from("there is no snapshot"));
        for seq in snapshots.iter().copied().map(Seq) {
            if let Beginning::Taken = self.begin_at(seq).await? {
                return Err(format!("nothing is missing: it goes on from command {seq}").into());
            }
        }
        for seq in snapshots.into_iter().rev().map(Seq) {
            History::skip_to(&self.database, seq).await?;
            match self.begin_at(seq).await? {
                Beginning::Taken => {
                    self.database.close().await?;
                    let missing = json!({ "after": before.0, "through": seq.0 });
                    println!("{}", json!({ "missing": missing }));
                    return Ok(());
                }
                Beginning::Refused(why) => reason = why,
            }
        }
        History::skip_to(&self.database, before).await?;
        Err(format!("the history cannot go on from any snapshot: {reason}").into())
    }

    /// The last command that the history has, and the views it would be read with.
    async fn reached(&self) -> Result<(Seq, Projection), Failure> {
        let mut projection = Projection::new();
        let (history, _writer) = History::open(&self.database, &mut projection).await?;
        Ok((history.reached().unwrap_or(Seq(0)), projection))
    }

    /// Whether the views, with the history as it is, can begin at the snapshot of `seq`.
    async fn begin_at(&self, seq: Seq) -> Result<Beginning, Failure> {
        let (_, projection) = self.reached().await?;
        match self.replay(Some(seq), vec![Box::new(Reading(projection))]) {
            Ok(reached) if reached.from == seq => Ok(Beginning::Taken),
            Ok(_) => Ok(Beginning::Refused(format!("the snapshot of command {seq} is not sound"))),
            Err(error @ (ReplayError::Reader { .. } | ReplayError::NoBeginning { .. })) => {
                Ok(Beginning::Refused(error.to_string()))
            }
            Err(error) => Err(error.into()),
        }
    }

    fn replay(
        &self,
        to: Option<Seq>,
        mut readers: Vec<Box<dyn sequencer::Reader>>,
    ) -> Result<offline::Reached, ReplayError> {
        tokio::task::block_in_place(|| offline::fold(&self.lock, &self.storage, &mut readers, to))
    }
}
