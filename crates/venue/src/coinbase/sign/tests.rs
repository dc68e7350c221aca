use serde_json::{Value, json};

use super::super::recorded::shared;
use super::*;

const NAME: &str = "organizations/1/apiKeys/2";
const NOW: Time = Time(1_795_220_226_000_000);
const HOSTS: [&str; 2] = ["api.coinbase.com", "127.0.0.1:9102"];
const PATH: &str = "/api/v3/brokerage/accounts";
const REQUEST: Purpose<'_> = Purpose::Request { method: "GET", hosts: &HOSTS, path: PATH };

fn keys() -> [SigningKey; 2] {
    let secrets = [es256_secret(&[7; 32]).unwrap(), eddsa_secret(&[7; 32]).unwrap()];
    secrets.map(|secret| SigningKey::parse(secret.expose()).unwrap())
}

/// A token of whatever header and claims, signed by `key`.
fn signed(key: &SigningKey, header: &Value, claims: &Value) -> String {
    let text = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let token = format!("{}.{}", text(header), text(claims));
    let signature = match &key.0 {
        Pair::Es256(pair) => pair.sign(&SystemRandom::new(), token.as_bytes()).unwrap(),
        Pair::EdDsa(pair) => pair.sign(token.as_bytes()),
    };
    format!("{token}.{}", URL_SAFE_NO_PAD.encode(signature.as_ref()))
}

fn header(key: &SigningKey) -> Value {
    json!({"alg": key.kind().algorithm(), "typ": "JWT", "kid": NAME, "nonce": "n"})
}

fn claims() -> Value {
    let now = NOW.0 / 1_000_000;
    let uri = format!("GET api.coinbase.com{PATH}");
    json!({"sub": NAME, "iss": "cdp", "nbf": now, "exp": now + 120, "uri": uri})
}

/// With some fields as they shall be, or without them where they are null.
fn but(mut value: Value, fields: Value) -> Value {
    for (name, field) in fields.as_object().unwrap() {
        value.as_object_mut().unwrap().retain(|known, _| known != name);
        if !field.is_null() {
            value[name] = field.clone();
        }
    }
    value
}

#[test]
fn a_token_of_either_algorithm_is_good_for_its_purpose_and_no_other() {
    let uri = format!("GET 127.0.0.1:9102{PATH}");
    for key in keys() {
        let of = |purpose, token: &str| check_token(token, NAME, &key.verifier(), purpose, NOW);
        let token = key.token(NAME, Some(&uri), "n", NOW);
        assert_eq!(key_name_of(&token).as_deref(), Some(NAME));
        let good = Token { nonce: "n".to_owned(), expires: Time(NOW.0 + 120_000_000) };
        assert_eq!(of(REQUEST, &token), Ok(good.clone()));
        assert_eq!(of(Purpose::Socket, &token), Err(TokenError::Request));
        for (method, path) in [("POST", PATH), ("GET", "/accounts"), ("GET", "accounts")] {
            let other = Purpose::Request { method, hosts: &HOSTS, path };
            assert_eq!(of(other, &token), Err(TokenError::Request), "{method} {path}");
        }
        let other = Purpose::Request { method: "GET", hosts: &HOSTS[..1], path: PATH };
        assert_eq!(of(other, &token), Err(TokenError::Request));
        let socket = key.token(NAME, None, "n", NOW);
        assert_eq!(of(Purpose::Socket, &socket), Ok(good));
        assert_eq!(of(REQUEST, &socket), Err(TokenError::Request));
    }
}

