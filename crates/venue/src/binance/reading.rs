//! The venue's words in those of the port: what it says is believed only where it makes sense.
//!
//! Keeps   no number is negative, zero or of absurd precision where it must not be, and no answer
//!         is about another market than was asked for.
//! Fails   [`Malformed`], with the name of what makes no sense.

use model::{Decimal, Side};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    AccountCommission, ApiRestrictions, AssetBalance, DecimalText, ExecutionReport, ExecutionType,
    LimitUnit, MyTrade, OrderQuery, OrderReport, OrderSide, RateLimit, RateLimitKind, SymbolFilter,
    Ticker24h, TradeEvent, symbol_of,
};
use crate::port::{
    Balance, FeeAsset, Fees, Fill, Instrument, Order, OrderState, Pair, Permissions, Steps, Ticker,
    TradeTold,
};
use crate::sense::{asset, not_negative, positive, unless_zero};
pub use crate::sense::{Malformed, moment};

fn check_symbol(symbol: &str, pair: Pair) -> Result<(), Malformed> {
    if symbol == symbol_of(pair) { Ok(()) } else { Err(Malformed("symbol")) }
}

/// What `exchangeInfo` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Markets whose assets have names that we can write.
    pub instruments: Vec<Instrument>,
    /// Markets that were passed over.
    pub skipped: usize,
    /// Weight that an address may use in a minute, if it says so.
    pub weight_max: Option<u32>,
}

/// The parts of `exchangeInfo` that are needed, each read by itself: what the venue adds tomorrow
/// costs nothing, or one market.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Info<'a> {
    #[serde(borrow, default)]
    rate_limits: Vec<&'a RawValue>,
    #[serde(borrow)]
    symbols: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed<'a> {
    symbol: &'a str,
    status: &'a str,
    base_asset: &'a str,
    quote_asset: &'a str,
    #[serde(borrow)]
    filters: Vec<&'a RawValue>,
}

/// Reads `exchangeInfo`.
///
/// # Errors
/// [`Malformed`] where it is none.
pub fn listing(json: &[u8]) -> Result<Listing, Malformed> {
    let info: Info<'_> = serde_json::from_slice(json).map_err(|_| Malformed("list of markets"))?;
    let mut listing = Listing::default();
    for symbol in info.symbols {
        let listed = serde_json::from_str(symbol.get()).ok();
        match listed.and_then(|listed| instrument(&listed).ok()) {
            Some(instrument) => listing.instruments.push(instrument),
            None => listing.skipped += 1,
        }
    }
    let limits = info.rate_limits.iter();
    let limits = limits.filter_map(|limit| serde_json::from_str::<RateLimit>(limit.get()).ok());
    listing.weight_max = limits
        .filter(|limit| limit.rate_limit_type == RateLimitKind::RequestWeight)
        .find(|limit| (limit.interval, limit.interval_num) == (LimitUnit::Minute, 1))
        .map(|limit| limit.limit);
    Ok(listing)
}

fn instrument(listed: &Listed<'_>) -> Result<Instrument, Malformed> {
    let pair = Pair { base: asset(listed.base_asset)?, quote: asset(listed.quote_asset)? };
    check_symbol(listed.symbol, pair)?;
    let (mut price, mut qty, mut notional) = (Steps::default(), Steps::default(), Steps::default());
    for filter in &listed.filters {
        // A rule that we do not know will be told by a refusal.
        let Ok(filter) = serde_json::from_str::<SymbolFilter>(filter.get()) else { continue };
        if let SymbolFilter::PriceFilter { min_price, max_price, tick_size } = filter {
            price = steps(min_price, max_price, tick_size)?;
        } else if let SymbolFilter::LotSize { min_qty, max_qty, step_size } = filter {
            qty = steps(min_qty, max_qty, step_size)?;
        } else if let SymbolFilter::Notional { min_notional, max_notional, .. } = filter {
            notional.min = unless_zero(min_notional, "notional")?;
            notional.max = unless_zero(max_notional, "notional")?;
        } else if let SymbolFilter::MinNotional { min_notional, .. } = filter {
            notional.min = unless_zero(min_notional, "notional")?;
        }
    }
    Ok(Instrument {
        pair,
        symbol: listed.symbol.to_owned(),
        is_open: listed.status == "TRADING",
        price,
        qty,
        notional,
        fees: usual_fees(),
    })
}

fn steps(min: DecimalText, max: DecimalText, step: DecimalText) -> Result<Steps, Malformed> {
    Ok(Steps {
        min: unless_zero(min, "filter")?,
        max: unless_zero(max, "filter")?,
        step: unless_zero(step, "filter")?,
    })
}

