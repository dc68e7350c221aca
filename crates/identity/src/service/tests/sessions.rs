use std::net::IpAddr;

use super::*;
use crate::password::StoredHash;
use crate::session::{REPEAT_MICROS, SESSIONS_PER_USER_MAX};

pub const MINUTE: u64 = 60_000_000;

/// From where people call in tests, where nothing is said of it.
pub fn home() -> IpAddr {
    IpAddr::from([192, 0, 2, 1])
}

pub fn origin(address: &str) -> Origin {
    Origin::new(address.parse().unwrap(), "Test/1.0")
}

pub fn plain(text: &str) -> GivenPassword {
    GivenPassword::Plain(Secret::new(text.to_owned()))
}

pub fn login_of(address: &str, text: &str) -> Login {
    Login {
        email: email(address),
        password: plain(text),
        second_factor: None,
        origin: origin("192.0.2.1"),
    }
}

/// Somebody is there before all others, so that anybody may register.
pub async fn settled(identity: &Identity) {
    if identity.users(None, 1).await.unwrap().is_empty() {
        let (hash, standing) = (StoredHash(String::new()), (Role::User, Kyc::None));
        let first = email("first@example.com");
        let write = identity.database().write();
        store::insert_user(write, &first, hash, standing, Time(0)).await.unwrap();
    }
}

pub async fn registered(identity: &Identity, address: &str) -> SignedIn {
    settled(identity).await;
    let asked = Registration {
        email: email(address),
        password: plain(PASSWORD),
        kyc: Kyc::None,
        origin: origin("192.0.2.1"),
    };
    identity.register(asked).await.unwrap()
}

pub fn caller(identity: &Identity, signed_in: &SignedIn) -> Caller {
    identity.authenticate(signed_in.tokens.access.expose(), home()).unwrap()
}

/// How a request with that token fares.
fn fares(identity: &Identity, tokens: &Tokens) -> &'static str {
    match identity.authenticate(tokens.access.expose(), home()) {
        Ok(_) => "fine",
        Err(IdentityError::Token) => "token",
        Err(IdentityError::SessionEnded) => "ended",
        Err(error) => panic!("{error:?}"),
    }
}

impl House {
    pub fn pass(&self, micros: u64) {
        self.now.fetch_add(micros, Ordering::Relaxed);
    }
}

#[tokio::test]
async fn whoever_registers_or_logs_in_is_known_by_their_token_also_after_a_restart() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let first = registered(&identity, "Ann@example.com").await;
        assert_eq!((first.user.role, first.user.kyc), (Role::User, Kyc::None));
        house.pass(MINUTE);
        let second = identity.login(login_of("ann@EXAMPLE.com", PASSWORD)).await.unwrap();
        assert_eq!((second.user.id, second.tokens.expires_in), (first.user.id, 300));
        assert_ne!(first.session, second.session);
        for identity in [identity, house.open().await.unwrap()] {
            for signed_in in [&first, &second] {
                let caller = caller(&identity, signed_in);
                assert_eq!(caller.session(), signed_in.session);
                assert_eq!((caller.user(), caller.role()), (first.user.id, Role::User));
                assert_eq!(identity.me(&caller).await.unwrap().user, first.user);
            }
            let listed = identity.sessions(first.user.id);
            assert_eq!(listed.len(), 2);
            let session = listed.iter().find(|session| session.id == second.session).unwrap();
            assert_eq!(session.device, "Test/1.0");
            assert_eq!(session.address.to_string(), "192.0.2.1");
            assert_eq!((session.created, session.last_activity), (house.time(), house.time()));
        }
    }
}

#[tokio::test]
async fn an_unknown_address_and_a_wrong_password_are_answered_alike() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        registered(&identity, "ann@example.com").await;
        let long = "x".repeat(257);
        for (address, text) in [
            ("ann@example.com", "canary-passwore"),
            ("ann@example.com", ""),
            ("ann@example.com", &long),
            ("bob@example.com", PASSWORD),
        ] {
            let refused = identity.login(login_of(address, text)).await.unwrap_err();
            assert!(matches!(refused, IdentityError::Credentials), "{refused:?}");
        }
    }
}

