//! What an account is told of a command, in the venue's words.
//!
//! Source  user-data-stream.md.

use std::borrow::Cow;

use engine::OrderKind;
use model::{AccountId, ClientOrderId, Qty, Seq};
use projection::{Balance, Catalog, Changes, ListRecord, Market, OrderCause, OrderRecord, Update};
use venue::binance::{
    AccountPosition, BalanceUpdate, Contingency, DecimalText, ExecutionReport, ExecutionType,
    ListEventMember, ListStatusEvent, PositionBalance, UserEvent,
};

use super::grid::Grid;
use super::list;
use super::order_report::{amount_text, asset_code, list_number, signed, whole_qty};
use super::stream_shape::Stamp;
use super::words;

/// Room for the changes of one command in the numbers of executions.
const CHANGES_OF_A_COMMAND: u64 = 1_024;

/// The number of the execution that amended an order: a command amends no more than one.
#[must_use]
pub const fn amendment_id(seq: Seq) -> u64 {
    seq.0 * CHANGES_OF_A_COMMAND + CHANGES_OF_A_COMMAND - 1
}

/// The command of which an execution with that number is.
#[must_use]
pub const fn command_of(execution_id: u64) -> u64 {
    execution_id / CHANGES_OF_A_COMMAND
}

/// Whether anything in `update` is the account's business.
#[must_use]
pub fn concerns(update: &Update, account: AccountId) -> bool {
    accounts_of(update) == Some(account)
}

/// Whose business an update is.
#[must_use]
pub fn accounts_of(update: &Update) -> Option<AccountId> {
    match update {
        Update::Order { order, .. } => Some(order.new.account),
        Update::List(list) => Some(list.account),
        Update::Adjusted(adjustment) => Some(adjustment.account),
        Update::Balances { account, .. } => Some(*account),
        Update::Trade(_)
        | Update::AggregateTrade(_)
        | Update::Depth { .. }
        | Update::BookTicker { .. }
        | Update::AveragePrice { .. }
        | Update::MarketChanged(_)
        | Update::AssetListed(_) => None,
    }
}

/// The events of `changes` for `account`, in order.
#[must_use]
pub fn events(
    changes: &Changes,
    account: AccountId,
    catalog: &Catalog,
    stamp: Stamp,
) -> Vec<UserEvent<'static>> {
    let mine = changes.updates.iter().zip(0..).filter(|(update, _)| concerns(update, account));
    mine.filter_map(|(update, index)| event(changes, (update, index), catalog, stamp)).collect()
}

fn event(
    changes: &Changes,
    (update, index): (&Update, u64),
    catalog: &Catalog,
    stamp: Stamp,
) -> Option<UserEvent<'static>> {
    let (event_time, at) = (stamp.now(), stamp.of(changes.time));
    Some(match update {
        Update::Order { order, cause } => {
            let market = catalog.market(order.new.market)?;
            let execution_id = if cause.is_amendment() {
                amendment_id(changes.seq)
            } else {
                changes.seq.0 * CHANGES_OF_A_COMMAND + index
            };
            let change = Change { cause, execution_id, at };
            let report = execution_report(order, change, market, catalog, stamp);
            UserEvent::ExecutionReport(Box::new(report))
        }
        Update::List(list) => {
            let market = catalog.market(list.market)?;
            UserEvent::ListStatus(list_status(list, market, event_time, at))
        }
        Update::Adjusted(adjustment) => UserEvent::BalanceUpdate(BalanceUpdate {
            event_time,
            asset: Cow::Owned(asset_code(catalog, adjustment.asset)),
            delta: amount_text(catalog, adjustment.asset, adjustment.amount),
            clear_time: at,
        }),
        Update::Balances { changed, .. } => UserEvent::OutboundAccountPosition(AccountPosition {
            event_time,
            updated: at,
            balances: changed.iter().map(|balance| position(balance, catalog)).collect(),
        }),
        Update::Trade(_)
        | Update::AggregateTrade(_)
        | Update::Depth { .. }
        | Update::BookTicker { .. }
        | Update::AveragePrice { .. }
        | Update::MarketChanged(_)
        | Update::AssetListed(_) => return None,
    })
}

fn position(balance: &Balance, catalog: &Catalog) -> PositionBalance<'static> {
    PositionBalance {
        asset: Cow::Owned(asset_code(catalog, balance.asset)),
        free: amount_text(catalog, balance.asset, balance.available),
        locked: amount_text(catalog, balance.asset, balance.held),
    }
}

fn list_status(
    list: &ListRecord,
    market: &Market,
    event_time: u64,
    at: u64,
) -> ListStatusEvent<'static> {
    let symbol = &market.symbol.joined;
    let (status_type, order_status) = list::words(list.state);
    ListStatusEvent {
        event_time,
        symbol: Cow::Owned(symbol.clone()),
        order_list_id: list.id.0,
        contingency: Contingency::Oco,
        status_type,
        order_status,
        reject_reason: Cow::Borrowed("NONE"),
        client_order_id: Cow::Owned(list.client_id.to_string()),
        transaction_time: at,
        orders: list::members(list)
            .map(|(order, client_id)| ListEventMember {
                symbol: Cow::Owned(symbol.clone()),
                order_id: order.0,
                client_order_id: Cow::Owned(client_id.to_string()),
            })
            .collect(),
    }
}

