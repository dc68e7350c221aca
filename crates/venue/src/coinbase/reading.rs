//! The venue's words in those of the port: what it says is believed only where it makes sense.
//!
//! Keeps   no number is negative, zero or of absurd precision where it must not be, and no answer
//!         is about another market than was asked for.
//! Fails   [`Malformed`], with the name of what makes no sense.

use std::borrow::Cow;
use std::collections::BTreeMap;

use model::{Decimal, Side, Time};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::account::{Account, FeeTier, KeyPermissions};
use super::market::{PriceBook, PriceLevel};
use super::number::{DecimalText, MaybeDecimal};
use super::order::{
    FillRow, HistoricalOrder, Liquidity, OrderConfiguration, OrderSide, OrderStatus,
};
use super::product::Product;
use super::stream_event::{StreamTrade, UserOrder};
use crate::book::Level;
use crate::instant::parse as parse_moment;
use crate::port::{
    Balance, FeeAsset, Fees, Fill, Market, Order, OrderState, Pair, Permissions, Snapshot, Steps,
    Ticker, TradeTold,
};
pub use crate::sense::Malformed;
use crate::sense::{
    asset, check_book, check_symbol, fee, not_negative, positive, rate, unless_zero,
};

/// `None` for zero and for nothing.
fn unless_nothing(number: MaybeDecimal, what: &'static str) -> Result<Option<Decimal>, Malformed> {
    number.0.map_or(Ok(None), |number| unless_zero(DecimalText(number), what))
}

/// A time as the venue tells it.
///
/// # Errors
/// [`Malformed`].
pub fn moment(text: &str) -> Result<Time, Malformed> {
    parse_moment(text).ok_or(Malformed("time"))
}

/// The market that the venue spells so.
///
/// # Errors
/// [`Malformed`] where it is none.
pub fn pair_of(symbol: &str) -> Result<Pair, Malformed> {
    Pair::parse(symbol).ok_or(Malformed("symbol"))
}

/// What `products` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Listing {
    /// Markets whose assets have names that we can write.
    pub markets: Vec<Market>,
    /// By which names sockets tell of the same markets: two may share a book.
    pub told_as: Vec<String>,
    /// The same markets over the last 24 hours.
    pub tickers: Vec<Ticker>,
    /// Markets that were passed over.
    pub skipped: usize,
}

/// The list, each market read by itself: what the venue adds tomorrow costs nothing, or one market.
#[derive(Deserialize)]
struct Listed<'a> {
    #[serde(borrow)]
    products: Vec<&'a RawValue>,
}

/// Reads `products`.
///
/// # Errors
/// [`Malformed`] where it is none.
pub fn listing(json: &[u8]) -> Result<Listing, Malformed> {
    let listed: Listed<'_> =
        serde_json::from_slice(json).map_err(|_| Malformed("list of markets"))?;
    let mut listing = Listing::default();
    for product in listed.products {
        let product: Option<Product<'_>> = serde_json::from_str(product.get()).ok();
        let read = product.and_then(|product| {
            let market = market(&product).ok()?;
            let ticker = ticker(&product, market.pair).ok()?;
            let alias = Some(product.alias).filter(|alias| pair_of(alias).is_ok());
            Some((market, ticker, alias.unwrap_or(product.product_id).into_owned()))
        });
        match read {
            Some((market, ticker, told_as)) => {
                listing.markets.push(market);
                listing.told_as.push(told_as);
                listing.tickers.push(ticker);
            }
            None => listing.skipped += 1,
        }
    }
    Ok(listing)
}

fn market(product: &Product<'_>) -> Result<Market, Malformed> {
    if product.product_type != "SPOT" {
        return Err(Malformed("kind of market"));
    }
    let base = asset(&product.base_currency_id)?;
    let pair = Pair { base, quote: asset(&product.quote_currency_id)? };
    check_symbol(&product.product_id, pair)?;
    let step = |number, what| positive(number, what).map(Some);
    let bound = unless_zero;
    let is_halted = product.is_disabled || product.trading_disabled || product.cancel_only;
    let price = Steps { min: None, max: None, step: step(product.price_increment, "price")? };
    let qty = Steps {
        min: bound(product.base_min_size, "quantity")?,
        max: bound(product.base_max_size, "quantity")?,
        step: step(product.base_increment, "quantity")?,
    };
    let notional = Steps {
        min: bound(product.quote_min_size, "notional")?,
        max: bound(product.quote_max_size, "notional")?,
        step: None,
    };
    Ok(Market {
        pair,
        symbol: product.product_id.to_string(),
        is_open: !is_halted && product.status == "online",
        price,
        qty,
        notional,
        fees: usual_fees(),
    })
}