#[tokio::test]
async fn an_ended_session_refuses_the_very_next_request_and_tells_its_sockets() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let first = registered(&identity, "ann@example.com").await;
        let login = async || identity.login(login_of("ann@example.com", PASSWORD)).await.unwrap();
        let (second, third, fourth) = (login().await, login().await, login().await);
        let bob = registered(&identity, "bob@example.com").await;
        let mut end = caller(&identity, &second).session_end();
        assert!(!end.has_ended());
        let (calling, bobs) = (caller(&identity, &first), caller(&identity, &bob));
        assert!(!identity.end_session(&bobs, second.session).await.unwrap(), "not his");
        assert!(identity.end_session(&calling, second.session).await.unwrap());
        assert!(!identity.end_session(&calling, second.session).await.unwrap());
        end.wait().await;
        assert_eq!(fares(&identity, &second.tokens), "ended");
        let refused = identity.refresh(&second.tokens.refresh, home()).await.unwrap_err();
        assert!(matches!(refused, IdentityError::SessionEnded), "{refused:?}");
        identity.logout(&caller(&identity, &third), false).await.unwrap();
        assert_eq!(fares(&identity, &third.tokens), "ended");
        identity.end_other_sessions(&caller(&identity, &first)).await.unwrap();
        for identity in [&identity, &house.open().await.unwrap()] {
            let fared = [&first, &second, &third, &fourth, &bob]
                .map(|signed_in| fares(identity, &signed_in.tokens));
            assert_eq!(fared, ["fine", "ended", "ended", "ended", "fine"]);
        }
        let fifth = login().await;
        identity.logout(&caller(&identity, &first), true).await.unwrap();
        for identity in [&identity, &house.open().await.unwrap()] {
            let fared = [&first, &fifth, &bob].map(|signed_in| fares(identity, &signed_in.tokens));
            assert_eq!(fared, ["ended", "ended", "fine"]);
        }
    }
}

#[tokio::test]
async fn a_session_lives_on_a_persons_acts_alone_and_not_longer_than_12_hours() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await;
        let mut tokens = ann.tokens;
        for minutes in 0..4 {
            assert_eq!(fares(&identity, &tokens), "fine", "{minutes}");
            house.pass(5 * MINUTE);
            assert_eq!(fares(&identity, &tokens), "token", "its time is over");
            if minutes < 3 {
                tokens = identity.refresh(&tokens.refresh, home()).await.unwrap();
            }
        }
        let refused = identity.refresh(&tokens.refresh, home()).await.unwrap_err();
        assert!(matches!(refused, IdentityError::SessionEnded), "refreshing is no act");

        let ann = identity.login(login_of("ann@example.com", PASSWORD)).await.unwrap();
        let mut end = caller(&identity, &ann).session_end();
        let (mut tokens, mut turns) = (ann.tokens, 0);
        while let Ok(caller) = identity.authenticate(tokens.access.expose(), home()) {
            identity.touch(&caller);
            identity.write_sessions().await.unwrap();
            house.pass(4 * MINUTE);
            turns += 1;
            match identity.refresh(&tokens.refresh, home()).await {
                Ok(next) => tokens = next,
                Err(error) => assert!(matches!(error, IdentityError::SessionEnded)),
            }
        }
        assert_eq!(turns, 12 * 60 / 4);
        identity.end_overdue_sessions();
        end.wait().await;
    }
}

#[tokio::test]
async fn the_last_token_is_good_no_longer_than_its_session() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await;
        let mut tokens = ann.tokens;
        for _ in 0..(12 * 60 - 4) / 4 {
            identity.touch(&identity.authenticate(tokens.access.expose(), home()).unwrap());
            house.pass(4 * MINUTE);
            tokens = identity.refresh(&tokens.refresh, home()).await.unwrap();
        }
        house.pass(MINUTE);
        tokens = identity.refresh(&tokens.refresh, home()).await.unwrap();
        assert_eq!(tokens.expires_in, 180);
        assert_eq!(tokens.session_ends, Time(1_000 + 12 * 60 * MINUTE));
    }
}

