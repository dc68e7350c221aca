//! What a portfolio is worth, and what an account can have that nobody here has.
//!
//! Keeps   worth is told in dollars by the last price; of what was never traded in dollars it is
//!         nothing. USDC is redeemed at one dollar, as the venue does.

use model::{AssetCode, Decimal};
use serde::{Serialize, Serializer};
use serde_json::value::RawValue;
use venue::coinbase::{Balance, Portfolio, Refusal};
use venue::port::{self, Pair};

use super::Door;
use super::ids::{account_name, user_name};
use super::keys::Key;
use super::rest::{Answer, json};
use super::words::{is_fiat, text};

/// What all is told in.
const DOLLAR: &str = "USD";
/// What is redeemed at one of it.
const REDEEMED: &str = "USDC";
/// Digits of a part of the whole.
const PART_DIGITS: u8 = 8;

/// Answer to `portfolios/{portfolio_uuid}`.
#[derive(Serialize)]
struct Told<'a> {
    breakdown: Breakdown<'a>,
}

#[derive(Serialize)]
struct Breakdown<'a> {
    portfolio: Portfolio<'a>,
    portfolio_balances: Balances<'a>,
    spot_positions: Vec<Position<'a>>,
    perp_positions: [(); 0],
    futures_positions: [(); 0],
}

#[derive(Serialize)]
struct Balances<'a> {
    total_balance: Balance<'a>,
    total_futures_balance: Balance<'a>,
    total_cash_equivalent_balance: Balance<'a>,
    total_crypto_balance: Balance<'a>,
    futures_unrealized_pnl: Balance<'a>,
    perp_unrealized_pnl: Balance<'a>,
}

/// So much of one asset. Its numbers are JSON numbers, unlike any others of the venue.
#[derive(Serialize)]
struct Position<'a> {
    asset: String,
    account_uuid: String,
    total_balance_fiat: Number,
    total_balance_crypto: Number,
    available_to_trade_fiat: Number,
    available_to_trade_crypto: Number,
    available_to_transfer_fiat: Number,
    available_to_transfer_crypto: Number,
    allocation: Number,
    cost_basis: Balance<'a>,
    asset_img_url: &'a str,
    is_cash: bool,
    account_type: &'a str,
}

/// A decimal as a JSON number, exactly.
struct Number(Decimal);

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number = RawValue::from_string(self.0.trimmed().to_string());
        number.map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

/// Answer to `portfolios`.
pub fn portfolios(key: &Key) -> Answer {
    json(&venue::coinbase::Portfolios { portfolios: vec![own(key)] })
}

/// The only one that an account has.
fn own(key: &Key) -> Portfolio<'static> {
    Portfolio {
        name: "Default Portfolio".into(),
        uuid: user_name(&key.user).into(),
        kind: "DEFAULT".into(),
        deleted: false,
    }
}

/// Answer to `portfolios/{portfolio_uuid}`.
pub fn breakdown(door: &Door, key: &Key, name: &str) -> Answer {
    if name != user_name(&key.user) {
        return Err(Refusal::NotFound("portfolio not found"));
    }
    let balances: Vec<_> = door.desk.balances(&key.user).into_iter().enumerate().collect();
    let worth = |of: Decimal, asset| price(door, asset).and_then(|price| price.times(of));
    let worth = |of, asset| worth(of, asset).unwrap_or_default();
    let sum = |one: Decimal, other| one.checked_add(other).unwrap_or(one);
    let (mut cash, mut coins) = (Decimal::ZERO, Decimal::ZERO);
    for (_, it) in &balances {
        let whole = worth(sum(it.free, it.held), it.asset);
        let part = if is_cash(it.asset) { &mut cash } else { &mut coins };
        *part = sum(*part, whole);
    }
    let total = sum(cash, coins);
    let position = |(place, it): (usize, port::Balance)| {
        let whole = sum(it.free, it.held);
        let (whole_worth, free_worth) = (worth(whole, it.asset), worth(it.free, it.asset));
        let is_fiat = is_fiat(&it.asset.to_string());
        Position {
            asset: it.asset.to_string(),
            account_uuid: account_name(&key.user, place),
            total_balance_fiat: Number(whole_worth),
            total_balance_crypto: Number(whole),
            available_to_trade_fiat: Number(free_worth),
            available_to_trade_crypto: Number(it.free),
            available_to_transfer_fiat: Number(free_worth),
            available_to_transfer_crypto: Number(it.free),
            allocation: Number(whole_worth.checked_div(total, PART_DIGITS).unwrap_or_default()),
            cost_basis: dollars(Decimal::ZERO),
            asset_img_url: "",
            is_cash: is_cash(it.asset),
            account_type: if is_fiat { "ACCOUNT_TYPE_FIAT" } else { "ACCOUNT_TYPE_CRYPTO" },
        }
    };
    let held = |(_, it): &(usize, port::Balance)| !sum(it.free, it.held).is_zero();
    json(&Told {
        breakdown: Breakdown {
            portfolio: own(key),
            portfolio_balances: Balances {
                total_balance: dollars(total),
                total_futures_balance: dollars(Decimal::ZERO),
                total_cash_equivalent_balance: dollars(cash),
                total_crypto_balance: dollars(coins),
                futures_unrealized_pnl: dollars(Decimal::ZERO),
                perp_unrealized_pnl: dollars(Decimal::ZERO),
            },
            spot_positions: balances.into_iter().filter(held).map(position).collect(),
            perp_positions: [],
            futures_positions: [],
        },
    })
}

fn dollars(value: Decimal) -> Balance<'static> {
    Balance { value: text(value), currency: DOLLAR.into() }
}

fn is_cash(asset: AssetCode) -> bool {
    let code = asset.to_string();
    is_fiat(&code) || code == REDEEMED
}

/// What one of an asset is worth.
fn price(door: &Door, base: AssetCode) -> Option<Decimal> {
    if [DOLLAR, REDEEMED].contains(&base.to_string().as_str()) {
        return Decimal::new(1, 0);
    }
    let quote = DOLLAR.parse().ok()?;
    door.desk.ticker(Pair { base, quote })?.last
}

/// Answer to `payment_methods`: nobody here has a bank.
pub fn payment_methods() -> Answer {
    json(&serde_json::json!({ "payment_methods": [] }))
}

/// Answer to `convert/quote`: what there is, is traded.
pub const fn convert_quote() -> Answer {
    Err(Refusal::Invalid("Unsupported account in this conversion"))
}
