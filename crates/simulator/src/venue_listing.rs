//! What each venue lists, what it charges, and who trades there.
//!
//! Keeps   a dollar, USDT and USDC are three assets; every market is exact, as the engine asks.
//! Source  the venues' own listings and their fees for who trades little, rounded to what our
//!         agents can fill.

use engine::{Allocation, Asset, Averages, FeeAsset, FeeTier, Filters, MarketSpec, PriceBand};
use model::{Amount, AssetCode, AssetId, FeeRate, Price, Qty};
use venue::port::Venue;

use crate::demo::{self, KEEPER_TIER, Listing, Participant};

/// Digits after the point of an asset's ledger unit, but at Binance, which has eight: so that a
/// tick of ten cents for a lot of a satoshi is exact.
const SCALE: u8 = 10;
/// One whole asset in ledger units.
const ONE: Amount = 10_000_000_000;
/// Digits after the point of the smallest lot.
const LOT_SCALE_MAX: u8 = 8;

/// An account for whoever wants to try a venue begins with so much of each, whole.
const FUNDS: [(&str, Amount); 8] = [
    ("USD", 1_000_000),
    ("USDT", 1_000_000),
    ("USDC", 500_000),
    ("BTC", 20),
    ("ETH", 300),
    ("SOL", 5_000),
    ("XRP", 500_000),
    ("ADA", 1_000_000),
];
/// A maker begins with so much, about seven million dollars of each.
const MAKERS_FUNDS: [(&str, Amount); 8] = [
    ("USD", 30_000_000),
    ("USDT", 30_000_000),
    ("USDC", 10_000_000),
    ("BTC", 150),
    ("ETH", 2_500),
    ("SOL", 50_000),
    ("XRP", 3_500_000),
    ("ADA", 12_000_000),
];

/// Base, quote, digits of a tick, digits of a lot, whole base of the largest order, smallest
/// notional in hundredths of quote, or in ten thousandths of a bitcoin.
type Row = (&'static str, &'static str, u8, u8, Amount, Amount);

const COINBASE: [Row; 10] = [
    ("BTC", "USD", 2, 8, 400, 100),
    ("ETH", "USD", 2, 8, 10_000, 100),
    ("SOL", "USD", 2, 8, 200_000, 100),
    ("XRP", "USD", 4, 6, 5_000_000, 100),
    ("ADA", "USD", 4, 6, 20_000_000, 100),
    ("BTC", "USDC", 2, 8, 400, 100),
    ("ETH", "USDC", 2, 8, 10_000, 100),
    ("USDT", "USD", 5, 2, 5_000_000, 100),
    ("USDT", "USDC", 5, 2, 5_000_000, 100),
    ("ETH", "BTC", 5, 5, 10_000, 1),
];
const KRAKEN: [Row; 11] = [
    ("BTC", "USD", 1, 8, 400, 50),
    ("ETH", "USD", 2, 8, 10_000, 50),
    ("SOL", "USD", 2, 8, 200_000, 50),
    ("XRP", "USD", 5, 5, 5_000_000, 50),
    ("ADA", "USD", 6, 4, 20_000_000, 50),
    ("BTC", "USDT", 1, 8, 400, 50),
    ("ETH", "USDT", 2, 8, 10_000, 50),
    ("USDT", "USD", 5, 5, 5_000_000, 50),
    ("USDC", "USD", 4, 5, 5_000_000, 50),
    ("USDC", "USDT", 4, 5, 5_000_000, 50),
    ("ETH", "BTC", 5, 5, 10_000, 1),
];
const KUCOIN: [Row; 9] = [
    ("BTC", "USDT", 1, 8, 400, 10),
    ("ETH", "USDT", 2, 7, 10_000, 10),
    ("SOL", "USDT", 3, 4, 200_000, 10),
    ("XRP", "USDT", 5, 4, 5_000_000, 10),
    ("ADA", "USDT", 4, 4, 20_000_000, 10),
    ("USDC", "USDT", 4, 4, 5_000_000, 10),
    ("BTC", "USDC", 1, 8, 400, 10),
    ("ETH", "USDC", 2, 7, 10_000, 10),
    ("ETH", "BTC", 5, 5, 10_000, 1),
];

/// What `venue` lists and who trades there.
pub fn listing(venue: Venue) -> Listing {
    match venue {
        Venue::Binance => demo::listing(),
        Venue::Coinbase => rows(&COINBASE, 6_000, 12_000),
        Venue::Kraken => rows(&KRAKEN, 2_500, 4_000),
        Venue::Kucoin => rows(&KUCOIN, 1_000, 1_000),
    }
}

