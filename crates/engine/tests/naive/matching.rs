//! Takers meet makers.

use engine::{
    Allocation, CancelReason, Event, Fill, OrderKind, SelfTradePrevention, Size, TimeInForce,
};
use model::{FeeRate, MarketId, OrderId, PreventionId, Side, TradeId};

use super::Exchange;
use super::ledger::Party;
use super::order::{self, Order, Phase};

impl Exchange {
    pub fn best_opposite(&self, market: MarketId, side: Side) -> Option<i128> {
        let makers = self.orders.values().filter(|order| {
            order.in_book() && order.new.market == market && order.new.side == side.opposite()
        });
        let prices = makers.map(|order| order.level().2);
        match side {
            Side::Buy => prices.min(),
            Side::Sell => prices.max(),
        }
    }

    /// The orders of a level, front first.
    fn queue(&self, market: MarketId, side: Side, price: i128) -> Vec<OrderId> {
        let mut queue: Vec<&Order> = self
            .orders
            .values()
            .filter(|order| order.in_book() && order.level() == (market, side, price))
            .collect();
        queue.sort_by_key(|order| order.place());
        queue.into_iter().map(|order| order.id).collect()
    }

    /// A new or woken order matches, then rests or ends.
    pub fn act(&mut self, id: OrderId) {
        let time_in_force = order::time_in_force(&self.orders[&id].kind);
        if time_in_force == Some(TimeInForce::Fok) && !self.fills_whole(id) {
            self.end(id, CancelReason::FillOrKill);
            return;
        }
        let new = self.orders[&id].new;
        let purse = self.balance(new.account, self.market(new.market).gives(new.side)).available;
        self.orders.get_mut(&id).expect("it acts").purse = purse;
        self.take(id);
        let Some(order) = self.orders.get(&id) else { return };
        let rests = match &order.kind {
            OrderKind::Market { .. } => false,
            OrderKind::Limit { time_in_force, .. } => match time_in_force {
                TimeInForce::Gtc | TimeInForce::Gtd(_) => true,
                TimeInForce::Ioc | TimeInForce::Fok => false,
            },
            OrderKind::LimitMaker { .. } => true,
            OrderKind::Conditional { .. } => unreachable!("it waits or has woken"),
        };
        if rests {
            self.rest(id);
        } else {
            self.end(id, CancelReason::NotFilled);
        }
    }

    /// Joins the back of its level.
    pub fn rest(&mut self, id: OrderId) {
        self.last_place += 1;
        let place = self.last_place;
        let order = self.orders.get_mut(&id).expect("it is open");
        order.phase = Phase::Resting { place };
        order.shown = order.shows_anew();
        let level = order.level();
        self.touch(level);
    }

    /// Tried on a copy of everything.
    fn fills_whole(&self, id: OrderId) -> bool {
        let (mut trial, wants) = (self.clone(), self.orders[&id].remaining);
        trial.events.clear();
        trial.take(id);
        let trades = trial.events.iter().filter_map(|event| match event {
            Event::Traded { taker, qty, .. } if taker.order == id => Some(i128::from(qty.lots())),
            _ => None,
        });
        trades.sum::<i128>() == wants
    }

    /// Meets the best opposite level again and again, until there is none or the taker has ended.
    fn take(&mut self, id: OrderId) {
        let market = self.orders[&id].new.market;
        let reference = self.reference(market);
        while let Some(taker) = self.orders.get(&id) {
            let side = taker.new.side;
            if taker.by_quote() && taker.money == 0 {
                self.orders.remove(&id);
                return;
            }
            let Some(price) = self.best_opposite(market, side) else { return };
            match order::limit(&taker.kind) {
                Some(limit) if !within(side, price, limit) => return,
                Some(_) => {}
                None if self.beyond_band(market, side, price, reference) => {
                    self.end(id, CancelReason::PriceBand);
                    return;
                }
                None => {}
            }
            let wants = self.wants(id, price);
            if wants == 0 {
                self.end_unpaid(id, price);
                return;
            }
            match self.market(market).spec.allocation {
                Allocation::Fifo => self.meet_front(id, price, wants),
                Allocation::ProRata => self.share(id, price, wants),
            }
        }
    }

    fn beyond_band(
        &self,
        market: MarketId,
        side: Side,
        price: i128,
        reference: Option<i128>,
    ) -> bool {
        let band = self.market(market).spec.filters.band;
        reference.is_some_and(|reference| match side {
            Side::Buy => reference * i128::from(band.bid_up) < price * 10_000,
            Side::Sell => price * 10_000 < reference * i128::from(band.ask_down),
        })
    }

