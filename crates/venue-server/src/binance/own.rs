//! What the product's own API shares with this one: keys, limits, and the way to the engine.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::request;
use model::AccountId;
use projection::History;
use venue::binance::{Payload, Refusal, Security};

use super::auth::{self, KEY_HEADER};
use super::replay::Purpose;
use super::request::Params;
use crate::exchange::Exchange;
use crate::keyring::KeyEntry;
use crate::network::Permit;

/// Whether a request carries an API key at all.
#[must_use]
pub fn names_a_key(head: &request::Parts) -> bool {
    head.headers.contains_key(KEY_HEADER)
}

/// The key that signed a request: address, expiry, window and signature are good. What is signed
/// is the query without its signature, and then the body as it came. What the key may do is for
/// the caller to check.
///
/// What changes something is `good_once`, also where it ends an order: method and path are not
/// signed, so what was signed names no order.
///
/// # Errors
/// The refusals of [`super::auth`].
pub fn signed_by(
    exchange: &Exchange,
    head: &request::Parts,
    body: &[u8],
    good_once: bool,
) -> Result<Arc<KeyEntry>, Refusal> {
    let (from, now) = (exchange.address_of(head), exchange.now());
    let api_key = head.headers.get(KEY_HEADER).and_then(|value| value.to_str().ok());
    let key = auth::find_key(exchange, api_key, from, Security::None)?;
    let query = head.uri.query().unwrap_or_default();
    let payload = Payload::new(query, "")?;
    let signature = payload.signature_text();
    let [before, after, ..] = payload.parts;
    let parts = [before, after, body];
    let params = Params::from_form(query, &[])?;
    let purpose = if good_once { Purpose::Change } else { Purpose::Read };
    auth::check_signed(
        exchange,
        &key,
        purpose,
        &params,
        (&parts, signature.as_deref()),
        (from, now),
    )?;
    Ok(key)
}

impl Exchange {
    /// Counts one request of `weight` against the limits of its address.
    ///
    /// # Errors
    /// [`Refusal::TooMuchWeight`], [`Refusal::Banned`].
    pub fn charge_request(&self, from: IpAddr, weight: u32) -> Result<(), Refusal> {
        let charged = self.weights.charge(from, weight, self.now());
        charged.map(drop).map_err(|(refusal, _)| refusal)
    }

    /// Counts what a request turns out to cost beyond that.
    ///
    /// # Errors
    /// As [`Self::charge_request`].
    pub fn charge_more(&self, from: IpAddr, weight: u32) -> Result<(), Refusal> {
        if weight == 0 { Ok(()) } else { self.charge_request(from, weight) }
    }

    /// What an address may use of weight in a minute, what of that is left to it, and for how many
    /// seconds the minute goes on.
    #[must_use]
    pub fn weight_left(&self, from: IpAddr) -> (u32, u32, u64) {
        self.weights.left(from, self.now())
    }

    /// Whether nobody at this address is heard.
    #[must_use]
    pub fn is_banned(&self, from: IpAddr) -> bool {
        self.weights.check_ban(from, self.now()).is_err()
    }

    /// Counts `orders` that are about to be placed against the limits of their account.
    ///
    /// # Errors
    /// [`Refusal::TooManyOrders`].
    pub fn charge_orders(&self, account: AccountId, orders: u32) -> Result<(), Refusal> {
        self.orders.charge(account, orders, self.now()).map(drop)
    }

    /// What is read of long ago, by who asks: they have so many readers at once and no more.
    #[must_use]
    pub fn history_for(&self, account: Option<AccountId>, from: IpAddr) -> History {
        self.history.gated(self.readers.gate(account, from))
    }

    /// Room for one more socket of this address.
    ///
    /// # Errors
    /// [`Refusal::Banned`]; [`Refusal::TooManyQueued`] for an address that tries too often or has
    /// too many open; [`Refusal::Busy`] where there is no room.
    pub fn enter_socket(&self, from: IpAddr) -> Result<Permit, Refusal> {
        let now = self.now();
        self.weights.check_ban(from, now)?;
        self.stream_sockets.enter(from, now)
    }

    /// Whether the sockets go on; they end when the server does.
    #[must_use]
    pub fn sockets_stopping(&self) -> tokio::sync::watch::Receiver<bool> {
        self.streams.stopping()
    }
}
