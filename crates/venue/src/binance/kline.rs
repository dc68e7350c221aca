//! Candles: their intervals, the time zone they are cut in, their rows.

use model::UtcOffset;
use serde::{Deserialize, Serialize};

use super::DecimalText;

/// A candle's interval as the wire spells it; a minute is `1m`, a month `1M`.
pub(super) mod interval {
    use std::borrow::Cow;

    use model::Interval;
    use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

    pub fn serialize<S: Serializer>(interval: &Interval, to: S) -> Result<S::Ok, S::Error> {
        interval.as_str().serialize(to)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Interval, D::Error> {
        let text = <Cow<'de, str>>::deserialize(from)?;
        Interval::parse(&text).ok_or_else(|| de::Error::custom("no interval"))
    }
}

/// Reads `8`, `-1`, `+08:00` or `05:45`; `None` for anything else and beyond the range.
#[must_use]
pub fn parse_offset(text: &str) -> Option<UtcOffset> {
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
    if minutes < 60 { UtcOffset::from_minutes(total) } else { None }
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
    use model::Interval;

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
        #[derive(Serialize, Deserialize)]
        struct Told(#[serde(with = "interval")] Interval);
        for interval in Interval::ALL {
            assert_eq!(Interval::parse(interval.as_str()), Some(interval));
            let json = serde_json::to_string(&Told(interval)).unwrap();
            assert_eq!(json, format!("{:?}", interval.as_str()));
            assert_eq!(serde_json::from_str::<Told>(&json).unwrap().0, interval);
        }
        for text in ["", "1S", "1H", "7m", "1", "m", " 1m"] {
            assert_eq!(Interval::parse(text), None, "{text:?}");
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
            assert_eq!(parse_offset(text).map(UtcOffset::minutes), want, "{text:?}");
        }
    }
}
