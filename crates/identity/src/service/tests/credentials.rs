use serde_json::json;
use vault::DecryptingKey;

use super::sessions::{MINUTE, login_of, origin, plain, registered, settled};
use super::*;
use crate::envelope::PublicKey;
use crate::envelope::tests::encrypted;
use crate::service::credentials::try_soon;
use crate::throttle::{NotNow, Rule, Spot, Target, Throttle};

const DAY: u64 = 24 * 60 * MINUTE;

/// A page's work: the password and the challenge, encrypted for the key.
fn enveloped(key: &PublicKey, text: &str) -> GivenPassword {
    let letter = json!({ "password": text, "challenge": key.challenge }).to_string();
    let ciphertext = encrypted(&key.spki, &letter);
    GivenPassword::Encrypted { key_id: key.key_id.clone(), ciphertext }
}

async fn with_key(house: &House) -> Identity {
    let identity = house.open().await.unwrap();
    identity.add_password_key(&DecryptingKey::draw_small()).await.unwrap();
    identity
}

fn login_with(password: GivenPassword) -> Login {
    Login { password, ..login_of("ann@example.com", "") }
}

fn from(address: &str, text: &str, network: &str) -> Login {
    Login { origin: origin(network), ..login_of(address, text) }
}

/// How a login fares.
async fn fares(identity: &Identity, login: Login) -> String {
    match identity.login(login).await {
        Ok(_) => "fine".into(),
        Err(IdentityError::Credentials) => "credentials".into(),
        Err(IdentityError::Envelope) => "envelope".into(),
        Err(IdentityError::TooManyTries { seconds }) => format!("wait {seconds}"),
        Err(error) => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn a_password_that_comes_encrypted_is_good_once() {
    for house in House::both().await {
        let identity = with_key(&house).await;
        settled(&identity).await;
        let key = identity.public_key().await.unwrap();
        let asked = Registration {
            email: email("ann@example.com"),
            password: enveloped(&key, PASSWORD),
            kyc: Kyc::None,
            origin: origin("192.0.2.1"),
        };
        let ann = identity.register(asked).await.unwrap();
        let replayed = enveloped(&key, PASSWORD);
        assert_eq!(fares(&identity, login_with(replayed)).await, "envelope");
        let key = identity.public_key().await.unwrap();
        let good = enveloped(&key, PASSWORD);
        assert_eq!(fares(&identity, login_with(good.clone())).await, "fine");
        assert_eq!(fares(&identity, login_with(good)).await, "envelope", "a replay");
        let key = identity.public_key().await.unwrap();
        assert_eq!(fares(&identity, login_with(enveloped(&key, "another"))).await, "credentials");
        let again = enveloped(&key, PASSWORD);
        assert_eq!(fares(&identity, login_with(again)).await, "envelope", "that spent it");
        let calling = sessions::caller(&identity, &ann);
        let (one, two) =
            (identity.public_key().await.unwrap(), identity.public_key().await.unwrap());
        let (old, new) = (enveloped(&one, PASSWORD), enveloped(&two, "fresh-canary-word"));
        identity.change_password(&calling, old, new).await.unwrap();
        let login = login_of("ann@example.com", "fresh-canary-word");
        assert_eq!(fares(&identity, login).await, "fine");
    }
}

#[tokio::test]
async fn what_is_for_another_key_stale_or_damaged_is_refused() {
    for house in House::both().await {
        let identity = with_key(&house).await;
        registered(&identity, "ann@example.com").await;
        let key = identity.public_key().await.unwrap();
        let other = DecryptingKey::new(DecryptingKey::draw_small().expose()).unwrap();
        let wrong = PublicKey { spki: other.spki().to_vec(), ..key.clone() };
        let unknown = PublicKey { key_id: uuid::Uuid::nil().to_string(), ..key.clone() };
        let GivenPassword::Encrypted { key_id, mut ciphertext } = enveloped(&key, PASSWORD) else {
            unreachable!("it is encrypted")
        };
        ciphertext[7] ^= 1;
        let damaged = GivenPassword::Encrypted { key_id, ciphertext };
        for given in [enveloped(&wrong, PASSWORD), enveloped(&unknown, PASSWORD), damaged] {
            assert_eq!(fares(&identity, login_with(given)).await, "envelope");
        }
        let stale = enveloped(&key, PASSWORD);
        house.pass(2 * MINUTE);
        assert_eq!(fares(&identity, login_with(stale)).await, "envelope");
        let key = identity.public_key().await.unwrap();
        let restarted = house.open().await.unwrap();
        assert_eq!(restarted.public_key().await.unwrap().key_id, key.key_id, "the key stays");
        assert_eq!(fares(&restarted, login_with(enveloped(&key, PASSWORD))).await, "envelope");
        let fresh = restarted.public_key().await.unwrap();
        assert_eq!(fares(&restarted, login_with(enveloped(&fresh, PASSWORD))).await, "fine");
    }
}

#[tokio::test]
async fn a_month_old_key_is_replaced_under_open_pages() {
    for house in House::both().await {
        let identity = with_key(&house).await;
        registered(&identity, "ann@example.com").await;
        house.pass(30 * DAY);
        let page = identity.public_key().await.unwrap();
        identity.add_password_key(&DecryptingKey::draw_small()).await.unwrap();
        let next = identity.public_key().await.unwrap();
        assert_ne!(next.key_id, page.key_id);
        assert_eq!(fares(&identity, login_with(enveloped(&page, PASSWORD))).await, "fine");
        house.pass(60 * MINUTE);
        identity.keep_password_key().await.unwrap();
        for identity in [&identity, &house.open().await.unwrap()] {
            assert_eq!(identity.public_key().await.unwrap().key_id, next.key_id);
            assert!(identity.envelopes.find(&page.key_id).is_err());
        }
    }
}

#[tokio::test]
async fn the_first_key_is_waited_for_and_has_4096_bits() {
    let [house, _] = House::both().await;
    let identity = Arc::new(house.open().await.unwrap());
    let asking = tokio::spawn({
        let identity = Arc::clone(&identity);
        async move { identity.public_key().await.unwrap() }
    });
    identity.keep_password_key().await.unwrap();
    let key = asking.await.unwrap();
    identity.keep_password_key().await.unwrap();
    assert_eq!(identity.public_key().await.unwrap().key_id, key.key_id, "one is enough");
    assert_eq!(encrypted(&key.spki, "x").len(), 512);
}

#[tokio::test]
async fn a_password_that_is_easily_guessed_is_not_taken() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        settled(&identity).await;
        let register = async |text: &str| {
            let asked = Registration {
                email: email("ann@example.com"),
                password: plain(text),
                kyc: Kyc::None,
                origin: origin("192.0.2.1"),
            };
            identity.register(asked).await
        };
        let short = register("tooshort").await.unwrap_err();
        assert!(matches!(short, IdentityError::PasswordShort), "{short:?}");
        let common = register("Password1234").await.unwrap_err();
        assert!(matches!(common, IdentityError::PasswordCommon), "{common:?}");
        let ann = register(PASSWORD).await.unwrap();
        let taken = register("another-canary-word").await.unwrap_err();
        assert!(matches!(taken, IdentityError::EmailTaken), "{taken:?}");
        let calling = sessions::caller(&identity, &ann);
        let common = identity.change_password(&calling, plain(PASSWORD), plain("Password1234"));
        let common = common.await.unwrap_err();
        assert!(matches!(common, IdentityError::PasswordCommon), "{common:?}");
        let weak = || password("Password1234");
        let by_operator = identity.reset_password(&email("ann@example.com"), weak()).await;
        assert!(matches!(by_operator, Err(IdentityError::PasswordCommon)), "{by_operator:?}");
        let root = NewUser {
            email: email("root@example.com"),
            password: weak(),
            role: Role::Admin,
            kyc: Kyc::None,
        };
        let by_operator = identity.create_user(root).await;
        assert!(matches!(by_operator, Err(IdentityError::PasswordCommon)), "{by_operator:?}");
    }
}

