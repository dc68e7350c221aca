//! Commands to the sequencer, and its answers.

use engine::Command;
use model::Note;
use sequencer::{Answer, SubmitError};

use crate::exchange::Exchange;

/// Why nothing is known of a command's events.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotDone {
    /// There is no room now; nothing was done.
    Busy,
    /// The exchange ends; nothing was done.
    Stopping,
    /// It takes no orders, as a scenario has it; nothing was done.
    Refused,
    /// A command that does not fit, which is a bug of ours; nothing was done.
    TooLarge,
    /// Whether it was done is not known.
    Unknown,
}

/// Hands a command in, with what the client says beside it, and waits until it is durable and
/// readable.
///
/// # Errors
/// [`NotDone`].
pub async fn submit(exchange: &Exchange, command: Command, note: Note) -> Result<Answer, NotDone> {
    if places(&command) {
        // Cancels go on: see docs/decisions/0006.
        if exchange.history.lags() {
            return Err(NotDone::Busy);
        }
        if exchange.trouble.rejects_order() {
            return Err(NotDone::Refused);
        }
    }
    let pending = exchange.sequencer.submit_noted(command, note).map_err(not_taken)?;
    match tokio::time::timeout(exchange.limits.answer_timeout, pending).await {
        Ok(Ok(answer)) => Ok(answer),
        // It was taken in, and then the exchange stopped.
        Ok(Err(SubmitError::Stopped)) | Err(_) => Err(NotDone::Unknown),
        Ok(Err(error)) => Err(not_taken(error)),
    }
}

const fn places(command: &Command) -> bool {
    match command {
        Command::Place(_) | Command::PlaceList(_) | Command::Replace(_) => true,
        Command::OpenAccount { .. }
        | Command::SetTier { .. }
        | Command::ListAsset(_)
        | Command::ListMarket(_)
        | Command::SetMarketState { .. }
        | Command::SetFilters { .. }
        | Command::SetFees { .. }
        | Command::Adjust { .. }
        | Command::Cancel { .. }
        | Command::CancelList { .. }
        | Command::CancelAll { .. }
        | Command::Amend { .. }
        | Command::Clock => false,
    }
}

const fn not_taken(error: SubmitError) -> NotDone {
    match error {
        SubmitError::Busy | SubmitError::DiskFull => NotDone::Busy,
        SubmitError::TooLarge => NotDone::TooLarge,
        SubmitError::Stopped => NotDone::Stopping,
    }
}
