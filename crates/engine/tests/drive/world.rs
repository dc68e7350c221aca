//! Assets, markets, accounts and money to begin with.

use engine::{
    Allocation, Asset, Averages, Command, FeeAsset, FeeTier, Filters, MarketSpec, MarketState,
    PriceBand,
};
use model::{AccountId, AssetId, FeeRate, LOTS_MAX, MarketId, Price, Qty, TICKS_MAX, UserId};

use super::Draw;

pub const ASSETS: u16 = 4;
pub const MARKETS: u16 = 5;
pub const CUSTOMERS: u32 = 4;
/// The first customer.
pub const FIRST: u32 = 2;

/// How large the numbers of a world are. Most worlds are small; some reach the edge of what the
/// engine can represent.
#[derive(Clone, Copy, Debug)]
pub struct Scale {
    /// Prices are multiplied by two to the power of this.
    pub price_bits: u32,
    /// Quantities are, too.
    pub qty_bits: u32,
}

impl Scale {
    pub fn draw(draw: &mut Draw) -> Self {
        let small = (0, 0);
        // Some notionals just fit 64 bits there, and some just do not.
        let edge = (26, 26);
        let (price_bits, qty_bits) =
            draw.one_of(&[small, small, small, small, small, (39, 36), (0, 44), (40, 0), edge]);
        Self { price_bits, qty_bits }
    }

    pub fn is_small(self) -> bool {
        (self.price_bits, self.qty_bits) == (0, 0)
    }
}

/// All commands that come before trading begins.
pub fn set_up(scale: Scale, draw: &mut Draw) -> Vec<Command> {
    let assets = [("AAA", 3), ("BBB", 2), ("QQQ", 4), ("EEE", 18)];
    let mut commands: Vec<Command> = assets
        .into_iter()
        .map(|(code, scale)| {
            Command::ListAsset(Asset { code: code.parse().expect("a code"), scale })
        })
        .collect();
    for index in 0..MARKETS {
        commands.push(Command::ListMarket(Box::new(market(index, scale, draw))));
        let (market, state) = (MarketId(index), MarketState::Open);
        commands.push(Command::SetMarketState { market, state });
    }
    for index in 0..CUSTOMERS {
        commands.push(Command::OpenAccount { user: user(index) });
    }
    let mut reference = 0;
    for account in (FIRST..FIRST + CUSTOMERS).map(AccountId) {
        for asset in (0..ASSETS).map(AssetId) {
            reference += 1;
            let amount = deposit(asset, scale, draw);
            commands.push(Command::Adjust { account, asset, amount, reference });
        }
    }
    commands
}

pub fn user(index: u32) -> UserId {
    let mut bytes = [7; 16];
    bytes[..4].copy_from_slice(&index.to_be_bytes());
    UserId(bytes)
}

/// Enough for some orders, too little for many.
pub fn deposit(asset: AssetId, scale: Scale, draw: &mut Draw) -> i128 {
    let whole = i128::from(draw.between(0, 255)) + 1;
    match asset.0 {
        0 => (whole * 30) << scale.qty_bits,
        1 => (whole * 60) << (scale.qty_bits + scale.price_bits).min(60),
        2 => (whole * 3_000) << (scale.qty_bits + scale.price_bits),
        _ => (whole * 10_i128.pow(18)) << scale.qty_bits.min(36),
    }
}

/// Base and quote shared crosswise; every allocation with every fee asset.
fn market(index: u16, scale: Scale, draw: &mut Draw) -> MarketSpec {
    let (base, quote, tick_units, tick_scale, lot_units, allocation, fee_asset) = match index {
        0 => (0, 2, 1, 2, 10, Allocation::Fifo, FeeAsset::Received),
        1 => (1, 2, 3, 2, 7, Allocation::ProRata, FeeAsset::Quote),
        2 => (0, 1, 10, 1, 50, Allocation::Fifo, FeeAsset::Quote),
        3 => (3, 2, 5, 3, 10_u64.pow(18), Allocation::ProRata, FeeAsset::Received),
        _ => (1, 0, 1, 0, 1, Allocation::Fifo, FeeAsset::Received),
    };
    MarketSpec {
        base: AssetId(base),
        quote: AssetId(quote),
        tick_units,
        tick_scale,
        lot_units,
        allocation,
        fee_asset,
        filters: filters(scale, draw),
        fees: fees(fee_asset, draw),
    }
}

