use super::sessions::{caller, origin, plain};
use super::*;
use crate::audit::Act;

fn claim(token: &Secret<String>, address: &str, text: &str) -> Claim {
    Claim {
        token: token.clone(),
        email: email(address),
        password: plain(text),
        origin: origin("192.0.2.1"),
    }
}

fn is_refused(claimed: Result<SignedIn, IdentityError>) -> bool {
    matches!(claimed, Err(IdentityError::Claim))
}

#[tokio::test]
async fn the_link_makes_one_owner_and_is_good_no_more() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let token = identity.claim_token().await.unwrap().unwrap();
        assert_eq!(token.expose().len(), 64);
        for wrong in ["", "00", &token.expose()[1..], &"0".repeat(64)] {
            let wrong = Secret::new(wrong.to_owned());
            assert!(is_refused(identity.claim(claim(&wrong, "eve@example.com", PASSWORD)).await));
        }
        identity.write_failures().await;
        let log = identity.audit_log(None, 10).await.unwrap();
        let told: Vec<_> = log.iter().map(|entry| (entry.act, &*entry.detail)).collect();
        assert_eq!(told, [(Act::ClaimFailed, "token")]);
        let short = identity.claim(claim(&token, "ann@example.com", "short")).await.unwrap_err();
        assert!(matches!(short, IdentityError::PasswordShort), "{short:?}");
        let ann = identity.claim(claim(&token, "ann@example.com", PASSWORD)).await.unwrap();
        assert_eq!((ann.user.role, ann.user.kyc), (Role::Admin, Kyc::Approved));
        assert_eq!(caller(&identity, &ann).role(), Role::Admin);
        for identity in [&identity, &house.open().await.unwrap()] {
            assert_eq!(identity.claim_token().await.unwrap(), None);
            assert!(is_refused(identity.claim(claim(&token, "eve@example.com", PASSWORD)).await));
        }
    }
}

#[tokio::test]
async fn two_who_have_the_link_are_not_both_owners() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let token = identity.claim_token().await.unwrap().unwrap();
        let (one, two) = tokio::join!(
            identity.claim(claim(&token, "ann@example.com", PASSWORD)),
            identity.claim(claim(&token, "bob@example.com", PASSWORD)),
        );
        assert!(one.is_ok() != two.is_ok(), "{one:?} {two:?}");
        assert_eq!(identity.users(None, 10).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn strangers_neither_come_before_the_owner_nor_take_the_link_from_them() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let token = identity.claim_token().await.unwrap().unwrap();
        assert_ne!(house.open().await.unwrap().claim_token().await.unwrap(), Some(token.clone()));
        let asked = Registration {
            email: email("eve@example.com"),
            password: plain(PASSWORD),
            kyc: Kyc::None,
            origin: origin("203.0.113.7"),
        };
        let first = identity.register(asked.clone()).await.unwrap_err();
        assert!(matches!(first, IdentityError::Unowned), "{first:?}");
        user(&identity, "bob@example.com", Role::User).await;
        identity.register(asked).await.unwrap();
        let taken = identity.claim(claim(&token, "eve@example.com", PASSWORD)).await.unwrap_err();
        assert!(matches!(taken, IdentityError::EmailTaken), "{taken:?}");
        let ann = identity.claim(claim(&token, "ann@example.com", PASSWORD)).await.unwrap();
        assert_eq!(ann.user.role, Role::Admin);
        assert_eq!(identity.claim_token().await.unwrap(), None);
        assert!(is_refused(identity.claim(claim(&token, "eve@example.net", PASSWORD)).await));
    }
}

#[tokio::test]
async fn an_exchange_whose_operator_made_an_administrator_cannot_be_claimed() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let token = identity.claim_token().await.unwrap().unwrap();
        user(&identity, "bob@example.com", Role::Admin).await;
        assert_eq!(identity.claim_token().await.unwrap(), None);
        assert!(is_refused(identity.claim(claim(&token, "eve@example.com", PASSWORD)).await));
    }
}
