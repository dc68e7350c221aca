//! Editing orders, and what an order would come to.
//!
//! Keeps   an order that is edited keeps its name; only limit orders that stand until they are
//!         cancelled can be, as the venue has it.

use engine::{OrderRef, TimeInForce};
use model::{Decimal, Side};
use venue::Level;
use venue::coinbase::{
    AskPreview, EditFailure, EditOrder, EditPreview, EditReply, Edited, Estimate, OrderFailure,
    PreviewReply, Refusal, StopDirection,
};
use venue::port::Pair;

use super::Door;
use super::ids::{order_name, order_of};
use super::keys::Key;
use super::order::{has_more, is_of_another_kind, is_off_grid, order_of_wire, waits_for};
use super::rest::{Answer, json};
use super::words::{failure_of, maybe};
use crate::desk::{
    DeskError, DeskFilter, DeskOrder, DeskOrderView, DeskRevision, DeskSize, DeskTerms,
};

/// Levels of the book that an order is measured against.
const LEVELS_MAX: usize = 1_000;
/// Digits of an average price and of a fraction.
const DIGITS: u8 = 8;

/// What is asked of which order; or why that cannot be.
type Asked = Result<(DeskOrderView, DeskRevision), EditFailure>;

fn read(door: &Door, key: &Key, body: &[u8]) -> Result<Asked, Refusal> {
    let asked: EditOrder<'_> =
        serde_json::from_slice(body).map_err(|_| Refusal::Invalid("edit cannot be read"))?;
    let order =
        order_of(&asked.order_id).and_then(|id| door.desk.order(&key.user, OrderRef::Id(id)));
    let Some(order) = order else { return Ok(Err(EditFailure::Unknown)) };
    if order.state.is_final() {
        return Ok(Err(EditFailure::NotOpen));
    }
    let is_editable = match order.terms {
        DeskTerms::Limit { lasting, .. } => lasting == TimeInForce::Gtc,
        DeskTerms::PostOnly { .. } => true,
        DeskTerms::Stop { .. } | DeskTerms::Market { .. } => false,
    };
    if !is_editable {
        return Ok(Err(EditFailure::Kind));
    }
    let (price, qty) = (asked.price.map(|it| it.0), asked.size.map(|it| it.0));
    if price.is_none() && qty.is_none() {
        return Err(Refusal::Invalid("neither price nor size"));
    }
    if price.is_some_and(is_nothing) {
        return Ok(Err(EditFailure::Price));
    }
    if qty.is_some_and(is_nothing) {
        return Ok(Err(EditFailure::Size));
    }
    Ok(Ok((order, DeskRevision { price, qty, ..DeskRevision::default() })))
}

fn is_nothing(number: Decimal) -> bool {
    number.is_zero() || number.is_negative()
}

/// Why an order was not edited.
///
/// # Errors
/// [`Refusal`] where it is not the order's fault.
fn edit_failure_of(error: DeskError) -> Result<EditFailure, Refusal> {
    Ok(match error {
        DeskError::UnknownOrder => EditFailure::NotOpen,
        DeskError::BelowFilled => EditFailure::BelowFilled,
        DeskError::Unsupported => EditFailure::Kind,
        DeskError::Filter(
            DeskFilter::PriceStep
            | DeskFilter::PriceMin
            | DeskFilter::PriceMax
            | DeskFilter::PriceBand,
        ) => EditFailure::Price,
        DeskError::Filter(_) => EditFailure::Size,
        error => EditFailure::Order(failure_of(error, None)?),
    })
}

fn failed(why: EditFailure) -> Answer {
    json(&EditReply { success: false, success_response: None, errors: vec![why.body()] })
}

/// Answer to `orders/edit`.
pub async fn edit(door: &Door, key: &Key, body: &[u8]) -> Answer {
    let (order, revision) = match read(door, key, body)? {
        Ok(asked) => asked,
        Err(why) => return failed(why),
    };
    match door.desk.revise(&key.user, OrderRef::Id(order.id), &revision).await {
        Ok(order) => json(&EditReply {
            success: true,
            success_response: Some(Edited { order_id: order_name(order.id).into() }),
            errors: Vec::new(),
        }),
        Err(error) => failed(edit_failure_of(error)?),
    }
}

/// Answer to `orders/edit_preview`.
pub fn edit_preview(door: &Door, key: &Key, body: &[u8]) -> Answer {
    let (order, revision) = match read(door, key, body)? {
        Ok(asked) => asked,
        Err(why) => {
            let (errors, estimate) = (vec![why.body()], Estimate::default());
            return json(&EditPreview { errors, estimate });
        }
    };
    match door.desk.check_revision(&key.user, OrderRef::Id(order.id), &revision) {
        Ok(order) => json(&EditPreview {
            errors: Vec::new(),
            estimate: estimate(door, key, &order).unwrap_or_default(),
        }),
        Err(error) => {
            let errors = vec![edit_failure_of(error)?.body()];
            json(&EditPreview { errors, estimate: Estimate::default() })
        }
    }
}

