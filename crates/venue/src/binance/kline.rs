//! Candles: their intervals, the time zone they are cut in, their rows.

use serde::{Deserialize, Serialize};

use super::DecimalText;

/// How long a candle lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "a number and its unit")]
pub enum KlineInterval {
    #[serde(rename = "1s")]
    S1,
    #[serde(rename = "1m")]
    M1,
    #[serde(rename = "3m")]
    M3,
    #[serde(rename = "5m")]
    M5,
    #[serde(rename = "15m")]
    M15,
    #[serde(rename = "30m")]
    M30,
    #[serde(rename = "1h")]
    H1,
    #[serde(rename = "2h")]
    H2,
    #[serde(rename = "4h")]
    H4,
    #[serde(rename = "6h")]
    H6,
    #[serde(rename = "8h")]
    H8,
    #[serde(rename = "12h")]
    H12,
    #[serde(rename = "1d")]
    D1,
    #[serde(rename = "3d")]
    D3,
    #[serde(rename = "1w")]
    W1,
    /// A calendar month.
    #[serde(rename = "1M")]
    Month,
}

impl KlineInterval {
    /// All of them, shortest first.
    pub const ALL: [Self; 16] = [
        Self::S1,
        Self::M1,
        Self::M3,
        Self::M5,
        Self::M15,
        Self::M30,
        Self::H1,
        Self::H2,
        Self::H4,
        Self::H6,
        Self::H8,
        Self::H12,
        Self::D1,
        Self::D3,
        Self::W1,
        Self::Month,
    ];

    /// As the wire spells it; a minute is `1m`, a month `1M`.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::S1 => "1s",
            Self::M1 => "1m",
            Self::M3 => "3m",
            Self::M5 => "5m",
            Self::M15 => "15m",
            Self::M30 => "30m",
            Self::H1 => "1h",
            Self::H2 => "2h",
            Self::H4 => "4h",
            Self::H6 => "6h",
            Self::H8 => "8h",
            Self::H12 => "12h",
            Self::D1 => "1d",
            Self::D3 => "3d",
            Self::W1 => "1w",
            Self::Month => "1M",
        }
    }

    /// The interval by its spelling.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|interval| interval.as_str() == text)
    }
}

/// A fixed distance from UTC, in minutes, positive to the east; from −12:00 to +14:00.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct UtcOffset(i16);

impl UtcOffset {
    /// UTC itself.
    pub const UTC: Self = Self(0);
    /// The one other zone in which candles are streamed.
    pub const EAST_8: Self = Self(8 * 60);

    /// Minutes east of UTC.
    #[must_use]
    pub const fn minutes(self) -> i16 {
        self.0
    }

    /// Reads `8`, `-1`, `+08:00` or `05:45`; `None` for anything else and beyond the range.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (sign, digits) = match text.as_bytes().first()? {
            b'-' => (-1, &text[1..]),
            b'+' => (1, &text[1..]),
            _ => (1, text),
        };
        let (hours, minutes) = digits.split_once(':').unwrap_or((digits, "00"));
        let number = |text: &str, room: std::ops::RangeInclusive<usize>| {
            let plain = text.bytes().all(|byte| byte.is_ascii_digit());
            (plain && room.contains(&text.len())).then(|| text.parse::<i16>().ok()).flatten()
        };
        let (hours, minutes) = (number(hours, 1..=2)?, number(minutes, 2..=2)?);
        let total = sign * (hours * 60 + minutes);
        (minutes < 60 && (-12 * 60..=14 * 60).contains(&total)).then_some(Self(total))
    }
}

/// One row of `klines` and `uiKlines`; on the wire an array of twelve.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Row", into = "Row")]
pub struct Kline {
    /// Its first moment.
    pub open_time: u64,
    /// Price of the first trade.
    pub open: DecimalText,
    /// Highest price.
    pub high: DecimalText,
    /// Lowest price.
    pub low: DecimalText,
    /// Price of the last trade.
    pub close: DecimalText,
    /// Of base.
    pub volume: DecimalText,
    /// Its last moment.
    pub close_time: u64,
    /// Of quote.
    pub quote_volume: DecimalText,
    /// How many trades.
    pub trades: u64,
    /// Of base, where the buyer crossed.
    pub taker_buy_volume: DecimalText,
    /// Of quote, where the buyer crossed.
    pub taker_buy_quote_volume: DecimalText,
}

#[derive(Serialize, Deserialize)]
struct Row(
    u64,
    DecimalText,
    DecimalText,
    DecimalText,
    DecimalText,
    DecimalText,
    u64,
    DecimalText,
    u64,
    DecimalText,
    DecimalText,
    /// Unused since long, and always `"0"`.
    DecimalText,
);

impl From<Row> for Kline {
    fn from(row: Row) -> Self {
        let Row(open_time, open, high, low, close, volume, close_time, quote_volume, ..) = row;
        let Row(_, _, _, _, _, _, _, _, trades, taker_buy_volume, taker_buy_quote_volume, _) = row;
        Self {
            open_time,
            open,
            high,
            low,
            close,
            volume,
            close_time,
            quote_volume,
            trades,
            taker_buy_volume,
            taker_buy_quote_volume,
        }
    }
}

impl From<Kline> for Row {
    fn from(kline: Kline) -> Self {
        Self(
            kline.open_time,
            kline.open,
            kline.high,
            kline.low,
            kline.close,
            kline.volume,
            kline.close_time,
            kline.quote_volume,
            kline.trades,
            kline.taker_buy_volume,
            kline.taker_buy_quote_volume,
            DecimalText::default(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::recorded::check;
    use super::*;

    #[test]
    fn every_modelled_field_of_a_documented_row_survives_decode_and_encode() {
        check::<Vec<Kline>>(
            r#"[[1499040000000, "0.01634790", "0.80000000", "0.01575800", "0.01577100",
                "148976.11427815", 1499644799999, "2434.19055334", 308, "1756.87402397",
                "28.46694368", "0"]]"#,
        );
    }

    #[test]
    fn an_interval_is_read_as_it_is_written_and_case_matters() {
        for interval in KlineInterval::ALL {
            assert_eq!(KlineInterval::parse(interval.as_str()), Some(interval));
            let json = serde_json::to_string(&interval).unwrap();
            assert_eq!(json, format!("{:?}", interval.as_str()));
        }
        for text in ["", "1S", "1H", "7m", "1", "m", " 1m"] {
            assert_eq!(KlineInterval::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn an_offset_is_hours_or_hours_and_minutes_between_twelve_west_and_fourteen_east() {
        for (text, want) in [
            ("0", Some(0)),
            ("8", Some(480)),
            ("-1:00", Some(-60)),
            ("05:45", Some(345)),
            ("+08:00", Some(480)),
            ("-12:00", Some(-720)),
            ("14:00", Some(840)),
            ("14:01", None),
            ("-12:01", None),
            ("5:60", None),
            ("5:5", None),
            ("", None),
            ("+", None),
            ("--1", None),
            ("1:", None),
            ("é", None),
        ] {
            assert_eq!(UtcOffset::parse(text).map(UtcOffset::minutes), want, "{text:?}");
        }
    }
}
