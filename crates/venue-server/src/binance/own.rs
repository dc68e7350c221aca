//! Requests of the product's own API that carry an API key, signed exactly as here.

use std::sync::Arc;

use axum::http::request;
use venue::binance::{Payload, Refusal, Security};

use super::auth::{self, KEY_HEADER};
use super::request::Params;
use super::rest::client;
use crate::exchange::Exchange;
use crate::keyring::KeyEntry;

/// The key that signed a request without a body: address, expiry, window and signature are good.
/// What the key may do is for the caller to check; what changes something is `good_once`.
///
/// # Errors
/// The refusals of [`super::auth`].
pub fn signed_by(
    exchange: &Exchange,
    head: &request::Parts,
    good_once: bool,
) -> Result<Arc<KeyEntry>, Refusal> {
    let (from, now) = (client(head, exchange), exchange.now());
    exchange.weights.charge(from, 1, now).map_err(|(refusal, _)| refusal)?;
    let api_key = head.headers.get(KEY_HEADER).and_then(|value| value.to_str().ok());
    let key = auth::find_key(exchange, api_key, from, Security::None)?;
    let query = head.uri.query().unwrap_or_default();
    let payload = Payload::new(query, "")?;
    let signature = payload.signature_text();
    let signed = (&payload.parts[..], signature.as_deref());
    let params = Params::from_form(query, &[])?;
    auth::check_signed(exchange, &key, good_once, &params, signed, (from, now))?;
    Ok(key)
}
