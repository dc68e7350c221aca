//! The snapshot's form of what the engine says and of what the views keep.

use engine::{
    Allocation, Asset, Averages, CancelReason, FeeAsset, FeeTier, Filters, ListState, MarketSpec,
    MarketState, NewOrder, OrderKind, PriceBand, SelfTradePrevention, Size, TimeInForce, Trailing,
    Trigger, TriggerKind, Triggered,
};
use model::{Label, Side};

use crate::book::Book;
use crate::candle::Candle;
use crate::codec::{Input, Wire, wire_struct, wire_tags};
use crate::market_view::MarketView;
use crate::recent::Recent;
use crate::record::{
    AdjustmentRecord, AggregateTrade, AmendmentRecord, AveragePrice, Balance, Before, FillRecord,
    FillSum, ListRecord, OrderRecord, OrderStatus, PreventionRecord, TradeRecord,
};
use crate::rows::Rows;
use crate::series::{Ring, Series};

wire_tags!(Side { Buy = 0, Sell = 1 });
wire_tags!(Allocation { Fifo = 0, ProRata = 1 });
wire_tags!(FeeAsset { Received = 0, Quote = 1 });
wire_tags!(MarketState { Open = 0, PostOnly = 1, CancelOnly = 2, Halted = 3 });
wire_tags!(TriggerKind { StopLoss = 0, TakeProfit = 1 });
wire_tags!(ListState { Placed = 0, Done = 1 });
wire_tags!(SelfTradePrevention {
    None = 0,
    ExpireTaker = 1,
    ExpireMaker = 2,
    ExpireBoth = 3,
    Decrement = 4,
});
wire_tags!(OrderStatus {
    New = 0,
    PartiallyFilled = 1,
    Filled = 2,
    Canceled = 3,
    Expired = 4,
    ExpiredInMatch = 5,
});
wire_tags!(CancelReason {
    Requested = 0,
    Replaced = 1,
    NotFilled = 2,
    FillOrKill = 3,
    SelfTrade = 4,
    ListEnded = 5,
    TriggerFailed = 6,
    TimedOut = 7,
    PriceBand = 8,
});

wire_struct!(Asset { code, scale });
wire_struct!(FeeTier { maker, taker });
wire_struct!(PriceBand { bid_up, bid_down, ask_up, ask_down });
wire_struct!(Averages { minutes });
wire_struct!(Filters {
    price,
    qty,
    market_qty,
    notional,
    notional_min_to_market,
    notional_max_to_market,
    band,
    averages,
    orders_max,
    algo_orders_max,
    iceberg_orders_max,
    iceberg_parts_max,
    lists_max,
    amends_max,
    position_max,
    trailing_delta,
});
wire_struct!(MarketSpec {
    base,
    quote,
    tick_units,
    tick_scale,
    lot_units,
    allocation,
    fee_asset,
    filters,
    fees,
});
wire_struct!(NewOrder { account, market, client_id, side, stp, kind });
wire_struct!(Trailing { delta });
wire_struct!(Trigger { kind, price, trailing });
wire_struct!(Label { strategy_id, strategy_type });
wire_struct!(OrderRecord {
    id,
    list,
    new,
    client_id,
    label,
    status,
    qty,
    filled,
    quote_filled,
    fills = 4,
    prevented,
    prevention,
    trigger_at,
    triggered,
    created,
    updated,
    working,
    seq,
    ended_by,
    before = 6,
});
wire_struct!(Before { first, created, filled, quote_filled, prevented, fills });
wire_struct!(FillSum { count, fee, last });
wire_struct!(FillRecord {
    number,
    seq,
    trade,
    market,
    account,
    order,
    first = 6,
    list,
    side,
    maker,
    price,
    qty,
    quote,
    fee,
    fee_asset,
    time,
});
wire_struct!(TradeRecord { id, market, price, qty, quote, taker_side, time, seq });
wire_struct!(AggregateTrade { id, market, price, lots, quote, first, last, taker_side, time });
wire_struct!(AveragePrice { minutes, price, at });
wire_struct!(Balance { asset, available, held, updated });
wire_struct!(ListRecord {
    id,
    account,
    market,
    client_id,
    orders,
    order_client_ids,
    state,
    created,
    updated,
    seq,
});
wire_struct!(PreventionRecord {
    id,
    market,
    account,
    taker,
    taker_side,
    maker,
    price,
    taker_qty,
    maker_qty,
    mode,
    time,
    seq,
});
wire_struct!(AdjustmentRecord { seq, account, asset, amount, reference, time });
wire_struct!(AmendmentRecord { seq, account, market, order, client_ids, qtys, time });
wire_struct!(Candle {
    open_time,
    close_time,
    open,
    high,
    low,
    close,
    lots,
    quote,
    taker_buy_lots,
    taker_buy_quote,
    trade_ids,
    trades,
});
wire_struct!(Book { bids, asks, update_id, time });
wire_struct!(Ring { candles, forgot });
wire_struct!(MarketView { id, book, trades, aggregates, series, average, last_trade });
wire_struct!(Rows {
    orders,
    lists,
    trades,
    aggregates,
    fills,
    preventions,
    adjustments,
    amendments
});