/// Answer to `orders/preview`.
pub fn preview(door: &Door, key: &Key, body: &[u8]) -> Answer {
    let asked: AskPreview<'_> = match serde_json::from_slice(body) {
        Ok(asked) if !has_more(body) => asked,
        Err(_) if !is_of_another_kind(body) => {
            return Err(Refusal::Invalid("order cannot be read"));
        }
        Ok(_) | Err(_) => {
            return previewed(Estimate::default(), vec![OrderFailure::Configuration]);
        }
    };
    let Some(order) =
        order_of_wire(&asked.product_id, asked.side, &asked.order_configuration, None)
    else {
        let is_unknown = Pair::parse(&asked.product_id).is_none();
        let why = if is_unknown { OrderFailure::Product } else { OrderFailure::Configuration };
        return previewed(Estimate::default(), vec![why]);
    };
    if is_off_grid(door, &order) {
        return previewed(Estimate::default(), vec![OrderFailure::SizeStep]);
    }
    let estimate = estimate(door, key, &order).unwrap_or_default();
    let failures = match door.desk.check(&key.user, &order) {
        Err(error) => vec![failure_of(error, waits_for(&order))?],
        Ok(()) if would_trigger(door, &order) => {
            vec![failure_of(DeskError::WouldTrigger, waits_for(&order))?]
        }
        Ok(()) if !can_pay(door, key, &order, &estimate) => vec![OrderFailure::Funds],
        Ok(()) => Vec::new(),
    };
    previewed(estimate, failures)
}

fn previewed(estimate: Estimate, failures: Vec<OrderFailure>) -> Answer {
    let errs = failures.into_iter().map(|failure| failure.preview().into()).collect();
    let preview_id = crate::binance::fresh_client_id().to_string().into();
    json(&PreviewReply { estimate, errs, warning: Vec::new(), is_max: false, preview_id })
}

/// Whether the last price is where the order would wake.
fn would_trigger(door: &Door, order: &DeskOrder) -> bool {
    let DeskTerms::Stop { at, .. } = order.terms else { return false };
    let last = door.desk.ticker(order.pair).and_then(|ticker| ticker.last);
    last.zip(waits_for(order)).is_some_and(|(last, direction)| match direction {
        StopDirection::Up => at <= last,
        StopDirection::Down => last <= at,
    })
}

fn can_pay(door: &Door, key: &Key, order: &DeskOrder, estimate: &Estimate) -> bool {
    let (asset, needed) = match order.side {
        Side::Buy => (order.pair.quote, estimate.order_total.0),
        Side::Sell => (order.pair.base, estimate.base_size.0),
    };
    let free = door.desk.balances(&key.user).into_iter().find(|it| it.asset == asset);
    free.is_some_and(|balance| needed.is_none_or(|needed| needed <= balance.free))
}

/// What an order would come to against the book as it is. `None` where there is no such market, or
/// no number for what is asked.
fn estimate(door: &Door, key: &Key, order: &DeskOrder) -> Option<Estimate> {
    let depth = door.desk.depth(order.pair, LEVELS_MAX)?;
    let fees = door.desk.fees(&key.user, order.pair);
    let (against, best) = match order.side {
        Side::Buy => (&depth.asks, depth.asks.first()),
        Side::Sell => (&depth.bids, depth.bids.first()),
    };
    let (base, quote, crosses) = match order.terms {
        DeskTerms::Market { size } => {
            let (base, quote) = taken(against, size)?;
            (base, quote, true)
        }
        DeskTerms::Limit { price, qty, .. }
        | DeskTerms::PostOnly { price, qty, .. }
        | DeskTerms::Stop { limit: Some((price, _)), qty, .. } => {
            let crosses = best.is_some_and(|best| match order.side {
                Side::Buy => best.price <= price,
                Side::Sell => price <= best.price,
            });
            (qty, price.times(qty).unwrap_or_default(), crosses)
        }
        DeskTerms::Stop { limit: None, at, qty, .. } => {
            (qty, at.times(qty).unwrap_or_default(), true)
        }
    };
    let rate = fees.map(|fees| if crosses { fees.taker } else { fees.maker });
    let fee = rate.and_then(|rate| rate.times(quote)).unwrap_or_default();
    let total = match order.side {
        Side::Buy => quote.checked_add(fee)?,
        Side::Sell => quote.checked_sub(fee)?,
    };
    let average = quote.checked_div(base, DIGITS);
    let worse = average.zip(best).and_then(|(average, best)| match order.side {
        Side::Buy => average.checked_sub(best.price),
        Side::Sell => best.price.checked_sub(average),
    });
    let slippage = worse.filter(|_| crosses && matches!(order.terms, DeskTerms::Market { .. }));
    let slippage =
        slippage.zip(best).and_then(|(worse, best)| worse.checked_div(best.price, DIGITS));
    Some(Estimate {
        order_total: maybe(Some(total)),
        commission_total: maybe(Some(fee)),
        quote_size: maybe(Some(quote)),
        base_size: maybe(Some(base)),
        best_bid: maybe(depth.bids.first().map(|level| level.price)),
        best_ask: maybe(depth.asks.first().map(|level| level.price)),
        slippage: maybe(Some(slippage.unwrap_or_default())),
        average_filled_price: maybe(average),
    })
}

/// How much base and quote an order at any price would take from these levels.
fn taken(levels: &[Level], size: DeskSize) -> Option<(Decimal, Decimal)> {
    let (mut base, mut quote) = (Decimal::ZERO, Decimal::ZERO);
    for level in levels {
        let whole = level.price.times(level.qty)?;
        let part = match size {
            DeskSize::Base(wanted) => {
                let rest = wanted.checked_sub(base)?;
                if level.qty <= rest { None } else { Some(rest) }
            }
            DeskSize::Quote(wanted) => {
                let rest = wanted.checked_sub(quote)?;
                if whole <= rest { None } else { rest.checked_div(level.price, DIGITS) }
            }
        };
        let taken = part.unwrap_or(level.qty);
        base = base.checked_add(taken)?;
        quote = quote.checked_add(level.price.times(taken)?)?;
        if part.is_some() {
            break;
        }
    }
    Some((base, quote))
}
