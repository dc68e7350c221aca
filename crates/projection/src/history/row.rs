//! Records as rows, and rows as records.
//!
//! Fails   a row that no writer of ours wrote reads as `None`.

use database::{Cells, Moment, Money, Whole};
use engine::{
    NewOrder, OrderKind, SelfTradePrevention, Size, TimeInForce, Trailing, Trigger, TriggerKind,
    Triggered,
};
use model::{
    AccountId, AssetId, ClientOrderId, Interval, Label, ListId, MarketId, OrderId, PreventionId,
    Price, Qty, Seq, Side, TradeId,
};

use super::code::Code;
use super::table;
use crate::candle::Candle;
use crate::record::{
    AdjustmentRecord, AggregateTrade, AmendmentRecord, FillRecord, FillSum, ListRecord,
    OrderRecord, PreventionRecord, TradeRecord,
};

/// What is kept as a row.
pub(crate) trait Row: Sized {
    type Model;
    /// Its values, in the order of the model's fields.
    fn store(&self, to: &mut Cells);
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

    fn store(&self, to: &mut Cells) {
        let asked = Asked::of(&self.new.kind);
        let time_in_force = asked.time_in_force.map(time_in_force_code);
        let trailing = asked.trigger.and_then(|trigger| trigger.trailing);
        to.put(Whole(self.id.0));
        to.put(Whole(self.new.account.0.into()));
        to.put(i32::from(self.new.market.0));
        to.put_optional(self.list.map(|list| Whole(list.0)));
        to.put(self.client_id.as_str());
        to.put(self.new.client_id.as_str());
        to.put(self.new.side.code());
        to.put(self.new.stp.code());
        to.put(asked.kind);
        to.put_optional(asked.qty.map(lots));
        to.put_optional(asked.quote.map(Money));
        to.put_optional(asked.price.map(whole));
        to.put_optional(time_in_force.map(|(code, _)| code));
        to.put_optional(time_in_force.and_then(|(_, till)| till));
        to.put_optional(asked.display.map(lots));
        to.put_optional(asked.trigger.map(|trigger| trigger.kind.code()));
        to.put_optional(asked.trigger.and_then(|trigger| trigger.price).map(whole));
        to.put_optional(trailing.map(|trailing| Whole(trailing.delta.into())));
        to.put_optional(self.trigger_at.map(whole));
        to.put(self.status.code());
        to.put_optional(self.ended_by.map(Code::code));
        to.put(lots(self.qty));
        to.put(lots(self.filled));
        to.put(Money(self.quote_filled));
        to.put(lots(self.prevented));
        to.put_optional(self.prevention.map(|prevention| Whole(prevention.0)));
        to.put(Moment(self.created));
        to.put(Moment(self.updated));
        to.put_optional(self.working.map(Moment));
        to.put_optional(self.triggered.map(Moment));
        to.put(Whole(self.seq.0));
        to.put_optional(self.label.strategy_id.map(Whole));
        to.put_optional(self.label.strategy_type.map(Whole));
        to.put_optional(self.fills.map(|fills| Whole(fills.count)));
        to.put_optional(self.fills.map(|fills| Money(fills.fee)));
        to.put_optional(self.fills.map(|fills| Moment(fills.last)));
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
            fills: fills_of(row),
            prevented: qty(row.prevented)?,
            prevention: row.prevention.map(|prevention| PreventionId(prevention.0)),
            trigger_at: optional(row.trigger_at, price)?,
            triggered: row.triggered_at.map(|at| at.0),
            created: row.created_at.0,
            updated: row.updated_at.0,
            working: row.working_at.map(|at| at.0),
            seq: Seq(row.seq.0),
            ended_by: optional(row.ended_by, Code::of)?,
            before: None,
        })
    }
}

