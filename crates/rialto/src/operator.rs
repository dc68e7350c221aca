//! What an operator can ask of the exchange, whether it runs or lies stopped on the disk.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::market_file::MarketFile;

/// One thing asked by an operator. No `Debug`: passwords are among it.
#[derive(Deserialize, Serialize)]
#[serde(tag = "op", rename_all = "camelCase", deny_unknown_fields)]
pub enum Request {
    /// Create a user and open their account.
    CreateUser {
        /// Who.
        email: String,
        /// Whether they administrate.
        admin: bool,
        /// `none`, `pending` or `approved`.
        kyc: String,
        /// Their password.
        password: String,
    },
    /// Give a user another password.
    ResetPassword {
        /// Who.
        email: String,
        /// Their new password.
        password: String,
    },
    /// Create an API key.
    CreateApiKey {
        /// Whose.
        email: String,
        /// `read`, `trade`, `transfer`, `admin`.
        scopes: Vec<String>,
        /// From where, as CIDR; anywhere if empty.
        allow_ips: Vec<String>,
        /// In PEM; `None` for a key with a secret.
        public_key: Option<String>,
    },
    /// List a market, and the assets it needs.
    CreateMarket {
        /// Which.
        market: Box<MarketFile>,
    },
    /// Open, restrict or halt a market.
    SetMarketState {
        /// `BTC-USDT`.
        symbol: String,
        /// `open`, `post-only`, `cancel-only`, `halted`.
        state: String,
    },
    /// Move money into or out of an account.
    Adjust {
        /// Whose.
        email: String,
        /// Of what.
        asset: String,
        /// How much, as a decimal; negative where it goes.
        amount: String,
        /// Why.
        reason: String,
        /// Drawn by whoever asks, so that asking again moves nothing: a UUID.
        reference: String,
    },
    /// Wrap every stored secret under a new master key.
    RotateKeys,
}

/// The exchange said no to its operator, and why.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Refusal(pub String);

/// Whoever carries out what operators ask.
#[derive(Clone)]
pub struct Operator {}

impl Operator {
    /// Carries out `request`. The answer is what the command prints.
    ///
    /// # Errors
    /// [`Refusal`] with a reason for the operator; nothing changed.
    pub async fn run(&self, request: Request) -> Result<Value, Refusal> {
        let _ = (self, request);
        Err(Refusal("not yet".into()))
    }
}
