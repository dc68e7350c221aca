//! Commands to the sequencer, and its answers.

use engine::Command;
use model::Note;
use sequencer::{Answer, SubmitError};
use venue::binance::Refusal;

use crate::exchange::Exchange;

/// Hands a command in and waits until it is durable and readable.
///
/// # Errors
/// [`Refusal::Busy`], [`Refusal::ShuttingDown`], [`Refusal::Internal`]: nothing was done.
/// [`Refusal::Timeout`]: whether it was done is not known.
pub async fn submit(exchange: &Exchange, command: Command) -> Result<Answer, Refusal> {
    submit_noted(exchange, command, Note::default()).await
}

/// As [`submit`], with what the client says beside the command.
///
/// # Errors
/// As [`submit`].
pub async fn submit_noted(
    exchange: &Exchange,
    command: Command,
    note: Note,
) -> Result<Answer, Refusal> {
    // Cancels go on: see docs/decisions/0006.
    if places(&command) && exchange.history.lags() {
        return Err(Refusal::Busy);
    }
    let pending = exchange.sequencer.submit_noted(command, note).map_err(not_taken)?;
    match tokio::time::timeout(exchange.limits.answer_timeout, pending).await {
        Ok(Ok(answer)) => Ok(answer),
        // It was taken in, and then the exchange stopped.
        Ok(Err(SubmitError::Stopped)) | Err(_) => Err(Refusal::Timeout),
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

const fn not_taken(error: SubmitError) -> Refusal {
    match error {
        SubmitError::Busy | SubmitError::DiskFull => Refusal::Busy,
        SubmitError::TooLarge => Refusal::Internal,
        SubmitError::Stopped => Refusal::ShuttingDown,
    }
}
