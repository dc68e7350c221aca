//! Keys of the older user stream: made with an API key, they open `/ws/<listenKey>`.
//!
//! Keeps   a key lives for an hour after it was made or kept alive, and no longer than the API key
//!         with which it was made, which has one at a time; at most [`LISTEN_KEYS_MAX`] are
//!         remembered.
//! Source  the user data stream as it was documented until 2026-02-20; clients still ask for it.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{AccountId, Time};
use venue::binance::{NewListenKey, Refusal};

use super::auth::{Caller, Warrant};
use super::fanout::Outbox;
use super::operation::{Answer, Call};
use super::stream_session::PrivateGuard;
use super::user_hub::Envelope;
use crate::exchange::Exchange;

/// Keys remembered at once.
const LISTEN_KEYS_MAX: usize = 100_000;
/// How long a key lives by itself.
const LIFE_MICROS: u64 = 3_600_000_000;
/// Letters and digits of a key.
const KEY_CHARACTERS: usize = 64;

/// The keys that live.
#[derive(Debug, Default)]
pub struct ListenKeys {
    keys: Mutex<Keys>,
}

#[derive(Debug, Default)]
struct Keys {
    by_text: HashMap<String, ListenKey>,
    /// The key that an API key has, by its number.
    by_api_key: HashMap<u128, String>,
}

#[derive(Clone, Debug)]
struct ListenKey {
    account: AccountId,
    expires: Time,
    warrant: Warrant,
}

impl Keys {
    fn living(&mut self, text: &str, now: Time) -> Option<&mut ListenKey> {
        self.by_text.get_mut(text).filter(|key| now < key.expires)
    }

    fn forget_expired(&mut self, now: Time) {
        self.by_text.retain(|_, key| now < key.expires);
        let by_text = &self.by_text;
        self.by_api_key.retain(|_, text| by_text.contains_key(text));
    }
}

impl ListenKeys {
    fn lock(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The key of the caller's API key, a new one where it has none; it lives an hour from now.
    fn create(&self, caller: &Caller, now: Time) -> Result<String, Refusal> {
        let mut keys = self.lock();
        let known = keys.by_api_key.get(&caller.key.id).cloned();
        if let Some(text) = known
            && let Some(key) = keys.living(&text, now)
        {
            key.expires = Time(now.0 + LIFE_MICROS);
            return Ok(text);
        }
        if LISTEN_KEYS_MAX <= keys.by_text.len() {
            keys.forget_expired(now);
        }
        if LISTEN_KEYS_MAX <= keys.by_text.len() {
            return Err(Refusal::Busy);
        }
        let text = fresh_text()?;
        let (account, warrant) = (caller.account, caller.warrant.clone());
        let key = ListenKey { account, expires: Time(now.0 + LIFE_MICROS), warrant };
        keys.by_text.insert(text.clone(), key);
        if let Some(old) = keys.by_api_key.insert(caller.key.id, text.clone()) {
            keys.by_text.remove(&old);
        }
        Ok(text)
    }

    /// Lets the account's key live until `end`.
    fn live_until(
        &self,
        end: Time,
        (account, text): (AccountId, &str),
        now: Time,
    ) -> Result<(), Refusal> {
        match self.lock().living(text, now) {
            Some(key) if key.account == account => {
                key.expires = end;
                Ok(())
            }
            Some(_) | None => Err(Refusal::BadListenKey),
        }
    }

    /// Whose key it is, while it lives.
    #[must_use]
    pub fn account_of(&self, text: &str, now: Time) -> Option<AccountId> {
        self.lock().living(text, now).map(|key| key.account)
    }

    /// Whether it lives, and the API key with which it was made is good where it was made and
    /// where it is `heard`.
    #[must_use]
    pub fn is_good(&self, text: &str, heard: IpAddr, exchange: &Exchange) -> bool {
        let warrant = self.lock().living(text, exchange.now()).map(|key| key.warrant.clone());
        warrant
            .is_some_and(|warrant| warrant.is_good(exchange) && warrant.at(heard).is_good(exchange))
    }
}

/// 64 letters and digits that nobody can foretell.
fn fresh_text() -> Result<String, Refusal> {
    // Two letters stand twice: 64 divides 256, so that a byte is a character without a remainder.
    const ALPHABET: &[u8; 64] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzAZ";
    let mut bytes = [0; KEY_CHARACTERS];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Refusal::Internal)?;
    Ok(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 64)])).collect())
}