/// No rebate of a tier is more than the least that a taker pays, but that may be a taker's. None
/// where fees are taken out of what is received.
pub fn fees(fee_asset: FeeAsset, draw: &mut Draw) -> Vec<FeeTier> {
    let tiers = draw.one_of(&[
        [(0, 0), (1_000, 1_000), (500, 100_000), (99_999, 7)],
        [(-20_000, 33_333), (-7, 20_000), (1_000, 99_999), (500, 100_000)],
        [(-7, 7), (0, 7), (1_000, 1_000), (99_999, 50)],
        [(20_000, -20_000), (33_333, 0), (99_999, -7), (20_001, 7)],
    ]);
    (0..=draw.below(3))
        .map(|_| {
            let (maker, taker) = draw.one_of(&tiers);
            let rate = |rate: i32| match fee_asset {
                FeeAsset::Received => FeeRate::from_millionths(rate.abs()).expect("a rate"),
                FeeAsset::Quote => FeeRate::from_millionths(rate).expect("a rate"),
            };
            FeeTier { maker: rate(maker), taker: rate(taker) }
        })
        .collect()
}

fn price(ticks: u64) -> Price {
    Price::new(ticks).expect("a price")
}

fn qty(lots: u64) -> Qty {
    Qty::new(lots).expect("a quantity")
}

/// Mostly wide enough to trade, each bound near enough to be met.
pub fn filters(scale: Scale, draw: &mut Draw) -> Filters {
    let wide = draw.chance(8) || !scale.is_small();
    let bid_down = draw.one_of(&[0, 0, 8_000, 9_500]);
    let ask_down = draw.one_of(&[0, 0, 8_000, 9_500]);
    Filters {
        price: if wide { (price(1), price(TICKS_MAX - 1)) } else { (price(60), price(160)) },
        qty: if wide { (qty(1), qty(LOTS_MAX - 1)) } else { (qty(1), qty(40)) },
        market_qty: if scale.is_small() {
            (qty(draw.between(1, 2)), qty(draw.between(20, 35)))
        } else {
            (qty(1), qty(LOTS_MAX - 1))
        },
        notional: if wide { (0, i128::MAX) } else { (i128::from(draw.below(200)), 20_000_000) },
        notional_min_to_market: draw.chance(32),
        notional_max_to_market: draw.chance(32),
        band: PriceBand {
            bid_up: draw.one_of(&[50_000, 50_000, 12_000, 10_500, 10_200]),
            bid_down,
            ask_up: draw.one_of(&[50_000, 50_000, 12_000, 10_500]),
            ask_down,
        },
        averages: Averages { minutes: draw.one_of(&[0, 1, 3, 60]) },
        orders_max: u32::try_from(draw.between(8, 24)).expect("small"),
        algo_orders_max: u32::try_from(draw.between(2, 7)).expect("small"),
        iceberg_orders_max: u32::try_from(draw.between(1, 4)).expect("small"),
        iceberg_parts_max: u32::try_from(draw.between(4, 12)).expect("small"),
        lists_max: u32::try_from(draw.between(1, 2)).expect("small"),
        amends_max: u16::try_from(draw.between(1, 3)).expect("small"),
        position_max: match draw.below(6) {
            0..3 => None,
            3..5 => Some(i128::from(draw.between(500, 9_000)) << scale.qty_bits),
            _ => Some((40 * 10_i128.pow(18)) << scale.qty_bits.min(36)),
        },
        trailing_delta: draw.one_of(&[(10, 2_000), (100, 600)]),
    }
}
