//! Orders and fills of the desk in this venue's words.

use std::borrow::Cow;

use engine::{CancelReason, TimeInForce, TriggerKind};
use model::{Decimal, Time, UserId};
use venue::DecimalText;
use venue::kraken::{
    DecimalNumber, Description, Execution, FeePaid, OrderInfo, OrderState as Told, TradeInfo,
    altname, fill_txid, order_txid, pair_key, symbol_of,
};
use venue::port::OrderState;

use super::number::{price, seconds};
use super::order_request::{is_given_name, userref_of};
use crate::desk::{DeskCause, DeskFill, DeskOrder, DeskOrderView, DeskSize, DeskTerms};

/// Digits after the point of what changes hands.
const COST_DIGITS: u8 = 5;
/// Digits after the point of a quantity, at least.
pub const QTY_DIGITS: u8 = 8;

/// What an order asks, in parts.
struct Parts {
    kind: &'static str,
    /// Its limit, or its trigger where it has one.
    price: Option<Decimal>,
    /// Its limit where it has a trigger.
    price2: Option<Decimal>,
}

fn parts(terms: &DeskTerms) -> Parts {
    let plain = |kind, price| Parts { kind, price, price2: None };
    match *terms {
        DeskTerms::Limit { price, shown: Some(_), .. } => plain("iceberg", Some(price)),
        DeskTerms::Limit { price, .. } | DeskTerms::PostOnly { price, .. } => {
            plain("limit", Some(price))
        }
        DeskTerms::Market { .. } => plain("market", None),
        DeskTerms::Stop { stop, at, limit, .. } => Parts {
            kind: match (stop, limit) {
                (TriggerKind::StopLoss, None) => "stop-loss",
                (TriggerKind::TakeProfit, None) => "take-profit",
                (TriggerKind::StopLoss, Some(_)) => "stop-loss-limit",
                (TriggerKind::TakeProfit, Some(_)) => "take-profit-limit",
            },
            price: Some(at),
            price2: limit.map(|(price, _)| price),
        },
    }
}

/// What an order asks, as a sentence, with so many digits of its prices.
pub fn sentence(order: &DeskOrder, digits: u8) -> String {
    let terms = (&order.terms, digits);
    written(order.side, order.terms.qty(), &altname(order.pair), terms)
}

/// What an order that stands asks, as a sentence.
pub fn sentence_of(order: &DeskOrderView) -> String {
    written(order.side, order.qty, &altname(order.pair), (&order.terms, 0))
}

/// Its limit, or its trigger where it has one, and then its limit.
pub fn prices(terms: &DeskTerms) -> (Option<Decimal>, Option<Decimal>) {
    let Parts { price, price2, .. } = parts(terms);
    (price, price2)
}

fn written(
    side: model::Side,
    qty: Decimal,
    pair: &str,
    (terms, digits): (&DeskTerms, u8),
) -> String {
    let side = match side {
        model::Side::Buy => "buy",
        model::Side::Sell => "sell",
    };
    let Parts { kind, price, price2 } = parts(terms);
    let told = |price: Decimal| price.with_digits_at_least(digits.max(price.scale()));
    let qty = qty.with_digits_at_least(QTY_DIGITS);
    let stop = kind.trim_end_matches("-limit").replace('-', " ");
    let terms = match (price, price2) {
        (None, _) => "market".to_owned(),
        (Some(price), None) => format!("{stop} {}", told(price)),
        (Some(price), Some(limit)) => {
            format!("{stop} {} -> limit {}", told(price), told(limit))
        }
    };
    format!("{side} {qty} {pair} @ {terms}")
}

/// Where an order stands.
const fn state(order: &DeskOrderView) -> Told {
    match order.state {
        OrderState::Open | OrderState::PartiallyFilled => {
            if order.is_waiting {
                Told::Pending
            } else {
                Told::Open
            }
        }
        OrderState::Filled => Told::Closed,
        OrderState::Canceled | OrderState::Rejected => Told::Canceled,
        OrderState::Expired => match order.ended_by {
            Some(CancelReason::TimedOut) => Told::Expired,
            _ => Told::Canceled,
        },
    }
}

/// Why an order ended that was not filled.
const fn reason(order: &DeskOrderView) -> Option<&'static str> {
    match order.ended_by {
        None => None,
        Some(CancelReason::Requested) => Some("User requested"),
        Some(CancelReason::Replaced) => Some("Order replaced"),
        Some(CancelReason::NotFilled) => Some("No more to trade with"),
        Some(CancelReason::FillOrKill) => Some("Could not be filled whole"),
        Some(CancelReason::SelfTrade) => Some("Self trade prevention"),
        Some(CancelReason::ListEnded) => Some("Linked order ended"),
        Some(CancelReason::TriggerFailed) => Some("Could not act when triggered"),
        Some(CancelReason::TimedOut) => Some("Order expired"),
        Some(CancelReason::PriceBand) => Some("Market price protection"),
    }
}

