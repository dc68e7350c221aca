use super::sessions::{caller, home, login_of, plain, registered};
use super::*;
use crate::audit::{Act, Actor};

/// More than anything here takes.
const PATIENCE: Duration = Duration::from_secs(60);

fn acts(log: &[crate::AuditEntry]) -> Vec<&'static str> {
    log.iter().rev().map(|entry| entry.act.as_str()).collect()
}

#[tokio::test]
async fn what_happens_to_a_user_is_in_the_log_and_the_chain_holds_over_a_restart() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await;
        let login = login_of("ann@example.com", PASSWORD);
        identity.login(Login { password: plain("wrong"), ..login.clone() }).await.unwrap_err();
        identity.login(login_of("nobody@example.com", PASSWORD)).await.unwrap_err();
        identity.write_failures().await;
        let second = identity.login(login).await.unwrap();
        let calling = caller(&identity, &second);
        let created = identity.create_own_api_key(&calling, trading()).await.unwrap();
        identity.revoke_own_api_key(&calling, created.id).await.unwrap();
        let identity = house.open().await.unwrap();
        identity.logout(&calling, false).await.unwrap();
        identity.note_operator(Some(&ann.user), "ledger adjust").await;
        let log = identity.audit_log(None, 100).await.unwrap();
        let want = "userCreated loginFailed loginFailed loggedIn keyCreated keyRevoked \
                    sessionEnded operated";
        assert_eq!(acts(&log).join(" "), want);
        let of_whom: Vec<_> = log.iter().rev().map(|entry| entry.user.is_some()).collect();
        assert_eq!(of_whom, [true, true, false, true, true, true, true, true]);
        assert_eq!((log[0].actor, log[4].actor), (Actor::Operator, Actor::Person));
        assert_eq!(log[4].address.unwrap().to_string(), "192.0.2.1");
        let shown = format!("{log:?}");
        for canary in [PASSWORD, created.api_key.expose(), second.tokens.refresh.expose()] {
            assert!(!shown.contains(canary), "{shown}");
        }
        let head = identity.verify_audit().await.unwrap();
        assert_eq!((head.entries, head.hash), (8, log[0].hash));
        let older = identity.audit_log(Some(3), 100).await.unwrap();
        assert_eq!(acts(&older).join(" "), "userCreated loginFailed");
        let created = identity.create_api_key(ann.user.id, trading()).await.unwrap();
        identity.revoke_api_key(ann.user.id, created.id).await.unwrap();
        let log = identity.audit_log(None, 2).await.unwrap();
        assert_eq!(acts(&log), ["keyCreated", "keyRevoked"]);
        assert!(log.iter().all(|entry| entry.actor == Actor::Operator), "{log:?}");
        assert!(log.iter().all(|entry| entry.detail.contains(&created.id.to_string())), "{log:?}");
    }
}

#[tokio::test]
async fn a_log_that_was_altered_says_where() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        assert_eq!(identity.verify_audit().await.unwrap().entries, 0);
        for number in 0..5 {
            identity.note_operator(None, &format!("act {number}")).await;
        }
        for (sql, undo, want) in [
            (
                "UPDATE audit_log SET detail = 'nothing' WHERE seq = 3",
                "UPDATE audit_log SET detail = 'act 2' WHERE seq = 3",
                3,
            ),
            (
                "UPDATE audit_log SET seq = 9 WHERE seq = 2",
                "UPDATE audit_log SET seq = 2 WHERE seq = 9",
                2,
            ),
            ("DELETE FROM audit_log WHERE seq = 1", "SELECT 1", 1),
        ] {
            house.sql(sql).await;
            let broken = identity.verify_audit().await.unwrap_err();
            let is_there = matches!(broken, IdentityError::AuditBroken { seq } if seq == want);
            assert!(is_there, "{broken:?} instead of {want}");
            house.sql(undo).await;
        }
    }
}

