//! Nobody waits any more for what was asked: nothing is lost, and nothing half done is dangerous.

use std::future::poll_fn;
use std::task::Poll;

use database::Place;

use super::sessions::{caller, home, login_of, plain, registered};
use super::*;
use crate::api_key::ApiKeyChange;

/// More turns of waiting than anything here needs.
const TURNS_MAX: usize = 200;

/// Waits for so many turns. Whether that was long enough.
async fn waits(act: impl Future, turns: usize) -> bool {
    let (mut act, mut left) = (Box::pin(act), turns);
    let ended = poll_fn(move |context| match act.as_mut().poll(context) {
        Poll::Ready(_) => Poll::Ready(true),
        Poll::Pending if left == 0 => Poll::Ready(false),
        Poll::Pending => {
            left -= 1;
            Poll::Pending
        }
    });
    ended.await
}

#[tokio::test]
async fn a_key_whose_revocation_is_cut_off_is_not_revoked_and_good() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await;
        let calling = caller(&identity, &ann);
        let mut turns = 0..TURNS_MAX;
        for turns in turns.by_ref() {
            let created = identity.create_own_api_key(&calling, trading()).await.unwrap();
            let id = created.id;
            let is_done = waits(identity.revoke_own_api_key(&calling, id), turns).await;
            // Behind what may still be under way.
            identity.note_operator(None, "settled").await;
            let listed = identity.api_keys(ann.user.id).await.unwrap();
            let is_found = identity.ring().find(created.api_key.expose()).is_some();
            assert!(!is_found || listed.iter().any(|key| key.id == id), "after {turns} turns");
            if is_done {
                break;
            }
            identity.revoke_own_api_key(&calling, id).await.unwrap();
        }
        assert_ne!(turns.next(), None, "it never ends");
    }
}

#[tokio::test]
async fn a_key_that_is_revoked_already_is_taken_out_of_memory_by_who_asks_again() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await;
        let bob = registered(&identity, "bob@example.com").await;
        let created =
            identity.create_own_api_key(&caller(&identity, &ann), trading()).await.unwrap();
        house.sql("UPDATE api_keys SET revoked_at = created_at").await;
        let is_found = || identity.ring().find(created.api_key.expose()).is_some();
        let revoke = async |who| identity.revoke_api_key(who, created.id).await.unwrap();
        assert_eq!((revoke(bob.user.id).await, is_found()), (false, true), "not theirs");
        assert_eq!((revoke(ann.user.id).await, is_found()), (false, false), "there was none");
    }
}

#[tokio::test]
async fn sessions_that_ended_while_the_writing_was_cut_off_do_not_come_back() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await;
        let calling = caller(&identity, &ann);
        let mut turns = 0..TURNS_MAX;
        for turns in turns.by_ref() {
            identity.login(login_of("ann@example.com", PASSWORD)).await.unwrap();
            let is_done = waits(identity.end_other_sessions(&calling), turns).await;
            let alive = identity.sessions(ann.user.id).len();
            identity.write_sessions().await.unwrap();
            let again = house.open().await.unwrap();
            assert_eq!(again.sessions(ann.user.id).len(), alive, "after {turns} turns");
            if is_done {
                break;
            }
        }
        assert_ne!(turns.next(), None, "it never ends");
    }
}

#[tokio::test]
async fn no_session_from_before_another_password_comes_back_after_a_crash() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        for by_operator in [false, true] {
            let address = format!("{by_operator}@example.com");
            let own = registered(&identity, &address).await;
            let other = identity.login(login_of(&address, PASSWORD)).await.unwrap();
            let (calling, ann) = (caller(&identity, &own), email(&address));
            let act = async {
                let fresh = "fresh-canary-word";
                match by_operator {
                    true => identity.reset_password(&ann, password(fresh)).await.unwrap(),
                    false => {
                        let change =
                            identity.change_password(&calling, plain(PASSWORD), plain(fresh));
                        change.await.unwrap();
                    }
                }
            };
            let mut end = caller(&identity, &other).session_end();
            // What is written behind the commit is lost: the process ends before.
            let writing = identity.writing.lock().await;
            tokio::select! {
                () = act => panic!("it does not wait for what is written behind"),
                () = end.wait() => {}
            }
            let again = house.open().await.unwrap();
            let refused = again.authenticate(other.tokens.access.expose(), home()).err();
            assert!(matches!(refused, Some(IdentityError::SessionEnded)), "{refused:?}");
            drop(writing);
        }
    }
}