/// What the venue asks of who trades little: its list of markets does not say it.
fn usual_fees() -> Fees {
    let thousandths = |count| Decimal::new(count, 3).expect("a scale of ours");
    Fees { maker: thousandths(6), taker: thousandths(12), asset: FeeAsset::Quote }
}

fn ticker(product: &Product<'_>, pair: Pair) -> Result<Ticker, Malformed> {
    let volume = |number: MaybeDecimal| {
        let number = DecimalText(number.0.unwrap_or_default());
        not_negative(number, "volume")
    };
    Ok(Ticker {
        pair,
        last: unless_nothing(product.price, "last price")?,
        bid: unless_nothing(product.best_bid_price, "bid")?,
        ask: unless_nothing(product.best_ask_price, "ask")?,
        volume: volume(product.volume_24h)?,
        quote_volume: volume(product.approximate_quote_24h_volume)?,
    })
}

/// The book of a market as a question for it is answered.
///
/// # Errors
/// [`Malformed`].
pub fn snapshot(told: &PriceBook<'_>, pair: Pair) -> Result<Snapshot, Malformed> {
    check_symbol(&told.product_id, pair)?;
    let read = |level: &PriceLevel| {
        let price = positive(level.price, "price of a level")?;
        Ok(Level { price, qty: positive(level.size, "quantity of a level")? })
    };
    let side = |levels: &[PriceLevel]| levels.iter().map(read).collect::<Result<Vec<_>, _>>();
    let (bids, asks) = (side(&told.bids)?, side(&told.asks)?);
    check_book(&bids, &asks)?;
    Ok(Snapshot { pair, sequence: None, venue_time: Some(moment(&told.time)?), bids, asks })
}

/// A trade as the stream tells it: who rested is told, and we want who crossed.
///
/// # Errors
/// [`Malformed`].
pub fn trade(told: &StreamTrade<'_>) -> Result<TradeTold, Malformed> {
    let pair = pair_of(&told.product_id)?;
    let taker = match told.side {
        OrderSide::Buy => Side::Sell,
        OrderSide::Sell => Side::Buy,
    };
    let (price, qty) = (positive(told.price, "price")?, positive(told.size, "quantity")?);
    Ok(TradeTold { pair, taker, price, qty, time: moment(&told.time)? })
}

/// What a key may do. Whether it works from named addresses only is not told.
#[must_use]
pub const fn permissions(told: &KeyPermissions<'_>) -> Permissions {
    Permissions {
        read: told.can_view,
        trade: told.can_trade,
        withdraw: told.can_transfer,
        is_bound_to_addresses: false,
    }
}

/// What an account pays, in every market.
///
/// # Errors
/// [`Malformed`] where it is no fraction.
pub fn fees(told: &FeeTier<'_>) -> Result<Fees, Malformed> {
    let (maker, taker) = (rate(told.maker_fee_rate.0)?, rate(told.taker_fee_rate.0)?);
    Ok(Fees { maker, taker, asset: FeeAsset::Quote })
}

/// What an account has of an asset, be it nothing.
///
/// # Errors
/// [`Malformed`].
pub fn balance(told: &Account<'_>) -> Result<Balance, Malformed> {
    let free = not_negative(told.available_balance.value, "balance")?;
    let held = not_negative(told.hold.value, "balance")?;
    if told.available_balance.currency != told.currency || told.hold.currency != told.currency {
        return Err(Malformed("asset"));
    }
    Ok(Balance { asset: asset(&told.currency)?, free, held })
}

/// Answer to `historical/batch`, its orders not read yet: one that makes no sense costs no other.
#[derive(Debug, Deserialize)]
pub struct OrderRows<'a> {
    /// One page, the newest first.
    #[serde(borrow)]
    pub orders: Vec<&'a RawValue>,
    /// Whether there is another.
    pub has_next: bool,
    /// By what it is asked for.
    #[serde(borrow, default)]
    pub cursor: Cow<'a, str>,
}

/// Answer to `historical/{order_id}`, its order not read yet.
#[derive(Debug, Deserialize)]
pub struct OrderRow<'a> {
    /// It.
    #[serde(borrow)]
    pub order: &'a RawValue,
}

/// What of an order is read first.
#[derive(Deserialize)]
struct RowHead<'a> {
    #[serde(borrow, default)]
    client_order_id: Cow<'a, str>,
    #[serde(borrow, default)]
    order_configuration: Option<BTreeMap<Cow<'a, str>, &'a RawValue>>,
    #[serde(default)]
    size_in_quote: bool,
}

