//! Records as rows, and rows as records.
//!
//! Fails   a row that no writer of ours wrote reads as `None`.

use database::{Moment, Money, Whole};
use engine::{
    NewOrder, OrderKind, SelfTradePrevention, Size, TimeInForce, Trailing, Trigger, TriggerKind,
    Triggered,
};
use model::{
    AccountId, AssetId, ClientOrderId, Label, ListId, MarketId, OrderId, PreventionId, Price, Qty,
    Seq, Side, TradeId,
};

use super::code::Code;
use super::table;
use crate::candle::Candle;
use crate::interval::Interval;
use crate::record::{
    AdjustmentRecord, AggregateTrade, AmendmentRecord, FillRecord, ListRecord, OrderRecord,
    PreventionRecord, TradeRecord,
};

/// What is kept as a row.
pub(crate) trait Row: Sized {
    type Model;
    fn store(&self) -> Self::Model;
    fn load(row: &Self::Model) -> Option<Self>;
}

fn whole(price: Price) -> Whole {
    Whole(price.ticks())
}

fn lots(qty: Qty) -> Whole {
    Whole(qty.lots())
}

fn price(stored: Whole) -> Option<Price> {
    Price::new(stored.0)
}

fn qty(stored: Whole) -> Option<Qty> {
    Qty::new(stored.0)
}

fn account(stored: Whole) -> Option<AccountId> {
    u32::try_from(stored.0).ok().map(AccountId)
}

fn market(stored: i32) -> Option<MarketId> {
    u16::try_from(stored).ok().map(MarketId)
}

fn asset(stored: i32) -> Option<AssetId> {
    u16::try_from(stored).ok().map(AssetId)
}

/// A sum of lots, kept as amounts are.
fn sum(lots: u128) -> Money {
    Money(i128::try_from(lots).expect("no sum of lots gets near 2^127"))
}

fn sum_of(stored: Money) -> Option<u128> {
    u128::try_from(stored.0).ok()
}

/// `None` for a number that stands for nothing; absent stays absent.
fn optional<S, T>(stored: Option<S>, load: impl FnOnce(S) -> Option<T>) -> Option<Option<T>> {
    stored.map_or(Some(None), |stored| load(stored).map(Some))
}

const MARKET_BY_BASE: i32 = 0;
const MARKET_BY_QUOTE: i32 = 1;
const LIMIT: i32 = 2;
const LIMIT_MAKER: i32 = 3;
const CONDITIONAL_MARKET: i32 = 4;
const CONDITIONAL_LIMIT: i32 = 5;

/// The columns that tell what was asked.
#[derive(Clone, Copy, Default)]
struct Asked {
    kind: i32,
    qty: Option<Qty>,
    quote: Option<i128>,
    price: Option<Price>,
    time_in_force: Option<TimeInForce>,
    display: Option<Qty>,
    trigger: Option<Trigger>,
}

impl Asked {
    fn of(kind: &OrderKind) -> Self {
        match *kind {
            OrderKind::Market { size: Size::Base(qty) } => {
                Self { kind: MARKET_BY_BASE, qty: Some(qty), ..Self::default() }
            }
            OrderKind::Market { size: Size::Quote(quote) } => {
                Self { kind: MARKET_BY_QUOTE, quote: Some(quote), ..Self::default() }
            }
            OrderKind::Limit { price, qty, time_in_force, display } => Self {
                kind: LIMIT,
                qty: Some(qty),
                price: Some(price),
                time_in_force: Some(time_in_force),
                display,
                ..Self::default()
            },
            OrderKind::LimitMaker { price, qty, display } => {
                let (qty, price) = (Some(qty), Some(price));
                Self { kind: LIMIT_MAKER, qty, price, display, ..Self::default() }
            }
            OrderKind::Conditional { trigger, then } => {
                let (then, kind) = match then {
                    Triggered::Market { qty } => {
                        (OrderKind::Market { size: Size::Base(qty) }, CONDITIONAL_MARKET)
                    }
                    Triggered::Limit { price, qty, time_in_force, display } => {
                        (OrderKind::Limit { price, qty, time_in_force, display }, CONDITIONAL_LIMIT)
                    }
                };
                Self { kind, trigger: Some(trigger), ..Self::of(&then) }
            }
        }
    }

    fn kind(self) -> Option<OrderKind> {
        Some(match self.kind {
            MARKET_BY_BASE => OrderKind::Market { size: Size::Base(self.qty?) },
            MARKET_BY_QUOTE => OrderKind::Market { size: Size::Quote(self.quote?) },
            LIMIT => OrderKind::Limit {
                price: self.price?,
                qty: self.qty?,
                time_in_force: self.time_in_force?,
                display: self.display,
            },
            LIMIT_MAKER => {
                OrderKind::LimitMaker { price: self.price?, qty: self.qty?, display: self.display }
            }
            CONDITIONAL_MARKET => OrderKind::Conditional {
                trigger: self.trigger?,
                then: Triggered::Market { qty: self.qty? },
            },
            CONDITIONAL_LIMIT => OrderKind::Conditional {
                trigger: self.trigger?,
                then: Triggered::Limit {
                    price: self.price?,
                    qty: self.qty?,
                    time_in_force: self.time_in_force?,
                    display: self.display,
                },
            },
            _ => return None,
        })
    }
}

