//! The rules of the exchange as it tells them: limits, markets, filters.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{DecimalText, RateLimit};

/// Answer to `exchangeInfo`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ExchangeInfo<'a> {
    /// Always `UTC`.
    pub timezone: Cow<'a, str>,
    /// Now.
    pub server_time: u64,
    /// What a client may ask how often.
    pub rate_limits: Vec<RateLimit>,
    /// Filters over all markets.
    pub exchange_filters: Vec<SymbolFilter>,
    /// The markets.
    pub symbols: Vec<SymbolInfo<'a>>,
    /// Markets among which smart order routing chooses; absent where there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sors: Option<Vec<SmartRoute<'a>>>,
}

/// Markets of one base asset over which an order may be spread.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SmartRoute<'a> {
    /// What is bought or sold.
    pub base_asset: Cow<'a, str>,
    /// Where.
    pub symbols: Vec<Cow<'a, str>>,
}

/// What a market admits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum SymbolStatus {
    /// Orders.
    Trading,
    /// Nothing for now.
    Halt,
    /// Only cancels.
    Break,
}

impl SymbolStatus {
    /// The status by its name.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "TRADING" => Some(Self::Trading),
            "HALT" => Some(Self::Halt),
            "BREAK" => Some(Self::Break),
            _ => None,
        }
    }
}

/// One market.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SymbolInfo<'a> {
    /// Base and quote in one word.
    pub symbol: Cow<'a, str>,
    /// What it admits.
    pub status: SymbolStatus,
    /// What is bought and sold.
    pub base_asset: Cow<'a, str>,
    /// Digits after the point.
    pub base_asset_precision: u8,
    /// What it is paid in.
    pub quote_asset: Cow<'a, str>,
    /// As `quote_asset_precision`.
    pub quote_precision: u8,
    /// Digits after the point.
    pub quote_asset_precision: u8,
    /// Digits after the point of a fee in base.
    pub base_commission_precision: u8,
    /// Digits after the point of a fee in quote.
    pub quote_commission_precision: u8,
    /// What may be placed.
    pub order_types: Vec<Cow<'a, str>>,
    /// Whether `icebergQty` is admitted.
    pub iceberg_allowed: bool,
    /// Whether one-cancels-the-other lists are admitted.
    pub oco_allowed: bool,
    /// Whether one-triggers-the-other lists are admitted.
    pub oto_allowed: bool,
    /// Whether one-pays-the-other lists are admitted.
    pub opo_allowed: bool,
    /// Whether `quoteOrderQty` is admitted.
    pub quote_order_qty_market_allowed: bool,
    /// Whether `trailingDelta` is admitted.
    pub allow_trailing_stop: bool,
    /// Whether `cancelReplace` is admitted.
    pub cancel_replace_allowed: bool,
    /// Whether `amend/keepPriority` is admitted.
    pub amend_allowed: bool,
    /// Whether pegged prices are admitted.
    pub peg_instructions_allowed: bool,
    /// Always true here.
    pub is_spot_trading_allowed: bool,
    /// Always false here.
    pub is_margin_trading_allowed: bool,
    /// What an order must satisfy.
    pub filters: Vec<SymbolFilter>,
    /// Empty: the venue moved them to the next field.
    pub permissions: Vec<Cow<'a, str>>,
    /// One of each set must be the account's.
    pub permission_sets: Vec<Vec<Cow<'a, str>>>,
    /// What a client gets who does not choose.
    pub default_self_trade_prevention_mode: Cow<'a, str>,
    /// What a client may choose.
    pub allowed_self_trade_prevention_modes: Vec<Cow<'a, str>>,
}

