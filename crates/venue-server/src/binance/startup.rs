//! What stock clients ask when they start: wallets, margin pairs, fees, futures.
//!
//! Shape   as ccxt and python-binance read them. Parameters that they add are not refused here.

use std::borrow::Cow;
use std::sync::Arc;

use engine::FeeTier;
use model::AssetId;
use projection::Market;
use venue::binance::{
    AccountStatus, ApiRestrictions, CoinInfo, CoinNetwork, DecimalText, FuturesInfo, Refusal,
    SystemStatus, TradeFee,
};

use super::account::nothing;
use super::operation::{Answer, Call};
use super::order::rate;
use super::order_report::amount_text;
use super::symbols;

/// `capital/config/getall`: every asset, with what the caller has of it.
///
/// # Errors
/// As documented.
pub fn coin_info(call: &Call<'_>) -> Result<Answer, Refusal> {
    let account = call.caller()?.account;
    let views = &call.exchange.views;
    let catalog = views.catalog();
    let held = views.balances(account);
    let row = |(asset, id): (&engine::Asset, u16)| {
        let id = AssetId(id);
        let balance = held.iter().find(|balance| balance.asset == id);
        let (free, locked) = balance.map_or((0, 0), |it| (it.available, it.held));
        let code: Cow<'static, str> = Cow::Owned(asset.code.to_string());
        CoinInfo {
            coin: code.clone(),
            deposit_all_enable: true,
            free: amount_text(&catalog, id, free),
            freeze: nothing(),
            ipoable: nothing(),
            ipoing: nothing(),
            is_legal_money: false,
            locked: amount_text(&catalog, id, locked),
            name: code.clone(),
            network_list: vec![network(code, asset.scale)],
            storage: nothing(),
            trading: true,
            withdraw_all_enable: true,
            withdrawing: nothing(),
        }
    };
    Answer::of(&catalog.assets().iter().zip(0..).map(row).collect::<Vec<_>>())
}

/// Every asset travels on the ledger of the exchange itself.
fn network(coin: Cow<'static, str>, scale: u8) -> CoinNetwork<'static> {
    let step = DecimalText::new(1, scale);
    CoinNetwork {
        network: coin.clone(),
        coin: coin.clone(),
        name: coin,
        is_default: true,
        deposit_enable: true,
        withdraw_enable: true,
        withdraw_fee: nothing(),
        withdraw_min: step,
        withdraw_max: DecimalText::new(10_i128.pow(10), 0),
        withdraw_integer_multiple: step,
    }
}

/// Margin pairs: there are none here.
///
/// # Errors
/// Never.
pub fn nothing_there() -> Result<Answer, Refusal> {
    Answer::of::<[(); 0]>(&[])
}

/// `asset/tradeFee`
///
/// # Errors
/// As documented.
pub fn trade_fee(call: &Call<'_>) -> Result<Answer, Refusal> {
    let account = call.caller()?.account;
    let views = &call.exchange.views;
    let catalog = views.catalog();
    let markets = match call.params.symbol("symbol")? {
        Some(symbol) => vec![symbols::find(&catalog, symbol)?],
        None => catalog.markets().to_vec(),
    };
    let row = |market: &Arc<Market>| {
        let fees: FeeTier = views.commission(account, market.id).unwrap_or_default();
        TradeFee {
            symbol: Cow::Owned(market.symbol.joined.clone()),
            maker_commission: rate(fees.maker.millionths()),
            taker_commission: rate(fees.taker.millionths()),
        }
    };
    Answer::of(&markets.iter().map(row).collect::<Vec<_>>())
}

/// `account/apiRestrictions`
///
/// # Errors
/// As documented.
pub fn api_restrictions(call: &Call<'_>) -> Result<Answer, Refusal> {
    let key = &call.caller()?.key;
    Answer::of(&ApiRestrictions {
        ip_restrict: !key.allow_ips.is_empty(),
        create_time: call.time(key.created),
        enable_reading: key.scopes.read,
        enable_spot_and_margin_trading: key.scopes.trade,
        enable_withdrawals: key.scopes.transfer,
        enable_internal_transfer: key.scopes.transfer,
        enable_margin: false,
        enable_futures: false,
        permits_universal_transfer: false,
        enable_vanilla_options: false,
        enable_portfolio_margin_trading: false,
    })
}

/// `account/status`
///
/// # Errors
/// As documented.
pub fn account_status() -> Result<Answer, Refusal> {
    Answer::of(&AccountStatus { data: Cow::Borrowed("Normal") })
}

/// `system/status`
///
/// # Errors
/// Never.
pub fn system_status() -> Result<Answer, Refusal> {
    Answer::of(&SystemStatus { status: 0, msg: Cow::Borrowed("normal") })
}

/// The `exchangeInfo` of futures, of which there are none.
///
/// # Errors
/// Never.
pub fn futures_exchange_info(call: &Call<'_>) -> Result<Answer, Refusal> {
    Answer::of(&FuturesInfo {
        timezone: Cow::Borrowed("UTC"),
        server_time: call.time(call.now),
        rate_limits: [],
        exchange_filters: [],
        assets: [],
        symbols: [],
    })
}