fn time_in_force_of(code: i32, good_till: Option<Moment>) -> Option<TimeInForce> {
    match code {
        0 => Some(TimeInForce::Gtc),
        1 => Some(TimeInForce::Ioc),
        2 => Some(TimeInForce::Fok),
        3 => good_till.map(|Moment(time)| TimeInForce::Gtd(time)),
        _ => None,
    }
}

const fn time_in_force_code(time_in_force: TimeInForce) -> (i32, Option<Moment>) {
    match time_in_force {
        TimeInForce::Gtc => (0, None),
        TimeInForce::Ioc => (1, None),
        TimeInForce::Fok => (2, None),
        TimeInForce::Gtd(time) => (3, Some(Moment(time))),
    }
}

impl Row for OrderRecord {
    type Model = table::order::Model;

    fn store(&self) -> Self::Model {
        let asked = Asked::of(&self.new.kind);
        let time_in_force = asked.time_in_force.map(time_in_force_code);
        let trailing = asked.trigger.and_then(|trigger| trigger.trailing);
        table::order::Model {
            id: Whole(self.id.0),
            account: Whole(self.new.account.0.into()),
            market: self.new.market.0.into(),
            list: self.list.map(|list| Whole(list.0)),
            client_id: self.client_id.to_string(),
            first_client_id: self.new.client_id.to_string(),
            side: self.new.side.code(),
            stp: self.new.stp.code(),
            kind: asked.kind,
            asked_qty: asked.qty.map(lots),
            asked_quote: asked.quote.map(Money),
            price: asked.price.map(whole),
            time_in_force: time_in_force.map(|(code, _)| code),
            good_till: time_in_force.and_then(|(_, till)| till),
            display: asked.display.map(lots),
            trigger_kind: asked.trigger.map(|trigger| trigger.kind.code()),
            trigger_price: asked.trigger.and_then(|trigger| trigger.price).map(whole),
            trailing_delta: trailing.map(|trailing| Whole(trailing.delta.into())),
            trigger_at: self.trigger_at.map(whole),
            status: self.status.code(),
            ended_by: self.ended_by.map(Code::code),
            qty: lots(self.qty),
            filled: lots(self.filled),
            quote_filled: Money(self.quote_filled),
            prevented: lots(self.prevented),
            prevention: self.prevention.map(|prevention| Whole(prevention.0)),
            created_at: Moment(self.created),
            updated_at: Moment(self.updated),
            working_at: self.working.map(Moment),
            triggered_at: self.triggered.map(Moment),
            seq: Whole(self.seq.0),
            strategy_id: self.label.strategy_id.map(Whole),
            strategy_type: self.label.strategy_type.map(Whole),
        }
    }

    fn load(row: &Self::Model) -> Option<Self> {
        Some(Self {
            id: OrderId(row.id.0),
            list: row.list.map(|list| ListId(list.0)),
            new: NewOrder {
                account: account(row.account)?,
                market: market(row.market)?,
                client_id: ClientOrderId::new(&row.first_client_id).ok()?,
                side: Side::of(row.side)?,
                stp: SelfTradePrevention::of(row.stp)?,
                kind: asked_of(row)?.kind()?,
            },
            client_id: ClientOrderId::new(&row.client_id).ok()?,
            label: Label {
                strategy_id: row.strategy_id.map(|it| it.0),
                strategy_type: row.strategy_type.map(|it| it.0),
            },
            status: Code::of(row.status)?,
            qty: qty(row.qty)?,
            filled: qty(row.filled)?,
            quote_filled: row.quote_filled.0,
            prevented: qty(row.prevented)?,
            prevention: row.prevention.map(|prevention| PreventionId(prevention.0)),
            trigger_at: optional(row.trigger_at, price)?,
            triggered: row.triggered_at.map(|at| at.0),
            created: row.created_at.0,
            updated: row.updated_at.0,
            working: row.working_at.map(|at| at.0),
            seq: Seq(row.seq.0),
            ended_by: optional(row.ended_by, Code::of)?,
        })
    }
}

