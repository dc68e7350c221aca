//! What is listed, and the exact way between its integers and decimals.

use std::collections::HashMap;
use std::sync::Arc;

use engine::{Asset, FeeTier, MarketSpec, MarketState};
use model::{Amount, AssetId, Decimal, MarketId, Price, Qty};

/// The two spellings of a market.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Symbol {
    /// `BTCUSDT`.
    pub joined: String,
    /// `BTC-USDT`.
    pub dashed: String,
}

/// Why a decimal is no price or quantity of a market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GridError {
    /// Not of the form `digits[.digits]`, or more digits than can be kept exactly.
    #[error("not a plain decimal number")]
    Form,
    /// Below zero, zero where a price is asked, or larger than the engine keeps.
    #[error("out of range")]
    Range,
    /// Not a multiple of the tick, of the lot, or of the ledger unit.
    #[error("not a multiple of the step")]
    Step,
}

/// A listed market with all that readers need of its assets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Market {
    /// Its number.
    pub id: MarketId,
    /// Its spellings.
    pub symbol: Symbol,
    /// What is bought and sold.
    pub base: Asset,
    /// What it is paid in.
    pub quote: Asset,
    /// Its rules, with the filters and fees of now.
    pub spec: MarketSpec,
    /// What it admits now.
    pub state: MarketState,
    /// Quote ledger units for one lot at one tick.
    pub quote_units_per_tick_lot: u64,
}

impl Market {
    /// The price step, exactly.
    #[must_use]
    pub fn tick(&self) -> Decimal {
        decimal(i128::from(self.spec.tick_units), self.spec.tick_scale)
    }

    /// The quantity step, exactly.
    #[must_use]
    pub fn lot(&self) -> Decimal {
        decimal(i128::from(self.spec.lot_units), self.base.scale)
    }

    /// Quote for one whole base.
    #[must_use]
    pub fn price(&self, price: Price) -> Decimal {
        let units = u128::from(price.ticks()) * u128::from(self.spec.tick_units);
        decimal(clamp(units), self.spec.tick_scale)
    }

    /// Base.
    #[must_use]
    pub fn qty(&self, qty: Qty) -> Decimal {
        self.volume(u128::from(qty.lots()))
    }

    /// Base, for a sum of quantities in lots.
    #[must_use]
    pub fn volume(&self, lots: u128) -> Decimal {
        let units = lots.saturating_mul(u128::from(self.spec.lot_units));
        decimal(clamp(units), self.base.scale)
    }

    /// Quote, for an amount in its ledger unit.
    #[must_use]
    pub fn quote_amount(&self, amount: Amount) -> Decimal {
        decimal(amount, self.quote.scale)
    }

    /// Quote owed for `qty` at `price`, in its ledger unit.
    #[must_use]
    pub fn notional(&self, price: Price, qty: Qty) -> Amount {
        let ticks = u128::from(price.ticks()) * u128::from(self.quote_units_per_tick_lot);
        clamp(ticks.saturating_mul(u128::from(qty.lots())))
    }

    /// The average price of `quote` paid for `lots`, truncated to `scale` digits; zero for nothing.
    #[must_use]
    pub fn average(&self, quote: Amount, lots: u128, scale: u8) -> Decimal {
        let base_units = clamp(lots.saturating_mul(u128::from(self.spec.lot_units)));
        if base_units == 0 {
            return decimal(0, scale);
        }
        // quote·10^−q / (base·10^−b) at `scale` digits is quote · 10^(b + scale − q) / base.
        let up = u32::from(self.base.scale) + u32::from(scale);
        let down = u32::from(self.quote.scale);
        let average = if down <= up {
            scaled_quotient(quote, up - down, base_units)
        } else {
            quote / base_units / 10_i128.pow(down - up)
        };
        decimal(average, scale)
    }

