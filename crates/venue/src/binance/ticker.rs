//! Statistics of a market over a window of time, and the best of its book.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::DecimalText;

/// One answer where one symbol was asked for, an array where several or all were.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany<T> {
    /// For `symbol`.
    One(T),
    /// For `symbols`, or for neither.
    Many(Vec<T>),
}

/// Answer to `ticker/24hr`. Numbers of trades are −1 where there were none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the venue's own words; prices, base and quote quantities")]
pub struct Ticker24h<'a> {
    pub symbol: Cow<'a, str>,
    pub price_change: DecimalText,
    pub price_change_percent: DecimalText,
    pub weighted_avg_price: DecimalText,
    /// The last price before the window.
    pub prev_close_price: DecimalText,
    pub last_price: DecimalText,
    pub last_qty: DecimalText,
    pub bid_price: DecimalText,
    pub bid_qty: DecimalText,
    pub ask_price: DecimalText,
    pub ask_qty: DecimalText,
    pub open_price: DecimalText,
    pub high_price: DecimalText,
    pub low_price: DecimalText,
    pub volume: DecimalText,
    pub quote_volume: DecimalText,
    pub open_time: u64,
    pub close_time: u64,
    pub first_id: i64,
    pub last_id: i64,
    pub count: u64,
}

/// Answer to `ticker/tradingDay` and `ticker`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the venue's own words; prices, base and quote quantities")]
pub struct RollingTicker<'a> {
    pub symbol: Cow<'a, str>,
    pub price_change: DecimalText,
    pub price_change_percent: DecimalText,
    pub weighted_avg_price: DecimalText,
    pub open_price: DecimalText,
    pub high_price: DecimalText,
    pub low_price: DecimalText,
    pub last_price: DecimalText,
    pub volume: DecimalText,
    pub quote_volume: DecimalText,
    pub open_time: u64,
    pub close_time: u64,
    pub first_id: i64,
    pub last_id: i64,
    pub count: u64,
}

/// Answer to any of the tickers over a window with `type=MINI`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the venue's own words; prices, base and quote quantities")]
pub struct MiniTicker<'a> {
    pub symbol: Cow<'a, str>,
    pub open_price: DecimalText,
    pub high_price: DecimalText,
    pub low_price: DecimalText,
    pub last_price: DecimalText,
    pub volume: DecimalText,
    pub quote_volume: DecimalText,
    pub open_time: u64,
    pub close_time: u64,
    pub first_id: i64,
    pub last_id: i64,
    pub count: u64,
}

/// Answer to `ticker/price`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PriceTicker<'a> {
    /// Which market.
    pub symbol: Cow<'a, str>,
    /// Its last price.
    pub price: DecimalText,
}

/// Answer to `ticker/bookTicker`; zeros where a side is empty.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "the venue's own words; prices and base quantities")]
pub struct BookTicker<'a> {
    pub symbol: Cow<'a, str>,
    pub bid_price: DecimalText,
    pub bid_qty: DecimalText,
    pub ask_price: DecimalText,
    pub ask_qty: DecimalText,
}

/// The time over which a rolling ticker counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window {
    count: u8,
    unit: WindowUnit,
}

/// What a [`Window`] counts in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WindowUnit {
    /// From 1 to 59.
    Minutes,
    /// From 1 to 23.
    Hours,
    /// From 1 to 7.
    Days,
}

impl Window {
    /// What a client gets who does not choose.
    pub const DAY: Self = Self { count: 1, unit: WindowUnit::Days };
    /// The windows that are streamed.
    pub const STREAMED: [Self; 3] = [
        Self { count: 1, unit: WindowUnit::Hours },
        Self { count: 4, unit: WindowUnit::Hours },
        Self::DAY,
    ];

