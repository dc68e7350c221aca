use super::sessions::{MINUTE, caller, plain, registered};
use super::*;
use crate::acts::ACTS_PER_HOUR_MAX;
use crate::api_key::{ApiKeyChange, ApiKeyId};

const DAY: u64 = 24 * 60 * MINUTE;

#[tokio::test]
async fn a_key_is_made_and_changed_by_who_just_proved_who_they_are() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await;
        let calling = caller(&identity, &ann);
        let created = identity.create_own_api_key(&calling, trading()).await.unwrap();
        house.pass(5 * MINUTE);
        let refused = identity.create_own_api_key(&calling, trading()).await.unwrap_err();
        assert!(matches!(refused, IdentityError::StepUp), "{refused:?}");
        let change = ApiKeyChange { name: Some("x".into()), ..ApiKeyChange::default() };
        let refused =
            identity.change_own_api_key(&calling, created.id, change.clone()).await.unwrap_err();
        assert!(matches!(refused, IdentityError::StepUp), "{refused:?}");
        identity.step_up(&calling, Proof::Password(plain(PASSWORD))).await.unwrap();
        identity.change_own_api_key(&calling, created.id, change).await.unwrap();
        house.pass(5 * MINUTE);
        assert!(identity.revoke_own_api_key(&calling, created.id).await.unwrap(), "that is safe");
    }
}

#[tokio::test]
async fn a_changed_key_is_another_at_once_and_after_a_restart() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await;
        let calling = caller(&identity, &ann);
        let created = identity.create_own_api_key(&calling, trading()).await.unwrap();
        let signature = hmac_signature(&created);
        let old = identity.ring().find(created.api_key.expose()).unwrap();
        old.verifier.used("10.0.0.1".parse().unwrap(), house.time());
        let change = ApiKeyChange {
            scopes: Some(Scopes { read: true, ..Scopes::default() }),
            allow_ips: Some(vec!["192.0.2.0/24".parse().unwrap()]),
            expires: Some(Some(Time(DAY))),
            requests_per_minute: Some(Some(2)),
            ..ApiKeyChange::default()
        };
        let changed = identity.change_own_api_key(&calling, created.id, change).await.unwrap();
        assert_eq!((&*changed.name, changed.requests_per_minute), ("bot", Some(2)));
        identity.write_usage().await.unwrap();
        for identity in [&identity, &house.open().await.unwrap()] {
            let key = identity.ring().find(created.api_key.expose()).unwrap();
            assert_eq!(key.scopes.names(), ["read"]);
            assert!(!key.allows("10.0.0.1".parse().unwrap()));
            assert!(key.allows("192.0.2.7".parse().unwrap()));
            assert_eq!(is_good(identity, &created, &signature), Some(true));
            let admitted = [0, 1, 2].map(|at| key.verifier.admit(Time(at)).is_ok());
            assert_eq!(admitted, [true, true, false]);
            let listed = identity.api_keys(ann.user.id).await.unwrap().remove(0);
            assert_eq!((listed.uses, listed.expires), (1, Some(Time(DAY))), "uses are kept");
        }
        let free = ApiKeyChange {
            expires: Some(None),
            requests_per_minute: Some(None),
            ..ApiKeyChange::default()
        };
        let changed = identity.change_own_api_key(&calling, created.id, free).await.unwrap();
        assert_eq!((changed.expires, changed.requests_per_minute), (None, None));
        house.now.store(2 * DAY, Ordering::Relaxed);
        assert!(identity.ring().find(created.api_key.expose()).is_some());
    }
}

#[tokio::test]
async fn a_key_is_not_changed_by_another_or_into_what_cannot_be_granted() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await;
        let bob = registered(&identity, "bob@example.com").await;
        let (ann, bob) = (caller(&identity, &ann), caller(&identity, &bob));
        let created = identity.create_own_api_key(&ann, trading()).await.unwrap();
        let all = Scopes { read: true, trade: true, transfer: true, admin: true };
        let more = ApiKeyChange { scopes: Some(all), ..ApiKeyChange::default() };
        let refused = identity.change_own_api_key(&ann, created.id, more).await.unwrap_err();
        assert!(matches!(refused, IdentityError::Scopes), "{refused:?}");
        let past = ApiKeyChange { expires: Some(Some(house.time())), ..ApiKeyChange::default() };
        let refused = identity.change_own_api_key(&ann, created.id, past).await.unwrap_err();
        assert!(matches!(refused, IdentityError::Expires), "{refused:?}");
        let nothing = ApiKeyChange::default;
        for (who, id) in [(&bob, created.id), (&ann, ApiKeyId(9))] {
            let refused = identity.change_own_api_key(who, id, nothing()).await.unwrap_err();
            assert!(matches!(refused, IdentityError::UnknownKey), "{refused:?}");
            let refused = identity.api_key_usage(who.user(), id).await.unwrap_err();
            assert!(matches!(refused, IdentityError::UnknownKey), "{refused:?}");
            assert!(!identity.revoke_own_api_key(who, id).await.unwrap());
        }
        assert!(identity.revoke_own_api_key(&ann, created.id).await.unwrap());
        let refused = identity.change_own_api_key(&ann, created.id, nothing()).await.unwrap_err();
        assert!(matches!(refused, IdentityError::UnknownKey), "{refused:?}");
        assert!(identity.ring().find(created.api_key.expose()).is_none(), "it does not come back");
    }
}

