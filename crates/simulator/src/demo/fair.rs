//! What the agents believe of a market's price, between its ticks, and of the size of its lots.

use model::{Price, Qty};
use projection::Market;

use crate::prices::Worth;

/// Parts of a tick that are told apart.
const PARTS: u64 = 1_024;
/// What is believed at most, in parts: beyond the last tick.
const PARTS_MAX: u64 = model::TICKS_MAX * PARTS;
const MILLION: u64 = 1_000_000;
/// Steps of a dollar in a [`Worth`].
const STEPS: u128 = 1_000_000_000_000;

/// What one base should cost in quote, in parts of a tick.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fair(u64);

impl Fair {
    /// `None` where no tick of the market is near.
    #[must_use]
    pub fn of(base: Worth, quote: Worth, market: &Market) -> Option<Self> {
        let ten = 10_u128.checked_pow(market.spec.tick_scale.into())?;
        let parts = u128::from(base.picodollars()).checked_mul(ten)?.checked_mul(PARTS.into())?;
        let tick = u128::from(quote.picodollars()).checked_mul(market.spec.tick_units.into())?;
        let parts = u64::try_from(parts.checked_div(tick)?).ok()?;
        (PARTS..PARTS_MAX).contains(&parts).then_some(Self(parts))
    }

    /// Moved by so many millionths.
    #[must_use]
    pub fn moved(self, millionths: i64) -> Self {
        let by = self.part(millionths.unsigned_abs());
        Self(if millionths < 0 { self.0.saturating_sub(by) } else { self.0 + by })
    }

    /// So many millionths of it, in parts of a tick.
    #[must_use]
    pub fn part(self, millionths: u64) -> u64 {
        let part = u128::from(self.0) * u128::from(millionths) / u128::from(MILLION);
        u64::try_from(part).unwrap_or(u64::MAX).min(PARTS_MAX)
    }

    /// So many millionths of it, in whole ticks, at least one.
    #[must_use]
    pub fn ticks(self, millionths: u64) -> u64 {
        ((self.part(millionths) + PARTS / 2) / PARTS).max(1)
    }

    /// The price so many parts of a tick below, or the next one down.
    #[must_use]
    pub fn below(self, parts: u64) -> Option<Price> {
        Price::new(self.0.checked_sub(parts)? / PARTS)
    }

    /// The price so many parts of a tick above, or the next one up.
    #[must_use]
    pub fn above(self, parts: u64) -> Option<Price> {
        Price::new(self.0.checked_add(parts)?.div_ceil(PARTS))
    }

    /// How far it moved from here to there, in millionths.
    #[must_use]
    pub fn moves_to(self, there: Self) -> i64 {
        self.ppm_to(there.0)
    }

    /// How far a price is above this, in millionths; below where negative.
    #[must_use]
    pub fn to(self, price: Price) -> i64 {
        self.ppm_to(price.ticks() * PARTS)
    }

    fn ppm_to(self, parts: u64) -> i64 {
        let far = i128::from(parts) - i128::from(self.0);
        let part = far * i128::from(MILLION) / i128::from(self.0.max(1));
        i64::try_from(part).unwrap_or(i64::MAX)
    }
}

/// Half a tick, in parts.
pub const HALF_A_TICK: u64 = PARTS / 2;

/// So many ticks, in parts.
#[must_use]
pub const fn parts(ticks: u64) -> u64 {
    ticks.saturating_mul(PARTS)
}

/// What one lot is worth, in 10^−12 dollars, at least one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LotWorth(u64);

impl LotWorth {
    /// That of a market whose base is worth so much.
    #[must_use]
    pub fn of(base: Worth, market: &Market) -> Self {
        let whole = 10_u128.saturating_pow(market.base.scale.into());
        let lot = u128::from(base.picodollars()) * u128::from(market.spec.lot_units) / whole;
        Self(u64::try_from(lot).unwrap_or(u64::MAX).max(1))
    }

    /// How many lots so many cents buy, at least one.
    #[must_use]
    pub fn lots(self, cents: u64) -> Option<Qty> {
        let lots = u128::from(cents) * (STEPS / 100) / u128::from(self.0);
        Qty::new(u64::try_from(lots).ok()?.max(1))
    }
}

#[cfg(test)]
mod tests {
    use engine::MarketState;
    use model::MarketId;
    use projection::Symbol;

    use super::*;
    use crate::demo::{assets, markets};

    fn market(place: usize) -> Market {
        let (spec, assets) = (markets()[place].clone(), assets());
        let symbol = Symbol { joined: String::new(), dashed: String::new() };
        let (base, quote) = (assets[usize::from(spec.base.0)], assets[usize::from(spec.quote.0)]);
        let (id, state) = (MarketId(0), MarketState::Open);
        Market { id, symbol, base, quote, spec, state, quote_units_per_tick_lot: 1 }
    }

    const TETHER: Worth = Worth::millionths(999_000);

    #[test]
    fn a_fair_price_lies_between_two_ticks() {
        let coin = Worth::millionths(60_000_000_000);
        // 60,060.06006… of quote, in cents.
        let fair = Fair::of(coin, TETHER, &market(0)).unwrap();
        let ticks = |price: Option<Price>| price.unwrap().ticks();
        assert_eq!((ticks(fair.below(0)), ticks(fair.above(0))), (6_006_006, 6_006_007));
        assert_eq!(ticks(fair.below(parts(6))), 6_006_000);
        assert_eq!(ticks(fair.above(HALF_A_TICK)), 6_006_007);
        assert_eq!(fair.below(u64::MAX), None);
        assert_eq!(fair.ticks(100), 601);
        assert_eq!(fair.ticks(0), 1);
        assert_eq!(ticks(fair.moved(-1_000).above(0)), 6_000_000);
        assert_eq!(fair.moves_to(fair.moved(1_000)), 999);
        assert_eq!(fair.to(Price::new(6_012_012).unwrap()), 999);
        assert_eq!(fair.to(Price::new(6_000_000).unwrap()), -999);
        // A price far below a tick is none.
        assert_eq!(Fair::of(Worth::millionths(0), coin, &market(8)), None);
    }

    #[test]
    fn lots_are_what_cents_buy_and_at_least_one() {
        let lot = LotWorth::of(Worth::millionths(60_000_000_000), &market(0));
        assert_eq!(lot.lots(60_000).unwrap().lots(), 1_000);
        assert_eq!(lot.lots(1).unwrap().lots(), 1);
        assert_eq!(LotWorth::of(Worth::millionths(1), &market(0)).lots(u64::MAX), None);
    }
}
