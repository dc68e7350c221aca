//! Orders: how they are asked for, cancelled and told of.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::number::{DecimalText, MaybeDecimal};

/// Buy or sell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum OrderSide {
    /// To have more base.
    Buy,
    /// To have less.
    Sell,
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "each is its own name")]
pub enum OrderStatus {
    Pending,
    Queued,
    Open,
    CancelQueued,
    EditQueued,
    Filled,
    Cancelled,
    Expired,
    Failed,
    /// The venue does not say, or says something new.
    #[serde(other)]
    UnknownOrderStatus,
}

/// How long an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "each is its own name")]
pub enum TimeInForce {
    GoodUntilCancelled,
    GoodUntilDateTime,
    ImmediateOrCancel,
    FillOrKill,
    /// The venue does not say, or says something new.
    #[serde(other)]
    UnknownTimeInForce,
}

/// From where a stop price is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each is its own name")]
pub enum StopDirection {
    #[serde(rename = "STOP_DIRECTION_STOP_UP")]
    Up,
    #[serde(rename = "STOP_DIRECTION_STOP_DOWN")]
    Down,
}

/// What an order asks: an object with one member, named after its kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is told at the type that it holds")]
pub enum OrderConfiguration<'a> {
    MarketMarketIoc(MarketSize),
    MarketMarketFok(MarketSize),
    SorLimitIoc(LimitSize),
    LimitLimitGtc(RestingLimit),
    #[serde(borrow)]
    LimitLimitGtd(DatedLimit<'a>),
    LimitLimitFok(LimitSize),
    StopLimitStopLimitGtc(StopLimit),
    #[serde(borrow)]
    StopLimitStopLimitGtd(DatedStopLimit<'a>),
}

impl OrderConfiguration<'_> {
    /// The names of these kinds on the wire. The venue has others, and more of them each year.
    pub const KINDS: [&'static str; 8] = [
        "market_market_ioc",
        "market_market_fok",
        "sor_limit_ioc",
        "limit_limit_gtc",
        "limit_limit_gtd",
        "limit_limit_fok",
        "stop_limit_stop_limit_gtc",
        "stop_limit_stop_limit_gtd",
    ];

    /// Its limit; `None` of what trades at any price.
    #[must_use]
    pub fn limit_price(&self) -> Option<model::Decimal> {
        Some(match self {
            Self::MarketMarketIoc(_) | Self::MarketMarketFok(_) => return None,
            Self::SorLimitIoc(it) | Self::LimitLimitFok(it) => it.limit_price.0,
            Self::LimitLimitGtc(it) => it.limit_price.0,
            Self::LimitLimitGtd(it) => it.limit_price.0,
            Self::StopLimitStopLimitGtc(it) => it.limit_price.0,
            Self::StopLimitStopLimitGtd(it) => it.limit_price.0,
        })
    }
}

/// Of one of the two.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MarketSize {
    /// So much quote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote_size: Option<DecimalText>,
    /// So much base.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_size: Option<DecimalText>,
}

/// At a price or a better one, now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitSize {
    /// So much base.
    pub base_size: DecimalText,
    /// The worst price.
    pub limit_price: DecimalText,
}

/// At a price or a better one, until it is cancelled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RestingLimit {
    /// So much base.
    pub base_size: DecimalText,
    /// The worst price.
    pub limit_price: DecimalText,
    /// Only if it rests.
    #[serde(default)]
    pub post_only: bool,
}

/// At a price or a better one, until a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatedLimit<'a> {
    /// So much base.
    pub base_size: DecimalText,
    /// The worst price.
    pub limit_price: DecimalText,
    /// Which time.
    #[serde(borrow)]
    pub end_time: Cow<'a, str>,
    /// Only if it rests.
    #[serde(default)]
    pub post_only: bool,
}

/// A limit that waits for a price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StopLimit {
    /// So much base.
    pub base_size: DecimalText,
    /// The worst price.
    pub limit_price: DecimalText,
    /// The last price at which it wakes.
    pub stop_price: DecimalText,
    /// Whether it waits for a rise or a fall.
    pub stop_direction: StopDirection,
}

