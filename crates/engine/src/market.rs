//! What a market is: two assets, a grid of prices and quantities, its rules and its fees.
//!
//! Keeps   tick, lot, allocation and fee asset of a listed market never change; state, filters and
//!         fees change by command.

use model::{Amount, AssetCode, AssetId, FeeRate, LOTS_MAX, Price, Qty, TICKS_MAX};

/// An asset of the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asset {
    /// Its ticker.
    pub code: AssetCode,
    /// Digits after the point of one ledger unit, at most 18.
    pub scale: u8,
}

/// How a price level is shared among the orders that rest there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allocation {
    /// The earlier order first.
    Fifo,
    /// In proportion to what each order shows, rounded down to whole lots; the lots that rounding
    /// leaves over go to the orders in time order, to each as much as it still has room for.
    ProRata,
}

/// The asset in which fees are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeeAsset {
    /// Out of what each side receives: base for the buyer, quote for the seller; rounded up, and
    /// never a rebate.
    Received,
    /// Always quote: the seller receives less, the buyer pays more, and its hold covers that;
    /// rounded down.
    Quote,
}

/// What a market admits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MarketState {
    /// Everything.
    Open,
    /// Only orders that rest: limit-makers and what would not cross; nothing triggers.
    PostOnly,
    /// Only cancels; nothing triggers.
    CancelOnly,
    /// Nothing, not even cancels.
    Halted,
}

/// How many fee tiers a market has at most.
pub const FEE_TIERS_MAX: usize = 10;

/// The fees of one tier.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FeeTier {
    /// For who rested; may be a rebate where fees are always in quote.
    pub maker: FeeRate,
    /// For who crossed; at least the highest rebate of any tier, so that no match costs the house.
    pub taker: FeeRate,
}

impl FeeTier {
    /// Whether no match costs the house. Makers and takers of different tiers meet, so no rebate
    /// may exceed any taker's fee. And a rebate is paid out of that fee: where each side pays out
    /// of what it receives, the fee is in another asset, worth what the two sides say it is, so
    /// there are no rebates.
    #[must_use]
    pub fn no_match_costs_the_house(tiers: &[Self], fee_asset: FeeAsset) -> bool {
        let maker = tiers.iter().map(|tier| tier.maker.millionths()).min().unwrap_or(0);
        let taker = tiers.iter().map(|tier| tier.taker.millionths()).min().unwrap_or(0);
        match fee_asset {
            FeeAsset::Received => 0 <= maker && 0 <= taker,
            FeeAsset::Quote => 0 <= maker + taker,
        }
    }
}

/// Bounds on a price, as multiples of the reference price, in hundredths of a percent (10,000 is
/// the reference itself). The reference is the average of [`Averages`], or the last price, or, in
/// a market that never traded, absent: then the band admits everything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PriceBand {
    /// Highest price of a buy order.
    pub bid_up: u32,
    /// Lowest price of a buy order.
    pub bid_down: u32,
    /// Highest price of a sell order.
    pub ask_up: u32,
    /// Lowest price of a sell order.
    pub ask_down: u32,
}

/// Over how many minutes prices are averaged, weighted by quantity; 0 means the last price.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Averages {
    /// At most 60.
    pub minutes: u8,
}

/// What an order must satisfy beyond the grid. A count of 0 means none are admitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filters {
    /// Lowest and highest price, of limits and triggers, in ticks.
    pub price: (Price, Price),
    /// Smallest and largest quantity, in lots.
    pub qty: (Qty, Qty),
    /// Smallest and largest quantity of a market order by base, in lots.
    pub market_qty: (Qty, Qty),
    /// Smallest and largest notional (price × quantity), in ledger units of quote.
    pub notional: (Amount, Amount),
    /// Whether market orders are held to the smallest notional, at the average price.
    pub notional_min_to_market: bool,
    /// Whether market orders are held to the largest notional, at the average price.
    pub notional_max_to_market: bool,
    /// Bounds around the reference price. A market order never trades beyond them either: what
    /// would is cancelled, so that an empty book cannot take a fortune.
    pub band: PriceBand,
    /// How the reference price is averaged.
    pub averages: Averages,
    /// Open orders of one account in this market.
    pub orders_max: u32,
    /// Of these, orders with a trigger.
    pub algo_orders_max: u32,
    /// Of these, icebergs.
    pub iceberg_orders_max: u32,
    /// Most parts an iceberg may be shown in.
    pub iceberg_parts_max: u32,
    /// Open lists of one account in this market.
    pub lists_max: u32,
    /// How often one order may be amended.
    pub amends_max: u16,
    /// Largest base position, in ledger units: free, held and bought by open orders. `None` for
    /// no bound.
    pub position_max: Option<Amount>,
    /// Smallest and largest trailing delta, in basis points (hundredths of a percent).
    pub trailing_delta: (u32, u32),
}

