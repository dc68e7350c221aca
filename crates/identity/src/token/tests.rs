use serde_json::{Value, json};

use super::*;

const NOW: Time = Time::from_millis(1_000_000_000);
const EXPIRES: Time = Time::from_millis(1_000_300_000);
const BEARER: Bearer = Bearer { user: UserId([7; 16]), session: SessionId(9) };

fn key() -> TokenKey {
    TokenKey::new(SigningKey::new(SigningKey::draw().expose()).unwrap(), 5, [3; 16])
}

fn at(seconds: u64) -> Time {
    Time::from_millis(1_000 * seconds)
}

/// The claims of a good token.
fn claims() -> Value {
    json!({
        "iss": format!("rialto:{}", Uuid::from_bytes([3; 16])),
        "aud": "rialto-api",
        "sub": Uuid::from_bytes(BEARER.user.0),
        "sid": Uuid::from_u128(9),
        "jti": Uuid::from_u128(1),
        "iat": 1_000_000,
        "nbf": 1_000_000,
        "exp": 1_000_300,
    })
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = claims();
    claims[name] = value;
    claims
}

fn without(name: &str) -> Value {
    let mut claims = claims();
    claims.as_object_mut().unwrap().remove(name);
    claims
}

/// A token of these parts, properly signed.
fn forged(key: &TokenKey, header: &str, claims: &str) -> String {
    let signed = format!("{header}.{}", URL_SAFE_NO_PAD.encode(claims));
    let signature = URL_SAFE_NO_PAD.encode(key.key.sign(signed.as_bytes()));
    format!("{signed}.{signature}")
}

fn is_good(key: &TokenKey, token: &str) -> bool {
    key.read(token, NOW).is_ok_and(|bearer| bearer == BEARER)
}

#[test]
fn a_token_says_of_whom_it_speaks_from_its_first_second_to_its_last() {
    let key = key();
    let token = key.sign(BEARER, NOW, EXPIRES);
    assert_ne!(key.sign(BEARER, NOW, EXPIRES), token, "each has a number of its own");
    for (seconds, want) in [
        (999_994, None),
        (999_995, Some(BEARER)),
        (1_000_000, Some(BEARER)),
        (1_000_299, Some(BEARER)),
        (1_000_300, None),
        (2_000_000, None),
    ] {
        assert_eq!(key.read(token.expose(), at(seconds)).ok(), want, "{seconds}");
    }
}

#[test]
fn a_claim_that_is_wrong_missing_doubled_or_unknown_is_refused_under_a_good_signature() {
    let key = key();
    let check = |claims: &str| is_good(&key, &forged(&key, &key.header, claims));
    assert!(check(&claims().to_string()));
    for wrong in [
        with("iss", json!("rialto:other")),
        with("aud", json!("another-api")),
        with("aud", json!(["rialto-api"])),
        with("sub", json!("nobody")),
        with("exp", json!(1_000_000)),
        with("exp", json!("1000300")),
        with("exp", json!(1_000_300.5)),
        with("exp", json!(-1)),
        with("nbf", json!(1_000_006)),
        with("nbf", json!(1_000_301)),
        with("iat", json!(1_000_001)),
        with("scope", json!("admin")),
    ] {
        assert!(!check(&wrong.to_string()), "{wrong}");
    }
    for name in ["iss", "aud", "sub", "sid", "jti", "iat", "nbf", "exp"] {
        assert!(!check(&without(name).to_string()), "{name}");
        let doubled = claims().to_string();
        let doubled = format!("{{\"{name}\":{},{}", claims()[name], &doubled[1..]);
        assert!(!check(&doubled), "{doubled}");
    }
    for odd in ["", "null", "[]", "{}", "not json"] {
        assert!(!check(odd), "{odd}");
    }
}

#[test]
fn nobody_chooses_the_algorithm_or_the_key() {
    let key = key();
    let good = claims().to_string();
    let kid = Uuid::from_u128(5).to_string();
    let own = json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": &kid });
    let encoded = |header: &Value| URL_SAFE_NO_PAD.encode(header.to_string());
    for header in [
        json!({ "alg": "none", "typ": "at+jwt", "kid": &kid }),
        json!({ "alg": "HS256", "typ": "at+jwt", "kid": &kid }),
        json!({ "alg": "eddsa", "typ": "at+jwt", "kid": &kid }),
        json!({ "alg": "EdDSA", "typ": "JWT", "kid": &kid }),
        json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": "../../dev/null" }),
        json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": &kid, "jku": "http://127.0.0.1/" }),
        json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": &kid, "jwk": { "kty": "OKP" } }),
        json!({ "alg": "EdDSA", "typ": "at+jwt", "kid": &kid, "crit": ["b64"] }),
        json!({ "alg": "EdDSA" }),
    ] {
        let header = encoded(&header);
        assert!(!is_good(&key, &forged(&key, &header, &good)), "{header}");
        let unsigned = format!("{header}.{}.", URL_SAFE_NO_PAD.encode(&good));
        assert!(!is_good(&key, &unsigned), "{unsigned}");
        // The public key as if it were a shared secret.
        let signed = unsigned.trim_end_matches('.');
        let tag = HmacKey::new(key.key.public_key()).sign(&[signed.as_bytes()]);
        assert!(!is_good(&key, &format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))));
    }
    let header: Value =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(&key.header).unwrap()).unwrap();
    assert_eq!(header, own);
    let other = self::key();
    assert!(!is_good(&key, other.sign(BEARER, NOW, EXPIRES).expose()), "another key");
}

#[test]
fn every_changed_letter_is_noticed() {
    let key = key();
    let token = key.sign(BEARER, NOW, EXPIRES).expose().clone();
    for place in 0..token.len() {
        let mut letters = token.clone().into_bytes();
        letters[place] = if letters[place] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(letters).unwrap();
        assert!(!is_good(&key, &changed), "{place} of {changed}");
        assert!(!is_good(&key, &token[..place]), "cut at {place}");
    }
    for more in ["=", ".", " ", "\n", "A"] {
        assert!(!is_good(&key, &format!("{token}{more}")), "{more:?}");
        assert!(!is_good(&key, &format!("{more}{token}")), "{more:?}");
    }
    let padded = with("jti", json!("x".repeat(2_000))).to_string();
    assert!(!is_good(&key, &forged(&key, &key.header, &padded)));
    assert!(is_good(&key, &token));
}

#[test]
fn marks_of_pages_are_the_same_after_a_start_and_other_under_another_key() {
    let pkcs8 = SigningKey::draw();
    let start = || TokenKey::new(SigningKey::new(pkcs8.expose()).unwrap(), 5, [3; 16]);
    let mark = start().page_key().sign(&[b"session"]);
    assert!(start().page_key().verify(&[b"session"], &mark));
    assert!(!key().page_key().verify(&[b"session"], &mark));
}
