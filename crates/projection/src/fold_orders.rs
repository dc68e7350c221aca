//! What one command does to orders, lists and trades.

use std::sync::Arc;

use engine::{CancelReason, Event, Fill, ListState, NewOrder};
use model::{AccountId, ClientOrderId, Label, ListId, MarketId, OrderId, Price, Qty, Side};

use crate::feed::{OrderCause, Update};
use crate::fold::Fold;
use crate::record::{
    AggregateTrade, AmendmentRecord, Before, FillRecord, FillSum, ListRecord, OrderRecord,
    OrderStatus, PreventionRecord, TradeRecord,
};

/// Orders.
impl Fold<'_> {
    pub(crate) fn woke(&mut self, owner: AccountId, id: OrderId) {
        let time = self.time;
        self.change_order(owner, id, OrderCause::Triggered, |record| {
            (record.triggered, record.working) = (Some(time), Some(time));
        });
    }

    pub(crate) fn accepted(
        &mut self,
        id: OrderId,
        list: Option<ListId>,
        new: &NewOrder,
        trigger_at: Option<Price>,
    ) {
        let waits = new.kind.trigger().is_some();
        let order = Arc::new(OrderRecord {
            id,
            list,
            new: *new,
            client_id: new.client_id,
            label: self.label_of(new),
            status: OrderStatus::New,
            qty: new.kind.qty().unwrap_or(Qty::ZERO),
            filled: Qty::ZERO,
            quote_filled: 0,
            fills: None,
            prevented: Qty::ZERO,
            prevention: None,
            trigger_at,
            triggered: None,
            created: self.time,
            updated: self.time,
            working: (!waits).then_some(self.time),
            seq: self.seq,
            ended_by: None,
            before: self.before(new),
        });
        let mut account = self.state.account(new.account);
        account.open_by_client.insert((new.market, new.client_id), id);
        account.open.insert(id, Arc::clone(&order));
        drop(account);
        self.keep(order, OrderCause::New);
    }

    /// What an order that this command placed was before, if it goes on under another number.
    fn before(&self, new: &NewOrder) -> Option<Box<Before>> {
        let first = OrderId(self.label_of(new).strategy_type?);
        let mut ended = self.rows.orders.values();
        let replaced = ended.find(|it| {
            it.ended_by == Some(CancelReason::Replaced)
                && it.new.account == new.account
                && it.first() == first
        });
        replaced.map(|it| Box::new(it.as_before()))
    }

    /// How the client labelled an order that this command placed.
    fn label_of(&self, new: &NewOrder) -> Label {
        let [first, second] = self.note.labels;
        let legs = self.command.list().map(|list| &list.legs);
        if legs.is_some_and(|legs| legs[1].client_id == new.client_id) { second } else { first }
    }

    /// Changes an open order; one that is open no more moves to the ended ones.
    pub(crate) fn change_order(
        &mut self,
        owner: AccountId,
        id: OrderId,
        cause: OrderCause,
        change: impl FnOnce(&mut OrderRecord),
    ) {
        let mut account = self.state.account(owner);
        let open = account.open.get_mut(&id).expect("only an open order changes");
        let record = Arc::make_mut(open);
        change(record);
        (record.updated, record.seq) = (self.time, self.seq);
        let order = Arc::clone(open);
        let ended = !order.status.is_open();
        let mut kept = None;
        if ended {
            account.open.remove(&id);
            account.open_by_client.remove(&(order.new.market, order.client_id));
            let max = self.state.bounds.closed_orders;
            let grew = account.closed.push(Arc::clone(&order), max, |order| order.id.0);
            kept = grew.then_some(account.closed.items.len());
        }
        drop(account);
        if let Some(count) = kept {
            self.state.closed_orders.grew(owner, count);
            while let Some(payer) = self.state.closed_orders.payer(owner) {
                self.state.account(payer).closed.forget(|order| order.id.0);
            }
        }
        self.keep(order, cause);
    }

    /// Changes an order that ended in this command, wherever it is still kept.
    fn change_ended(
        &mut self,
        owner: AccountId,
        id: OrderId,
        cause: OrderCause,
        change: impl FnOnce(&mut OrderRecord),
    ) {
        let ended = &self.rows.orders[&id];
        let mut record = OrderRecord::clone(ended);
        change(&mut record);
        let order = Arc::new(record);
        let mut account = self.state.account(owner);
        let mut closed = account.closed.items.iter_mut().rev();
        if let Some(kept) = closed.find(|kept| kept.id == id) {
            *kept = Arc::clone(&order);
        }
        drop(account);
        self.keep(order, cause);
    }

    fn keep(&mut self, order: Arc<OrderRecord>, cause: OrderCause) {
        self.tell_order(&order, cause);
        if !order.status.is_open() {
            self.rows.orders.insert(order.id, order);
        }
    }

    pub(crate) fn amended(
        &mut self,
        (owner, market, id): (AccountId, MarketId, OrderId),
        qty: Qty,
        name: ClientOrderId,
    ) {
        let mut account = self.state.account(owner);
        let open = account.open.get(&id).expect("only an open order is amended");
        let (before, qtys) = (open.client_id, [open.qty, qty]);
        account.open_by_client.remove(&(market, before));
        account.open_by_client.insert((market, name), id);
        let amendment = AmendmentRecord {
            seq: self.seq,
            account: owner,
            market,
            order: id,
            client_ids: [before, name],
            qtys,
            time: self.time,
        };
        account.amendments.push(amendment, self.state.bounds.records, |it| it.seq.0);
        drop(account);
        self.rows.amendments.push(amendment);
        self.change_order(owner, id, OrderCause::Amended { before }, |record| {
            (record.qty, record.client_id) = (qty, name);
        });
    }

    pub(crate) fn canceled(&mut self, owner: AccountId, id: OrderId, reason: CancelReason) {
        let name = self.note.cancel;
        let (status, cause) = match reason {
            CancelReason::Requested => (OrderStatus::Canceled, OrderCause::Canceled(name)),
            CancelReason::Replaced => (OrderStatus::Canceled, OrderCause::Replaced(name)),
            // The second order of a list ends as its owner wished, or because of the first.
            CancelReason::ListEnded if self.other_leg_was_canceled(owner, id) => {
                (OrderStatus::Canceled, OrderCause::Canceled(name))
            }
            CancelReason::SelfTrade => (OrderStatus::ExpiredInMatch, self.prevention_of(id)),
            CancelReason::ListEnded
            | CancelReason::NotFilled
            | CancelReason::FillOrKill
            | CancelReason::TriggerFailed
            | CancelReason::TimedOut
            | CancelReason::PriceBand => (OrderStatus::Expired, OrderCause::Expired),
        };
        self.change_order(owner, id, cause, |record| {
            (record.status, record.ended_by) = (status, Some(reason));
        });
    }

    /// Whether the other order of the list was ended by its owner, in this command.
    fn other_leg_was_canceled(&self, owner: AccountId, id: OrderId) -> bool {
        let account = self.state.account(owner);
        let list = account.open.get(&id).and_then(|order| order.list);
        let legs = list.and_then(|list| account.open_lists.get(&list)).map(|list| list.orders);
        let mut others = legs.iter().flatten().filter_map(|leg| self.rows.orders.get(leg));
        others.any(|other| {
            matches!(other.ended_by, Some(CancelReason::Requested | CancelReason::Replaced))
        })
    }

    /// The prevention of this command that ended an order.
    fn prevention_of(&self, id: OrderId) -> OrderCause {
        let of_order = |it: &&PreventionRecord| it.taker == id || it.maker == id;
        let prevention = self.rows.preventions.iter().rev().find(of_order);
        prevention.map_or(OrderCause::Expired, |it| OrderCause::Prevented(*it))
    }

    pub(crate) fn prevented(&mut self, event: &Event) {
        let &Event::Prevented {
            prevention: id,
            market,
            account,
            taker,
            taker_side,
            maker,
            price,
            taker_qty,
            maker_qty,
            mode,
        } = event
        else {
            return;
        };
        let (time, seq) = (self.time, self.seq);
        let record = PreventionRecord {
            id,
            market,
            account,
            taker,
            taker_side,
            maker,
            price,
            taker_qty,
            maker_qty,
            mode,
            time,
            seq,
        };
        let max = self.state.bounds.records;
        self.state.account(account).preventions.push(record, max, |it| it.id.0);
        self.rows.preventions.push(record);
        for (order, lost) in [(taker, taker_qty), (maker, maker_qty)] {
            self.lost(account, order, lost, record);
        }
    }

    /// An order lost something to self-trade prevention. One that ends by it is told when it ends.
    /// A market order by quote may have had its last trade before: that ended it for the views.
    fn lost(&mut self, owner: AccountId, id: OrderId, lost: Qty, prevention: PreventionRecord) {
        let ends = self.coming().iter().any(|event| {
            matches!(event, Event::Canceled { order, reason, .. }
                if *order == id && *reason == CancelReason::SelfTrade)
        });
        let change = |record: &mut OrderRecord| {
            record.prevention = Some(prevention.id);
            record.prevented = record.prevented.saturating_add(lost);
        };
        let has_ended = self.rows.orders.get(&id).is_some_and(|it| !it.status.is_open());
        if has_ended {
            self.change_ended(owner, id, OrderCause::Prevented(prevention), change);
        } else if ends {
            let mut account = self.state.account(owner);
            change(Arc::make_mut(account.open.get_mut(&id).expect("both orders were open")));
        } else if !lost.is_zero() {
            self.change_order(owner, id, OrderCause::Prevented(prevention), change);
        }
    }
}

