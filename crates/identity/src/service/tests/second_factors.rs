use vault::OtpKey;

use super::sessions::{MINUTE, caller, home, login_of, origin, plain, registered};
use super::*;
use crate::notice::{NOTICES_MAX, NoticeKind};
use crate::second_factor::{FactorState, RECOVERY_CODES, SecondFactor};
use crate::service::sessions::Opening;
use crate::throttle::{Spot, Target};

const STEP: u64 = 30_000_000;

/// The app on a phone: it has read the secret.
struct App(OtpKey);

impl App {
    fn new(secret: &Secret<String>) -> Self {
        let letters = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let value = |letter: u8| (0..32_u8).find(|at| letters[usize::from(*at)] == letter).unwrap();
        let mut bits = Vec::new();
        for letter in secret.expose().bytes() {
            bits.extend((0..5).rev().map(|place| value(letter) >> place & 1));
        }
        let byte = |bits: &[u8]| bits.iter().fold(0, |byte, bit| byte << 1 | bit);
        Self(OtpKey::new(&bits.chunks(8).map(byte).collect::<Vec<_>>()))
    }

    fn shows(&self, at: Time) -> Secret<String> {
        Secret::new(format!("{:06}", self.0.code(at.micros() / STEP)))
    }
}

/// A user with a second factor that is on, and what belongs to it.
struct Guarded {
    signed_in: SignedIn,
    app: App,
    codes: Vec<Secret<String>>,
}

async fn guarded(house: &House, identity: &Identity) -> Guarded {
    house.now.store(1_000 * STEP, Ordering::Relaxed);
    let signed_in = registered(identity, "ann@example.com").await;
    let calling = caller(identity, &signed_in);
    let setup = identity.set_up_second_factor(&calling).await.unwrap();
    let app = App::new(&setup.secret);
    let code = app.shows(house.time());
    let codes = identity.confirm_second_factor(&calling, &code).await.unwrap();
    house.pass(STEP);
    Guarded { signed_in, app, codes }
}

fn login_with(factor: Option<SecondFactor>) -> Login {
    Login { second_factor: factor, ..login_of("ann@example.com", PASSWORD) }
}

fn totp(code: &Secret<String>) -> Option<SecondFactor> {
    Some(SecondFactor::Totp(code.clone()))
}

fn recovery(code: &Secret<String>) -> Option<SecondFactor> {
    Some(SecondFactor::RecoveryCode(code.clone()))
}

/// How a login fares.
async fn fares(identity: &Identity, login: Login) -> String {
    match identity.login(login).await {
        Ok(_) => "fine".into(),
        Err(IdentityError::Credentials) => "credentials".into(),
        Err(IdentityError::FactorNeeded) => "factor needed".into(),
        Err(IdentityError::Code) => "code".into(),
        Err(IdentityError::TooManyTries { seconds }) => format!("wait {seconds}"),
        Err(IdentityError::CodesOver) => "over".into(),
        Err(error) => panic!("{error:?}"),
    }
}

#[tokio::test]
async fn with_a_second_factor_the_password_alone_does_not_open_a_session() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let Guarded { signed_in, app, codes } = guarded(&house, &identity).await;
        assert_eq!(codes.len(), RECOVERY_CODES);
        let calling = caller(&identity, &signed_in);
        assert!(identity.me(&calling).await.unwrap().two_factor);
        for identity in [&identity, &house.open().await.unwrap()] {
            assert_eq!(fares(identity, login_with(None)).await, "factor needed");
            let wrong = Login { password: plain("wrong"), ..login_with(None) };
            assert_eq!(fares(identity, wrong).await, "credentials", "not told to a guesser");
            let good = totp(&app.shows(house.time()));
            let wrong = Login { password: plain("wrong"), ..login_with(good.clone()) };
            assert_eq!(fares(identity, wrong).await, "credentials");
            assert_eq!(fares(identity, login_with(good)).await, "fine");
            house.pass(STEP);
        }
        identity.reset_password(&email("ann@example.com"), password("fresh-canary")).await.unwrap();
        let reset = Login { password: plain("fresh-canary"), ..login_with(None) };
        assert_eq!(fares(&identity, reset).await, "factor needed", "a reset does not go round it");
    }
}

