//! What an account has, may do and pays, and what came and went.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use crate::number::DecimalText;

/// What an account has of one currency.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountRow<'a> {
    /// The account's name.
    pub id: Cow<'a, str>,
    /// Of which currency.
    pub currency: Cow<'a, str>,
    /// `trade`, `trade_hf` or `main`.
    #[serde(rename = "type")]
    pub kind: Cow<'a, str>,
    /// All of it.
    pub balance: DecimalText,
    /// Free to use.
    pub available: DecimalText,
    /// Reserved for open orders.
    pub holds: DecimalText,
}

/// One of these accounts by itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountBalance<'a> {
    /// Of which currency.
    pub currency: Cow<'a, str>,
    /// All of it.
    pub balance: DecimalText,
    /// Free to use.
    pub available: DecimalText,
    /// Reserved for open orders.
    pub holds: DecimalText,
}

/// What a key is and may do.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiKeyInfo<'a> {
    /// Its owner's note.
    pub remark: Cow<'a, str>,
    /// Its name.
    pub api_key: Cow<'a, str>,
    /// Its version.
    pub api_version: u8,
    /// What it may do, with commas: `General`, `Spot`, `Transfer`, `Withdrawal` …
    pub permission: Cow<'a, str>,
    /// From where it works, with commas; missing where it works from everywhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ip_whitelist: Option<String>,
    /// Since when.
    pub created_at: u64,
    /// Whose.
    pub uid: u64,
    /// Whether it is of the main account.
    pub is_master: bool,
}

/// An account in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(missing_docs, reason = "each is its own name")]
pub struct UserInfo {
    pub level: u32,
    pub sub_quantity: u32,
    pub spot_sub_quantity: u32,
    pub margin_sub_quantity: u32,
    pub futures_sub_quantity: u32,
    pub option_sub_quantity: u32,
    pub max_sub_quantity: u32,
    pub max_default_sub_quantity: u32,
    pub max_spot_sub_quantity: u32,
    pub max_margin_sub_quantity: u32,
    pub max_futures_sub_quantity: u32,
    pub max_option_sub_quantity: u32,
}

/// Which kind of account it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AccountMode<'a> {
    /// `CLASSIC` or `UNIFIED`.
    pub self_account_mode: Cow<'a, str>,
}

/// What an account pays where a market says nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BaseFee {
    /// As a taker.
    pub taker_fee_rate: DecimalText,
    /// As a maker.
    pub maker_fee_rate: DecimalText,
}

/// What an account pays in a market.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SymbolFee<'a> {
    /// Which.
    pub symbol: Cow<'a, str>,
    /// As a taker.
    pub taker_fee_rate: DecimalText,
    /// As a maker.
    pub maker_fee_rate: DecimalText,
}

/// One thing that an account's balance did.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LedgerRow<'a, At> {
    /// Its name.
    pub id: Cow<'a, str>,
    /// Of which currency.
    pub currency: Cow<'a, str>,
    /// By how much the balance changed, with the fee.
    pub amount: DecimalText,
    /// What it cost; negative where the venue paid.
    pub fee: DecimalText,
    /// What there was afterwards.
    pub balance: DecimalText,
    /// `TRADE` or `TRADE_HF`.
    pub account_type: Cow<'a, str>,
    /// `TRADE_EXCHANGE`, `DEPOSIT`, `WITHDRAW` …
    pub biz_type: Cow<'a, str>,
    /// `in` or `out`.
    pub direction: Cow<'a, str>,
    /// When: a number, or text where there is a tax.
    pub created_at: At,
    /// What it was of, as JSON; or nothing.
    pub context: Cow<'a, str>,
    /// What was withheld; only of accounts that trade often.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tax: Option<DecimalText>,
}

/// What a ledger says of a trade.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LedgerContext<'a> {
    /// Where.
    pub symbol: Cow<'a, str>,
    /// Of which order.
    pub order_id: Cow<'a, str>,
    /// Which trade.
    pub trade_id: Cow<'a, str>,
}

/// A part of a longer list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Page<T> {
    /// Which part, from 1.
    pub current_page: u32,
    /// How many in a part.
    pub page_size: u32,
    /// How many in all.
    pub total_num: u64,
    /// How many parts.
    pub total_page: u64,
    /// This part.
    pub items: Vec<T>,
}

/// Money that came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DepositRow<'a> {
    /// The venue's name for it; only money that went has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Of which currency.
    pub currency: Cow<'a, str>,
    /// On which chain; nothing where it came from another account of the venue.
    pub chain: Cow<'a, str>,
    /// `PROCESSING`, `SUCCESS` or `FAILURE`.
    pub status: Cow<'a, str>,
    /// To which address.
    pub address: Cow<'a, str>,
    /// With which tag.
    pub memo: Cow<'a, str>,
    /// Whether it came from another account of the venue.
    pub is_inner: bool,
    /// How much.
    pub amount: DecimalText,
    /// What it cost.
    pub fee: DecimalText,
    /// By which transaction.
    pub wallet_tx_id: Option<String>,
    /// When it was seen.
    pub created_at: u64,
    /// When it last changed.
    pub updated_at: u64,
    /// A note.
    pub remark: Cow<'a, str>,
    /// Whether something is owed for it; of money that came.
    #[serde(default)]
    pub arrears: bool,
}

/// Money that went: told as money that came.
pub type WithdrawalRow<'a> = DepositRow<'a>;
