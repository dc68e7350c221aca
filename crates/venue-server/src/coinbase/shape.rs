//! Orders, fills and markets as the venue writes them.

use engine::{CancelReason, TriggerKind};
use model::{Decimal, Side, UserId};
use venue::coinbase::{
    DatedLimit, DatedStopLimit, DecimalText, FillRow, HistoricalOrder, LimitSize, Liquidity,
    MarketSize, MaybeDecimal, OrderConfiguration, OrderSide, OrderStatus, PriceLevel, Product,
    RestingLimit, StopDirection, StopLimit, StreamTicker, TimeInForce, UserOrder, moment_text,
    symbol_of,
};
use venue::port::OrderState;

use super::ids::{fill_name, order_name, user_name};
use super::names::Names;
use super::words::{maybe, name_of, percent, text};
use crate::desk::{DeskFill, DeskOrderView, DeskSize, DeskTerms, DeskTicker, MarketFacts};

/// Digits of a percentage.
const PERCENT_DIGITS: u8 = 8;

/// A price level.
pub fn level(level: venue::Level) -> PriceLevel {
    PriceLevel { price: text(level.price), size: text(level.qty) }
}

/// A market with what became of it in 24 hours.
pub fn product(facts: &MarketFacts, ticker: Option<&DeskTicker>) -> Product<'static> {
    let id = symbol_of(facts.pair);
    let (base, quote) = (facts.pair.base.to_string(), facts.pair.quote.to_string());
    let number = |number: Option<Decimal>| text(number.unwrap_or_default());
    let best = |level: Option<venue::Level>| maybe(level.map(|level| level.price));
    Product {
        product_id: id.clone().into(),
        price: maybe(ticker.and_then(|it| it.last)),
        price_percentage_change_24h: maybe(Some(ticker.map_or(Decimal::ZERO, change))),
        volume_24h: maybe(Some(ticker.map_or(Decimal::ZERO, |it| it.volume))),
        volume_percentage_change_24h: maybe(Some(Decimal::ZERO)),
        base_increment: number(facts.qty.step),
        quote_increment: text(quote_step(facts)),
        quote_min_size: number(facts.notional.min),
        quote_max_size: number(facts.notional.max),
        base_min_size: number(facts.qty.min),
        base_max_size: number(facts.qty.max),
        base_name: name_of(&base).to_owned().into(),
        quote_name: name_of(&quote).to_owned().into(),
        is_disabled: false,
        status: if facts.is_open { "online" } else { "offline" }.into(),
        trading_disabled: !facts.is_open,
        product_type: "SPOT".into(),
        price_increment: number(facts.price.step),
        base_display_symbol: base.clone().into(),
        quote_display_symbol: quote.clone().into(),
        quote_currency_id: quote.into(),
        base_currency_id: base.into(),
        display_name: id.into(),
        product_venue: "CBE".into(),
        approximate_quote_24h_volume: maybe(ticker.map(|it| it.quote_volume)),
        best_bid_price: best(ticker.and_then(|it| it.bid)),
        best_ask_price: best(ticker.and_then(|it| it.ask)),
        ..Product::default()
    }
}

/// The smallest amount of quote that is traded.
pub fn quote_step(facts: &MarketFacts) -> Decimal {
    let smallest = Decimal::new(1, facts.quote_scale).unwrap_or_default();
    facts.price.step.unwrap_or(smallest)
}

/// Of the price over 24 hours, in percent; nothing where nothing traded.
fn change(ticker: &DeskTicker) -> Decimal {
    let (Some(open), Some(last)) = (ticker.open, ticker.last) else { return Decimal::ZERO };
    let change = last.checked_sub(open);
    change.and_then(|change| percent(change, open, PERCENT_DIGITS)).unwrap_or_default()
}

/// A market over 24 hours, for sockets. Nothing is older than a day here, so 52 weeks are as one.
pub fn ticker(ticker: &DeskTicker) -> StreamTicker<'static> {
    let price = |level: Option<venue::Level>| maybe(level.map(|level| level.price));
    let qty = |level: Option<venue::Level>| maybe(level.map(|level| level.qty));
    StreamTicker {
        kind: "ticker".into(),
        product_id: symbol_of(ticker.pair).into(),
        price: maybe(ticker.last),
        volume_24_h: text(ticker.volume),
        low_24_h: maybe(ticker.low),
        high_24_h: maybe(ticker.high),
        low_52_w: maybe(ticker.low),
        high_52_w: maybe(ticker.high),
        price_percent_chg_24_h: maybe(Some(change(ticker))),
        best_bid: price(ticker.bid),
        best_bid_quantity: qty(ticker.bid),
        best_ask: price(ticker.ask),
        best_ask_quantity: qty(ticker.ask),
    }
}

