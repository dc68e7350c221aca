use std::sync::atomic::{AtomicU64, Ordering};

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use database::testing::{TestDatabase, both};
use model::{Secret, Time};
use sea_orm::ConnectionTrait;
use vault::{HmacKey, KeyFileError, VaultError};
use venue::binance::KeyKind;

use super::*;
use crate::api_key::{CreatedApiKey, KEYS_PER_USER_MAX, NewApiKey};
use crate::key::Scopes;
use crate::session::{Origin, SESSION_IDLE};
use crate::store::SealedTable;
use crate::user::{Kyc, Role};

mod audit;
mod claim;
mod credentials;
mod cut_off;
mod notices;
mod own_keys;
mod second_factors;
mod sessions;

const PASSWORD: &str = "canary-password";
const PARTS: [&[u8]; 2] = [b"symbol=BTCUSDT&side=BUY", b"&timestamp=1"];

/// A deployment whose service can be stopped and started again.
struct House {
    test: TestDatabase,
    folder: tempfile::TempDir,
    now: Arc<AtomicU64>,
}

impl House {
    async fn both() -> [Self; 2] {
        both().await.map(|test| Self {
            test,
            folder: tempfile::tempdir().unwrap(),
            now: Arc::new(AtomicU64::new(1_000)),
        })
    }

    fn key_file(&self) -> KeyFile {
        KeyFile::new(self.folder.path().join("master.key"))
    }

    async fn open(&self) -> Result<Identity, IdentityError> {
        let master = MasterKeySource::File { file: self.key_file(), missing: Missing::Create };
        self.open_with(master).await
    }

    async fn open_with(&self, master: MasterKeySource) -> Result<Identity, IdentityError> {
        let now = Arc::clone(&self.now);
        let clock = Clock::new(move || Time(now.load(Ordering::Relaxed)));
        let database = Database::open(&self.test.place).await.unwrap();
        Identity::open(database, master, clock, SESSION_IDLE).await
    }

    fn time(&self) -> Time {
        Time(self.now.load(Ordering::Relaxed))
    }

    async fn sql(&self, sql: &str) {
        self.test.database.write().execute_unprepared(sql).await.unwrap();
    }
}

fn email(text: &str) -> Email {
    Email::new(text).unwrap()
}

fn password(text: &str) -> Password {
    Password::new(Secret::new(text.to_owned())).unwrap()
}

async fn user(identity: &Identity, address: &str, role: Role) -> UserId {
    let new =
        NewUser { email: email(address), password: password(PASSWORD), role, kyc: Kyc::Approved };
    identity.create_user(new).await.unwrap().id
}

fn trading() -> NewApiKey {
    NewApiKey {
        name: "bot".into(),
        scopes: Scopes { read: true, trade: true, ..Scopes::default() },
        allow_ips: vec!["10.0.0.0/8".parse().unwrap()],
        ..NewApiKey::default()
    }
}

fn hmac_signature(created: &CreatedApiKey) -> String {
    let secret = created.secret_key.as_ref().unwrap();
    hex::encode(HmacKey::new(secret.expose().as_bytes()).sign(&PARTS))
}

/// Whether the key is found and takes the signature; `None` if it is not found.
fn is_good(identity: &Identity, created: &CreatedApiKey, signature: &str) -> Option<bool> {
    let entry = identity.ring().find(created.api_key.expose())?;
    assert_eq!(entry.id, created.id.0);
    Some(entry.verifier.verify(&PARTS, signature))
}

