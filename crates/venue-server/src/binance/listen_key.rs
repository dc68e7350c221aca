//! Keys of the older user stream: made with an API key, they open `/ws/<listenKey>`.
//!
//! Keeps   a key lives for an hour after it was made or kept alive; an account has one at a time;
//!         at most [`LISTEN_KEYS_MAX`] are remembered.
//! Source  the user data stream as it was documented until 2026-02-20; clients still ask for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use model::{AccountId, Time};
use serde::Serialize;
use venue::binance::Refusal;

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
    keys: Mutex<HashMap<AccountId, ListenKey>>,
}

#[derive(Clone, Debug)]
struct ListenKey {
    text: String,
    expires: Time,
}

impl ListenKeys {
    fn lock(&self) -> MutexGuard<'_, HashMap<AccountId, ListenKey>> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The account's key, a new one where it has none; it lives an hour from now.
    fn create(&self, account: AccountId, now: Time) -> Result<String, Refusal> {
        let mut keys = self.lock();
        if LISTEN_KEYS_MAX <= keys.len() {
            keys.retain(|_, key| now < key.expires);
        }
        if LISTEN_KEYS_MAX <= keys.len() && !keys.contains_key(&account) {
            return Err(Refusal::Busy);
        }
        let text = match keys.get(&account) {
            Some(key) if now < key.expires => key.text.clone(),
            Some(_) | None => fresh_text()?,
        };
        let expires = Time(now.0 + LIFE_MICROS);
        keys.insert(account, ListenKey { text: text.clone(), expires });
        Ok(text)
    }

    fn with(&self, account: AccountId, text: &str, now: Time, life: u64) -> Result<(), Refusal> {
        match self.lock().get_mut(&account) {
            Some(key) if key.text == text && now < key.expires => {
                key.expires = Time(now.0 + life);
                Ok(())
            }
            Some(_) | None => Err(Refusal::BadListenKey),
        }
    }

    /// Whose key it is, while it lives.
    #[must_use]
    pub fn account_of(&self, text: &str, now: Time) -> Option<AccountId> {
        if text.len() != KEY_CHARACTERS {
            return None;
        }
        let keys = self.lock();
        let mut living = keys.iter().filter(|(_, key)| now < key.expires);
        living.find(|(_, key)| key.text == text).map(|(account, _)| *account)
    }
}

/// 64 letters and digits that nobody can foretell.
fn fresh_text() -> Result<String, Refusal> {
    const ALPHABET: &[u8; 64] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzAZ";
    let mut bytes = [0; KEY_CHARACTERS];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| Refusal::Internal)?;
    Ok(bytes.iter().map(|byte| char::from(ALPHABET[usize::from(byte % 64)])).collect())
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Created {
    listen_key: String,
}

/// `POST userDataStream`
///
/// # Errors
/// [`Refusal::Busy`] without room.
pub fn create(call: &Call<'_>) -> Result<Answer, Refusal> {
    let account = call.caller()?.account;
    let listen_key = call.exchange.listen_keys.create(account, call.now)?;
    Answer::of(&Created { listen_key })
}

/// `PUT userDataStream`
///
/// # Errors
/// [`Refusal::BadListenKey`].
pub fn keep(call: &Call<'_>) -> Result<Answer, Refusal> {
    let text = call.params.required("listenKey")?;
    call.exchange.listen_keys.with(call.caller()?.account, text, call.now, LIFE_MICROS)?;
    Answer::of(&serde_json::Map::new())
}

/// `DELETE userDataStream`
///
/// # Errors
/// [`Refusal::BadListenKey`].
pub fn close(call: &Call<'_>) -> Result<Answer, Refusal> {
    let text = call.params.required("listenKey")?;
    call.exchange.listen_keys.with(call.caller()?.account, text, call.now, 0)?;
    Answer::of(&serde_json::Map::new())
}

/// Opens the stream of a listen key on a connection to the market streams: whatever is pushed into
/// `outbox` is sent, until what is returned is dropped. `None` where `name` is no living key.
pub fn open_stream(
    exchange: &Arc<Exchange>,
    name: &str,
    outbox: &Arc<Outbox>,
) -> Option<PrivateGuard> {
    let account = exchange.listen_keys.account_of(name, exchange.now())?;
    let envelope = Envelope::Stream(name.to_owned());
    Some(Box::new(exchange.users.listen(account, envelope, outbox)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listen_key_lives_for_an_hour_after_it_was_kept() {
        let (keys, account) = (ListenKeys::default(), AccountId(2));
        let text = keys.create(account, Time(0)).unwrap();
        assert_eq!(keys.create(account, Time(1)).unwrap(), text, "one at a time");
        assert_eq!(keys.account_of(&text, Time(LIFE_MICROS)), Some(account));
        assert_eq!(keys.with(account, &text, Time(LIFE_MICROS), LIFE_MICROS), Ok(()));
        assert_eq!(keys.account_of(&text, Time(2 * LIFE_MICROS - 1)), Some(account));
        assert_eq!(keys.account_of(&text, Time(2 * LIFE_MICROS)), None);
        assert_eq!(keys.with(account, "other", Time(0), 1), Err(Refusal::BadListenKey));
        assert_ne!(keys.create(account, Time(3 * LIFE_MICROS)).unwrap(), text);
    }
}
