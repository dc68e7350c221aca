//! Public market data: markets and currencies, books, trades, candles, statistics.

use std::borrow::Cow;

use model::{Interval, Side};
use serde::{Deserialize, Serialize};

use super::text_number;
use crate::local_book::{BookRow, BookSnapshot};
use crate::number::DecimalText;

/// Answer to the status of the service.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceStatus<'a> {
    /// `open`, `close` or `cancelonly`.
    pub status: Cow<'a, str>,
    /// For people.
    pub msg: Cow<'a, str>,
}

/// A market and its rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SymbolInfo<'a> {
    /// Its name in requests.
    pub symbol: Cow<'a, str>,
    /// Its name for people; may change.
    pub name: Cow<'a, str>,
    /// What is traded.
    pub base_currency: Cow<'a, str>,
    /// What it is paid in.
    pub quote_currency: Cow<'a, str>,
    /// What fees are taken in.
    pub fee_currency: Cow<'a, str>,
    /// Of which group of markets.
    pub market: Cow<'a, str>,
    /// The smallest size of an order.
    pub base_min_size: DecimalText,
    /// The smallest funds of a market order.
    pub quote_min_size: DecimalText,
    /// The largest size of an order.
    pub base_max_size: DecimalText,
    /// The largest funds of a market order.
    pub quote_max_size: DecimalText,
    /// The step of sizes.
    pub base_increment: DecimalText,
    /// The step of funds.
    pub quote_increment: DecimalText,
    /// The step of prices.
    pub price_increment: DecimalText,
    /// How far a price may be from the market, as a fraction.
    pub price_limit_rate: Option<DecimalText>,
    /// The smallest price × size.
    pub min_funds: Option<DecimalText>,
    /// Whether it is traded on margin.
    pub is_margin_enabled: bool,
    /// Whether it takes orders.
    pub enable_trading: bool,
    /// Which table of fees.
    pub fee_category: u32,
    /// What the fee of makers is multiplied by.
    pub maker_fee_coefficient: DecimalText,
    /// What the fee of takers is multiplied by.
    pub taker_fee_coefficient: DecimalText,
    /// Whether it is under special treatment.
    pub st: bool,
    /// Whether it opens with an auction.
    pub callauction_is_enabled: bool,
    /// The auction's lowest price.
    pub callauction_price_floor: Option<DecimalText>,
    /// The auction's highest price.
    pub callauction_price_ceiling: Option<DecimalText>,
    /// When the auction's first stage begins.
    pub callauction_first_stage_start_time: Option<u64>,
    /// When its second stage begins.
    pub callauction_second_stage_start_time: Option<u64>,
    /// When its third stage begins.
    pub callauction_third_stage_start_time: Option<u64>,
    /// When trading begins, where it has not.
    pub trading_start_time: Option<u64>,
}

/// A currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CurrencyInfo<'a> {
    /// Its code.
    pub currency: Cow<'a, str>,
    /// Its name; may change.
    pub name: Cow<'a, str>,
    /// Its whole name.
    pub full_name: Cow<'a, str>,
    /// Digits after the point.
    pub precision: u8,
    /// Blocks until a deposit counts.
    pub confirms: Option<u32>,
    /// Its contract, where it has one.
    pub contract_address: Option<String>,
    /// Whether it is collateral.
    pub is_margin_enabled: bool,
    /// Whether it is lent.
    pub is_debit_enabled: bool,
    /// The chains on which it comes and goes.
    pub chains: Option<Vec<ChainInfo<'a>>>,
}

/// A chain on which a currency comes and goes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChainInfo<'a> {
    /// Its name.
    pub chain_name: Cow<'a, str>,
    /// The smallest withdrawal.
    pub withdrawal_min_size: Option<DecimalText>,
    /// The smallest deposit.
    pub deposit_min_size: Option<DecimalText>,
    /// What a withdrawal costs, as a fraction.
    pub withdraw_fee_rate: DecimalText,
    /// What a withdrawal costs at least.
    pub withdrawal_min_fee: Option<DecimalText>,
    /// Whether it goes.
    pub is_withdraw_enabled: bool,
    /// Whether it comes.
    pub is_deposit_enabled: bool,
    /// Blocks until a deposit counts.
    pub confirms: u32,
    /// Blocks until a deposit is seen.
    pub pre_confirms: u32,
    /// The contract, or nothing.
    pub contract_address: Cow<'a, str>,
    /// Digits after the point of a withdrawal.
    pub withdraw_precision: u8,
    /// The largest withdrawal.
    pub max_withdraw: Option<DecimalText>,
    /// The largest deposit.
    pub max_deposit: Option<DecimalText>,
    /// Whether a deposit needs a tag.
    pub need_tag: bool,
    /// Its name in requests.
    pub chain_id: Cow<'a, str>,
}

/// The best of both sides and the last trade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Level1 {
    /// Now.
    pub time: u64,
    /// The last update in it.
    #[serde(with = "text_number")]
    pub sequence: u64,
    /// The last price.
    pub price: Option<DecimalText>,
    /// The size of the last trade.
    pub size: Option<DecimalText>,
    /// The highest bid.
    pub best_bid: Option<DecimalText>,
    /// How much is bid there.
    pub best_bid_size: Option<DecimalText>,
    /// The lowest ask.
    pub best_ask: Option<DecimalText>,
    /// How much is asked there.
    pub best_ask_size: Option<DecimalText>,
}

