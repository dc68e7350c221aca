//! Accounts: balances, fees, what a key may do.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::number::DecimalText;

/// So much of one asset.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Balance<'a> {
    /// How much.
    pub value: DecimalText,
    /// Of what.
    #[serde(borrow)]
    pub currency: Cow<'a, str>,
}

/// What a user has of one asset: an account, in the venue's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account<'a> {
    /// Its name.
    #[serde(borrow)]
    pub uuid: Cow<'a, str>,
    /// For people.
    #[serde(borrow, default)]
    pub name: Cow<'a, str>,
    /// Of what.
    #[serde(borrow)]
    pub currency: Cow<'a, str>,
    /// Free to use.
    #[serde(borrow)]
    pub available_balance: Balance<'a>,
    /// Whether it is the first of its asset.
    #[serde(default)]
    pub default: bool,
    /// Yes.
    #[serde(default)]
    pub active: bool,
    /// When it was opened.
    #[serde(borrow, default)]
    pub created_at: Option<Cow<'a, str>>,
    /// When it changed.
    #[serde(borrow, default)]
    pub updated_at: Option<Cow<'a, str>>,
    /// When it was closed.
    #[serde(borrow, default)]
    pub deleted_at: Option<Cow<'a, str>>,
    /// `ACCOUNT_TYPE_CRYPTO` or `ACCOUNT_TYPE_FIAT`.
    #[serde(borrow, rename = "type", default)]
    pub kind: Cow<'a, str>,
    /// Yes.
    #[serde(default)]
    pub ready: bool,
    /// Reserved for open orders.
    #[serde(borrow)]
    pub hold: Balance<'a>,
    /// The portfolio it is in.
    #[serde(borrow, default)]
    pub retail_portfolio_id: Cow<'a, str>,
}

/// Answer to `accounts`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Accounts<'a> {
    /// One page.
    #[serde(borrow)]
    pub accounts: Vec<Account<'a>>,
    /// Whether there is another.
    pub has_next: bool,
    /// By what it is asked for.
    #[serde(borrow, default)]
    pub cursor: Cow<'a, str>,
    /// How many are on this page.
    #[serde(default)]
    pub size: u64,
}

/// Answer to `key_permissions`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyPermissions<'a> {
    /// See balances and orders.
    pub can_view: bool,
    /// Place and cancel.
    pub can_trade: bool,
    /// Move money.
    pub can_transfer: bool,
    /// The portfolio that the key is for.
    #[serde(borrow, default)]
    pub portfolio_uuid: Cow<'a, str>,
    /// `DEFAULT`.
    #[serde(borrow, default)]
    pub portfolio_type: Cow<'a, str>,
}

/// What trades cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeeTier<'a> {
    /// Its name.
    #[serde(borrow)]
    pub pricing_tier: Cow<'a, str>,
    /// From which volume of 30 days, in USD.
    #[serde(borrow, default)]
    pub usd_from: Cow<'a, str>,
    /// To which.
    #[serde(borrow, default)]
    pub usd_to: Cow<'a, str>,
    /// For who crossed, as a fraction.
    pub taker_fee_rate: DecimalText,
    /// For who rested, as a fraction.
    pub maker_fee_rate: DecimalText,
}

/// Answer to `transaction_summary`, less its sums: they are JSON numbers, and nobody needs them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransactionSummary<'a> {
    /// What trades cost.
    #[serde(borrow)]
    pub fee_tier: FeeTier<'a>,
}

/// A portfolio.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Portfolio<'a> {
    /// For people.
    #[serde(borrow)]
    pub name: Cow<'a, str>,
    /// Its name.
    #[serde(borrow)]
    pub uuid: Cow<'a, str>,
    /// `DEFAULT`.
    #[serde(borrow, rename = "type")]
    pub kind: Cow<'a, str>,
    /// No.
    #[serde(default)]
    pub deleted: bool,
}

/// Answer to `portfolios`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Portfolios<'a> {
    /// One.
    #[serde(borrow)]
    pub portfolios: Vec<Portfolio<'a>>,
}