/// A limit that waits for a price, until a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DatedStopLimit<'a> {
    /// So much base.
    pub base_size: DecimalText,
    /// The worst price.
    pub limit_price: DecimalText,
    /// The last price at which it wakes.
    pub stop_price: DecimalText,
    /// Which time.
    #[serde(borrow)]
    pub end_time: Cow<'a, str>,
    /// Whether it waits for a rise or a fall.
    pub stop_direction: StopDirection,
}

/// The body that places an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewOrder<'a> {
    /// Its placer's name for it: the same again asks for the order that has it.
    #[serde(borrow)]
    pub client_order_id: Cow<'a, str>,
    /// Where.
    #[serde(borrow)]
    pub product_id: Cow<'a, str>,
    /// Buy or sell.
    pub side: OrderSide,
    /// What it asks.
    #[serde(borrow)]
    pub order_configuration: OrderConfiguration<'a>,
}

/// What an order that was placed is told by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placed<'a> {
    /// The venue's name for it.
    #[serde(borrow)]
    pub order_id: Cow<'a, str>,
    /// Where.
    #[serde(borrow, default)]
    pub product_id: Cow<'a, str>,
    /// Buy or sell.
    pub side: OrderSide,
    /// Its placer's name for it.
    #[serde(borrow, default)]
    pub client_order_id: Cow<'a, str>,
}

/// Why an order was not placed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotPlaced<'a> {
    /// The reason.
    #[serde(borrow)]
    pub error: Cow<'a, str>,
    /// For people.
    #[serde(borrow, default)]
    pub message: Cow<'a, str>,
    /// For people.
    #[serde(borrow, default)]
    pub error_details: Cow<'a, str>,
    /// The reason, where it was found before the book was asked.
    #[serde(borrow, default)]
    pub preview_failure_reason: Cow<'a, str>,
    /// The reason again.
    #[serde(borrow, default)]
    pub new_order_failure_reason: Cow<'a, str>,
}

/// Answer to placing: of status 200 whatever became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlaceReply<'a> {
    /// Whether it was placed.
    pub success: bool,
    /// Where it was.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub success_response: Option<Placed<'a>>,
    /// Where it was not.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub error_response: Option<NotPlaced<'a>>,
    /// What was asked.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub order_configuration: Option<OrderConfiguration<'a>>,
}

/// The body that cancels orders.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelOrders<'a> {
    /// Which, by the venue's names.
    #[serde(borrow)]
    pub order_ids: Vec<Cow<'a, str>>,
}

/// What became of one cancel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelResult<'a> {
    /// Whether the order ends.
    pub success: bool,
    /// Why not.
    #[serde(borrow)]
    pub failure_reason: Cow<'a, str>,
    /// Which order.
    #[serde(borrow)]
    pub order_id: Cow<'a, str>,
}

/// Answer to cancelling, in the order of the questions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CancelReply<'a> {
    /// One for each.
    #[serde(borrow)]
    pub results: Vec<CancelResult<'a>>,
}

/// The body that edits an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditOrder<'a> {
    /// Which, by the venue's name.
    #[serde(borrow)]
    pub order_id: Cow<'a, str>,
    /// Its limit from now on; as it was without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<DecimalText>,
    /// Its whole quantity from now on; as it was without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub size: Option<DecimalText>,
}

/// Why an order was not edited: by one of the two.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditError<'a> {
    /// What is wrong with the edit.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub edit_failure_reason: Option<Cow<'a, str>>,
    /// What is wrong with the order that it would be.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub preview_failure_reason: Option<Cow<'a, str>>,
}

/// What an order that was edited is told by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edited<'a> {
    /// The venue's name for it, as before.
    #[serde(borrow)]
    pub order_id: Cow<'a, str>,
}

/// Answer to editing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditReply<'a> {
    /// Whether it was edited.
    pub success: bool,
    /// Where it was.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub success_response: Option<Edited<'a>>,
    /// Why not.
    #[serde(borrow, default)]
    pub errors: Vec<EditError<'a>>,
}