/// `None` also of a row that was written before these were.
const fn fills_of(row: &table::order::Model) -> Option<FillSum> {
    match (row.fill_count, row.fill_fee, row.last_fill_at) {
        (Some(count), Some(fee), Some(last)) => {
            Some(FillSum { count: count.0, fee: fee.0, last: last.0 })
        }
        _ => None,
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

    fn store(&self, to: &mut Cells) {
        to.put(Whole(self.account.0.into()));
        to.put(Whole(self.number));
        to.put(i32::from(self.market.0));
        to.put(Whole(self.trade.0));
        to.put(Whole(self.order.0));
        to.put_optional(self.list.map(|list| Whole(list.0)));
        to.put(self.side.code());
        to.put(i32::from(self.maker));
        to.put(whole(self.price));
        to.put(lots(self.qty));
        to.put(Money(self.quote));
        to.put(Money(self.fee));
        to.put(i32::from(self.fee_asset.0));
        to.put(Moment(self.time));
        to.put(Whole(self.seq.0));
    }

    fn load(row: &Self::Model) -> Option<Self> {
        Some(Self {
            number: row.number.0,
            seq: Seq(row.seq.0),
            trade: TradeId(row.trade.0),
            market: market(row.market)?,
            account: account(row.account)?,
            order: OrderId(row.order_id.0),
            first: None,
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

    fn store(&self, to: &mut Cells) {
        to.put(i32::from(self.market.0));
        to.put(Whole(self.id.0));
        to.put(whole(self.price));
        to.put(lots(self.qty));
        to.put(Money(self.quote));
        to.put(self.taker_side.code());
        to.put(Moment(self.time));
        to.put(Whole(self.seq.0));
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

    fn store(&self, to: &mut Cells) {
        to.put(i32::from(self.market.0));
        to.put(Whole(self.id));
        to.put(whole(self.price));
        to.put(sum(self.lots));
        to.put(Money(self.quote));
        to.put(Whole(self.first.0));
        to.put(Whole(self.last.0));
        to.put(self.taker_side.code());
        to.put(Moment(self.time));
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

    fn store(&self, to: &mut Cells) {
        let candle = &self.candle;
        let (first, last) = candle.trade_ids.unwrap_or_default();
        to.put(i32::from(self.market.0));
        to.put(self.interval.code());
        to.put(Moment(candle.open_time));
        to.put(Moment(candle.close_time));
        to.put(whole(candle.open));
        to.put(whole(candle.high));
        to.put(whole(candle.low));
        to.put(whole(candle.close));
        to.put(sum(candle.lots));
        to.put(Money(candle.quote));
        to.put(sum(candle.taker_buy_lots));
        to.put(Money(candle.taker_buy_quote));
        to.put(Whole(first.0));
        to.put(Whole(last.0));
        to.put(Whole(candle.trades));
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

    fn store(&self, to: &mut Cells) {
        to.put(Whole(self.id.0));
        to.put(Whole(self.account.0.into()));
        to.put(i32::from(self.market.0));
        to.put(self.client_id.as_str());
        to.put(Whole(self.orders[0].0));
        to.put(Whole(self.orders[1].0));
        to.put(self.order_client_ids[0].as_str());
        to.put(self.order_client_ids[1].as_str());
        to.put(self.state.code());
        to.put(Moment(self.created));
        to.put(Moment(self.updated));
        to.put(Whole(self.seq.0));
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

    fn store(&self, to: &mut Cells) {
        to.put(i32::from(self.market.0));
        to.put(Whole(self.id.0));
        to.put(Whole(self.account.0.into()));
        to.put(Whole(self.taker.0));
        to.put(self.taker_side.code());
        to.put(Whole(self.maker.0));
        to.put(whole(self.price));
        to.put(lots(self.taker_qty));
        to.put(lots(self.maker_qty));
        to.put(self.mode.code());
        to.put(Moment(self.time));
        to.put(Whole(self.seq.0));
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

    fn store(&self, to: &mut Cells) {
        to.put(Whole(self.seq.0));
        to.put(Whole(self.account.0.into()));
        to.put(i32::from(self.market.0));
        to.put(Whole(self.order.0));
        to.put(self.client_ids[0].as_str());
        to.put(self.client_ids[1].as_str());
        to.put(lots(self.qtys[0]));
        to.put(lots(self.qtys[1]));
        to.put(Moment(self.time));
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

    fn store(&self, to: &mut Cells) {
        to.put(Whole(self.seq.0));
        to.put(Whole(self.account.0.into()));
        to.put(i32::from(self.asset.0));
        to.put(Money(self.amount));
        to.put(Money(self.reference.cast_signed()));
        to.put(Moment(self.time));
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
