//! Commands to the sequencer, and why they were not done, in the documented words.

use engine::Command;
use model::Note;
use sequencer::Answer;
use venue::binance::{OrderProblem, Refusal};

use crate::exchange::Exchange;
use crate::submit::{self, NotDone};

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
    submit::submit(exchange, command, note).await.map_err(|not_done| match not_done {
        NotDone::Busy => Refusal::Busy,
        NotDone::Stopping => Refusal::ShuttingDown,
        NotDone::Refused => Refusal::OrderRejected(OrderProblem::MarketClosed),
        NotDone::TooLarge => Refusal::Internal,
        NotDone::Unknown => Refusal::Timeout,
    })
}