#[tokio::test]
async fn a_login_under_way_while_a_second_factor_is_switched_on_opens_no_session() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = guarded(&house, &identity).await.signed_in.user.id;
        let before = identity.sessions(ann).len();
        let (read, address) = (identity.database().read(), email("ann@example.com"));
        let (user, hash) = store::password_hash(read, &address).await.unwrap().unwrap();
        // It was asked for none, for there was none when it was looked.
        let (from, opening) = (origin("192.0.2.1"), Opening::default());
        let refused = identity.open_session(user, &hash, &from, opening).await.map(drop);
        assert!(matches!(refused, Err(IdentityError::FactorNeeded)), "{refused:?}");
        assert_eq!(identity.sessions(ann).len(), before);
    }
}

#[tokio::test]
async fn a_code_of_the_app_is_good_once_and_for_a_minute_and_a_half() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let Guarded { app, .. } = guarded(&house, &identity).await;
        let confirming = app.shows(Time(house.time().micros() - STEP));
        assert_eq!(fares(&identity, login_with(totp(&confirming))).await, "code", "used");
        let shown = app.shows(house.time());
        assert_eq!(fares(&identity, login_with(totp(&shown))).await, "fine");
        for identity in [&identity, &house.open().await.unwrap()] {
            assert_eq!(fares(identity, login_with(totp(&shown))).await, "code", "used");
        }
        house.pass(STEP);
        let late = app.shows(house.time());
        house.pass(2 * STEP);
        assert_eq!(fares(&identity, login_with(totp(&late))).await, "code", "too late");
    }
}

#[tokio::test]
async fn a_code_shown_by_many_at_once_opens_one_session() {
    for house in House::both().await {
        let identity = Arc::new(house.open().await.unwrap());
        let Guarded { app, codes, .. } = guarded(&house, &identity).await;
        for given in [totp(&app.shows(house.time())), recovery(&codes[0])] {
            let asking: Vec<_> = (0..5_u8)
                .map(|number| {
                    let from = origin(&format!("192.0.{number}.1"));
                    let login = Login { origin: from, ..login_with(given.clone()) };
                    let identity = Arc::clone(&identity);
                    tokio::spawn(async move { fares(&identity, login).await })
                })
                .collect();
            let mut fine = 0;
            for asked in asking {
                fine += u32::from(asked.await.unwrap() == "fine");
            }
            assert_eq!(fine, 1);
        }
    }
}

#[tokio::test]
async fn a_recovery_code_is_good_once() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let Guarded { signed_in, codes, .. } = guarded(&house, &identity).await;
        let calling = caller(&identity, &signed_in);
        let left = async || identity.second_factor(&calling).await.unwrap();
        assert_eq!(left().await, FactorState { is_on: true, recovery_codes_left: 10 });
        assert_eq!(fares(&identity, login_with(recovery(&codes[3]))).await, "fine");
        assert_eq!(fares(&identity, login_with(recovery(&codes[3]))).await, "code");
        let upper = Secret::new(codes[4].expose().to_uppercase().replace('-', " "));
        assert_eq!(fares(&identity, login_with(recovery(&upper))).await, "fine");
        assert_eq!(left().await, FactorState { is_on: true, recovery_codes_left: 8 });
        assert_eq!(fares(&identity, login_with(totp(&codes[5]))).await, "code", "not as a code");
        let bob = registered(&identity, "bob@example.com").await;
        let calling = caller(&identity, &bob);
        identity.set_up_second_factor(&calling).await.unwrap();
        let others = identity.confirm_second_factor(&calling, &codes[6]).await.unwrap_err();
        assert!(matches!(others, IdentityError::Code), "{others:?}");
    }
}

