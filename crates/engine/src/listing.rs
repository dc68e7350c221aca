//! A listed market: what it is, what rests in it, what it counts.

use model::{Amount, AssetId, Price, Qty, Side};

use crate::book::Book;
use crate::gate::Gate;
use crate::ledger::held_for;
use crate::market::{FeeAsset, FeeTier, Filters, MarketSpec, MarketState, NOTIONAL_END, PriceBand};
use crate::open_orders::ByAccount;
use crate::tape::Tape;
use crate::triggers::Triggers;

#[derive(Debug)]
pub(crate) struct Listing {
    pub(crate) spec: MarketSpec,
    state: MarketState,
    /// Quote units for one lot at one tick.
    pub(crate) unit: u64,
    pub(crate) book: Book,
    pub(crate) open_orders: ByAccount,
    pub(crate) tape: Tape,
    /// What the band admits, for buys and sells, around the reference `bands_of`.
    bands: [(u64, u64); 2],
    bands_of: Option<Price>,
    /// What is admitted of plain orders as long as the bands are these, for buys and sells.
    gates: [Gate; 2],
    pub(crate) triggers: Triggers,
    /// Trades and preventions so far.
    pub(crate) trades: u64,
    pub(crate) preventions: u64,
}

const BAND_ONE: u64 = 10_000;

impl Listing {
    pub(crate) fn new(spec: MarketSpec, unit: u64, minute: u64) -> Self {
        Self {
            state: MarketState::Halted,
            unit,
            book: Book::new(),
            open_orders: ByAccount::default(),
            tape: Tape::new(spec.filters.averages.minutes, minute),
            bands: [(0, u64::MAX); 2],
            bands_of: None,
            gates: [Gate::CLOSED; 2],
            triggers: Triggers::default(),
            trades: 0,
            preventions: 0,
            spec,
        }
    }

    /// A market for tests: FIFO, no fees, hundredths.
    #[cfg(test)]
    pub(crate) fn plain(lot_units: u64, unit: u64, filters: Filters) -> Self {
        use crate::market::Allocation;

        let spec = MarketSpec {
            base: AssetId(0),
            quote: AssetId(1),
            tick_units: 1,
            tick_scale: 2,
            lot_units,
            allocation: Allocation::Fifo,
            fee_asset: FeeAsset::Received,
            filters,
            fees: vec![FeeTier::default()],
        };
        Self::new(spec, unit, 0)
    }

    /// Quote owed for so many lots: exact, never rounded.
    ///
    /// 48 + 48 + 32 bits may exceed what an amount holds; an order for which it does is refused
    /// before, see [`Self::notional_checked`].
    #[inline]
    pub(crate) fn notional(&self, price: Price, lots: u64) -> Amount {
        let lot_price = Amount::from(price.ticks()) * Amount::from(self.unit);
        lot_price * Amount::from(lots)
    }

