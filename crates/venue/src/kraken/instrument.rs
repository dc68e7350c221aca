//! What is listed: assets and markets with their rules and fees.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::DecimalNumber;
use crate::number::DecimalText;

/// One asset of the result of `Assets`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AssetInfo<'a> {
    /// `currency`.
    #[serde(borrow)]
    pub aclass: Cow<'a, str>,
    /// Its other name.
    #[serde(borrow)]
    pub altname: Cow<'a, str>,
    /// Digits after the point in books.
    pub decimals: u8,
    /// Digits after the point for people.
    pub display_decimals: u8,
    /// `enabled`, or what it cannot do.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Cow<'a, str>>,
}

/// From which volume of 30 days on, and how many hundredths of what changes hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeeStep(pub DecimalNumber, pub DecimalNumber);

/// One market of the result of `AssetPairs`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairInfo<'a> {
    /// How requests may spell it.
    #[serde(borrow)]
    pub altname: Cow<'a, str>,
    /// How sockets of version 1 spell it; `None` where it has none.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub wsname: Option<Cow<'a, str>>,
    /// `currency`.
    #[serde(borrow)]
    pub aclass_base: Cow<'a, str>,
    /// The key of what is traded.
    #[serde(borrow)]
    pub base: Cow<'a, str>,
    /// `currency`.
    #[serde(borrow)]
    pub aclass_quote: Cow<'a, str>,
    /// The key of what it is paid in.
    #[serde(borrow)]
    pub quote: Cow<'a, str>,
    /// `unit`.
    #[serde(borrow)]
    pub lot: Cow<'a, str>,
    /// Digits after the point of what changes hands.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_decimals: Option<u8>,
    /// Digits after the point of prices.
    pub pair_decimals: u8,
    /// Digits after the point of quantities.
    pub lot_decimals: u8,
    /// One.
    pub lot_multiplier: u32,
    /// By how much one may borrow to buy.
    pub leverage_buy: Vec<u32>,
    /// By how much one may borrow to sell.
    pub leverage_sell: Vec<u32>,
    /// What who crosses pays.
    pub fees: Vec<FeeStep>,
    /// What who rests pays; the same where it is not told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fees_maker: Option<Vec<FeeStep>>,
    /// In what volume is counted.
    #[serde(borrow)]
    pub fee_volume_currency: Cow<'a, str>,
    /// Of margin: not ours.
    pub margin_call: u32,
    /// Of margin: not ours.
    pub margin_stop: u32,
    /// The smallest quantity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ordermin: Option<DecimalText>,
    /// The smallest notional.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub costmin: Option<DecimalText>,
    /// The step of prices.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tick_size: Option<DecimalText>,
    /// `online`, or what it does not take.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Cow<'a, str>>,
}