    /// How many lots a taker would trade at a price: what it wants, as far as it can pay.
    fn wants(&self, id: OrderId, price: i128) -> i128 {
        let taker = &self.orders[&id];
        let market = self.market(taker.new.market);
        let owns = taker.purse;
        match (&taker.kind, taker.new.side) {
            (OrderKind::Market { size: Size::Base(_) }, Side::Buy) => {
                taker.remaining.min(market.payable(owns, price, taker.taker_rate))
            }
            (OrderKind::Market { size: Size::Quote(_) }, Side::Buy) => {
                market.payable(taker.money, price, taker.taker_rate)
            }
            (OrderKind::Market { size: Size::Quote(_) }, Side::Sell) => {
                let brings = taker.money / market.notional(price, 1);
                brings.min(owns / market.base_units(1)).min(order::LOTS_MOST)
            }
            (_, Side::Buy | Side::Sell) => taker.remaining,
        }
    }

    /// A market order can pay for no lot at `price`: by quote it is done if its amount is used up.
    fn end_unpaid(&mut self, id: OrderId, price: i128) {
        let taker = &self.orders[&id];
        let market = self.market(taker.new.market);
        let one_lot = match taker.new.side {
            Side::Buy => market.cost(market.notional(price, 1), taker.taker_rate),
            Side::Sell => market.notional(price, 1),
        };
        if taker.by_quote() && taker.has_traded && taker.money < one_lot {
            self.orders.remove(&id);
        } else {
            self.end(id, CancelReason::NotFilled);
        }
    }

    fn meet_front(&mut self, id: OrderId, price: i128, wants: i128) {
        let taker = &self.orders[&id];
        let front = self.queue(taker.new.market, taker.new.side.opposite(), price)[0];
        if self.is_self_trade(id, front) {
            self.prevent(id, front, price, wants);
            return;
        }
        let lots = wants.min(self.orders[&front].shown);
        self.trade(id, front, price, lots);
        self.show_anew(front);
    }

    /// One sharing of a pro-rata level.
    fn share(&mut self, id: OrderId, price: i128, wants: i128) {
        let taker = &self.orders[&id];
        let queue = self.queue(taker.new.market, taker.new.side.opposite(), price);
        if let Some(&own) = queue.iter().find(|&&maker| self.is_self_trade(id, maker)) {
            self.prevent(id, own, price, wants);
            return;
        }
        let shown: Vec<i128> = queue.iter().map(|maker| self.orders[maker].shown).collect();
        let parts = shares(&shown, wants);
        for (&maker, &part) in queue.iter().zip(&parts).filter(|(_, part)| 0 < **part) {
            self.trade(id, maker, price, part);
        }
        for maker in queue {
            self.show_anew(maker);
        }
    }

    fn is_self_trade(&self, taker: OrderId, maker: OrderId) -> bool {
        let (taker, maker) = (&self.orders[&taker].new, &self.orders[&maker].new);
        taker.account == maker.account && taker.stp != SelfTradePrevention::None
    }

    /// An iceberg whose shown part is used up shows anew, at the back.
    fn show_anew(&mut self, id: OrderId) {
        if self.orders.get(&id).is_some_and(|order| order.shown == 0) {
            self.rest(id);
        }
    }

    fn trade(&mut self, taker_id: OrderId, maker_id: OrderId, price: i128, lots: i128) {
        let (taker, maker) = (&self.orders[&taker_id], &self.orders[&maker_id]);
        let (id, side, level) = (taker.new.market, taker.new.side, maker.level());
        let party = |order: &Order, rate| Party { account: order.new.account, rate };
        let taking = party(taker, paid_for(taker.taker_rate, maker.maker_rate));
        let making = party(maker, paid_for(maker.maker_rate, taker.taker_rate));
        let notional = self.market(id).notional(price, lots);
        let (taker_fee, maker_fee) = match side {
            Side::Buy => self.settle(id, (&taking, &making), notional, lots),
            Side::Sell => {
                let (buyer, seller) = self.settle(id, (&making, &taking), notional, lots);
                (seller, buyer)
            }
        };
        let spent = match side {
            Side::Buy => self.market(id).cost(notional, taking.rate),
            Side::Sell => notional,
        };
        let gives = match side {
            Side::Buy => {
                notional + if taker_fee.1 == self.market(id).spec.quote { taker_fee.0 } else { 0 }
            }
            Side::Sell => self.market(id).base_units(lots),
        };
        self.orders.get_mut(&taker_id).expect("it acts").purse -= gives;
        self.touch(level);
        let taker = self.fill(taker_id, lots, spent, taker_fee);
        let maker = self.fill(maker_id, lots, 0, maker_fee);
        let minute = self.time.0 / super::time::MINUTE_MICROS;
        let market = self.market_mut(id);
        market.last_trade += 1;
        market.last_price = Some(price);
        market.trades.push((minute, price, lots));
        let trade = TradeId(market.last_trade);
        self.say(Event::Traded {
            trade,
            market: id,
            price: order::price(price),
            qty: order::qty(lots),
            quote: notional,
            taker_side: side,
            taker,
            maker,
        });
        self.observe(id, price);
        self.end_list_of(maker_id);
        for id in [taker_id, maker_id] {
            let order = &self.orders[&id];
            if order.remaining == 0 && !order.by_quote() {
                self.orders.remove(&id);
            }
        }
    }