/// An order of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OrderTold {
    /// One that the port has words for.
    Order {
        /// It.
        order: Box<Order>,
        /// Whether it was asked for by quote: then its trades are told in quote as well.
        is_by_quote: bool,
    },
    /// One that somebody placed otherwise: of a kind that is not spoken here.
    Foreign,
}

/// Reads an order of a list. `wanted` is its placer's name, where only that one is wanted: all
/// others may be whatever they are, and are [`OrderTold::Foreign`].
///
/// # Errors
/// [`Malformed`].
pub fn order_told(
    row: &RawValue,
    pair: Pair,
    wanted: Option<&str>,
) -> Result<OrderTold, Malformed> {
    let head: RowHead<'_> = serde_json::from_str(row.get()).map_err(|_| Malformed("order"))?;
    if wanted.is_some_and(|wanted| wanted != head.client_order_id) {
        return Ok(OrderTold::Foreign);
    }
    let is_spoken = |kind: &Cow<'_, str>| OrderConfiguration::KINDS.contains(&&**kind);
    if !head.order_configuration.is_some_and(|it| it.keys().all(is_spoken) && it.len() == 1) {
        return Ok(OrderTold::Foreign);
    }
    let row: HistoricalOrder<'_> =
        serde_json::from_str(row.get()).map_err(|_| Malformed("order"))?;
    let order = Box::new(found(&row, pair)?);
    Ok(OrderTold::Order { order, is_by_quote: head.size_in_quote })
}

/// Whether nothing more will become of an order that stands so.
#[must_use]
pub const fn is_over(status: OrderStatus) -> bool {
    order_state(status, false).is_final()
}

/// How much of an order has traded, as its owner is told.
///
/// # Errors
/// [`Malformed`].
pub fn traded_of(told: &UserOrder<'_>) -> Result<Decimal, Malformed> {
    not_negative(told.cumulative_quantity, "quantity")
}

/// An order as a question for it is answered.
///
/// # Errors
/// [`Malformed`].
pub fn found(row: &HistoricalOrder<'_>, pair: Pair) -> Result<Order, Malformed> {
    check_symbol(&row.product_id, pair)?;
    let filled = not_negative(row.filled_size, "quantity")?;
    let quote_filled = not_negative(row.filled_value, "quantity")?;
    let (price, qty) = size_of(&row.order_configuration)?;
    let created = moment(&row.created_time)?;
    let last_fill = row.last_fill_time.as_deref().filter(|text| !text.is_empty());
    let updated = last_fill.map_or(Ok(created), moment)?;
    Ok(Order {
        pair,
        id: row.order_id.to_string(),
        client_id: row.client_order_id.to_string(),
        side: side(row.side),
        price,
        // An order by quote is as large as what of it has traded.
        qty: qty.unwrap_or(filled),
        filled,
        quote_filled,
        state: order_state(row.status, !filled.is_zero()),
        updated,
    })
}

/// Limit and quantity of base, as far as there are such.
fn size_of(
    configuration: &OrderConfiguration<'_>,
) -> Result<(Option<Decimal>, Option<Decimal>), Malformed> {
    let (price, qty) = match configuration {
        OrderConfiguration::MarketMarketIoc(it) | OrderConfiguration::MarketMarketFok(it) => {
            (None, it.base_size)
        }
        OrderConfiguration::SorLimitIoc(it) | OrderConfiguration::LimitLimitFok(it) => {
            (Some(it.limit_price), Some(it.base_size))
        }
        OrderConfiguration::LimitLimitGtc(it) => (Some(it.limit_price), Some(it.base_size)),
        OrderConfiguration::LimitLimitGtd(it) => (Some(it.limit_price), Some(it.base_size)),
        OrderConfiguration::StopLimitStopLimitGtc(it) => (Some(it.limit_price), Some(it.base_size)),
        OrderConfiguration::StopLimitStopLimitGtd(it) => (Some(it.limit_price), Some(it.base_size)),
    };
    let price = price.map(|price| positive(price, "price")).transpose()?;
    let qty = qty.map(|qty| not_negative(qty, "quantity")).transpose()?;
    Ok((price, qty))
}

