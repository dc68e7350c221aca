//! The venue's older paths, which ccxt asks when it starts and for balances.

use std::collections::BTreeMap;

use model::Decimal;
use venue::coinbase::{
    CryptoAsset, Data, DecimalText, ExchangeRates, FiatAsset, Pagination, Refusal, WalletAccount,
    WalletAccounts, WalletAmount, WalletAsset, WalletDetails, WalletTime, WalletTransaction,
    WalletTransactions, WalletTransfer, moment_text,
};
use venue::port::Pair;

use super::Door;
use super::ids::{account_name, transfer_name};
use super::keys::Key;
use super::params::Params;
use super::rest::{Answer, json};
use super::words::{is_fiat, name_of, text};
use crate::desk::{DeskTransfer, total_of};

/// Digits of a rate.
const RATE_DIGITS: u8 = 12;
/// Digits of any asset, as it is told.
const EXPONENT: u8 = 8;
/// Movements on one page, where nobody says how many and at most.
const TRANSFERS: (usize, usize) = (25, 100);
/// Accounts on one page; there are never more.
const PAGE: u64 = 250;

/// Answer to `time`.
pub fn time(door: &Door) -> Answer {
    let now = door.desk.now();
    let iso = moment_text(now).into();
    json(&Data { data: WalletTime { iso, epoch: now.0 / 1_000_000 } })
}

/// The tickers of all assets, in the order of listing.
fn codes(door: &Door) -> Vec<String> {
    let catalog = door.desk.exchange().views.catalog();
    catalog.assets().iter().map(|asset| asset.code.to_string()).collect()
}

/// Answer to `currencies`: what states issue.
pub fn fiat(door: &Door) -> Answer {
    let min_size = DecimalText::new(1, 2);
    let codes = codes(door).into_iter().filter(|code| is_fiat(code));
    let asset = |code: String| FiatAsset {
        name: name_of(&code).to_owned().into(),
        id: code.into(),
        min_size,
    };
    json(&Data { data: codes.map(asset).collect::<Vec<_>>() })
}

/// Answer to `currencies/crypto`: everything else.
pub fn crypto(door: &Door) -> Answer {
    let nobody = model::UserId([0; 16]);
    let codes = codes(door).into_iter().enumerate().filter(|(_, code)| !is_fiat(code));
    let asset = |(place, code): (usize, String)| CryptoAsset {
        asset_id: account_name(&nobody, place).into(),
        name: name_of(&code).to_owned().into(),
        code: code.into(),
        kind: "crypto".into(),
        exponent: EXPONENT,
    };
    json(&Data { data: codes.map(asset).collect::<Vec<_>>() })
}

/// Answer to `exchange-rates`: how much of each asset one dollar buys, by the last price in
/// dollars. What was never traded in dollars is not told.
pub fn rates(door: &Door) -> Answer {
    let dollar = "USD";
    let one = Decimal::new(1, 0).unwrap_or_default();
    let mut rates = BTreeMap::from([(dollar.into(), text(one))]);
    for code in codes(door) {
        let (Ok(base), Ok(quote)) = (code.parse(), dollar.parse()) else { continue };
        let ticker = door.desk.ticker(Pair { base, quote });
        let rate =
            ticker.and_then(|it| it.last).and_then(|last| one.checked_div(last, RATE_DIGITS));
        if let Some(rate) = rate {
            rates.insert(code.into(), text(rate));
        }
    }
    json(&Data { data: ExchangeRates { currency: dollar.into(), rates } })
}

/// Answer to `accounts`, with what is reserved.
pub fn accounts(door: &Door, key: &Key) -> Answer {
    let account = |(place, balance): (usize, venue::port::Balance)| {
        let code = balance.asset.to_string();
        let name = account_name(&key.user, place);
        let kind = if is_fiat(&code) { "fiat" } else { "crypto" };
        WalletAccount {
            resource_path: format!("/v2/accounts/{name}").into(),
            id: name.into(),
            name: format!("{code} Wallet").into(),
            primary: false,
            kind: if is_fiat(&code) { "fiat" } else { "wallet" }.into(),
            currency: WalletAsset {
                name: name_of(&code).to_owned().into(),
                code: code.clone().into(),
                exponent: EXPONENT,
                kind: kind.into(),
            },
            balance: WalletAmount { amount: text(total_of(&balance)), currency: code.into() },
            resource: "account".into(),
        }
    };
    let data = door.desk.balances(&key.user).into_iter().enumerate().map(account).collect();
    json(&WalletAccounts {
        pagination: Pagination { limit: PAGE, next_starting_after: None },
        data,
    })
}