#[tokio::test]
async fn who_guesses_codes_has_to_wait() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let Guarded { app, .. } = guarded(&house, &identity).await;
        let guess = |network: &str, code: &Secret<String>| Login {
            origin: origin(network),
            ..login_with(totp(code))
        };
        let wrong = Secret::new("000000".to_owned());
        assert_ne!(wrong, app.shows(house.time()));
        for _ in 0..5 {
            assert_eq!(fares(&identity, guess("203.0.113.7", &wrong)).await, "code");
        }
        let right = app.shows(house.time());
        assert_eq!(fares(&identity, guess("203.0.113.7", &right)).await, "wait 1");
        assert_eq!(fares(&identity, guess("192.0.2.1", &right)).await, "fine", "the owner's own");
    }
}

#[tokio::test]
async fn a_factor_is_set_up_by_who_just_proved_who_they_are_and_confirmed_in_time() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await;
        let calling = caller(&identity, &ann);
        let none = Secret::new("123456".to_owned());
        let early = identity.confirm_second_factor(&calling, &none).await.unwrap_err();
        assert!(matches!(early, IdentityError::Code), "{early:?}");
        let first = App::new(&identity.set_up_second_factor(&calling).await.unwrap().secret);
        let second = App::new(&identity.set_up_second_factor(&calling).await.unwrap().secret);
        let forgotten = first.shows(house.time());
        let refused = identity.confirm_second_factor(&calling, &forgotten).await.unwrap_err();
        assert!(matches!(refused, IdentityError::Code), "{refused:?}");
        assert_eq!(identity.second_factor(&calling).await.unwrap(), FactorState::default());
        assert_eq!(fares(&identity, login_with(None)).await, "fine", "it is not on yet");
        house.pass(5 * MINUTE);
        let stale = identity.set_up_second_factor(&calling).await.unwrap_err();
        assert!(matches!(stale, IdentityError::StepUp), "{stale:?}");
        house.pass(10 * MINUTE);
        identity.step_up(&calling, Proof::Password(plain(PASSWORD))).await.unwrap();
        let late = second.shows(house.time());
        let refused = identity.confirm_second_factor(&calling, &late).await.unwrap_err();
        assert!(matches!(refused, IdentityError::Code), "{refused:?}");
        let third = App::new(&identity.set_up_second_factor(&calling).await.unwrap().secret);
        let code = third.shows(house.time());
        identity.confirm_second_factor(&calling, &code).await.unwrap();
        let twice = identity.set_up_second_factor(&calling).await.unwrap_err();
        assert!(matches!(twice, IdentityError::FactorOn), "{twice:?}");
    }
}

#[tokio::test]
async fn where_a_factor_is_on_it_alone_proves_and_switches_itself_off() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let Guarded { signed_in, app, codes } = guarded(&house, &identity).await;
        house.pass(4 * MINUTE);
        let tokens = identity.refresh(&signed_in.tokens.refresh, home()).await.unwrap();
        house.pass(MINUTE);
        let calling = identity.authenticate(tokens.access.expose(), home()).unwrap();
        identity.require_step_up(&calling).unwrap_err();
        let change =
            || identity.change_password(&calling, plain(PASSWORD), plain("fresh-canary-word"));
        let refused = change().await.unwrap_err();
        assert!(matches!(refused, IdentityError::StepUp), "{refused:?}");
        let refused = identity.step_up(&calling, Proof::Password(plain(PASSWORD))).await;
        assert!(matches!(refused, Err(IdentityError::FactorNeeded)), "{refused:?}");
        let wrong = SecondFactor::Totp(Secret::new("000000".into()));
        let refused = identity.step_up(&calling, Proof::SecondFactor(wrong.clone())).await;
        assert!(matches!(refused, Err(IdentityError::Code)), "{refused:?}");
        let right = SecondFactor::Totp(app.shows(house.time()));
        identity.step_up(&calling, Proof::SecondFactor(right.clone())).await.unwrap();
        identity.require_step_up(&calling).unwrap();
        change().await.unwrap();
        let back = identity.change_password(&calling, plain("fresh-canary-word"), plain(PASSWORD));
        back.await.unwrap();
        for used in [wrong, right] {
            let refused = identity.remove_second_factor(&calling, &used).await.unwrap_err();
            assert!(matches!(refused, IdentityError::Code), "{refused:?}");
        }
        let code = SecondFactor::of(codes[0].clone());
        identity.remove_second_factor(&calling, &code).await.unwrap();
        assert_eq!(identity.second_factor(&calling).await.unwrap(), FactorState::default());
        assert_eq!(fares(&identity, login_with(None)).await, "fine");
        let off = identity.remove_second_factor(&calling, &code).await.unwrap_err();
        assert!(matches!(off, IdentityError::FactorOff), "{off:?}");
    }
}

