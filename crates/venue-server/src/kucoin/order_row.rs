//! Orders and fills of the desk in the venue's shapes.

use engine::{OrderRef, TimeInForce};
use model::{Decimal, UserId};
use venue::kucoin::{
    DecimalText, Fill, Lasting, Liquidity, OrderKind, OrderRow, PlacedSync, SyncCanceled,
    SyncStatus,
};
use venue::port::OrderState;

use super::names::order_name;
use super::order::{By, ZERO};
use super::perform::number;
use crate::desk::{Desk, DeskFill, DeskOrderView, DeskSize, DeskTerms};

/// What of an order stands and what was cancelled.
pub fn rest_of(view: &DeskOrderView) -> (Decimal, Decimal) {
    let rest = view.rest();
    match view.state.is_final() {
        true => (Decimal::ZERO, rest.checked_add(view.prevented).expect("lots of one market")),
        // What self-trade prevention took is cancelled though the order stands.
        false => (rest, view.prevented),
    }
}

/// Whether it stands.
const fn status_of(view: &DeskOrderView) -> SyncStatus {
    if view.state.is_final() { SyncStatus::Done } else { SyncStatus::Open }
}

/// An order just placed, and what became of it.
pub fn sync_placed(view: &DeskOrderView) -> PlacedSync<'static> {
    let (remain, canceled) = rest_of(view);
    PlacedSync {
        order_id: order_name(view.id).into(),
        client_oid: view.client_id.to_string().into(),
        order_time: view.created.millis(),
        origin_size: number(view.qty),
        deal_size: number(view.filled),
        remain_size: number(remain),
        canceled_size: number(canceled),
        status: status_of(view),
        match_time: view.updated.millis(),
    }
}

/// An order just cancelled, and what became of it.
pub fn sync_canceled(view: &DeskOrderView, by: By) -> SyncCanceled {
    let (remain, canceled) = rest_of(view);
    let (order_id, client_oid) = match by {
        By::Id => (Some(order_name(view.id)), None),
        By::Client => (None, Some(view.client_id.to_string())),
    };
    SyncCanceled {
        order_id,
        client_oid,
        origin_size: number(view.qty),
        deal_size: number(view.filled),
        remain_size: number(remain),
        canceled_size: number(canceled),
        status: status_of(view),
    }
}

/// What an order asked, in the venue's words.
pub struct Asked {
    pub kind: OrderKind,
    /// Zero where it has none.
    pub price: Decimal,
    /// Of base; zero where it asked by quote.
    pub size: Decimal,
    /// Of quote.
    pub funds: Decimal,
    pub lasting: Lasting,
    /// In seconds; zero for always.
    pub cancel_after: i64,
    pub post_only: bool,
    pub visible: Option<Decimal>,
}

/// What an order asked.
pub fn asked_of(view: &DeskOrderView) -> Asked {
    let plain = |kind, price: Decimal, lasting| Asked {
        kind,
        price,
        size: view.qty,
        funds: price.times(view.qty).unwrap_or_default(),
        lasting,
        cancel_after: 0,
        post_only: false,
        visible: None,
    };
    match view.terms {
        DeskTerms::Limit { price, lasting, shown, .. } => {
            let (word, cancel_after) = lasting_of(view, lasting);
            Asked { cancel_after, visible: shown, ..plain(OrderKind::Limit, price, word) }
        }
        DeskTerms::PostOnly { price, shown, .. } => Asked {
            post_only: true,
            visible: shown,
            ..plain(OrderKind::Limit, price, Lasting::Gtc)
        },
        DeskTerms::Market { size: DeskSize::Base(_) } => {
            plain(OrderKind::Market, Decimal::ZERO, Lasting::Gtc)
        }
        DeskTerms::Market { size: DeskSize::Quote(funds) } => {
            let size = Decimal::ZERO;
            Asked { size, funds, ..plain(OrderKind::Market, size, Lasting::Gtc) }
        }
        DeskTerms::Stop { limit: Some((price, lasting)), .. } => {
            let (word, cancel_after) = lasting_of(view, lasting);
            Asked { cancel_after, ..plain(OrderKind::Limit, price, word) }
        }
        DeskTerms::Stop { limit: None, .. } => {
            plain(OrderKind::Market, Decimal::ZERO, Lasting::Gtc)
        }
    }
}

