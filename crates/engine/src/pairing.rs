//! One match: what it moves and what is told of it, whoever brings the two together.

use model::{Amount, AssetId, FeeRate, Price, Side, TradeId};

use crate::book::Order;
use crate::event::{Event, Fill};
use crate::ledger::{Direction, Settlement, Turnover};
use crate::listing::{Listing, qty};
use crate::place::Taker;

/// What is the same for all that trade at one price with one side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pairing {
    price: Price,
    pub(crate) direction: Direction,
    /// Base and quote units of one lot.
    lot_base: Amount,
    lot_quote: Amount,
    maker_fee_asset: AssetId,
    taker_fee_asset: AssetId,
}

impl Pairing {
    #[inline]
    pub(crate) fn new(listing: &Listing, maker: Side, price: Price) -> Self {
        let (maker_buys, fee_in_base) = (maker == Side::Buy, listing.fee_in_base());
        let (base, quote) = listing.assets();
        let fee_asset = |buys: bool| if buys && fee_in_base { base } else { quote };
        Self {
            price,
            direction: Direction { maker_buys, fee_in_base },
            lot_base: Amount::from(listing.spec.lot_units),
            lot_quote: listing.notional(price, 1),
            maker_fee_asset: fee_asset(maker_buys),
            taker_fee_asset: fee_asset(!maker_buys),
        }
    }

    /// What so many lots change; the maker still wants them. Inlined in any case, so that what a
    /// match comes to stays in registers until it is booked and told.
    #[inline(always)]
    pub(crate) fn settlement(
        &self,
        listing: &Listing,
        taker: &Taker,
        maker: &Order,
        lots: u64,
    ) -> Settlement {
        let Direction { maker_buys, fee_in_base } = self.direction;
        let base = self.lot_base * Amount::from(lots);
        let quote = self.lot_quote * Amount::from(lots);
        let got = |buys: bool| if buys && fee_in_base { base } else { quote };
        let release = match (maker_buys, fee_in_base) {
            (false, _) => base,
            (true, true) => quote,
            (true, false) => {
                let hold = |lots| listing.hold(Side::Buy, self.price, lots, maker.fees);
                hold(maker.remaining) - hold(maker.remaining - lots)
            }
        };
        let maker_rate = maker.fees.maker.paid_for(taker.fees.taker);
        let taker_rate = taker.fees.taker.paid_for(maker.fees.maker);
        let fee = |rate: FeeRate, amount| match fee_in_base {
            true => rate.of_received(amount),
            false => rate.of(amount),
        };
        let maker_fee = fee(maker_rate, got(maker_buys));
        let taker_fee = fee(taker_rate, got(!maker_buys));
        let turnover = Turnover { base, quote, maker_fee, taker_fee };
        Settlement { maker: maker.account, release, turnover }
    }

    /// Tells of so many lots; neither side wants them any more.
    #[inline(always)]
    pub(crate) fn traded(
        &self,
        trade: u64,
        taker: &Taker,
        maker: &Order,
        turnover: &Turnover,
        lots: u64,
    ) -> Event {
        Event::Traded {
            trade: TradeId(trade),
            market: taker.market,
            price: self.price,
            qty: qty(lots),
            quote: turnover.quote,
            taker_side: taker.side,
            taker: Fill {
                order: taker.id,
                account: taker.account,
                remaining: qty(taker.lots),
                fee: turnover.taker_fee,
                fee_asset: self.taker_fee_asset,
            },
            maker: Fill {
                order: maker.id,
                account: maker.account,
                remaining: qty(maker.remaining),
                fee: turnover.maker_fee,
                fee_asset: self.maker_fee_asset,
            },
        }
    }
}