#[tokio::test]
async fn many_who_write_at_once_make_one_chain() {
    for house in House::both().await {
        let identity = Arc::new(house.open().await.unwrap());
        let writing: Vec<_> = (0..30)
            .map(|number| {
                let identity = Arc::clone(&identity);
                tokio::spawn(async move {
                    identity.note_operator(None, &format!("act {number}")).await;
                })
            })
            .collect();
        for written in writing {
            written.await.unwrap();
        }
        assert_eq!(identity.verify_audit().await.unwrap().entries, 30);
    }
}

#[tokio::test]
async fn a_theft_of_a_token_and_a_change_of_a_password_are_in_the_log() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await;
        let calling = caller(&identity, &ann);
        let (old, new) = (plain(PASSWORD), plain("fresh-canary-word"));
        identity.change_password(&calling, old, new).await.unwrap();
        identity.reset_password(&email("ann@example.com"), password(PASSWORD)).await.unwrap();
        let again = identity.login(login_of("ann@example.com", PASSWORD)).await.unwrap();
        let next = identity.refresh(&again.tokens.refresh, home()).await.unwrap();
        identity.refresh(&next.refresh, home()).await.unwrap();
        identity.refresh(&again.tokens.refresh, home()).await.unwrap_err();
        let log = identity.audit_log(None, 4).await.unwrap();
        assert_eq!(acts(&log), ["passwordChanged", "passwordReset", "loggedIn", "tokenReused"]);
        assert_eq!(log[0].act, Act::TokenReused);
    }
}

#[tokio::test]
async fn what_the_log_cannot_hold_is_not_done() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await;
        let calling = caller(&identity, &ann);
        let created = identity.create_own_api_key(&calling, trading()).await.unwrap();
        house.sql("ALTER TABLE audit_log RENAME TO audit_log_gone").await;
        let refused = identity.create_own_api_key(&calling, trading()).await;
        assert!(matches!(refused, Err(IdentityError::Database(_))), "{refused:?}");
        let (old, new) = (plain(PASSWORD), plain("fresh-canary-word"));
        identity.change_password(&calling, old, new).await.unwrap_err();
        identity.revoke_own_api_key(&calling, created.id).await.unwrap_err();
        identity.create_api_key(ann.user.id, trading()).await.unwrap_err();
        identity.revoke_api_key(ann.user.id, created.id).await.unwrap_err();
        identity.login(login_of("ann@example.com", PASSWORD)).await.unwrap_err();
        let eve = NewUser {
            email: email("eve@example.com"),
            password: password(PASSWORD),
            role: Role::Admin,
            kyc: Kyc::None,
        };
        identity.create_user(eve).await.unwrap_err();
        house.sql("ALTER TABLE audit_log_gone RENAME TO audit_log").await;
        assert_eq!(identity.find_user(&email("eve@example.com")).await.unwrap(), None);
        assert_eq!(identity.api_keys(ann.user.id).await.unwrap().len(), 1);
        assert!(identity.ring().find(created.api_key.expose()).is_some(), "nothing was revoked");
        assert_eq!(identity.sessions(ann.user.id).len(), 1);
        identity.login(login_of("ann@example.com", PASSWORD)).await.unwrap();
        identity.verify_audit().await.unwrap();
    }
}

#[tokio::test]
async fn nobody_who_guesses_waits_for_what_is_written_of_it() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        registered(&identity, "ann@example.com").await;
        let log = async || identity.audit_log(None, 100).await.unwrap();
        let before = log().await.len();
        let turn = identity.auditing.lock().await;
        for address in ["ann@example.com", "nobody@example.com"] {
            let guess = identity.login(login_of(address, "wrong"));
            let answered = tokio::time::timeout(PATIENCE, guess).await;
            let refused = answered.expect("it does not wait").unwrap_err();
            assert!(matches!(refused, IdentityError::Credentials), "{refused:?}");
        }
        drop(turn);
        identity.write_failures().await;
        let told: Vec<_> = log().await.iter().map(|entry| entry.user.is_some()).collect();
        assert_eq!((told.len(), &told[..2]), (before + 2, &[false, true][..]));
    }
}