impl Filters {
    /// Admits whatever can be represented: start from this and narrow a few. Prices
    /// reach ten times the reference, for a conditional market buy holds money up to there; the
    /// reference is the last price.
    #[must_use]
    pub const fn wide() -> Self {
        let one = (Price::new(1).expect("in range"), Qty::new(1).expect("in range"));
        let price = (one.0, Price::new(TICKS_MAX - 1).expect("in range"));
        let qty = (one.1, Qty::new(LOTS_MAX - 1).expect("in range"));
        Self {
            price,
            qty,
            market_qty: qty,
            notional: (0, Amount::MAX),
            notional_min_to_market: false,
            notional_max_to_market: false,
            band: PriceBand { bid_up: 100_000, bid_down: 0, ask_up: 100_000, ask_down: 0 },
            averages: Averages { minutes: 0 },
            orders_max: u32::MAX,
            algo_orders_max: u32::MAX,
            iceberg_orders_max: u32::MAX,
            iceberg_parts_max: u32::MAX,
            lists_max: u32::MAX,
            amends_max: u16::MAX,
            position_max: None,
            trailing_delta: (1, 9_999),
        }
    }
}

/// All that makes a market.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MarketSpec {
    /// What is bought and sold.
    pub base: AssetId,
    /// What it is paid in.
    pub quote: AssetId,
    /// The price of one tick: this × 10^−`tick_scale` quote for one whole base.
    pub tick_units: u64,
    /// Digits after the point of `tick_units`.
    pub tick_scale: u8,
    /// The size of one lot, in ledger units of base.
    pub lot_units: u64,
    /// How levels are shared.
    pub allocation: Allocation,
    /// What fees are taken in.
    pub fee_asset: FeeAsset,
    /// What orders must satisfy.
    pub filters: Filters,
    /// Fees by tier; an account of a tier beyond the last pays as the last.
    pub fees: Vec<FeeTier>,
}

/// Why a market cannot be listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MarketError {
    /// Base and quote are one asset, or one of them is not listed.
    #[error("base and quote must be two listed assets")]
    Assets,
    /// Two markets over the same base and quote would be told apart by nobody.
    #[error("a market over these assets exists")]
    Duplicate,
    /// A step is zero or out of range.
    #[error("tick and lot must be positive, the scales at most 18")]
    Step,
    /// tick × lot is not a whole number of quote units.
    #[error("tick × lot must be a whole number of the quote asset's ledger unit")]
    Inexact,
    /// No tier, too many, two between which a match would cost the house, or a rebate where fees
    /// are taken out of what is received.
    #[error(
        "fees need 1 to 10 tiers, of which no two together pay less than zero; a rebate needs fees \
         in quote"
    )]
    Fees,
    /// A filter contradicts itself.
    #[error("a filter's lower bound exceeds its upper bound")]
    Filters,
}

impl MarketSpec {
    /// Quote units for one lot at one tick; the whole price arithmetic of a market.
    ///
    /// `scales` are the ledger scales of base and quote.
    ///
    /// # Errors
    /// [`MarketError::Step`] or [`MarketError::Inexact`].
    pub fn quote_units_per_tick_lot(&self, scales: (u8, u8)) -> Result<u64, MarketError> {
        let (base_scale, quote_scale) = scales;
        let in_range = |scale: u8| scale <= 18;
        let steps = 0 < self.tick_units && 0 < self.lot_units;
        if !steps || ![base_scale, quote_scale, self.tick_scale].into_iter().all(in_range) {
            return Err(MarketError::Step);
        }
        let numerator = u128::from(self.tick_units)
            .checked_mul(u128::from(self.lot_units))
            .and_then(|units| units.checked_mul(10_u128.pow(u32::from(quote_scale))))
            .ok_or(MarketError::Step)?;
        let denominator = 10_u128.pow(u32::from(self.tick_scale) + u32::from(base_scale));
        if numerator % denominator != 0 {
            return Err(MarketError::Inexact);
        }
        match u64::try_from(numerator / denominator) {
            Ok(units) if 0 < units && units <= u64::from(u32::MAX) => Ok(units),
            _ => Err(MarketError::Step),
        }
    }
}

/// Notionals are below this: 2^48 × 2^48 × 2^32 would not fit an amount, and times a fee rate
/// (below 2^20) this still does.
pub(crate) const NOTIONAL_END: Amount = 1 << 106;
