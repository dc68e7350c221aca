use super::sessions::{MINUTE, caller, home, login_of, plain, registered};
use super::*;
use crate::api_key::ApiKeyChange;
use crate::audit::Act;
use crate::notice::{
    NOTICES_MAX, NewNotice, Notice, NoticeKind, ORDER_NOTICES_MAX, OTHER_NOTICES_MAX, Subject,
};

const DAY: u64 = 24 * 60 * MINUTE;

fn new(detail: &str) -> NewNotice {
    NewNotice::new(NoticeKind::OrderFilled, "Order filled", detail)
}

async fn told(identity: &Identity, user: UserId) -> Vec<Notice> {
    identity.notices(user, None, NOTICES_MAX).await.unwrap().0
}

async fn details(identity: &Identity, user: UserId) -> Vec<String> {
    told(identity, user).await.into_iter().map(|notice| notice.detail).collect()
}

#[tokio::test]
async fn the_newest_notices_are_kept_and_tell_after_a_restart_what_was_read() {
    const ALL: usize = ORDER_NOTICES_MAX + OTHER_NOTICES_MAX;
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await.user.id;
        let bob = registered(&identity, "bob@example.com").await.user.id;
        let stranger = UserId([9; 16]);
        let key = |n: usize| NewNotice { kind: NoticeKind::ApiKeyCreated, ..new(&n.to_string()) };
        identity.notify((0..60).map(|n| (ann, key(n))).collect()).await.unwrap();
        let many = (0..ORDER_NOTICES_MAX + 5).map(|n| (ann, new(&n.to_string())));
        let others = [(stranger, new("nobody hears")), (bob, new("bob's"))];
        identity.notify(many.chain(others).collect()).await.unwrap();
        assert_eq!(details(&identity, bob).await, ["bob's"]);
        let kept = details(&identity, ann).await;
        assert_eq!((kept.len(), &*kept[0]), (ALL, &*(ORDER_NOTICES_MAX + 4).to_string()));
        let ends = [ORDER_NOTICES_MAX - 1, ORDER_NOTICES_MAX, ALL - 1].map(|n| &*kept[n]);
        assert_eq!(ends, ["5", "59", "10"], "orders push out orders, all else what is like it");
        let (page, unread) = identity.notices(ann, None, 3).await.unwrap();
        assert_eq!((page.len(), unread), (3, ALL as u64));
        assert_eq!(identity.read_notices(ann, page[1].id).await.unwrap(), 1);
        let about = new("later").about(Subject::Order { id: 7, symbol: "BTC-USDT".into() });
        identity.notify(vec![(ann, about.clone())]).await.unwrap();
        let identity = house.open().await.unwrap();
        identity.notify(vec![(ann, new("after the restart"))]).await.unwrap();
        let (page, unread) = identity.notices(ann, None, 4).await.unwrap();
        let faces: Vec<_> = page.iter().map(|it| (it.detail.clone(), it.is_read)).collect();
        let face = |detail: &str, is_read| (detail.to_owned(), is_read);
        let last = (ORDER_NOTICES_MAX + 4).to_string();
        let read = (ORDER_NOTICES_MAX + 3).to_string();
        let want = [face("after the restart", false), face("later", false), face(&last, false)];
        assert_eq!((&faces[..3], &faces[3], unread), (&want[..], &face(&read, true), 3));
        assert_eq!(page[1].subject, about.subject);
        assert!(page.is_sorted_by(|a, b| b.id < a.id), "numbers grow, also where time stands");
    }
}

#[tokio::test]
async fn a_board_that_somebody_holds_is_what_the_database_has() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await.user.id;
        identity.notify(vec![(ann, new("before"))]).await.unwrap();
        let board = identity.notice_board(ann).await.unwrap();
        identity.notify(vec![(ann, new("after"))]).await.unwrap();
        let posted = board.since(None).unwrap();
        identity.read_notices(ann, posted.newest[1].id).await.unwrap();
        let same = identity.notice_board(ann).await.unwrap();
        assert!(Arc::ptr_eq(&board, &same));
        let posted = board.since(None).unwrap();
        let (stored, unread) = identity.notices(ann, None, NOTICES_MAX).await.unwrap();
        assert_eq!(Vec::from(posted.newest.clone()), stored);
        assert_eq!(posted.unread() as u64, unread);
        drop((board, same));
        let anew = identity.notice_board(ann).await.unwrap().since(None).unwrap();
        assert_eq!(anew.newest, posted.newest);
    }
}

