//! Pages of what is in memory, each with whether memory tells all of it.

use std::sync::Arc;

use model::{AccountId, MarketId, OrderId};

use crate::page::Page;
use crate::recent::Part;
use crate::record::{
    AdjustmentRecord, AggregateTrade, AmendmentRecord, FillRecord, ListRecord, OrderRecord,
    PreventionRecord, TradeRecord,
};
use crate::views::Views;

/// Which fills are asked for.
#[derive(Clone, Copy)]
pub(crate) struct FillsOf {
    pub(crate) account: AccountId,
    pub(crate) market: Option<MarketId>,
    pub(crate) order: Option<OrderId>,
}

impl FillsOf {
    pub(crate) fn admits(&self, fill: &FillRecord) -> bool {
        fill.account == self.account
            && self.market.is_none_or(|market| fill.market == market)
            && self.order.is_none_or(|order| fill.order == order)
    }

    /// What a page counts.
    pub(crate) const fn id(&self, fill: &FillRecord) -> u64 {
        if self.market.is_some() { fill.trade.0 } else { fill.number }
    }
}

/// Which preventions are asked for.
#[derive(Clone, Copy)]
pub(crate) struct PreventionsOf {
    pub(crate) account: AccountId,
    pub(crate) market: MarketId,
    pub(crate) order: Option<OrderId>,
}

impl PreventionsOf {
    pub(crate) fn admits(&self, it: &PreventionRecord) -> bool {
        let of_order = |order| it.taker == order || it.maker == order;
        (it.account, it.market) == (self.account, self.market) && self.order.is_none_or(of_order)
    }
}

/// Which amendments are asked for.
#[derive(Clone, Copy)]
pub(crate) struct AmendmentsOf {
    pub(crate) account: AccountId,
    pub(crate) order: OrderId,
}

impl AmendmentsOf {
    pub(crate) fn admits(&self, it: &AmendmentRecord) -> bool {
        (it.account, it.order) == (self.account, self.order)
    }
}

impl Views {
    pub(crate) fn trades_part(&self, market: MarketId, page: &Page) -> Part<TradeRecord> {
        self.market(market, |view| view.trades.part(page, |_| true, |it| (it.id.0, it.time)))
            .unwrap_or(Part::nothing())
    }

    pub(crate) fn aggregates_part(&self, market: MarketId, page: &Page) -> Part<AggregateTrade> {
        self.market(market, |view| view.aggregates.part(page, |_| true, |it| (it.id, it.time)))
            .unwrap_or(Part::nothing())
    }

    pub(crate) fn orders_part(
        &self,
        account: AccountId,
        market: Option<MarketId>,
        page: &Page,
    ) -> Part<Arc<OrderRecord>> {
        self.account(account, |view| {
            let orders = view.orders(market);
            let key = |order: &Arc<OrderRecord>| (order.id.0, order.created);
            let items = page.select(orders.iter(), key);
            // Above what was forgotten none is missing; older ones are there only while open.
            let forgotten = view.closed.forgotten;
            let unbroken = |order: &&Arc<OrderRecord>| forgotten < order.id.0;
            let first = orders.iter().find(unbroken).map(key);
            let found = items.iter().filter(unbroken).count();
            Part { is_whole: forgotten == 0 || page.is_told_from(first, found), items }
        })
        .unwrap_or(Part::nothing())
    }

    pub(crate) fn fills_part(&self, of: FillsOf, page: &Page) -> Part<FillRecord> {
        self.account(of.account, |view| {
            view.fills.part(page, |fill| of.admits(fill), |fill| (of.id(fill), fill.time))
        })
        .unwrap_or(Part::nothing())
    }

    pub(crate) fn lists_part(&self, account: AccountId, page: &Page) -> Part<ListRecord> {
        self.account(account, |view| {
            let lists = view.lists();
            let key = |list: &ListRecord| (list.id.0, list.created);
            let items = page.select(lists.iter(), key);
            let forgotten = view.closed_lists.forgotten;
            let unbroken = |list: &&ListRecord| forgotten < list.id.0;
            let first = lists.iter().find(unbroken).map(key);
            let found = items.iter().filter(unbroken).count();
            Part { is_whole: forgotten == 0 || page.is_told_from(first, found), items }
        })
        .unwrap_or(Part::nothing())
    }

    pub(crate) fn preventions_part(
        &self,
        of: PreventionsOf,
        page: &Page,
    ) -> Part<PreventionRecord> {
        self.account(of.account, |view| {
            view.preventions.part(page, |it| of.admits(it), |it| (it.id.0, it.time))
        })
        .unwrap_or(Part::nothing())
    }

    pub(crate) fn amendments_part(&self, of: AmendmentsOf, page: &Page) -> Part<AmendmentRecord> {
        self.account(of.account, |view| {
            view.amendments.part(page, |it| of.admits(it), |it| (it.seq.0, it.time))
        })
        .unwrap_or(Part::nothing())
    }

    pub(crate) fn adjustments_part(
        &self,
        account: AccountId,
        page: &Page,
    ) -> Part<AdjustmentRecord> {
        self.account(account, |view| {
            view.adjustments.part(page, |_| true, |it| (it.seq.0, it.time))
        })
        .unwrap_or(Part::nothing())
    }
}