/// What the venue asks of everybody: a thousandth of what is received.
fn usual_fees() -> Fees {
    let thousandth = Decimal::new(1, 3).expect("a scale of ours");
    Fees { maker: thousandth, taker: thousandth, asset: FeeAsset::Received }
}

/// A row of `ticker/24hr`.
///
/// # Errors
/// [`Malformed`].
pub fn ticker(row: &Ticker24h<'_>, pair: Pair) -> Result<Ticker, Malformed> {
    check_symbol(&row.symbol, pair)?;
    Ok(Ticker {
        pair,
        last: unless_zero(row.last_price, "last price")?,
        bid: unless_zero(row.bid_price, "bid")?,
        ask: unless_zero(row.ask_price, "ask")?,
        volume: not_negative(row.volume, "volume")?,
        quote_volume: not_negative(row.quote_volume, "volume")?,
    })
}

/// A trade as the stream tells it.
///
/// # Errors
/// [`Malformed`].
pub fn trade(event: &TradeEvent<'_>, pair: Pair) -> Result<TradeTold, Malformed> {
    check_symbol(&event.symbol, pair)?;
    Ok(TradeTold {
        pair,
        taker: if event.is_buyer_maker { Side::Sell } else { Side::Buy },
        price: positive(event.price, "price")?,
        qty: positive(event.qty, "quantity")?,
        time: moment(event.trade_time)?,
    })
}

/// What a key may do.
#[must_use]
pub const fn permissions(told: &ApiRestrictions) -> Permissions {
    Permissions {
        read: told.enable_reading,
        trade: told.enable_spot_and_margin_trading,
        withdraw: told.enable_withdrawals,
        is_bound_to_addresses: told.ip_restrict,
    }
}

/// What an account pays in a market. A rebate is negative.
///
/// # Errors
/// [`Malformed`].
pub fn fees(told: &AccountCommission<'_>, pair: Pair) -> Result<Fees, Malformed> {
    check_symbol(&told.symbol, pair)?;
    let rates = &told.standard_commission;
    Ok(Fees { maker: rates.maker.0, taker: rates.taker.0, asset: FeeAsset::Received })
}

/// What an account has of an asset, be it nothing.
///
/// # Errors
/// [`Malformed`].
pub fn balance(told: &AssetBalance<'_>) -> Result<Balance, Malformed> {
    let free = not_negative(told.free, "balance")?;
    let held = not_negative(told.locked, "balance")?;
    Ok(Balance { asset: asset(&told.asset)?, free, held })
}

/// The answer to placing or cancelling.
///
/// # Errors
/// [`Malformed`], also where it does not say how the order stands.
pub fn reported(report: &OrderReport<'_>, pair: Pair) -> Result<Order, Malformed> {
    check_symbol(&report.symbol, pair)?;
    let state = report.state.as_ref().ok_or(Malformed("report"))?;
    let client_id = report.orig_client_order_id.as_ref().unwrap_or(&report.client_order_id);
    Ok(Order {
        pair,
        id: report.order_id.to_string(),
        client_id: client_id.to_string(),
        side: side(state.side),
        price: unless_zero(state.price, "price")?,
        qty: not_negative(state.orig_qty, "quantity")?,
        filled: not_negative(state.executed_qty, "quantity")?,
        quote_filled: not_negative(state.cumulative_quote_qty, "quantity")?,
        state: order_state(state.status),
        updated: moment(report.transact_time)?,
    })
}

/// The answer to asking for an order.
///
/// # Errors
/// [`Malformed`].
pub fn found(row: &OrderQuery<'_>, pair: Pair) -> Result<Order, Malformed> {
    check_symbol(&row.symbol, pair)?;
    Ok(Order {
        pair,
        id: row.order_id.to_string(),
        client_id: row.client_order_id.to_string(),
        side: side(row.side),
        price: unless_zero(row.price, "price")?,
        qty: not_negative(row.orig_qty, "quantity")?,
        filled: not_negative(row.executed_qty, "quantity")?,
        quote_filled: not_negative(row.cumulative_quote_qty, "quantity")?,
        state: order_state(row.status),
        updated: moment(row.update_time)?,
    })
}

/// A row of `myTrades`.
///
/// # Errors
/// [`Malformed`].
pub fn fill(row: &MyTrade<'_>, pair: Pair) -> Result<Fill, Malformed> {
    check_symbol(&row.symbol, pair)?;
    Ok(Fill {
        pair,
        trade_id: row.id.to_string(),
        order_id: row.order_id.to_string(),
        side: if row.is_buyer { Side::Buy } else { Side::Sell },
        price: positive(row.price, "price")?,
        qty: positive(row.qty, "quantity")?,
        fee: row.commission.0,
        fee_asset: asset(&row.commission_asset)?,
        is_maker: row.is_maker,
        time: moment(row.time)?,
    })
}