#[tokio::test]
async fn who_guesses_has_to_wait_whether_or_not_there_is_such_an_account() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        registered(&identity, "ann@example.com").await;
        for address in ["ann@example.com", "nobody@example.com"] {
            let guess = |text: &'static str| from(address, text, "203.0.113.7");
            for _ in 0..5 {
                assert_eq!(fares(&identity, guess("wrong")).await, "credentials");
            }
            assert_eq!(fares(&identity, guess("wrong")).await, "wait 1");
            assert_eq!(fares(&identity, guess(PASSWORD)).await, "wait 1", "right or not");
        }
        let elsewhere = from("ann@example.com", PASSWORD, "192.0.2.99");
        assert_eq!(fares(&identity, elsewhere).await, "fine", "the owner is not locked out");
        house.pass(1_000_000);
        let right = from("ann@example.com", PASSWORD, "203.0.113.7");
        assert_eq!(fares(&identity, right.clone()).await, "fine");
        assert_eq!(fares(&identity, right).await, "fine", "and all is forgotten");
    }
}

#[tokio::test]
async fn fifty_logins_at_once_with_the_right_password_are_all_fine() {
    let [house, _] = House::both().await;
    let identity = Arc::new(house.open().await.unwrap());
    registered(&identity, "ann@example.com").await;
    let asking: Vec<_> = (0..50)
        .map(|_| {
            let identity = Arc::clone(&identity);
            let login = login_of("ann@example.com", PASSWORD);
            tokio::spawn(async move { fares(&identity, login).await })
        })
        .collect();
    for asked in asking {
        assert_eq!(asked.await.unwrap(), "fine");
    }
}

#[tokio::test]
async fn many_strangers_do_not_slow_down_the_owners_own_address() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        registered(&identity, "ann@example.com").await;
        let stranger =
            |number: u32| from("ann@example.com", "wrong", &format!("198.51.{number}.1"));
        let all = crate::service::credentials::PASSWORD_STRANGERS.free;
        let spot = async |number| identity.spot(None, &stranger(number).origin).await.unwrap();
        let ann = email("ann@example.com");
        for number in 0..all {
            identity.try_login(&ann, spot(number).await).await.unwrap();
        }
        let target = Target::new(ann.key().as_bytes(), spot(all).await);
        let next = identity.password_tries.try_now(target, house.time());
        assert_eq!(next.err(), Some(NotNow::Turn(1)));
        let home = from("ann@example.com", PASSWORD, "192.0.2.1");
        assert_eq!(fares(&identity, home).await, "fine");
    }
}

