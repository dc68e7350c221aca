//! Where a socket is opened, and what can be listened to on it.
//!
//! Shape   a topic is a channel and, after a colon, the names of markets with commas between them;
//!         candles have their length after an underscore.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::market::CandleType;

/// Markets named in one request at most.
pub const TOPICS_MAX: usize = 100;

/// Answer to asking for a socket.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Bullet<'a> {
    /// What opens it.
    pub token: Cow<'a, str>,
    /// Where it is; any of them.
    pub instance_servers: Vec<InstanceServer<'a>>,
}

/// Where sockets are opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InstanceServer<'a> {
    /// Its address.
    pub endpoint: Cow<'a, str>,
    /// Whether by TLS.
    pub encrypt: bool,
    /// `websocket`.
    pub protocol: Cow<'a, str>,
    /// After how many milliseconds a client pings again.
    pub ping_interval: u64,
    /// How many milliseconds the answer to that may take.
    pub ping_timeout: u64,
}

/// What can be listened to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Channel {
    /// The best of both sides and the last trade.
    Ticker,
    /// The best of both sides.
    Level1,
    /// The best five of both sides.
    Depth5,
    /// The best fifty of both sides.
    Depth50,
    /// Each change of the book.
    Level2,
    /// Each trade.
    Match,
    /// The candle that is not complete yet.
    Candles(CandleType),
    /// The statistics of 24 hours.
    Snapshot,
    /// One's own orders.
    TradeOrders,
    /// One's own orders, also before they are matched.
    TradeOrdersV2,
    /// One's own orders that wait for a price.
    StopOrders,
    /// One's own balances.
    Balance,
}

/// The paths of channels of markets.
const OF_MARKETS: [(&str, Channel); 7] = [
    ("/market/ticker", Channel::Ticker),
    ("/spotMarket/level1", Channel::Level1),
    ("/spotMarket/level2Depth5", Channel::Depth5),
    ("/spotMarket/level2Depth50", Channel::Depth50),
    ("/market/level2", Channel::Level2),
    ("/market/match", Channel::Match),
    ("/market/snapshot", Channel::Snapshot),
];
/// The paths of channels of one's own.
const OWN: [(&str, Channel); 4] = [
    ("/spotMarket/tradeOrders", Channel::TradeOrders),
    ("/spotMarket/tradeOrdersV2", Channel::TradeOrdersV2),
    ("/spotMarket/advancedOrders", Channel::StopOrders),
    ("/account/balance", Channel::Balance),
];
const CANDLES: &str = "/market/candles";

impl Channel {
    /// Whether it is told only to whom it concerns.
    #[must_use]
    pub const fn is_private(self) -> bool {
        match self {
            Self::TradeOrders | Self::TradeOrdersV2 | Self::StopOrders | Self::Balance => true,
            Self::Ticker
            | Self::Level1
            | Self::Depth5
            | Self::Depth50
            | Self::Level2
            | Self::Match
            | Self::Candles(_)
            | Self::Snapshot => false,
        }
    }

    /// The topic of it in a market, or of all one's own.
    #[must_use]
    pub fn topic(self, symbol: &str) -> String {
        if let Self::Candles(length) = self {
            return format!("{CANDLES}:{symbol}_{}", length.word().unwrap_or_default());
        }
        let known = |(_, channel): &&(&str, Self)| *channel == self;
        if let Some((path, _)) = OF_MARKETS.iter().find(known) {
            return format!("{path}:{symbol}");
        }
        OWN.iter().find(known).map_or_else(String::new, |(path, _)| (*path).to_owned())
    }
}

/// A channel in one market.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Topic<'a> {
    /// Which channel.
    pub channel: Channel,
    /// Which market; nothing where it is of all one's own.
    pub symbol: &'a str,
}

/// Why a text names no topics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TopicError {
    /// There is no such channel, or it wants a market, or none.
    Unknown,
    /// It names too many at once.
    TooMany,
}

impl<'a> Topic<'a> {
    /// What a request names.
    ///
    /// # Errors
    /// [`TopicError`].
    pub fn parse(text: &'a str) -> Result<Vec<Self>, TopicError> {
        let Some((path, names)) = text.split_once(':') else {
            let found = OWN.iter().find(|(path, _)| *path == text);
            let (_, channel) = *found.ok_or(TopicError::Unknown)?;
            return Ok(vec![Self { channel, symbol: "" }]);
        };
        if TOPICS_MAX < names.split(',').count() {
            return Err(TopicError::TooMany);
        }
        let topic = |name: &'a str| Self::one(path, name).ok_or(TopicError::Unknown);
        names.split(',').map(topic).collect()
    }

    fn one(path: &str, name: &'a str) -> Option<Self> {
        let (channel, symbol) = if path == CANDLES {
            let (symbol, length) = name.rsplit_once('_')?;
            (Channel::Candles(CandleType::parse(length)?), symbol)
        } else {
            (OF_MARKETS.iter().find(|(known, _)| *known == path)?.1, name)
        };
        (!symbol.is_empty()).then_some(Self { channel, symbol })
    }
}

#[cfg(test)]
mod tests {
    use model::Interval;

    use super::*;

    #[test]
    fn topics_are_a_channel_and_names_of_markets() {
        let one = |channel, symbol| Ok(vec![Topic { channel, symbol }]);
        let hour = Channel::Candles(CandleType(Interval::Hour1));
        for (text, want) in [
            ("/market/level2:BTC-USDT", one(Channel::Level2, "BTC-USDT")),
            ("/market/candles:BTC-USDT_1hour", one(hour, "BTC-USDT")),
            ("/market/ticker:all", one(Channel::Ticker, "all")),
            ("/spotMarket/tradeOrdersV2", one(Channel::TradeOrdersV2, "")),
            ("/spotMarket/advancedOrders", one(Channel::StopOrders, "")),
            ("/account/balance", one(Channel::Balance, "")),
            (
                "/spotMarket/level2Depth5:A-B,C-D",
                Ok(vec![
                    Topic { channel: Channel::Depth5, symbol: "A-B" },
                    Topic { channel: Channel::Depth5, symbol: "C-D" },
                ]),
            ),
            ("/market/level2", Err(TopicError::Unknown)),
            ("/market/level2:", Err(TopicError::Unknown)),
            ("/market/level2:A-B,", Err(TopicError::Unknown)),
            ("/market/candles:BTC-USDT_2min", Err(TopicError::Unknown)),
            ("/market/candles:BTC-USDT", Err(TopicError::Unknown)),
            ("/account/balance:BTC", Err(TopicError::Unknown)),
            ("/other", Err(TopicError::Unknown)),
        ] {
            assert_eq!(Topic::parse(text), want, "{text}");
            if let Ok([Topic { channel, symbol }]) = want.as_deref() {
                assert_eq!(channel.topic(symbol), text);
            }
        }
        let many = format!("/market/match:{}", ["A-B"; TOPICS_MAX + 1].join(","));
        assert_eq!(Topic::parse(&many), Err(TopicError::TooMany));
    }
}
