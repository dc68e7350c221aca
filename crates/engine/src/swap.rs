//! One match in 64 bits: what the maker gives for what it gets; each pays its fee out of that.

use model::{Amount, AssetId, FeeRate, Price, Side, TradeId};

use crate::book::Order;
use crate::event::{Event, Fill};
use crate::ledger::{Direction, Gains, Turnover};
use crate::listing::{Listing, qty};
use crate::market::FeeTier;
use crate::place::Taker;

/// One lot, for all that trade at one price with one side: what a maker gives for it and gets.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lot {
    price: Price,
    maker: Side,
    /// In units of what the maker holds, and of what the taker pays with.
    gives: u64,
    gets: u64,
    /// Assets of these.
    given: AssetId,
    got: AssetId,
}

/// What is given and got is below this: a rebate on top of it, of a tenth at most, fits as well.
const UNITS_END: u64 = FeeRate::UNITS_END / 2;

/// What changes hands in one match.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Swap {
    /// The maker gives and gets so much, before fees.
    pub(crate) gives: u64,
    pub(crate) gets: u64,
    /// Out of what the maker gets, and out of what it gives.
    pub(crate) maker_fee: i64,
    pub(crate) taker_fee: i64,
}

impl Lot {
    /// `None` if the fees are not taken out of what each side gets, or if so many lots are too
    /// many for 64 bits.
    #[inline]
    pub(crate) fn new(listing: &Listing, maker: Side, price: Price, lots: u64) -> Option<Self> {
        let fits = |one: u64| one.checked_mul(lots).is_some_and(|all| all < UNITS_END);
        let (base, quote) = (listing.spec.lot_units, price.ticks().checked_mul(listing.unit)?);
        if !listing.fee_in_base() || !fits(base) || !fits(quote) {
            return None;
        }
        let both = [(base, listing.spec.base), (quote, listing.spec.quote)];
        let ((gives, given), (gets, got)) = match maker {
            Side::Sell => (both[0], both[1]),
            Side::Buy => (both[1], both[0]),
        };
        Some(Self { price, maker, gives, gets, given, got })
    }

    /// A match of so many lots. Inlined in any case, so that it stays in registers until it is
    /// booked and told.
    #[inline(always)]
    pub(crate) fn swap(&self, lots: u64, maker: FeeTier, taker: FeeTier) -> Swap {
        let (gives, gets) = (self.gives * lots, self.gets * lots);
        let maker_fee = maker.maker.paid_for(taker.taker).of_received_units(gets);
        let taker_fee = taker.taker.paid_for(maker.maker).of_received_units(gives);
        Swap { gives, gets, maker_fee, taker_fee }
    }

    /// Notes what the taker and the house gain by so many lots for these fees.
    #[inline]
    pub(crate) fn note(&self, gains: &mut Gains, lots: u64, (maker_fee, taker_fee): (i64, i64)) {
        let (gives, gets) = (Amount::from(self.gives * lots), Amount::from(self.gets * lots));
        let (base, quote) = match self.maker {
            Side::Sell => (gives, gets),
            Side::Buy => (gets, gives),
        };
        let (maker_fee, taker_fee) = (Amount::from(maker_fee), Amount::from(taker_fee));
        let direction = Direction { maker_buys: self.maker == Side::Buy, fee_in_base: true };
        gains.note(direction, &Turnover { base, quote, maker_fee, taker_fee });
    }

