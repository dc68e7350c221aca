//! Orders as a client signs them: buys and sells at one price, so that half of them trade.

use std::time::{SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;

/// A key and what it signs with.
#[derive(Clone)]
pub struct Credentials {
    /// The name that travels.
    pub name: String,
    secret: hmac::Key,
}

impl Credentials {
    /// From `KEY:SECRET`.
    pub fn read(text: &str) -> Option<Self> {
        let (name, secret) = text.split_once(':')?;
        let secret = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
        Some(Self { name: name.to_owned(), secret })
    }

    /// The signature of `payload`, in hex.
    pub fn sign(&self, payload: &str) -> String {
        hex::encode(hmac::sign(&self.secret, payload.as_bytes()))
    }
}

/// The price and side of order number `number`.
pub fn order(number: u64) -> (&'static str, u64) {
    let price = 60_000 + number / 2 % 100;
    (if number.is_multiple_of(2) { "BUY" } else { "SELL" }, price)
}

/// Milliseconds since the epoch.
pub fn now_ms() -> u128 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_millis()
}
