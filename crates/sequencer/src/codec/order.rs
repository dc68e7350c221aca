//! Orders as bytes.
//!
//! ```text
//! order        account u32, market u16, flags u8 (bit 0 sell, 1-3 self-trade, 4-7 kind), name, …
//! body         0 market by base    qty
//!              1 market by quote   amount
//!              2 limit             limit
//!              3 limit-maker       shown u8, price, qty, [display]
//!              4 conditional       u8 (bit 0 take-profit, 1 price, 2 trailing, 3 then limit),
//!                                  [price], [delta u32], qty or limit
//! replace      u8 (bit 0 goes on where the cancel fails, 1-2 restriction, 3 all or nothing),
//!              [qty that is left], order ref, order
//! limit        u8 (bits 0-1 time in force, 7 shown), price, qty, [until u64], [display]
//! ```

use engine::{
    CancelOnly, ListLeg, NewList, NewOrder, OrderKind, Replace, ReplaceMode, SelfTradePrevention,
    Size, TimeInForce, Trailing, Trigger, TriggerKind, Triggered,
};
use model::{AccountId, MarketId, Price, Qty, Side, Time};

use super::wire::{Input, put_client_id, put_price, put_qty};
use super::{DecodeError, get_order_ref, put_order_ref};

const MARKET_BASE: u8 = 0;
const MARKET_QUOTE: u8 = 1;
const LIMIT: u8 = 2;
const LIMIT_MAKER: u8 = 3;
const CONDITIONAL: u8 = 4;

const TAKE_PROFIT: u8 = 1;
const HAS_PRICE: u8 = 2;
const HAS_TRAILING: u8 = 4;
const THEN_LIMIT: u8 = 8;

const SHOWN: u8 = 0x80;

const GOES_ON: u8 = 1;
const ALL_OR_NOTHING: u8 = 8;

pub(super) fn put_order(out: &mut Vec<u8>, order: &NewOrder) {
    out.extend_from_slice(&order.account.0.to_le_bytes());
    out.extend_from_slice(&order.market.0.to_le_bytes());
    out.push(flags(order.side, order.stp, &order.kind));
    put_client_id(out, &order.client_id);
    put_body(out, &order.kind);
}

pub(super) fn get_order(input: &mut Input<'_>) -> Result<NewOrder, DecodeError> {
    let account = AccountId(input.u32()?);
    let market = MarketId(input.u16()?);
    let (side, stp, kind) = get_flags(input)?;
    let client_id = input.client_id()?;
    let kind = get_body(kind, input)?;
    Ok(NewOrder { account, market, client_id, side, stp, kind })
}

pub(super) fn put_list(out: &mut Vec<u8>, list: &NewList) {
    out.extend_from_slice(&list.account.0.to_le_bytes());
    out.extend_from_slice(&list.market.0.to_le_bytes());
    put_client_id(out, &list.client_id);
    for leg in &list.legs {
        out.push(flags(list.side, list.stp, &leg.kind));
        put_client_id(out, &leg.client_id);
        put_body(out, &leg.kind);
    }
}

pub(super) fn get_list(input: &mut Input<'_>) -> Result<NewList, DecodeError> {
    let account = AccountId(input.u32()?);
    let market = MarketId(input.u16()?);
    let client_id = input.client_id()?;
    let mut leg = || {
        let (side, stp, kind) = get_flags(input)?;
        let client_id = input.client_id()?;
        Ok::<_, DecodeError>((side, stp, ListLeg { client_id, kind: get_body(kind, input)? }))
    };
    let (side, stp, first) = leg()?;
    let (second_side, second_stp, second) = leg()?;
    if (side, stp) != (second_side, second_stp) {
        return Err(DecodeError("the legs of a list differ in what they share"));
    }
    Ok(NewList { account, market, client_id, side, stp, legs: [first, second] })
}

pub(super) fn put_replace(out: &mut Vec<u8>, replace: &Replace) {
    let mode = match replace.mode {
        ReplaceMode::StopOnFailure => 0,
        ReplaceMode::AllowFailure => GOES_ON,
        ReplaceMode::AllOrNothing => ALL_OR_NOTHING,
    };
    out.push(mode | replace.only.map_or(0, only_byte) << 1);
    put_left(out, replace.only);
    put_order_ref(out, &replace.cancel);
    put_order(out, &replace.order);
}