impl House {
    /// From here on no commit of what the audit log speaks of ends well: the database finds out
    /// only then what is wrong.
    async fn lose_commits(&self) {
        self.sql("CREATE TABLE trap (id INTEGER PRIMARY KEY)").await;
        self.sql(
            "CREATE TABLE trapped (id INTEGER REFERENCES trap (id) DEFERRABLE INITIALLY DEFERRED)",
        )
        .await;
        self.sql(match self.test.place {
            Place::File(_) => {
                "CREATE TRIGGER lose AFTER INSERT ON audit_log \
                 BEGIN INSERT INTO trapped VALUES (1); END"
            }
            Place::Url(_) => {
                "CREATE RULE lose AS ON INSERT TO audit_log \
                 DO ALSO INSERT INTO trapped VALUES (1)"
            }
        })
        .await;
    }
}

#[tokio::test]
async fn what_may_have_been_taken_from_somebody_is_in_force() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let address = "ann@example.com";
        let ann = registered(&identity, address).await;
        identity.set_kyc(&email(address), Kyc::Approved).await.unwrap();
        let moving = Scopes { transfer: true, ..trading().scopes };
        let new = NewApiKey { scopes: moving, ..trading() };
        let moves = identity.create_api_key(ann.user.id, new).await.unwrap();
        let trades = identity.create_api_key(ann.user.id, trading()).await.unwrap();
        let leaks = identity.create_api_key(ann.user.id, trading()).await.unwrap();
        let other = identity.login(login_of(address, PASSWORD)).await.unwrap();
        let calling = caller(&identity, &ann);
        house.lose_commits().await;
        identity.set_kyc(&email(address), Kyc::Rejected).await.unwrap_err();
        let found = |key: &CreatedApiKey| identity.ring().find(key.api_key.expose());
        assert_eq!(found(&moves).unwrap().scopes, trading().scopes);
        let reads = Scopes { trade: false, ..trading().scopes };
        let networks = vec!["10.1.0.0/16".parse().unwrap()];
        let change = ApiKeyChange {
            scopes: Some(reads),
            allow_ips: Some(networks.clone()),
            ..ApiKeyChange::default()
        };
        identity.change_own_api_key(&calling, leaks.id, change).await.unwrap_err();
        let leaking = found(&leaks).unwrap();
        assert_eq!((leaking.scopes, &leaking.allow_ips), (reads, &networks));
        identity.revoke_own_api_key(&calling, trades.id).await.unwrap_err();
        assert!(found(&trades).is_none());
        let mut end = caller(&identity, &other).session_end();
        let fresh = plain("fresh-canary-word");
        identity.change_password(&calling, plain(PASSWORD), fresh).await.unwrap_err();
        end.wait().await;
        identity.reset_password(&email(address), password(PASSWORD)).await.unwrap_err();
        assert_eq!(identity.sessions(ann.user.id).len(), 0);
    }
}

#[tokio::test]
async fn no_use_of_a_key_is_forgotten_where_the_writing_is_cut_off() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await;
        let created =
            identity.create_own_api_key(&caller(&identity, &ann), trading()).await.unwrap();
        let key = identity.ring().find(created.api_key.expose()).unwrap();
        let mut turns = 0..TURNS_MAX;
        for (used, turns) in (1..).zip(turns.by_ref()) {
            key.verifier.used("10.0.0.1".parse().unwrap(), house.time());
            let is_done = waits(identity.write_usage(), turns).await;
            identity.write_usage().await.unwrap();
            let uses = identity.api_keys(ann.user.id).await.unwrap()[0].uses;
            assert!(used <= uses, "{uses} of {used} after {turns} turns");
            if is_done {
                break;
            }
        }
        assert_ne!(turns.next(), None, "it never ends");
    }
}

#[tokio::test]
async fn who_ends_all_others_and_has_none_leaves_no_entry() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await;
        let calling = caller(&identity, &ann);
        let entries = async || identity.audit_log(None, 100).await.unwrap().len();
        let before = entries().await;
        for _ in 0..3 {
            identity.end_other_sessions(&calling).await.unwrap();
        }
        assert_eq!(entries().await, before);
        identity.login(login_of("ann@example.com", PASSWORD)).await.unwrap();
        identity.end_other_sessions(&calling).await.unwrap();
        assert_eq!(entries().await, before + 2, "the login, and its end");
    }
}
