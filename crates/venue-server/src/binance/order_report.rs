//! What became of orders, as the wire tells it.
//!
//! Keeps   the answer to placing is told from the events of its own command: where the order stood
//!         then, whatever happened to it since.

use std::borrow::Cow;

use engine::{CancelReason, Event, NewOrder, OrderKind, Rejection, RequestKind};
use model::{Amount, AssetId, Label, ListId, OrderId, Price, Qty, Time, TradeId};
use projection::{Catalog, Market, OrderRecord};
use venue::binance::{
    DecimalText, FillReport, OrderQuery, OrderReport, OrderReportState, OrderState, Refusal,
    ResponseType,
};

use super::grid::Grid;
use super::operation::Call;
use super::rejection::refusal_of;
use super::words;

/// An order and what became of it by one command.
#[derive(Clone, Debug)]
pub struct Placed<'e> {
    /// Its number.
    pub order: OrderId,
    list: Option<ListId>,
    new: &'e NewOrder,
    fills: Vec<PlacedFill>,
    filled: Qty,
    quote_filled: Amount,
    ended: Option<CancelReason>,
    prevented: Qty,
    prevention: Option<u64>,
    triggered: bool,
}

#[derive(Clone, Copy, Debug)]
struct PlacedFill {
    trade: TradeId,
    price: Price,
    qty: Qty,
    fee: Amount,
    fee_asset: AssetId,
}

impl<'e> Placed<'e> {
    /// The orders that `events` of one command placed, in order.
    ///
    /// # Errors
    /// The refusal of the first [`Event::Rejected`] that is about placing.
    pub fn read(events: &'e [Event]) -> Result<Vec<Self>, Refusal> {
        let mut orders: Vec<Self> = Vec::with_capacity(1);
        for event in events {
            if let Event::Rejected { request, reason, .. } = event
                && is_placing(*request)
            {
                return Err(refusal_of(*request, *reason));
            }
            orders.iter_mut().for_each(|placed| placed.fold(event));
            if let Event::Accepted { order, list, new, .. } = event {
                orders.push(Self::new(*order, *list, new));
            }
        }
        if orders.is_empty() { Err(Refusal::Unknown) } else { Ok(orders) }
    }

    const fn new(order: OrderId, list: Option<ListId>, new: &'e NewOrder) -> Self {
        Self {
            order,
            list,
            new,
            fills: Vec::new(),
            filled: Qty::ZERO,
            quote_filled: 0,
            ended: None,
            prevented: Qty::ZERO,
            prevention: None,
            triggered: false,
        }
    }

    fn fold(&mut self, event: &Event) {
        match event {
            Event::Traded { trade, price, qty, quote, taker, maker, .. } => {
                for fill in [taker, maker].into_iter().filter(|fill| fill.order == self.order) {
                    self.filled = self.filled.saturating_add(*qty);
                    self.quote_filled += quote;
                    self.fills.push(PlacedFill {
                        trade: *trade,
                        price: *price,
                        qty: *qty,
                        fee: fill.fee,
                        fee_asset: fill.fee_asset,
                    });
                }
            }
            Event::Canceled { order, reason, .. } => {
                if *order == self.order {
                    self.ended = Some(*reason);
                }
            }
            Event::Prevented { prevention, taker, maker, taker_qty, maker_qty, .. } => {
                for (order, qty) in [(taker, taker_qty), (maker, maker_qty)] {
                    if *order == self.order {
                        self.prevented = self.prevented.saturating_add(*qty);
                        self.prevention = Some(prevention.0);
                    }
                }
            }
            Event::Triggered { order, .. } => self.triggered |= *order == self.order,
            // An amendment is another command's, and none of the others is about an order.
            Event::AccountOpened { .. }
            | Event::TierSet { .. }
            | Event::AssetListed { .. }
            | Event::MarketListed { .. }
            | Event::MarketRefused { .. }
            | Event::MarketStateSet { .. }
            | Event::FiltersSet { .. }
            | Event::FeesSet { .. }
            | Event::Adjusted { .. }
            | Event::Rejected { .. }
            | Event::Accepted { .. }
            | Event::Amended { .. }
            | Event::ListChanged { .. }
            | Event::Balance { .. }
            | Event::Level { .. }
            | Event::Averaged { .. } => {}
        }
    }

    fn state(&self) -> OrderState {
        match self.ended {
            Some(reason) => words::ended_state(reason),
            None if self.filled.is_zero() => OrderState::New,
            None if is_whole(self.new, self.filled.saturating_add(self.prevented)) => {
                OrderState::Filled
            }
            None => OrderState::PartiallyFilled,
        }
    }