#[test]
fn what_a_token_says_of_itself_is_believed_in_nothing() {
    let now = NOW.0 / 1_000_000;
    for key in keys() {
        let (header, claims, verifier) = (header(&key), claims(), key.verifier());
        let check = |header: Value, claims: Value| {
            check_token(&signed(&key, &header, &claims), NAME, &verifier, REQUEST, NOW)
        };
        assert!(check(header.clone(), claims.clone()).is_ok());
        for (fields, want) in [
            (json!({"alg": "none"}), TokenError::Algorithm),
            (json!({"alg": "HS256"}), TokenError::Algorithm),
            (json!({"alg": null}), TokenError::Header),
            (json!({"typ": "secret"}), TokenError::Header),
            (json!({"crit": ["exp"]}), TokenError::Header),
            (json!({"kid": "another"}), TokenError::KeyName),
            (json!({"nonce": ""}), TokenError::Nonce),
            (json!({"nonce": "n".repeat(129)}), TokenError::Nonce),
            (json!({"nonce": null}), TokenError::Header),
        ] {
            assert_eq!(
                check(but(header.clone(), fields.clone()), claims.clone()),
                Err(want),
                "{fields}"
            );
        }
        for (fields, want) in [
            (json!({"sub": "another"}), TokenError::KeyName),
            (json!({"iss": "another"}), TokenError::Issuer),
            (json!({"aud": ["another"]}), TokenError::Issuer),
            (json!({"nbf": now + 6, "exp": now + 120}), TokenError::Early),
            (json!({"iat": now + 6}), TokenError::Early),
            (json!({"nbf": now - 120, "exp": now}), TokenError::Expired),
            (json!({"exp": now + 121}), TokenError::Lasting),
            (json!({"exp": u64::MAX}), TokenError::Lasting),
            (json!({"nbf": -1}), TokenError::Claims),
            (json!({"exp": null}), TokenError::Claims),
            (json!({"uri": null}), TokenError::Request),
            (json!({"uri": format!("GET api.coinbase.com{PATH}?limit=1")}), TokenError::Request),
            (json!({"uri": format!("GET evil.com/api.coinbase.com{PATH}")}), TokenError::Request),
        ] {
            assert_eq!(
                check(header.clone(), but(claims.clone(), fields.clone())),
                Err(want),
                "{fields}"
            );
        }
        for fields in [
            json!({"iss": "coinbase-cloud", "aud": ["retail_rest_api_proxy"], "iat": now}),
            json!({"uri": null, "uris": [format!("GET http://127.0.0.1:9102{PATH}")]}),
            json!({"uri": format!("GET https://api.coinbase.com{PATH}")}),
            json!({"nbf": now + 5, "exp": now + 125}),
            json!({"new": 1}),
        ] {
            assert!(check(header.clone(), but(claims.clone(), fields.clone())).is_ok(), "{fields}");
        }
    }
}

#[test]
fn a_signature_that_is_off_by_anything_is_refused() {
    let [es256, eddsa] = keys();
    for (key, other) in [(&es256, &eddsa), (&eddsa, &es256)] {
        let check = |token: &str| check_token(token, NAME, &key.verifier(), REQUEST, NOW);
        let token = signed(key, &header(key), &claims());
        let flip = |at: usize| {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
            String::from_utf8(bytes).unwrap()
        };
        let signature = token.rfind('.').unwrap() + 1;
        assert_eq!(check(&flip(signature + 5)), Err(TokenError::Signature));
        assert!(check(&flip(signature - 5)).is_err());
        assert!(check(&token[..token.len() - 4]).is_err());
        assert_eq!(check(&token[..signature]), Err(TokenError::Signature));
        assert_eq!(check(&format!("{token}=")), Err(TokenError::Form));
        assert_eq!(check(&format!("{token}.a")), Err(TokenError::Form));
        assert_eq!(check(&format!("{token}{}", "A".repeat(5_000))), Err(TokenError::Form));
        assert_eq!(check("a.b"), Err(TokenError::Form));
        assert_eq!(check(""), Err(TokenError::Form));
        // One algorithm's key with the other's name, and the other way round.
        let confused = signed(other, &header(key), &claims());
        assert_eq!(check(&confused), Err(TokenError::Signature));
        let confused = signed(other, &header(other), &claims());
        assert_eq!(check(&confused), Err(TokenError::Algorithm));
    }
}