#[tokio::test]
async fn a_user_is_found_whatever_the_case_and_an_address_is_taken_once() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = user(&identity, "Ann@Example.com", Role::Admin).await;
        let found = identity.find_user(&email("ANN@example.COM")).await.unwrap().unwrap();
        let want = User {
            id: ann,
            email: "Ann@Example.com".into(),
            role: Role::Admin,
            kyc: Kyc::Approved,
            created: Time(1_000),
        };
        assert_eq!(found, want);
        assert_eq!(identity.user(ann).await.unwrap(), Some(want));
        assert_eq!(identity.find_user(&email("bob@example.com")).await.unwrap(), None);
        let again = |address: &str| NewUser {
            email: email(address),
            password: password(PASSWORD),
            role: Role::User,
            kyc: Kyc::None,
        };
        let taken = identity.create_user(again("ann@example.com")).await.unwrap_err();
        assert!(matches!(taken, IdentityError::EmailTaken), "{taken:?}");
        let (one, two) = tokio::join!(
            identity.create_user(again("bob@example.com")),
            identity.create_user(again("BOB@example.com")),
        );
        assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
        assert_eq!(identity.users(None, u64::MAX).await.unwrap().len(), 2);
        let first = identity.users(None, 1).await.unwrap()[0].id;
        let second = identity.users(Some(first), 1).await.unwrap()[0].id;
        assert!(first < second);
        assert!(identity.users(Some(second), 1).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_password_is_checked_and_can_be_replaced() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        user(&identity, "ann@example.com", Role::User).await;
        let is_right = async |address: &str, text: &str| {
            let typed = TypedPassword::new(Secret::new(text.to_owned())).unwrap();
            identity.check_password(&email(address), typed).await.unwrap().is_some()
        };
        assert!(is_right("ANN@example.com", PASSWORD).await);
        assert!(!is_right("ann@example.com", "another canary").await);
        assert!(!is_right("bob@example.com", PASSWORD).await);
        identity
            .reset_password(&email("Ann@example.com"), password("another canary"))
            .await
            .unwrap();
        assert!(is_right("ann@example.com", "another canary").await);
        assert!(!is_right("ann@example.com", PASSWORD).await);
        let unknown = identity.reset_password(&email("bob@x.y"), password(PASSWORD)).await;
        assert!(matches!(unknown, Err(IdentityError::UnknownUser)), "{unknown:?}");
    }
}

#[tokio::test]
async fn a_key_with_a_secret_is_good_at_once_and_after_a_restart() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = user(&identity, "ann@example.com", Role::User).await;
        let created = identity.create_api_key(ann, trading()).await.unwrap();
        let good = hmac_signature(&created);
        for identity in [identity, house.open().await.unwrap()] {
            assert_eq!(is_good(&identity, &created, &good), Some(true));
            assert_eq!(is_good(&identity, &created, &good.to_uppercase()), Some(true));
            let wrong = [&good[2..], "00"].concat();
            assert_eq!(is_good(&identity, &created, &wrong), Some(false));
            let entry = identity.ring().find(created.api_key.expose()).unwrap();
            assert_eq!(
                (entry.user, entry.scopes, entry.created),
                (ann, trading().scopes, Time(1_000))
            );
            assert!(entry.allows("10.1.2.3".parse().unwrap()));
            assert!(!entry.allows("11.1.2.3".parse().unwrap()));
            assert_eq!(entry.verifier.kind(), KeyKind::Hmac);
            let listed = identity.api_keys(ann).await.unwrap();
            assert_eq!(listed.len(), 1);
            assert_eq!((listed[0].id, &*listed[0].name), (created.id, "bot"));
            assert!(created.api_key.expose().starts_with(&listed[0].hint));
        }
    }
}

fn pem(der: &[u8]) -> String {
    format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", STANDARD.encode(der))
}

