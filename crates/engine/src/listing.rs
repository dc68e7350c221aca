//! A listed market: what it is, what rests in it, what it counts.

use model::{Amount, AssetId, Price, Qty, Side};

use crate::book::Book;
use crate::market::{FeeAsset, FeeTier, MarketSpec, MarketState, NOTIONAL_END, PriceBand};
use crate::seats::Seats;
use crate::tape::Tape;
use crate::triggers::Triggers;

#[derive(Debug)]
pub(crate) struct Listing {
    pub(crate) spec: MarketSpec,
    pub(crate) state: MarketState,
    /// Quote units for one lot at one tick.
    pub(crate) unit: u64,
    pub(crate) book: Book,
    pub(crate) seats: Seats,
    pub(crate) tape: Tape,
    pub(crate) triggers: Triggers,
    /// Trades and preventions so far.
    pub(crate) trades: u64,
    pub(crate) preventions: u64,
}

const BAND_ONE: u128 = 10_000;

impl Listing {
    pub(crate) fn new(spec: MarketSpec, unit: u64, minute: u64) -> Self {
        Self {
            state: MarketState::Halted,
            unit,
            book: Book::new(),
            seats: Seats::default(),
            tape: Tape::new(spec.filters.averages.minutes, minute),
            triggers: Triggers::default(),
            trades: 0,
            preventions: 0,
            spec,
        }
    }

    /// Quote owed for so many lots: exact, never rounded.
    ///
    /// 48 + 48 + 32 bits may exceed what an amount holds; an order for which it does is refused
    /// before, see [`Self::notional_checked`].
    pub(crate) fn notional(&self, price: Price, lots: u64) -> Amount {
        let lot_price = Amount::from(price.ticks()) * Amount::from(self.unit);
        lot_price * Amount::from(lots)
    }

    /// The notional if it is one that an order may have.
    pub(crate) fn notional_checked(&self, price: Price, lots: u64) -> Option<Amount> {
        let lot_price = Amount::from(price.ticks()) * Amount::from(self.unit);
        let notional = lot_price.checked_mul(Amount::from(lots))?;
        (notional < NOTIONAL_END).then_some(notional)
    }

    /// Base units of so many lots.
    pub(crate) fn base(&self, lots: u64) -> Amount {
        Amount::from(self.spec.lot_units) * Amount::from(lots)
    }

    /// Whether fees are taken from what is received.
    pub(crate) fn fee_in_base(&self) -> bool {
        match self.spec.fee_asset {
            FeeAsset::Received => true,
            FeeAsset::Quote => false,
        }
    }

    /// Base and quote.
    pub(crate) const fn assets(&self) -> (AssetId, AssetId) {
        (self.spec.base, self.spec.quote)
    }

    /// What an order of a side pays with.
    pub(crate) const fn held_asset(&self, side: Side) -> AssetId {
        match side {
            Side::Buy => self.spec.quote,
            Side::Sell => self.spec.base,
        }
    }

    /// What an order holds of [`Self::held_asset`] for so many lots at its limit.
    pub(crate) fn hold(&self, side: Side, price: Price, lots: u64, fees: FeeTier) -> Amount {
        match side {
            Side::Sell => self.base(lots),
            Side::Buy => {
                let notional = self.notional(price, lots);
                match self.spec.fee_asset {
                    FeeAsset::Received => notional,
                    FeeAsset::Quote => notional + fees.maker.max(fees.taker).of(notional).max(0),
                }
            }
        }
    }

    /// What a taking buyer pays for so many lots; a rebate does not count.
    pub(crate) fn cost(&self, price: Price, lots: u64, fees: FeeTier) -> Amount {
        let notional = self.notional(price, lots);
        match self.spec.fee_asset {
            FeeAsset::Received => notional,
            FeeAsset::Quote => notional + fees.taker.of(notional).max(0),
        }
    }

    /// How many lots so much pays for, of at most `lots`.
    pub(crate) fn affordable(&self, price: Price, lots: u64, fees: FeeTier, funds: Amount) -> u64 {
        let one = self.cost(price, 1, fees);
        if funds < one {
            return 0;
        }
        if self.notional_checked(price, lots).is_some() && self.cost(price, lots, fees) <= funds {
            return lots;
        }
        let (mut can, mut cannot) = (1, lots);
        while can + 1 < cannot {
            let middle = can + (cannot - can) / 2;
            let fits = self
                .notional_checked(price, middle)
                .is_some_and(|_| self.cost(price, middle, fees) <= funds);
            if fits {
                can = middle;
            } else {
                cannot = middle;
            }
        }
        can
    }

    /// Highest price of a buy, as the band has it now.
    pub(crate) fn within_band(&mut self, side: Side, price: Price) -> bool {
        let PriceBand { bid_up, bid_down, ask_up, ask_down } = self.spec.filters.band;
        let (down, up) = match side {
            Side::Buy => (bid_down, bid_up),
            Side::Sell => (ask_down, ask_up),
        };
        let Some(reference) = self.tape.reference() else { return true };
        let price = u128::from(price.ticks()) * BAND_ONE;
        let reference = u128::from(reference.ticks());
        reference * u128::from(down) <= price && price <= reference * u128::from(up)
    }

    /// The worst price that a market order may trade at: highest for a buy, lowest for a sell.
    /// `None` if there is no reference; zero if no price is low enough for a buy.
    pub(crate) fn market_limit(&mut self, side: Side) -> Option<u64> {
        let band = self.spec.filters.band;
        let reference = u128::from(self.tape.reference()?.ticks());
        let limit = match side {
            Side::Buy => reference * u128::from(band.bid_up) / BAND_ONE,
            Side::Sell => (reference * u128::from(band.ask_down)).div_ceil(BAND_ONE),
        };
        Some(u64::try_from(limit).unwrap_or(u64::MAX))
    }

    /// The price at which a conditional market buy holds, in ticks.
    pub(crate) fn raised(&self, price: Price) -> u128 {
        let up = u128::from(self.spec.filters.band.bid_up);
        (u128::from(price.ticks()) * up).div_ceil(BAND_ONE)
    }
}

/// Lots as a quantity; a level may show more than one order ever can, and is cut there.
pub(crate) fn qty(lots: u64) -> Qty {
    const MOST: Qty = match Qty::new(model::LOTS_MAX - 1) {
        Some(most) => most,
        None => Qty::ZERO,
    };
    Qty::new(lots).unwrap_or(MOST)
}