#[tokio::test]
async fn after_a_rotation_the_app_shows_the_right_codes_still() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let Guarded { app, .. } = guarded(&house, &identity).await;
        let rotation = identity.rotate_master_key().await.unwrap();
        assert_eq!(rotation.rewrapped, 2, "the factor and the key of tokens");
        forget_old_keys(&house);
        let identity = house.open().await.unwrap();
        let shown = app.shows(house.time());
        assert_eq!(fares(&identity, login_with(totp(&shown))).await, "fine");
        std::fs::remove_file(house.folder.path().join("master.key")).unwrap();
        let refused = house.open().await.unwrap_err();
        let is_lost = matches!(refused, IdentityError::KeyFile(KeyFileError::Missing { .. }));
        assert!(is_lost, "no master key is made in its place: {refused:?}");
    }
}

#[tokio::test]
async fn new_recovery_codes_are_drawn_by_who_just_proved_who_they_are_and_void_the_old() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let plainly = registered(&identity, "bob@example.com").await;
        let none = identity.replace_recovery_codes(&caller(&identity, &plainly)).await;
        assert!(matches!(none, Err(IdentityError::FactorOff)), "{none:?}");
        let Guarded { signed_in, app, codes } = guarded(&house, &identity).await;
        let calling = caller(&identity, &signed_in);
        assert_eq!(fares(&identity, login_with(recovery(&codes[0]))).await, "fine");
        house.pass(5 * MINUTE);
        let stale = identity.replace_recovery_codes(&calling).await;
        assert!(matches!(stale, Err(IdentityError::StepUp)), "{stale:?}");
        let proof = SecondFactor::Totp(app.shows(house.time()));
        identity.step_up(&calling, Proof::SecondFactor(proof)).await.unwrap();
        let fresh = identity.replace_recovery_codes(&calling).await.unwrap();
        let left = RECOVERY_CODES as u64;
        let want = FactorState { is_on: true, recovery_codes_left: left };
        assert_eq!(identity.second_factor(&calling).await.unwrap(), want);
        assert_eq!(fares(&identity, login_with(recovery(&codes[1]))).await, "code", "it is void");
        assert_eq!(fares(&identity, login_with(recovery(&fresh[1]))).await, "fine");
        assert_eq!(fares(&identity, login_with(recovery(&fresh[1]))).await, "code", "it is used");
    }
}