#[tokio::test]
async fn who_has_a_key_that_ends_within_a_week_is_told_once() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = user(&identity, "ann@example.com", Role::User).await;
        let until = |days: u64| Some(Time(house.time().micros() + days * DAY));
        for (name, expires) in [("soon", until(6)), ("later", until(9)), ("never", None)] {
            let key = NewApiKey { name: name.into(), expires, ..trading() };
            identity.create_api_key(ann, key).await.unwrap();
        }
        let ending = async || {
            let mut told = told(&identity, ann).await;
            told.retain(|it| it.kind == NoticeKind::ApiKeyExpiring);
            told.into_iter().map(|it| it.detail).collect::<Vec<_>>()
        };
        for _ in 0..2 {
            identity.notify_of_ending_keys().await.unwrap();
            assert_eq!(ending().await, ["\u{201c}soon\u{201d} stops working within 6 days."]);
        }
        house.pass(3 * DAY);
        identity.notify_of_ending_keys().await.unwrap();
        let now = ending().await;
        assert_eq!(now[0], "\u{201c}later\u{201d} stops working within 6 days.");
        assert_eq!(now.len(), 2);
    }
}

#[tokio::test]
async fn what_an_operator_decides_about_a_person_is_told_to_them_and_written_down() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await.user.id;
        for _ in 0..2 {
            identity.set_kyc(&email("ANN@example.com"), Kyc::Rejected).await.unwrap();
        }
        assert_eq!(identity.user(ann).await.unwrap().unwrap().kyc, Kyc::Rejected);
        identity
            .reset_password(&email("ann@example.com"), password("another canary"))
            .await
            .unwrap();
        let told = details(&identity, ann).await;
        assert!(told[0].contains("operator") && told[1].contains("rejected"), "{told:?}");
        assert_eq!(told.len(), 2, "nothing changed the second time: {told:?}");
        let noted = identity.audit_log(None, 10).await.unwrap();
        assert!(noted.iter().any(|entry| entry.act == Act::KycChanged && entry.user == Some(ann)));
        let unknown = identity.set_kyc(&email("bob@example.com"), Kyc::Approved).await;
        assert!(matches!(unknown, Err(IdentityError::UnknownUser)), "{unknown:?}");
    }
}

#[tokio::test]
async fn an_act_and_what_is_told_of_it_are_both_there_or_none() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await;
        let calling = caller(&identity, &ann);
        let board = identity.notice_board(ann.user.id).await.unwrap();
        let made = identity.create_own_api_key(&calling, trading()).await.unwrap();
        let posted = board.since(None).unwrap();
        assert_eq!(posted.newest[0].subject, Some(Subject::ApiKey(made.id.0)));
        let want = "\u{201c}bot\u{201d} was created from 192.0.2.1. It may: read, trade.";
        assert_eq!(posted.newest[0].detail, want);
        for table in ["notices", "audit_log"] {
            house.sql(&format!("ALTER TABLE {table} RENAME TO {table}_gone")).await;
            let refused = identity.create_own_api_key(&calling, trading()).await;
            assert!(matches!(refused, Err(IdentityError::Database(_))), "{refused:?}");
            house.sql(&format!("ALTER TABLE {table}_gone RENAME TO {table}")).await;
        }
        assert_eq!(identity.api_keys(ann.user.id).await.unwrap().len(), 1);
        assert_eq!(details(&identity, ann.user.id).await, [want]);
        assert_eq!(board.since(Some(posted.version)), None);
        let made = identity.audit_log(None, 10).await.unwrap();
        assert_eq!(made.iter().filter(|it| it.act == Act::KeyCreated).count(), 1);
    }
}

#[tokio::test]
async fn a_sign_in_from_elsewhere_is_told_once_and_the_first_of_all_is_not() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = user(&identity, "ann@example.com", Role::User).await;
        let from = async |address: &str| {
            let origin = Origin::new(address.parse().unwrap(), "Browser");
            let login = Login { origin, ..login_of("ann@example.com", PASSWORD) };
            identity.login(login).await.unwrap()
        };
        from("192.0.2.1").await;
        from("192.0.2.1").await;
        assert_eq!(told(&identity, ann).await, []);
        let elsewhere = from("198.51.100.7").await;
        let subject = Some(Subject::Session(elsewhere.session.0));
        from("198.51.100.7").await;
        let told = told(&identity, ann).await;
        assert_eq!(
            (told.len(), told[0].kind, &told[0].subject),
            (1, NoticeKind::NewSignIn, &subject)
        );
        assert!(told[0].detail.contains("198.51.100.7"), "{told:?}");
    }
}

#[tokio::test]
async fn a_sign_in_from_elsewhere_is_told_to_who_has_not_been_there_for_long() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = user(&identity, "ann@example.com", Role::User).await;
        let first = login_of("ann@example.com", PASSWORD);
        identity.login(first).await.unwrap();
        for _ in 0..2 {
            house.pass(31 * DAY);
            identity.end_overdue_sessions();
            identity.write_sessions().await.unwrap();
            identity.forget_old_sessions().await.unwrap();
        }
        let origin = Origin::new("198.51.100.7".parse().unwrap(), "Browser");
        let thief = Login { origin, ..login_of("ann@example.com", PASSWORD) };
        identity.login(thief).await.unwrap();
        let told = told(&identity, ann).await;
        let kinds: Vec<_> = told.iter().map(|notice| notice.kind).collect();
        assert_eq!(kinds, [NoticeKind::NewSignIn], "no session of theirs is remembered");
    }
}