/// Buy or sell.
pub const fn side(side: Side) -> OrderSide {
    match side {
        Side::Buy => OrderSide::Buy,
        Side::Sell => OrderSide::Sell,
    }
}

/// Whose order rested, of a trade whose taker is known.
pub const fn maker_side(taker: Side) -> OrderSide {
    match taker {
        Side::Buy => OrderSide::Sell,
        Side::Sell => OrderSide::Buy,
    }
}

/// What an order asks.
pub fn configuration(order: &DeskOrderView) -> OrderConfiguration<'static> {
    let (base, limit) = (text, text);
    match order.terms {
        DeskTerms::PostOnly { price, qty, .. } => OrderConfiguration::LimitLimitGtc(RestingLimit {
            base_size: base(qty),
            limit_price: limit(price),
            post_only: true,
        }),
        DeskTerms::Limit { price, qty, lasting, .. } => {
            let (base_size, limit_price) = (base(qty), limit(price));
            match lasting {
                engine::TimeInForce::Gtc => OrderConfiguration::LimitLimitGtc(RestingLimit {
                    base_size,
                    limit_price,
                    post_only: false,
                }),
                engine::TimeInForce::Ioc => {
                    OrderConfiguration::SorLimitIoc(LimitSize { base_size, limit_price })
                }
                engine::TimeInForce::Fok => {
                    OrderConfiguration::LimitLimitFok(LimitSize { base_size, limit_price })
                }
                engine::TimeInForce::Gtd(time) => OrderConfiguration::LimitLimitGtd(DatedLimit {
                    base_size,
                    limit_price,
                    end_time: moment_text(time).into(),
                    post_only: false,
                }),
            }
        }
        DeskTerms::Market { size } => OrderConfiguration::MarketMarketIoc(match size {
            DeskSize::Base(qty) => MarketSize { quote_size: None, base_size: Some(base(qty)) },
            DeskSize::Quote(amount) => {
                MarketSize { quote_size: Some(text(amount)), base_size: None }
            }
        }),
        DeskTerms::Stop { stop, at, qty, limit: then } => {
            let (price, lasting) = then.unwrap_or((at, engine::TimeInForce::Gtc));
            let (base_size, limit_price, stop_price) = (base(qty), limit(price), limit(at));
            let stop_direction = direction(order.side, stop);
            match lasting {
                engine::TimeInForce::Gtd(time) => {
                    OrderConfiguration::StopLimitStopLimitGtd(DatedStopLimit {
                        base_size,
                        limit_price,
                        stop_price,
                        end_time: moment_text(time).into(),
                        stop_direction,
                    })
                }
                engine::TimeInForce::Gtc | engine::TimeInForce::Ioc | engine::TimeInForce::Fok => {
                    OrderConfiguration::StopLimitStopLimitGtc(StopLimit {
                        base_size,
                        limit_price,
                        stop_price,
                        stop_direction,
                    })
                }
            }
        }
    }
}

/// From where a stop is reached: against its holder is up for who buys.
pub const fn direction(side: Side, stop: TriggerKind) -> StopDirection {
    match (side, stop) {
        (Side::Buy, TriggerKind::StopLoss) | (Side::Sell, TriggerKind::TakeProfit) => {
            StopDirection::Up
        }
        (Side::Sell, TriggerKind::StopLoss) | (Side::Buy, TriggerKind::TakeProfit) => {
            StopDirection::Down
        }
    }
}

/// Where an order stands. What ended by its own terms is told as cancelled, unless it was to end
/// at a time.
fn status(order: &DeskOrderView) -> OrderStatus {
    match order.state {
        OrderState::Open | OrderState::PartiallyFilled => OrderStatus::Open,
        OrderState::Filled => OrderStatus::Filled,
        OrderState::Canceled => OrderStatus::Cancelled,
        OrderState::Expired if order.ended_by == Some(CancelReason::TimedOut) => {
            OrderStatus::Expired
        }
        OrderState::Expired => OrderStatus::Cancelled,
        OrderState::Rejected => OrderStatus::Failed,
    }
}