pub(super) fn get_replace(input: &mut Input<'_>) -> Result<Replace, DecodeError> {
    let flags = input.u8()?;
    let restriction = flags >> 1 & 3;
    let mode = match flags & !(3 << 1) {
        0 => ReplaceMode::StopOnFailure,
        GOES_ON => ReplaceMode::AllowFailure,
        ALL_OR_NOTHING => ReplaceMode::AllOrNothing,
        _ => return Err(DecodeError("a replace with unknown parts")),
    };
    let only = if restriction == 0 { None } else { Some(get_only(restriction, input)?) };
    Ok(Replace { mode, only, cancel: get_order_ref(input)?, order: get_order(input)? })
}

/// Never 0, which stands for no restriction.
pub(super) const fn only_byte(only: CancelOnly) -> u8 {
    match only {
        CancelOnly::New => 1,
        CancelOnly::PartiallyFilled => 2,
        CancelOnly::Remaining(_) => 3,
    }
}

/// Behind the byte: how much is left, where that is the restriction.
pub(super) fn put_left(out: &mut Vec<u8>, only: Option<CancelOnly>) {
    match only {
        Some(CancelOnly::Remaining(qty)) => put_qty(out, qty),
        Some(CancelOnly::New | CancelOnly::PartiallyFilled) | None => {}
    }
}

pub(super) fn get_only(byte: u8, input: &mut Input<'_>) -> Result<CancelOnly, DecodeError> {
    match byte {
        1 => Ok(CancelOnly::New),
        2 => Ok(CancelOnly::PartiallyFilled),
        3 => Ok(CancelOnly::Remaining(input.qty()?)),
        _ => Err(DecodeError("an unknown restriction of a cancel")),
    }
}

fn flags(side: Side, stp: SelfTradePrevention, kind: &OrderKind) -> u8 {
    let side = match side {
        Side::Buy => 0,
        Side::Sell => 1,
    };
    let stp = match stp {
        SelfTradePrevention::None => 0,
        SelfTradePrevention::ExpireTaker => 1,
        SelfTradePrevention::ExpireMaker => 2,
        SelfTradePrevention::ExpireBoth => 3,
        SelfTradePrevention::Decrement => 4,
    };
    let kind = match kind {
        OrderKind::Market { size: Size::Base(_) } => MARKET_BASE,
        OrderKind::Market { size: Size::Quote(_) } => MARKET_QUOTE,
        OrderKind::Limit { .. } => LIMIT,
        OrderKind::LimitMaker { .. } => LIMIT_MAKER,
        OrderKind::Conditional { .. } => CONDITIONAL,
    };
    side | stp << 1 | kind << 4
}

fn get_flags(input: &mut Input<'_>) -> Result<(Side, SelfTradePrevention, u8), DecodeError> {
    let flags = input.u8()?;
    let side = if flags & 1 == 0 { Side::Buy } else { Side::Sell };
    let stp = match flags >> 1 & 7 {
        0 => SelfTradePrevention::None,
        1 => SelfTradePrevention::ExpireTaker,
        2 => SelfTradePrevention::ExpireMaker,
        3 => SelfTradePrevention::ExpireBoth,
        4 => SelfTradePrevention::Decrement,
        _ => return Err(DecodeError("an unknown self-trade prevention")),
    };
    Ok((side, stp, flags >> 4))
}

fn put_body(out: &mut Vec<u8>, kind: &OrderKind) {
    match kind {
        OrderKind::Market { size: Size::Base(qty) } => put_qty(out, *qty),
        OrderKind::Market { size: Size::Quote(amount) } => {
            out.extend_from_slice(&amount.to_le_bytes());
        }
        OrderKind::Limit { price, qty, time_in_force, display } => {
            put_limit(out, *price, *qty, *time_in_force, *display);
        }
        OrderKind::LimitMaker { price, qty, display } => {
            out.push(u8::from(display.is_some()));
            put_price(out, *price);
            put_qty(out, *qty);
            if let Some(display) = display {
                put_qty(out, *display);
            }
        }
        OrderKind::Conditional { trigger, then } => put_conditional(out, trigger, then),
    }
}