#[test]
fn secrets_are_read_in_every_form_that_the_venue_hands_out() {
    let pem = es256_secret(&[7; 32]).unwrap().expose().clone();
    let long = eddsa_secret(&[7; 32]).unwrap().expose().clone();
    let mut wrong = STANDARD.decode(&long).unwrap();
    wrong[63] ^= 1;
    for (secret, want) in [
        (pem.clone(), Some(KeyKind::Es256)),
        (pem.replace('\n', "\\n"), Some(KeyKind::Es256)),
        (long.clone(), Some(KeyKind::EdDsa)),
        (format!("{long}\n"), Some(KeyKind::EdDsa)),
        (STANDARD.encode([7; 32]), Some(KeyKind::EdDsa)),
        (STANDARD.encode(wrong), None),
        (STANDARD.encode([7; 31]), None),
        (pem.replace('M', "N"), None),
        ("guessed".to_owned(), None),
        (String::new(), None),
    ] {
        assert_eq!(SigningKey::parse(&secret).ok().map(|key| key.kind()), want);
    }
    assert!(es256_secret(&[0; 32]).is_none() && es256_secret(&[0xff; 32]).is_none());
    assert_eq!(format!("{:?}", keys()[0]), "SigningKey(Es256)");
}

/// What real clients sent, as it was recorded: each token verifies, for what it was sent for.
#[test]
fn the_tokens_of_captured_requests_are_good() {
    let Some(folder) = shared("venues/captured") else { return };
    let mut checked = 0;
    for client in [
        "coinbase-advanced-py",
        "coinbase-advanced-py-ws",
        "ccxt",
        "ccxt-pro",
        "ccxt-default-options",
    ] {
        let path = folder.join(format!("coinbase__{client}.json"));
        let captured: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        let credentials = &captured["credentials_used"];
        let name = credentials["apiKey"].as_str().unwrap();
        let key = SigningKey::parse(credentials["secret"].as_str().unwrap()).unwrap();
        let events = captured["ops"].as_array().unwrap().iter();
        for event in events.flat_map(|op| op["events"].as_array().unwrap()) {
            checked += usize::from(check_captured(event, name, &key));
        }
    }
    assert_eq!(checked, 36, "tokens in the recordings");
}

/// Whether an event has a token that our key can check; then it is good.
fn check_captured(event: &Value, name: &str, key: &SigningKey) -> bool {
    if event["kind"] == "ws_recv" {
        let frame: Value = serde_json::from_str(event["data"].as_str().unwrap()).unwrap();
        let Some(token) = frame["jwt"].as_str() else { return false };
        // When it was shown was not recorded: as soon as it was good.
        let claims = URL_SAFE_NO_PAD.decode(token.split('.').nth(1).unwrap()).unwrap();
        let claims: Value = serde_json::from_slice(&claims).unwrap();
        let at = Time(claims["nbf"].as_u64().unwrap() * 1_000_000);
        check_token(token, name, &key.verifier(), Purpose::Socket, at).unwrap();
        return true;
    }
    let at = Time(event["t"].as_u64().unwrap() * 1_000);
    let Some(headers) = event["headers"].as_array() else { return false };
    let header = |name: &str| {
        let found = headers.iter().find(|it| it[0].as_str().unwrap().eq_ignore_ascii_case(name));
        found.map(|it| it[1].as_str().unwrap())
    };
    let Some(token) = header("authorization").and_then(|it| it.strip_prefix("Bearer ")) else {
        return false;
    };
    let path = event["raw_path"].as_str().unwrap().split('?').next().unwrap();
    let (method, hosts) = (event["method"].as_str().unwrap(), [header("host").unwrap()]);
    let purpose = Purpose::Request { method, hosts: &hosts, path };
    let checked = check_token(token, name, &key.verifier(), purpose, at);
    // The recording does not have the second key: only its algorithm can be told.
    if checked == Err(TokenError::Algorithm) {
        assert!(event["signature_check"].as_str().unwrap().starts_with("ok EdDSA"));
        return false;
    }
    checked.unwrap();
    true
}
