//! The venue's older paths, which some clients ask still: accounts, the time, assets, rates.
//!
//! Source  what ccxt asks and reads.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::number::DecimalText;

/// Every answer of these paths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Data<T> {
    /// It.
    pub data: T,
}

/// Answer to `time`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalletTime<'a> {
    /// Now.
    #[serde(borrow)]
    pub iso: Cow<'a, str>,
    /// The same, in seconds.
    pub epoch: u64,
}

/// An asset that states issue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FiatAsset<'a> {
    /// Its ticker.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// For people.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// The least of it.
    pub min_size: DecimalText,
}

/// Any other asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CryptoAsset<'a> {
    /// Its name.
    #[serde(borrow)]
    pub asset_id: Cow<'a, str>,
    /// Its ticker.
    #[serde(borrow)]
    pub code: Cow<'a, str>,
    /// For people.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// `crypto`.
    #[serde(borrow, rename = "type")]
    pub kind: Cow<'a, str>,
    /// Digits after the point.
    pub exponent: u8,
}

/// Answer to `exchange-rates`: how much of each asset one of a currency is worth.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExchangeRates<'a> {
    /// Of which.
    #[serde(borrow)]
    pub currency: Cow<'a, str>,
    /// By ticker.
    #[serde(borrow)]
    pub rates: BTreeMap<Cow<'a, str>, DecimalText>,
}

/// An asset as an account names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalletAsset<'a> {
    /// Its ticker.
    #[serde(borrow)]
    pub code: Cow<'a, str>,
    /// For people.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// Digits after the point.
    pub exponent: u8,
    /// `crypto` or `fiat`.
    #[serde(borrow, rename = "type")]
    pub kind: Cow<'a, str>,
}

/// So much of one asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalletAmount<'a> {
    /// How much.
    pub amount: DecimalText,
    /// Of what.
    #[serde(borrow)]
    pub currency: Cow<'a, str>,
}

/// What a user has of one asset, with what is reserved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalletAccount<'a> {
    /// Its name.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// For people.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// Whether it is the first.
    pub primary: bool,
    /// `wallet` or `fiat`.
    #[serde(borrow, rename = "type")]
    pub kind: Cow<'a, str>,
    /// Of what.
    #[serde(borrow)]
    pub currency: WalletAsset<'a>,
    /// How much.
    #[serde(borrow)]
    pub balance: WalletAmount<'a>,
    /// `account`.
    #[serde(borrow)]
    pub resource: Cow<'a, str>,
    /// Where it is asked for.
    #[serde(borrow)]
    pub resource_path: Cow<'a, str>,
}

/// Where a list goes on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pagination<'a> {
    /// How many are on a page.
    pub limit: u64,
    /// The first of the next page; `None` where there is none.
    #[serde(borrow)]
    pub next_starting_after: Option<Cow<'a, str>>,
}

/// Answer to `accounts`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalletAccounts<'a> {
    /// Where it goes on.
    #[serde(borrow)]
    pub pagination: Pagination<'a>,
    /// One page.
    #[serde(borrow)]
    pub data: Vec<WalletAccount<'a>>,
}
