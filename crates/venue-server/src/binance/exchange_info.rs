//! The rules of the exchange: limits, markets, filters.
//!
//! Source  rest-api.md, "Exchange information"; filters.md.

use std::borrow::Cow;
use std::sync::Arc;

use engine::Filters;
use model::Decimal;
use projection::Market;
use serde::Serialize;
use venue::binance::{
    DecimalText, ExchangeInfo, OneOrMany, RateLimit, RateLimitKind, Refusal, SymbolFilter,
    SymbolInfo,
};

use super::grid::Grid;
use super::limit::{ORDERS_LONG, ORDERS_SHORT, Quotas, RAW_INTERVAL, WEIGHT_INTERVAL};
use super::operation::{Answer, Call};
use super::request::Params;
use super::symbols;

/// The permission that every account and market has.
const SPOT: &str = "SPOT";
/// The most permissions that one request names.
const PERMISSIONS_MAX: usize = 64;

const ORDER_TYPES: [&str; 7] = [
    "LIMIT",
    "LIMIT_MAKER",
    "MARKET",
    "STOP_LOSS",
    "STOP_LOSS_LIMIT",
    "TAKE_PROFIT",
    "TAKE_PROFIT_LIMIT",
];
const SELF_TRADE_MODES: [&str; 5] =
    ["NONE", "EXPIRE_TAKER", "EXPIRE_MAKER", "EXPIRE_BOTH", "DECREMENT"];

/// `exchangeInfo`
///
/// # Errors
/// As documented; -1128 for `permissions` or `symbolStatus` together with `symbol` or `symbols`.
pub fn exchange_info(call: &Call<'_>) -> Result<Answer, Refusal> {
    let params = call.params;
    let show_permissions = params.boolean("showPermissionSets")?.unwrap_or(true);
    let permitted = permissions_admit_spot(params)?;
    let named = params.peek("symbol").is_some() || params.peek("symbols").is_some();
    let chosen = permitted.is_some() || params.peek("symbolStatus").is_some();
    if named && chosen {
        return Err(Refusal::BadOptionalCombination);
    }
    let markets = match symbols::one_or_many(call)? {
        OneOrMany::One(market) => vec![market],
        OneOrMany::Many(_) if permitted == Some(false) => Vec::new(),
        OneOrMany::Many(markets) => markets,
    };
    params.finish()?;
    let symbol = |market| symbol_info(market, show_permissions);
    Answer::of(&ExchangeInfo {
        timezone: "UTC".into(),
        server_time: call.time(call.now),
        rate_limits: rate_limits(&call.exchange.limits.quotas).into(),
        exchange_filters: Vec::new(),
        symbols: markets.iter().map(symbol).collect(),
        sors: None,
    })
}

/// Whether the permissions that are asked for include the one that every market has; `None` where
/// none are asked for.
fn permissions_admit_spot(params: &Params<'_>) -> Result<Option<bool>, Refusal> {
    let Some(text) = params.text("permissions")? else { return Ok(None) };
    let names = if text.starts_with('[') {
        serde_json::from_str(text).map_err(|_| Refusal::BadValue("permissions"))?
    } else {
        vec![text]
    };
    let legal = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    let all_legal = names.iter().all(|name| !name.is_empty() && name.bytes().all(legal));
    if names.is_empty() || PERMISSIONS_MAX < names.len() || !all_legal {
        return Err(Refusal::BadValue("permissions"));
    }
    Ok(Some(names.contains(&SPOT)))
}

/// What a client may ask how often.
#[must_use]
pub const fn rate_limits(quotas: &Quotas) -> [RateLimit; 4] {
    [
        RateLimit::new(RateLimitKind::RequestWeight, WEIGHT_INTERVAL, quotas.weight, None),
        RateLimit::new(RateLimitKind::Orders, ORDERS_SHORT, quotas.orders_short, None),
        RateLimit::new(RateLimitKind::Orders, ORDERS_LONG, quotas.orders_long, None),
        RateLimit::new(RateLimitKind::RawRequests, RAW_INTERVAL, quotas.raw_requests, None),
    ]
}

fn symbol_info(market: &Arc<Market>, show_permissions: bool) -> SymbolInfo<'_> {
    let names = |names: &[&'static str]| names.iter().map(|&name| Cow::Borrowed(name)).collect();
    SymbolInfo {
        symbol: market.symbol.joined.as_str().into(),
        status: symbols::status_of(market.state),
        base_asset: market.base.code.as_str().into(),
        base_asset_precision: market.base.scale,
        quote_asset: market.quote.code.as_str().into(),
        quote_precision: market.quote.scale,
        quote_asset_precision: market.quote.scale,
        base_commission_precision: market.base.scale,
        quote_commission_precision: market.quote.scale,
        order_types: names(&ORDER_TYPES),
        iceberg_allowed: true,
        oco_allowed: true,
        oto_allowed: false,
        opo_allowed: false,
        quote_order_qty_market_allowed: true,
        allow_trailing_stop: true,
        cancel_replace_allowed: true,
        amend_allowed: true,
        peg_instructions_allowed: false,
        is_spot_trading_allowed: true,
        is_margin_trading_allowed: false,
        filters: filters(market),
        permissions: Vec::new(),
        permission_sets: if show_permissions { vec![names(&[SPOT])] } else { Vec::new() },
        default_self_trade_prevention_mode: SELF_TRADE_MODES[0].into(),
        allowed_self_trade_prevention_modes: names(&SELF_TRADE_MODES),
    }
}

