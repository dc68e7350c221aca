//! A market's integers as the wire prints them.

use model::{Amount, Price, Qty};
use projection::{Level, Market};
use venue::binance::{DecimalText, Level as WireLevel};

/// Digits after the point that the venue never falls short of.
const SCALE_MIN: u8 = 8;

/// Prints prices and quantities of one market, each with as many digits as its grid needs, eight
/// at least.
#[derive(Clone, Copy, Debug)]
pub struct Grid<'a> {
    market: &'a Market,
    price_scale: u8,
    /// One tick at `price_scale`.
    tick: i128,
    qty_scale: u8,
    /// One lot at `qty_scale`.
    lot: i128,
}

impl<'a> Grid<'a> {
    /// The grid of `market`.
    ///
    /// # Panics
    /// Never: the engine lists no market whose steps do not fit.
    #[must_use]
    pub fn new(market: &'a Market) -> Self {
        let (tick, lot) = (market.tick().trimmed(), market.lot().trimmed());
        let (price_scale, qty_scale) = (tick.scale().max(SCALE_MIN), lot.scale().max(SCALE_MIN));
        let fits = "the steps of a listed market fit";
        Self {
            market,
            price_scale,
            tick: tick.units_at(price_scale).expect(fits),
            qty_scale,
            lot: lot.units_at(qty_scale).expect(fits),
        }
    }

    /// The market's symbol in one word.
    #[must_use]
    pub fn symbol(&self) -> &'a str {
        &self.market.symbol.joined
    }

    /// A price.
    #[must_use]
    pub fn price(&self, price: Price) -> DecimalText {
        self.ticks(i64::try_from(price.ticks()).expect("prices are below 2^48"))
    }

    /// A price where there is one, otherwise zero.
    #[must_use]
    pub fn price_or_zero(&self, price: Option<Price>) -> DecimalText {
        price.map_or_else(|| self.ticks(0), |price| self.price(price))
    }

    /// A difference of prices.
    #[must_use]
    pub fn ticks(&self, ticks: i64) -> DecimalText {
        DecimalText::new(i128::from(ticks) * self.tick, self.price_scale)
    }

    /// A quantity.
    #[must_use]
    pub fn qty(&self, qty: Qty) -> DecimalText {
        DecimalText::new(i128::from(qty.lots()) * self.lot, self.qty_scale)
    }

    /// A sum of quantities, in lots.
    #[must_use]
    pub fn volume(&self, lots: u128) -> DecimalText {
        let units = i128::try_from(lots).unwrap_or(i128::MAX).saturating_mul(self.lot);
        DecimalText::new(units, self.qty_scale)
    }

    /// An amount of quote.
    #[must_use]
    pub fn quote(&self, amount: Amount) -> DecimalText {
        DecimalText::padded(self.market.quote_amount(amount))
    }

    /// The average price of `quote` paid for `lots`, truncated; zero for nothing.
    #[must_use]
    pub fn average(&self, quote: Amount, lots: u128) -> DecimalText {
        DecimalText(self.market.average(quote, lots, self.price_scale))
    }

    /// Price and quantity; zeros where there is no level.
    #[must_use]
    pub fn best(&self, level: Option<Level>) -> (DecimalText, DecimalText) {
        let qty = level.map_or(Qty::ZERO, |level| level.qty);
        (self.price_or_zero(level.map(|level| level.price)), self.qty(qty))
    }

    /// One level.
    #[must_use]
    pub fn level(&self, level: Level) -> WireLevel {
        WireLevel(self.price(level.price), self.qty(level.qty))
    }

    /// Levels, in their order.
    #[must_use]
    pub fn levels(&self, levels: &[Level]) -> Vec<WireLevel> {
        levels.iter().map(|level| self.level(*level)).collect()
    }
}