const fn time_in_force(order: &DeskOrderView) -> TimeInForce {
    let lasting = match order.terms {
        DeskTerms::Limit { lasting, .. } | DeskTerms::Stop { limit: Some((_, lasting)), .. } => {
            lasting
        }
        DeskTerms::PostOnly { .. } | DeskTerms::Stop { limit: None, .. } => {
            engine::TimeInForce::Gtc
        }
        DeskTerms::Market { .. } => engine::TimeInForce::Ioc,
    };
    match lasting {
        engine::TimeInForce::Gtc => TimeInForce::GoodUntilCancelled,
        engine::TimeInForce::Ioc => TimeInForce::ImmediateOrCancel,
        engine::TimeInForce::Fok => TimeInForce::FillOrKill,
        engine::TimeInForce::Gtd(_) => TimeInForce::GoodUntilDateTime,
    }
}

/// Its kind on the wire of requests, and on that of sockets.
const fn kind(order: &DeskOrderView) -> (&'static str, &'static str) {
    match order.terms {
        DeskTerms::Limit { .. } | DeskTerms::PostOnly { .. } => ("LIMIT", "Limit"),
        DeskTerms::Market { .. } => ("MARKET", "Market"),
        DeskTerms::Stop { .. } => ("STOP_LIMIT", "Stop Limit"),
    }
}

const fn trigger_status(order: &DeskOrderView) -> &'static str {
    match order.terms {
        DeskTerms::Stop { .. } if order.is_waiting => "STOP_PENDING",
        DeskTerms::Stop { .. } => "STOP_TRIGGERED",
        DeskTerms::Limit { .. } | DeskTerms::PostOnly { .. } | DeskTerms::Market { .. } => {
            "INVALID_ORDER_TYPE"
        }
    }
}

/// Its limit and the price that wakes it.
const fn prices(order: &DeskOrderView) -> (Option<Decimal>, Option<Decimal>) {
    match order.terms {
        DeskTerms::Limit { price, .. } | DeskTerms::PostOnly { price, .. } => (Some(price), None),
        DeskTerms::Market { .. } => (None, None),
        DeskTerms::Stop { at, limit: Some((price, _)), .. } => (Some(price), Some(at)),
        DeskTerms::Stop { at, limit: None, .. } => (None, Some(at)),
    }
}

/// What is left of it, of base.
fn left(order: &DeskOrderView) -> Decimal {
    if order.state.is_final() { Decimal::ZERO } else { order.rest() }
}

/// What is reserved for what is left, less the fee: quote of who buys, base of who sells.
fn hold(order: &DeskOrderView) -> Decimal {
    match (order.side, prices(order).0) {
        (Side::Sell, _) => left(order),
        (Side::Buy, Some(price)) => left(order).times(price).unwrap_or_default(),
        (Side::Buy, None) => Decimal::ZERO,
    }
}

/// What was paid or received in the end.
fn after_fees(order: &DeskOrderView) -> Decimal {
    let after = match order.side {
        Side::Buy => order.quote_filled.checked_add(order.fee),
        Side::Sell => order.quote_filled.checked_sub(order.fee),
    };
    after.expect("amounts of the ledger")
}

fn completion(order: &DeskOrderView) -> Decimal {
    match order.state {
        OrderState::Filled => Decimal::new(100, 0).unwrap_or_default(),
        OrderState::Open
        | OrderState::PartiallyFilled
        | OrderState::Canceled
        | OrderState::Expired
        | OrderState::Rejected => percent(order.filled, order.qty, 2).unwrap_or_default(),
    }
}