/// What an account for whoever wants to try it begins with, in ledger units, in the order of
/// `assets`.
pub fn visitors_funds(assets: &[Asset]) -> Vec<Amount> {
    assets.iter().map(|asset| funds_of(&FUNDS, asset)).collect()
}

fn funds_of(funds: &[(&str, Amount)], asset: &Asset) -> Amount {
    let known = funds.iter().find(|(code, _)| *code == asset.code.as_str());
    known.map_or(0, |(_, whole)| whole * 10_i128.pow(asset.scale.into()))
}

/// Fees are in millionths, always of quote.
fn rows(rows: &[Row], maker: i32, taker: i32) -> Listing {
    let mut codes: Vec<&str> = Vec::new();
    for (base, quote, ..) in rows {
        for code in [quote, base] {
            if !codes.contains(code) {
                codes.push(code);
            }
        }
    }
    let place = |code| codes.iter().position(|known| *known == code);
    let id = |code| {
        let place = place(code).and_then(|place| u16::try_from(place).ok());
        AssetId(place.expect("every asset of a market is listed"))
    };
    let asset = |code: &&str| Asset { code: AssetCode::new(code).expect("a ticker"), scale: SCALE };
    let assets: Vec<Asset> = codes.iter().map(asset).collect();
    let markets = rows.iter().map(|row| spec((id(row.0), id(row.1)), row, (maker, taker)));
    let participants = demo::participants().into_iter().enumerate().map(|(number, person)| {
        let part = if number < demo::FIRST_TAKER { 1 } else { 5 };
        let funds = assets.iter().map(|asset| funds_of(&MAKERS_FUNDS, asset) / part);
        Participant { funds: funds.collect(), ..person }
    });
    Listing { markets: markets.collect(), participants: participants.collect(), assets }
}

fn spec((base, quote): (AssetId, AssetId), row: &Row, (maker, taker): (i32, i32)) -> MarketSpec {
    let &(_, quote_code, tick_scale, lot_scale, largest, smallest) = row;
    let lot = ONE / 10_i128.pow(lot_scale.min(LOT_SCALE_MAX).into());
    let lots = |whole: Amount| {
        let lots = u64::try_from(whole * ONE / lot).expect("a positive quantity");
        Qty::new(lots).expect("a quantity in range")
    };
    let price = |ticks| Price::new(ticks).expect("a price in range");
    let rate = |millionths| FeeRate::from_millionths(millionths).expect("a rate in range");
    let tier = |maker, taker| FeeTier { maker: rate(maker), taker: rate(taker) };
    let smallest = if quote_code == "BTC" { smallest * ONE / 10_000 } else { smallest * ONE / 100 };
    let mut fees = vec![tier(maker, taker); usize::from(KEEPER_TIER)];
    fees.push(tier(0, 0));
    let one = Qty::new(1).expect("one lot");
    MarketSpec {
        base,
        quote,
        tick_units: 1,
        tick_scale,
        lot_units: u64::try_from(lot).expect("a positive lot"),
        allocation: Allocation::Fifo,
        fee_asset: FeeAsset::Quote,
        filters: Filters {
            price: (price(1), price(10_000_000_000)),
            qty: (one, lots(largest)),
            market_qty: (one, lots(largest / 10)),
            notional: (smallest, 9_000_000 * ONE),
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
        fees,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_market_of_every_venue_is_exact_stands_once_and_is_in_the_venues_money() {
        for venue in Venue::ALL {
            let listing = listing(venue);
            let mut pairs = HashSet::new();
            let code = |id: AssetId| listing.assets[usize::from(id.0)].code.to_string();
            for spec in &listing.markets {
                let scale = |id: AssetId| listing.assets[usize::from(id.0)].scale;
                let scales = (scale(spec.base), scale(spec.quote));
                assert!(spec.quote_units_per_tick_lot(scales).is_ok(), "{venue:?} {spec:?}");
                assert!(pairs.insert((code(spec.base), code(spec.quote))), "{venue:?} {spec:?}");
                let is_received = spec.fee_asset == FeeAsset::Received;
                assert_eq!(is_received, venue == Venue::Binance);
                assert!(usize::from(KEEPER_TIER) < spec.fees.len());
            }
            let usual = match venue {
                Venue::Binance | Venue::Kucoin => "USDT",
                Venue::Coinbase | Venue::Kraken => "USD",
            };
            assert!(pairs.contains(&("BTC".to_owned(), usual.to_owned())), "{venue:?}");
            let visitors = visitors_funds(&listing.assets);
            assert!(visitors.iter().all(|funds| 0 < *funds), "{venue:?}");
            for person in &listing.participants {
                assert_eq!(person.funds.len(), listing.assets.len());
                assert!(person.funds.iter().all(|funds| 0 < *funds));
            }
        }
    }
}