#[tokio::test]
async fn an_operator_takes_a_lost_factor_away_and_ends_all_sessions() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let Guarded { signed_in, codes, .. } = guarded(&house, &identity).await;
        let other = registered(&identity, "bob@example.com").await;
        let mut end = caller(&identity, &signed_in).session_end();
        identity.reset_second_factor(&email("ANN@example.com")).await.unwrap();
        end.wait().await;
        let refused = identity.authenticate(signed_in.tokens.access.expose(), home()).unwrap_err();
        assert!(matches!(refused, IdentityError::SessionEnded), "{refused:?}");
        caller(&identity, &other);
        assert_eq!(fares(&identity, login_with(None)).await, "fine");
        let calling = identity.login(login_with(recovery(&codes[0]))).await.unwrap();
        let state = identity.second_factor(&caller(&identity, &calling)).await.unwrap();
        assert_eq!(state, FactorState::default());
        let noted = identity.audit_log(None, 10).await.unwrap();
        let reset = noted.iter().find(|entry| entry.act == Act::FactorReset).unwrap();
        assert_eq!((reset.actor, reset.user), (Actor::Operator, Some(signed_in.user.id)));
        for (address, want) in [("ann@example.com", "off"), ("nobody@example.com", "unknown")] {
            let refused = identity.reset_second_factor(&email(address)).await.unwrap_err();
            let got = match refused {
                IdentityError::FactorOff => "off",
                IdentityError::UnknownUser => "unknown",
                error => panic!("{error:?}"),
            };
            assert_eq!(got, want, "{address}");
        }
    }
}

#[tokio::test]
async fn sessions_that_a_password_alone_has_opened_end_when_a_second_factor_is_on() {
    for house in House::both().await {
        house.now.store(1_000 * STEP, Ordering::Relaxed);
        let identity = house.open().await.unwrap();
        let own = registered(&identity, "ann@example.com").await;
        let other = identity.login(login_with(None)).await.unwrap();
        let calling = caller(&identity, &own);
        let setup = identity.set_up_second_factor(&calling).await.unwrap();
        let app = App::new(&setup.secret);
        let wrong = Secret::new("000000".to_owned());
        assert!(identity.confirm_second_factor(&calling, &wrong).await.is_err());
        assert!(
            identity.authenticate(other.tokens.access.expose(), home()).is_ok(),
            "nothing is on"
        );
        identity.confirm_second_factor(&calling, &app.shows(house.time())).await.unwrap();
        let refused = identity.authenticate(other.tokens.access.expose(), home()).err();
        assert!(matches!(refused, Some(IdentityError::SessionEnded)), "{refused:?}");
        assert!(identity.authenticate(own.tokens.access.expose(), home()).is_ok());
    }
}

#[tokio::test]
async fn the_owner_is_told_once_a_day_who_gives_wrong_codes_behind_the_right_password() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = guarded(&house, &identity).await.signed_in;
        let told = async || {
            identity.write_failures().await;
            let told = identity.notices(ann.user.id, None, NOTICES_MAX).await.unwrap().0;
            told.iter().filter(|notice| notice.kind == NoticeKind::CodeFailed).count()
        };
        let wrong = totp(&Secret::new("000000".into()));
        for (passes, want) in [(0, 1), (MINUTE, 1), (24 * 60 * MINUTE, 2)] {
            house.pass(passes);
            assert_eq!(fares(&identity, login_with(wrong.clone())).await, "code");
            assert_eq!(told().await, want);
        }
        let mistyped = Login { password: plain("wrong"), ..login_with(wrong) };
        house.pass(24 * 60 * MINUTE);
        assert_eq!(fares(&identity, mistyped).await, "credentials");
        assert_eq!(told().await, 2, "a wrong password is nobody's sign");
    }
}

