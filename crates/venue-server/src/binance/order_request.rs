//! An order as it was asked for: from parameters to what the engine takes.
//!
//! Keeps   a parameter that the kind of order needs is there, one that it has no use for is not;
//!         a number that is off the grid is refused here, one that is out of range by the engine.
//! Source  rest-api.md, "New order" and its table of mandatory parameters; filters.md.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use engine::{
    NewOrder, OrderKind, SelfTradePrevention, Size, TimeInForce, Trailing, Trigger, TriggerKind,
    Triggered,
};
use model::{AccountId, ClientOrderId, Decimal, Label, Note, Price, Qty, Side};
use projection::{GridError, Market};
use venue::binance::{
    Filter, OrderProblem, OrderSide, OrderType, Refusal, ResponseType, SelfTradePreventionMode,
    TimeInForce as WireTimeInForce,
};

use super::request::Params;
use super::words;

/// Digits after the point that every price and quantity may have.
const PRECISION_MIN: u8 = 8;
/// Strategy types below this are the venue's own.
const STRATEGY_TYPE_MIN: u64 = 1_000_000;

/// An order as it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderRequest {
    /// For the engine.
    pub new: NewOrder,
    /// For the answer.
    pub label: Label,
    /// How much of an answer.
    pub response: ResponseType,
}

impl OrderRequest {
    /// What goes beside the order.
    #[must_use]
    pub fn note(&self) -> Note {
        Note::labelled(self.label)
    }
}

/// Under which names the parameters of one order travel.
#[derive(Clone, Copy, Debug)]
pub struct Names {
    /// `price`
    pub price: &'static str,
    /// `stopPrice`
    pub stop_price: &'static str,
    /// `trailingDelta`
    pub trailing_delta: &'static str,
    /// `icebergQty`
    pub iceberg_qty: &'static str,
    /// `timeInForce`
    pub time_in_force: &'static str,
    /// `newClientOrderId`
    pub client_id: &'static str,
    /// `strategyId`
    pub strategy_id: &'static str,
    /// `strategyType`
    pub strategy_type: &'static str,
}

/// Those of an order by itself.
pub const SINGLE: Names = Names {
    price: "price",
    stop_price: "stopPrice",
    trailing_delta: "trailingDelta",
    iceberg_qty: "icebergQty",
    time_in_force: "timeInForce",
    client_id: "newClientOrderId",
    strategy_id: "strategyId",
    strategy_type: "strategyType",
};

/// Reads `side`, `type` and all that belongs to an order in `market`.
///
/// # Errors
/// The documented refusals.
pub fn read(
    params: &Params<'_>,
    market: &Market,
    account: AccountId,
) -> Result<OrderRequest, Refusal> {
    let side = read_side(params, "side")?;
    let order_type = params
        .choice("type", OrderType::WORDS, Refusal::BadOrderType)?
        .ok_or(Refusal::Mandatory("type"))?;
    let kind = if order_type == OrderType::Market {
        for name in ["price", "stopPrice", "trailingDelta", "icebergQty", "timeInForce"] {
            not_required(params, name)?;
        }
        OrderKind::Market { size: read_size(params, market)? }
    } else {
        not_required(params, "quoteOrderQty")?;
        let qty = read_qty(params, "quantity", market)?.ok_or(Refusal::Mandatory("quantity"))?;
        read_kind(params, &SINGLE, market, order_type, qty)?
    };
    let response = params
        .choice("newOrderRespType", ResponseType::WORDS, Refusal::BadValue("newOrderRespType"))?
        .unwrap_or(match order_type {
            OrderType::Market | OrderType::Limit => ResponseType::Full,
            OrderType::StopLoss
            | OrderType::StopLossLimit
            | OrderType::TakeProfit
            | OrderType::TakeProfitLimit
            | OrderType::LimitMaker => ResponseType::Ack,
        });
    let client_id = read_client_id(params, SINGLE.client_id)?;
    let (stp, label) = (read_prevention(params)?, read_label(params, &SINGLE)?);
    let new = NewOrder { account, market: market.id, client_id, side, stp, kind };
    Ok(OrderRequest { new, label, response })
}