#[tokio::test]
async fn the_use_of_a_key_is_told_day_by_day() {
    for house in House::both().await {
        house.now.store(100 * DAY, Ordering::Relaxed);
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await;
        let created =
            identity.create_own_api_key(&caller(&identity, &ann), trading()).await.unwrap();
        let key = identity.ring().find(created.api_key.expose()).unwrap();
        let usage = async || {
            let usage = identity.api_key_usage(ann.user.id, created.id).await.unwrap();
            let days = usage.days.iter();
            let days = days.map(|it| (it.day.micros() / DAY, it.requests, it.errors));
            (days.collect::<Vec<_>>(), usage.last_used, usage.last_address)
        };
        assert_eq!(usage().await, (vec![], None, None));
        key.verifier.refused(house.time());
        assert_eq!(usage().await, (vec![], None, None), "it was written down just now");
        house.pass(1_000_000);
        assert_eq!(usage().await, (vec![(100, 0, 1)], None, None));
        let from = "10.0.0.1".parse().unwrap();
        (0..3).for_each(|_| key.verifier.used(from, house.time()));
        house.pass(1_000_000);
        assert_eq!(usage().await.0, [(100, 3, 1)]);
        house.pass(DAY + MINUTE);
        key.verifier.used(from, house.time());
        let last = house.time();
        key.verifier.refused(house.time());
        let want = (vec![(100, 3, 1), (101, 1, 1)], Some(last), Some(from));
        assert_eq!(usage().await, want);
        house.pass(89 * DAY);
        identity.forget_old_usage().await.unwrap();
        assert_eq!(usage().await.0, [(101, 1, 1)]);
    }
}

#[tokio::test]
async fn who_is_known_less_than_before_has_no_key_that_transfers() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = user(&identity, "ann@example.com", Role::User).await;
        let bob = user(&identity, "bob@example.com", Role::User).await;
        let moving = Scopes { transfer: true, ..trading().scopes };
        let new = |scopes| NewApiKey { scopes, ..trading() };
        let made = identity.create_api_key(ann, new(moving)).await.unwrap();
        let other = identity.create_api_key(bob, new(moving)).await.unwrap();
        let only = Scopes { transfer: true, ..Scopes::default() };
        let only = identity.create_api_key(ann, new(only)).await.unwrap();
        let signature = hmac_signature(&made);
        house.sql("ALTER TABLE audit_log RENAME TO elsewhere").await;
        identity.set_kyc(&email("ann@example.com"), Kyc::Rejected).await.unwrap_err();
        house.sql("ALTER TABLE elsewhere RENAME TO audit_log").await;
        let scopes = |identity: &Identity, key: &CreatedApiKey| {
            identity.ring().find(key.api_key.expose()).unwrap().scopes
        };
        assert_eq!(scopes(&identity, &made), moving, "nothing was decided");
        identity.set_kyc(&email("ann@example.com"), Kyc::Rejected).await.unwrap();
        for identity in [&identity, &house.open().await.unwrap()] {
            assert_eq!(is_good(identity, &made, &signature), Some(true));
            assert_eq!(scopes(identity, &made), trading().scopes);
            assert_eq!(scopes(identity, &only), Scopes::default());
            assert_eq!(scopes(identity, &other), moving, "of somebody else");
        }
        identity.set_kyc(&email("ann@example.com"), Kyc::Approved).await.unwrap();
        assert_eq!(scopes(&identity, &made), trading().scopes, "its owner gives it anew");
        let listed = identity.api_keys(ann).await.unwrap();
        assert!(listed.iter().all(|key| !key.scopes.transfer), "{listed:?}");
    }
}

#[tokio::test]
async fn one_user_has_so_many_acts_written_down_in_an_hour_and_may_always_revoke() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await;
        let calling = caller(&identity, &ann);
        let created = identity.create_own_api_key(&calling, trading()).await.unwrap();
        let rename = || {
            let change = ApiKeyChange { name: Some("x".into()), ..ApiKeyChange::default() };
            identity.change_own_api_key(&calling, created.id, change)
        };
        for _ in 1..ACTS_PER_HOUR_MAX {
            rename().await.unwrap();
        }
        let is_refused = |error| matches!(error, IdentityError::TooManyActs { .. });
        assert!(is_refused(rename().await.unwrap_err()));
        assert!(is_refused(identity.create_own_api_key(&calling, trading()).await.unwrap_err()));
        assert!(is_refused(identity.set_up_second_factor(&calling).await.unwrap_err()));
        let bob = registered(&identity, "bob@example.com").await;
        identity.create_own_api_key(&caller(&identity, &bob), trading()).await.unwrap();
        assert!(identity.revoke_own_api_key(&calling, created.id).await.unwrap());
        identity.end_other_sessions(&calling).await.unwrap();
        identity.logout(&calling, true).await.unwrap();
    }
}