#[tokio::test]
async fn the_owner_is_told_of_a_stolen_token_and_of_a_key_that_was_changed() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await;
        let calling = caller(&identity, &ann);
        let made = identity.create_own_api_key(&calling, trading()).await.unwrap();
        let anywhere = ApiKeyChange { allow_ips: Some(Vec::new()), ..ApiKeyChange::default() };
        identity.change_own_api_key(&calling, made.id, anywhere).await.unwrap();
        let next = identity.refresh(&ann.tokens.refresh, home()).await.unwrap();
        identity.refresh(&next.refresh, home()).await.unwrap();
        let elsewhere = "203.0.113.9".parse().unwrap();
        identity.refresh(&ann.tokens.refresh, elsewhere).await.unwrap_err();
        let told = told(&identity, ann.user.id).await;
        let kinds: Vec<_> = told.iter().map(|notice| notice.kind).collect();
        let want = [NoticeKind::TokenReused, NoticeKind::ApiKeyChanged, NoticeKind::ApiKeyCreated];
        assert_eq!(kinds, want);
        let where_from = "shown from 203.0.113.9; it was opened from 192.0.2.1.";
        assert!(told[0].detail.contains(where_from), "{told:?}");
        assert_eq!(
            told[1].detail,
            "\u{201c}bot\u{201d} was changed from 192.0.2.1. It may: read, trade, from anywhere."
        );
        let log = identity.audit_log(None, 10).await.unwrap();
        let of = |act| &log.iter().find(|entry| entry.act == act).unwrap().detail;
        let reused = log.iter().find(|entry| entry.act == Act::TokenReused).unwrap();
        assert_eq!(reused.address, Some(elsewhere));
        assert!(of(Act::KeyCreated).ends_with("read,trade from 10.0.0.0/8"), "{log:?}");
        assert!(of(Act::KeyChanged).ends_with("read,trade from anywhere"), "{log:?}");
    }
}

#[tokio::test]
async fn what_is_done_in_a_stolen_session_is_told_from_where_the_thief_is() {
    for house in House::both().await {
        let identity = house.open().await.unwrap();
        let ann = registered(&identity, "ann@example.com").await;
        let elsewhere = "203.0.113.9".parse().unwrap();
        let thief = identity.authenticate(ann.tokens.access.expose(), elsewhere).unwrap();
        let made = identity.create_own_api_key(&thief, trading()).await.unwrap();
        let networks = ["10.0.0.0/8", "203.0.113.9/32"].map(|text| text.parse().unwrap());
        let change = ApiKeyChange { allow_ips: Some(networks.to_vec()), ..ApiKeyChange::default() };
        identity.change_own_api_key(&thief, made.id, change).await.unwrap();
        let wrong = Proof::Password(plain("guessed"));
        identity.step_up(&thief, wrong).await.unwrap_err();
        identity.write_failures().await;
        let other = identity.login(login_of("ann@example.com", PASSWORD)).await.unwrap();
        identity.end_session(&thief, other.session).await.unwrap();
        let told = details(&identity, ann.user.id).await;
        let changed = "\u{201c}bot\u{201d} was changed from 203.0.113.9. It may: read, trade, from \
                       2 networks, 1 of them new: 203.0.113.9/32 10.0.0.0/8.";
        let created = "\u{201c}bot\u{201d} was created from 203.0.113.9. It may: read, trade.";
        assert_eq!(told, [changed, created]);
        let log = identity.audit_log(None, 5).await.unwrap();
        let of_thief = log.iter().filter(|entry| entry.act != Act::LoggedIn);
        let acts: Vec<_> = of_thief.map(|entry| (entry.act, entry.address)).collect();
        let want = [Act::SessionEnded, Act::ProofFailed, Act::KeyChanged, Act::KeyCreated];
        assert_eq!(acts, want.map(|act| (act, Some(elsewhere))));
        // The owner looks, from wherever they are.
        for from in [home(), "198.51.100.7".parse().unwrap()] {
            identity.authenticate(ann.tokens.access.expose(), from).unwrap();
            let session = &identity.sessions(ann.user.id)[0];
            assert_eq!((session.address, session.last_address(from)), (home(), elsewhere));
        }
        let opened = identity.audit_log(None, 10).await.unwrap().pop().unwrap();
        assert_eq!(opened.address, Some(home()));
    }
}
