//! One match in 64 bits: what the maker gives for what it gets, each fee out of what its payer gets.

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
        let fits = |one: u64| one.checked_mul(lots).is_some_and(|all| all < FeeRate::UNITS_END);
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
        let maker_fee = maker.maker.paid_for(taker.taker).of_units(gets);
        let taker_fee = taker.taker.paid_for(maker.maker).of_units(gives);
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
