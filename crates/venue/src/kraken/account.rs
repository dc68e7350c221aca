//! What an account has, may do, and pays.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};

use super::{DecimalNumber, Named};
use crate::number::DecimalText;

/// One asset of the result of `BalanceEx`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExtendedBalance {
    /// All of it.
    pub balance: DecimalText,
    /// Of that, reserved for open orders.
    pub hold_trade: DecimalText,
}

/// Result of `TradeBalance`, all in one asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TradeBalance {
    /// All there is.
    pub eb: DecimalText,
    /// What could be traded with.
    pub tb: DecimalText,
    /// Margin of open positions.
    pub m: DecimalText,
    /// What executes without having filled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uv: Option<DecimalText>,
    /// What open positions have gained.
    pub n: DecimalText,
    /// What open positions cost.
    pub c: DecimalText,
    /// What they are worth now.
    pub v: DecimalText,
    /// `tb` and `n`.
    pub e: DecimalText,
    /// `e` without `m`.
    pub mf: DecimalText,
    /// `e` by `m`, in hundredths; only with open positions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ml: Option<DecimalText>,
}

/// The fee of one market in the result of `TradeVolume`, in hundredths of what changes hands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FeeInfo {
    /// Now.
    pub fee: DecimalText,
    /// At least.
    pub minfee: DecimalText,
    /// At most.
    pub maxfee: DecimalText,
    /// From the next volume on.
    #[serde(default)]
    pub nextfee: Option<DecimalText>,
    /// The volume from which on this one counts.
    #[serde(default)]
    pub tiervolume: Option<DecimalText>,
    /// The next volume.
    #[serde(default)]
    pub nextvolume: Option<DecimalText>,
}

/// Result of `TradeVolume`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TradeVolume<'a> {
    /// In what volume is counted.
    #[serde(borrow)]
    pub currency: Cow<'a, str>,
    /// Of 30 days.
    pub volume: DecimalText,
    /// What who crosses pays, by market.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub fees: Option<Named<'a, FeeInfo>>,
    /// What who rests pays, by market.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub fees_maker: Option<Named<'a, FeeInfo>>,
}

/// Result of `GetWebSocketsToken`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SocketToken<'a> {
    /// What names the account on a socket.
    #[serde(borrow)]
    pub token: Cow<'a, str>,
    /// Within so many seconds it must be used.
    pub expires: u32,
}

/// Result of `GetApiKeyInfo`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ApiKeyInfo<'a> {
    /// Its owner's name for it.
    #[serde(borrow)]
    pub api_key_name: Cow<'a, str>,
    /// Its own name.
    #[serde(borrow)]
    pub api_key: Cow<'a, str>,
    /// The last nonce.
    #[serde(borrow)]
    pub nonce: Cow<'a, str>,
    /// How far nonces may fall behind.
    pub nonce_window: u64,
    /// `query-funds`, `modify-trades`, …
    #[serde(borrow)]
    pub permissions: Vec<Cow<'a, str>>,
    /// Until when it is good, in seconds; `0` for ever.
    #[serde(borrow)]
    pub valid_until: Cow<'a, str>,
    /// Addresses from which it works; none for all.
    #[serde(borrow)]
    pub ip_allowlist: Vec<Cow<'a, str>>,
}

/// One row of the result of `DepositStatus` and of `WithdrawStatus`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransferStatus<'a> {
    /// By which way.
    #[serde(borrow)]
    pub method: Cow<'a, str>,
    /// `currency`.
    #[serde(borrow)]
    pub aclass: Cow<'a, str>,
    /// Of what, by its key.
    #[serde(borrow)]
    pub asset: Cow<'a, str>,
    /// The venue's name for it.
    #[serde(borrow)]
    pub refid: Cow<'a, str>,
    /// The name on its chain.
    #[serde(borrow)]
    pub txid: Option<Cow<'a, str>>,
    /// To or from where.
    #[serde(borrow)]
    pub info: Option<Cow<'a, str>>,
    /// How much.
    pub amount: DecimalText,
    /// At what fee.
    #[serde(default)]
    pub fee: Option<DecimalText>,
    /// When, in seconds.
    pub time: u64,
    /// `Initial`, `Pending`, `Settled`, `Success`, `Failure`.
    #[serde(borrow)]
    pub status: Cow<'a, str>,
}

/// One row of the result of `Ledgers` and of `QueryLedgers`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry<'a> {
    /// Of what it came: a trade, a deposit.
    #[serde(borrow)]
    pub refid: Cow<'a, str>,
    /// When, in seconds.
    pub time: DecimalNumber,
    /// `trade`, `deposit`, `withdrawal`, …
    #[serde(rename = "type", borrow)]
    pub kind: Cow<'a, str>,
    /// Empty.
    #[serde(borrow, default)]
    pub subtype: Cow<'a, str>,
    /// `currency`.
    #[serde(borrow)]
    pub aclass: Cow<'a, str>,
    /// Of what, by its key.
    #[serde(borrow)]
    pub asset: Cow<'a, str>,
    /// How much: negative where it went.
    pub amount: DecimalText,
    /// At what fee.
    pub fee: DecimalText,
    /// How much there was then.
    pub balance: DecimalText,
}

/// Result of `Ledgers`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledgers<'a> {
    /// By name, the latest first.
    #[serde(borrow)]
    pub ledger: Named<'a, LedgerEntry<'a>>,
    /// How many there are.
    pub count: u64,
}