fn asked_of(row: &table::order::Model) -> Option<Asked> {
    let trailing = optional(row.trailing_delta, |delta| u32::try_from(delta.0).ok())?;
    let trigger = match optional(row.trigger_kind, TriggerKind::of)? {
        None => None,
        Some(kind) => Some(Trigger {
            kind,
            price: optional(row.trigger_price, price)?,
            trailing: trailing.map(|delta| Trailing { delta }),
        }),
    };
    Some(Asked {
        kind: row.kind,
        qty: optional(row.asked_qty, qty)?,
        quote: row.asked_quote.map(|quote| quote.0),
        price: optional(row.price, price)?,
        time_in_force: optional(row.time_in_force, |it| time_in_force_of(it, row.good_till))?,
        display: optional(row.display, qty)?,
        trigger,
    })
}

impl Row for FillRecord {
    type Model = table::fill::Model;

    fn store(&self) -> Self::Model {
        table::fill::Model {
            account: Whole(self.account.0.into()),
            number: Whole(self.number),
            market: self.market.0.into(),
            trade: Whole(self.trade.0),
            order_id: Whole(self.order.0),
            list: self.list.map(|list| Whole(list.0)),
            side: self.side.code(),
            is_maker: self.maker.into(),
            price: whole(self.price),
            qty: lots(self.qty),
            quote: Money(self.quote),
            fee: Money(self.fee),
            fee_asset: self.fee_asset.0.into(),
            at: Moment(self.time),
            seq: Whole(self.seq.0),
        }
    }

    fn load(row: &Self::Model) -> Option<Self> {
        Some(Self {
            number: row.number.0,
            seq: Seq(row.seq.0),
            trade: TradeId(row.trade.0),
            market: market(row.market)?,
            account: account(row.account)?,
            order: OrderId(row.order_id.0),
            list: row.list.map(|list| ListId(list.0)),
            side: Side::of(row.side)?,
            maker: row.is_maker != 0,
            price: price(row.price)?,
            qty: qty(row.qty)?,
            quote: row.quote.0,
            fee: row.fee.0,
            fee_asset: asset(row.fee_asset)?,
            time: row.at.0,
        })
    }
}

impl Row for TradeRecord {
    type Model = table::trade::Model;

    fn store(&self) -> Self::Model {
        table::trade::Model {
            market: self.market.0.into(),
            id: Whole(self.id.0),
            price: whole(self.price),
            qty: lots(self.qty),
            quote: Money(self.quote),
            taker_side: self.taker_side.code(),
            at: Moment(self.time),
            seq: Whole(self.seq.0),
        }
    }

    fn load(row: &Self::Model) -> Option<Self> {
        Some(Self {
            id: TradeId(row.id.0),
            market: market(row.market)?,
            price: price(row.price)?,
            qty: qty(row.qty)?,
            quote: row.quote.0,
            taker_side: Side::of(row.taker_side)?,
            time: row.at.0,
            seq: Seq(row.seq.0),
        })
    }
}

impl Row for AggregateTrade {
    type Model = table::aggregate::Model;

    fn store(&self) -> Self::Model {
        table::aggregate::Model {
            market: self.market.0.into(),
            id: Whole(self.id),
            price: whole(self.price),
            lots: sum(self.lots),
            quote: Money(self.quote),
            first_trade: Whole(self.first.0),
            last_trade: Whole(self.last.0),
            taker_side: self.taker_side.code(),
            at: Moment(self.time),
        }
    }

    fn load(row: &Self::Model) -> Option<Self> {
        Some(Self {
            id: row.id.0,
            market: market(row.market)?,
            price: price(row.price)?,
            lots: sum_of(row.lots)?,
            quote: row.quote.0,
            first: TradeId(row.first_trade.0),
            last: TradeId(row.last_trade.0),
            taker_side: Side::of(row.taker_side)?,
            time: row.at.0,
        })
    }
}

/// A candle in which something traded, with where it belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CandleRecord {
    pub(crate) market: MarketId,
    pub(crate) interval: Interval,
    pub(crate) candle: Candle,
}

impl Row for CandleRecord {
    type Model = table::candle::Model;

    fn store(&self) -> Self::Model {
        let candle = &self.candle;
        let (first, last) = candle.trade_ids.unwrap_or_default();
        table::candle::Model {
            market: self.market.0.into(),
            span: self.interval.code(),
            open_at: Moment(candle.open_time),
            close_at: Moment(candle.close_time),
            open: whole(candle.open),
            high: whole(candle.high),
            low: whole(candle.low),
            close: whole(candle.close),
            lots: sum(candle.lots),
            quote: Money(candle.quote),
            taker_buy_lots: sum(candle.taker_buy_lots),
            taker_buy_quote: Money(candle.taker_buy_quote),
            first_trade: Whole(first.0),
            last_trade: Whole(last.0),
            trades: Whole(candle.trades),
        }
    }

