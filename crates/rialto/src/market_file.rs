//! The file that lists a market: `rialto market create --file MARKET.toml`.
//!
//! Units   decimals as text, in whole assets; fees as fractions (`"0.001"` is 0.1 %).
//! Shape   docs/btc-usdt.toml is an example; only `symbol`, `tick` and `lot` must be there.
//! Fails   with the name of the field that cannot be used.

use engine::{
    Allocation, Asset, Averages, FeeAsset, FeeTier, Filters, MarketSpec, MarketState, PriceBand,
};
use model::{AssetCode, AssetId, Decimal, FeeRate, LOTS_MAX, Price, Qty, TICKS_MAX};
use serde::{Deserialize, Serialize};

/// The smallest lot of a market whose fees are taken out of what is received, in ledger units of
/// base: so a fee that is rounded up costs at most a thousandth of the smallest trade too much.
const ROUNDED_LOT_UNITS_MIN: u64 = 1_000;

/// A market as an operator writes it down.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct MarketFile {
    /// `BTC-USDT`: base, then quote.
    pub symbol: String,
    /// The price step, in quote for one base.
    pub tick: String,
    /// The quantity step, in base.
    pub lot: String,
    /// `fifo` or `pro-rata`.
    #[serde(default = "fifo")]
    pub allocation: String,
    /// What fees are taken in: `received` or `quote`.
    #[serde(default = "received")]
    pub fee_asset: String,
    /// The state in which the market begins.
    #[serde(default = "open")]
    pub state: String,
    /// Digits after the point in the ledger, of base, where it is not listed yet.
    #[serde(default = "eight")]
    pub base_scale: u8,
    /// As `base_scale`, of quote.
    #[serde(default = "eight")]
    pub quote_scale: u8,
    /// Fees by tier.
    #[serde(default = "one_tier")]
    pub fees: Vec<FeesFile>,
    /// Bounds; where absent, as wide as sense allows.
    #[serde(default)]
    pub filters: FiltersFile,
}

/// The fees of a tier, as fractions.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct FeesFile {
    /// For who rested.
    pub maker: String,
    /// For who crossed.
    pub taker: String,
}

/// The bounds of a market.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct FiltersFile {
    /// Lowest price [one tick].
    pub price_min: Option<String>,
    /// Highest price.
    pub price_max: Option<String>,
    /// Smallest quantity [one lot].
    pub qty_min: Option<String>,
    /// Largest quantity.
    pub qty_max: Option<String>,
    /// Largest quantity of a market order [as `qty-max`].
    pub market_qty_max: Option<String>,
    /// Smallest notional [none].
    pub notional_min: Option<String>,
    /// Largest notional [none].
    pub notional_max: Option<String>,
    /// How far above the reference a buy and below it a sell may be, as a factor [5].
    pub band: Option<u32>,
    /// Minutes over which the reference is averaged [5].
    pub average_minutes: Option<u8>,
    /// Open orders of one account [200].
    pub orders_max: Option<u32>,
    /// Of these, with a trigger [5].
    pub algo_orders_max: Option<u32>,
    /// Of these, icebergs [10].
    pub iceberg_orders_max: Option<u32>,
    /// Most parts of an iceberg [10].
    pub iceberg_parts_max: Option<u32>,
    /// Open lists of one account [20].
    pub lists_max: Option<u32>,
    /// Amendments of one order [10].
    pub amends_max: Option<u16>,
    /// Largest position in base [none].
    pub position_max: Option<String>,
}

fn fifo() -> String {
    "fifo".into()
}

fn received() -> String {
    "received".into()
}

fn open() -> String {
    "open".into()
}

const fn eight() -> u8 {
    8
}

fn one_tier() -> Vec<FeesFile> {
    vec![FeesFile { maker: "0.001".into(), taker: "0.001".into() }]
}

/// A field that cannot be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} is wrong: {reason}")]
pub struct FieldError {
    /// Which.
    pub field: &'static str,
    /// Why.
    pub reason: String,
}

fn wrong<T>(field: &'static str, reason: impl Into<String>) -> Result<T, FieldError> {
    Err(FieldError { field, reason: reason.into() })
}

/// The word for a market's state in files, flags and answers.
///
/// # Errors
/// [`FieldError`] if `word` is none.
pub fn market_state(word: &str) -> Result<MarketState, FieldError> {
    match word {
        "open" => Ok(MarketState::Open),
        "post-only" => Ok(MarketState::PostOnly),
        "cancel-only" => Ok(MarketState::CancelOnly),
        "halted" => Ok(MarketState::Halted),
        _ => wrong("state", "open, post-only, cancel-only or halted"),
    }
}

impl MarketFile {
    /// Base and quote as assets, to be listed if they are not.
    ///
    /// # Errors
    /// [`FieldError`] if the symbol is not two asset codes.
    pub fn assets(&self) -> Result<(Asset, Asset), FieldError> {
        let code = |text: &str| {
            AssetCode::new(text)
                .map_err(|error| FieldError { field: "symbol", reason: error.to_string() })
        };
        match self.symbol.split_once('-') {
            Some((base, quote)) => Ok((
                Asset { code: code(base)?, scale: self.base_scale },
                Asset { code: code(quote)?, scale: self.quote_scale },
            )),
            None => wrong("symbol", "must look like BTC-USDT"),
        }
    }

