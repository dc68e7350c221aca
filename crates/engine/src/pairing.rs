//! One match: what it moves and what is told of it, whoever brings the two together.

use model::{Amount, AssetId, Price, Side, TradeId};

use crate::book::Order;
use crate::event::{Event, Fill};
use crate::ledger::Settlement;
use crate::listing::{Listing, qty};
use crate::place::Taker;

/// What is the same for all that trade at one price with one side.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pairing {
    price: Price,
    maker_buys: bool,
    fee_in_base: bool,
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
            maker_buys,
            fee_in_base,
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
        let base = self.lot_base * Amount::from(lots);
        let quote = self.lot_quote * Amount::from(lots);
        let got = |buys: bool| if buys && self.fee_in_base { base } else { quote };
        let release = match (self.maker_buys, self.fee_in_base) {
            (false, _) => base,
            (true, true) => quote,
            (true, false) => {
                let hold = |lots| listing.hold(Side::Buy, self.price, lots, maker.fees);
                hold(maker.remaining) - hold(maker.remaining - lots)
            }
        };
        let maker_rate = maker.fees.maker.paid_for(taker.fees.taker);
        let taker_rate = taker.fees.taker.paid_for(maker.fees.maker);
        Settlement {
            maker: maker.account,
            maker_buys: self.maker_buys,
            base,
            quote,
            release,
            maker_fee: maker_rate.of(got(self.maker_buys)),
            taker_fee: taker_rate.of(got(!self.maker_buys)),
            fee_in_base: self.fee_in_base,
        }
    }

    /// Tells of so many lots; neither side wants them any more.
    #[inline(always)]
    pub(crate) fn traded(
        &self,
        trade: u64,
        taker: &Taker,
        maker: &Order,
        settlement: &Settlement,
        lots: u64,
    ) -> Event {
        Event::Traded {
            trade: TradeId(trade),
            market: taker.market,
            price: self.price,
            qty: qty(lots),
            quote: settlement.quote,
            taker_side: taker.side,
            taker: Fill {
                order: taker.id,
                account: taker.account,
                remaining: qty(taker.lots),
                fee: settlement.taker_fee,
                fee_asset: self.taker_fee_asset,
            },
            maker: Fill {
                order: maker.id,
                account: maker.account,
                remaining: qty(maker.remaining),
                fee: settlement.maker_fee,
                fee_asset: self.maker_fee_asset,
            },
        }
    }
}