    fn load(row: &Self::Model) -> Option<Self> {
        let candle = Candle {
            open_time: row.open_at.0,
            close_time: row.close_at.0,
            open: price(row.open)?,
            high: price(row.high)?,
            low: price(row.low)?,
            close: price(row.close)?,
            lots: sum_of(row.lots)?,
            quote: row.quote.0,
            taker_buy_lots: sum_of(row.taker_buy_lots)?,
            taker_buy_quote: row.taker_buy_quote.0,
            trade_ids: Some((TradeId(row.first_trade.0), TradeId(row.last_trade.0))),
            trades: row.trades.0,
        };
        Some(Self { market: market(row.market)?, interval: Interval::of(row.span)?, candle })
    }
}

impl Row for ListRecord {
    type Model = table::list::Model;

    fn store(&self) -> Self::Model {
        table::list::Model {
            id: Whole(self.id.0),
            account: Whole(self.account.0.into()),
            market: self.market.0.into(),
            client_id: self.client_id.to_string(),
            first_order: Whole(self.orders[0].0),
            second_order: Whole(self.orders[1].0),
            first_client_id: self.order_client_ids[0].to_string(),
            second_client_id: self.order_client_ids[1].to_string(),
            state: self.state.code(),
            created_at: Moment(self.created),
            updated_at: Moment(self.updated),
            seq: Whole(self.seq.0),
        }
    }

    fn load(row: &Self::Model) -> Option<Self> {
        Some(Self {
            id: ListId(row.id.0),
            account: account(row.account)?,
            market: market(row.market)?,
            client_id: ClientOrderId::new(&row.client_id).ok()?,
            orders: [OrderId(row.first_order.0), OrderId(row.second_order.0)],
            order_client_ids: [
                ClientOrderId::new(&row.first_client_id).ok()?,
                ClientOrderId::new(&row.second_client_id).ok()?,
            ],
            state: Code::of(row.state)?,
            created: row.created_at.0,
            updated: row.updated_at.0,
            seq: Seq(row.seq.0),
        })
    }
}

impl Row for PreventionRecord {
    type Model = table::prevention::Model;

    fn store(&self) -> Self::Model {
        table::prevention::Model {
            market: self.market.0.into(),
            id: Whole(self.id.0),
            account: Whole(self.account.0.into()),
            taker: Whole(self.taker.0),
            taker_side: self.taker_side.code(),
            maker: Whole(self.maker.0),
            price: whole(self.price),
            taker_qty: lots(self.taker_qty),
            maker_qty: lots(self.maker_qty),
            mode: self.mode.code(),
            at: Moment(self.time),
            seq: Whole(self.seq.0),
        }
    }

    fn load(row: &Self::Model) -> Option<Self> {
        Some(Self {
            id: PreventionId(row.id.0),
            market: market(row.market)?,
            account: account(row.account)?,
            taker: OrderId(row.taker.0),
            taker_side: Side::of(row.taker_side)?,
            maker: OrderId(row.maker.0),
            price: price(row.price)?,
            taker_qty: qty(row.taker_qty)?,
            maker_qty: qty(row.maker_qty)?,
            mode: SelfTradePrevention::of(row.mode)?,
            time: row.at.0,
            seq: Seq(row.seq.0),
        })
    }
}

impl Row for AmendmentRecord {
    type Model = table::amendment::Model;

    fn store(&self) -> Self::Model {
        table::amendment::Model {
            seq: Whole(self.seq.0),
            account: Whole(self.account.0.into()),
            market: self.market.0.into(),
            order_id: Whole(self.order.0),
            client_id_before: self.client_ids[0].to_string(),
            client_id: self.client_ids[1].to_string(),
            qty_before: lots(self.qtys[0]),
            qty: lots(self.qtys[1]),
            at: Moment(self.time),
        }
    }

    fn load(row: &Self::Model) -> Option<Self> {
        Some(Self {
            seq: Seq(row.seq.0),
            account: account(row.account)?,
            market: market(row.market)?,
            order: OrderId(row.order_id.0),
            client_ids: [
                ClientOrderId::new(&row.client_id_before).ok()?,
                ClientOrderId::new(&row.client_id).ok()?,
            ],
            qtys: [qty(row.qty_before)?, qty(row.qty)?],
            time: row.at.0,
        })
    }
}

impl Row for AdjustmentRecord {
    type Model = table::adjustment::Model;

    fn store(&self) -> Self::Model {
        table::adjustment::Model {
            seq: Whole(self.seq.0),
            account: Whole(self.account.0.into()),
            asset: self.asset.0.into(),
            amount: Money(self.amount),
            reference: Money(self.reference.cast_signed()),
            at: Moment(self.time),
        }
    }

    fn load(row: &Self::Model) -> Option<Self> {
        Some(Self {
            seq: Seq(row.seq.0),
            account: account(row.account)?,
            asset: asset(row.asset)?,
            amount: row.amount.0,
            reference: row.reference.0.cast_unsigned(),
            time: row.at.0,
        })
    }
}
