//! What the demo lists and who trades there.

use engine::{Allocation, Asset, Averages, FeeAsset, FeeTier, Filters, MarketSpec, PriceBand};
use model::{Amount, AssetCode, AssetId, FeeRate, Price, Qty, UserId};

/// Digits after the point of every asset's ledger unit.
const SCALE: u8 = 8;
/// One whole asset in ledger units.
const ONE: Amount = 100_000_000;
/// The tier of those who keep the market: no fees, so that the demo's money lasts.
pub const KEEPER_TIER: u8 = 2;

const USDT: usize = 0;
const USDC: usize = 1;
const BTC: usize = 2;
const ETH: usize = 3;
const SOL: usize = 4;
const XRP: usize = 5;
const ADA: usize = 6;
const CODES: [&str; 7] = ["USDT", "USDC", "BTC", "ETH", "SOL", "XRP", "ADA"];

/// What an exchange of ours begins with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listing {
    /// In the order in which they are listed.
    pub assets: Vec<Asset>,
    /// Their assets are numbered in that order.
    pub markets: Vec<MarketSpec>,
    /// Who trades there: two makers, the near one first, and those who take.
    pub participants: Vec<Participant>,
}

/// What the demo begins with.
#[must_use]
pub fn listing() -> Listing {
    Listing { assets: assets(), markets: markets(), participants: participants() }
}

/// The assets, in the order in which they are listed on an empty exchange.
#[must_use]
pub fn assets() -> Vec<Asset> {
    let asset = |code: &str| Asset { code: AssetCode::new(code).expect("a ticker"), scale: SCALE };
    CODES.into_iter().map(asset).collect()
}

/// The markets; their assets are numbered as [`assets`] lists them.
#[must_use]
pub fn markets() -> Vec<MarketSpec> {
    let fifo = Allocation::Fifo;
    [
        // Base and quote, tick with its scale, lot, largest order, smallest notional.
        (BTC, USDT, (1, 2), ONE / 100_000, 1_000 * ONE, 5 * ONE, fifo),
        (ETH, USDT, (1, 2), ONE / 10_000, 20_000 * ONE, 5 * ONE, fifo),
        (SOL, USDT, (1, 2), ONE / 1_000, 400_000 * ONE, 5 * ONE, fifo),
        (XRP, USDT, (1, 4), ONE / 10, 20_000_000 * ONE, 5 * ONE, fifo),
        (ADA, USDT, (1, 4), ONE / 10, 50_000_000 * ONE, 5 * ONE, fifo),
        (BTC, USDC, (1, 2), ONE / 100_000, 1_000 * ONE, 5 * ONE, fifo),
        (ETH, USDC, (1, 2), ONE / 10_000, 20_000 * ONE, 5 * ONE, fifo),
        (USDC, USDT, (1, 4), ONE, 50_000_000 * ONE, 5 * ONE, Allocation::ProRata),
        (ETH, BTC, (1, 5), ONE / 1_000, 20_000 * ONE, ONE / 10_000, fifo),
        (SOL, BTC, (1, 7), ONE / 10, 400_000 * ONE, ONE / 10_000, fifo),
    ]
    .map(|(base, quote, tick, lot, largest, smallest, allocation)| {
        spec((base, quote), tick, (lot, largest), smallest, allocation)
    })
    .into()
}

fn spec(
    (base, quote): (usize, usize),
    (tick_units, tick_scale): (u64, u8),
    (lot, largest): (Amount, Amount),
    smallest_notional: Amount,
    allocation: Allocation,
) -> MarketSpec {
    let asset = |place: usize| AssetId(u16::try_from(place).expect("seven assets"));
    let lots = |amount: Amount| {
        let lots = u64::try_from(amount / lot).expect("a positive quantity");
        Qty::new(lots).expect("a quantity in range")
    };
    let rate = |millionths| FeeRate::from_millionths(millionths).expect("a rate in range");
    let tier = |maker, taker| FeeTier { maker: rate(maker), taker: rate(taker) };
    MarketSpec {
        base: asset(base),
        quote: asset(quote),
        tick_units,
        tick_scale,
        lot_units: u64::try_from(lot).expect("a positive lot"),
        allocation,
        fee_asset: FeeAsset::Received,
        filters: Filters {
            price: (ticks(1), ticks(1_000_000_000)),
            qty: (Qty::new(1).expect("one lot"), lots(largest)),
            market_qty: (Qty::new(1).expect("one lot"), lots(largest / 10)),
            notional: (smallest_notional, 9_000_000 * ONE),
            notional_min_to_market: true,
            notional_max_to_market: false,
            band: PriceBand { bid_up: 50_000, bid_down: 2_000, ask_up: 50_000, ask_down: 2_000 },
            averages: Averages { minutes: 5 },
            orders_max: 200,
            algo_orders_max: 10,
            iceberg_orders_max: 10,
            iceberg_parts_max: 100,
            lists_max: 20,
            amends_max: 10,
            position_max: None,
            trailing_delta: (10, 2_000),
        },
        fees: vec![tier(1_000, 1_000), tier(800, 1_000), tier(0, 0)],
    }
}

fn ticks(ticks: u64) -> Price {
    Price::new(ticks).expect("a price in range")
}

/// Somebody who trades.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    /// Under which the account is opened.
    pub user: UserId,
    /// What the account begins with, in the order of the assets.
    pub funds: Vec<Amount>,
}

/// The one who quotes close to the price.
pub const NEAR_MAKER: usize = 0;
/// The one who quotes far from it.
pub const DEEP_MAKER: usize = 1;
/// The first of those who take; the others follow.
pub const FIRST_TAKER: usize = 2;

/// Those who keep the demo's markets alive: two makers and three takers.
#[must_use]
pub fn participants() -> Vec<Participant> {
    // About seven million dollars of each asset for a maker, one for a taker.
    let whole: [Amount; 7] = [30_000_000, 10_000_000, 150, 2_500, 50_000, 3_500_000, 12_000_000];
    (0..5_u8)
        .map(|number| {
            let part = if usize::from(number) < FIRST_TAKER { 1 } else { 5 };
            Participant {
                // An identity of no person: a name-based one would need a digest for nothing.
                user: UserId([0xde, 0x30, 0, 0, 0, 0, 0x80, 0, 0x80, 0, 0, 0, 0, 0, 0, number]),
                funds: whole.iter().map(|amount| amount * ONE / part).collect(),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_market_is_exact_and_stands_once() {
        let (assets, markets) = (assets(), markets());
        let mut pairs = HashSet::new();
        for spec in &markets {
            let scale = |id: AssetId| assets[usize::from(id.0)].scale;
            let scales = (scale(spec.base), scale(spec.quote));
            assert!(spec.quote_units_per_tick_lot(scales).is_ok(), "{spec:?}");
            assert!(pairs.insert((spec.base, spec.quote)));
        }
        assert!(8 <= markets.len());
        let pro_rata = markets.iter().filter(|spec| spec.allocation == Allocation::ProRata);
        assert_eq!(pro_rata.count(), 1);
        let stable = |id: AssetId| usize::from(id.0) <= USDC;
        assert!(markets.iter().any(|spec| !stable(spec.quote)), "a cross");
        let keepers = usize::from(KEEPER_TIER);
        assert!(markets.iter().all(|spec| keepers < spec.fees.len()));
    }

    #[test]
    fn everybody_is_somebody_else_and_has_something_of_everything() {
        let participants = participants();
        let users: HashSet<_> = participants.iter().map(|it| it.user.0).collect();
        assert_eq!(users.len(), participants.len());
        assert!(participants.iter().all(|it| it.funds.len() == assets().len()));
    }
}
