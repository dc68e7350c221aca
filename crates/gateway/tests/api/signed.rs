//! What somebody signed, in the hands of who keeps it from arriving.

use gateway::ApiSettings;

use crate::stage::{ADMIN, ALICE, Asking, Stage};

const ORDERS: &str = "/api/v1/trading/orders";

/// What a client signed: the moment, and then what it asks.
struct Held {
    key: &'static str,
    words: String,
}

impl Held {
    fn by(key: &'static str, stage: &Stage, asked: &str) -> Self {
        Self { key, words: format!("timestamp={}{asked}", stage.moment()) }
    }

    /// Sent as another request: what stands before `cut` as its query, the rest as its body.
    fn sent(&self, method: &'static str, path: &str, cut: usize) -> Asking {
        let (query, body) = self.words.split_at(cut);
        let signature = Stage::signature(&self.words);
        let asking = Asking::new(method, format!("{path}?{query}&signature={signature}"));
        asking.sending(body).with("x-mbx-apikey", self.key)
    }
}

#[tokio::test]
async fn the_end_of_a_signed_query_is_no_body_that_nobody_reads() {
    for named_requests in [false, true] {
        let settings = ApiSettings { named_requests, ..ApiSettings::default() };
        let stage = Stage::with(settings).await;
        let order = format!("{ORDERS}?request=POST%20{ORDERS}");
        let limit = crate::stage::limit("buy", "1", "19000");
        assert_eq!(stage.say(ALICE, "POST", &order, limit).await.status, 201);
        let before = stage.state();
        let halt = "/api/v1/admin/markets/BTC-USDT/halt";
        for (key, asked, method, path) in [
            (ALICE, "&request=GET%20/api/v1/trading/orders", "DELETE", ORDERS),
            (ALICE, "&request=DELETE%20/api/v1/trading/orders&symbol=ETH-USDT", "DELETE", ORDERS),
            (ALICE, "&symbol=ETH-USDT", "DELETE", ORDERS),
            (ADMIN, "&symbol=ETH-USDT&state=open", "POST", halt),
        ] {
            let held = Held::by(key, &stage, asked);
            for cut in 0..held.words.len() {
                let reply = stage.send(held.sent(method, path, cut)).await;
                let named = format!("{method} {path} {:?}", held.words.split_at(cut));
                assert!(matches!(reply.status, 400 | 401), "{named} {}", reply.json);
                assert_eq!(stage.state(), before, "{named}");
                let json = held.sent(method, path, cut).with("content-type", "application/json");
                assert!(matches!(stage.send(json).await.status, 400 | 401), "{named} as JSON");
            }
        }
    }
}

#[tokio::test]
async fn what_is_refused_for_its_body_is_not_spent() {
    let stage = Stage::new().await;
    let held = Held::by(ALICE, &stage, "&symbol=BTC-USDT");
    let cut = held.words.len() - "&symbol=BTC-USDT".len();
    let refused = stage.send(held.sent("DELETE", ORDERS, cut)).await;
    assert_eq!(refused.problem(), (400, "invalid", vec!["body"]));
    let whole = held.sent("DELETE", ORDERS, held.words.len());
    assert_eq!(stage.send(whole).await.status, 200);
}