#[derive(Clone, Copy)]
struct Change<'a> {
    cause: &'a OrderCause,
    execution_id: u64,
    at: u64,
}

const fn execution_type(cause: &OrderCause) -> ExecutionType {
    match cause {
        // A conditional order that wakes is told as new once more: now it works.
        OrderCause::New | OrderCause::Triggered => ExecutionType::New,
        OrderCause::Filled(_) => ExecutionType::Trade,
        OrderCause::Prevented(_) => ExecutionType::TradePrevention,
        OrderCause::Amended { .. } => ExecutionType::Replaced,
        OrderCause::Canceled(_) | OrderCause::Replaced(_) => ExecutionType::Canceled,
        OrderCause::Expired => ExecutionType::Expired,
    }
}

fn execution_report(
    order: &OrderRecord,
    change: Change<'_>,
    market: &Market,
    catalog: &Catalog,
    stamp: Stamp,
) -> ExecutionReport<'static> {
    let grid = Grid::new(market);
    let kind = &order.new.kind;
    let (fill, prevented) = (change.cause.fill(), change.cause.prevention());
    let lost = prevented.map(|it| if it.taker == order.id { it.taker_qty } else { it.maker_qty });
    let execution_type = execution_type(change.cause);
    let (name, original) = names(order, change.cause);
    let trailing = kind.trailing_delta();
    ExecutionReport {
        event_time: stamp.now(),
        symbol: Cow::Owned(market.symbol.joined.clone()),
        client_order_id: Cow::Owned(name.to_string()),
        side: order.new.side.into(),
        kind: words::type_of(kind),
        time_in_force: words::time_in_force_of(kind.time_in_force()),
        qty: grid.qty(whole_qty(order)),
        price: grid.price_or_zero(kind.limit()),
        stop_price: grid.price_or_zero(kind.stop_price()),
        trailing_delta: trailing,
        trailing_time: trailing.map(|_| stamp.of(order.created)),
        iceberg_qty: grid.qty(kind.display().unwrap_or_default()),
        strategy_id: order.label.strategy_id,
        strategy_type: order.label.strategy_type,
        order_list_id: list_number(order.list),
        orig_client_order_id: original.map_or(Cow::Borrowed(""), |it| Cow::Owned(it.to_string())),
        execution_type,
        status: words::state_of(order.status),
        reject_reason: Cow::Borrowed("NONE"),
        order_id: order.id.0,
        last_qty: grid.qty(fill.map_or(Qty::ZERO, |fill| fill.qty)),
        filled_qty: grid.qty(order.filled),
        last_price: grid.price_or_zero(fill.map(|fill| fill.price)),
        commission: fill.map_or_else(
            || DecimalText::new(0, 0),
            |fill| amount_text(catalog, fill.fee_asset, fill.fee),
        ),
        commission_asset: fill.map(|fill| Cow::Owned(asset_code(catalog, fill.fee_asset))),
        transaction_time: change.at,
        trade_id: fill.map_or(-1, |fill| signed(fill.trade.0)),
        prevented_match_id: prevented.map(|it| it.id.0),
        prevented_qty: prevented.map(|_| grid.qty(order.prevented)),
        last_prevented_qty: lost.map(|qty| grid.qty(qty)),
        trade_group_id: prevented.map(|it| u64::from(it.account.0)),
        counter_order_id: prevented
            .map(|it| if it.taker == order.id { it.maker.0 } else { it.taker.0 }),
        execution_id: change.execution_id,
        is_working: order.is_working() && order.status.is_open() && !is_market(kind),
        is_maker: fill.is_some_and(|fill| fill.maker),
        ignored: false,
        created: stamp.of(order.created),
        quote_filled: grid.quote(order.quote_filled),
        last_quote: grid.quote(fill.map_or(0, |fill| fill.quote)),
        quote_order_qty: grid.quote(kind.quote().unwrap_or_default()),
        working_time: order.working.map(|time| stamp.of(time)),
        self_trade_prevention_mode: words::mode_of(order.new.stp),
        expiry_reason: order.ended_by.and_then(|reason| words::expiry_of(reason, kind)),
    }
}

/// The name of what happened, and where that is not the order itself, the order's.
const fn names(order: &OrderRecord, cause: &OrderCause) -> (ClientOrderId, Option<ClientOrderId>) {
    match cause {
        OrderCause::Canceled(Some(name)) | OrderCause::Replaced(Some(name)) => {
            (*name, Some(order.client_id))
        }
        // Who cancels by other means than this API names nothing.
        OrderCause::Canceled(None) | OrderCause::Replaced(None) => {
            (order.client_id, Some(order.client_id))
        }
        OrderCause::Amended { before } => (order.client_id, Some(*before)),
        OrderCause::New
        | OrderCause::Triggered
        | OrderCause::Filled(_)
        | OrderCause::Prevented(_)
        | OrderCause::Expired => (order.client_id, None),
    }
}

const fn is_market(kind: &OrderKind) -> bool {
    match kind {
        OrderKind::Market { .. } => true,
        OrderKind::Limit { .. } | OrderKind::LimitMaker { .. } | OrderKind::Conditional { .. } => {
            false
        }
    }
}