/// An order.
pub fn historical(order: &DeskOrderView, user: &UserId, names: &Names) -> HistoricalOrder<'static> {
    let by_quote = matches!(order.terms, DeskTerms::Market { size: DeskSize::Quote(_) });
    let some = |number: Decimal| maybe(Some(number));
    HistoricalOrder {
        order_id: order_name(order.id).into(),
        product_id: symbol_of(order.pair).into(),
        user_id: user_name(user).into(),
        order_configuration: configuration(order),
        side: side(order.side),
        client_order_id: names.text(order.client_id).into(),
        status: status(order),
        time_in_force: time_in_force(order),
        created_time: moment_text(order.created).into(),
        completion_percentage: some(completion(order)),
        filled_size: text(order.filled),
        average_filled_price: some(order.average.unwrap_or_default()),
        fee: MaybeDecimal(None),
        number_of_fills: order.fills.to_string().into(),
        filled_value: text(order.quote_filled),
        pending_cancel: false,
        size_in_quote: by_quote,
        total_fees: text(order.fee),
        size_inclusive_of_fees: false,
        total_value_after_fees: some(after_fees(order)),
        trigger_status: trigger_status(order).into(),
        order_type: kind(order).0.into(),
        reject_reason: "REJECT_REASON_UNSPECIFIED".into(),
        settled: order.state.is_final(),
        product_type: "SPOT".into(),
        reject_message: "".into(),
        cancel_message: cancel_text(order).into(),
        order_placement_source: "RETAIL_ADVANCED".into(),
        outstanding_hold_amount: some(hold(order)),
        is_liquidation: false,
        last_fill_time: order.last_fill.map(|time| moment_text(time).into()),
        leverage: "".into(),
        margin_type: "UNKNOWN_MARGIN_TYPE".into(),
        retail_portfolio_id: user_name(user).into(),
        originating_order_id: "".into(),
        attached_order_id: "".into(),
    }
}

const fn cancel_text(order: &DeskOrderView) -> &'static str {
    match order.state {
        OrderState::Canceled => "User requested cancel",
        OrderState::Open
        | OrderState::PartiallyFilled
        | OrderState::Filled
        | OrderState::Expired
        | OrderState::Rejected => "",
    }
}

/// An order, for its owner's sockets.
pub fn user_order(order: &DeskOrderView, user: &UserId, names: &Names) -> UserOrder<'static> {
    let some = |number: Decimal| maybe(Some(number));
    let (limit, stop) = prices(order);
    let is_post_only = matches!(order.terms, DeskTerms::PostOnly { .. });
    UserOrder {
        order_id: order_name(order.id).into(),
        client_order_id: names.text(order.client_id).into(),
        cumulative_quantity: text(order.filled),
        leaves_quantity: text(left(order)),
        avg_price: text(order.average.unwrap_or_default()),
        total_fees: text(order.fee),
        status: status(order),
        product_id: symbol_of(order.pair).into(),
        creation_time: moment_text(order.created).into(),
        order_side: side(order.side),
        order_type: kind(order).1.into(),
        cancel_reason: cancel_text(order).into(),
        reject_reason: "".into(),
        total_value_after_fees: some(after_fees(order)),
        contract_expiry_type: "UNKNOWN_CONTRACT_EXPIRY_TYPE".into(),
        product_type: "SPOT".into(),
        risk_managed_by: "UNKNOWN_RISK_MANAGEMENT_TYPE".into(),
        time_in_force: time_in_force(order),
        trigger_status: trigger_status(order).into(),
        limit_price: Some(maybe(limit)),
        stop_price: Some(maybe(stop)),
        filled_value: Some(some(order.quote_filled)),
        number_of_fills: Some(order.fills.to_string().into()),
        completion_percentage: Some(some(completion(order))),
        outstanding_hold_amount: Some(some(hold(order))),
        post_only: Some(if is_post_only { "true" } else { "false" }.into()),
        retail_portfolio_id: Some(user_name(user).into()),
    }
}

/// One trade of an order.
pub fn fill(fill: &DeskFill, user: &UserId) -> FillRow<'static> {
    let time = moment_text(fill.time);
    FillRow {
        entry_id: fill_name(fill.number).into(),
        trade_id: fill.trade.to_string().into(),
        order_id: order_name(fill.order).into(),
        trade_time: time.clone().into(),
        trade_type: "FILL".into(),
        price: DecimalText(fill.price.trimmed()),
        size: text(fill.qty),
        commission: text(fill.fee),
        product_id: symbol_of(fill.pair).into(),
        sequence_timestamp: time.into(),
        liquidity_indicator: if fill.is_maker { Liquidity::Maker } else { Liquidity::Taker },
        size_in_quote: false,
        user_id: user_name(user).into(),
        side: side(fill.side),
        retail_portfolio_id: user_name(user).into(),
    }
}
