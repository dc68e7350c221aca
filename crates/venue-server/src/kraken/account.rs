//! What an account has, may do and pays.
//!
//! Source  docs.kraken.com, "Spot REST: account data".

use model::{Decimal, Time, UserId};
use venue::DecimalText;
use venue::kraken::{
    ApiKeyInfo, ExtendedBalance, FeeInfo, Named, Refusal, SocketToken, TradeBalance, TradeVolume,
    asset_key, asset_of, pair_key,
};
use venue::port::{Balance, Pair};

use super::Door;
use super::auth::Key;
use super::market::{COST_DIGITS, hundredths};
use super::params::Params;
use super::token::EXPIRES_SECONDS;
use crate::desk::total_of;

/// Digits after the point of an amount.
const AMOUNT_DIGITS: u8 = 10;
/// Digits after the point of a fee in hundredths.
const FEE_DIGITS: u8 = 4;
/// Fills that count as the volume of 30 days.
const FILLS_MAX: usize = 1_000;
/// What counts as a dollar where volume is counted.
const DOLLARS: [&str; 3] = ["USD", "USDT", "USDC"];

fn amount(number: Decimal) -> DecimalText {
    DecimalText(number.with_digits_at_least(AMOUNT_DIGITS))
}

/// `Balance`
pub fn balances(door: &Door, user: &UserId) -> Named<'static, DecimalText> {
    let balances = door.desk.balances(user);
    let has_any = |balance: &&Balance| !total_of(balance).is_zero();
    let named = |balance: &Balance| (key_of(balance), amount(total_of(balance)));
    balances.iter().filter(has_any).map(named).collect()
}

fn key_of(balance: &Balance) -> std::borrow::Cow<'static, str> {
    asset_key(balance.asset.as_str()).to_owned().into()
}

/// `BalanceEx`
pub fn extended_balances(door: &Door, user: &UserId) -> Named<'static, ExtendedBalance> {
    let balances = door.desk.balances(user);
    let has_any = |balance: &&Balance| !total_of(balance).is_zero();
    let named = |balance: &Balance| {
        let all = ExtendedBalance {
            balance: amount(total_of(balance)),
            hold_trade: amount(balance.held),
        };
        (key_of(balance), all)
    };
    balances.iter().filter(has_any).map(named).collect()
}

/// What `base` costs in `quote` now, by a market of the two.
fn price_in(door: &Door, base: model::AssetCode, quote: model::AssetCode) -> Option<Decimal> {
    if base == quote {
        return Decimal::new(1, 0);
    }
    let ticker = door.desk.ticker(Pair { base, quote })?;
    ticker.last.or(ticker.bid.map(|level| level.price))
}

/// `TradeBalance`: what all there is would fetch; nothing is borrowed here.
pub fn trade_balance(door: &Door, user: &UserId, params: &Params) -> Result<TradeBalance, Refusal> {
    let asset = asset_of(params.text("asset").unwrap_or("ZUSD")).ok_or(Refusal::UnknownAsset)?;
    let balances = door.desk.balances(user);
    let worth = |balance: &Balance| {
        price_in(door, balance.asset, asset)?.times(total_of(balance).trimmed())
    };
    let all = balances
        .iter()
        .filter_map(worth)
        .try_fold(Decimal::ZERO, Decimal::checked_add)
        .unwrap_or_default();
    let (all, none) = (
        DecimalText(all.truncated(COST_DIGITS)),
        DecimalText(Decimal::ZERO.truncated(COST_DIGITS)),
    );
    Ok(TradeBalance {
        eb: all,
        tb: all,
        m: none,
        uv: Some(none),
        n: none,
        c: none,
        v: none,
        e: all,
        mf: all,
        ml: None,
    })
}

/// `TradeVolume`
pub fn trade_volume(
    door: &Door,
    user: &UserId,
    params: &Params,
) -> Result<TradeVolume<'static>, Refusal> {
    let fills = door.desk.fills(user, None, None, (None, None), FILLS_MAX);
    let in_dollars = fills.iter().filter(|fill| DOLLARS.contains(&fill.pair.quote.as_str()));
    let volume = in_dollars
        .map(|fill| fill.quote)
        .try_fold(Decimal::ZERO, Decimal::checked_add)
        .unwrap_or_default();
    let (mut taker, mut maker) = (Named::default(), Named::default());
    for name in params.list("pair")? {
        let pair = door.market(&name)?.pair;
        let fees = door.desk.fees(user, pair).ok_or(Refusal::InvalidKey)?;
        taker.0.push((pair_key(pair).into(), fee_info(fees.taker)));
        maker.0.push((pair_key(pair).into(), fee_info(fees.maker)));
    }
    let is_asked = !taker.0.is_empty();
    Ok(TradeVolume {
        currency: "ZUSD".into(),
        volume: DecimalText(volume.truncated(FEE_DIGITS)),
        fees: is_asked.then_some(taker),
        fees_maker: is_asked.then_some(maker),
    })
}

/// The one step there is.
fn fee_info(fee: Decimal) -> FeeInfo {
    let fee = DecimalText(hundredths(fee).with_digits_at_least(FEE_DIGITS));
    let (nextfee, tiervolume, nextvolume) = (None, None, None);
    FeeInfo { fee, minfee: fee, maxfee: fee, nextfee, tiervolume, nextvolume }
}

/// `GetWebSocketsToken`
pub fn socket_token(door: &Door, key: &Key, now: Time) -> SocketToken<'static> {
    SocketToken { token: door.tokens.issue(key, now).into(), expires: EXPIRES_SECONDS }
}

/// `GetApiKeyInfo`
pub fn key_info(key: &Key) -> ApiKeyInfo<'static> {
    let mut permissions = Vec::new();
    if key.scopes.read {
        permissions.extend(["query-funds", "query-open-trades", "query-closed-trades"]);
    }
    if key.scopes.trade {
        permissions.extend(["modify-trades", "close-trades"]);
    }
    if key.scopes.transfer {
        permissions.extend(["add-funds", "withdraw-funds"]);
    }
    ApiKeyInfo {
        api_key_name: "rialto".into(),
        api_key: key.name.clone().into(),
        nonce: key.nonce().to_string().into(),
        nonce_window: 0,
        permissions: permissions.into_iter().map(Into::into).collect(),
        valid_until: "0".into(),
        ip_allowlist: Vec::new(),
    }
}
