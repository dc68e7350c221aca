//! Orders and fills of an account, as a venue tells them.

use std::sync::Arc;

use engine::{CancelReason, OrderRef};
use model::{AccountId, AssetCode, ClientOrderId, Decimal, OrderId, Qty, Side, Time, UserId};
use projection::{FillRecord, Market, OrderRecord, OrderStatus, Page};
use venue::port::{OrderState, Pair};

use super::Desk;
use super::market::{pair_of, qty_of};
use super::placing::{DeskSize, DeskTerms};
use super::revising::latest_of_each;

/// An order and what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskOrderView {
    /// Our number for it, unique over all markets; it stays when the order is revised.
    pub id: OrderId,
    /// The client's name for it.
    pub client_id: ClientOrderId,
    /// The client's number for it.
    pub tag: Option<u64>,
    /// Where.
    pub pair: Pair,
    /// Buy or sell.
    pub side: Side,
    /// What it asked.
    pub terms: DeskTerms,
    /// Its whole quantity, of base; of a market order by quote, what has traded.
    pub qty: Decimal,
    /// So much has traded.
    pub filled: Decimal,
    /// So much is gone because it met an order of the same account.
    pub prevented: Decimal,
    /// For so much quote.
    pub quote_filled: Decimal,
    /// At so much quote for one base on average, with the digits of a price and eight at least;
    /// truncated. `None` before it traded.
    pub average: Option<Decimal>,
    /// How many fills that were.
    pub fills: u64,
    /// When the last of them was.
    pub last_fill: Option<Time>,
    /// What they cost, of `fee_asset`; negative where the venue paid.
    pub fee: Decimal,
    /// In which asset fees of this order are taken.
    pub fee_asset: AssetCode,
    /// Where it stands.
    pub state: OrderState,
    /// Whether it is a stop that waits.
    pub is_waiting: bool,
    /// When it woke, of a stop.
    pub triggered: Option<Time>,
    /// How it ended, where it was not filled.
    pub ended_by: Option<CancelReason>,
    /// When it was placed.
    pub created: Time,
    /// When it last changed.
    pub updated: Time,
}

impl DeskOrderView {
    /// How much of it may still trade while it stands, of base.
    ///
    /// # Panics
    /// Never: all are lots of one market, and no more is gone than was asked.
    #[must_use]
    pub fn rest(&self) -> Decimal {
        let rest = self.qty.checked_sub(self.filled);
        rest.and_then(|rest| rest.checked_sub(self.prevented)).expect("lots of one market")
    }
}

/// One side of a match, as its owner is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeskFill {
    /// The trade's number in its market.
    pub trade: u64,
    /// Its place among all fills of the account, over all markets, from 1.
    pub number: u64,
    /// Where.
    pub pair: Pair,
    /// Of which order.
    pub order: OrderId,
    /// Whether the owner bought.
    pub side: Side,
    /// Whether the owner's order rested.
    pub is_maker: bool,
    /// At which price.
    pub price: Decimal,
    /// How much base.
    pub qty: Decimal,
    /// For how much quote.
    pub quote: Decimal,
    /// What it cost; negative where the venue paid.
    pub fee: Decimal,
    /// In which asset.
    pub fee_asset: AssetCode,
    /// When.
    pub time: Time,
}

/// One's own orders. Who has no account has none.
impl Desk {
    /// An order by its name, wherever it is: an open one first, then the one that ended last.
    #[must_use]
    pub fn order(&self, user: &UserId, name: OrderRef) -> Option<DeskOrderView> {
        let account = self.views().account_of(user)?;
        Some(self.view(&*self.record(account, name)?))
    }

    pub(super) fn record(&self, account: AccountId, name: OrderRef) -> Option<Arc<OrderRecord>> {
        match name {
            OrderRef::Id(id) => self.record_by_id(account, id),
            OrderRef::Client(name) => {
                let name = engine::OrderRef::Client(name);
                let catalog = self.views().catalog();
                let found = catalog
                    .markets()
                    .iter()
                    .filter_map(|market| self.views().order(account, market.id, &name));
                found.max_by_key(|order| (order.status.is_open(), order.id))
            }
        }
    }

