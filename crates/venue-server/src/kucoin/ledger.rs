//! What an account's balances did.
//!
//! Source  the venue's specification, "Get Account Ledgers".

use std::borrow::Cow;

use serde::Serialize;
use venue::kucoin::{LedgerContext, LedgerRow, Operation, Refusal};

use super::account::{page_of, paged};
use super::names::order_name;
use super::order::{ZERO, range};
use super::perform::{Call, number, told};
use crate::desk::{DeskLedgerCause, DeskLedgerEntry, negative};

/// Currencies asked for at once.
const CURRENCIES_MAX: usize = 10;
/// Rows where nobody says how many, and at most, of accounts that trade often.
const ROWS: u64 = 100;
const ROWS_MAX: u64 = 200;
/// Parts that one thing may have in a ledger: each has a name of its own.
const PARTS_MAX: u64 = 4;

/// The name of an entry.
fn name_of(entry: &DeskLedgerEntry) -> String {
    let (number, part) = entry.name();
    number.saturating_mul(PARTS_MAX).saturating_add(part.into()).to_string()
}

/// What it was of, in the venue's words.
const fn kind_of(entry: &DeskLedgerEntry) -> &'static str {
    match &entry.cause {
        DeskLedgerCause::Trade(_) => "TRADE_EXCHANGE",
        DeskLedgerCause::Transfer(transfer) if transfer.comes => "DEPOSIT",
        DeskLedgerCause::Transfer(_) => "WITHDRAW",
    }
}

fn direction_of(entry: &DeskLedgerEntry) -> &'static str {
    if entry.change().is_negative() { "out" } else { "in" }
}

fn context_of(entry: &DeskLedgerEntry) -> String {
    match &entry.cause {
        DeskLedgerCause::Transfer(_) => String::new(),
        DeskLedgerCause::Trade(fill) => {
            let context = LedgerContext {
                symbol: fill.pair.to_string().into(),
                order_id: order_name(fill.order).into(),
                trade_id: fill.trade.to_string().into(),
            };
            serde_json::to_string(&context).expect("three texts")
        }
    }
}

/// The entries that are asked for, the latest first.
fn entries(call: &Call<'_>) -> Result<Vec<DeskLedgerEntry>, Refusal> {
    let key = call.key()?;
    let currency = call.query.get("currency");
    let codes: Option<Vec<&str>> =
        currency.as_deref().map(|codes| codes.split(',').take(CURRENCIES_MAX + 1).collect());
    if codes.as_ref().is_some_and(|codes| CURRENCIES_MAX < codes.len()) {
        return Err(Refusal::Parameter("currency size invalid"));
    }
    let direction = call.query.get("direction");
    if direction.as_deref().is_some_and(|word| !["in", "out"].contains(&word)) {
        return Err(Refusal::Parameter("direction is invalid"));
    }
    let (kind, (start, end)) = (call.query.get("bizType"), range(call)?);
    let mut entries = call.door.desk.ledger(&key.user);
    entries.retain(|entry| {
        codes.as_ref().is_none_or(|codes| codes.contains(&entry.asset.as_str()))
            && direction.as_deref().is_none_or(|word| word == direction_of(entry))
            && kind.as_deref().is_none_or(|kind| kind == kind_of(entry))
            && start.is_none_or(|start| start <= entry.time)
            && end.is_none_or(|end| entry.time <= end)
    });
    Ok(entries)
}

fn row<At: Serialize>(
    entry: &DeskLedgerEntry,
    account: &'static str,
    created_at: At,
) -> LedgerRow<'static, At> {
    let change = entry.change();
    let amount = if change.is_negative() { negative(change) } else { change };
    LedgerRow {
        id: name_of(entry).into(),
        currency: entry.asset.to_string().into(),
        amount: number(amount),
        fee: number(entry.fee),
        balance: number(entry.balance),
        account_type: account.into(),
        biz_type: kind_of(entry).into(),
        direction: direction_of(entry).into(),
        created_at,
        context: context_of(entry).into(),
        tax: None,
    }
}

/// Entries: in pages, or as accounts that trade often are told.
pub fn listed(call: &Call<'_>, operation: Operation) -> Result<String, Refusal> {
    if operation == Operation::HfLedgers { behind(call) } else { pages(call) }
}

fn pages(call: &Call<'_>) -> Result<String, Refusal> {
    let page = page_of(call)?;
    let rows = entries(call)?;
    let rows = rows.iter().map(|entry| row(entry, "TRADE", entry.time.millis())).collect();
    told(paged(rows, page))
}

/// Entries behind the last that is known already.
fn behind(call: &Call<'_>) -> Result<String, Refusal> {
    let count = call.query.number("limit")?.unwrap_or(ROWS);
    if count == 0 || ROWS_MAX < count {
        return Err(Refusal::Parameter("limit is invalid"));
    }
    let last: Option<Cow<'_, str>> = call.query.get("lastId");
    let entries = entries(call)?;
    let known = match &last {
        None => 0,
        Some(last) => {
            let place = entries.iter().position(|entry| name_of(entry) == **last);
            place.map_or(entries.len(), |place| place + 1)
        }
    };
    let rows = entries.iter().skip(known).take(usize::try_from(count).unwrap_or(1));
    let row = |entry: &DeskLedgerEntry| LedgerRow {
        tax: Some(ZERO),
        ..row(entry, "TRADE_HF", entry.time.millis().to_string())
    };
    told(rows.map(row).collect::<Vec<_>>())
}