#[tokio::test]
async fn what_is_guessed_in_a_session_is_in_the_log() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let Guarded { signed_in, .. } = guarded(&house, &identity).await;
        let calling = caller(&identity, &signed_in);
        let bob = registered(&identity, "bob@example.com").await;
        let bob = caller(&identity, &bob);
        let before = identity.audit_log(None, 100).await.unwrap().len();
        let wrong = SecondFactor::Totp(Secret::new("000000".into()));
        identity.step_up(&calling, Proof::SecondFactor(wrong.clone())).await.unwrap_err();
        identity.remove_second_factor(&calling, &wrong).await.unwrap_err();
        identity.step_up(&bob, Proof::Password(plain("wrong"))).await.unwrap_err();
        identity.change_password(&bob, plain("wrong"), plain("fresh-canary")).await.unwrap_err();
        identity.set_up_second_factor(&bob).await.unwrap();
        identity.confirm_second_factor(&bob, &Secret::new("000000".into())).await.unwrap_err();
        identity.write_last_failures().await;
        let log = identity.audit_log(None, 100).await.unwrap();
        let mut told: Vec<_> = log[..log.len() - before]
            .iter()
            .map(|entry| (entry.act.as_str(), &*entry.detail, entry.user == Some(bob.user())))
            .collect();
        told.sort();
        let more = |word| format!("{word}, 1 more from 192.0.2.0/24 within a minute");
        let act = "proofFailed";
        let want = [
            (act, "code", false),
            (act, "code", true),
            (act, &*more("code"), false),
            (act, "password", true),
            (act, &*more("password"), true),
        ];
        assert_eq!(told, want);
    }
}

#[tokio::test]
async fn grinding_codes_comes_to_an_end_and_locks_the_owner_out_of_no_place_of_theirs() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let Guarded { signed_in, app, codes } = guarded(&house, &identity).await;
        let from = |number: u32| Origin::new(format!("198.51.{number}.1").parse().unwrap(), "");
        for number in 0..100 {
            house.pass(60 * MINUTE);
            let spot = identity.spot(Some(signed_in.user.id), &from(number)).await.unwrap();
            let target = Target::new(&signed_in.user.id.0, spot);
            drop(identity.code_tries.try_now(target, house.time()).unwrap());
        }
        house.pass(60 * MINUTE);
        let at = |number, factor| Login { origin: from(number), ..login_with(factor) };
        let right = totp(&app.shows(house.time()));
        assert_eq!(fares(&identity, at(200, right.clone())).await, "over");
        assert_eq!(fares(&identity, login_with(right)).await, "fine", "at home");
        house.pass(STEP);
        let right = totp(&app.shows(house.time()));
        assert_eq!(fares(&identity, at(200, right.clone())).await, "over", "for ever");
        assert_eq!(fares(&identity, at(200, recovery(&codes[0]))).await, "fine");
        assert_eq!(fares(&identity, at(201, right)).await, "fine", "they are there");
    }
}

#[tokio::test]
async fn codes_of_another_factor_are_heard_whatever_was_guessed_of_the_one_before() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let Guarded { signed_in, app, .. } = guarded(&house, &identity).await;
        let abroad = Origin::new("198.51.100.1".parse().unwrap(), "");
        let grind = async || {
            for _ in 0..100 {
                house.pass(60 * MINUTE);
                let spot = Spot::Network("203.0.113.0/24".parse().unwrap());
                let target = Target::new(&signed_in.user.id.0, spot);
                drop(identity.code_tries.try_now(target, house.time()).unwrap());
            }
        };
        grind().await;
        let login = |factor| Login { origin: abroad.clone(), ..login_with(factor) };
        let right = totp(&app.shows(house.time()));
        assert_eq!(fares(&identity, login(right)).await, "over");
        identity.reset_second_factor(&email("ann@example.com")).await.unwrap();
        grind().await;
        let again = identity.login(login(None)).await.unwrap();
        let calling = caller(&identity, &again);
        let setup = identity.set_up_second_factor(&calling).await.unwrap();
        let app = App::new(&setup.secret);
        identity.confirm_second_factor(&calling, &app.shows(house.time())).await.unwrap();
        house.pass(STEP);
        let right = totp(&app.shows(house.time()));
        let elsewhere = Origin::new("198.51.200.1".parse().unwrap(), "");
        let login = Login { origin: elsewhere, ..login_with(right) };
        assert_eq!(fares(&identity, login).await, "fine");
    }
}