/// The body that asks what an order would come to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AskPreview<'a> {
    /// Where.
    #[serde(borrow)]
    pub product_id: Cow<'a, str>,
    /// Buy or sell.
    pub side: OrderSide,
    /// What it asks.
    #[serde(borrow)]
    pub order_configuration: OrderConfiguration<'a>,
}

/// What an order would come to, if it were placed now.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Estimate {
    /// What would be paid or received in the end, in quote.
    pub order_total: MaybeDecimal,
    /// What of that would be the fee.
    pub commission_total: MaybeDecimal,
    /// So much quote.
    pub quote_size: MaybeDecimal,
    /// So much base.
    pub base_size: MaybeDecimal,
    /// The best price to sell at.
    pub best_bid: MaybeDecimal,
    /// The best price to buy at.
    pub best_ask: MaybeDecimal,
    /// By how much the average price would be worse than the best, as a fraction.
    pub slippage: MaybeDecimal,
    /// At which price on average.
    pub average_filled_price: MaybeDecimal,
}

/// Answer to `preview`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PreviewReply<'a> {
    /// What it would come to.
    #[serde(flatten)]
    pub estimate: Estimate,
    /// Why it would not be placed.
    #[serde(borrow)]
    pub errs: Vec<Cow<'a, str>>,
    /// Nothing.
    #[serde(borrow)]
    pub warning: Vec<Cow<'a, str>>,
    /// Whether it asks for all there is.
    pub is_max: bool,
    /// The name of this answer.
    #[serde(borrow)]
    pub preview_id: Cow<'a, str>,
}

/// Answer to `edit_preview`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditPreview<'a> {
    /// Why it would not be edited.
    #[serde(borrow)]
    pub errors: Vec<EditError<'a>>,
    /// What it would come to.
    #[serde(flatten)]
    pub estimate: Estimate,
}

/// An order and all that became of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoricalOrder<'a> {
    /// The venue's name for it.
    #[serde(borrow)]
    pub order_id: Cow<'a, str>,
    /// Where.
    #[serde(borrow)]
    pub product_id: Cow<'a, str>,
    /// Whose.
    #[serde(borrow, default)]
    pub user_id: Cow<'a, str>,
    /// What it asks.
    #[serde(borrow)]
    pub order_configuration: OrderConfiguration<'a>,
    /// Buy or sell.
    pub side: OrderSide,
    /// Its placer's name for it.
    #[serde(borrow, default)]
    pub client_order_id: Cow<'a, str>,
    /// Where it stands.
    pub status: OrderStatus,
    /// How long it stands.
    pub time_in_force: TimeInForce,
    /// When it was placed.
    #[serde(borrow)]
    pub created_time: Cow<'a, str>,
    /// How much of it has traded, in percent.
    #[serde(default)]
    pub completion_percentage: MaybeDecimal,
    /// So much base has traded.
    pub filled_size: DecimalText,
    /// At which price on average; zero where nothing has.
    #[serde(default)]
    pub average_filled_price: MaybeDecimal,
    /// Of old.
    #[serde(default)]
    pub fee: MaybeDecimal,
    /// In how many trades.
    #[serde(borrow, default)]
    pub number_of_fills: Cow<'a, str>,
    /// For so much quote.
    pub filled_value: DecimalText,
    /// Whether a cancel is under way.
    #[serde(default)]
    pub pending_cancel: bool,
    /// Whether it was asked for by quote.
    #[serde(default)]
    pub size_in_quote: bool,
    /// What its trades cost, in quote.
    pub total_fees: DecimalText,
    /// Whether the size had the fees in it.
    #[serde(default)]
    pub size_inclusive_of_fees: bool,
    /// What was paid or received in the end, in quote.
    #[serde(default)]
    pub total_value_after_fees: MaybeDecimal,
    /// Of a stop order.
    #[serde(borrow, default)]
    pub trigger_status: Cow<'a, str>,
    /// `LIMIT`, `MARKET` or `STOP_LIMIT`.
    #[serde(borrow, default)]
    pub order_type: Cow<'a, str>,
    /// Why it was refused, where it was.
    #[serde(borrow, default)]
    pub reject_reason: Cow<'a, str>,
    /// Whether it is over and paid.
    #[serde(default)]
    pub settled: bool,
    /// `SPOT`.
    #[serde(borrow, default)]
    pub product_type: Cow<'a, str>,
    /// For people.
    #[serde(borrow, default)]
    pub reject_message: Cow<'a, str>,
    /// For people.
    #[serde(borrow, default)]
    pub cancel_message: Cow<'a, str>,
    /// `RETAIL_ADVANCED`.
    #[serde(borrow, default)]
    pub order_placement_source: Cow<'a, str>,
    /// What is reserved for it.
    #[serde(default)]
    pub outstanding_hold_amount: MaybeDecimal,
    /// No.
    #[serde(default)]
    pub is_liquidation: bool,
    /// When it traded last.
    #[serde(borrow, default)]
    pub last_fill_time: Option<Cow<'a, str>>,
    /// Empty.
    #[serde(borrow, default)]
    pub leverage: Cow<'a, str>,
    /// Empty for spot.
    #[serde(borrow, default)]
    pub margin_type: Cow<'a, str>,
    /// The portfolio it is in.
    #[serde(borrow, default)]
    pub retail_portfolio_id: Cow<'a, str>,
    /// Empty.
    #[serde(borrow, default)]
    pub originating_order_id: Cow<'a, str>,
    /// Empty.
    #[serde(borrow, default)]
    pub attached_order_id: Cow<'a, str>,
}