    /// The price that `number` is.
    ///
    /// # Errors
    /// [`GridError::Step`] off the tick, [`GridError::Range`] unless positive and representable.
    pub fn price_of(&self, number: Decimal) -> Result<Price, GridError> {
        let ticks = steps(number, self.tick())?;
        Price::new(ticks).ok_or(GridError::Range)
    }

    /// The quantity that `number` is. Zero is one.
    ///
    /// # Errors
    /// [`GridError::Step`] off the lot, [`GridError::Range`] if negative or not representable.
    pub fn qty_of(&self, number: Decimal) -> Result<Qty, GridError> {
        let lots = steps(number, self.lot())?;
        Qty::new(lots).ok_or(GridError::Range)
    }

    /// So much quote in its ledger unit.
    ///
    /// # Errors
    /// [`GridError::Step`] finer than the ledger unit, [`GridError::Range`] if negative.
    pub fn quote_of(&self, number: Decimal) -> Result<Amount, GridError> {
        amount_of(number, self.quote.scale)
    }

    /// As [`Self::price_of`], from text.
    ///
    /// # Errors
    /// [`GridError`], by what is wrong first: form, range, step.
    pub fn parse_price(&self, text: &str) -> Result<Price, GridError> {
        self.price_of(parse(text)?)
    }

    /// As [`Self::qty_of`], from text.
    ///
    /// # Errors
    /// [`GridError`], by what is wrong first: form, range, step.
    pub fn parse_qty(&self, text: &str) -> Result<Qty, GridError> {
        self.qty_of(parse(text)?)
    }

    /// As [`Self::quote_of`], from text.
    ///
    /// # Errors
    /// [`GridError`], by what is wrong first: form, range, step.
    pub fn parse_quote(&self, text: &str) -> Result<Amount, GridError> {
        self.quote_of(parse(text)?)
    }

    /// A price as text with the digits of the tick.
    #[must_use]
    pub fn price_text(&self, price: Price) -> String {
        self.price(price).to_string()
    }

    /// A quantity as text with the digits of the lot.
    #[must_use]
    pub fn qty_text(&self, qty: Qty) -> String {
        let digits = self.lot().trimmed().scale();
        let exact = self.qty(qty).units_at(digits).map(|units| decimal(units, digits));
        exact.unwrap_or_else(|| self.qty(qty)).to_string()
    }

    /// An amount of quote as text with the digits of its ledger unit.
    #[must_use]
    pub fn quote_text(&self, amount: Amount) -> String {
        self.quote_amount(amount).to_string()
    }

    /// The fees of a tier; beyond the last tier those of the last.
    #[must_use]
    pub fn fees(&self, tier: u8) -> FeeTier {
        let last = self.spec.fees.len().saturating_sub(1);
        self.spec.fees.get(usize::from(tier).min(last)).copied().unwrap_or_default()
    }
}

/// Everything that is listed. Immutable: a change makes a new one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Catalog {
    assets: Vec<Asset>,
    markets: Vec<Arc<Market>>,
    asset_by_code: HashMap<String, AssetId>,
    market_by_symbol: HashMap<String, MarketId>,
}

impl Catalog {
    /// All assets, by number.
    #[must_use]
    pub fn assets(&self) -> &[Asset] {
        &self.assets
    }

    /// All markets, by number.
    #[must_use]
    pub fn markets(&self) -> &[Arc<Market>] {
        &self.markets
    }

    /// One asset.
    #[must_use]
    pub fn asset(&self, id: AssetId) -> Option<Asset> {
        self.assets.get(usize::from(id.0)).copied()
    }

    /// The asset by that ticker.
    #[must_use]
    pub fn asset_by_code(&self, code: &str) -> Option<(AssetId, Asset)> {
        let id = *self.asset_by_code.get(code)?;
        Some((id, self.asset(id)?))
    }

    /// One market.
    #[must_use]
    pub fn market(&self, id: MarketId) -> Option<&Arc<Market>> {
        self.markets.get(usize::from(id.0))
    }