#[tokio::test]
async fn a_public_key_is_good_with_the_private_key_that_its_owner_keeps() {
    let ed25519 = Ed25519KeyPair::generate().unwrap();
    let rsa = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
    let message = PARTS.concat();
    let mut rsa_signature = vec![0; 256];
    let random = aws_lc_rs::rand::SystemRandom::new();
    rsa.sign(&RSA_PKCS1_SHA256, &random, &message, &mut rsa_signature).unwrap();
    let keys = [
        (
            KeyKind::Ed25519,
            pem(ed25519.public_key().as_der().unwrap().as_ref()),
            ed25519.sign(&message).as_ref().to_vec(),
        ),
        (KeyKind::Rsa, pem(rsa.public_key().as_der().unwrap().as_ref()), rsa_signature),
    ];
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = user(&identity, "ann@example.com", Role::User).await;
        for (kind, pem, signature) in &keys {
            let new = NewApiKey { public_key: Some(pem.clone()), ..trading() };
            let created = identity.create_api_key(ann, new).await.unwrap();
            assert!(created.secret_key.is_none());
            let good = STANDARD.encode(signature);
            let mut wrong = signature.clone();
            wrong[10] ^= 1;
            for identity in [&identity, &house.open().await.unwrap()] {
                let entry = identity.ring().find(created.api_key.expose()).unwrap();
                assert_eq!(entry.verifier.kind(), *kind);
                assert_eq!(is_good(identity, &created, &good), Some(true), "{kind:?}");
                assert_eq!(is_good(identity, &created, &STANDARD.encode(&wrong)), Some(false));
                assert_eq!(is_good(identity, &created, &hex::encode(signature)), Some(false));
            }
        }
        let kinds: Vec<_> =
            identity.api_keys(ann).await.unwrap().iter().map(|key| key.kind).collect();
        assert!(kinds.contains(&KeyKind::Ed25519) && kinds.contains(&KeyKind::Rsa), "{kinds:?}");
    }
}

#[tokio::test]
async fn a_revoked_key_is_good_no_more_and_only_its_owner_revokes_it() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = user(&identity, "ann@example.com", Role::User).await;
        let bob = user(&identity, "bob@example.com", Role::User).await;
        let created = identity.create_api_key(ann, trading()).await.unwrap();
        let other = identity.create_api_key(ann, trading()).await.unwrap();
        assert!(!identity.revoke_api_key(bob, created.id).await.unwrap());
        assert!(identity.ring().find(created.api_key.expose()).is_some());
        assert!(identity.revoke_api_key(ann, created.id).await.unwrap());
        assert!(!identity.revoke_api_key(ann, created.id).await.unwrap());
        for identity in [identity, house.open().await.unwrap()] {
            assert!(identity.ring().find(created.api_key.expose()).is_none());
            assert!(identity.ring().find(other.api_key.expose()).is_some());
            assert_eq!(identity.api_keys(ann).await.unwrap().len(), 1);
        }
    }
}

#[tokio::test]
async fn a_key_expires_without_anybody_doing_anything() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = user(&identity, "ann@example.com", Role::User).await;
        let new = NewApiKey { expires: Some(Time(2_000)), ..trading() };
        let created = identity.create_api_key(ann, new).await.unwrap();
        for (now, is_found) in [(1_999, true), (2_000, false)] {
            house.now.store(now, Ordering::Relaxed);
            for identity in [&identity, &house.open().await.unwrap()] {
                assert_eq!(identity.ring().find(created.api_key.expose()).is_some(), is_found);
            }
        }
        let late = NewApiKey { expires: Some(Time(2_000)), ..trading() };
        let refused = identity.create_api_key(ann, late).await.unwrap_err();
        assert!(matches!(refused, IdentityError::Expires), "{refused:?}");
    }
}

#[tokio::test]
async fn a_user_has_no_more_keys_than_allowed_even_if_asked_for_at_once() {
    for house in House::both().await {
        let identity = Arc::new(house.open().await.unwrap());
        let ann = user(&identity, "ann@example.com", Role::User).await;
        let asking: Vec<_> = (0..KEYS_PER_USER_MAX + 5)
            .map(|_| {
                let identity = Arc::clone(&identity);
                tokio::spawn(async move { identity.create_api_key(ann, trading()).await })
            })
            .collect();
        let (mut made, mut refused) = (Vec::new(), 0);
        for asked in asking {
            match asked.await.unwrap() {
                Ok(created) => made.push(created),
                Err(IdentityError::TooManyKeys) => refused += 1,
                Err(error) => panic!("{error:?}"),
            }
        }
        assert_eq!((made.len() as u64, refused), (KEYS_PER_USER_MAX, 5));
        assert!(identity.revoke_api_key(ann, made[0].id).await.unwrap());
        identity.create_api_key(ann, trading()).await.unwrap();
        let nobody = identity.create_api_key(UserId([9; 16]), trading()).await.unwrap_err();
        assert!(matches!(nobody, IdentityError::UnknownUser), "{nobody:?}");
    }
}