/// Reads an order that is not a market order, all but its type and quantity.
///
/// # Errors
/// The documented refusals.
pub fn read_kind(
    params: &Params<'_>,
    names: &Names,
    market: &Market,
    order_type: OrderType,
    qty: Qty,
) -> Result<OrderKind, Refusal> {
    let (trigger_kind, limited) = match order_type {
        OrderType::Limit | OrderType::LimitMaker => (None, true),
        OrderType::StopLoss => (Some(TriggerKind::StopLoss), false),
        OrderType::StopLossLimit => (Some(TriggerKind::StopLoss), true),
        OrderType::TakeProfit => (Some(TriggerKind::TakeProfit), false),
        OrderType::TakeProfitLimit => (Some(TriggerKind::TakeProfit), true),
        OrderType::Market => return Err(Refusal::BadOrderType),
    };
    let timed = limited && order_type != OrderType::LimitMaker;
    let time_in_force = read_time_in_force(params, names.time_in_force, timed)?;
    let (price, display) = if limited {
        let price = read_price(params, names.price, market)?;
        let display = read_qty_or_zero(params, names.iceberg_qty, market)?;
        (Some(price.ok_or(Refusal::Mandatory(names.price))?), display)
    } else {
        not_required(params, names.price)?;
        not_required(params, names.iceberg_qty)?;
        (None, None)
    };
    check_display(display, qty, time_in_force)?;
    let trigger = match trigger_kind {
        Some(kind) => Some(read_trigger(params, names, market, kind)?),
        None => {
            not_required(params, names.stop_price)?;
            not_required(params, names.trailing_delta)?;
            None
        }
    };
    Ok(match (trigger, price) {
        (None, Some(price)) if order_type == OrderType::LimitMaker => {
            OrderKind::LimitMaker { price, qty, display }
        }
        (None, Some(price)) => OrderKind::Limit { price, qty, time_in_force, display },
        (Some(trigger), Some(price)) => {
            let then = Triggered::Limit { price, qty, time_in_force, display };
            OrderKind::Conditional { trigger, then }
        }
        (Some(trigger), None) => {
            OrderKind::Conditional { trigger, then: Triggered::Market { qty } }
        }
        (None, None) => return Err(Refusal::UnsupportedCombination),
    })
}

fn check_display(
    display: Option<Qty>,
    qty: Qty,
    time_in_force: TimeInForce,
) -> Result<(), Refusal> {
    match display {
        Some(display) if qty < display => Err(Refusal::OrderRejected(OrderProblem::IcebergExceeds)),
        Some(_) if time_in_force != TimeInForce::Gtc => Err(Refusal::UnsupportedCombination),
        Some(_) | None => Ok(()),
    }
}

fn read_trigger(
    params: &Params<'_>,
    names: &Names,
    market: &Market,
    kind: TriggerKind,
) -> Result<Trigger, Refusal> {
    let price = read_price(params, names.stop_price, market)?;
    let trailing = match params.integer(names.trailing_delta)? {
        None => None,
        Some(delta) => {
            let out_of_range = Refusal::Filter(Filter::TrailingDelta);
            Some(Trailing { delta: u32::try_from(delta).map_err(|_| out_of_range)? })
        }
    };
    if price.is_none() && trailing.is_none() {
        return Err(Refusal::MandatoryEither(names.stop_price, names.trailing_delta));
    }
    Ok(Trigger { kind, price, trailing })
}

fn read_time_in_force(
    params: &Params<'_>,
    name: &'static str,
    timed: bool,
) -> Result<TimeInForce, Refusal> {
    if !timed {
        not_required(params, name)?;
        return Ok(TimeInForce::Gtc);
    }
    match params.choice(name, WireTimeInForce::WORDS, Refusal::BadTimeInForce)? {
        None => Err(Refusal::Mandatory(name)),
        Some(WireTimeInForce::Gtc) => Ok(TimeInForce::Gtc),
        Some(WireTimeInForce::Ioc) => Ok(TimeInForce::Ioc),
        Some(WireTimeInForce::Fok) => Ok(TimeInForce::Fok),
    }
}

fn read_size(params: &Params<'_>, market: &Market) -> Result<Size, Refusal> {
    const QUOTE: &str = "quoteOrderQty";
    match (read_qty(params, "quantity", market)?, params.decimal(QUOTE)?) {
        (None, None) => Err(Refusal::MandatoryEither("quantity", QUOTE)),
        (Some(_), Some(_)) => Err(Refusal::BadOptionalCombination),
        (Some(qty), None) => Ok(Size::Base(qty)),
        (None, Some(quote)) if quote.is_zero() => Err(Refusal::NotPositive(QUOTE)),
        (None, Some(quote)) => match market.quote_of(quote) {
            Ok(amount) => Ok(Size::Quote(amount)),
            Err(GridError::Form | GridError::Step) => Err(Refusal::Precision(QUOTE)),
            Err(GridError::Range) => Err(Refusal::Overflow(QUOTE)),
        },
    }
}