    /// The market by either spelling: `BTCUSDT` or `BTC-USDT`.
    #[must_use]
    pub fn market_by_symbol(&self, symbol: &str) -> Option<&Arc<Market>> {
        self.market(*self.market_by_symbol.get(symbol)?)
    }

    /// The market that an operator means, who may write the dash: as written it comes first,
    /// because two markets may be the same once it is left out.
    #[must_use]
    pub fn market_as_written(&self, symbol: &str) -> Option<&Arc<Market>> {
        self.market_by_symbol(symbol).or_else(|| self.market_by_symbol(&symbol.replace('-', "")))
    }

    /// An amount of an asset as an exact decimal.
    #[must_use]
    pub fn amount(&self, asset: AssetId, amount: Amount) -> Option<Decimal> {
        Some(decimal(amount, self.asset(asset)?.scale))
    }

    /// As [`Self::amount`], as text with the digits of the ledger unit; empty if unknown.
    #[must_use]
    pub fn amount_text(&self, asset: AssetId, amount: Amount) -> String {
        self.amount(asset, amount).map(|number| number.to_string()).unwrap_or_default()
    }

    pub(crate) fn list_asset(&mut self, id: AssetId, asset: Asset) {
        if usize::from(id.0) == self.assets.len() {
            self.assets.push(asset);
            self.asset_by_code.insert(asset.code.to_string(), id);
        }
    }

    pub(crate) fn list_market(&mut self, id: MarketId, spec: MarketSpec) {
        assert_eq!(usize::from(id.0), self.markets.len(), "markets are listed in order");
        let (base, quote) = (self.assets[spec.base.0 as usize], self.assets[spec.quote.0 as usize]);
        let quote_units_per_tick_lot = spec
            .quote_units_per_tick_lot((base.scale, quote.scale))
            .expect("the engine lists no inexact market");
        let symbol = Symbol {
            joined: format!("{}{}", base.code, quote.code),
            dashed: format!("{}-{}", base.code, quote.code),
        };
        self.market_by_symbol.entry(symbol.joined.clone()).or_insert(id);
        self.market_by_symbol.insert(symbol.dashed.clone(), id);
        let state = MarketState::Halted;
        self.markets.push(Arc::new(Market {
            id,
            symbol,
            base,
            quote,
            spec,
            state,
            quote_units_per_tick_lot,
        }));
    }

    pub(crate) fn change_market(&mut self, id: MarketId, change: impl FnOnce(&mut Market)) {
        change(Arc::make_mut(&mut self.markets[usize::from(id.0)]));
    }
}

fn decimal(units: i128, scale: u8) -> Decimal {
    Decimal::new(units, scale).expect("ledger and tick scales are at most 18")
}

fn clamp(units: u128) -> i128 {
    i128::try_from(units).unwrap_or(i128::MAX)
}

fn parse(text: &str) -> Result<Decimal, GridError> {
    text.parse().map_err(|_| GridError::Form)
}

fn steps(number: Decimal, step: Decimal) -> Result<u64, GridError> {
    if number.is_negative() {
        return Err(GridError::Range);
    }
    let steps = number.steps_of(step).ok_or(GridError::Step)?;
    u64::try_from(steps).map_err(|_| GridError::Range)
}

fn amount_of(number: Decimal, scale: u8) -> Result<Amount, GridError> {
    if number.is_negative() {
        return Err(GridError::Range);
    }
    number.units_at(scale).ok_or(GridError::Step)
}

/// `units` × 10^`exponent` / `divisor`, truncated, without overflow on the way.
fn scaled_quotient(units: i128, exponent: u32, divisor: i128) -> i128 {
    let (mut quotient, mut rest) = (units / divisor, units % divisor);
    for _ in 0..exponent {
        rest = rest.saturating_mul(10);
        quotient = quotient.saturating_mul(10).saturating_add(rest / divisor);
        rest %= divisor;
    }
    quotient
}