    fn fill(&mut self, id: OrderId, lots: i128, spent: i128, fee: (i128, model::AssetId)) -> Fill {
        let order = self.orders.get_mut(&id).expect("it is open");
        order.has_traded = true;
        if order.by_quote() {
            order.money -= spent;
        } else {
            order.remaining -= lots;
        }
        if order.in_book() {
            order.shown -= lots;
        }
        Fill {
            order: id,
            account: order.new.account,
            remaining: order::qty(order.remaining),
            fee: fee.0,
            fee_asset: fee.1,
        }
    }

    /// Taker and maker belong to one account, and the taker minds.
    fn prevent(&mut self, taker_id: OrderId, maker_id: OrderId, price: i128, wants: i128) {
        let (taker, maker) = (&self.orders[&taker_id], &self.orders[&maker_id]);
        let (new, rate) = (taker.new, taker.taker_rate);
        let taker_rest = if taker.by_quote() { wants } else { taker.remaining };
        let maker_rest = maker.remaining;
        let common = taker_rest.min(maker_rest);
        let (taker_loses, maker_loses) = match new.stp {
            SelfTradePrevention::None => unreachable!("it trades"),
            SelfTradePrevention::ExpireTaker => (taker_rest, 0),
            SelfTradePrevention::ExpireMaker => (0, maker_rest),
            SelfTradePrevention::ExpireBoth => (taker_rest, maker_rest),
            SelfTradePrevention::Decrement => (common, common),
        };
        let market = self.market_mut(new.market);
        market.last_prevention += 1;
        let prevention = PreventionId(market.last_prevention);
        self.say(Event::Prevented {
            prevention,
            market: new.market,
            account: new.account,
            taker: taker_id,
            taker_side: new.side,
            maker: maker_id,
            price: order::price(price),
            taker_qty: order::qty(taker_loses),
            maker_qty: order::qty(maker_loses),
            mode: new.stp,
        });
        let decrements = new.stp == SelfTradePrevention::Decrement;
        if decrements {
            self.decrement(taker_id, maker_id, price, common, rate);
        }
        if maker_loses == maker_rest {
            self.end(maker_id, CancelReason::SelfTrade);
        }
        if taker_loses == taker_rest {
            self.end(taker_id, CancelReason::SelfTrade);
        }
    }

    fn decrement(
        &mut self,
        taker_id: OrderId,
        maker_id: OrderId,
        price: i128,
        common: i128,
        rate: model::FeeRate,
    ) {
        let taker = &self.orders[&taker_id].new;
        let market = self.market(taker.market);
        let notional = market.notional(price, common);
        let spent = match taker.side {
            Side::Buy => market.cost(notional, rate),
            Side::Sell => notional,
        };
        let taker = self.orders.get_mut(&taker_id).expect("it is open");
        if taker.by_quote() {
            taker.money -= spent;
        } else {
            taker.remaining -= common;
        }
        self.lower(maker_id, common);
    }

    /// A resting order wants less; it keeps its place, and shows less only if it has less.
    pub fn lower(&mut self, id: OrderId, by: i128) {
        let order = self.orders.get_mut(&id).expect("it is open");
        order.remaining -= by;
        order.shown = order.shown.min(order.remaining);
        let level = order.level();
        self.touch(level);
    }
}

/// A rebate as far as the other side pays for it.
fn paid_for(rate: FeeRate, other: FeeRate) -> FeeRate {
    let (rebate, pays) = (-rate.millionths(), other.millionths().max(0));
    if pays < rebate { FeeRate::from_millionths(-pays).expect("smaller than it was") } else { rate }
}

/// Whether a taker of that side and limit trades at `price`.
fn within(side: Side, price: i128, limit: i128) -> bool {
    match side {
        Side::Buy => price <= limit,
        Side::Sell => limit <= price,
    }
}

/// How `wants` lots are shared among orders that show so much, in time order.
fn shares(shown: &[i128], wants: i128) -> Vec<i128> {
    let level: i128 = shown.iter().sum();
    let taken = wants.min(level);
    let mut parts: Vec<i128> = shown.iter().map(|shown| shown * taken / level).collect();
    let mut left_over = taken - parts.iter().sum::<i128>();
    for (part, shown) in parts.iter_mut().zip(shown) {
        let more = left_over.min(shown - *part);
        *part += more;
        left_over -= more;
    }
    parts
}