    /// The answer to placing it, as much as `response` asks for.
    #[must_use]
    pub fn report(
        &self,
        call: &Call<'_>,
        market: &Market,
        catalog: &Catalog,
        at: Time,
        (response, label): (ResponseType, Label),
    ) -> OrderReport<'static> {
        let state = (ResponseType::Ack < response).then(|| {
            let mut state = self.report_state(call, &Grid::new(market), at, label);
            if response == ResponseType::Full {
                state.fills = Some(self.fill_reports(market, catalog));
            }
            state
        });
        OrderReport {
            symbol: Cow::Owned(market.symbol.joined.clone()),
            orig_client_order_id: None,
            order_id: self.order.0,
            order_list_id: list_number(self.list),
            client_order_id: Cow::Owned(self.new.client_id.to_string()),
            transact_time: call.time(at),
            state,
        }
    }

    fn report_state(
        &self,
        call: &Call<'_>,
        grid: &Grid<'_>,
        at: Time,
        label: Label,
    ) -> OrderReportState<'static> {
        let kind = &self.new.kind;
        let waits = kind.trigger().is_some() && !self.triggered;
        let at = signed(call.time(at));
        let prevented = !self.prevented.is_zero();
        let standing = Standing {
            qty: kind.qty().unwrap_or(self.filled),
            filled: self.filled,
            quote_filled: self.quote_filled,
            status: self.state(),
        };
        OrderReportState {
            trailing_time: trailing_time(kind, at),
            prevented_match_id: self.prevention.filter(|_| prevented),
            prevented_quantity: prevented.then(|| grid.qty(self.prevented)),
            expiry_reason: self.ended.and_then(|reason| words::expiry_of(reason, kind)),
            working_time: Some(if waits { -1 } else { at }),
            ..standing.report(self.new, grid, label)
        }
    }

    fn fill_reports(&self, market: &Market, catalog: &Catalog) -> Vec<FillReport<'static>> {
        let grid = Grid::new(market);
        let report = |fill: &PlacedFill| FillReport {
            price: grid.price(fill.price),
            qty: grid.qty(fill.qty),
            commission: amount_text(catalog, fill.fee_asset, fill.fee),
            commission_asset: Cow::Owned(asset_code(catalog, fill.fee_asset)),
            trade_id: fill.trade.0,
        };
        self.fills.iter().map(report).collect()
    }
}

/// How far an order has come.
struct Standing {
    /// Its whole quantity; what has traded, where it asked by quote.
    qty: Qty,
    filled: Qty,
    quote_filled: Amount,
    status: OrderState,
}

impl Standing {
    /// What every report of an order says; what only some say is absent.
    fn report(self, new: &NewOrder, grid: &Grid<'_>, label: Label) -> OrderReportState<'static> {
        let kind = &new.kind;
        OrderReportState {
            price: grid.price_or_zero(kind.limit()),
            orig_qty: grid.qty(self.qty),
            executed_qty: grid.qty(self.filled),
            orig_quote_order_qty: grid.quote(kind.quote().unwrap_or_default()),
            cumulative_quote_qty: grid.quote(self.quote_filled),
            status: self.status,
            time_in_force: words::time_in_force_of(kind.time_in_force()),
            kind: words::type_of(kind),
            side: new.side.into(),
            stop_price: kind.stop_price().map(|price| grid.price(price)),
            trailing_delta: kind.trailing_delta(),
            trailing_time: None,
            iceberg_qty: kind.display().map(|qty| grid.qty(qty)),
            strategy_id: label.strategy_id,
            strategy_type: label.strategy_type,
            prevented_match_id: None,
            prevented_quantity: None,
            expiry_reason: None,
            working_time: None,
            self_trade_prevention_mode: words::mode_of(new.stp),
            fills: None,
        }
    }
}

const fn is_placing(request: RequestKind) -> bool {
    match request {
        RequestKind::Place | RequestKind::PlaceList => true,
        RequestKind::Configure | RequestKind::Adjust | RequestKind::Cancel | RequestKind::Amend => {
            false
        }
    }
}

/// The first rejection among `events` that is about `wanted`.
#[must_use]
pub fn rejection(events: &[Event], wanted: RequestKind) -> Option<Rejection> {
    events.iter().find_map(|event| match event {
        Event::Rejected { request, reason, .. } if *request == wanted => Some(*reason),
        _ => None,
    })
}

/// The answer to cancelling `order`, under the cancel's own name.
#[must_use]
pub fn canceled_report(
    call: &Call<'_>,
    market: &Market,
    order: &OrderRecord,
    at: Time,
    cancel_name: &str,
) -> OrderReport<'static> {
    let grid = Grid::new(market);
    let standing = Standing {
        qty: order.qty,
        filled: order.filled,
        quote_filled: order.quote_filled,
        status: OrderState::Canceled,
    };
    OrderReport {
        symbol: Cow::Owned(market.symbol.joined.clone()),
        orig_client_order_id: Some(Cow::Owned(order.client_id.to_string())),
        order_id: order.id.0,
        order_list_id: list_number(order.list),
        client_order_id: Cow::Owned(cancel_name.to_owned()),
        transact_time: call.time(at),
        state: Some(OrderReportState {
            trailing_time: trailing_time(&order.new.kind, signed(call.time(order.created))),
            ..standing.report(&order.new, &grid, order.label)
        }),
    }
}

