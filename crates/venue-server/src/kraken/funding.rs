//! What came and went, and what each asset's balance did.
//!
//! Keeps   all of it follows from the engine: from movements of money by the house, and from fills.
//!         Nobody here has an address, so nothing can be sent anywhere.
//! Source  docs.kraken.com, "Spot REST: funding" and `Ledgers`.

use std::collections::HashMap;

use model::{AssetCode, Decimal, Side, Time, UserId};
use venue::DecimalText;
use venue::kraken::{LedgerEntry, Ledgers, Named, Refusal, TransferStatus, asset_key, asset_of};

use super::Door;
use super::number::seconds;
use super::order_report::txid_of;
use super::params::Params;
use crate::desk::{DeskFill, DeskTransfer, total_of};

/// Rows in one answer.
const PAGE_ROWS: usize = 50;
/// Fills that are looked through.
const FILLS_MAX: usize = 5_000;
/// So often balances are looked at again that changed while fills were read.
const LOOKS_MAX: usize = 8;
/// Digits after the point of an amount.
const AMOUNT_DIGITS: u8 = 10;

fn amount(number: Decimal) -> DecimalText {
    DecimalText(number.with_digits_at_least(AMOUNT_DIGITS))
}

/// The asset of that name, where it is listed.
fn listed(door: &Door, name: &str) -> Option<AssetCode> {
    let catalog = door.desk.exchange().views.catalog();
    let is_listed = |code: &AssetCode| catalog.assets().iter().any(|asset| asset.code == *code);
    asset_of(name).filter(is_listed)
}

/// The asset that is asked for; `None` for all.
fn asset(door: &Door, params: &Params) -> Result<Option<AssetCode>, Refusal> {
    match params.text("asset") {
        None | Some("all") => Ok(None),
        Some(name) => listed(door, name).map(Some).ok_or(Refusal::UnknownFundingAsset),
    }
}

/// Whether a moment is between two that are asked for.
fn within(params: &Params) -> Result<impl Fn(Time) -> bool + use<>, Refusal> {
    let (start, end) = (params.moment("start")?, params.moment("end")?);
    Ok(move |time| start.is_none_or(|start| start <= time) && end.is_none_or(|end| time <= end))
}

/// `DepositStatus` and `WithdrawStatus`: the latest first.
pub fn transfers(
    door: &Door,
    user: &UserId,
    params: &Params,
    comes: bool,
) -> Result<Vec<TransferStatus<'static>>, Refusal> {
    let (asset, within) = (asset(door, params)?, within(params)?);
    let is_wanted = |transfer: &&DeskTransfer| {
        transfer.comes == comes
            && asset.is_none_or(|asset| asset == transfer.asset)
            && within(transfer.time)
    };
    let row = |transfer: &DeskTransfer| TransferStatus {
        method: "Rialto".into(),
        aclass: "currency".into(),
        asset: asset_key(transfer.asset.as_str()).to_owned().into(),
        refid: transfer_name(transfer).into(),
        txid: None,
        info: None,
        amount: amount(transfer.amount),
        fee: Some(amount(Decimal::ZERO)),
        time: transfer.time.micros() / 1_000_000,
        status: "Success".into(),
    };
    Ok(door.desk.transfers(user).iter().rev().filter(is_wanted).map(row).collect())
}

fn transfer_name(transfer: &DeskTransfer) -> String {
    venue::kraken::transfer_txid(transfer.number)
}

/// One thing that a balance did, without what it came to.
struct Step {
    name: String,
    refid: String,
    time: Time,
    kind: &'static str,
    asset: AssetCode,
    /// Negative where it went.
    amount: Decimal,
    fee: Decimal,
}

fn negative(number: Decimal) -> Decimal {
    // No amount of the ledger is the least of all integers.
    Decimal::ZERO.checked_sub(number).unwrap_or_default()
}

fn steps_of_fill(user: &UserId, fill: &DeskFill) -> [Step; 2] {
    let (base, quote) = match fill.side {
        Side::Buy => (fill.qty, negative(fill.quote)),
        Side::Sell => (negative(fill.qty), fill.quote),
    };
    let step = |side, asset, amount| Step {
        name: venue::kraken::ledger_txid(fill.number, side),
        refid: txid_of(user, fill),
        time: fill.time,
        kind: "trade",
        asset,
        amount,
        fee: if asset == fill.fee_asset { fill.fee } else { Decimal::ZERO },
    };
    [step(0, fill.pair.base, base), step(1, fill.pair.quote, quote)]
}

