//! What people are told of their accounts.

use identity::{Kyc, NewNotice, NoticeKind};
use model::UserId;
use serde_json::{Value, json};

use crate::stage::{Asking, PASSWORD, Person, Stage, limit};
use crate::stream::{Client, subscribe};

const NOTICES: &str = "/api/v1/notifications";

/// Somebody with money who listens, and the number of the last message.
struct Listener {
    person: Person,
    client: Client,
    seq: u64,
}

impl Listener {
    async fn new(stage: &Stage, email: &str) -> Self {
        let person = stage.register(email).await;
        stage.fund(&person).await;
        let mut client = Client::open(stage).await;
        client.ask(json!({ "op": "auth", "token": person.access })).await;
        client.ask(subscribe(&["notifications"])).await;
        let first = client.hear("notifications", 1).await;
        assert_eq!((&first["items"], &first["unread"]), (&json!([]), &json!(0)), "{first}");
        Self { person, client, seq: 1 }
    }

    /// The next notices, oldest first.
    async fn told(&mut self) -> Vec<Value> {
        self.seq += 1;
        let update = self.client.hear("notifications", self.seq).await;
        update["items"].as_array().unwrap().iter().rev().cloned().collect()
    }

    /// Kinds and details of the next so many notices.
    async fn hears(&mut self, count: usize) -> Vec<(String, String)> {
        let mut heard = Vec::new();
        while heard.len() < count {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let told = self.told().await;
            heard.extend(told.iter().map(|it| (text(&it["kind"]), text(&it["detail"]))));
        }
        heard
    }

    async fn place(&self, stage: &Stage, order: Value) -> Value {
        let asking = self.person.asks("POST", "/api/v1/trading/orders").saying(order);
        stage.send(asking).await.good()
    }

    async fn user(&self, stage: &Stage) -> UserId {
        let me = stage.send(self.person.asks("GET", "/api/v1/auth/me")).await.good();
        let user: uuid::Uuid = me["id"].as_str().unwrap().parse().unwrap();
        UserId(*user.as_bytes())
    }

    /// Sets a timer, and waits until it has cancelled what is open.
    async fn lets_a_timer_run_down(&self, stage: &Stage) {
        let views = &stage.exchange.views;
        let account = views.account_of(&self.user(stage).await).unwrap();
        let mut feed = views.subscribe();
        let timer = self.person.asks("POST", "/api/v1/trading/cancel-after");
        stage.send(timer.saying(json!({ "timeoutMs": 100 }))).await.good();
        while !views.open_orders(account, None).is_empty() {
            feed.next().await.unwrap();
        }
    }

    async fn list(&self, stage: &Stage, more: &str) -> Value {
        stage.send(self.person.asks("GET", &format!("{NOTICES}{more}"))).await.good()
    }
}

fn pair(kind: &str, detail: &str) -> (String, String) {
    (kind.to_owned(), detail.to_owned())
}

#[tokio::test]
async fn owners_are_told_what_becomes_of_their_orders_and_not_what_they_did_themselves() {
    let stage = Stage::new().await;
    let mut ann = Listener::new(&stage, "ann@a.example").await;
    let mut bob = Listener::new(&stage, "bob@a.example").await;
    let sold = ann.place(&stage, limit("sell", "0.2", "20000")).await;
    let own = ann.place(&stage, limit("sell", "1", "30000")).await;
    let path = format!("/api/v1/trading/orders/{}", own["id"].as_str().unwrap());
    stage.send(ann.person.asks("DELETE", &path)).await.good();
    bob.place(&stage, limit("buy", "0.05", "20000")).await;
    assert_eq!(
        ann.hears(1).await,
        [pair("orderPartiallyFilled", "Sold 0.05 BTC for 1000 USDT so far, of 0.2 BTC.")],
        "and nothing of the order that she cancelled"
    );
    assert_eq!(bob.hears(1).await, [pair("orderFilled", "Bought 0.05 BTC for 1000 USDT.")]);
    bob.place(&stage, limit("buy", "0.05", "20000")).await;
    assert_eq!(bob.hears(1).await.len(), 1);
    let ioc = json!({ "symbol": "BTC-USDT", "side": "buy", "type": "limit", "timeInForce": "ioc",
        "quantity": "0.3", "price": "20000" });
    bob.place(&stage, ioc).await;
    let [(kind, detail)] = &bob.hears(1).await[..] else { panic!("more than one") };
    assert_eq!(kind, "orderExpired");
    assert!(
        detail.contains(
            "terms: no more of it could be filled at once. Bought 0.1 BTC for 2000 USDT."
        ),
        "{detail}"
    );
    assert_eq!(
        ann.hears(1).await,
        [pair("orderFilled", "Sold 0.2 BTC for 4000 USDT.")],
        "the second partial fill is not told"
    );
    let listed = ann.list(&stage, "").await;
    let subject = json!({ "type": "order", "id": sold["id"], "symbol": "BTC-USDT" });
    assert_eq!(listed["items"][0]["subject"], subject, "{listed}");
    assert_eq!((&listed["unread"], &listed["nextCursor"]), (&json!(2), &Value::Null));
}