    /// Tells of so many lots; neither side wants them any more.
    #[inline(always)]
    pub(crate) fn traded(
        &self,
        trade: u64,
        taker: &Taker,
        maker: &Order,
        swap: &Swap,
        lots: u64,
    ) -> Event {
        let quote = match self.maker {
            Side::Sell => swap.gets,
            Side::Buy => swap.gives,
        };
        Event::Traded {
            trade: TradeId(trade),
            market: taker.market,
            price: self.price,
            qty: qty(lots),
            quote: Amount::from(quote),
            taker_side: taker.side,
            taker: Fill {
                order: taker.id,
                account: taker.account,
                remaining: qty(taker.lots),
                fee: Amount::from(swap.taker_fee),
                fee_asset: self.given,
            },
            maker: Fill {
                order: maker.id,
                account: maker.account,
                remaining: qty(maker.remaining),
                fee: Amount::from(swap.maker_fee),
                fee_asset: self.got,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use model::{AccountId, MarketId, OrderId};

    use super::*;
    use crate::book::NONE;
    use crate::command::{SelfTradePrevention, TimeInForce};
    use crate::ledger::Ledger;
    use crate::market::Filters;
    use crate::pairing::Pairing;

    const MAKER: AccountId = AccountId(2);
    const TAKER: AccountId = AccountId(3);

    fn tier((maker, taker): (i32, i32)) -> FeeTier {
        let rate = |rate| FeeRate::from_millionths(rate).unwrap();
        FeeTier { maker: rate(maker), taker: rate(taker) }
    }

    fn ledger(maker: Side, lots: u64) -> Ledger {
        let mut ledger = Ledger::default();
        ledger.add_asset();
        ledger.add_asset();
        ledger.hold(MAKER, (AssetId(0), AssetId(1)), maker, Amount::from(lots));
        ledger
    }

    fn maker(side: Side, price: Price, fees: FeeTier) -> Order {
        Order {
            id: OrderId(1),
            price,
            remaining: u64::MAX >> 16,
            shown: u64::MAX >> 16,
            account: MAKER,
            level: NONE,
            name_tag: 0,
            fees,
            market: MarketId(0),
            side,
            flags: 0,
        }
    }

    fn taker(side: Side, price: Price, fees: FeeTier) -> Taker {
        Taker {
            id: OrderId(2),
            account: TAKER,
            market: MarketId(0),
            side,
            stp: SelfTradePrevention::None,
            time_in_force: TimeInForce::Ioc,
            fees,
            limit: Some(price),
            reach: price.ticks(),
            lots: 0,
            quote: None,
            funds: 0,
            gains: Gains::default(),
            traded: false,
            display: u64::MAX,
        }
    }

    /// Compares one match with what [`Pairing`] makes of it; says whether it fits 64 bits.
    fn check(listing: &Listing, side: Side, price: Price, lots: u64, fees: [FeeTier; 2]) -> bool {
        let Some(lot) = Lot::new(listing, side, price, lots) else { return false };
        let (maker, taker) = (maker(side, price, fees[0]), taker(side.opposite(), price, fees[1]));
        let swap = lot.swap(lots, maker.fees, taker.fees);
        let (mut gains, mut wanted_gains) = (Gains::default(), Gains::default());
        lot.note(&mut gains, lots, (swap.maker_fee, swap.taker_fee));
        let mut moved = ledger(side, lots);
        moved.pair(listing.assets()).swap(MAKER, side, &swap);

        let pairing = Pairing::new(listing, side, price);
        let settlement = pairing.settlement(listing, &taker, &maker, lots);
        wanted_gains.note(pairing.direction, &settlement.turnover);
        let mut wanted = ledger(side, lots);
        wanted.pair(listing.assets()).settle(pairing.direction, &settlement);

        let what = format!("{lots} lots at {} for {fees:?}", price.ticks());
        for asset in [AssetId(0), AssetId(1)] {
            assert_eq!(moved.balance(MAKER, asset), wanted.balance(MAKER, asset), "{what}");
        }
        assert_eq!(gains, wanted_gains, "{what}");
        assert_eq!(
            lot.traded(1, &taker, &maker, &swap, lots),
            pairing.traded(1, &taker, &maker, &settlement.turnover, lots),
            "{what}"
        );
        true
    }

    #[test]
    fn a_match_that_fits_64_bits_moves_what_it_would_move_in_128() {
        let rates = [(0, 0), (1_000, 1_000), (-100_000, 100_000), (100_000, -100_000), (-7, 7)];
        let (mut fitted, mut tried) = (0, 0);
        for one in [1, 999_999, 1_000_001, 3_000_000_000, (1 << 48) - 1] {
            for edge in [1, 1 << 43, 1 << 61, 1 << 62, (1 << 63) / 11 * 10, 1 << 63, u64::MAX] {
                let around = (edge / one).clamp(1, model::LOTS_MAX - 2);
                for lots in [around.saturating_sub(1).max(1), around, around + 1] {
                    // Once what it gives is as large as that, once what it gets.
                    let listing =
                        |lot_units, unit| Listing::plain(lot_units, unit, Filters::wide());
                    for (listing, ticks) in [(listing(one, 1), 1), (listing(1, 1), one)] {
                        let price = Price::new(ticks).unwrap();
                        for side in [Side::Buy, Side::Sell] {
                            for fees in rates.map(|rates| [tier(rates); 2]) {
                                tried += 1;
                                fitted += u32::from(check(&listing, side, price, lots, fees));
                            }
                        }
                    }
                }
            }
        }
        assert!(tried / 4 < fitted && fitted < tried, "{fitted} of {tried} fit");
    }
}
