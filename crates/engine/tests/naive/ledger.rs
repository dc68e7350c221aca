//! Who owns what. Only totals are kept; what is held is added up from the open orders.

use std::collections::BTreeMap;

use engine::{FeeAsset, HOUSE, OrderKind};
use model::{AccountId, Amount, AssetId, FeeRate, ListId, MarketId, OrderId, Side};

use super::order::{self, Order, Phase};
use super::{Exchange, Market};

/// What an account owns of an asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    pub available: Amount,
    pub held: Amount,
}

pub type Balances = BTreeMap<(AccountId, AssetId), Balance>;

impl Market {
    /// Quote for so many lots at so many ticks; `None` where no number holds it.
    pub fn notional_if_any(&self, ticks: i128, lots: i128) -> Option<i128> {
        ticks.checked_mul(self.unit)?.checked_mul(lots)
    }

    pub fn notional(&self, ticks: i128, lots: i128) -> i128 {
        self.notional_if_any(ticks, lots).expect("checked when the order was placed")
    }

    /// Ledger units of base in so many lots.
    pub fn base_units(&self, lots: i128) -> i128 {
        lots * i128::from(self.spec.lot_units)
    }

    /// What a buyer must have for a notional: in `Quote` markets with the fee, if it is one.
    pub fn cost(&self, notional: i128, rate: FeeRate) -> i128 {
        match self.spec.fee_asset {
            FeeAsset::Received => notional,
            FeeAsset::Quote => notional + rate.of(notional).max(0),
        }
    }

    /// The most lots at a price that so much money pays for.
    pub fn payable(&self, money: i128, ticks: i128, rate: FeeRate) -> i128 {
        if money <= 0 {
            return 0;
        }
        let most = (money / (ticks * self.unit)).min(order::LOTS_MOST);
        let (mut pays, mut too_many) = (0, most + 1);
        while pays + 1 < too_many {
            let middle = pays + (too_many - pays) / 2;
            if self.cost(self.notional(ticks, middle), rate) <= money {
                pays = middle;
            } else {
                too_many = middle;
            }
        }
        pays
    }

    /// What an order gives: base to sell, quote to buy.
    pub fn gives(&self, side: Side) -> AssetId {
        match side {
            Side::Buy => self.spec.quote,
            Side::Sell => self.spec.base,
        }
    }
}

/// One side of a trade: whose, and at which rate.
pub struct Party {
    pub account: AccountId,
    pub rate: FeeRate,
}

impl Exchange {
    /// Every balance that was ever touched.
    pub fn balances(&self) -> Balances {
        let mut balances = Balances::new();
        for (&key, &total) in &self.totals {
            balances.insert(key, Balance { available: total, held: 0 });
        }
        for (account, asset, amount) in self.holds() {
            let balance = balances.entry((account, asset)).or_default();
            balance.available -= amount;
            balance.held += amount;
        }
        balances
    }

    pub fn balance(&self, account: AccountId, asset: AssetId) -> Balance {
        self.balances().get(&(account, asset)).copied().unwrap_or_default()
    }

    pub fn move_money(&mut self, from: AccountId, to: AccountId, asset: AssetId, amount: i128) {
        *self.totals.entry((from, asset)).or_insert(0) -= amount;
        *self.totals.entry((to, asset)).or_insert(0) += amount;
    }

    /// Base against quote, fees to the house. Answers the fees of buyer and seller.
    pub fn settle(
        &mut self,
        id: MarketId,
        (buyer, seller): (&Party, &Party),
        notional: i128,
        lots: i128,
    ) -> ((i128, AssetId), (i128, AssetId)) {
        let market = self.market(id);
        let (base, quote) = (market.spec.base, market.spec.quote);
        let base_units = market.base_units(lots);
        let (buyer_fee, seller_fee) = match market.spec.fee_asset {
            FeeAsset::Received => (
                (rounded_up(buyer.rate, base_units), base),
                (rounded_up(seller.rate, notional), quote),
            ),
            FeeAsset::Quote => {
                ((buyer.rate.of(notional), quote), (seller.rate.of(notional), quote))
            }
        };
        self.move_money(seller.account, buyer.account, base, base_units);
        self.move_money(buyer.account, seller.account, quote, notional);
        self.move_money(buyer.account, HOUSE, buyer_fee.1, buyer_fee.0);
        self.move_money(seller.account, HOUSE, seller_fee.1, seller_fee.0);
        (buyer_fee, seller_fee)
    }

    /// What open orders can still cost: each order alone, each list once.
    fn holds(&self) -> Vec<(AccountId, AssetId, i128)> {
        let mut holds = vec![];
        let mut lists: BTreeMap<ListId, i128> = BTreeMap::new();
        for order in self.orders.values() {
            let asset = self.market(order.new.market).gives(order.new.side);
            match order.list {
                None => holds.push((order.new.account, asset, self.hold(order))),
                Some(list) => {
                    let hold = lists.entry(list).or_insert(0);
                    *hold = (*hold).max(self.hold(order));
                }
            }
        }
        for (id, hold) in lists {
            let list = &self.lists[&id];
            let side = self.orders[&list.orders[0]].new.side;
            holds.push((list.account, self.market(list.market).gives(side), hold));
        }
        holds
    }

    /// What one order alone can still cost.
    fn hold(&self, order: &Order) -> i128 {
        let market = self.market(order.new.market);
        match (order.new.side, order::limit(&order.kind)) {
            (Side::Sell, _) => market.base_units(order.remaining),
            (Side::Buy, Some(limit)) => {
                let rate = order.maker_rate.max(order.taker_rate);
                market.cost(market.notional(limit, order.remaining), rate)
            }
            (Side::Buy, None) if order.phase == Phase::Waiting => order.waiting_hold,
            (Side::Buy, None) => 0,
        }
    }

    /// The notional that a conditional market buy is held to; `None` where no number holds it.
    pub fn waiting_notional(&self, id: MarketId, kind: &OrderKind) -> Option<i128> {
        let market = self.market(id);
        let trigger = order::trigger(kind).expect("only of conditional orders");
        let from = trigger.price.map(order::ticks).or_else(|| self.reference(id));
        let Some(from) = from else { return Some(0) };
        let raised = from * i128::from(market.spec.filters.band.bid_up);
        let ticks = (raised + 9_999) / 10_000;
        market.notional_if_any(ticks, order::quantity(kind).expect("conditional orders have one"))
    }

    pub fn rates(&self, account: AccountId, market: MarketId) -> (FeeRate, FeeRate) {
        let fees = &self.market(market).spec.fees;
        let tier = usize::from(self.tiers[account.0 as usize]).min(fees.len() - 1);
        (fees[tier].maker, fees[tier].taker)
    }

    /// Whether an order exists and is open.
    pub fn is_open(&self, order: OrderId) -> bool {
        self.orders.contains_key(&order)
    }
}

/// A rate of what is received, in whole units: a part of a unit costs a whole one.
fn rounded_up(rate: FeeRate, received: i128) -> i128 {
    let millionths = received * i128::from(rate.millionths());
    millionths / 1_000_000 + i128::from(millionths % 1_000_000 != 0)
}
