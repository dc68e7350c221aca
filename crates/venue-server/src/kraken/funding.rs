//! What came and went, and what each asset's balance did.
//!
//! Keeps   all of it follows from the engine: from movements of money by the house, and from fills.
//!         Nobody here has an address, so nothing can be sent anywhere.
//! Source  docs.kraken.com, "Spot REST: funding" and `Ledgers`.

use model::{AssetCode, Decimal, Time, UserId};
use venue::DecimalText;
use venue::kraken::{LedgerEntry, Ledgers, Named, Refusal, TransferStatus, asset_key, asset_of};

use super::Door;
use super::number::seconds;
use super::order_report::txid_of;
use super::params::Params;
use crate::desk::{DeskLedgerCause, DeskLedgerEntry, DeskTransfer};

/// Rows in one answer.
const PAGE_ROWS: usize = 50;
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

/// All entries, the latest first.
fn entries(door: &Door, user: &UserId) -> Vec<(String, LedgerEntry<'static>, Time, AssetCode)> {
    let entry = |entry: &DeskLedgerEntry| {
        let (number, part) = entry.name();
        let (refid, kind) = match &entry.cause {
            DeskLedgerCause::Trade(fill) => (txid_of(user, fill), "trade"),
            DeskLedgerCause::Transfer(transfer) if transfer.comes => {
                (transfer_name(transfer), "deposit")
            }
            DeskLedgerCause::Transfer(transfer) => (transfer_name(transfer), "withdrawal"),
        };
        let row = LedgerEntry {
            refid: refid.into(),
            time: seconds(entry.time),
            kind: kind.into(),
            subtype: "".into(),
            aclass: "currency".into(),
            asset: asset_key(entry.asset.as_str()).to_owned().into(),
            amount: amount(entry.amount),
            fee: amount(entry.fee),
            balance: amount(entry.balance),
        };
        (venue::kraken::ledger_txid(number, part), row, entry.time, entry.asset)
    };
    door.desk.ledger(user).iter().map(entry).collect()
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