/// One rule that orders must satisfy. Source: filters.md.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "filterType", rename_all = "SCREAMING_SNAKE_CASE", rename_all_fields = "camelCase")]
#[expect(missing_docs, reason = "the fields are the venue's own words, told in filters.md")]
pub enum SymbolFilter {
    PriceFilter {
        min_price: DecimalText,
        max_price: DecimalText,
        tick_size: DecimalText,
    },
    LotSize {
        min_qty: DecimalText,
        max_qty: DecimalText,
        step_size: DecimalText,
    },
    IcebergParts {
        limit: u32,
    },
    MarketLotSize {
        min_qty: DecimalText,
        max_qty: DecimalText,
        step_size: DecimalText,
    },
    TrailingDelta {
        min_trailing_above_delta: u32,
        max_trailing_above_delta: u32,
        min_trailing_below_delta: u32,
        max_trailing_below_delta: u32,
    },
    PercentPrice {
        multiplier_up: DecimalText,
        multiplier_down: DecimalText,
        avg_price_mins: u8,
    },
    PercentPriceBySide {
        bid_multiplier_up: DecimalText,
        bid_multiplier_down: DecimalText,
        ask_multiplier_up: DecimalText,
        ask_multiplier_down: DecimalText,
        avg_price_mins: u8,
    },
    MinNotional {
        min_notional: DecimalText,
        apply_to_market: bool,
        avg_price_mins: u8,
    },
    Notional {
        min_notional: DecimalText,
        apply_min_to_market: bool,
        max_notional: DecimalText,
        apply_max_to_market: bool,
        avg_price_mins: u8,
    },
    MaxNumOrders {
        max_num_orders: u32,
    },
    MaxNumAlgoOrders {
        max_num_algo_orders: u32,
    },
    MaxNumIcebergOrders {
        max_num_iceberg_orders: u32,
    },
    MaxNumOrderLists {
        max_num_order_lists: u32,
    },
    MaxNumOrderAmends {
        max_num_order_amends: u32,
    },
    MaxPosition {
        max_position: DecimalText,
    },
    ExchangeMaxNumOrders {
        max_num_orders: u32,
    },
    ExchangeMaxNumAlgoOrders {
        max_num_algo_orders: u32,
    },
    ExchangeMaxNumIcebergOrders {
        max_num_iceberg_orders: u32,
    },
    ExchangeMaxNumOrderLists {
        max_num_order_lists: u32,
    },
}

#[cfg(test)]
mod tests {
    use super::super::recorded::check;
    use super::*;

    #[test]
    fn every_documented_filter_survives_decode_and_encode() {
        for json in [
            r#"{"filterType": "PRICE_FILTER", "minPrice": "0.00000100",
                "maxPrice": "100000.00000000", "tickSize": "0.00000100"}"#,
            r#"{"filterType": "PERCENT_PRICE", "multiplierUp": "1.3000",
                "multiplierDown": "0.7000", "avgPriceMins": 5}"#,
            r#"{"filterType": "PERCENT_PRICE_BY_SIDE", "bidMultiplierUp": "1.2",
                "bidMultiplierDown": "0.2", "askMultiplierUp": "5",
                "askMultiplierDown": "0.8", "avgPriceMins": 1}"#,
            r#"{"filterType": "LOT_SIZE", "minQty": "0.00100000", "maxQty": "100000.00000000",
                "stepSize": "0.00100000"}"#,
            r#"{"filterType": "MIN_NOTIONAL", "minNotional": "0.00100000",
                "applyToMarket": true, "avgPriceMins": 5}"#,
            r#"{"filterType": "NOTIONAL", "minNotional": "10.00000000",
                "applyMinToMarket": false, "maxNotional": "10000.00000000",
                "applyMaxToMarket": false, "avgPriceMins": 5}"#,
            r#"{"filterType": "ICEBERG_PARTS", "limit": 10}"#,
            r#"{"filterType": "MARKET_LOT_SIZE", "minQty": "0.00100000",
                "maxQty": "100000.00000000", "stepSize": "0.00100000"}"#,
            r#"{"filterType": "MAX_NUM_ORDERS", "maxNumOrders": 25}"#,
            r#"{"filterType": "MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 5}"#,
            r#"{"filterType": "MAX_NUM_ICEBERG_ORDERS", "maxNumIcebergOrders": 5}"#,
            r#"{"filterType": "MAX_POSITION", "maxPosition": "10.00000000"}"#,
            r#"{"filterType": "TRAILING_DELTA", "minTrailingAboveDelta": 10,
                "maxTrailingAboveDelta": 2000, "minTrailingBelowDelta": 10,
                "maxTrailingBelowDelta": 2000}"#,
            r#"{"filterType": "MAX_NUM_ORDER_AMENDS", "maxNumOrderAmends": 10}"#,
            r#"{"filterType": "MAX_NUM_ORDER_LISTS", "maxNumOrderLists": 20}"#,
            r#"{"filterType": "EXCHANGE_MAX_NUM_ORDERS", "maxNumOrders": 1000}"#,
            r#"{"filterType": "EXCHANGE_MAX_NUM_ALGO_ORDERS", "maxNumAlgoOrders": 200}"#,
            r#"{"filterType": "EXCHANGE_MAX_NUM_ICEBERG_ORDERS",
                "maxNumIcebergOrders": 10000}"#,
            r#"{"filterType": "EXCHANGE_MAX_NUM_ORDER_LISTS", "maxNumOrderLists": 20}"#,
        ] {
            check::<SymbolFilter>(json);
        }
    }

    #[test]
    fn every_documented_limit_survives_decode_and_encode() {
        check::<Vec<RateLimit>>(
            r#"[{"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1,
                "limit": 6000},
                {"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 1, "limit": 10},
                {"rateLimitType": "RAW_REQUESTS", "interval": "MINUTE", "intervalNum": 5,
                "limit": 61000, "count": 3}]"#,
        );
    }
}