    /// Orders that stand, in one market or in all, in the order of placing.
    #[must_use]
    pub fn open_orders(&self, user: &UserId, pair: Option<Pair>) -> Vec<DeskOrderView> {
        let Some((account, market)) = self.place_of(user, pair) else { return Vec::new() };
        let orders = latest_of_each(self.views().open_orders(account, market));
        orders.iter().map(|order| self.view(order)).collect()
    }

    /// The latest `count` orders, that stand or have ended, in the order of placing.
    #[must_use]
    pub fn orders(
        &self,
        user: &UserId,
        pair: Option<Pair>,
        (start, end): (Option<Time>, Option<Time>),
        count: usize,
    ) -> Vec<DeskOrderView> {
        self.order_page(user, pair, &Page { start, end, ..Page::latest(count) })
    }

    /// As [`Self::orders`], only those that have ended.
    #[must_use]
    pub fn closed_orders(
        &self,
        user: &UserId,
        pair: Option<Pair>,
        (start, end): (Option<Time>, Option<Time>),
        count: usize,
    ) -> Vec<DeskOrderView> {
        let Some((account, market)) = self.place_of(user, pair) else { return Vec::new() };
        let page = Page::latest(Page::LIMIT_MAX);
        let mut records = latest_of_each(self.views().orders(account, market, &page));
        // One that was revised was there before.
        records.retain(|record| {
            !record.status.is_open()
                && start.is_none_or(|start| start <= record.created)
                && end.is_none_or(|end| record.created <= end || record.first() != record.id)
        });
        let surplus = records.len().saturating_sub(count);
        records[surplus..].iter().map(|record| self.view(record)).collect()
    }

    fn order_page(&self, user: &UserId, pair: Option<Pair>, page: &Page) -> Vec<DeskOrderView> {
        let Some((account, market)) = self.place_of(user, pair) else { return Vec::new() };
        let orders = latest_of_each(self.views().orders(account, market, page));
        orders.iter().map(|order| self.view(order)).collect()
    }

    /// The latest `count` fills, of one market or of all, of one order or of all, oldest first.
    #[must_use]
    pub fn fills(
        &self,
        user: &UserId,
        pair: Option<Pair>,
        order: Option<OrderId>,
        (start, end): (Option<Time>, Option<Time>),
        count: usize,
    ) -> Vec<DeskFill> {
        let Some((account, market)) = self.place_of(user, pair) else { return Vec::new() };
        // With a start the earliest that fit come first, but the latest are asked for.
        let count_max = if order.is_some() { Page::LIMIT_MAX } else { count };
        let page = Page { start: None, end, ..Page::latest(count_max) };
        let number = |fill: &FillRecord| fill.first.unwrap_or(fill.order);
        let mut fills = self.views().fills(account, market, None, &page);
        fills.retain(|fill| {
            start.is_none_or(|start| start <= fill.time)
                && order.is_none_or(|order| number(fill) == order)
        });
        let latest = &fills[fills.len().saturating_sub(count)..];
        latest.iter().filter_map(|fill| self.fill_view(fill, number(fill))).collect()
    }

    /// The account of `user` and the market of `pair`; `None` where either is unknown.
    fn place_of(
        &self,
        user: &UserId,
        pair: Option<Pair>,
    ) -> Option<(AccountId, Option<model::MarketId>)> {
        let account = self.views().account_of(user)?;
        match pair {
            Some(pair) => Some((account, Some(self.market(pair)?.id))),
            None => Some((account, None)),
        }
    }

