//! What a market admits of a plain order of one side: state, filters, band and what can be reckoned
//! without overflow, merged into three ranges.

use model::{Amount, Price, Side};

use crate::market::{MarketSpec, MarketState, NOTIONAL_END};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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

#[cfg(test)]
mod tests {
    use model::Qty;

    use super::*;
    use crate::checks::check_size;
    use crate::command::{OrderKind, TimeInForce};
    use crate::listing::Listing;
    use crate::market::{FeeTier, Filters};
    use crate::terms::Terms;

    fn price(ticks: u64) -> Price {
        Price::new(ticks).unwrap()
    }

    fn qty(lots: u64) -> Qty {
        Qty::new(lots).unwrap()
    }

    /// An open market that last traded at this price.
    fn listing((lot_units, unit): (u64, u64), filters: Filters, last: Option<Price>) -> Listing {
        let mut listing = Listing::plain(lot_units, unit, filters);
        listing.set_state(MarketState::Open);
        if let Some(last) = last {
            listing.tape.trade(last, 1);
            listing.follow_trades();
        }
        listing
    }

    fn around<const N: usize>(values: [u64; N], end: u64) -> impl Iterator<Item = u64> {
        let near = |value: u64| [value.saturating_sub(1), value, value.saturating_add(1)];
        values.into_iter().flat_map(near).filter(move |value| *value < end)
    }

    #[test]
    fn a_gate_admits_what_the_checks_admit_one_by_one() {
        let wide = Filters::wide();
        let narrow = Filters {
            price: (price(900), price(1_200)),
            qty: (qty(10), qty(500)),
            notional: (12_000, 400_000),
            ..wide
        };
        let open_below = Filters { notional: (-5, -1), ..wide };
        let bounded = Filters { position_max: Some(1 << 100), ..wide };
        let units = [(1, 1), (10, u64::from(u32::MAX)), (u64::MAX, 1)];
        let (mut admitted, mut refused) = (0, 0);
        for filters in [wide, narrow, open_below, bounded] {
            for last in [None, Some(price(1_000))] {
                for mut listing in units.map(|units| listing(units, filters, last)) {
                    for side in [Side::Buy, Side::Sell] {
                        let (some, none) = check(&mut listing, side);
                        (admitted, refused) = (admitted + some, refused + none);
                    }
                }
            }
        }
        assert!(200 < admitted && 200 < refused, "{admitted} admitted, {refused} refused");
    }

    /// Compares gate and checks for orders around every bound. Gives how many were admitted by
    /// both, and refused by both.
    fn check(listing: &mut Listing, side: Side) -> (u32, u32) {
        let (mut admitted, mut refused) = (0, 0);
        let is_closed = side == Side::Buy && listing.spec.filters.position_max.is_some();
        let (low, high) = listing.band(side);
        let ticks = [1, 900, 1_000, 1_200, low, high, 1 << 32, 1 << 47];
        for price in around(ticks, model::TICKS_MAX).filter_map(Price::new) {
            for lots in around([1, 10, 12, 400, 500, 1 << 42, 1 << 47], model::LOTS_MAX) {
                let (time_in_force, display) = (TimeInForce::Gtc, None);
                let terms =
                    Terms::new(&OrderKind::Limit { price, qty: qty(lots), time_in_force, display });
                let checked = check_size(listing, side, &terms, FeeTier::default());
                let what = format!("{side:?} {lots} @ {}", price.ticks());
                match (listing.gate(side).admit(price, lots), checked) {
                    (Some(notional), Ok(_)) => {
                        assert_eq!(notional, listing.notional(price, lots), "{what}");
                        admitted += 1;
                    }
                    (None, Err(_)) => refused += 1,
                    (None, Ok(_)) => {
                        // Left to the checks: a gate may be too narrow, never too wide.
                        let is_dear = price.ticks().checked_mul(listing.unit).is_none();
                        assert!(is_closed || is_dear, "{what} is refused");
                    }
                    (Some(_), Err(error)) => panic!("{what} is admitted in spite of {error:?}"),
                }
            }
        }
        (admitted, refused)
    }

    #[test]
    fn a_market_that_is_not_open_has_no_gate() {
        let mut listing = listing((1, 1), Filters::wide(), None);
        assert!(listing.gate(Side::Buy).admit(price(1_000), 1).is_some());
        for state in [MarketState::PostOnly, MarketState::CancelOnly, MarketState::Halted] {
            listing.set_state(state);
            for side in [Side::Buy, Side::Sell] {
                assert_eq!(listing.gate(side).admit(price(1_000), 1), None, "{state:?}");
            }
        }
    }
}