#[tokio::test]
async fn uses_are_written_down_once_and_kept_where_that_fails() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = user(&identity, "ann@example.com", Role::User).await;
        let created = identity.create_api_key(ann, trading()).await.unwrap();
        let entry = identity.ring().find(created.api_key.expose()).unwrap();
        let from = "10.0.0.1".parse().unwrap();
        (1..=3).for_each(|at| entry.verifier.used(from, Time(5_000 + at)));
        let written = async |identity: &Identity| {
            let key = identity.api_keys(ann).await.unwrap().remove(0);
            (key.uses, key.last_used)
        };
        assert_eq!(written(&identity).await, (0, None));
        identity.write_usage().await.unwrap();
        identity.write_usage().await.unwrap();
        assert_eq!(written(&identity).await, (3, Some(Time(5_003))));
        house.sql("ALTER TABLE api_keys RENAME TO elsewhere").await;
        entry.verifier.used(from, Time(6_000));
        identity.write_usage().await.unwrap_err();
        house.sql("ALTER TABLE elsewhere RENAME TO api_keys").await;
        identity.write_usage().await.unwrap();
        assert_eq!(written(&identity).await, (4, Some(Time(6_000))));
    }
}

#[tokio::test]
async fn secrets_swapped_between_rows_do_not_open() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = user(&identity, "ann@example.com", Role::User).await;
        let mut made = Vec::new();
        for _ in 0..3 {
            made.push(identity.create_api_key(ann, trading()).await.unwrap());
        }
        let rows = store::sealed_page(house.test.database.read(), SealedTable::ApiKeys, None, 10)
            .await
            .unwrap();
        let write = house.test.database.write();
        assert!(store::write_sealed(write, &rows[0], rows[1].sealed.clone()).await.unwrap());
        assert!(store::write_sealed(write, &rows[1], rows[0].sealed.clone()).await.unwrap());
        let identity = house.open().await.unwrap();
        for created in &made {
            let is_found = identity.ring().find(created.api_key.expose()).is_some();
            assert_eq!(is_found, created.id.0 == rows[2].id);
        }
    }
}

#[tokio::test]
async fn without_the_right_master_key_the_start_is_refused() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = user(&identity, "ann@example.com", Role::User).await;
        let created = identity.create_api_key(ann, trading()).await.unwrap();
        let path = house.folder.path().join("master.key");
        let kept = house.folder.path().join("kept.key");
        std::fs::rename(&path, &kept).unwrap();
        let refused = house.open().await.unwrap_err();
        let lost = matches!(refused, IdentityError::KeyFile(KeyFileError::Missing { .. }));
        assert!(lost && !path.exists(), "no second key is made: {refused:?}");
        let other = MasterKeySource::Given(MasterKeys::generate());
        let refused = house.open_with(other.clone()).await.unwrap_err();
        assert!(matches!(refused, IdentityError::Vault(VaultError::Refused)), "{refused:?}");
        std::fs::rename(&kept, &path).unwrap();
        let identity = house.open().await.unwrap();
        assert_eq!(is_good(&identity, &created, &hmac_signature(&created)), Some(true));
    }
}

#[tokio::test]
async fn a_master_key_that_was_given_is_not_rotated_here() {
    for house in House::both().await {
        let given = MasterKeySource::Given(MasterKeys::generate());
        let identity = house.open_with(given).await.unwrap();
        let refused = identity.rotate_master_key().await.unwrap_err();
        assert!(matches!(refused, IdentityError::MasterKeyGiven), "{refused:?}");
    }
}