    /// An order as a venue tells it, with all its fees.
    ///
    /// # Panics
    /// Never: whatever stands has a market that is listed.
    pub(super) fn view(&self, record: &OrderRecord) -> DeskOrderView {
        let catalog = self.views().catalog();
        let market = Arc::clone(catalog.market(record.new.market).expect("a listed market"));
        let all = record.as_before();
        // A sum of quantities that were one quantity: it is one.
        let gone_before = record
            .before
            .as_ref()
            .map_or(Qty::ZERO, |before| before.filled.saturating_add(before.prevented));
        let is_by_quote = record.qty.is_zero();
        let whole = if is_by_quote { all.filled } else { gone_before.saturating_add(record.qty) };
        let lots = all.filled.lots();
        let digits = market.tick().trimmed().scale().max(8);
        let fee_asset = fee_asset_of(&market, record.new.side);
        let qty = |lots| qty_of(&market, lots);
        let state = match state_of(record.status) {
            OrderState::Open if lots != 0 => OrderState::PartiallyFilled,
            state => state,
        };
        DeskOrderView {
            id: all.first,
            client_id: record.client_id,
            tag: record.label.strategy_id,
            pair: pair_of(&market),
            side: record.new.side,
            terms: terms_of(&market, record).of_qty(qty(whole)),
            qty: qty(whole),
            filled: qty(all.filled),
            prevented: qty(all.prevented),
            quote_filled: market.quote_amount(all.quote_filled),
            average: (lots != 0).then(|| market.average(all.quote_filled, lots.into(), digits)),
            fills: all.fills.map_or(0, |sum| sum.count),
            last_fill: all.fills.map(|sum| sum.last),
            fee: Decimal::new(all.fills.map_or(0, |sum| sum.fee), fee_asset.scale)
                .unwrap_or_default(),
            fee_asset: fee_asset.code,
            state,
            is_waiting: record.status.is_open() && !record.is_working(),
            triggered: record.triggered,
            ended_by: record.ended_by,
            created: all.created,
            updated: record.updated,
        }
    }

    /// A fill of what its owner knows as `order`. `None` for a market or an asset that nobody
    /// knows.
    pub(super) fn fill_view(&self, fill: &FillRecord, order: OrderId) -> Option<DeskFill> {
        let catalog = self.views().catalog();
        let market = catalog.market(fill.market)?;
        Some(DeskFill {
            trade: fill.trade.0,
            number: fill.number,
            pair: pair_of(market),
            order,
            side: fill.side,
            is_maker: fill.maker,
            price: market.price(fill.price),
            qty: qty_of(market, fill.qty),
            quote: market.quote_amount(fill.quote),
            fee: catalog.amount(fill.fee_asset, fill.fee)?,
            fee_asset: catalog.asset(fill.fee_asset)?.code,
            time: fill.time,
        })
    }
}

const fn fee_asset_of(market: &Market, side: Side) -> engine::Asset {
    match (market.spec.fee_asset, side) {
        (engine::FeeAsset::Received, Side::Buy) => market.base,
        (engine::FeeAsset::Received, Side::Sell) | (engine::FeeAsset::Quote, _) => market.quote,
    }
}

const fn state_of(status: OrderStatus) -> OrderState {
    match status {
        OrderStatus::New => OrderState::Open,
        OrderStatus::PartiallyFilled => OrderState::PartiallyFilled,
        OrderStatus::Filled => OrderState::Filled,
        OrderStatus::Canceled => OrderState::Canceled,
        OrderStatus::Expired | OrderStatus::ExpiredInMatch => OrderState::Expired,
    }
}

pub(super) fn terms_of(market: &Market, record: &OrderRecord) -> DeskTerms {
    use engine::{OrderKind, Size, Triggered};
    let qty = |lots| qty_of(market, lots);
    match record.new.kind {
        OrderKind::Market { size: Size::Base(lots) } => {
            DeskTerms::Market { size: DeskSize::Base(qty(lots)) }
        }
        OrderKind::Market { size: Size::Quote(amount) } => {
            DeskTerms::Market { size: DeskSize::Quote(market.quote_amount(amount)) }
        }
        OrderKind::Limit { price, qty: lots, time_in_force, display } => DeskTerms::Limit {
            price: market.price(price),
            qty: qty(lots),
            lasting: time_in_force,
            shown: display.map(qty),
        },
        OrderKind::LimitMaker { price, qty: lots, display } => DeskTerms::PostOnly {
            price: market.price(price),
            qty: qty(lots),
            shown: display.map(qty),
        },
        OrderKind::Conditional { trigger, then } => {
            let (lots, limit) = match then {
                Triggered::Market { qty } => (qty, None),
                Triggered::Limit { price, qty, time_in_force, .. } => {
                    (qty, Some((market.price(price), time_in_force)))
                }
            };
            // One that trails from the start is told by where it stood when it was accepted.
            let at = trigger.price.or(record.trigger_at).map(|price| market.price(price));
            DeskTerms::Stop {
                stop: trigger.kind,
                at: at.unwrap_or_default(),
                qty: qty(lots),
                limit,
            }
        }
    }
}
