//! What one command adds to the history.

use std::collections::BTreeMap;
use std::sync::Arc;

use model::{ListId, OrderId};

use crate::record::{
    AdjustmentRecord, AggregateTrade, AmendmentRecord, FillRecord, ListRecord, OrderRecord,
    PreventionRecord, TradeRecord,
};

/// What one command adds to the history: new facts, orders that have ended (open ones are all in
/// memory), and the last version of lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Rows {
    pub(crate) orders: BTreeMap<OrderId, Arc<OrderRecord>>,
    pub(crate) lists: BTreeMap<ListId, ListRecord>,
    pub(crate) trades: Vec<TradeRecord>,
    pub(crate) aggregates: Vec<AggregateTrade>,
    pub(crate) fills: Vec<FillRecord>,
    pub(crate) preventions: Vec<PreventionRecord>,
    pub(crate) adjustments: Vec<AdjustmentRecord>,
    pub(crate) amendments: Vec<AmendmentRecord>,
}

impl Rows {
    pub(crate) fn is_empty(&self) -> bool {
        let Self { orders, lists, trades, aggregates, fills, .. } = self;
        let Self { preventions, adjustments, amendments, .. } = self;
        orders.is_empty()
            && lists.is_empty()
            && trades.is_empty()
            && aggregates.is_empty()
            && fills.is_empty()
            && preventions.is_empty()
            && adjustments.is_empty()
            && amendments.is_empty()
    }
}
