//! What a market admits of a plain order of one side: state, filters, band and what can be reckoned
//! without overflow, merged into three ranges.

use model::{Amount, Price, Side};

use crate::market::{MarketSpec, MarketState, NOTIONAL_END};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Gate {
    /// Lowest and highest price, so low that the price of a lot fits 64 bits.
    ticks: (u64, u64),
    lots: (u64, u64),
    notional: (u128, u128),
    /// Quote units for one lot at one tick.
    unit: u64,
}

impl Gate {
    /// Admits nothing.
    pub(crate) const CLOSED: Self = Self { ticks: (1, 0), lots: (1, 0), notional: (1, 0), unit: 0 };

    /// What the market admits as long as the band, in ticks, is this. An order that it does not
    /// admit may be legal all the same.
    pub(crate) fn new(
        spec: &MarketSpec,
        state: MarketState,
        unit: u64,
        side: Side,
        band: (u64, u64),
    ) -> Self {
        let filters = &spec.filters;
        let is_bounded = side == Side::Buy && filters.position_max.is_some();
        if state != MarketState::Open || is_bounded {
            return Self::CLOSED;
        }
        let lots_most = (NOTIONAL_END - 1) / Amount::from(spec.lot_units);
        let lots_most = u64::try_from(lots_most).unwrap_or(u64::MAX);
        let (least, most) = filters.notional;
        let Ok(most) = u128::try_from(most.min(NOTIONAL_END - 1)) else { return Self::CLOSED };
        let highest = filters.price.1.ticks().min(band.1).min(u64::MAX / unit);
        Self {
            ticks: (filters.price.0.ticks().max(band.0), highest),
            lots: (filters.qty.0.lots().max(1), filters.qty.1.lots().min(lots_most)),
            notional: (u128::try_from(least).unwrap_or(0), most),
            unit,
        }
    }

    /// The notional of the order, if the market admits it.
    #[inline]
    pub(crate) fn admit(&self, price: Price, lots: u64) -> Option<Amount> {
        let ticks = price.ticks();
        let is_within = self.ticks.0 <= ticks
            && ticks <= self.ticks.1
            && self.lots.0 <= lots
            && lots <= self.lots.1;
        if !is_within {
            return None;
        }
        let notional = u128::from(ticks * self.unit) * u128::from(lots);
        let (least, most) = self.notional;
        (least <= notional && notional <= most).then(|| notional.cast_signed())
    }
}