    /// The notional if it is one that an order may have.
    #[inline]
    pub(crate) fn notional_checked(&self, price: Price, lots: u64) -> Option<Amount> {
        let notional = match price.ticks().checked_mul(self.unit) {
            Some(lot_price) => u128::from(lot_price) * u128::from(lots),
            None => {
                let lot_price = u128::from(price.ticks()) * u128::from(self.unit);
                lot_price.checked_mul(u128::from(lots))?
            }
        };
        Amount::try_from(notional).ok().filter(|notional| *notional < NOTIONAL_END)
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
    pub(crate) fn held_asset(&self, side: Side) -> AssetId {
        held_for(side, self.spec.base, self.spec.quote)
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

    pub(crate) const fn state(&self) -> MarketState {
        self.state
    }

    pub(crate) fn set_state(&mut self, state: MarketState) {
        self.state = state;
        self.set_gates();
    }

    /// Sets other filters.
    pub(crate) fn set_filters(&mut self, filters: &Filters) {
        self.spec.filters = *filters;
        self.tape.set_span(filters.averages.minutes);
        self.set_bands();
    }

    /// Goes on to a minute.
    pub(crate) fn roll(&mut self, minute: u64) {
        self.tape.roll(minute);
        self.follow_reference();
    }

    /// Takes the bands to where the trades so far have taken the reference price.
    pub(crate) fn follow_trades(&mut self) {
        self.tape.refresh();
        self.follow_reference();
    }

    /// Sets the tape that a snapshot tells.
    pub(crate) fn restore_tape(&mut self, tape: Tape) {
        self.tape = tape;
        self.set_bands();
    }

    /// Lowest and highest price of a side, in ticks, as the band has them now; without a reference
    /// everything is admitted.
    pub(crate) const fn band(&self, side: Side) -> (u64, u64) {
        self.bands[side as usize]
    }

    /// What is admitted now of the plain orders of a side.
    pub(crate) const fn gate(&self, side: Side) -> &Gate {
        &self.gates[side as usize]
    }

    fn follow_reference(&mut self) {
        if self.tape.reference() != self.bands_of {
            self.set_bands();
        }
    }

    #[cold]
    fn set_bands(&mut self) {
        let reference = self.tape.reference();
        self.bands = bands_around(reference, &self.spec.filters.band);
        self.bands_of = reference;
        self.set_gates();
    }

    fn set_gates(&mut self) {
        self.gates = self.gates_now();
    }

    fn gates_now(&self) -> [Gate; 2] {
        let Self { spec, state, unit, bands, .. } = self;
        [Side::Buy, Side::Sell]
            .map(|side| Gate::new(spec, *state, *unit, side, bands[side as usize]))
    }

    /// Whether bands and gates are those of trades, state and filters as they are now.
    pub(crate) fn has_current_gates(&self) -> bool {
        let mut tape = self.tape.clone();
        tape.refresh();
        let bands = bands_around(tape.reference(), &self.spec.filters.band);
        self.bands == bands && self.gates == self.gates_now()
    }

    pub(crate) fn within_band(&self, side: Side, price: Price) -> bool {
        let (low, high) = self.band(side);
        low <= price.ticks() && price.ticks() <= high
    }

    /// The worst price that a market order may trade at, in ticks.
    pub(crate) fn market_limit(&self, side: Side) -> u64 {
        let (low, high) = self.band(side);
        match side {
            Side::Buy => high,
            Side::Sell => low,
        }
    }

    /// The price at which a conditional market buy holds, in ticks.
    pub(crate) fn raised(&self, price: Price) -> u128 {
        let up = u128::from(self.spec.filters.band.bid_up);
        (u128::from(price.ticks()) * up).div_ceil(u128::from(BAND_ONE))
    }
}

/// A price is within `low` and `high` hundredths of a percent of the reference, exactly, if it is
/// within the first tick not below the one and the last not above the other. For buys and sells.
fn bands_around(reference: Option<Price>, band: &PriceBand) -> [(u64, u64); 2] {
    let Some(reference) = reference else { return [(0, u64::MAX); 2] };
    let PriceBand { bid_up, bid_down, ask_up, ask_down } = *band;
    [(bid_down, bid_up), (ask_down, ask_up)].map(|(low, high)| {
        let (low, high) = (times(reference, low), times(reference, high));
        (low.0.saturating_add(u64::from(low.1 != 0)), high.0)
    })
}

/// So many hundredths of a percent of a price, in ticks, and what is left over.
fn times(price: Price, part: u32) -> (u64, u64) {
    match price.ticks().checked_mul(u64::from(part)) {
        Some(product) => (product / BAND_ONE, product % BAND_ONE),
        None => {
            let product = u128::from(price.ticks()) * u128::from(part);
            let ticks = |ticks: u128| u64::try_from(ticks).unwrap_or(u64::MAX);
            (ticks(product / u128::from(BAND_ONE)), ticks(product % u128::from(BAND_ONE)))
        }
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