#[tokio::test]
async fn what_was_read_on_one_device_is_read_on_all() {
    let stage = Stage::new().await;
    let mut ann = Listener::new(&stage, "ann@a.example").await;
    let asks = |path: &str| ann.person.asks("POST", path);
    for name in ["one", "two"] {
        let key = json!({ "name": name, "scopes": ["read"] });
        assert_eq!(stage.send(asks("/api/v1/api-keys").saying(key)).await.status, 201);
    }
    let kinds: Vec<String> = ann.hears(2).await.into_iter().map(|(kind, _)| kind).collect();
    assert_eq!(kinds, ["apiKeyCreated", "apiKeyCreated"]);
    let listed = ann.list(&stage, "?limit=1").await;
    let cursor = listed["nextCursor"].as_str().unwrap();
    let older = ann.list(&stage, &format!("?limit=1&cursor={cursor}")).await;
    let id = |listed: &Value| listed["items"][0]["id"].as_str().unwrap().parse::<u64>().unwrap();
    assert!(id(&older) < id(&listed));
    let read = |id: Value| {
        ann.person.asks("POST", &format!("{NOTICES}/read")).saying(json!({ "throughId": id }))
    };
    let left = stage.send(read(older["items"][0]["id"].clone())).await.good();
    assert_eq!(left, json!({ "unread": 1 }));
    ann.seq += 1;
    let update = ann.client.hear("notifications", ann.seq).await;
    assert_eq!(
        (&update["items"], &update["unread"], &update["readThrough"]),
        (&json!([]), &json!(1), &older["items"][0]["id"]),
    );
    let again = ann.list(&stage, "").await;
    let marks = [0, 1].map(|at| again["items"][at]["read"].as_bool().unwrap());
    assert_eq!(marks, [false, true]);
    for wrong in [json!("x"), json!("99999999999999999999"), json!("18446744073709551615")] {
        let reply = stage.send(read(wrong.clone())).await;
        assert_eq!(reply.problem(), (400, "invalid", vec!["throughId"]), "{wrong}");
    }
    let bob = stage.register("bob@a.example").await;
    let nothing = stage.send(bob.asks("GET", NOTICES)).await.good();
    assert_eq!(nothing, json!({ "items": [], "nextCursor": null, "unread": 0 }));
}

#[tokio::test]
async fn a_sign_in_from_elsewhere_is_told_to_who_was_there_before() {
    let stage = Stage::new().await;
    let mut ann = Listener::new(&stage, "ann@a.example").await;
    let login = || {
        let body = json!({ "email": "ann@a.example", "password": PASSWORD, "cookie": false });
        Asking::new("POST", "/api/v1/auth/login").saying(body)
    };
    assert_eq!(stage.send(login()).await.status, 200);
    assert_eq!(stage.send_from([198, 51, 100, 7], login()).await.status, 200);
    let [(kind, detail)] = &ann.hears(1).await[..] else { panic!("only that one") };
    assert_eq!(kind, "newSignIn");
    assert!(detail.contains("198.51.100.7"), "{detail}");
    assert_eq!(stage.send_from([198, 51, 100, 7], login()).await.status, 200);
    assert_eq!(ann.list(&stage, "").await["unread"], 1, "that place is known now");
}

