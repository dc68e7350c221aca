//! What a market's filters would refuse of an order, as far as that is told yet. The engine
//! decides; this is for who would lose something by asking it.
//!
//! Units   prices in ticks, quantities in lots, amounts in ledger units, as the engine has them.
//! Source  `docs/rules.md`, the checks of placing.

use engine::{NewOrder, OrderKind, Rejection};
use model::{Price, Qty, Side};
use projection::{Market, Views};

/// The reference price itself, in the parts that bounds around it are told in.
const BAND_ONE: u128 = 10_000;

/// Why the market would refuse the order, whatever its owner has.
#[must_use]
pub fn refusal(views: &Views, market: &Market, new: &NewOrder) -> Option<Rejection> {
    let qty = new.kind.qty()?;
    let limit = new.kind.limit();
    if limit.is_some_and(|limit| !in_range(market, limit)) {
        return Some(Rejection::PriceRange);
    }
    if limit.is_some_and(|limit| !in_band(views, market, new.side, limit)) {
        return Some(Rejection::PriceBand);
    }
    if let Some(reason) = of_size(market, limit, qty, new.kind.display()) {
        return Some(reason);
    }
    // What a market order is worth depends on a price that nobody knows yet.
    let notional = market.notional(limit?, qty);
    let (least, most) = market.spec.filters.notional;
    if notional < least || most < notional {
        return Some(Rejection::Notional);
    }
    takes(views, new).then_some(Rejection::WouldTake)
}

fn in_range(market: &Market, price: Price) -> bool {
    let (low, high) = market.spec.filters.price;
    low <= price && price <= high
}

/// Around the reference that was told last.
fn in_band(views: &Views, market: &Market, side: Side, price: Price) -> bool {
    let Some(reference) = views.average_price(market.id) else { return true };
    let band = market.spec.filters.band;
    let (low, high) = match side {
        Side::Buy => (band.bid_down, band.bid_up),
        Side::Sell => (band.ask_down, band.ask_up),
    };
    let reference = u128::from(reference.price.ticks());
    let price = u128::from(price.ticks()) * BAND_ONE;
    reference * u128::from(low) <= price && price <= reference * u128::from(high)
}

fn of_size(
    market: &Market,
    limit: Option<Price>,
    qty: Qty,
    display: Option<Qty>,
) -> Option<Rejection> {
    let filters = &market.spec.filters;
    let within = |(low, high): (Qty, Qty)| low <= qty && qty <= high;
    if qty.is_zero() || !within(filters.qty) {
        return Some(Rejection::QtyRange);
    }
    if limit.is_none() && !within(filters.market_qty) {
        return Some(Rejection::MarketQtyRange);
    }
    let display = display.filter(|display| !display.is_zero())?.lots();
    let parts = qty.lots().div_ceil(display);
    (u64::from(filters.iceberg_parts_max) < parts).then_some(Rejection::IcebergParts)
}

/// Whether an order that must not take would.
fn takes(views: &Views, new: &NewOrder) -> bool {
    let OrderKind::LimitMaker { price, .. } = new.kind else { return false };
    let Some(best) = views.book_ticker(new.market) else { return false };
    match new.side {
        Side::Buy => best.ask.is_some_and(|ask| ask.price <= price),
        Side::Sell => best.bid.is_some_and(|bid| price <= bid.price),
    }
}