    /// Reads `1m` to `59m`, `1h` to `23h`, `1d` to `7d`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (digits, unit) = text.split_at_checked(text.len().checked_sub(1)?)?;
        let (unit, max) = match unit {
            "m" => (WindowUnit::Minutes, 59),
            "h" => (WindowUnit::Hours, 23),
            "d" => (WindowUnit::Days, 7),
            _ => return None,
        };
        let plain = digits.bytes().all(|byte| byte.is_ascii_digit()) && !digits.starts_with('0');
        let count = digits.parse().ok()?;
        (plain && (1..=max).contains(&count)).then_some(Self { count, unit })
    }

    /// Its length in minutes.
    #[must_use]
    pub const fn minutes(self) -> u32 {
        let unit = match self.unit {
            WindowUnit::Minutes => 1,
            WindowUnit::Hours => 60,
            WindowUnit::Days => 24 * 60,
        };
        unit * self.count as u32
    }
}

impl std::fmt::Display for Window {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let unit = match self.unit {
            WindowUnit::Minutes => 'm',
            WindowUnit::Hours => 'h',
            WindowUnit::Days => 'd',
        };
        write!(f, "{}{unit}", self.count)
    }
}

#[cfg(test)]
mod tests {
    use super::super::recorded::check;
    use super::*;

    #[test]
    fn every_modelled_field_of_a_documented_payload_survives_decode_and_encode() {
        check::<OneOrMany<Ticker24h>>(
            r#"[{"symbol": "BNBBTC", "priceChange": "-94.99999800",
                "priceChangePercent": "-95.960", "weightedAvgPrice": "0.29628482",
                "prevClosePrice": "0.10002000", "lastPrice": "4.00000200",
                "lastQty": "200.00000000", "bidPrice": "4.00000000", "bidQty": "100.00000000",
                "askPrice": "4.00000200", "askQty": "100.00000000", "openPrice": "99.00000000",
                "highPrice": "100.00000000", "lowPrice": "0.10000000",
                "volume": "8913.30000000", "quoteVolume": "15.30000000",
                "openTime": 1499783499040, "closeTime": 1499869899040, "firstId": -1,
                "lastId": -1, "count": 76}]"#,
        );
        check::<OneOrMany<RollingTicker>>(
            r#"{"symbol": "BTCUSDT", "priceChange": "-83.13000000",
                "priceChangePercent": "-0.317", "weightedAvgPrice": "26234.58803036",
                "openPrice": "26304.80000000", "highPrice": "26397.46000000",
                "lowPrice": "26088.34000000", "lastPrice": "26221.67000000",
                "volume": "18495.35066000", "quoteVolume": "485217905.04210480",
                "openTime": 1695686400000, "closeTime": 1695772799999,
                "firstId": 3220151555, "lastId": 3220849281, "count": 697727}"#,
        );
        check::<MiniTicker>(
            r#"{"symbol": "LTCBTC", "openPrice": "0.10000000", "highPrice": "2.00000000",
                "lowPrice": "0.10000000", "lastPrice": "2.00000000", "volume": "39.00000000",
                "quoteVolume": "13.40000000", "openTime": 1656986580000,
                "closeTime": 1657001016795, "firstId": 0, "lastId": 34, "count": 35}"#,
        );
        check::<PriceTicker>(r#"{"symbol": "LTCBTC", "price": "4.00000200"}"#);
        check::<BookTicker>(
            r#"{"symbol": "LTCBTC", "bidPrice": "4.00000000", "bidQty": "431.00000000",
                "askPrice": "4.00000200", "askQty": "9.00000000"}"#,
        );
    }

    #[test]
    fn a_window_is_one_number_and_one_unit() {
        for (text, want) in [
            ("1m", Some(1)),
            ("59m", Some(59)),
            ("60m", None),
            ("23h", Some(23 * 60)),
            ("24h", None),
            ("7d", Some(7 * 24 * 60)),
            ("8d", None),
            ("0m", None),
            ("01m", None),
            ("+1m", None),
            ("1d2h", None),
            ("m", None),
            ("", None),
            ("1é", None),
        ] {
            assert_eq!(Window::parse(text).map(Window::minutes), want, "{text:?}");
            if let Some(window) = Window::parse(text) {
                assert_eq!(window.to_string(), text);
            }
        }
    }
}