/// An order after a change, and what of it traded just now.
///
/// # Errors
/// [`Malformed`].
pub fn execution(
    report: &ExecutionReport<'_>,
    pair: Pair,
) -> Result<(Order, Option<Fill>), Malformed> {
    check_symbol(&report.symbol, pair)?;
    let is_cancel = report.execution_type == ExecutionType::Canceled;
    let name = if is_cancel && !report.orig_client_order_id.is_empty() {
        &report.orig_client_order_id
    } else {
        &report.client_order_id
    };
    let time = moment(report.transaction_time)?;
    let order = Order {
        pair,
        id: report.order_id.to_string(),
        client_id: name.to_string(),
        side: side(report.side),
        price: unless_zero(report.price, "price")?,
        qty: not_negative(report.qty, "quantity")?,
        filled: not_negative(report.filled_qty, "quantity")?,
        quote_filled: not_negative(report.quote_filled, "quantity")?,
        state: order_state(report.status),
        updated: time,
    };
    if report.execution_type != ExecutionType::Trade {
        return Ok((order, None));
    }
    let fee_asset = report.commission_asset.as_deref().ok_or(Malformed("asset"))?;
    let fill = Fill {
        pair,
        trade_id: report.trade_id.to_string(),
        order_id: order.id.clone(),
        side: order.side,
        price: positive(report.last_price, "price")?,
        qty: positive(report.last_qty, "quantity")?,
        fee: report.commission.0,
        fee_asset: asset(fee_asset)?,
        is_maker: report.is_maker,
        time,
    };
    Ok((order, Some(fill)))
}

const fn side(side: OrderSide) -> Side {
    match side {
        OrderSide::Buy => Side::Buy,
        OrderSide::Sell => Side::Sell,
    }
}

const fn order_state(state: super::OrderState) -> OrderState {
    use super::OrderState as Told;
    match state {
        Told::New | Told::PendingNew | Told::PendingCancel => OrderState::Open,
        Told::PartiallyFilled => OrderState::PartiallyFilled,
        Told::Filled => OrderState::Filled,
        Told::Canceled => OrderState::Canceled,
        Told::Rejected => OrderState::Rejected,
        Told::Expired | Told::ExpiredInMatch => OrderState::Expired,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair() -> Pair {
        Pair { base: "BTC".parse().unwrap(), quote: "USDT".parse().unwrap() }
    }

    #[test]
    fn a_listing_is_read_market_by_market() {
        let json = br#"{"rateLimits":[{"rateLimitType":"NEW_KIND","interval":"MINUTE"},
            {"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":6000}],
            "symbols":[
            {"symbol":"BTCUSDT","status":"TRADING","baseAsset":"BTC","quoteAsset":"USDT","new":1,
             "filters":[{"filterType":"NEW_RULE","x":1},
             {"filterType":"PRICE_FILTER","minPrice":"0.01000000","maxPrice":"1000000.00000000",
              "tickSize":"0.01000000"},
             {"filterType":"LOT_SIZE","minQty":"0.00001000","maxQty":"9000.00000000",
              "stepSize":"0.00001000"},
             {"filterType":"NOTIONAL","minNotional":"5.00000000","applyMinToMarket":true,
              "maxNotional":"0.00000000","applyMaxToMarket":false,"avgPriceMins":5}]},
            {"symbol":"BTCUSDC","status":"NEW_STATUS","baseAsset":"BTC","quoteAsset":"USDC",
             "filters":[]},
            {"symbol":"OTHER","status":"TRADING","baseAsset":"BTC","quoteAsset":"USDT",
             "filters":[]},
            {"symbol":"x"}]}"#;
        let listing = listing(json).unwrap();
        assert_eq!((listing.skipped, listing.weight_max), (2, Some(6_000)));
        let [one, other] = &listing.instruments[..] else { panic!("{listing:?}") };
        let number = |text: &str| Some(text.parse::<Decimal>().unwrap());
        assert_eq!((one.pair, one.is_open, one.price.step), (pair(), true, number("0.01")));
        assert_eq!((one.qty.step, one.notional.min), (number("0.00001"), number("5")));
        assert_eq!((one.notional.max, other.is_open), (None, false));
        assert!(super::listing(b"[]").is_err());
    }

    #[test]
    fn an_answer_about_another_market_is_refused() {
        let json = r#"{"symbol":"ETHUSDT","orderId":28,"orderListId":-1,"clientOrderId":"a",
            "transactTime":1507725176595}"#;
        let report: OrderReport<'_> = serde_json::from_str(json).unwrap();
        assert_eq!(reported(&report, pair()), Err(Malformed("symbol")));
        let other = Pair { base: "ETH".parse().unwrap(), ..pair() };
        assert_eq!(reported(&report, other), Err(Malformed("report")));
    }
}
