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
/// What the key may do is for the caller to check.
///
/// What changes something is told by `change`, and then the request is good once. Method and path
/// are not signed: a client that signs the parameters of `change` too can be sure that the request
/// is good for that change only.
///
/// # Errors
/// The refusals of [`super::auth`]; [`Refusal::BadValue`] for a parameter that was signed and is
/// not as `change` has it.
pub fn signed_by(
    exchange: &Exchange,
    head: &request::Parts,
    change: Option<&[(&'static str, &str)]>,
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
    for (name, want) in change.unwrap_or_default() {
        if params.raw(name).is_some_and(|value| value != *want) {
            return Err(Refusal::BadValue(name));
        }
    }
    auth::check_signed(exchange, &key, change.is_some(), &params, signed, (from, now))?;
    Ok(key)
}