/// `POST userDataStream`
///
/// # Errors
/// [`Refusal::Busy`] without room.
pub fn create(call: &Call<'_>) -> Result<Answer, Refusal> {
    let listen_key = call.exchange.listen_keys.create(call.caller()?, call.now)?;
    Answer::of(&NewListenKey { listen_key: listen_key.into() })
}

/// `PUT userDataStream`
///
/// # Errors
/// [`Refusal::BadListenKey`].
pub fn keep(call: &Call<'_>) -> Result<Answer, Refusal> {
    let text = call.params.required("listenKey")?;
    let (key, end) = ((call.caller()?.account, text), Time(call.now.0 + LIFE_MICROS));
    call.exchange.listen_keys.live_until(end, key, call.now)?;
    Answer::of(&serde_json::Map::new())
}

/// `DELETE userDataStream`
///
/// # Errors
/// [`Refusal::BadListenKey`].
pub fn close(call: &Call<'_>) -> Result<Answer, Refusal> {
    let text = call.params.required("listenKey")?;
    call.exchange.listen_keys.live_until(call.now, (call.caller()?.account, text), call.now)?;
    Answer::of(&serde_json::Map::new())
}

/// Opens the stream of a listen key on a connection to the market streams: whatever is pushed into
/// `outbox` is sent, until what is returned is dropped. `None` where `name` is no living key, or
/// one that may not be used from there, or its account has as many listeners as it may.
pub fn open_stream(
    exchange: &Arc<Exchange>,
    name: &str,
    from: IpAddr,
    outbox: &Arc<Outbox>,
) -> Option<PrivateGuard> {
    let account = exchange.listen_keys.account_of(name, exchange.now())?;
    if !exchange.listen_keys.is_good(name, from, exchange) {
        return None;
    }
    let envelope = Envelope::Stream(name.to_owned(), from);
    let listening = exchange.users.listen(account, envelope, outbox).ok()?;
    Some(Box::new(listening))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use model::UserId;
    use venue::binance::SignatureKey;

    use super::*;
    use crate::keyring::{KeyEntry, Scopes};

    fn caller(account: u32, api_key: u128) -> Caller {
        let key = KeyEntry {
            id: api_key,
            user: UserId([1; 16]),
            scopes: Scopes { read: true, ..Scopes::default() },
            allow_ips: Vec::new(),
            created: Time(0),
            verifier: Box::new(SignatureKey::hmac(b"secret")),
        };
        let warrant = Warrant::new("name", IpAddr::V4(Ipv4Addr::LOCALHOST));
        Caller { key: Arc::new(key), account: AccountId(account), warrant }
    }

    #[test]
    fn a_listen_key_lives_for_an_hour_after_it_was_kept() {
        let (keys, account) = (ListenKeys::default(), AccountId(2));
        let create = |now| keys.create(&caller(2, 1), Time(now)).unwrap();
        let text = create(0);
        assert_eq!(create(1), text, "one at a time");
        assert_ne!(keys.create(&caller(2, 2), Time(1)).unwrap(), text, "for each API key");
        assert_eq!(keys.account_of(&text, Time(LIFE_MICROS)), Some(account));
        let keep = |key, now| keys.live_until(Time(now + LIFE_MICROS), key, Time(now));
        assert_eq!(keep((account, &text), LIFE_MICROS), Ok(()));
        assert_eq!(keys.account_of(&text, Time(2 * LIFE_MICROS - 1)), Some(account));
        assert_eq!(keys.account_of(&text, Time(2 * LIFE_MICROS)), None);
        assert_eq!(keep((account, "other"), 0), Err(Refusal::BadListenKey));
        assert_eq!(keep((AccountId(3), &text), 1), Err(Refusal::BadListenKey));
        assert_ne!(create(3 * LIFE_MICROS), text);
    }
}