    /// The market over `base` and `quote`, whose ledger scales are `scales`.
    ///
    /// # Errors
    /// [`FieldError`] for the first field that cannot be used.
    pub fn spec(
        &self,
        assets: (AssetId, AssetId),
        scales: (u8, u8),
    ) -> Result<MarketSpec, FieldError> {
        let tick = decimal("tick", &self.tick)?.trimmed();
        let lot = decimal("lot", &self.lot)?;
        let grid = Grid { tick, lot, quote_scale: scales.1, base_scale: scales.0 };
        let fee_asset = match self.fee_asset.as_str() {
            "received" => FeeAsset::Received,
            "quote" => FeeAsset::Quote,
            _ => return wrong("fee-asset", "received or quote"),
        };
        Ok(MarketSpec {
            base: assets.0,
            quote: assets.1,
            tick_units: grid.positive("tick", tick.units_at(tick.scale()))?,
            tick_scale: tick.scale(),
            lot_units: grid.positive("lot", lot.units_at(scales.0))?,
            allocation: match self.allocation.as_str() {
                "fifo" => Allocation::Fifo,
                "pro-rata" => Allocation::ProRata,
                _ => return wrong("allocation", "fifo or pro-rata"),
            },
            fee_asset,
            filters: self.filters.filters(&grid)?,
            fees: self.tiers(fee_asset, &grid)?,
        })
    }
}

impl MarketFile {
    fn tiers(&self, fee_asset: FeeAsset, grid: &Grid) -> Result<Vec<FeeTier>, FieldError> {
        let tiers = self.fees.iter().map(FeesFile::tier).collect::<Result<Vec<_>, _>>()?;
        if !FeeTier::no_match_costs_the_house(&tiers, fee_asset) {
            let reason = match fee_asset {
                FeeAsset::Received => "a rebate needs fee-asset = \"quote\"",
                FeeAsset::Quote => "a maker's rebate of one tier exceeds a taker's fee of another",
            };
            return wrong("fees", reason);
        }
        let are_free = tiers.iter().all(|tier| *tier == FeeTier::default());
        let lot_units = grid.positive("lot", grid.lot.units_at(grid.base_scale))?;
        if fee_asset == FeeAsset::Received && !are_free && lot_units < ROUNDED_LOT_UNITS_MIN {
            let reason = "a fee out of what is received is rounded up: a lot needs 1000 units of \
                          the ledger (a larger base-scale), or fee-asset = \"quote\"";
            return wrong("lot", reason);
        }
        Ok(tiers)
    }
}

impl FeesFile {
    fn tier(&self) -> Result<FeeTier, FieldError> {
        let rate = |text: &str| {
            let millionths = decimal("fees", text)?
                .units_at(6)
                .and_then(|rate| i32::try_from(rate).ok())
                .and_then(FeeRate::from_millionths);
            millionths
                .map_or_else(|| wrong("fees", "a fraction of at most six digits, within ±0.1"), Ok)
        };
        Ok(FeeTier { maker: rate(&self.maker)?, taker: rate(&self.taker)? })
    }
}

struct Grid {
    tick: Decimal,
    lot: Decimal,
    base_scale: u8,
    quote_scale: u8,
}

impl Grid {
    fn positive(&self, field: &'static str, units: Option<i128>) -> Result<u64, FieldError> {
        match units.map(u64::try_from) {
            Some(Ok(units)) if 0 < units => Ok(units),
            _ => wrong(field, "positive, and no finer than the ledger"),
        }
    }

    fn price(
        &self,
        field: &'static str,
        text: Option<&str>,
        absent: u64,
    ) -> Result<Price, FieldError> {
        let ticks = match text {
            Some(text) => decimal(field, text)?.steps_of(self.tick),
            None => Some(i128::from(absent)),
        };
        ticks
            .and_then(|ticks| u64::try_from(ticks).ok())
            .and_then(Price::new)
            .map_or_else(|| wrong(field, "a positive multiple of the tick"), Ok)
    }

    fn qty(&self, field: &'static str, text: Option<&str>, absent: u64) -> Result<Qty, FieldError> {
        let lots = match text {
            Some(text) => decimal(field, text)?.steps_of(self.lot),
            None => Some(i128::from(absent)),
        };
        lots.and_then(|lots| u64::try_from(lots).ok())
            .and_then(Qty::new)
            .map_or_else(|| wrong(field, "a multiple of the lot"), Ok)
    }

    fn quote(
        &self,
        field: &'static str,
        text: Option<&str>,
        absent: i128,
    ) -> Result<i128, FieldError> {
        match text {
            Some(text) => decimal(field, text)?
                .units_at(self.quote_scale)
                .map_or_else(|| wrong(field, "finer than the ledger of the quote asset"), Ok),
            None => Ok(absent),
        }
    }
}