#[tokio::test]
async fn an_activity_is_remembered_over_a_restart() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await;
        house.pass(4 * MINUTE);
        identity.touch(&caller(&identity, &ann));
        house.sql("ALTER TABLE user_sessions RENAME TO elsewhere").await;
        identity.write_sessions().await.unwrap_err();
        house.sql("ALTER TABLE elsewhere RENAME TO user_sessions").await;
        identity.write_sessions().await.unwrap();
        house.now.store(1_000 + 20 * MINUTE, Ordering::Relaxed);
        let identity = house.open().await.unwrap();
        let listed = identity.sessions(ann.user.id);
        assert_eq!((listed.len(), listed[0].last_activity), (1, Time(1_000 + 4 * MINUTE)));
        house.pass(4 * MINUTE);
        let identity = house.open().await.unwrap();
        assert!(identity.sessions(ann.user.id).is_empty(), "idle over the start");
    }
}

#[tokio::test]
async fn an_old_refresh_token_ends_the_session_for_the_thief_and_for_the_owner() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await;
        let other = identity.login(login_of("ann@example.com", PASSWORD)).await.unwrap();
        let stolen = ann.tokens.refresh.clone();
        let owners = identity.refresh(&stolen, home()).await.unwrap();
        assert_ne!(owners.refresh, stolen);
        let mut end = caller(&identity, &ann).session_end();
        house.pass(REPEAT_MICROS);
        let refused = identity.refresh(&stolen, home()).await.unwrap_err();
        assert!(matches!(refused, IdentityError::SessionEnded), "{refused:?}");
        for identity in [&identity, &house.open().await.unwrap()] {
            let refused = identity.refresh(&owners.refresh, home()).await.unwrap_err();
            assert!(matches!(refused, IdentityError::SessionEnded), "{refused:?}");
            assert_eq!(fares(identity, &owners), "ended");
            assert_eq!(fares(identity, &other.tokens), "fine", "the others live on");
        }
        end.wait().await;
    }
}

#[tokio::test]
async fn a_refresh_token_of_before_the_last_ends_the_session_at_once() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await;
        let second = identity.refresh(&ann.tokens.refresh, home()).await.unwrap();
        let third = identity.refresh(&second.refresh, home()).await.unwrap();
        identity.refresh(&ann.tokens.refresh, home()).await.unwrap_err();
        assert_eq!(fares(&identity, &third), "ended");
    }
}

#[tokio::test]
async fn fifty_tabs_that_refresh_at_once_get_one_and_the_same_next_token() {
    for house in House::both().await {
        let identity = Arc::new(house.open().await.unwrap());
        let ann = registered(&identity, "ann@example.com").await;
        let asking: Vec<_> = (0..50)
            .map(|_| {
                let (identity, token) = (Arc::clone(&identity), ann.tokens.refresh.clone());
                tokio::spawn(async move { identity.refresh(&token, home()).await.unwrap() })
            })
            .collect();
        let mut next = std::collections::BTreeSet::new();
        for asked in asking {
            let tokens = asked.await.unwrap();
            assert_eq!(fares(&identity, &tokens), "fine");
            next.insert(tokens.refresh.expose().clone());
        }
        assert_eq!(next.len(), 1);
        house.pass(REPEAT_MICROS);
        let next = Secret::new(next.pop_first().unwrap());
        let identity = house.open().await.unwrap();
        assert_eq!(fares(&identity, &identity.refresh(&next, home()).await.unwrap()), "fine");
    }
}

#[tokio::test]
async fn another_password_ends_the_other_sessions_and_an_operators_ends_all() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await;
        let other = identity.login(login_of("ann@example.com", PASSWORD)).await.unwrap();
        let calling = caller(&identity, &ann);
        let wrong =
            identity.change_password(&calling, plain("wrong one"), plain("fresh-canary-word"));
        assert!(matches!(wrong.await.unwrap_err(), IdentityError::Credentials));
        assert_eq!(fares(&identity, &other.tokens), "fine");
        let (old, new) = (plain(PASSWORD), plain("fresh-canary-word"));
        identity.change_password(&calling, old, new).await.unwrap();
        assert_eq!(fares(&identity, &ann.tokens), "fine");
        assert_eq!(fares(&identity, &other.tokens), "ended");
        identity.login(login_of("ann@example.com", PASSWORD)).await.unwrap_err();
        let new = identity.login(login_of("ann@example.com", "fresh-canary-word")).await.unwrap();
        identity.reset_password(&email("ann@example.com"), password(PASSWORD)).await.unwrap();
        for identity in [&identity, &house.open().await.unwrap()] {
            assert_eq!(fares(identity, &new.tokens), "ended");
            assert_eq!(fares(identity, &ann.tokens), "ended");
        }
    }
}

