//! Whether an order may be placed: every check, in the order of `docs/rules.md`.
//!
//! One order is asked for alone, two as the legs of a list. Each check looks at all of them before
//! the next check begins.

use engine::{
    Filters, MarketState, NewOrder, OrderKind, Rejection, Size, TimeInForce, TriggerKind,
};
use model::{AccountId, ClientOrderId, MarketId, Side};

use super::Exchange;
use super::order::{self, Phase};

/// Notionals, quote amounts and base amounts stay below.
pub const AMOUNT_MAX: i128 = 1 << 106;

type Checked = Result<(), Rejection>;

fn refuse_if(condition: bool, reason: Rejection) -> Checked {
    if condition { Err(reason) } else { Ok(()) }
}

impl Exchange {
    /// `asked` is one order, or the two legs of a list.
    pub fn check_place(&self, asked: &[NewOrder]) -> Checked {
        let first = &asked[0];
        self.check_account_and_market(first.account, first.market)?;
        let each = |check: &dyn Fn(&NewOrder) -> Checked| asked.iter().try_for_each(check);
        each(&|new| self.check_state(new, 1 < asked.len()))?;
        self.check_names(asked)?;
        each(&|new| self.check_good_till(new))?;
        each(&|new| self.check_iceberg(new))?;
        if let [above, below] = asked {
            self.check_legs(above, below)?;
        }
        each(&|new| self.check_trailing(new))?;
        each(&|new| self.check_price_range(new))?;
        each(&|new| refuse_if(!self.in_band(new), Rejection::PriceBand))?;
        each(&|new| self.check_qty_range(new))?;
        each(&|new| self.check_market_qty_range(new))?;
        each(&|new| self.check_overflow(new))?;
        each(&|new| self.check_notional(new))?;
        self.check_counts(asked)?;
        self.check_position(asked)?;
        each(&|new| self.check_would_take(new))?;
        each(&|new| refuse_if(self.would_trigger(new), Rejection::WouldTrigger))?;
        self.check_funds(asked)
    }

    pub fn check_account_and_market(&self, account: AccountId, market: MarketId) -> Checked {
        refuse_if(!self.customer_exists(account), Rejection::UnknownAccount)?;
        refuse_if(self.markets.len() <= usize::from(market.0), Rejection::UnknownMarket)
    }

    fn filters(&self, new: &NewOrder) -> &Filters {
        &self.market(new.market).spec.filters
    }

    fn check_state(&self, new: &NewOrder, list: bool) -> Checked {
        let rests = match new.kind {
            OrderKind::LimitMaker { .. } => true,
            OrderKind::Limit { time_in_force, .. } => match time_in_force {
                TimeInForce::Gtc | TimeInForce::Gtd(_) => !self.would_cross(new),
                TimeInForce::Ioc | TimeInForce::Fok => false,
            },
            OrderKind::Market { .. } | OrderKind::Conditional { .. } => false,
        };
        let admitted = match self.market(new.market).state {
            MarketState::Open => true,
            MarketState::PostOnly => rests && !list,
            MarketState::CancelOnly | MarketState::Halted => false,
        };
        refuse_if(!admitted, Rejection::MarketClosed)
    }

    fn would_cross(&self, new: &NewOrder) -> bool {
        match (order::limit(&new.kind), self.best_opposite(new.market, new.side)) {
            (Some(limit), Some(best)) => match new.side {
                Side::Buy => best <= limit,
                Side::Sell => limit <= best,
            },
            (None, _) | (_, None) => false,
        }
    }

    fn check_names(&self, asked: &[NewOrder]) -> Checked {
        let taken = |new: &NewOrder| self.named(new.account, new.market, new.client_id).is_some();
        let twins = 1 < asked.len() && asked[0].client_id == asked[1].client_id;
        refuse_if(twins || asked.iter().any(taken), Rejection::DuplicateClientId)
    }

    /// The open order of that name.
    pub fn named(
        &self,
        account: AccountId,
        market: MarketId,
        client_id: ClientOrderId,
    ) -> Option<model::OrderId> {
        self.orders
            .values()
            .find(|order| {
                (order.new.account, order.new.market, order.new.client_id)
                    == (account, market, client_id)
            })
            .map(|order| order.id)
    }