/// Trades.
impl Fold<'_> {
    pub(crate) fn traded(&mut self, event: &Event) {
        let Event::Traded { trade, market, price, qty, quote, taker_side, taker, maker } = event
        else {
            return;
        };
        let record = TradeRecord {
            id: *trade,
            market: *market,
            price: *price,
            qty: *qty,
            quote: *quote,
            taker_side: *taker_side,
            time: self.time,
            seq: self.seq,
        };
        let continues = self.aggregate.as_ref().is_some_and(|(order, aggregate)| {
            (*order, aggregate.market, aggregate.price) == (taker.order, *market, *price)
        });
        if !continues {
            self.end_aggregate();
        }
        self.aggregate(taker.order, &record);
        self.state.market(*market).add_trade(record, &self.state.bounds);
        self.rows.trades.push(record);
        self.tell(|| Update::Trade(record));
        self.filled(&record, taker, *taker_side, false);
        self.filled(&record, maker, taker_side.opposite(), true);
    }

    fn aggregate(&mut self, taker: OrderId, trade: &TradeRecord) {
        let none_yet = AggregateTrade {
            id: 0,
            market: trade.market,
            price: trade.price,
            lots: 0,
            quote: 0,
            first: trade.id,
            last: trade.id,
            taker_side: trade.taker_side,
            time: trade.time,
        };
        let (_, aggregate) = self.aggregate.get_or_insert((taker, none_yet));
        aggregate.lots += u128::from(trade.qty.lots());
        aggregate.quote += trade.quote;
        aggregate.last = trade.id;
    }

    fn filled(&mut self, trade: &TradeRecord, fill: &Fill, side: Side, maker: bool) {
        let mut account = self.state.account(fill.account);
        let order = account.open.get(&fill.order).expect("only an open order trades");
        let (list, by_quote) = (order.list, order.qty.is_zero());
        let first = order.before.as_ref().map(|before| before.first);
        let is_first = order.filled.is_zero();
        account.fills_told += 1;
        let record = FillRecord {
            number: account.fills_told,
            seq: self.seq,
            trade: trade.id,
            market: trade.market,
            account: fill.account,
            order: fill.order,
            first,
            list,
            side,
            maker,
            price: trade.price,
            qty: trade.qty,
            quote: trade.quote,
            fee: fill.fee,
            fee_asset: fill.fee_asset,
            time: trade.time,
        };
        let grew = account.fills.push(record, self.state.bounds.fills, |fill| fill.number);
        let count = account.fills.items.len();
        drop(account);
        if grew {
            self.state.fills.grew(fill.account, count);
            while let Some(payer) = self.state.fills.payer(fill.account) {
                self.state.account(payer).fills.forget(|fill| fill.number);
            }
        }
        self.rows.fills.push(record);
        if is_first {
            self.count_traded(fill.account);
        }
        let is_whole = fill.remaining.is_zero() && !(by_quote && self.goes_on(fill.order));
        self.change_order(fill.account, fill.order, OrderCause::Filled(record), |order| {
            order.filled = order.filled.saturating_add(trade.qty);
            order.quote_filled += trade.quote;
            order.fills = Some(FillSum::with(order.fills, record.fee, record.time));
            order.status =
                if is_whole { OrderStatus::Filled } else { OrderStatus::PartiallyFilled };
        });
    }

    /// Whether more is to come of a market order by quote, which tells no remainder.
    fn goes_on(&self, id: OrderId) -> bool {
        self.coming().iter().any(|event| {
            matches!(event, Event::Traded { taker, .. } if taker.order == id)
                || matches!(event, Event::Canceled { order, .. } if *order == id)
        })
    }
}

/// Lists.
impl Fold<'_> {
    pub(crate) fn list_changed(&mut self, event: &Event) {
        let &Event::ListChanged { list: id, account: owner, market, client_id, orders, state } =
            event
        else {
            return;
        };
        let list = self.command.list();
        let names = list.map_or([client_id; 2], |list| list.legs.map(|leg| leg.client_id));
        let mut account = self.state.account(owner);
        let before = account.open_lists.remove(&id).unwrap_or(ListRecord {
            id,
            account: owner,
            market,
            client_id,
            orders,
            order_client_ids: names,
            state,
            created: self.time,
            updated: self.time,
            seq: self.seq,
        });
        let record = ListRecord { state, updated: self.time, seq: self.seq, ..before };
        match state {
            ListState::Placed => {
                account.open_lists.insert(id, record);
            }
            ListState::Done => {
                account.closed_lists.push(record, self.state.bounds.records, |list| list.id.0);
            }
        }
        drop(account);
        self.rows.lists.insert(id, record);
        self.tell(|| Update::List(record));
    }
}
