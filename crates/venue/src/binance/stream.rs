//! Market streams: what one can listen to, by its name.
//!
//! Source  web-socket-streams.md. Names are in small letters; a name in capitals is no stream.

use std::fmt;

use model::{Interval, UtcOffset};

use super::Window;

/// The one zone beside UTC in which candles are streamed.
const EAST_8: UtcOffset = UtcOffset::from_minutes(8 * 60).expect("in range");

/// What a client can listen to in one market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// Each match, as it happens.
    Trade,
    /// What one taker order traded at one price, as it happens.
    AggTrade,
    /// The current candle.
    Kline {
        /// How long it lasts.
        interval: Interval,
        /// In which time zone it is cut: UTC or eight hours east of it.
        offset: UtcOffset,
    },
    /// Some statistics of the last 24 hours.
    MiniTicker,
    /// Statistics of the last 24 hours.
    Ticker,
    /// Statistics of a window, one of [`Window::STREAMED`].
    RollingTicker(Window),
    /// The best of both sides, as it changes.
    BookTicker,
    /// The average price.
    AvgPrice,
    /// What changed in the book.
    Depth(Speed),
    /// The best levels of the book.
    PartialDepth {
        /// How many of each side: 5, 10 or 20.
        levels: u8,
        /// How often.
        speed: Speed,
    },
}

/// How often a depth stream speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Speed {
    /// Each second.
    Ms1000,
    /// Ten times a second.
    Ms100,
}

/// The name of a stream.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StreamName {
    /// `btcusdt@…`
    Market {
        /// The market, as the catalogue writes it: in capitals.
        symbol: String,
        /// What of it.
        channel: Channel,
    },
    /// `!miniTicker@arr`
    AllMiniTickers,
    /// `!ticker@arr`
    AllTickers,
    /// `!ticker_1h@arr`, one of [`Window::STREAMED`].
    AllRollingTickers(Window),
    /// `!bookTicker`
    AllBookTickers,
}

impl StreamName {
    /// The longest symbol, in bytes: two tickers of twelve.
    const SYMBOL_LEN_MAX: usize = 24;

    /// The stream of that name; `None` where there can be none. Whether the market exists is
    /// another question.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(all) = text.strip_prefix('!') {
            return Self::parse_all(all);
        }
        let (symbol, channel) = text.split_once('@')?;
        let small = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        let is_symbol = (1..=Self::SYMBOL_LEN_MAX).contains(&symbol.len());
        if !is_symbol || !symbol.bytes().all(small) {
            return None;
        }
        let channel = Channel::parse(channel)?;
        Some(Self::Market { symbol: symbol.to_ascii_uppercase(), channel })
    }

    fn parse_all(text: &str) -> Option<Self> {
        match text {
            // Stock clients still ask with the speed that was once to be chosen.
            "miniTicker@arr" | "miniTicker@arr@1000ms" | "miniTicker@arr@3000ms" => {
                Some(Self::AllMiniTickers)
            }
            "ticker@arr" => Some(Self::AllTickers),
            "bookTicker" => Some(Self::AllBookTickers),
            _ => {
                let window = text.strip_prefix("ticker_")?.strip_suffix("@arr")?;
                streamed_window(window).map(Self::AllRollingTickers)
            }
        }
    }
}

impl Channel {
    fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "trade" => Self::Trade,
            "aggTrade" => Self::AggTrade,
            "miniTicker" => Self::MiniTicker,
            "ticker" => Self::Ticker,
            "bookTicker" => Self::BookTicker,
            "avgPrice" => Self::AvgPrice,
            _ => {
                if let Some(kline) = text.strip_prefix("kline_") {
                    let (interval, offset) = match kline.strip_suffix("@+08:00") {
                        Some(interval) => (interval, EAST_8),
                        None => (kline, UtcOffset::UTC),
                    };
                    Self::Kline { interval: Interval::parse(interval)?, offset }
                } else if let Some(window) = text.strip_prefix("ticker_") {
                    Self::RollingTicker(streamed_window(window)?)
                } else {
                    Self::parse_depth(text.strip_prefix("depth")?)?
                }
            }
        })
    }

    fn parse_depth(text: &str) -> Option<Self> {
        let (levels, speed) = text.split_once('@').unwrap_or((text, "1000ms"));
        let speed = match speed {
            "1000ms" => Speed::Ms1000,
            "100ms" => Speed::Ms100,
            _ => return None,
        };
        Some(match levels {
            "" => Self::Depth(speed),
            "5" => Self::PartialDepth { levels: 5, speed },
            "10" => Self::PartialDepth { levels: 10, speed },
            "20" => Self::PartialDepth { levels: 20, speed },
            _ => return None,
        })
    }
}