#[tokio::test]
async fn one_session_too_many_ends_the_one_that_was_idle_longest() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await;
        let mut all = vec![ann];
        for _ in 1..=SESSIONS_PER_USER_MAX {
            house.pass(1);
            identity.touch(&caller(&identity, &all[0]));
            all.push(identity.login(login_of("ann@example.com", PASSWORD)).await.unwrap());
        }
        assert_eq!(identity.sessions(all[0].user.id).len(), SESSIONS_PER_USER_MAX);
        let ended: Vec<_> =
            all.iter().map(|one| fares(&identity, &one.tokens) == "ended").collect();
        assert!(ended[1] && ended.iter().filter(|ended| **ended).count() == 1, "{ended:?}");
    }
}

#[tokio::test]
async fn a_proof_is_asked_for_again_after_five_minutes() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await;
        let calling = caller(&identity, &ann);
        identity.require_step_up(&calling).unwrap();
        house.pass(5 * MINUTE);
        let refused = identity.require_step_up(&calling).unwrap_err();
        assert!(matches!(refused, IdentityError::StepUp), "{refused:?}");
        let wrong = identity.step_up(&calling, Proof::Password(plain("wrong"))).await;
        assert!(matches!(wrong, Err(IdentityError::Credentials)), "{wrong:?}");
        identity.require_step_up(&calling).unwrap_err();
        identity.step_up(&calling, Proof::Password(plain(PASSWORD))).await.unwrap();
        identity.require_step_up(&calling).unwrap();
    }
}

#[tokio::test]
async fn a_page_is_known_by_its_mark_alone() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await;
        let bob = registered(&identity, "bob@example.com").await;
        let mark = identity.page_mark(&ann.tokens.refresh).unwrap();
        let next = identity.refresh(&ann.tokens.refresh, home()).await.unwrap();
        for identity in [&identity, &house.open().await.unwrap()] {
            assert!(identity.is_page_mark(&ann.tokens.refresh, &mark));
            assert!(identity.is_page_mark(&next.refresh, &mark), "it is the session's");
            assert!(!identity.is_page_mark(&bob.tokens.refresh, &mark));
            for wrong in ["", "00", &mark[..62], "not hexadecimal"] {
                assert!(!identity.is_page_mark(&ann.tokens.refresh, wrong), "{wrong:?}");
            }
        }
        assert_eq!(identity.page_mark(&Secret::new("none".into())), None);
    }
}

#[tokio::test]
async fn sessions_that_ended_a_month_ago_are_forgotten() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await;
        identity.logout(&caller(&identity, &ann), false).await.unwrap();
        let count = async || {
            let sql = "SELECT count(*) AS n FROM user_sessions";
            let database = &house.test.database;
            let query = sea_orm::Statement::from_string(database.backend(), sql);
            let row = database.read().query_one_raw(query).await.unwrap().unwrap();
            row.try_get::<i64>("", "n").unwrap()
        };
        house.pass(30 * 24 * 60 * MINUTE);
        identity.forget_old_sessions().await.unwrap();
        assert_eq!(count().await, 1);
        house.pass(1);
        identity.forget_old_sessions().await.unwrap();
        assert_eq!(count().await, 0);
    }
}

#[tokio::test]
async fn under_another_master_key_a_session_lives_on_by_its_refresh_token() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await;
        let given = MasterKeySource::Given(MasterKeys::generate());
        for _ in 0..2 {
            let identity = house.open_with(given.clone()).await.unwrap();
            assert_eq!(fares(&identity, &ann.tokens), "token");
            let tokens = identity.refresh(&ann.tokens.refresh, home()).await.unwrap();
            assert_eq!(fares(&identity, &tokens), "fine");
        }
    }
}

#[tokio::test]
async fn no_token_is_in_anything_that_can_be_printed() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await;
        let calling = caller(&identity, &ann);
        let listed = identity.sessions(ann.user.id);
        let login = login_of("ann@example.com", PASSWORD);
        let shown = format!("{identity:?} {ann:?} {calling:?} {listed:?} {login:?}");
        for canary in [ann.tokens.access.expose(), ann.tokens.refresh.expose(), PASSWORD] {
            assert!(!shown.contains(canary), "{shown}");
        }
    }
}