impl FiltersFile {
    fn filters(&self, grid: &Grid) -> Result<Filters, FieldError> {
        const NOTIONAL_MAX: i128 = 1 << 105;
        let band = self.band.unwrap_or(5).clamp(1, 1_000);
        let qty_min = grid.qty("qty-min", self.qty_min.as_deref(), 1)?;
        let qty_max = grid.qty("qty-max", self.qty_max.as_deref(), LOTS_MAX - 1)?;
        let market_qty_max =
            grid.qty("market-qty-max", self.market_qty_max.as_deref(), qty_max.lots())?;
        let position_max = match self.position_max.as_deref() {
            None => None,
            Some(text) => match decimal("position-max", text)?.units_at(grid.base_scale) {
                Some(units) if 0 < units => Some(units),
                _ => return wrong("position-max", "positive, and no finer than the ledger"),
            },
        };
        Ok(Filters {
            price: (
                grid.price("price-min", self.price_min.as_deref(), 1)?,
                grid.price("price-max", self.price_max.as_deref(), TICKS_MAX - 1)?,
            ),
            qty: (qty_min, qty_max),
            market_qty: (qty_min, market_qty_max),
            notional: (
                grid.quote("notional-min", self.notional_min.as_deref(), 0)?,
                grid.quote("notional-max", self.notional_max.as_deref(), NOTIONAL_MAX)?,
            ),
            notional_min_to_market: true,
            notional_max_to_market: false,
            band: PriceBand {
                bid_up: 10_000 * band,
                bid_down: 10_000 / band,
                ask_up: 10_000 * band,
                ask_down: 10_000 / band,
            },
            averages: Averages { minutes: self.average_minutes.unwrap_or(5) },
            orders_max: self.orders_max.unwrap_or(200),
            algo_orders_max: self.algo_orders_max.unwrap_or(5),
            iceberg_orders_max: self.iceberg_orders_max.unwrap_or(10),
            iceberg_parts_max: self.iceberg_parts_max.unwrap_or(10),
            lists_max: self.lists_max.unwrap_or(20),
            amends_max: self.amends_max.unwrap_or(10),
            position_max,
            trailing_delta: (10, 2_000),
        })
    }
}

fn decimal(field: &'static str, text: &str) -> Result<Decimal, FieldError> {
    text.parse()
        .map_err(|error: model::DecimalError| FieldError { field, reason: error.to_string() })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MARKET: &str = r#"
        symbol = "BTC-USDT"
        tick = "0.01"
        lot = "0.00001"
        fee-asset = "quote"
        fees = [{ maker = "-0.0001", taker = "0.001" }]
        [filters]
        notional-min = "5"
        qty-max = "9000"
    "#;

    fn spec(text: &str) -> Result<MarketSpec, FieldError> {
        toml::from_str::<MarketFile>(text).unwrap().spec((AssetId(0), AssetId(1)), (8, 8))
    }

    #[test]
    fn a_market_file_becomes_a_market_in_ticks_and_lots() {
        let spec = spec(MARKET).unwrap();
        assert_eq!((spec.tick_units, spec.tick_scale, spec.lot_units), (1, 2, 1_000));
        assert_eq!(spec.filters.notional.0, 500_000_000);
        assert_eq!(spec.filters.qty.1.lots(), 900_000_000);
        assert_eq!(spec.fees[0].maker.millionths(), -100);
        assert_eq!(spec.quote_units_per_tick_lot((8, 8)), Ok(10));
    }

    #[test]
    fn the_example_of_the_documents_is_a_market() {
        let spec = spec(include_str!("../../../docs/btc-usdt.toml")).unwrap();
        assert_eq!((spec.filters.price.1.ticks(), spec.filters.averages.minutes), (100_000_000, 5));
        assert!(spec.quote_units_per_tick_lot((8, 8)).is_ok());
    }

    #[test]
    fn what_cannot_be_a_market_is_refused_by_field() {
        for (from, to, field) in [
            ("0.01\"", "0\"", "tick"),
            ("0.00001", "0.000000001", "lot"),
            ("\"5\"", "\"0.000000001\"", "notional-min"),
            ("9000", "0.000001", "qty-max"),
            ("-0.0001", "-0.2", "fees"),
            ("}]", "}, { maker = \"0\", taker = \"0\" }]", "fees"),
            ("quote", "received", "fees"),
        ] {
            assert_eq!(spec(&MARKET.replace(from, to)).unwrap_err().field, field, "{from} → {to}");
        }
    }

    #[test]
    fn a_lot_is_so_large_that_rounding_its_fee_up_means_little() {
        let received = MARKET.replace("-0.0001", "0.0001").replace("quote", "received");
        assert!(spec(&received).is_ok());
        let small = received.replace("0.00001", "0.000005");
        assert_eq!(spec(&small).unwrap_err().field, "lot");
        assert!(spec(&small.replace("received", "quote")).is_ok());
        let free = small.replace("0.0001\"", "0\"").replace("0.001\"", "0\"");
        assert!(spec(&free).is_ok());
    }
}