impl<T: Wire> Wire for Recent<T> {
    fn put(&self, out: &mut Vec<u8>) {
        self.items.put(out);
        self.forgotten.put(out);
    }

    fn take(input: &mut Input<'_>) -> Option<Self> {
        let (items, forgotten) = (Wire::take(input)?, Wire::take(input)?);
        if input.format < 5 {
            // How many were forgotten that the bound over all still counted.
            u64::take(input)?;
        }
        Some(Self { items, forgotten })
    }
}

impl Wire for Series {
    fn put(&self, out: &mut Vec<u8>) {
        self.rings.iter().for_each(|ring| ring.put(out));
    }

    fn take(input: &mut Input<'_>) -> Option<Self> {
        let mut series = Self::default();
        for ring in &mut series.rings {
            *ring = Ring::take(input)?;
        }
        Some(series)
    }
}

impl Wire for Size {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Base(qty) => (0_u8, *qty).put(out),
            Self::Quote(amount) => (1_u8, *amount).put(out),
        }
    }

    fn take(input: &mut Input<'_>) -> Option<Self> {
        match u8::take(input)? {
            0 => Wire::take(input).map(Self::Base),
            1 => Wire::take(input).map(Self::Quote),
            _ => None,
        }
    }
}

impl Wire for TimeInForce {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Gtc => 0_u8.put(out),
            Self::Ioc => 1_u8.put(out),
            Self::Fok => 2_u8.put(out),
            Self::Gtd(time) => (3_u8, *time).put(out),
        }
    }

    fn take(input: &mut Input<'_>) -> Option<Self> {
        match u8::take(input)? {
            0 => Some(Self::Gtc),
            1 => Some(Self::Ioc),
            2 => Some(Self::Fok),
            3 => Wire::take(input).map(Self::Gtd),
            _ => None,
        }
    }
}

impl Wire for Triggered {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Market { qty } => (0_u8, *qty).put(out),
            Self::Limit { price, qty, time_in_force, display } => {
                (1_u8, (*price, *qty)).put(out);
                (*time_in_force, *display).put(out);
            }
        }
    }

    fn take(input: &mut Input<'_>) -> Option<Self> {
        match u8::take(input)? {
            0 => Some(Self::Market { qty: Wire::take(input)? }),
            1 => Some(Self::Limit {
                price: Wire::take(input)?,
                qty: Wire::take(input)?,
                time_in_force: Wire::take(input)?,
                display: Wire::take(input)?,
            }),
            _ => None,
        }
    }
}

impl Wire for OrderKind {
    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Self::Market { size } => (0_u8, *size).put(out),
            Self::Limit { price, qty, time_in_force, display } => {
                (1_u8, (*price, *qty)).put(out);
                (*time_in_force, *display).put(out);
            }
            Self::LimitMaker { price, qty, display } => {
                (2_u8, (*price, *qty)).put(out);
                display.put(out);
            }
            Self::Conditional { trigger, then } => (3_u8, (*trigger, *then)).put(out),
        }
    }

    fn take(input: &mut Input<'_>) -> Option<Self> {
        match u8::take(input)? {
            0 => Some(Self::Market { size: Wire::take(input)? }),
            1 => Some(Self::Limit {
                price: Wire::take(input)?,
                qty: Wire::take(input)?,
                time_in_force: Wire::take(input)?,
                display: Wire::take(input)?,
            }),
            2 => Some(Self::LimitMaker {
                price: Wire::take(input)?,
                qty: Wire::take(input)?,
                display: Wire::take(input)?,
            }),
            3 => Some(Self::Conditional { trigger: Wire::take(input)?, then: Wire::take(input)? }),
            _ => None,
        }
    }
}