    fn check_good_till(&self, new: &NewOrder) -> Checked {
        let passed = match order::time_in_force(&new.kind) {
            Some(TimeInForce::Gtd(till)) => till <= self.time || i64::try_from(till.0).is_err(),
            Some(TimeInForce::Gtc | TimeInForce::Ioc | TimeInForce::Fok) | None => false,
        };
        refuse_if(passed, Rejection::GoodTillPassed)
    }

    fn check_iceberg(&self, new: &NewOrder) -> Checked {
        let (Some(display), Some(qty)) = (order::display(&new.kind), order::quantity(&new.kind))
        else {
            return Ok(());
        };
        if display == 0 {
            return Err(Rejection::IcebergParts);
        }
        if display == qty {
            return Ok(());
        }
        let parts = (qty + display - 1) / display;
        let rests = match order::time_in_force(&new.kind) {
            None | Some(TimeInForce::Gtc) => true,
            Some(TimeInForce::Ioc | TimeInForce::Fok | TimeInForce::Gtd(_)) => false,
        };
        let parts_max = i128::from(self.filters(new).iceberg_parts_max);
        refuse_if(qty < display || parts_max < parts || !rests, Rejection::IcebergParts)
    }

    fn check_legs(&self, above: &NewOrder, below: &NewOrder) -> Checked {
        let (profit, stop) = match above.side {
            Side::Sell => (above, below),
            Side::Buy => (below, above),
        };
        let profits = match profit.kind {
            OrderKind::LimitMaker { .. } => true,
            OrderKind::Conditional { trigger, .. } => trigger.kind == TriggerKind::TakeProfit,
            OrderKind::Market { .. } | OrderKind::Limit { .. } => false,
        };
        let stops =
            order::trigger(&stop.kind).is_some_and(|trigger| trigger.kind == TriggerKind::StopLoss);
        let same_qty = order::quantity(&above.kind) == order::quantity(&below.kind);
        let stands = |new: &NewOrder| match order::trigger(&new.kind) {
            Some(trigger) => trigger.price.map(order::ticks),
            None => order::limit(&new.kind),
        };
        let in_order = match (stands(above), stands(below), self.market(above.market).last_price) {
            (Some(above), Some(below), None) => below < above,
            (above, below, Some(last)) => {
                above.is_none_or(|above| last < above) && below.is_none_or(|below| below < last)
            }
            (None, _, None) | (_, None, None) => true,
        };
        refuse_if(!(profits && stops && same_qty && in_order), Rejection::ListLegs)
    }

    fn check_trailing(&self, new: &NewOrder) -> Checked {
        let Some(trigger) = order::trigger(&new.kind) else { return Ok(()) };
        let (least, most) = self.filters(new).trailing_delta;
        let legal = match trigger.trailing {
            Some(trailing) => trailing.delta != 0 && (least..=most).contains(&trailing.delta),
            None => trigger.price.is_some(),
        };
        refuse_if(!legal, Rejection::TrailingDelta)
    }

    fn check_price_range(&self, new: &NewOrder) -> Checked {
        let (least, most) = self.filters(new).price;
        let range = order::ticks(least)..=order::ticks(most);
        let stop = order::trigger(&new.kind).and_then(|trigger| trigger.price).map(order::ticks);
        let mut prices = order::limit(&new.kind).into_iter().chain(stop);
        refuse_if(!prices.all(|price| range.contains(&price)), Rejection::PriceRange)
    }

    /// Whether the limit price, if any, stands within the band around the reference, if any.
    pub fn in_band(&self, new: &NewOrder) -> bool {
        let (Some(limit), Some(reference)) = (order::limit(&new.kind), self.reference(new.market))
        else {
            return true;
        };
        let band = self.filters(new).band;
        let (up, down) = match new.side {
            Side::Buy => (band.bid_up, band.bid_down),
            Side::Sell => (band.ask_up, band.ask_down),
        };
        let scaled = limit * 10_000;
        reference * i128::from(down) <= scaled && scaled <= reference * i128::from(up)
    }

