//! What operators do is written down, and what was written down is checked.

use serde_json::{Value, json};

use crate::operator::{Operator, Refusal, Request};

/// What the audit log says of `request`; `None` where identity notes it, or nothing changes.
pub fn said_of(request: &Request) -> Option<String> {
    match request {
        Request::CreateMarket { market } => Some(format!("market create {}", market.symbol)),
        Request::SetMarketState { symbol, state } => Some(format!("market state {symbol} {state}")),
        Request::Adjust { email, asset, amount, reason, reference } => {
            Some(format!("ledger adjust {amount} {asset} of {email}, {reference}: {reason}"))
        }
        Request::AdvanceClock { seconds } => Some(format!("clock advance {seconds} s")),
        Request::CreateUser { .. }
        | Request::CreateApiKey(_)
        | Request::RevokeApiKey { .. }
        | Request::ResetPassword { .. }
        | Request::ResetTwoFactor { .. }
        | Request::SetKyc { .. }
        | Request::RotateKeys
        | Request::ListApiKeys { .. }
        | Request::VerifyAudit => None,
    }
}

impl Operator {
    /// Checks the chain of the audit log.
    pub async fn verify_audit(&self) -> Result<Value, Refusal> {
        let head = self.identity.verify_audit().await?;
        Ok(json!({ "entries": head.entries, "head": hex::encode(head.hash) }))
    }
}
