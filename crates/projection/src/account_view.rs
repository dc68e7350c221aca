//! What one account sees of itself.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use engine::OrderRef;
use model::{AssetId, ClientOrderId, ListId, MarketId, OrderId};

use crate::recent::Recent;
use crate::record::{
    AdjustmentRecord, AmendmentRecord, Balance, FillRecord, ListRecord, OrderRecord,
    PreventionRecord,
};

/// What one account sees of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct AccountView {
    pub(crate) tier: u8,
    pub(crate) balances: BTreeMap<AssetId, Balance>,
    pub(crate) open: BTreeMap<OrderId, Arc<OrderRecord>>,
    pub(crate) open_by_client: HashMap<(MarketId, ClientOrderId), OrderId>,
    /// In the order of ending.
    pub(crate) closed: Recent<Arc<OrderRecord>>,
    pub(crate) fills: Recent<FillRecord>,
    pub(crate) fills_told: u64,
    pub(crate) open_lists: BTreeMap<ListId, ListRecord>,
    /// In the order of ending.
    pub(crate) closed_lists: Recent<ListRecord>,
    pub(crate) preventions: Recent<PreventionRecord>,
    pub(crate) adjustments: Recent<AdjustmentRecord>,
    pub(crate) amendments: Recent<AmendmentRecord>,
}

impl AccountView {
    /// An order by its number or its name: an open one first, then the one that ended last.
    pub(crate) fn order(&self, market: MarketId, order: &OrderRef) -> Option<&Arc<OrderRecord>> {
        match order {
            OrderRef::Id(id) => {
                let closed = || self.closed.items.iter().rev().find(|order| order.id == *id);
                self.open.get(id).or_else(closed).filter(|order| order.new.market == market)
            }
            OrderRef::Client(name) => match self.open_by_client.get(&(market, *name)) {
                Some(id) => self.open.get(id),
                None => self.closed.items.iter().rev().find(|order| {
                    let named = order.client_id == *name || order.new.client_id == *name;
                    order.new.market == market && named
                }),
            },
        }
    }

    pub(crate) fn list(&self, id: ListId) -> Option<&ListRecord> {
        let closed = || self.closed_lists.items.iter().rev().find(|list| list.id == id);
        self.open_lists.get(&id).or_else(closed)
    }

    pub(crate) fn list_by_client(&self, name: &ClientOrderId) -> Option<&ListRecord> {
        let named = |list: &&ListRecord| list.client_id == *name;
        self.open_lists
            .values()
            .rev()
            .find(named)
            .or_else(|| self.closed_lists.items.iter().rev().find(named))
    }

    /// All orders that are remembered, by number.
    pub(crate) fn orders(&self, market: Option<MarketId>) -> Vec<Arc<OrderRecord>> {
        let here = |order: &&Arc<OrderRecord>| market.is_none_or(|id| order.new.market == id);
        let both = self.open.values().chain(&self.closed.items);
        let mut orders: Vec<_> = both.filter(here).cloned().collect();
        orders.sort_unstable_by_key(|order| order.id);
        orders
    }

    /// All lists that are remembered, by number.
    pub(crate) fn lists(&self) -> Vec<ListRecord> {
        let mut lists: Vec<_> =
            self.open_lists.values().chain(&self.closed_lists.items).copied().collect();
        lists.sort_unstable_by_key(|list| list.id);
        lists
    }
}
