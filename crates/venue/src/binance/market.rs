//! Public market data: the book, trades, the average price.

use model::Side;
use serde::{Deserialize, Serialize};

use super::DecimalText;
use crate::local_book::{BookRow, BookSnapshot};

/// Answer to `time`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerTime {
    /// Now.
    pub server_time: u64,
}

/// One price level: price, then quantity. In a difference, quantity zero removes the level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Level(pub DecimalText, pub DecimalText);

/// Answer to `depth`, and what the partial book streams push.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Depth {
    /// The update after which the book looks so.
    pub last_update_id: u64,
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

impl BookSnapshot for Depth {
    type Row = Level;

    fn number(&self) -> u64 {
        self.last_update_id
    }

    fn rows(&self, side: Side) -> &[Level] {
        match side {
            Side::Buy => &self.bids,
            Side::Sell => &self.asks,
        }
    }
}

/// One row of `trades` and `historicalTrades`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Trade {
    /// Its number in the market.
    pub id: u64,
    /// At the maker's price.
    pub price: DecimalText,
    /// Of base.
    pub qty: DecimalText,
    /// Of quote.
    pub quote_qty: DecimalText,
    /// When.
    pub time: u64,
    /// Whether the seller crossed.
    pub is_buyer_maker: bool,
    /// Always true.
    pub is_best_match: bool,
}

/// One row of `aggTrades`: what one taker order traded at one price.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AggTrade {
    /// Its number in the market.
    #[serde(rename = "a")]
    pub id: u64,
    /// At the makers' price.
    #[serde(rename = "p")]
    pub price: DecimalText,
    /// Of base.
    #[serde(rename = "q")]
    pub qty: DecimalText,
    /// The first trade in it.
    #[serde(rename = "f")]
    pub first_id: u64,
    /// The last trade in it.
    #[serde(rename = "l")]
    pub last_id: u64,
    /// When.
    #[serde(rename = "T")]
    pub time: u64,
    /// Whether the seller crossed.
    #[serde(rename = "m")]
    pub is_buyer_maker: bool,
    /// Always true.
    #[serde(rename = "M")]
    pub is_best_match: bool,
}

/// Answer to `avgPrice`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AvgPrice {
    /// Over how many minutes.
    pub mins: u8,
    /// Weighted by quantity; the last price where nothing traded in that time.
    pub price: DecimalText,
    /// When the last trade was; 0 before the first.
    pub close_time: u64,
}

#[cfg(test)]
mod tests {
    use super::super::recorded::check;
    use super::*;

    #[test]
    fn every_modelled_field_of_a_documented_payload_survives_decode_and_encode() {
        check::<ServerTime>(r#"{"serverTime": 1499827319559}"#);
        check::<Depth>(
            r#"{"lastUpdateId": 1027024, "bids": [["4.00000000", "431.00000000"]],
                "asks": [["4.00000200", "12.00000000"]]}"#,
        );
        check::<Vec<Trade>>(
            r#"[{"id": 28457, "price": "4.00000100", "qty": "12.00000000",
                "quoteQty": "48.000012", "time": 1499865549590, "isBuyerMaker": true,
                "isBestMatch": true}]"#,
        );
        check::<Vec<AggTrade>>(
            r#"[{"a": 26129, "p": "0.01633102", "q": "4.70443515", "f": 27781, "l": 27781,
                "T": 1498793709153, "m": true, "M": true}]"#,
        );
        check::<AvgPrice>(r#"{"mins": 5, "price": "9.35751834", "closeTime": 1694061154503}"#);
    }
}