/// Answer to `historical/{order_id}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OneOrder<'a> {
    /// It.
    #[serde(borrow)]
    pub order: HistoricalOrder<'a>,
}

/// Answer to `historical/batch`, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OrderList<'a> {
    /// One page.
    #[serde(borrow)]
    pub orders: Vec<HistoricalOrder<'a>>,
    /// `0`.
    #[serde(borrow, default)]
    pub sequence: Cow<'a, str>,
    /// Whether there is another.
    pub has_next: bool,
    /// By what it is asked for.
    #[serde(borrow, default)]
    pub cursor: Cow<'a, str>,
}

/// Whether an order rested when it traded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[expect(missing_docs, reason = "each is its own name")]
pub enum Liquidity {
    Maker,
    Taker,
    /// The venue does not say.
    #[serde(other)]
    UnknownLiquidityIndicator,
}

/// One trade of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FillRow<'a> {
    /// Its name.
    #[serde(borrow)]
    pub entry_id: Cow<'a, str>,
    /// The name of the trade.
    #[serde(borrow)]
    pub trade_id: Cow<'a, str>,
    /// Of which order.
    #[serde(borrow)]
    pub order_id: Cow<'a, str>,
    /// When.
    #[serde(borrow)]
    pub trade_time: Cow<'a, str>,
    /// `FILL`.
    #[serde(borrow, default)]
    pub trade_type: Cow<'a, str>,
    /// At which price.
    pub price: DecimalText,
    /// How much: base, unless told otherwise.
    pub size: DecimalText,
    /// What it cost, in quote.
    pub commission: DecimalText,
    /// Where.
    #[serde(borrow)]
    pub product_id: Cow<'a, str>,
    /// When it was written down.
    #[serde(borrow, default)]
    pub sequence_timestamp: Cow<'a, str>,
    /// Whether the order rested.
    pub liquidity_indicator: Liquidity,
    /// Whether the size is of quote.
    #[serde(default)]
    pub size_in_quote: bool,
    /// Whose.
    #[serde(borrow, default)]
    pub user_id: Cow<'a, str>,
    /// Buy or sell.
    pub side: OrderSide,
    /// The portfolio it is in.
    #[serde(borrow, default)]
    pub retail_portfolio_id: Cow<'a, str>,
}

/// Answer to `historical/fills`, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fills<'a> {
    /// One page.
    #[serde(borrow)]
    pub fills: Vec<FillRow<'a>>,
    /// By what the next is asked for; empty where there is none.
    #[serde(borrow, default)]
    pub cursor: Cow<'a, str>,
}
