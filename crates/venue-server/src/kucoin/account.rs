//! What an account has, may do and pays.

use model::{Decimal, UserId};
use venue::kucoin::{
    AccountBalance, AccountMode, AccountRow, ApiKeyInfo, BaseFee, DepositRow, Operation, Page,
    Refusal, SymbolFee, WithdrawalRow,
};
use venue::port::Balance;

use super::door::Door;
use super::names::{account_name, account_of, uid};
use super::perform::number;
use super::perform::{Call, told};
use crate::desk::{DeskTransfer, total_of};
use venue::port::Pair;

/// Markets whose fees are told at once.
const FEES_MAX: usize = 10;
/// Rows of a page where nobody says how many, and at most.
const PAGE: u64 = 50;
const PAGE_MAX: u64 = 500;

/// The place of a person among those who have keys.
pub fn place_of(door: &Door, user: &UserId) -> usize {
    door.users.iter().position(|known| known == user).unwrap_or_default()
}

/// What an account has of each currency.
pub fn accounts(call: &Call<'_>) -> Result<String, Refusal> {
    let key = call.key()?;
    let kind = call.query.get("type").unwrap_or("trade".into());
    let kind = match &*kind {
        "trade" => "trade",
        "trade_hf" => "trade_hf",
        // Whatever there is lies where it can be traded with.
        "main" | "margin" | "option" => return told([(); 0]),
        _ => return Err(Refusal::Parameter("type is invalid")),
    };
    let currency = call.query.get("currency");
    let place = place_of(call.door, &key.user);
    let row = |(number_of, balance): (usize, &Balance)| AccountRow {
        id: account_name(place, number_of).into(),
        currency: balance.asset.to_string().into(),
        kind: kind.into(),
        balance: number(total_of(balance)),
        available: number(balance.free),
        holds: number(balance.held),
    };
    let balances = call.door.desk.balances(&key.user);
    let wanted = |(_, balance): &(usize, &Balance)| {
        currency.as_deref().is_none_or(|currency| currency == balance.asset.as_str())
    };
    told(balances.iter().enumerate().filter(wanted).map(row).collect::<Vec<_>>())
}

/// What an account has of one currency.
pub fn account(call: &Call<'_>) -> Result<String, Refusal> {
    let key = call.key()?;
    let missing = Refusal::Parameter("account not exists");
    let (place, currency) = account_of(&call.name()).ok_or(missing.clone())?;
    if call.door.users.get(place) != Some(&key.user) {
        return Err(missing);
    }
    let balances = call.door.desk.balances(&key.user);
    let balance = balances.get(currency).ok_or(missing)?;
    told(AccountBalance {
        currency: balance.asset.to_string().into(),
        balance: number(total_of(balance)),
        available: number(balance.free),
        holds: number(balance.held),
    })
}

/// What the key is and may do.
pub fn api_key(call: &Call<'_>) -> Result<String, Refusal> {
    let key = call.key()?;
    let scopes = key.scopes;
    let may: Vec<&str> =
        [(scopes.read, "General"), (scopes.trade, "Spot"), (scopes.transfer, "Withdrawal")]
            .into_iter()
            .filter_map(|(may, word)| may.then_some(word))
            .collect();
    told(ApiKeyInfo {
        remark: "rialto".into(),
        api_key: key.api_key.as_str().into(),
        api_version: 3,
        permission: may.join(",").into(),
        ip_whitelist: None,
        created_at: key.created.millis(),
        uid: uid(place_of(call.door, &key.user)),
        is_master: true,
    })
}

/// Which kind of account it is: the only one there is.
pub fn mode() -> Result<String, Refusal> {
    told(AccountMode { self_account_mode: "CLASSIC".into() })
}

/// What an account pays where a market says nothing else: what most markets ask of it.
pub fn base_fee(call: &Call<'_>) -> Result<String, Refusal> {
    let key = call.key()?;
    let markets = call.door.desk.markets();
    let fees = markets.first().and_then(|facts| call.door.desk.fees(&key.user, facts.pair));
    let fees = fees.ok_or(Refusal::Internal)?;
    told(BaseFee { taker_fee_rate: number(fees.taker), maker_fee_rate: number(fees.maker) })
}

/// What an account pays in markets.
pub fn trade_fees(call: &Call<'_>) -> Result<String, Refusal> {
    let key = call.key()?;
    let symbols = call.query.get("symbols").ok_or(Refusal::Parameter("symbols is required"))?;
    if FEES_MAX < symbols.split(',').count() {
        return Err(Refusal::Parameter("symbols size invalid"));
    }
    let fee = |symbol: &str| {
        let pair = Pair::parse(symbol).ok_or(Refusal::UnknownSymbol)?;
        let fees = call.door.desk.fees(&key.user, pair).ok_or(Refusal::UnknownSymbol)?;
        Ok(SymbolFee {
            symbol: symbol.to_owned().into(),
            taker_fee_rate: number(fees.taker),
            maker_fee_rate: number(fees.maker),
        })
    };
    told(symbols.split(',').map(fee).collect::<Result<Vec<_>, Refusal>>()?)
}

/// Which page is asked for and how many rows it has.
pub fn page_of(call: &Call<'_>) -> Result<(usize, usize), Refusal> {
    let page = call.query.number("currentPage")?.unwrap_or(1).max(1);
    let size = call.query.number("pageSize")?.unwrap_or(PAGE);
    if size == 0 || PAGE_MAX < size {
        return Err(Refusal::Parameter("pageSize should not greater than 500"));
    }
    let usize_of = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
    Ok((usize_of(page), usize_of(size)))
}

/// That page of `rows`.
pub fn paged<T>(rows: Vec<T>, (page, size): (usize, usize)) -> Page<T> {
    let total = rows.len();
    let items = rows.into_iter().skip((page - 1).saturating_mul(size)).take(size).collect();
    Page {
        current_page: u32::try_from(page).unwrap_or(u32::MAX),
        page_size: u32::try_from(size).unwrap_or(u32::MAX),
        total_num: total as u64,
        total_page: total.div_ceil(size) as u64,
        items,
    }
}

/// What came or went, the newest first: that somebody put there what an account began with.
fn moved(call: &Call<'_>, comes: bool) -> Result<Vec<DepositRow<'static>>, Refusal> {
    let key = call.key()?;
    let currency = call.query.get("currency");
    let status = call.query.get("status");
    if status.is_some_and(|status| status != "SUCCESS") {
        return Ok(Vec::new());
    }
    let is_wanted = |transfer: &&DeskTransfer| {
        let code = transfer.asset.as_str();
        transfer.comes == comes && currency.as_deref().is_none_or(|currency| currency == code)
    };
    let row = |transfer: &DeskTransfer| DepositRow {
        id: None,
        currency: transfer.asset.to_string().into(),
        chain: "".into(),
        status: "SUCCESS".into(),
        address: "".into(),
        memo: "".into(),
        is_inner: true,
        amount: number(transfer.amount),
        fee: number(Decimal::ZERO),
        wallet_tx_id: None,
        created_at: transfer.time.millis(),
        updated_at: transfer.time.millis(),
        remark: "".into(),
        arrears: false,
    };
    Ok(call.door.desk.transfers(&key.user).iter().rev().filter(is_wanted).map(row).collect())
}

/// What came, or what went.
pub fn transfers(call: &Call<'_>, operation: Operation) -> Result<String, Refusal> {
    let page = page_of(call)?;
    if operation == Operation::Deposits {
        return told(paged(moved(call, true)?, page));
    }
    let rows: Vec<WithdrawalRow<'static>> = moved(call, false)?;
    told(paged(rows, page))
}