/// One price level: price, then size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level(pub DecimalText, pub DecimalText);

/// A book, or the best part of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FullBook {
    /// Now.
    pub time: u64,
    /// The last update in it.
    #[serde(with = "text_number")]
    pub sequence: u64,
    /// Best first.
    pub bids: Vec<Level>,
    /// Best first.
    pub asks: Vec<Level>,
}

impl BookRow for Level {
    fn level(self) -> Option<(DecimalText, DecimalText)> {
        Some((self.0, self.1))
    }
}

impl BookSnapshot for FullBook {
    type Row = Level;

    fn number(&self) -> u64 {
        self.sequence
    }

    fn rows(&self, side: Side) -> &[Level] {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }
}

/// A market over the last 24 hours, as the list of all has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct TickerRow<'a> {
    /// Which.
    pub symbol: Cow<'a, str>,
    /// Its name for people.
    pub symbol_name: Cow<'a, str>,
    /// The highest bid.
    pub buy: Option<DecimalText>,
    /// How much is bid there.
    pub best_bid_size: Option<DecimalText>,
    /// The lowest ask.
    pub sell: Option<DecimalText>,
    /// How much is asked there.
    pub best_ask_size: Option<DecimalText>,
    /// By which fraction the price changed.
    pub change_rate: Option<DecimalText>,
    /// By how much it changed.
    pub change_price: Option<DecimalText>,
    /// The highest.
    pub high: Option<DecimalText>,
    /// The lowest.
    pub low: Option<DecimalText>,
    /// How much base was traded.
    pub vol: DecimalText,
    /// For how much quote.
    pub vol_value: DecimalText,
    /// The last price.
    pub last: Option<DecimalText>,
    /// The average.
    pub average_price: Option<DecimalText>,
    /// What takers pay.
    pub taker_fee_rate: DecimalText,
    /// What makers pay.
    pub maker_fee_rate: DecimalText,
    /// What the fee of takers is multiplied by.
    pub taker_coefficient: DecimalText,
    /// What the fee of makers is multiplied by.
    pub maker_coefficient: DecimalText,
}

/// All markets over the last 24 hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AllTickers<'a> {
    /// Now.
    pub time: u64,
    /// Each market.
    pub ticker: Vec<TickerRow<'a>>,
}

/// A market over the last 24 hours, by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Stats<'a> {
    /// Now.
    pub time: u64,
    /// Which.
    pub symbol: Cow<'a, str>,
    /// The highest bid.
    pub buy: Option<DecimalText>,
    /// The lowest ask.
    pub sell: Option<DecimalText>,
    /// By which fraction the price changed.
    pub change_rate: Option<DecimalText>,
    /// By how much it changed.
    pub change_price: Option<DecimalText>,
    /// The highest.
    pub high: Option<DecimalText>,
    /// The lowest.
    pub low: Option<DecimalText>,
    /// How much base was traded.
    pub vol: DecimalText,
    /// For how much quote.
    pub vol_value: DecimalText,
    /// The last price.
    pub last: Option<DecimalText>,
    /// The average.
    pub average_price: Option<DecimalText>,
    /// What takers pay.
    pub taker_fee_rate: DecimalText,
    /// What makers pay.
    pub maker_fee_rate: DecimalText,
    /// What the fee of takers is multiplied by.
    pub taker_coefficient: DecimalText,
    /// What the fee of makers is multiplied by.
    pub maker_coefficient: DecimalText,
}

/// A public trade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TradeRow<'a> {
    /// Its number.
    #[serde(with = "text_number")]
    pub sequence: u64,
    /// At the maker's price.
    pub price: DecimalText,
    /// Of base.
    pub size: DecimalText,
    /// Who crossed: `buy` or `sell`.
    pub side: Cow<'a, str>,
    /// When, in nanoseconds.
    pub time: u64,
}

/// A candle: when it began in seconds, open, close, high, low, volume, turnover.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candle(
    #[serde(with = "text_number")] pub u64,
    pub DecimalText,
    pub DecimalText,
    pub DecimalText,
    pub DecimalText,
    pub DecimalText,
    pub DecimalText,
);

/// How long candles last, in the venue's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CandleType(pub Interval);

/// Words and lengths.
const CANDLE_TYPES: [(&str, Interval); 14] = [
    ("1min", Interval::Minute1),
    ("3min", Interval::Minute3),
    ("5min", Interval::Minute5),
    ("15min", Interval::Minute15),
    ("30min", Interval::Minute30),
    ("1hour", Interval::Hour1),
    ("2hour", Interval::Hour2),
    ("4hour", Interval::Hour4),
    ("6hour", Interval::Hour6),
    ("8hour", Interval::Hour8),
    ("12hour", Interval::Hour12),
    ("1day", Interval::Day1),
    ("1week", Interval::Week1),
    ("1month", Interval::Month1),
];

impl CandleType {
    /// The length of that word.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        CANDLE_TYPES.iter().find(|(word, _)| *word == text).map(|(_, interval)| Self(*interval))
    }

    /// The word; `None` for a length that the venue has no candles of.
    #[must_use]
    pub fn word(self) -> Option<&'static str> {
        CANDLE_TYPES.iter().find(|(_, interval)| *interval == self.0).map(|(word, _)| *word)
    }
}