fn get_body(kind: u8, input: &mut Input<'_>) -> Result<OrderKind, DecodeError> {
    Ok(match kind {
        MARKET_BASE => OrderKind::Market { size: Size::Base(input.qty()?) },
        MARKET_QUOTE => OrderKind::Market { size: Size::Quote(input.i128()?) },
        LIMIT => {
            let (price, qty, time_in_force, display) = get_limit(input)?;
            OrderKind::Limit { price, qty, time_in_force, display }
        }
        LIMIT_MAKER => {
            let shown = input.bool()?;
            let (price, qty) = (input.price()?, input.qty()?);
            let display = if shown { Some(input.qty()?) } else { None };
            OrderKind::LimitMaker { price, qty, display }
        }
        CONDITIONAL => get_conditional(input)?,
        _ => return Err(DecodeError("an order of an unknown kind")),
    })
}

fn put_conditional(out: &mut Vec<u8>, trigger: &Trigger, then: &Triggered) {
    let kind = match trigger.kind {
        TriggerKind::StopLoss => 0,
        TriggerKind::TakeProfit => TAKE_PROFIT,
    };
    let price = if trigger.price.is_some() { HAS_PRICE } else { 0 };
    let trailing = if trigger.trailing.is_some() { HAS_TRAILING } else { 0 };
    let limit = match then {
        Triggered::Market { .. } => 0,
        Triggered::Limit { .. } => THEN_LIMIT,
    };
    out.push(kind | price | trailing | limit);
    if let Some(price) = trigger.price {
        put_price(out, price);
    }
    if let Some(trailing) = trigger.trailing {
        out.extend_from_slice(&trailing.delta.to_le_bytes());
    }
    match then {
        Triggered::Market { qty } => put_qty(out, *qty),
        Triggered::Limit { price, qty, time_in_force, display } => {
            put_limit(out, *price, *qty, *time_in_force, *display);
        }
    }
}

fn get_conditional(input: &mut Input<'_>) -> Result<OrderKind, DecodeError> {
    let flags = input.u8()?;
    if 15 < flags {
        return Err(DecodeError("a condition with unknown parts"));
    }
    let has = |flag: u8| flags & flag != 0;
    let kind = if has(TAKE_PROFIT) { TriggerKind::TakeProfit } else { TriggerKind::StopLoss };
    let price = if has(HAS_PRICE) { Some(input.price()?) } else { None };
    let trailing = if has(HAS_TRAILING) { Some(Trailing { delta: input.u32()? }) } else { None };
    let then = if has(THEN_LIMIT) {
        let (price, qty, time_in_force, display) = get_limit(input)?;
        Triggered::Limit { price, qty, time_in_force, display }
    } else {
        Triggered::Market { qty: input.qty()? }
    };
    Ok(OrderKind::Conditional { trigger: Trigger { kind, price, trailing }, then })
}

fn put_limit(
    out: &mut Vec<u8>,
    price: Price,
    qty: Qty,
    time_in_force: TimeInForce,
    display: Option<Qty>,
) {
    let (code, until) = match time_in_force {
        TimeInForce::Gtc => (0, None),
        TimeInForce::Ioc => (1, None),
        TimeInForce::Fok => (2, None),
        TimeInForce::Gtd(until) => (3, Some(until)),
    };
    out.push(code | if display.is_some() { SHOWN } else { 0 });
    put_price(out, price);
    put_qty(out, qty);
    if let Some(until) = until {
        out.extend_from_slice(&until.0.to_le_bytes());
    }
    if let Some(display) = display {
        put_qty(out, display);
    }
}

type Limit = (Price, Qty, TimeInForce, Option<Qty>);

fn get_limit(input: &mut Input<'_>) -> Result<Limit, DecodeError> {
    let flags = input.u8()?;
    let (price, qty) = (input.price()?, input.qty()?);
    let time_in_force = match flags & !SHOWN {
        0 => TimeInForce::Gtc,
        1 => TimeInForce::Ioc,
        2 => TimeInForce::Fok,
        3 => TimeInForce::Gtd(Time(input.u64()?)),
        _ => return Err(DecodeError("an unknown time in force")),
    };
    let display = if flags & SHOWN == 0 { None } else { Some(input.qty()?) };
    Ok((price, qty, time_in_force, display))
}
