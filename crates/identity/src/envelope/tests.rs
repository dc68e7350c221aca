use aws_lc_rs::rsa::{OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey};
use serde_json::json;

use super::*;

/// What a page makes of a text, for a key.
pub fn encrypted(spki: &[u8], plain: &str) -> Vec<u8> {
    let public = PublicEncryptingKey::from_der(spki).unwrap();
    let public = OaepPublicEncryptingKey::new(public).unwrap();
    let mut room = vec![0; public.ciphertext_size()];
    let plain = plain.as_bytes();
    public.encrypt(&OAEP_SHA256_MGF1SHA256, plain, &mut room, None).unwrap().to_vec()
}

fn key(id: u128, created: u64) -> EnvelopeKey {
    let drawn = DecryptingKey::draw_small();
    let key = Arc::new(DecryptingKey::new(drawn.expose()).unwrap());
    EnvelopeKey { id, created: Time(created), key }
}

fn with_key() -> Envelopes {
    let envelopes = Envelopes::new();
    envelopes.add(key(1, 0));
    envelopes
}

fn letter(text: &str) -> Secret<Vec<u8>> {
    Secret::new(text.as_bytes().to_vec())
}

fn good_letter(challenge: &str) -> Secret<Vec<u8>> {
    letter(&json!({ "password": "correct horse", "challenge": challenge }).to_string())
}

fn read(envelopes: &Envelopes, id: u128, challenge: &str, now: u64) -> &'static str {
    match envelopes.read(id, &good_letter(challenge), Time(now)) {
        Ok(password) => {
            assert_eq!(password.expose(), b"correct horse");
            "fine"
        }
        Err(IdentityError::Envelope) => "envelope",
        Err(IdentityError::Busy) => "busy",
        Err(error) => panic!("{error:?}"),
    }
}

#[test]
fn a_challenge_is_good_once_for_two_minutes_and_for_one_key() {
    let envelopes = with_key();
    let given = envelopes.public_key(Time(50)).unwrap();
    assert_eq!(given.expires, Time(50 + CHALLENGE_MICROS));
    let next = envelopes.public_key(Time(50)).unwrap();
    assert_ne!(next.challenge, given.challenge);
    assert_eq!(read(&envelopes, 2, &given.challenge, 50), "envelope", "another key");
    assert_eq!(read(&envelopes, 1, &given.challenge, 50), "fine");
    assert_eq!(read(&envelopes, 1, &given.challenge, 50), "envelope", "it is spent");
    assert_eq!(read(&envelopes, 1, &next.challenge, 50 + CHALLENGE_MICROS), "envelope");
    assert_eq!(read(&envelopes, 1, &next.challenge, 49 + CHALLENGE_MICROS), "fine");
    let after_a_start = with_key();
    let unspent = envelopes.public_key(Time(50)).unwrap();
    assert_eq!(read(&after_a_start, 1, &unspent.challenge, 50), "envelope");
}

#[test]
fn nobody_makes_a_challenge_but_we() {
    let envelopes = with_key();
    let given = envelopes.public_key(Time(50)).unwrap().challenge;
    let bytes = STANDARD.decode(&given).unwrap();
    for place in 0..bytes.len() {
        let mut changed = bytes.clone();
        changed[place] ^= 1;
        let changed = STANDARD.encode(changed);
        assert_eq!(read(&envelopes, 1, &changed, 50), "envelope", "{place}");
    }
    for odd in ["", "none", &given[..40], &STANDARD.encode([0; 32]), &STANDARD.encode([9; 33])] {
        assert_eq!(read(&envelopes, 1, odd, 50), "envelope", "{odd}");
    }
    assert_eq!(read(&envelopes, 1, &given, 50), "fine", "none of that spent it");
}

#[test]
fn a_letter_holds_a_password_and_a_challenge_and_nothing_else() {
    let envelopes = with_key();
    let given = envelopes.public_key(Time(50)).unwrap().challenge;
    let more = json!({ "password": "p", "challenge": given, "role": "admin" }).to_string();
    let none = json!({ "challenge": given }).to_string();
    for text in ["", "correct horse", "{}", &more, &none] {
        let refused = envelopes.read(1, &letter(text), Time(50)).unwrap_err();
        assert!(matches!(refused, IdentityError::Envelope), "{text}");
    }
    let long = json!({ "password": "p".repeat(257), "challenge": given }).to_string();
    let refused = envelopes.read(1, &letter(&long), Time(50)).unwrap_err();
    assert!(matches!(refused, IdentityError::Credentials), "it is nobody's");
}

#[test]
fn challenges_that_came_back_are_remembered_as_long_as_they_are_good_and_not_without_bound() {
    let mut spent = Spent::default();
    let challenge = |number: u64| {
        let mut challenge = [0; 32];
        challenge[..8].copy_from_slice(&number.to_be_bytes());
        challenge
    };
    for number in 0..SPENT_MAX as u64 {
        spent.add(challenge(number), Time(100), Time(50)).unwrap();
    }
    let refused = spent.add(challenge(u64::MAX), Time(100), Time(50)).unwrap_err();
    assert!(matches!(refused, IdentityError::Busy), "{refused:?}");
    spent.add(challenge(u64::MAX), Time(200), Time(100)).unwrap();
    assert_eq!((spent.known.len(), spent.by_end.len()), (1, 1));
}

#[test]
fn a_key_that_was_replaced_opens_for_another_hour() {
    let envelopes = Envelopes::new();
    assert!(envelopes.wants_key(Time(0)) && envelopes.public_key(Time(0)).is_none());
    envelopes.add(key(1, 0));
    assert!(!envelopes.wants_key(Time(KEY_MICROS - 1)) && envelopes.wants_key(Time(KEY_MICROS)));
    let old = envelopes.public_key(Time(KEY_MICROS)).unwrap();
    envelopes.add(key(2, KEY_MICROS));
    assert!(!envelopes.wants_key(Time(KEY_MICROS)));
    let new = envelopes.public_key(Time(KEY_MICROS)).unwrap();
    assert_ne!(new.key_id, old.key_id);
    for given in [&old, &new] {
        let key = envelopes.find(&given.key_id).unwrap();
        let text = json!({ "password": "correct horse", "challenge": given.challenge });
        let plain = key.key.decrypt(&encrypted(&given.spki, &text.to_string())).unwrap();
        assert!(envelopes.read(key.id, &plain, Time(KEY_MICROS)).is_ok());
    }
    let hour = KEY_MICROS + REPLACED_MICROS;
    assert!(envelopes.take_outlived(Time(hour - 1)).is_empty());
    assert_eq!(envelopes.take_outlived(Time(hour)), [1]);
    assert!(envelopes.find(&old.key_id).is_err() && envelopes.find(&new.key_id).is_ok());
    for odd in ["", "none", "00000000-0000-0000-0000-000000000009"] {
        assert!(envelopes.find(odd).is_err(), "{odd}");
    }
}
