//! `rialto history …`: what queries read of long ago, on a stopped data directory.

use std::sync::Arc;

use database::{Database, Place};
use journal::{Directory, Storage};
use projection::{History, Projection};
use sequencer::offline;
use serde_json::json;
use venue_server::Reading;

use crate::Failure;
use crate::cli::HistoryCommand;

/// Empties the history and folds it anew from all that the journal has.
///
/// # Errors
/// Where the journal cannot be replayed or the database does not answer. What was emptied stays
/// so: run it again.
pub async fn history(command: HistoryCommand) -> Result<(), Failure> {
    let HistoryCommand::Rebuild { data } = command;
    let storage: Arc<dyn Storage> = Arc::new(Directory::open(&data.path.join("journal"))?);
    // A server that runs here would go on writing into what is emptied.
    drop(journal::lock(storage.as_ref())?);
    let database = Database::open(&Place::new(data.database_url, &data.path)).await?;
    History::clear(&database).await?;
    let mut projection = Projection::new();
    let (history, writer) = History::open(&database, &mut projection).await?;
    let writing = tokio::spawn(writer.run());
    let reached = tokio::task::block_in_place(|| {
        offline::fold(&storage, &mut [Box::new(Reading(projection))], None)
    })?;
    history.drained().await;
    drop(history);
    writing.await?;
    database.close().await?;
    println!("{}", json!({ "seq": reached.seq.0, "from": reached.from.0 }));
    Ok(())
}
