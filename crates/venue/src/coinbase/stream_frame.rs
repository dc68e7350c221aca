//! What a client says over a socket: one channel in each message.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

/// A channel as it is asked for. What comes of `level2` is called `l2_data`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is its own name")]
pub enum Channel {
    Heartbeats,
    Candles,
    Status,
    Ticker,
    TickerBatch,
    Level2,
    MarketTrades,
    User,
}

impl Channel {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Heartbeats,
        Self::Candles,
        Self::Status,
        Self::Ticker,
        Self::TickerBatch,
        Self::Level2,
        Self::MarketTrades,
        Self::User,
    ];

    /// Its name as it is asked for.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Heartbeats => "heartbeats",
            Self::Candles => "candles",
            Self::Status => "status",
            Self::Ticker => "ticker",
            Self::TickerBatch => "ticker_batch",
            Self::Level2 => "level2",
            Self::MarketTrades => "market_trades",
            Self::User => "user",
        }
    }

    /// Its name in what comes of it.
    #[must_use]
    pub const fn told(self) -> &'static str {
        match self {
            Self::Level2 => "l2_data",
            Self::Heartbeats
            | Self::Candles
            | Self::Status
            | Self::Ticker
            | Self::TickerBatch
            | Self::MarketTrades
            | Self::User => self.name(),
        }
    }

    /// Whether it is one account's: such a channel needs a token.
    #[must_use]
    pub const fn is_private(self) -> bool {
        match self {
            Self::User => true,
            Self::Heartbeats
            | Self::Candles
            | Self::Status
            | Self::Ticker
            | Self::TickerBatch
            | Self::Level2
            | Self::MarketTrades => false,
        }
    }
}

/// Whether to begin or to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "each is its own name")]
pub enum Wish {
    Subscribe,
    Unsubscribe,
}

/// A message of a client.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscribe<'a> {
    /// What to do.
    #[serde(rename = "type")]
    pub wish: Wish,
    /// Of which markets; all for `user` without any.
    #[serde(borrow, default)]
    pub product_ids: Vec<Cow<'a, str>>,
    /// With which channel.
    pub channel: Channel,
    /// In whose name.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub jwt: Option<Cow<'a, str>>,
}

/// Why a message was refused; the connection goes on, unless the token was no good.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamError<'a> {
    /// `error`.
    #[serde(borrow, rename = "type")]
    pub kind: Cow<'a, str>,
    /// For people.
    #[serde(borrow)]
    pub message: Cow<'a, str>,
}

#[cfg(test)]
mod tests {
    use super::super::recorded::check;
    use super::*;

    #[test]
    fn a_channel_is_written_as_it_is_named() {
        for channel in Channel::ALL {
            assert_eq!(serde_json::to_value(channel).unwrap(), channel.name());
        }
    }

    #[test]
    fn what_clients_say_is_read_and_written() {
        let plain = r#"{"type":"subscribe","product_ids":["BTC-USD"],"channel":"level2"}"#;
        check::<Subscribe<'_>>(plain, &[]);
        check::<Subscribe<'_>>(
            r#"{"type":"unsubscribe","product_ids":[],"channel":"user","jwt":"a.b.c"}"#,
            &[],
        );
        check::<StreamError<'_>>(r#"{"type":"error","message":"authentication failure"}"#, &[]);
        for json in [
            r#"{"type":"subscribe","product_ids":["BTC-USD"],"channel":"level3"}"#,
            r#"{"type":"ask","product_ids":["BTC-USD"],"channel":"level2"}"#,
            r#"{"type":"subscribe"}"#,
            "[]",
        ] {
            assert!(serde_json::from_str::<Subscribe<'_>>(json).is_err(), "{json}");
        }
    }
}
