//! One open order, resting or waiting.

use model::{AccountId, FeeRate, ListId, MarketId, OrderId, Side, Time};

use super::read::{Get, Reader};
use super::write::Put;
use crate::book::{Detail, NONE, Order, Orders, Rare, Waiting, flag};
use crate::command::{SelfTradePrevention, TimeInForce, Trailing, Trigger, TriggerKind, Triggered};
use crate::machine::SnapshotError;
use crate::market::FeeTier;

pub(super) fn put(orders: &Orders, slot: u32, out: &mut Vec<u8>) {
    let (order, detail) = (orders.get(slot), orders.detail(slot));
    order.id.0.put(out);
    order.account.0.put(out);
    (order.side as u8).put(out);
    order.price.put(out);
    order.remaining.put(out);
    order.shown.put(out);
    order.fees.maker.millionths().put(out);
    order.fees.taker.millionths().put(out);
    (order.flags & flag::ICEBERG).put(out);
    detail.qty.put(out);
    detail.display.put(out);
    detail.amends.put(out);
    detail.client_id.put(out);
    (detail.stp as u8).put(out);
    let rare = orders.rare(slot);
    rare.and_then(|rare| rare.list).map(|list| list.0).put(out);
    rare.and_then(|rare| rare.expires).map(|time| time.0).put(out);
    match rare.and_then(|rare| rare.waiting.as_ref()) {
        None => 0_u8.put(out),
        Some(waiting) => {
            1_u8.put(out);
            put_waiting(waiting, out);
        }
    }
}

fn put_waiting(waiting: &Waiting, out: &mut Vec<u8>) {
    (waiting.trigger.kind as u8).put(out);
    waiting.trigger.price.put(out);
    waiting.trigger.trailing.map(|trailing| trailing.delta).put(out);
    match waiting.then {
        Triggered::Market { qty } => {
            0_u8.put(out);
            qty.lots().put(out);
        }
        Triggered::Limit { price, qty, time_in_force, display } => {
            1_u8.put(out);
            qty.lots().put(out);
            price.put(out);
            match time_in_force {
                TimeInForce::Gtc => 0_u8.put(out),
                TimeInForce::Ioc => 1_u8.put(out),
                TimeInForce::Fok => 2_u8.put(out),
                TimeInForce::Gtd(time) => {
                    3_u8.put(out);
                    time.0.put(out);
                }
            }
            display.map(model::Qty::lots).put(out);
        }
    }
    waiting.best.put(out);
    u8::from(waiting.follows).put(out);
    waiting.hold.put(out);
}

/// The records of an order; it is in no queue yet.
pub(super) fn get(
    reader: &mut Reader<'_>,
    market: MarketId,
) -> Result<(Order, Detail, Option<Rare>), SnapshotError> {
    let (id, account) = (OrderId(reader.get()?), AccountId(reader.get()?));
    let side = reader.choice([Side::Buy, Side::Sell])?;
    let (price, remaining, shown) = (reader.get()?, reader.get()?, reader.get()?);
    let fees = FeeTier { maker: get_rate(reader)?, taker: get_rate(reader)? };
    let iceberg: u8 = reader.get()?;
    let detail = Detail {
        qty: reader.get()?,
        display: reader.get()?,
        rare: NONE,
        amends: reader.get()?,
        client_id: reader.get()?,
        stp: reader.choice([
            SelfTradePrevention::None,
            SelfTradePrevention::ExpireTaker,
            SelfTradePrevention::ExpireMaker,
            SelfTradePrevention::ExpireBoth,
            SelfTradePrevention::Decrement,
        ])?,
    };
    let list = Option::<u64>::get(reader)?.map(ListId);
    let expires = Option::<u64>::get(reader)?.map(Time);
    let waiting = if reader.choice([false, true])? { Some(get_waiting(reader)?) } else { None };
    let mut flags = iceberg;
    flags |= if waiting.is_some() { flag::WAITING } else { 0 };
    flags |= if list.is_some() { flag::LISTED } else { 0 };
    flags |= if expires.is_some() { flag::TIMED } else { 0 };
    let order = Order {
        id,
        price,
        remaining,
        shown,
        account,
        level: NONE,
        name_tag: 0,
        fees,
        market,
        side,
        flags,
    };
    let is_rare = list.is_some() || expires.is_some() || waiting.is_some();
    Ok((order, detail, is_rare.then_some(Rare { list, expires, waiting })))
}

fn get_rate(reader: &mut Reader<'_>) -> Result<FeeRate, SnapshotError> {
    FeeRate::from_millionths(reader.get()?).ok_or(SnapshotError::Malformed)
}

fn get_waiting(reader: &mut Reader<'_>) -> Result<Waiting, SnapshotError> {
    let kind = reader.choice([TriggerKind::StopLoss, TriggerKind::TakeProfit])?;
    let price = reader.get()?;
    let trailing = Option::<u32>::get(reader)?.map(|delta| Trailing { delta });
    let is_limit = reader.choice([false, true])?;
    let qty = reader.lots()?;
    let then = if is_limit {
        let price = reader.get()?;
        let time_in_force = match u8::get(reader)? {
            0 => TimeInForce::Gtc,
            1 => TimeInForce::Ioc,
            2 => TimeInForce::Fok,
            3 => TimeInForce::Gtd(Time(reader.get()?)),
            _ => return Err(SnapshotError::Malformed),
        };
        let display = if reader.choice([false, true])? { Some(reader.lots()?) } else { None };
        Triggered::Limit { price, qty, time_in_force, display }
    } else {
        Triggered::Market { qty }
    };
    let (best, follows) = (reader.get()?, reader.choice([false, true])?);
    let trigger = Trigger { kind, price, trailing };
    Ok(Waiting { trigger, then, best, follows, hold: reader.get()? })
}