/// The filters of a market, in the order in which the venue tells them.
#[must_use]
pub fn filters(market: &Market) -> Vec<SymbolFilter> {
    let (grid, rules) = (Grid::new(market), &market.spec.filters);
    let step_size = DecimalText::padded(market.lot());
    let mut filters = vec![
        SymbolFilter::PriceFilter {
            min_price: grid.price(rules.price.0),
            max_price: grid.price(rules.price.1),
            tick_size: DecimalText::padded(market.tick()),
        },
        SymbolFilter::LotSize {
            min_qty: grid.qty(rules.qty.0),
            max_qty: grid.qty(rules.qty.1),
            step_size,
        },
        SymbolFilter::IcebergParts { limit: rules.iceberg_parts_max },
        SymbolFilter::MarketLotSize {
            min_qty: grid.qty(rules.market_qty.0),
            max_qty: grid.qty(rules.market_qty.1),
            step_size,
        },
        trailing_delta(rules),
        percent_price(rules),
        SymbolFilter::Notional {
            min_notional: grid.quote(rules.notional.0),
            apply_min_to_market: rules.notional_min_to_market,
            max_notional: grid.quote(rules.notional.1),
            apply_max_to_market: rules.notional_max_to_market,
            avg_price_mins: rules.averages.minutes,
        },
        SymbolFilter::MaxNumOrders { max_num_orders: rules.orders_max },
        SymbolFilter::MaxNumOrderLists { max_num_order_lists: rules.lists_max },
        SymbolFilter::MaxNumAlgoOrders { max_num_algo_orders: rules.algo_orders_max },
        SymbolFilter::MaxNumIcebergOrders { max_num_iceberg_orders: rules.iceberg_orders_max },
        SymbolFilter::MaxNumOrderAmends { max_num_order_amends: rules.amends_max.into() },
    ];
    if let Some(units) = rules.position_max {
        let position = Decimal::new(units, market.base.scale);
        filters.extend(position.map(|position| SymbolFilter::MaxPosition {
            max_position: DecimalText::padded(position),
        }));
    }
    filters
}

const fn trailing_delta(rules: &Filters) -> SymbolFilter {
    let (min, max) = rules.trailing_delta;
    SymbolFilter::TrailingDelta {
        min_trailing_above_delta: min,
        max_trailing_above_delta: max,
        min_trailing_below_delta: min,
        max_trailing_below_delta: max,
    }
}

fn percent_price(rules: &Filters) -> SymbolFilter {
    // Hundredths of a percent: ten thousand is the reference itself.
    let multiple = |part: u32| DecimalText(DecimalText::new(i128::from(part), 4).0.trimmed());
    SymbolFilter::PercentPriceBySide {
        bid_multiplier_up: multiple(rules.band.bid_up),
        bid_multiplier_down: multiple(rules.band.bid_down),
        ask_multiplier_up: multiple(rules.band.ask_up),
        ask_multiplier_down: multiple(rules.band.ask_down),
        avg_price_mins: rules.averages.minutes,
    }
}

/// `executionRules`: no market has any.
///
/// # Errors
/// As documented; -1128 for more than one parameter.
pub fn execution_rules(call: &Call<'_>) -> Result<Answer, Refusal> {
    #[derive(Serialize)]
    #[serde(rename_all = "camelCase")]
    struct ExecutionRules<'a> {
        symbol_rules: Vec<SymbolRules<'a>>,
    }
    #[derive(Serialize)]
    struct SymbolRules<'a> {
        symbol: &'a str,
        rules: [(); 0],
    }
    let sent = ["symbol", "symbols", "symbolStatus"].map(|name| call.params.peek(name).is_some());
    if 1 < sent.iter().filter(|sent| **sent).count() {
        return Err(Refusal::BadOptionalCombination);
    }
    let markets = match symbols::one_or_many(call)? {
        OneOrMany::One(market) => vec![market],
        OneOrMany::Many(markets) => markets,
    };
    call.params.finish()?;
    fn rules(market: &Arc<Market>) -> SymbolRules<'_> {
        SymbolRules { symbol: &market.symbol.joined, rules: [] }
    }
    Answer::of(&ExecutionRules { symbol_rules: markets.iter().map(rules).collect() })
}
