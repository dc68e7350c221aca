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

/// Answer to the lists of what came to an account and went from it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalletTransactions<'a, T> {
    /// Where it goes on.
    #[serde(borrow)]
    pub pagination: Pagination<'a>,
    /// One page, newest first.
    pub data: Vec<T>,
}

/// Something that moved an account's balance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalletTransaction<'a> {
    /// Its name.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// `send`, `fiat_deposit`, `fiat_withdrawal`, …
    #[serde(borrow, rename = "type")]
    pub kind: Cow<'a, str>,
    /// `completed`.
    #[serde(borrow)]
    pub status: Cow<'a, str>,
    /// How much: negative where it went.
    #[serde(borrow)]
    pub amount: WalletAmount<'a>,
    /// For people.
    #[serde(borrow)]
    pub description: Option<Cow<'a, str>>,
    /// When.
    #[serde(borrow)]
    pub created_at: Cow<'a, str>,
    /// When it last changed.
    #[serde(borrow)]
    pub updated_at: Cow<'a, str>,
    /// `transaction`.
    #[serde(borrow)]
    pub resource: Cow<'a, str>,
    /// Where it is asked for.
    #[serde(borrow)]
    pub resource_path: Cow<'a, str>,
    /// For people.
    #[serde(borrow)]
    pub details: WalletDetails<'a>,
}

/// What people are told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalletDetails<'a> {
    /// What it is.
    #[serde(borrow)]
    pub title: Cow<'a, str>,
    /// From or to where.
    #[serde(borrow)]
    pub subtitle: Cow<'a, str>,
}

/// A deposit or a withdrawal of what states issue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WalletTransfer<'a> {
    /// Its name.
    #[serde(borrow)]
    pub id: Cow<'a, str>,
    /// `completed`.
    #[serde(borrow)]
    pub status: Cow<'a, str>,
    /// How much.
    #[serde(borrow)]
    pub amount: WalletAmount<'a>,
    /// The same, before the fee.
    #[serde(borrow)]
    pub subtotal: WalletAmount<'a>,
    /// What it cost.
    #[serde(borrow)]
    pub fee: WalletAmount<'a>,
    /// When.
    #[serde(borrow)]
    pub created_at: Cow<'a, str>,
    /// When it last changed.
    #[serde(borrow)]
    pub updated_at: Cow<'a, str>,
    /// `deposit` or `withdrawal`.
    #[serde(borrow)]
    pub resource: Cow<'a, str>,
    /// Where it is asked for.
    #[serde(borrow)]
    pub resource_path: Cow<'a, str>,
    /// Whether it was carried out.
    pub committed: bool,
    /// When it arrived.
    #[serde(borrow)]
    pub payout_at: Cow<'a, str>,
}