fn step_of_transfer(transfer: &DeskTransfer) -> Step {
    let (kind, amount) = if transfer.comes {
        ("deposit", transfer.amount)
    } else {
        ("withdrawal", negative(transfer.amount))
    };
    Step {
        name: venue::kraken::ledger_txid(transfer.number, 2),
        refid: transfer_name(transfer),
        time: transfer.time,
        kind,
        asset: transfer.asset,
        amount,
        fee: Decimal::ZERO,
    }
}

fn steps(door: &Door, user: &UserId) -> Vec<Step> {
    let mut steps: Vec<Step> = door.desk.transfers(user).iter().map(step_of_transfer).collect();
    let fills = door.desk.fills(user, None, None, (None, None), FILLS_MAX);
    steps.extend(fills.iter().flat_map(|fill| steps_of_fill(user, fill)));
    steps
}

fn balances(door: &Door, user: &UserId) -> HashMap<AssetCode, Decimal> {
    let balances = door.desk.balances(user).into_iter();
    balances.map(|balance| (balance.asset, total_of(&balance))).collect()
}

/// All entries, the latest first: from what there is now back to what there was.
fn entries(door: &Door, user: &UserId) -> Vec<(String, LedgerEntry<'static>, Time, AssetCode)> {
    let mut now = balances(door, user);
    let mut steps = steps(door, user);
    // What came between the two would be missing in one of them.
    for _ in 0..LOOKS_MAX {
        let again = balances(door, user);
        if again == now {
            break;
        }
        (now, steps) = (again, self::steps(door, user));
    }
    steps.sort_by_key(|step| step.time);
    let entry = |step: Step| {
        let balance = now.entry(step.asset).or_default();
        let entry = LedgerEntry {
            refid: step.refid.into(),
            time: seconds(step.time),
            kind: step.kind.into(),
            subtype: "".into(),
            aclass: "currency".into(),
            asset: asset_key(step.asset.as_str()).to_owned().into(),
            amount: amount(step.amount),
            fee: amount(step.fee),
            balance: amount(*balance),
        };
        let before = balance.checked_sub(step.amount).and_then(|it| it.checked_add(step.fee));
        *balance = before.expect("an amount that the ledger had");
        (step.name, entry, step.time, step.asset)
    };
    steps.into_iter().rev().map(entry).collect()
}

/// `Ledgers`: the latest first.
pub fn ledgers(door: &Door, user: &UserId, params: &Params) -> Result<Ledgers<'static>, Refusal> {
    let mut assets = Vec::new();
    for name in params.list("asset")?.iter().filter(|name| *name != "all") {
        assets.push(listed(door, name).ok_or(Refusal::UnknownAsset)?);
    }
    let kind = params.text("type").filter(|kind| *kind != "all");
    let (within, offset) = (within(params)?, params.whole("ofs")?.unwrap_or(0));
    let mut found = entries(door, user);
    found.retain(|(_, entry, time, asset)| {
        (assets.is_empty() || assets.contains(asset))
            && kind.is_none_or(|kind| kind == entry.kind)
            && within(*time)
    });
    let count = found.len() as u64;
    let page = found.into_iter().skip(offset).take(PAGE_ROWS);
    let ledger = page.map(|(name, entry, ..)| (name.into(), entry)).collect();
    Ok(Ledgers { ledger, count })
}

/// `QueryLedgers`
pub fn query_ledgers(
    door: &Door,
    user: &UserId,
    params: &Params,
) -> Result<Named<'static, LedgerEntry<'static>>, Refusal> {
    let names = params.list("id")?;
    if names.is_empty() {
        return Err(Refusal::InvalidArguments("id"));
    }
    let found = entries(door, user).into_iter().filter(|(name, ..)| names.contains(name));
    let found: Named<'_, _> = found.map(|(name, entry, ..)| (name.into(), entry)).collect();
    if found.0.is_empty() { Err(Refusal::InvalidArguments("id")) } else { Ok(found) }
}

/// What would bring money or take it, by ways that do not exist here.
///
/// # Errors
/// Always: as the venue says it of who has no such way.
pub fn no_way(door: &Door, operation: &str, params: &Params) -> Result<Vec<()>, Refusal> {
    if asset(door, params)?.is_none() {
        return Err(Refusal::InvalidArguments("asset"));
    }
    match operation {
        // Nobody has named an address to withdraw to.
        "Withdraw" | "WithdrawInfo" => Err(Refusal::UnknownWithdrawKey),
        _ => Err(Refusal::NoFundingMethod),
    }
}
