//! Orders asked for anew or for less while they stand, and the switch that ends them.

use std::time::Duration;

use engine::OrderRef;
use model::{ClientOrderId, Time};
use venue::kucoin::{
    AlterOrder, Altered, CanceledPart, DecimalText, Refusal, SetSwitch, SwitchRow, SwitchSet,
};
use venue::port::Pair;

use super::market::asked;
use super::names::{order_name, order_of};
use super::order::{By, find, refusal_of};
use super::perform::number;
use super::perform::{Call, told};
use crate::dead_man::Switch;
use crate::desk::{DeskError, DeskRevision, DeskSuccessor};

/// After how many seconds a switch may end orders.
const SWITCH_SECONDS: std::ops::RangeInclusive<i64> = 5..=86_400;
/// Markets of one switch.
const SWITCH_MARKETS_MAX: usize = 50;

/// Puts an order in the place of another, at another price or of another size.
pub async fn alter(call: &Call<'_>) -> Result<String, Refusal> {
    let key = call.key()?;
    let ask: AlterOrder<'_> = serde_json::from_slice(call.body).map_err(|_| Refusal::Body)?;
    let pair = Pair::parse(&ask.symbol).ok_or(Refusal::UnknownOrderSymbol)?;
    let name = match (&ask.order_id, &ask.client_oid) {
        (Some(id), _) => order_of(id).map(OrderRef::Id),
        (None, Some(name)) => ClientOrderId::new(name).ok().map(OrderRef::Client),
        (None, None) => return Err(Refusal::Parameter("orderId or clientOid is required")),
    };
    if ask.new_price.is_none() && ask.new_size.is_none() {
        return Err(Refusal::Parameter("newPrice or newSize is required"));
    }
    let order = name.and_then(|name| call.door.desk.order(&key.user, name));
    let order = order.filter(|order| order.pair == pair && !order.is_waiting);
    let order = order.ok_or(Refusal::NothingToCancel)?;
    let (id, client_oid) = (OrderRef::Id(order.id), order.client_id.to_string());
    let revision = DeskRevision {
        price: ask.new_price.map(|price| price.0),
        qty: ask.new_size.map(|size| size.0),
        becomes: Some(DeskSuccessor { client_id: Some(order.client_id), tag: order.tag }),
        ..DeskRevision::default()
    };
    let new_order_id = match call.door.desk.revise(&key.user, id, &revision).await {
        Ok(next) => order_name(next.id),
        // It is considered done: nothing is placed in its place.
        Err(DeskError::BelowFilled) if !order.filled.is_zero() => {
            call.door.desk.cancel(&key.user, pair, id).await.map_err(refusal_of)?;
            String::new()
        }
        Err(DeskError::UnknownOrder) => return Err(Refusal::NothingToCancel),
        Err(error) => return Err(refusal_of(error)),
    };
    told(Altered { new_order_id, client_oid })
}

/// Cancels a part of an order, which keeps its place in the queue.
pub async fn cancel_part(call: &Call<'_>) -> Result<String, Refusal> {
    let (key, pair) = (call.key()?, asked(call)?.pair);
    let invalid = Refusal::Parameter("cancelSize is invalid");
    let size = call.query.get("cancelSize").ok_or(Refusal::Parameter("cancelSize is required"))?;
    let size: DecimalText = DecimalText(size.parse().map_err(|_| invalid.clone())?);
    if size.0.is_zero() || size.0.is_negative() {
        return Err(invalid);
    }
    let missing = |_| Refusal::NothingToCancel;
    let order = find(call, By::Id, Some(pair)).map_err(missing)?;
    if order.rest() < size.0 {
        return Err(invalid);
    }
    let name = OrderRef::Id(order.id);
    let qty = order.qty.checked_sub(size.0).ok_or(invalid)?;
    let revision = DeskRevision { qty: Some(qty), ..DeskRevision::default() };
    match call.door.desk.revise(&key.user, name, &revision).await {
        Ok(_) => {}
        // All that stands is cancelled.
        Err(DeskError::BelowFilled) => {
            call.door.desk.cancel(&key.user, pair, name).await.map_err(refusal_of)?;
        }
        Err(error) => return Err(refusal_of(error)),
    }
    told(CanceledPart { order_id: order_name(order.id), cancel_size: number(size.0) })
}

/// Sets the switch of an account anew, or takes it away.
pub fn set_switch(call: &Call<'_>) -> Result<String, Refusal> {
    let key = call.key()?;
    let ask: SetSwitch<'_> = serde_json::from_slice(call.body).map_err(|_| Refusal::Body)?;
    let now = call.now.micros() / 1_000_000;
    if ask.timeout == -1 {
        call.door.dead_man.set(&call.door.desk, key.user, None);
        return told(SwitchSet { current_time: now, trigger_time: 0 });
    }
    let seconds = u64::try_from(ask.timeout).ok();
    let seconds = seconds.filter(|_| SWITCH_SECONDS.contains(&ask.timeout));
    let seconds = seconds.ok_or(Refusal::Parameter("timeout is invalid"))?;
    let symbols = ask.symbols.as_deref().unwrap_or_default().split(',');
    let symbols = symbols.map(str::trim).filter(|symbol| !symbol.is_empty());
    let known = |symbol| Pair::parse(symbol).filter(|pair| call.door.desk.facts(*pair).is_some());
    let pairs: Option<Vec<Pair>> = symbols.take(SWITCH_MARKETS_MAX + 1).map(known).collect();
    let pairs = pairs.ok_or(Refusal::UnknownSymbol)?;
    if SWITCH_MARKETS_MAX < pairs.len() {
        return Err(Refusal::Parameter("symbols are too many"));
    }
    let timeout = Duration::from_secs(seconds);
    let at = Time(call.now.micros().saturating_add(seconds * 1_000_000));
    let switch = Switch { timeout, at, pairs };
    call.door.dead_man.set(&call.door.desk, key.user, Some(switch));
    told(SwitchSet { current_time: now, trigger_time: now + seconds })
}

/// The switch of an account; nothing where none is set.
pub fn switch(call: &Call<'_>) -> Result<String, Refusal> {
    let row = call.door.dead_man.of(&call.key()?.user).map(|switch| SwitchRow {
        timeout: switch.timeout.as_secs(),
        symbols: switch.pairs.iter().map(Pair::to_string).collect::<Vec<_>>().join(","),
        current_time: call.now.micros() / 1_000_000,
        trigger_time: switch.at.micros() / 1_000_000,
    });
    told(row)
}
