//! What came to an account and went from it.
//!
//! Source  the venue's wallet endpoints, "Deposit History" and "Withdraw History".

use model::Decimal;
use venue::binance::{DecimalText, DepositRow, Refusal, WithdrawRow};

use super::operation::{Answer, Call};
use crate::desk::{DeskTransfer, transfers_of};

/// Rows of one answer where nobody says how many, and at most.
const ROWS_MAX: usize = 1_000;
/// Where a deposit stands that is there.
const DEPOSITED: u8 = 1;
/// Where a withdrawal stands that is done.
const WITHDRAWN: u8 = 6;
/// The longest part of a moment that the venue tells, in characters: to the second.
const SECOND_CHARS: usize = 19;

/// What is asked for, the latest first.
fn wanted(call: &Call<'_>, comes: bool, status: u8) -> Result<Vec<DeskTransfer>, Refusal> {
    let caller = call.caller()?;
    let coin = call.params.text("coin")?;
    let asked_status = call.params.integer("status")?;
    let (start, end) = call.params.span()?;
    let offset = call.params.integer("offset")?.unwrap_or(0);
    let limit = call.params.limit(ROWS_MAX, ROWS_MAX)?;
    let mut transfers = transfers_of(&call.exchange.views, caller.account);
    transfers.retain(|it| {
        it.comes == comes
            && coin.is_none_or(|coin| coin == it.asset.as_str())
            && asked_status.is_none_or(|asked| asked == u64::from(status))
            && start.is_none_or(|start| start <= it.time)
            && end.is_none_or(|end| it.time <= end)
    });
    let offset = usize::try_from(offset).unwrap_or(usize::MAX);
    Ok(transfers.into_iter().rev().skip(offset).take(limit).collect())
}

/// Deposit history.
///
/// # Errors
/// As documented.
pub fn deposits(call: &Call<'_>) -> Result<Answer, Refusal> {
    let row = |it: DeskTransfer| DepositRow {
        id: it.number.to_string().into(),
        amount: DecimalText(it.amount),
        coin: it.asset.to_string().into(),
        network: it.asset.to_string().into(),
        status: DEPOSITED,
        tx_id: "".into(),
        insert_time: it.time.millis(),
    };
    Answer::of(&wanted(call, true, DEPOSITED)?.into_iter().map(row).collect::<Vec<_>>())
}

/// Withdraw history.
///
/// # Errors
/// As documented.
pub fn withdrawals(call: &Call<'_>) -> Result<Answer, Refusal> {
    let row = |it: DeskTransfer| {
        let mut moment = venue::instant::text(it.time).replace('T', " ");
        moment.truncate(SECOND_CHARS);
        WithdrawRow {
            id: it.number.to_string().into(),
            amount: DecimalText(it.amount),
            transaction_fee: DecimalText(Decimal::ZERO),
            coin: it.asset.to_string().into(),
            network: it.asset.to_string().into(),
            status: WITHDRAWN,
            tx_id: "".into(),
            apply_time: moment.into(),
        }
    };
    Answer::of(&wanted(call, false, WITHDRAWN)?.into_iter().map(row).collect::<Vec<_>>())
}