/// How long it stands, and in seconds.
fn lasting_of(view: &DeskOrderView, lasting: TimeInForce) -> (Lasting, i64) {
    match lasting {
        TimeInForce::Gtc => (Lasting::Gtc, 0),
        TimeInForce::Ioc => (Lasting::Ioc, 0),
        TimeInForce::Fok => (Lasting::Fok, 0),
        TimeInForce::Gtd(time) => {
            let micros = time.micros().saturating_sub(view.created.micros());
            (Lasting::Gtt, i64::try_from(micros / 1_000_000).unwrap_or(i64::MAX))
        }
    }
}

/// An order as it is found again.
pub fn order_row(view: &DeskOrderView) -> OrderRow<'static> {
    let asked = asked_of(view);
    let (remain, canceled) = rest_of(view);
    let funds = |size: Decimal| number(asked.price.times(size).unwrap_or_default());
    let is_done = view.state.is_final();
    OrderRow {
        id: order_name(view.id).into(),
        client_oid: view.client_id.to_string().into(),
        symbol: view.pair.to_string().into(),
        op_type: "DEAL".into(),
        kind: asked.kind,
        side: view.side.into(),
        price: number(asked.price),
        size: number(asked.size),
        funds: number(asked.funds),
        deal_size: number(view.filled),
        deal_funds: number(view.quote_filled),
        remain_size: number(remain),
        remain_funds: funds(remain),
        cancelled_size: number(canceled),
        cancelled_funds: funds(canceled),
        fee: number(view.fee),
        fee_currency: view.fee_asset.to_string().into(),
        stp: None,
        time_in_force: asked.lasting,
        post_only: asked.post_only,
        hidden: false,
        iceberg: asked.visible.is_some(),
        visible_size: asked.visible.map_or(ZERO, number),
        cancel_after: asked.cancel_after,
        channel: "API".into(),
        remark: None,
        tags: None,
        cancel_exist: is_done && view.state != OrderState::Filled,
        trade_type: "TRADE".into(),
        in_order_book: !is_done,
        active: !is_done,
        tax: ZERO,
        created_at: view.created.millis(),
        last_updated_at: view.updated.millis(),
    }
}

/// What a fill cost, as a fraction of what changed hands.
pub fn fee_rate(fill: &DeskFill, rates: Option<venue::port::Fees>) -> DecimalText {
    let rate = rates.map(|fees| if fill.is_maker { fees.maker } else { fees.taker });
    number(rate.unwrap_or_default())
}

/// A fill as its owner is told.
pub fn fill_row(desk: &Desk, user: &UserId, fill: &DeskFill) -> Fill<'static> {
    let order = desk.order(user, OrderRef::Id(fill.order));
    Fill {
        id: fill.number,
        order_id: order_name(fill.order).into(),
        // Whose it was is nobody's business here.
        counter_order_id: "".into(),
        trade_id: fill.trade,
        symbol: fill.pair.to_string().into(),
        side: fill.side.into(),
        liquidity: liquidity_of(fill),
        kind: order.map_or(OrderKind::Limit, |order| asked_of(&order).kind),
        force_taker: false,
        price: number(fill.price),
        size: number(fill.qty),
        funds: number(fill.quote),
        fee: number(fill.fee),
        fee_rate: fee_rate(fill, desk.fees(user, fill.pair)),
        fee_currency: fill.fee_asset.to_string().into(),
        stop: "".into(),
        trade_type: "TRADE".into(),
        tax_rate: ZERO,
        tax: ZERO,
        created_at: fill.time.millis(),
    }
}

/// Whether the order rested.
pub const fn liquidity_of(fill: &DeskFill) -> Liquidity {
    if fill.is_maker { Liquidity::Maker } else { Liquidity::Taker }
}
