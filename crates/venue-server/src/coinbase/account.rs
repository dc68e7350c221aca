//! What an account is told of itself: balances, fees, what its key may do.

use model::{Decimal, UserId};
use venue::coinbase::{
    Account, Accounts, Balance, FeeTier, KeyPermissions, Refusal, TransactionSummary, moment_text,
};
use venue::port;

use super::Door;
use super::ids::{account_name, user_name};
use super::keys::Key;
use super::params::Params;
use super::rest::{Answer, json};
use super::words::{is_fiat, text};

/// Accounts on one page, where nobody says how many and at most.
const PAGE: (usize, usize) = (49, 250);

/// Answer to `accounts`.
pub fn accounts(door: &Door, key: &Key, params: &Params) -> Answer {
    let all = all(door, &key.user);
    let limit = params.count("limit", PAGE.0, PAGE.1)?;
    let from = match params.text("cursor") {
        None => 0,
        Some(cursor) => {
            let place = all.iter().position(|account| account.uuid == cursor);
            place.ok_or(Refusal::Invalid("invalid cursor"))?
        }
    };
    let cursor = all.get(from + limit).map(|next| next.uuid.clone());
    let page: Vec<_> = all.into_iter().skip(from).take(limit).collect();
    json(&Accounts {
        size: page.len() as u64,
        accounts: page,
        has_next: cursor.is_some(),
        cursor: cursor.unwrap_or_default(),
    })
}

/// Answer to `accounts/{account_uuid}`.
pub fn one_account(door: &Door, key: &Key, name: &str) -> Answer {
    let account = all(door, &key.user).into_iter().find(|account| account.uuid == name);
    let account = account.ok_or(Refusal::NotFound("account not found"))?;
    json(&serde_json::json!({ "account": account }))
}

fn all(door: &Door, user: &UserId) -> Vec<Account<'static>> {
    let opened = moment_text(door.desk.exchange().started_at);
    let balances = door.desk.balances(user).into_iter().enumerate();
    balances.map(|(place, balance)| account(user, place, &balance, &opened)).collect()
}

fn account(user: &UserId, place: usize, balance: &port::Balance, opened: &str) -> Account<'static> {
    let code = balance.asset.to_string();
    let of = |value: Decimal| Balance { value: text(value), currency: code.clone().into() };
    let kind = if is_fiat(&code) { "ACCOUNT_TYPE_FIAT" } else { "ACCOUNT_TYPE_CRYPTO" };
    Account {
        uuid: account_name(user, place).into(),
        name: format!("{code} Wallet").into(),
        available_balance: of(balance.free),
        hold: of(balance.held),
        currency: code.clone().into(),
        default: true,
        active: true,
        created_at: Some(opened.to_owned().into()),
        updated_at: Some(opened.to_owned().into()),
        deleted_at: None,
        kind: kind.into(),
        ready: true,
        retail_portfolio_id: user_name(user).into(),
    }
}

/// Answer to `key_permissions`.
pub fn permissions(key: &Key) -> Answer {
    json(&KeyPermissions {
        can_view: key.scopes.read,
        can_trade: key.scopes.trade,
        can_transfer: key.scopes.transfer,
        portfolio_uuid: user_name(&key.user).into(),
        portfolio_type: "DEFAULT".into(),
    })
}

/// Answer to `transaction_summary`: the fees of the market that costs most.
pub fn summary(door: &Door, key: &Key) -> Answer {
    let markets = door.desk.markets();
    let fees = markets.iter().filter_map(|facts| door.desk.fees(&key.user, facts.pair));
    let fees = fees.max_by_key(|fees| fees.taker).ok_or(Refusal::Internal)?;
    json(&TransactionSummary {
        fee_tier: FeeTier {
            pricing_tier: "Advanced 1".into(),
            usd_from: "0".into(),
            usd_to: "1000".into(),
            taker_fee_rate: text(fees.taker),
            maker_fee_rate: text(fees.maker),
        },
    })
}