/// Only the newest line of the key file: what a rotation is for.
fn forget_old_keys(house: &House) {
    let path = house.folder.path().join("master.key");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, text.lines().last().unwrap()).unwrap();
}

#[tokio::test]
async fn after_a_rotation_every_key_opens_under_the_new_master_key_alone() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = user(&identity, "ann@example.com", Role::User).await;
        let mut made = Vec::new();
        for _ in 0..5 {
            made.push(identity.create_api_key(ann, trading()).await.unwrap());
        }
        let rotation = identity.rotate_master_key().await.unwrap();
        assert_eq!((rotation.version.0, rotation.rewrapped, rotation.resumed), (2, 6, false));
        made.push(identity.create_api_key(ann, trading()).await.unwrap());
        forget_old_keys(&house);
        for identity in [identity, house.open().await.unwrap()] {
            for created in &made {
                assert_eq!(is_good(&identity, created, &hmac_signature(created)), Some(true));
            }
        }
    }
}

/// Lets a rotation run until it has waited `waits` times, and cuts it off. Whether it was done.
async fn cut_off_rotation(identity: &Identity, waits: u32) -> bool {
    let mut rotation = std::pin::pin!(identity.rotate_master_key());
    for _ in 0..waits {
        let polled = std::future::poll_fn(|context| {
            std::task::Poll::Ready(rotation.as_mut().poll(context).map(|done| done.unwrap()))
        });
        if polled.await.is_ready() {
            return true;
        }
        tokio::task::yield_now().await;
    }
    false
}

#[tokio::test]
async fn a_rotation_cut_off_anywhere_loses_no_key_and_is_finished_by_the_next() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = user(&identity, "ann@example.com", Role::User).await;
        let mut made = Vec::new();
        for _ in 0..3 {
            made.push(identity.create_api_key(ann, trading()).await.unwrap());
        }
        let mut cuts = 0;
        for waits in (0..400).step_by(23) {
            if cut_off_rotation(&identity, waits).await {
                continue;
            }
            cuts += 1;
            let identity = house.open().await.unwrap();
            for created in &made {
                assert_eq!(is_good(&identity, created, &hmac_signature(created)), Some(true));
            }
        }
        assert!(0 < cuts, "the fault fired");
        assert_eq!(identity.rotate_master_key().await.unwrap().rewrapped, 4);
        forget_old_keys(&house);
        let identity = house.open().await.unwrap();
        for created in &made {
            assert_eq!(is_good(&identity, created, &hmac_signature(created)), Some(true));
        }
    }
}

#[tokio::test]
async fn a_rotation_that_was_left_half_done_is_finished_first_and_a_key_made_all_the_same() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = user(&identity, "ann@example.com", Role::User).await;
        for _ in 0..2 {
            identity.create_api_key(ann, trading()).await.unwrap();
        }
        house.key_file().add_key().unwrap();
        let rotation = identity.rotate_master_key().await.unwrap();
        assert_eq!((rotation.version.0, rotation.rewrapped, rotation.resumed), (3, 3, true));
    }
}

#[tokio::test]
async fn no_secret_is_in_anything_that_can_be_printed() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = user(&identity, "ann@example.com", Role::User).await;
        let created = identity.create_api_key(ann, trading()).await.unwrap();
        let address = email("ann@example.com");
        let hash = store::password_hash(house.test.database.read(), &address).await.unwrap();
        let new = NewUser {
            email: email("bob@example.com"),
            password: password(PASSWORD),
            role: Role::User,
            kyc: Kyc::None,
        };
        let entry = identity.ring().find(created.api_key.expose()).unwrap();
        let listed = identity.api_keys(ann).await.unwrap();
        let shown = format!("{identity:?} {created:?} {hash:?} {new:?} {entry:?} {listed:?}");
        let secret = created.secret_key.as_ref().unwrap().expose();
        for canary in [PASSWORD, secret, created.api_key.expose(), "argon2id"] {
            assert!(!shown.contains(canary), "{shown}");
        }
    }
}