#[tokio::test]
async fn strangers_who_wait_for_their_turn_try_one_after_the_other() {
    let rule = Rule { free: 1, wait_seconds_max: 1, failures_max: None };
    let throttle = Throttle::new(rule, rule);
    let start = tokio::time::Instant::now();
    let clock = Clock::new(move || Time(u64::try_from(start.elapsed().as_micros()).unwrap()));
    let stranger = |address: &str| {
        let network = origin(address).network();
        try_soon(&throttle, Target::new(b"ann", Spot::Network(network)), &clock)
    };
    drop(stranger("198.51.100.1").await.unwrap());
    // The second waits, and the third with it: one of them is drawn.
    let fails = async |address| stranger(address).await.map(drop);
    let (one, other) = tokio::join!(fails("203.0.113.1"), fails("192.0.2.1"));
    let (begun, refused) = if one.is_ok() { (one, other) } else { (other, one) };
    assert!(begun.is_ok(), "{begun:?}");
    assert!(matches!(refused, Err(IdentityError::TooManyTries { .. })), "{refused:?}");
}

#[tokio::test]
async fn who_guesses_in_a_session_slows_down_nobody_else() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let stolen = registered(&identity, "ann@example.com").await;
        let own = identity.login(login_of("ann@example.com", PASSWORD)).await.unwrap();
        let prove = async |signed_in: &SignedIn, text: &'static str| {
            let caller = sessions::caller(&identity, signed_in);
            identity.step_up(&caller, Proof::Password(plain(text))).await
        };
        for _ in 0..5 {
            prove(&stolen, "wrong").await.unwrap_err();
        }
        let refused = prove(&stolen, PASSWORD).await.unwrap_err();
        assert!(matches!(refused, IdentityError::TooManyTries { .. }), "{refused:?}");
        prove(&own, PASSWORD).await.unwrap();
        let login = login_of("ann@example.com", PASSWORD);
        assert_eq!(fares(&identity, login).await, "fine", "at the same address");
    }
}

#[tokio::test]
async fn neighbours_of_the_owner_do_not_lock_them_out() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await;
        let bob = registered(&identity, "bob@example.com").await;
        let guess = async |address: &str| {
            for _ in 0..5 {
                let wrong = from("ann@example.com", "wrong", address);
                assert_eq!(fares(&identity, wrong).await, "credentials");
            }
            let next = fares(&identity, from("ann@example.com", "wrong", address)).await;
            assert!(next.starts_with("wait"), "{next}");
        };
        guess("192.0.2.7").await;
        let home = from("ann@example.com", PASSWORD, "192.0.2.1");
        assert_eq!(fares(&identity, home.clone()).await, "fine", "in the same network");
        guess("192.0.2.1").await;
        assert_eq!(fares(&identity, home.clone()).await, "wait 1", "at the same address");
        let showing = |badge: &Secret<String>| {
            let origin = home.origin.clone().showing(Some(badge.clone()));
            Login { origin, ..home.clone() }
        };
        let restarted = house.open().await.unwrap();
        guess_at(&restarted, "192.0.2.1").await;
        for identity in [&identity, &restarted] {
            assert_eq!(fares(identity, showing(&ann.badge)).await, "fine", "in their own browser");
            let wrong = Secret::new("x".repeat(64));
            for badge in [&bob.badge, &wrong, &Secret::new(String::new())] {
                assert_eq!(fares(identity, showing(badge)).await, "wait 1", "of somebody else");
            }
        }
        let again = identity.login(showing(&ann.badge)).await.unwrap();
        assert_eq!(again.badge.expose(), ann.badge.expose(), "it stays the same");
    }
}

async fn guess_at(identity: &Identity, address: &str) {
    for _ in 0..5 {
        fares(identity, from("ann@example.com", "wrong", address)).await;
    }
}

#[tokio::test]
async fn a_session_does_not_help_to_guess_the_password() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await;
        let calling = sessions::caller(&identity, &ann);
        for _ in 0..5 {
            let wrong = identity.step_up(&calling, Proof::Password(plain("wrong"))).await;
            assert!(matches!(wrong, Err(IdentityError::Credentials)), "{wrong:?}");
        }
        let proof = Proof::Password(plain(PASSWORD));
        let refused = identity.step_up(&calling, proof).await.unwrap_err();
        assert!(matches!(refused, IdentityError::TooManyTries { seconds: 1 }), "{refused:?}");
        let (old, new) = (plain(PASSWORD), plain("fresh-canary-word"));
        let refused = identity.change_password(&calling, old, new).await.unwrap_err();
        assert!(matches!(refused, IdentityError::TooManyTries { seconds: 1 }), "{refused:?}");
    }
}