fn streamed_window(text: &str) -> Option<Window> {
    Window::parse(text).filter(|window| Window::STREAMED.contains(window))
}

impl fmt::Display for StreamName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Market { symbol, channel } => {
                write!(f, "{}@{channel}", symbol.to_ascii_lowercase())
            }
            Self::AllMiniTickers => f.write_str("!miniTicker@arr"),
            Self::AllTickers => f.write_str("!ticker@arr"),
            Self::AllRollingTickers(window) => write!(f, "!ticker_{window}@arr"),
            Self::AllBookTickers => f.write_str("!bookTicker"),
        }
    }
}

impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trade => f.write_str("trade"),
            Self::AggTrade => f.write_str("aggTrade"),
            Self::Kline { interval, offset } => {
                let zone = if *offset == EAST_8 { "@+08:00" } else { "" };
                write!(f, "kline_{}{zone}", interval.as_str())
            }
            Self::MiniTicker => f.write_str("miniTicker"),
            Self::Ticker => f.write_str("ticker"),
            Self::RollingTicker(window) => write!(f, "ticker_{window}"),
            Self::BookTicker => f.write_str("bookTicker"),
            Self::AvgPrice => f.write_str("avgPrice"),
            Self::Depth(speed) => write!(f, "depth{}", speed.suffix()),
            Self::PartialDepth { levels, speed } => write!(f, "depth{levels}{}", speed.suffix()),
        }
    }
}

impl Speed {
    const fn suffix(self) -> &'static str {
        match self {
            Self::Ms1000 => "",
            Self::Ms100 => "@100ms",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_name_is_a_stream_and_prints_as_it_reads() {
        let mut names: Vec<String> = [
            "btcusdt@trade",
            "btcusdt@aggTrade",
            "btcusdt@miniTicker",
            "btcusdt@ticker",
            "btcusdt@ticker_1h",
            "btcusdt@ticker_4h",
            "btcusdt@ticker_1d",
            "btcusdt@bookTicker",
            "btcusdt@avgPrice",
            "btcusdt@depth",
            "btcusdt@depth@100ms",
            "btcusdt@depth5",
            "btcusdt@depth10@100ms",
            "btcusdt@depth20",
            "!miniTicker@arr",
            "!ticker@arr",
            "!ticker_1h@arr",
            "!ticker_4h@arr",
            "!ticker_1d@arr",
            "!bookTicker",
        ]
        .map(String::from)
        .into();
        for interval in Interval::ALL {
            names.push(format!("1inchusdt@kline_{}", interval.as_str()));
            names.push(format!("1inchusdt@kline_{}@+08:00", interval.as_str()));
        }
        for name in names {
            let parsed = StreamName::parse(&name).unwrap_or_else(|| panic!("{name}"));
            assert_eq!(parsed.to_string(), name);
        }
    }

    #[test]
    fn some_streams_have_two_names() {
        let tickers = StreamName::parse("!miniTicker@arr@1000ms");
        assert_eq!(tickers, Some(StreamName::AllMiniTickers));
        assert_eq!(StreamName::parse("btcusdt@depth@1000ms"), StreamName::parse("btcusdt@depth"));
    }

    #[test]
    fn what_is_not_documented_is_no_stream() {
        for name in [
            "",
            "0",
            "@trade",
            "btcusdt",
            "btcusdt@",
            "BTCUSDT@trade",
            "btcusdt@Trade",
            "btcusdt@depth7",
            "btcusdt@depth5@250ms",
            "btcusdt@kline_7m",
            "btcusdt@kline_1m@+09:00",
            "btcusdt@ticker_2h",
            "!ticker_2h@arr",
            "!trade",
            "btc/usdt@trade",
            "aaaaaaaaaaaaaaaaaaaaaaaaa@trade",
        ] {
            assert_eq!(StreamName::parse(name), None, "{name:?}");
        }
    }
}