#[tokio::test]
async fn a_busy_day_hides_no_sign_in_that_nobody_has_read() {
    let stage = Stage::new().await;
    let ann = stage.register("ann@a.example").await;
    let email = identity::Email::new("ann@a.example").unwrap();
    let user = stage.identity.find_user(&email).await.unwrap().unwrap().id;
    let kinds = std::iter::once(NoticeKind::NewSignIn).chain([NoticeKind::OrderFilled; 60]);
    let told = kinds.map(|kind| (user, NewNotice::new(kind, "t", "d")));
    stage.identity.notify(told.collect()).await.unwrap();
    let mut client = Client::open(&stage).await;
    client.ask(json!({ "op": "auth", "token": ann.access })).await;
    client.ask(subscribe(&["notifications"])).await;
    let first = client.hear("notifications", 1).await;
    let items = first["items"].as_array().unwrap();
    assert_eq!((items.len(), &items[50]["kind"]), (51, &json!("newSignIn")), "{first}");
    assert_eq!(first["unread"], 61);
    let newest = items[0]["id"].as_str().unwrap().parse().unwrap();
    stage.identity.read_notices(user, newest).await.unwrap();
    assert_eq!(client.hear("notifications", 2).await["unread"], 0);
    let mut client = Client::open(&stage).await;
    client.ask(json!({ "op": "auth", "token": ann.access })).await;
    client.ask(subscribe(&["notifications"])).await;
    let again = client.hear("notifications", 1).await;
    assert_eq!((again["items"].as_array().unwrap().len(), &again["unread"]), (50, &json!(0)));
}

#[tokio::test]
async fn only_who_is_known_gives_a_key_the_scope_to_transfer() {
    let stage = Stage::new().await;
    let ann = stage.register("ann@a.example").await;
    let email = identity::Email::new("ann@a.example").unwrap();
    let make = |scopes: Value| {
        let key = json!({ "name": "bot", "scopes": scopes });
        stage.send(ann.asks("POST", "/api/v1/api-keys").saying(key))
    };
    let plain = make(json!(["read"])).await.good();
    let path = format!("/api/v1/api-keys/{}", plain["id"].as_str().unwrap());
    let widen = || {
        let change = json!({ "scopes": ["read", "transfer"] });
        stage.send(ann.asks("PATCH", &path).saying(change))
    };
    for kyc in [Kyc::None, Kyc::Pending, Kyc::Rejected] {
        stage.identity.set_kyc(&email, kyc).await.unwrap();
        for refused in [make(json!(["read", "transfer"])).await, widen().await] {
            assert_eq!(refused.problem(), (403, "kycRequired", vec!["kyc"]), "{kyc}");
            assert_eq!(refused.json["errors"][0]["message"], "approved", "which is needed");
            let detail = refused.json["detail"].as_str().unwrap();
            assert!(detail.contains("approved") && detail.contains(kyc.as_str()), "{detail}");
        }
    }
    stage.identity.set_kyc(&email, Kyc::Approved).await.unwrap();
    make(json!(["read", "transfer"])).await.good();
    widen().await.good();
    let listed = stage.send(ann.asks("GET", &format!("{NOTICES}?limit=10"))).await.good();
    let kinds = listed["items"].as_array().unwrap().iter().map(|it| it["kind"].as_str().unwrap());
    assert_eq!(kinds.filter(|kind| *kind == "kycChanged").count(), 3, "none to none is no change");
}

#[tokio::test]
async fn a_database_that_takes_its_time_holds_up_no_order_and_the_notices_come_later() {
    let stage = Stage::new().await;
    let mut ann = Listener::new(&stage, "ann@a.example").await;
    let bob = Listener::new(&stage, "bob@a.example").await;
    let held = stage.hold_database().await;
    let sold = ann.place(&stage, limit("sell", "0.2", "20000")).await;
    for _ in 0..2 {
        bob.place(&stage, limit("buy", "0.1", "20000")).await;
    }
    let path = format!("/api/v1/trading/orders/{}", sold["id"].as_str().unwrap());
    let order = stage.send(ann.person.asks("GET", &path)).await.good();
    assert_eq!(order["status"], "filled", "one's own orders are readable at once");
    drop(held);
    let filled = pair("orderFilled", "Sold 0.2 BTC for 4000 USDT.");
    // A beat between the two fills tells of the first one too.
    while !ann.hears(1).await.contains(&filled) {}
}

#[tokio::test]
async fn acts_at_the_door_that_wait_for_the_database_keep_no_order_from_its_errand() {
    let stage = Stage::new().await;
    let ann = Listener::new(&stage, "ann@a.example").await;
    let held = stage.hold_database().await;
    // Nobody alone takes all places: so many networks do.
    for network in 0..17 {
        for _ in 0..64 {
            let refresh = Asking::new("POST", "/api/v1/auth/refresh");
            let token = json!({ "refreshToken": ann.person.refresh });
            stage.begin_from([192, 0, 2, network], refresh.saying(token));
        }
    }
    let place = |order: Value| ann.person.asks("POST", "/api/v1/trading/orders").saying(order);
    let keyed = place(limit("buy", "0.1", "19000")).with("idempotency-key", "k");
    let order = stage.send(keyed).await.good();
    let path = format!("/api/v1/trading/orders/{}", order["id"].as_str().unwrap());
    let more = ann.person.asks("PATCH", &path).saying(json!({ "quantity": "0.2" }));
    assert_eq!(stage.send(more).await.good()["quantity"], "0.20000");
    drop(held);
}