/// A trade of an order; `None` for what is none, as the taking back of one, and for one of an
/// order by quote, whose size says nothing exact of base.
///
/// # Errors
/// [`Malformed`].
pub fn fill(row: &FillRow<'_>, pair: Pair) -> Result<Option<Fill>, Malformed> {
    check_symbol(&row.product_id, pair)?;
    if row.size_in_quote || !matches!(&*row.trade_type, "" | "FILL") {
        return Ok(None);
    }
    let is_maker = match row.liquidity_indicator {
        Liquidity::Maker => true,
        Liquidity::Taker | Liquidity::UnknownLiquidityIndicator => false,
    };
    let price = positive(row.price, "price")?;
    let size = positive(row.size, "quantity")?;
    Ok(Some(Fill {
        pair,
        trade_id: row.trade_id.to_string(),
        order_id: row.order_id.to_string(),
        side: side(row.side),
        price,
        qty: size,
        fee: fee(row.commission.0, pair.quote, pair, price, size)?,
        fee_asset: pair.quote,
        is_maker,
        time: moment(&row.trade_time)?,
    }))
}

const fn side(side: OrderSide) -> Side {
    match side {
        OrderSide::Buy => Side::Buy,
        OrderSide::Sell => Side::Sell,
    }
}

/// Where an order stands; one of which the venue does not say it is taken for open, since it may
/// be.
const fn order_state(status: OrderStatus, has_traded: bool) -> OrderState {
    match (status, has_traded) {
        (OrderStatus::Filled, _) => OrderState::Filled,
        (OrderStatus::Cancelled, _) => OrderState::Canceled,
        (OrderStatus::Expired, _) => OrderState::Expired,
        (OrderStatus::Failed, _) => OrderState::Rejected,
        (
            OrderStatus::Pending
            | OrderStatus::Queued
            | OrderStatus::Open
            | OrderStatus::CancelQueued
            | OrderStatus::EditQueued
            | OrderStatus::UnknownOrderStatus,
            false,
        ) => OrderState::Open,
        (
            OrderStatus::Pending
            | OrderStatus::Queued
            | OrderStatus::Open
            | OrderStatus::CancelQueued
            | OrderStatus::EditQueued
            | OrderStatus::UnknownOrderStatus,
            true,
        ) => OrderState::PartiallyFilled,
    }
}

#[cfg(test)]
mod tests {
    use super::super::recorded::shared;
    use super::*;

    fn pair(quote: &str) -> Pair {
        Pair { base: "BTC".parse().unwrap(), quote: quote.parse().unwrap() }
    }

    #[test]
    fn recorded_answers_are_read_in_the_words_of_the_port() {
        let Some(folder) = shared("venues/nautilus-testdata/coinbase") else { return };
        let read = |name: &str| std::fs::read(folder.join(format!("{name}.json"))).unwrap();
        let listing = listing(&read("http_products")).unwrap();
        let pairs: Vec<_> = listing.markets.iter().map(|it| it.pair).collect();
        assert_eq!(listing.told_as, ["BTC-USD", "BTC-USD"], "one book for both");
        assert_eq!((pairs, listing.skipped), (vec![pair("USD"), pair("USDC")], 0));
        let number = |text: &str| Some(text.parse::<Decimal>().unwrap());
        let one = &listing.markets[0];
        assert_eq!((one.price.step, one.notional.min), (number("0.01"), number("1")));
        assert_eq!((one.is_open, listing.tickers[0].last), (true, number("68925.98")));
        let futures = super::listing(&read("http_products_future")).unwrap();
        assert!(futures.markets.is_empty() && 0 < futures.skipped);
        let bytes = read("http_order");
        let row: super::super::OneOrder<'_> = serde_json::from_slice(&bytes).unwrap();
        let order = found(&row.order, pair("USD")).unwrap();
        assert_eq!((order.state, order.filled), (OrderState::PartiallyFilled, order.qty));
        assert_eq!(order.price, number("10000.00"));
        assert_eq!(found(&row.order, pair("USDC")), Err(Malformed("symbol")));
        let bytes = read("http_fills");
        let rows: super::super::Fills<'_> = serde_json::from_slice(&bytes).unwrap();
        let fill = fill(&rows.fills[0], pair("USD")).unwrap().unwrap();
        assert_eq!((fill.fee, fill.fee_asset), ("1.14".parse().unwrap(), pair("USD").quote));
        assert!(fill.is_maker && super::fill(&rows.fills[1], pair("USD")).is_err());
        let bytes = read("http_accounts");
        let rows: super::super::Accounts<'_> = serde_json::from_slice(&bytes).unwrap();
        let balance = balance(&rows.accounts[0]).unwrap();
        assert_eq!(
            (Some(balance.free), Some(balance.held)),
            (number("1.23456789"), number("0.005"))
        );
        let bytes = read("ws_market_trades");
        let message: super::super::Message<'_, super::super::TradesEvent<'_>> =
            serde_json::from_slice(&bytes).unwrap();
        let told = trade(&message.events[0].trades[0]).unwrap();
        assert_eq!((told.taker, Some(told.price)), (Side::Sell, number("68900.5")), "a buy rested");
    }
}