    fn check_qty_range(&self, new: &NewOrder) -> Checked {
        let (least, most) = self.filters(new).qty;
        let legal = match (order::quantity(&new.kind), &new.kind) {
            (Some(qty), _) => qty != 0 && (order::lots(least)..=order::lots(most)).contains(&qty),
            (None, OrderKind::Market { size: Size::Quote(amount) }) => 0 < *amount,
            (None, _) => unreachable!("only a market order by quote has no quantity"),
        };
        refuse_if(!legal, Rejection::QtyRange)
    }

    fn check_market_qty_range(&self, new: &NewOrder) -> Checked {
        let (least, most) = self.filters(new).market_qty;
        let range = order::lots(least)..=order::lots(most);
        let legal = match order::quantity(&new.kind) {
            Some(qty) if order::ends_as_market(&new.kind) => range.contains(&qty),
            Some(_) | None => true,
        };
        refuse_if(!legal, Rejection::MarketQtyRange)
    }

    fn check_overflow(&self, new: &NewOrder) -> Checked {
        let market = self.market(new.market);
        let qty = order::quantity(&new.kind).unwrap_or(0);
        let notional = match (&new.kind, order::limit(&new.kind), new.side) {
            (_, Some(limit), _) => market.notional_if_any(limit, qty),
            (OrderKind::Market { size: Size::Quote(amount) }, None, _) => Some(*amount),
            (OrderKind::Conditional { .. }, None, Side::Buy) => {
                self.waiting_notional(new.market, &new.kind)
            }
            (_, None, _) => Some(0),
        };
        let base = qty.checked_mul(i128::from(market.spec.lot_units));
        let fits = |amount: Option<i128>| amount.is_some_and(|amount| amount < AMOUNT_MAX);
        refuse_if(!fits(notional) || !fits(base), Rejection::Overflow)
    }

    fn check_notional(&self, new: &NewOrder) -> Checked {
        let filters = self.filters(new);
        let market = self.market(new.market);
        let qty = order::quantity(&new.kind).unwrap_or(0);
        let (notional, of_market) = match (&new.kind, order::limit(&new.kind)) {
            (_, Some(limit)) => (Some(market.notional(limit, qty)), false),
            (OrderKind::Market { size: Size::Quote(amount) }, None) => (Some(*amount), true),
            (_, None) => {
                let at = |reference| market.notional(reference, qty);
                (self.reference(new.market).map(at), true)
            }
        };
        let Some(notional) = notional else { return Ok(()) };
        let held_to_min = !of_market || filters.notional_min_to_market;
        let held_to_max = !of_market || filters.notional_max_to_market;
        let too_small = held_to_min && notional < filters.notional.0;
        let too_large = held_to_max && filters.notional.1 < notional;
        refuse_if(too_small || too_large, Rejection::Notional)
    }

    fn check_counts(&self, asked: &[NewOrder]) -> Checked {
        let first = &asked[0];
        let filters = self.filters(first);
        let mine: Vec<_> = self
            .orders
            .values()
            .filter(|order| (order.new.account, order.new.market) == (first.account, first.market))
            .collect();
        let too_many = |open: usize, new: usize, most: u32| 0 < new && (most as usize) < open + new;
        let conditional = |new: &&NewOrder| order::trigger(&new.kind).is_some();
        let iceberg = |new: &&NewOrder| order::is_iceberg(&new.kind);
        let waiting = mine.iter().filter(|order| order.phase == Phase::Waiting).count();
        let icebergs = mine.iter().filter(|order| order.is_iceberg()).count();
        let lists = self
            .lists
            .values()
            .filter(|list| (list.account, list.market) == (first.account, first.market))
            .count();
        let new_lists = usize::from(1 < asked.len());
        let new_waiting = asked.iter().filter(conditional).count();
        let new_icebergs = asked.iter().filter(iceberg).count();
        for (open, new, most, reason) in [
            (mine.len(), asked.len(), filters.orders_max, Rejection::TooManyOrders),
            (waiting, new_waiting, filters.algo_orders_max, Rejection::TooManyAlgoOrders),
            (icebergs, new_icebergs, filters.iceberg_orders_max, Rejection::TooManyIcebergs),
            (lists, new_lists, filters.lists_max, Rejection::TooManyLists),
        ] {
            refuse_if(too_many(open, new, most), reason)?;
        }
        Ok(())
    }