#[tokio::test]
async fn a_user_has_few_acts_under_way_at_once() {
    let stage = Stage::new().await;
    let (ann, bob) = (stage.register("ann@a.example").await, stage.register("bob@a.example").await);
    let held = stage.hold_database().await;
    let read = |person: &Person| {
        let read = person.asks("POST", &format!("{NOTICES}/read"));
        read.saying(json!({ "throughId": "1" }))
    };
    for _ in 0..4 {
        stage.begin_from([192, 0, 2, 1], read(&ann));
    }
    tokio::task::yield_now().await;
    let fifth = stage.send(read(&ann)).await;
    assert_eq!(fifth.problem(), (429, "rateLimited", vec![]));
    assert_eq!(fifth.headers["retry-after"], "1");
    let other = stage.send(bob.asks("POST", "/api/v1/auth/activity")).await;
    assert_eq!(other.status, 204, "others are not concerned");
    // Whoever acts in a stolen session keeps its owner from nothing that ends it.
    let logout = ann.asks("POST", "/api/v1/auth/logout").saying(json!({ "everywhere": true }));
    let (status, ()) = tokio::join!(async { stage.send(logout).await.status }, async {
        tokio::task::yield_now().await;
        drop(held);
    });
    assert_eq!(status, 204);
}

#[tokio::test]
async fn who_has_read_more_than_there_is_still_hears_of_what_is_read_later() {
    let stage = Stage::new().await;
    let mut ann = Listener::new(&stage, "ann@a.example").await;
    let key = json!({ "name": "bot", "scopes": ["read"] });
    stage.send(ann.person.asks("POST", "/api/v1/api-keys").saying(key)).await.good();
    assert_eq!(ann.hears(1).await.len(), 1);
    let newest = ann.list(&stage, "").await["items"][0]["id"].clone();
    let read = ann.person.asks("POST", &format!("{NOTICES}/read"));
    let all = read.saying(json!({ "throughId": i64::MAX.to_string() }));
    assert_eq!(stage.send(all).await.good(), json!({ "unread": 0 }));
    ann.seq += 1;
    let update = ann.client.hear("notifications", ann.seq).await;
    assert_eq!(update["readThrough"], newest, "{update}");
}

#[tokio::test]
async fn whose_timer_has_run_down_is_told_once_how_many_orders_it_cancelled() {
    let stage = Stage::new().await;
    let mut ann = Listener::new(&stage, "ann@a.example").await;
    for price in ["19000", "18000"] {
        ann.place(&stage, limit("buy", "0.1", price)).await;
    }
    let timer = ann.person.asks("POST", "/api/v1/trading/cancel-after");
    stage.send(timer.saying(json!({ "timeoutMs": 100 }))).await.good();
    let told = ann.told().await;
    let [notice] = &told[..] else { panic!("{told:?}") };
    let said = ["kind", "title", "subject"].map(|name| &notice[name]);
    let want = [json!("ordersCanceled"), json!("A timer cancelled 2 orders"), Value::Null];
    assert_eq!(said.map(Clone::clone), want);
}

#[tokio::test]
async fn what_timers_cancelled_while_the_database_fails_is_told_when_it_does_not() {
    let stage = Stage::new().await;
    let mut ann = Listener::new(&stage, "ann@a.example").await;
    stage.sql("ALTER TABLE notices RENAME TO elsewhere").await;
    for prices in [&["19000", "18000"][..], &["17000"]] {
        for price in prices {
            ann.place(&stage, limit("buy", "0.1", price)).await;
        }
        ann.lets_a_timer_run_down(&stage).await;
        // Behind what was to be told.
        for _ in 0..3 {
            let notice = NewNotice::new(NoticeKind::OrderFilled, "Filled", "");
            stage.identity.notify(vec![(ann.user(&stage).await, notice)]).await.unwrap_err();
        }
    }
    stage.sql("ALTER TABLE elsewhere RENAME TO notices").await;
    let title = |told: &[Value]| told[0]["title"].as_str().unwrap().to_owned();
    assert_eq!(title(&ann.told().await), "A timer cancelled 3 orders");
    ann.place(&stage, limit("buy", "0.1", "16000")).await;
    ann.lets_a_timer_run_down(&stage).await;
    assert_eq!(title(&ann.told().await), "A timer cancelled 1 order", "and so is the next");
}