/// An order, with the names of its trades where they are wanted.
pub fn order_info(order: &DeskOrderView, trades: Option<Vec<String>>) -> OrderInfo<'static> {
    let Parts { kind, price: first, price2 } = parts(&order.terms);
    let pair = altname(order.pair);
    let text = |price: Option<Decimal>| price.map_or("0".to_owned(), |price| price.to_string());
    let until = match order.terms {
        DeskTerms::Limit { lasting: TimeInForce::Gtd(until), .. } => seconds(until),
        _ => DecimalNumber(Decimal::ZERO),
    };
    let is_final = order.state.is_final();
    let given = is_given_name(order.client_id.as_str());
    let mut flags = vec!["fciq"];
    match order.terms {
        DeskTerms::PostOnly { .. } => flags.push("post"),
        DeskTerms::Market { size: DeskSize::Quote(_) } => flags.push("viqc"),
        DeskTerms::Limit { .. } | DeskTerms::Market { .. } | DeskTerms::Stop { .. } => {}
    }
    let (vol, vol_exec) = match order.terms {
        DeskTerms::Market { size: DeskSize::Quote(quote) } => (quote, order.quote_filled),
        _ => (order.qty, order.filled),
    };
    let stop = matches!(order.terms, DeskTerms::Stop { .. });
    OrderInfo {
        refid: None,
        userref: order.tag.and_then(userref_of),
        cl_ord_id: given.then(|| order.client_id.to_string().into()),
        status: state(order),
        reason: reason(order).filter(|_| is_final).map(Cow::Borrowed),
        opentm: seconds(order.created),
        closetm: is_final.then(|| seconds(order.updated)),
        starttm: DecimalNumber(Decimal::ZERO),
        expiretm: until,
        descr: Description {
            order: written(order.side, vol, &pair, (&order.terms, 0)).into(),
            pair: pair.into(),
            side: order.side.into(),
            ordertype: kind.into(),
            price: text(first).into(),
            price2: text(price2).into(),
            leverage: "none".into(),
            close: "".into(),
        },
        vol: DecimalText(vol.with_digits_at_least(QTY_DIGITS)),
        vol_exec: DecimalText(vol_exec.with_digits_at_least(QTY_DIGITS)),
        cost: DecimalText(order.quote_filled.with_digits_at_least(COST_DIGITS)),
        fee: DecimalText(order.fee.with_digits_at_least(COST_DIGITS)),
        price: price(order.average.unwrap_or_default()),
        stopprice: price(first.filter(|_| stop).unwrap_or_default()),
        limitprice: price(price2.unwrap_or_default()),
        misc: "".into(),
        oflags: flags.join(",").into(),
        trades: trades.map(|trades| trades.into_iter().map(Cow::Owned).collect()),
    }
}

/// The name of a fill.
pub fn txid_of(user: &UserId, fill: &DeskFill) -> String {
    fill_txid(mark_of(user), fill.number)
}

/// What tells the fills of one account from those of another.
pub fn mark_of(user: &UserId) -> u16 {
    u16::from_be_bytes([user.0[14], user.0[15]])
}

/// A fill of an order of that kind.
pub fn trade_info(fill: &DeskFill, order: Option<&DeskOrderView>) -> TradeInfo<'static> {
    TradeInfo {
        ordertxid: order_txid(fill.order.0).into(),
        postxid: "".into(),
        pair: pair_key(fill.pair).into(),
        time: seconds(fill.time),
        side: fill.side.into(),
        ordertype: order.map_or("limit", |order| parts(&order.terms).kind).into(),
        price: price(fill.price),
        cost: DecimalText(fill.quote.with_digits_at_least(COST_DIGITS)),
        fee: DecimalText(fill.fee.with_digits_at_least(COST_DIGITS)),
        vol: DecimalText(fill.qty.with_digits_at_least(QTY_DIGITS)),
        margin: DecimalText(Decimal::ZERO.with_digits_at_least(COST_DIGITS)),
        misc: "".into(),
        trade_id: fill.trade,
        maker: fill.is_maker,
    }
}

/// What a socket is told of an order that changed: one thing, or two where the venue tells two.
pub fn executions(
    user: &UserId,
    order: &DeskOrderView,
    cause: &DeskCause,
    time: Time,
) -> Vec<Execution<'static>> {
    let told = |kind: &'static str| told(order, kind, time);
    match cause {
        DeskCause::New => {
            let pending = Execution { order_status: "pending_new".into(), ..told("pending_new") };
            let stands = Execution { order_status: "new".into(), ..told("new") };
            vec![pending, stands]
        }
        DeskCause::Triggered => vec![told("status")],
        DeskCause::Filled(fill) => {
            let mut all = vec![traded(user, order, fill, told("trade"))];
            if order.state == OrderState::Filled {
                all.push(told("filled"));
            }
            all
        }
        DeskCause::Amended => vec![told("amended")],
        DeskCause::Canceled | DeskCause::Expired => {
            let kind = if state(order) == Told::Expired { "expired" } else { "canceled" };
            // What self-trade prevention took a part of stands still.
            vec![told(if order.state.is_final() { kind } else { "restated" })]
        }
    }
}