/// The answer to asking for an order.
#[must_use]
pub fn query(call: &Call<'_>, market: &Market, order: &OrderRecord) -> OrderQuery<'static> {
    let grid = Grid::new(market);
    let kind = &order.new.kind;
    let prevented = !order.prevented.is_zero();
    let ended = order.ended_by;
    OrderQuery {
        symbol: Cow::Owned(market.symbol.joined.clone()),
        order_id: order.id.0,
        order_list_id: list_number(order.list),
        client_order_id: Cow::Owned(order.client_id.to_string()),
        price: grid.price_or_zero(kind.limit()),
        orig_qty: grid.qty(whole_qty(order)),
        executed_qty: grid.qty(order.filled),
        cumulative_quote_qty: grid.quote(order.quote_filled),
        status: words::state_of(order.status),
        time_in_force: words::time_in_force_of(kind.time_in_force()),
        kind: words::type_of(kind),
        side: order.new.side.into(),
        stop_price: grid.price_or_zero(kind.stop_price()),
        trailing_delta: kind.trailing_delta(),
        trailing_time: trailing_time(kind, signed(call.time(order.created))),
        iceberg_qty: grid.qty(kind.display().unwrap_or_default()),
        strategy_id: order.label.strategy_id,
        strategy_type: order.label.strategy_type,
        time: call.time(order.created),
        update_time: call.time(order.updated),
        is_working: order.is_working(),
        working_time: order.working.map_or(-1, |time| signed(call.time(time))),
        orig_quote_order_qty: grid.quote(kind.quote().unwrap_or_default()),
        prevented_match_id: order.prevention.map(|id| id.0).filter(|_| prevented),
        prevented_quantity: prevented.then(|| grid.qty(order.prevented)),
        expiry_reason: ended.and_then(|reason| words::expiry_of(reason, kind)),
        self_trade_prevention_mode: words::mode_of(order.new.stp),
    }
}

/// Since when an order that was `created` then follows the price: at once, or, where a stop price
/// comes first, −1, as that is not kept.
fn trailing_time(kind: &OrderKind, created: i64) -> Option<i64> {
    kind.trailing_delta().map(|_| if kind.stop_price().is_some() { -1 } else { created })
}

/// The quantity of an order as clients are told it: a market order by quote has what it filled.
#[must_use]
pub fn whole_qty(order: &OrderRecord) -> Qty {
    if order.new.kind.quote().is_some() { order.filled } else { order.qty }
}

/// A list's number as the wire tells it: −1 for none.
#[must_use]
pub fn list_number(list: Option<ListId>) -> i64 {
    list.map_or(-1, |list| signed(list.0))
}

/// A number that the wire tells as signed.
#[must_use]
pub fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// The first and the last trade as the wire tells them: −1 for none.
#[must_use]
pub fn signed_ids(trades: Option<(TradeId, TradeId)>) -> (i64, i64) {
    trades.map_or((-1, -1), |(first, last)| (signed(first.0), signed(last.0)))
}

/// An amount of an asset.
#[must_use]
pub fn amount_text(catalog: &Catalog, asset: AssetId, amount: Amount) -> DecimalText {
    catalog.amount(asset, amount).map(DecimalText::padded).unwrap_or_default()
}

/// The ticker of an asset.
#[must_use]
pub fn asset_code(catalog: &Catalog, asset: AssetId) -> String {
    catalog.asset(asset).map(|asset| asset.code.to_string()).unwrap_or_default()
}

/// Whether what was filled or prevented, `gone`, is all that was asked for.
fn is_whole(new: &NewOrder, gone: Qty) -> bool {
    // What is left of a market order by quote pays for no lot: it ends by itself, as filled.
    new.kind.qty().is_none_or(|asked| asked <= gone)
}
