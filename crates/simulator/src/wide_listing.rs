//! A venue with more markets than it usually lists, for whoever wants to see how much it bears.

use engine::{Asset, Filters, MarketSpec};
use model::{Amount, AssetCode, AssetId, Price, Qty};

use crate::demo::Listing;
use crate::prices::{NATURES, Nature};

/// The most markets of a venue.
pub const MARKETS_MAX: usize = 64;
/// Whole dollars of each asset that a maker begins with; and a taker.
const DOLLARS: [u128; 2] = [7_000_000, 1_400_000];
/// Whole dollars of the largest order.
const LARGEST_DOLLARS: u128 = 5_000_000;
/// Ledger units of the smallest lot: fees out of fewer would be rounded away.
const LOT_UNITS_MIN: u64 = 1_000;
const MICRO: u128 = 1_000_000;

/// `listing` with further coins in what it quotes dollars' coins in, until it has `count` markets.
pub fn widened(mut listing: Listing, count: usize) -> Listing {
    let quotes = quotes(&listing);
    let coins = NATURES.iter().filter(|nature| !nature.is_dollar());
    for (quote, template) in &quotes {
        for coin in coins.clone() {
            if count.min(MARKETS_MAX) <= listing.markets.len() {
                return listing;
            }
            let base = place_of(&mut listing, coin, template);
            let is_listed = |spec: &MarketSpec| (spec.base, spec.quote) == (base, *quote);
            if !listing.markets.iter().any(is_listed) {
                let scale = listing.assets[usize::from(base.0)].scale;
                listing.markets.push(spec(template, (base, *quote), coin, scale));
            }
        }
    }
    listing
}

/// What stands for a dollar and something is quoted in, with a market of it.
fn quotes(listing: &Listing) -> Vec<(AssetId, MarketSpec)> {
    let mut quotes: Vec<(AssetId, MarketSpec)> = Vec::new();
    for spec in &listing.markets {
        let code = listing.assets[usize::from(spec.quote.0)].code;
        let is_dollar = NATURES.iter().any(|it| it.is_dollar() && it.code == code.as_str());
        if is_dollar && quotes.iter().all(|(quote, _)| *quote != spec.quote) {
            quotes.push((spec.quote, spec.clone()));
        }
    }
    quotes
}

/// The number of a coin, which is listed and handed out where it was not.
fn place_of(listing: &mut Listing, coin: &Nature, template: &MarketSpec) -> AssetId {
    let code = AssetCode::new(coin.code).expect("a ticker");
    let known = listing.assets.iter().position(|asset| asset.code == code);
    let place = known.unwrap_or_else(|| {
        let scale = listing.assets[usize::from(template.quote.0)].scale;
        listing.assets.push(Asset { code, scale });
        for (number, person) in listing.participants.iter_mut().enumerate() {
            let dollars = DOLLARS[usize::from(2 <= number)];
            person.funds.push(coins(coin, dollars, scale));
        }
        listing.assets.len() - 1
    });
    AssetId(u16::try_from(place).expect("a few assets"))
}

/// So many dollars' worth of a coin, in its ledger units.
fn coins(coin: &Nature, dollars: u128, scale: u8) -> Amount {
    let whole = dollars * MICRO * MICRO / u128::from(coin.anchor().picodollars() / 1_000_000);
    let units = whole * 10_u128.pow(scale.into()) / MICRO;
    Amount::try_from(units).expect("a few millions")
}

/// As the template, with a tick of about a ten thousandth of the price, or less.
fn spec(
    template: &MarketSpec,
    (base, quote): (AssetId, AssetId),
    coin: &Nature,
    scale: u8,
) -> MarketSpec {
    let mut tick = coin.anchor().picodollars() / 10_000;
    let mut tick_scale = 12;
    while 10 <= tick && 1 < tick_scale {
        tick /= 10;
        tick_scale -= 1;
    }
    let lot_units = 10_u64.pow(tick_scale.into()).max(LOT_UNITS_MIN);
    let lots = coins(coin, LARGEST_DOLLARS, scale) / Amount::from(lot_units);
    let largest = Qty::new(u64::try_from(lots).unwrap_or(1).max(1)).expect("lots in range");
    let one = Qty::new(1).expect("one lot");
    let filters = Filters {
        price: (Price::new(1).expect("a tick"), template.filters.price.1),
        qty: (one, largest),
        market_qty: (one, largest),
        ..template.filters
    };
    MarketSpec { base, quote, tick_units: 1, tick_scale, lot_units, filters, ..template.clone() }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use venue::port::Venue;

    use super::*;
    use crate::venue_listing::listing;

    #[test]
    fn every_venue_can_list_more_and_every_market_is_exact_and_stands_once() {
        for venue in Venue::ALL {
            let usual = listing(venue);
            assert_eq!(widened(usual.clone(), 0), usual);
            let wide = widened(usual.clone(), 50);
            assert_eq!(wide.markets.len(), 50, "{venue:?}");
            assert_eq!(wide.markets[..usual.markets.len()], usual.markets);
            let mut pairs = HashSet::new();
            for spec in &wide.markets {
                let scale = |id: AssetId| wide.assets[usize::from(id.0)].scale;
                let scales = (scale(spec.base), scale(spec.quote));
                assert!(spec.quote_units_per_tick_lot(scales).is_ok(), "{venue:?} {spec:?}");
                assert!(pairs.insert((spec.base, spec.quote)));
            }
            for person in &wide.participants {
                assert_eq!(person.funds.len(), wide.assets.len());
                assert!(person.funds.iter().all(|funds| 0 < *funds));
            }
        }
    }
}