/// What moved one of the user's balances, newest first.
fn transfers_of(
    door: &Door,
    key: &Key,
    account: &str,
    wanted: impl Fn(&DeskTransfer) -> bool,
) -> Result<Vec<DeskTransfer>, Refusal> {
    let mut balances = door.desk.balances(&key.user).into_iter().enumerate();
    let is_named = |place: usize, code: &str| {
        account_name(&key.user, place) == account || code.eq_ignore_ascii_case(account)
    };
    let found = balances.find(|(place, balance)| is_named(*place, balance.asset.as_str()));
    let (_, balance) = found.ok_or(Refusal::NotFound("Not found"))?;
    let mut transfers = door.desk.transfers(&key.user);
    transfers.retain(|transfer| transfer.asset == balance.asset && wanted(transfer));
    transfers.reverse();
    Ok(transfers)
}

/// One page, and where the next begins.
fn paged<T>(
    params: &Params,
    account: &str,
    transfers: Vec<DeskTransfer>,
    told: impl Fn(&DeskTransfer, String) -> T,
) -> Result<WalletTransactions<'static, T>, Refusal> {
    let limit = params.count("limit", TRANSFERS.0, TRANSFERS.1)?;
    let after = params.text("starting_after");
    let from = match after {
        None => 0,
        Some(after) => {
            let place = transfers.iter().position(|it| transfer_name(it.number) == after);
            place.ok_or(Refusal::Invalid("invalid starting_after"))? + 1
        }
    };
    let page: Vec<_> = transfers.iter().skip(from).take(limit).collect();
    let more = from + page.len() < transfers.len();
    let last = page.last().filter(|_| more).map(|last| transfer_name(last.number).into());
    let path = |transfer: &DeskTransfer| {
        format!("/v2/accounts/{account}/{}", transfer_name(transfer.number))
    };
    Ok(WalletTransactions {
        pagination: Pagination { limit: limit as u64, next_starting_after: last },
        data: page.into_iter().map(|transfer| told(transfer, path(transfer))).collect(),
    })
}

fn amount_of(number: Decimal, transfer: &DeskTransfer) -> WalletAmount<'static> {
    WalletAmount { amount: text(number), currency: transfer.asset.to_string().into() }
}

/// Answer to `accounts/{account_id}/transactions`.
pub fn transactions(door: &Door, key: &Key, account: &str, params: &Params) -> Answer {
    let transfers = transfers_of(door, key, account, |_| true)?;
    let told = |transfer: &DeskTransfer, path: String| {
        let is_fiat = is_fiat(transfer.asset.as_str());
        let signed = if transfer.comes {
            transfer.amount
        } else {
            Decimal::ZERO.checked_sub(transfer.amount).unwrap_or_default()
        };
        let (kind, title) = match (is_fiat, transfer.comes) {
            (true, true) => ("fiat_deposit", "Deposited funds"),
            (true, false) => ("fiat_withdrawal", "Withdrew funds"),
            (false, true) => ("send", "Received"),
            (false, false) => ("send", "Sent"),
        };
        let at = moment_text(transfer.time);
        WalletTransaction {
            id: transfer_name(transfer.number).into(),
            kind: kind.into(),
            status: "completed".into(),
            amount: amount_of(signed, transfer),
            description: None,
            created_at: at.clone().into(),
            updated_at: at.into(),
            resource: "transaction".into(),
            resource_path: path.into(),
            details: WalletDetails { title: title.into(), subtitle: "Rialto".into() },
        }
    };
    json(&paged(params, account, transfers, told)?)
}

/// What nobody here has: addresses, banks, and what is bought from the venue itself.
pub fn nothing() -> Answer {
    let pagination = Pagination { limit: TRANSFERS.0 as u64, next_starting_after: None };
    json(&WalletTransactions::<()> { pagination, data: Vec::new() })
}

/// Answers to `accounts/{account_id}/deposits` and `…/withdrawals`: of what states issue.
pub fn transfers(door: &Door, key: &Key, account: &str, params: &Params, comes: bool) -> Answer {
    let is_wanted = |it: &DeskTransfer| it.comes == comes && is_fiat(it.asset.as_str());
    let transfers = transfers_of(door, key, account, is_wanted)?;
    let told = |transfer: &DeskTransfer, path: String| {
        let at = moment_text(transfer.time);
        WalletTransfer {
            id: transfer_name(transfer.number).into(),
            status: "completed".into(),
            amount: amount_of(transfer.amount, transfer),
            subtotal: amount_of(transfer.amount, transfer),
            fee: amount_of(Decimal::ZERO, transfer),
            created_at: at.clone().into(),
            updated_at: at.clone().into(),
            resource: if comes { "deposit" } else { "withdrawal" }.into(),
            resource_path: path.into(),
            committed: true,
            payout_at: at.into(),
        }
    };
    json(&paged(params, account, transfers, told)?)
}