/// An order that stands, as a snapshot tells it.
pub fn standing(order: &DeskOrderView) -> Execution<'static> {
    told(order, "new", order.updated)
}

/// A fill, as a snapshot tells it.
pub fn past_trade(user: &UserId, order: &DeskOrderView, fill: &DeskFill) -> Execution<'static> {
    traded(user, order, fill, told(order, "trade", fill.time))
}

fn traded(
    user: &UserId,
    order: &DeskOrderView,
    fill: &DeskFill,
    told: Execution<'static>,
) -> Execution<'static> {
    let fee = FeePaid { asset: fill.fee_asset.to_string().into(), qty: exact(fill.fee) };
    let is_last = order.state == OrderState::Filled;
    Execution {
        exec_id: Some(txid_of(user, fill).into()),
        trade_id: Some(fill.trade),
        last_qty: Some(DecimalNumber(fill.qty)),
        last_price: Some(DecimalNumber(fill.price)),
        liquidity_ind: Some(if fill.is_maker { "m" } else { "t" }.into()),
        cost: Some(exact(fill.quote)),
        fees: Some(vec![fee]),
        order_status: if is_last { "filled" } else { "partially_filled" }.into(),
        ..told
    }
}

fn told(order: &DeskOrderView, kind: &'static str, time: Time) -> Execution<'static> {
    let Parts { kind: order_type, price, price2 } = parts(&order.terms);
    let stop = matches!(order.terms, DeskTerms::Stop { .. });
    let limit = if stop { price2 } else { price };
    let given = is_given_name(order.client_id.as_str());
    let cash = match order.terms {
        DeskTerms::Market { size: DeskSize::Quote(quote) } => Some(exact(quote)),
        _ => None,
    };
    let status = match order.state {
        OrderState::Open => "new",
        OrderState::PartiallyFilled => "partially_filled",
        OrderState::Filled => "filled",
        OrderState::Canceled | OrderState::Rejected => "canceled",
        OrderState::Expired if state(order) == Told::Expired => "expired",
        OrderState::Expired => "canceled",
    };
    let why = reason(order).filter(|_| order.state.is_final());
    Execution {
        order_id: order_txid(order.id.0).into(),
        cl_ord_id: given.then(|| order.client_id.to_string().into()),
        order_userref: Some(order.tag.and_then(userref_of).unwrap_or(0)),
        exec_type: kind.into(),
        symbol: Some(symbol_of(order.pair).into()),
        side: Some(order.side.into()),
        order_status: status.into(),
        order_type: Some(order_type.into()),
        order_qty: Some(DecimalNumber(order.qty)),
        cash_order_qty: cash,
        limit_price: limit.map(DecimalNumber),
        limit_price_type: limit.map(|_| "static".into()),
        stop_price: price.filter(|_| stop).map(DecimalNumber),
        time_in_force: Some(lasting(&order.terms).into()),
        post_only: matches!(order.terms, DeskTerms::PostOnly { .. }).then_some(true),
        cum_qty: Some(DecimalNumber(order.filled)),
        cum_cost: Some(exact(order.quote_filled)),
        avg_price: Some(DecimalNumber(
            order.average.unwrap_or_default().truncated(QTY_DIGITS).trimmed(),
        )),
        fee_ccy_pref: Some("fciq".into()),
        cancel_reason: why.map(Cow::Borrowed),
        reason: why.map(Cow::Borrowed),
        timestamp: Some(venue::instant::text(time).into()),
        ..Execution::default()
    }
}

/// An amount without the zeros of its ledger.
fn exact(amount: Decimal) -> DecimalNumber {
    DecimalNumber(amount.trimmed())
}

const fn lasting(terms: &DeskTerms) -> &'static str {
    let lasting = match terms {
        DeskTerms::Limit { lasting, .. } => *lasting,
        DeskTerms::Stop { limit: Some((_, lasting)), .. } => *lasting,
        DeskTerms::Stop { limit: None, .. }
        | DeskTerms::PostOnly { .. }
        | DeskTerms::Market { .. } => TimeInForce::Gtc,
    };
    match lasting {
        TimeInForce::Gtc => "GTC",
        TimeInForce::Ioc => "IOC",
        TimeInForce::Fok => "FOK",
        TimeInForce::Gtd(_) => "GTD",
    }
}