    fn check_position(&self, asked: &[NewOrder]) -> Checked {
        let new = &asked[0];
        let market = self.market(new.market);
        let (Some(most), Side::Buy) = (market.spec.filters.position_max, new.side) else {
            return Ok(());
        };
        let owned = self.balance(new.account, market.spec.base);
        let mut lots = order::quantity(&new.kind).unwrap_or(0);
        for order in self.orders.values() {
            let same = (order.new.account, order.new.market, order.new.side)
                == (new.account, new.market, Side::Buy);
            let counts = match order.list.map(|list| self.lists[&list].orders) {
                None => order.remaining,
                Some(legs) if legs[0] == order.id => {
                    order.remaining.max(self.orders[&legs[1]].remaining)
                }
                Some(_) => 0,
            };
            lots += if same { counts } else { 0 };
        }
        let position = owned.available + owned.held + market.base_units(lots);
        refuse_if(most < position, Rejection::PositionMax)
    }

    fn check_would_take(&self, new: &NewOrder) -> Checked {
        let crosses = match new.kind {
            OrderKind::LimitMaker { .. } => self.would_cross(new),
            OrderKind::Market { .. } | OrderKind::Limit { .. } | OrderKind::Conditional { .. } => {
                false
            }
        };
        refuse_if(crosses, Rejection::WouldTake)
    }

    fn check_funds(&self, asked: &[NewOrder]) -> Checked {
        let new = &asked[0];
        let gives = self.market(new.market).gives(new.side);
        let available = self.balance(new.account, gives).available;
        let needs = asked.iter().map(|new| self.needs(new)).max().expect("one order at least");
        refuse_if(available < needs, Rejection::InsufficientFunds)
    }

    /// What must be available to place it alone.
    fn needs(&self, new: &NewOrder) -> i128 {
        let market = self.market(new.market);
        let (maker, taker) = self.rates(new.account, new.market);
        let qty = order::quantity(&new.kind).unwrap_or(0);
        match (&new.kind, new.side) {
            (_, Side::Sell) => market.base_units(qty),
            (OrderKind::Market { size: Size::Quote(amount) }, Side::Buy) => *amount,
            (OrderKind::Market { size: Size::Base(_) }, Side::Buy) => self.one_lot(new),
            (OrderKind::Limit { .. } | OrderKind::LimitMaker { .. }, Side::Buy) => {
                let limit = order::limit(&new.kind).expect("a limit order has a limit");
                market.cost(market.notional(limit, qty), maker.max(taker))
            }
            (OrderKind::Conditional { .. }, Side::Buy) => self.waiting_hold(new),
        }
    }

    /// What a market buy pays for one lot at the best ask; nothing if there is none.
    pub fn one_lot(&self, new: &NewOrder) -> i128 {
        let market = self.market(new.market);
        let (_, taker) = self.rates(new.account, new.market);
        let cost = |best| market.cost(market.notional(best, 1), taker);
        self.best_opposite(new.market, new.side).map_or(0, cost)
    }

    /// What a conditional buy holds while it waits.
    pub fn waiting_hold(&self, new: &NewOrder) -> i128 {
        let market = self.market(new.market);
        let (maker, taker) = self.rates(new.account, new.market);
        let qty = order::quantity(&new.kind).expect("conditional orders have a quantity");
        let notional = match order::limit(&new.kind) {
            Some(limit) => market.notional(limit, qty),
            None => self.waiting_notional(new.market, &new.kind).expect("checked for overflow"),
        };
        market.cost(notional, maker.max(taker))
    }

    /// Amend: the filters that hold for the whole new quantity.
    pub fn check_amended(&self, new: &NewOrder) -> Checked {
        self.check_qty_range(new)?;
        self.check_notional(new)
    }
}