/// Reads `side`, or whatever it is called.
///
/// # Errors
/// [`Refusal::Mandatory`], [`Refusal::BadSide`].
pub fn read_side(params: &Params<'_>, name: &'static str) -> Result<Side, Refusal> {
    params.choice(name, OrderSide::WORDS, Refusal::BadSide)?.ok_or(Refusal::Mandatory(name))
}

/// Reads `selfTradePreventionMode`.
///
/// # Errors
/// [`Refusal::BadValue`].
pub fn read_prevention(params: &Params<'_>) -> Result<SelfTradePrevention, Refusal> {
    const NAME: &str = "selfTradePreventionMode";
    let mode = params.choice(NAME, SelfTradePreventionMode::WORDS, Refusal::BadValue(NAME))?;
    Ok(words::prevention_of(mode.unwrap_or(SelfTradePreventionMode::None)))
}

/// Reads a client's name for an order, or makes one.
///
/// # Errors
/// [`Refusal::IllegalCharacters`].
pub fn read_client_id(params: &Params<'_>, name: &'static str) -> Result<ClientOrderId, Refusal> {
    Ok(params.client_id(name)?.unwrap_or_else(fresh_client_id))
}

/// Reads `strategyId` and `strategyType`.
///
/// # Errors
/// [`Refusal::BadStrategyType`], or what their form deserves.
pub fn read_label(params: &Params<'_>, names: &Names) -> Result<Label, Refusal> {
    let strategy_id = params.integer(names.strategy_id)?;
    let strategy_type = params.integer(names.strategy_type)?;
    match strategy_type {
        Some(number) if number < STRATEGY_TYPE_MIN => Err(Refusal::BadStrategyType),
        Some(_) | None => Ok(Label { strategy_id, strategy_type }),
    }
}

/// A quantity on the market's grid, above zero.
///
/// # Errors
/// [`Refusal::Precision`], [`Refusal::NotPositive`], the filter.
pub fn read_qty(
    params: &Params<'_>,
    name: &'static str,
    market: &Market,
) -> Result<Option<Qty>, Refusal> {
    match read_qty_or_zero(params, name, market)? {
        None if params.peek(name).is_some() => Err(Refusal::NotPositive("quantity")),
        qty => Ok(qty),
    }
}

/// As [`read_qty`], where zero means none.
fn read_qty_or_zero(
    params: &Params<'_>,
    name: &'static str,
    market: &Market,
) -> Result<Option<Qty>, Refusal> {
    let Some(number) = params.decimal(name)? else { return Ok(None) };
    check_precision(number, market.base.scale, name)?;
    let qty = market.qty_of(number).map_err(|_| Refusal::Filter(Filter::LotSize))?;
    Ok((!qty.is_zero()).then_some(qty))
}

fn read_price(
    params: &Params<'_>,
    name: &'static str,
    market: &Market,
) -> Result<Option<Price>, Refusal> {
    let Some(number) = params.decimal(name)? else { return Ok(None) };
    check_precision(number, market.quote.scale.max(market.spec.tick_scale), name)?;
    if number.is_zero() {
        return Err(Refusal::NotPositive(name));
    }
    market.price_of(number).map(Some).map_err(|_| Refusal::Filter(Filter::Price))
}

fn check_precision(number: Decimal, scale: u8, name: &'static str) -> Result<(), Refusal> {
    let digits = number.trimmed().scale();
    if scale.max(PRECISION_MIN) < digits { Err(Refusal::Precision(name)) } else { Ok(()) }
}

fn not_required(params: &Params<'_>, name: &'static str) -> Result<(), Refusal> {
    if params.peek(name).is_some() { Err(Refusal::NotRequired(name)) } else { Ok(()) }
}

/// A name that no client and no other call of this has, like the venue's own: 22 letters and
/// digits.
///
/// # Panics
/// Never: letters and digits are a name.
#[must_use]
pub fn fresh_client_id() -> ClientOrderId {
    static KEYS: LazyLock<[RandomState; 2]> =
        LazyLock::new(|| [RandomState::new(), RandomState::new()]);
    static COUNT: AtomicU64 = AtomicU64::new(0);
    const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let mut name = [0; 22];
    for (half, keys) in name.chunks_mut(11).zip(KEYS.iter()) {
        let mut bits = keys.hash_one(count);
        for letter in half {
            *letter = ALPHABET[usize::try_from(bits % 62).unwrap_or_default()];
            bits /= 62;
        }
    }
    let name = std::str::from_utf8(&name).expect("letters and digits");
    ClientOrderId::new(name).expect("22 letters and digits are a name")
}
