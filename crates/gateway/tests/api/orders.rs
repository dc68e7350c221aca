//! One's own orders, and what others can do about them: nothing.

use engine::MarketState;
use gateway::ApiSettings;
use serde_json::{Value, json};

use crate::stage::{ADMIN, ALICE, Asking, BOB, READER, Stage, limit};

const ORDERS: &str = "/api/v1/trading/orders";

fn path(order: &Value) -> String {
    format!("{ORDERS}/{}", order["id"].as_str().unwrap())
}

#[tokio::test]
async fn an_order_is_readable_as_soon_as_it_is_acknowledged_until_it_is_cancelled() {
    let stage = Stage::new().await;
    let order = stage.limit(ALICE, "buy", "0.25", "19000").await;
    let want = [("symbol", "BTC-USDT"), ("side", "buy"), ("type", "limit"), ("status", "open")];
    for (name, value) in want.into_iter().chain([("price", "19000.00"), ("timeInForce", "gtc")]) {
        assert_eq!(order[name], value, "{name}");
    }
    assert_eq!(stage.ask(READER, "GET", &path(&order)).await.good(), order);
    let open = stage.ask(READER, "GET", &format!("{ORDERS}?status=open")).await.good();
    assert_eq!(open, json!({ "items": [order], "nextCursor": null }));
    let balances = stage.ask(ALICE, "GET", "/api/v1/wallet/balances").await.good();
    let usdt = &balances["balances"][0];
    assert_eq!((&usdt["held"], &usdt["available"]), (&"4750".into(), &"995250".into()));
    let canceled = stage.ask(ALICE, "DELETE", &path(&order)).await.good();
    assert_eq!(
        (&canceled["status"], &canceled["reason"]),
        (&"canceled".into(), &"requested".into())
    );
    let again = stage.ask(ALICE, "DELETE", &path(&order)).await;
    assert_eq!(again.problem(), (409, "conflict", vec![]));
    let closed = stage.ask(ALICE, "GET", &format!("{ORDERS}?status=closed")).await.good();
    assert_eq!(closed["items"], json!([canceled]));
}

#[tokio::test]
async fn an_order_of_somebody_else_is_not_there() {
    let stage = Stage::new().await;
    let order = stage.limit(ALICE, "buy", "1", "19000").await;
    let before = stage.state();
    let change = json!({ "quantity": "0.5" });
    for (reply, what) in [
        (stage.ask(BOB, "GET", &path(&order)).await, "read"),
        (stage.ask(BOB, "DELETE", &path(&order)).await, "cancel"),
        (stage.say(BOB, "PATCH", &path(&order), change).await, "change"),
    ] {
        assert_eq!(reply.problem(), (404, "notFound", vec![]), "{what}");
    }
    let mine = stage.ask(BOB, "GET", ORDERS).await.good();
    assert_eq!(mine["items"], json!([]));
    assert_eq!(stage.ask(BOB, "DELETE", ORDERS).await.good()["items"], json!([]));
    let after = stage.state();
    assert_eq!(after.1, before.1, "nothing of it changed");
    for id in ["0", "-1", "18446744073709551616", "x", "1%00"] {
        let reply = stage.ask(ALICE, "GET", &format!("{ORDERS}/{id}")).await;
        assert_eq!(reply.status, 404, "{id}");
    }
}

#[tokio::test]
async fn fields_that_do_not_make_an_order_are_named_all_at_once() {
    let stage = Stage::new().await;
    let before = stage.state();
    let long = format!("0.{}1", "0".repeat(40));
    let with = |name: &str, value: Value| {
        let mut order = limit("buy", "1", "19000");
        order[name] = value;
        order
    };
    let market = |more: Value| {
        let mut order = json!({ "symbol": "BTC-USDT", "side": "buy", "type": "market" });
        order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        order
    };
    for (order, fields) in [
        (with("price", "19000.005".into()), vec!["price"]),
        (with("price", "0".into()), vec!["price"]),
        (with("price", "-1".into()), vec!["price"]),
        (with("price", "1e4".into()), vec!["price"]),
        (with("price", " 1".into()), vec!["price"]),
        (with("price", "NaN".into()), vec!["price"]),
        (with("price", 19000.into()), vec!["price"]),
        (with("price", ().into()), vec!["price"]),
        (with("quantity", long.into()), vec!["quantity"]),
        (with("quantity", "0.000001".into()), vec!["quantity"]),
        (with("quantity", "0".into()), vec!["quantity"]),
        (with("side", "BUY".into()), vec!["side"]),
        (with("stopPrice", "1".into()), vec!["stopPrice"]),
        (with("quantty", "1".into()), vec!["quantty"]),
        (with("clientOrderId", "ä".into()), vec!["clientOrderId"]),
        (with("icebergQuantity", "2".into()), vec!["icebergQuantity"]),
        (with("type", "stopLoss".into()), vec!["price", "stopPrice"]),
        (with("type", "trailingStopLimit".into()), vec!["trailingDelta"]),
        (market(json!({})), vec!["quantity"]),
        (market(json!({ "quantity": "1", "quoteQuantity": "5" })), vec!["quoteQuantity"]),
        (
            market(json!({ "quantity": "1", "price": "5", "timeInForce": "gtc" })),
            vec!["price", "timeInForce"],
        ),
        (
            with("price", "x".into())
                .as_object()
                .map(|order| {
                    let mut order = order.clone();
                    order.insert("quantity".into(), "y".into());
                    Value::Object(order)
                })
                .unwrap(),
            vec!["quantity", "price"],
        ),
    ] {
        let reply = stage.say(ALICE, "POST", ORDERS, &order).await;
        assert_eq!(reply.problem(), (400, "invalid", fields), "{order} {}", reply.json);
    }
    let unknown = with("symbol", "NO-SUCH".into());
    assert_eq!(stage.say(ALICE, "POST", ORDERS, unknown).await.status, 404);
    for body in ["", "[", "{}", "null", "{\"symbol\":\"BTC-USDT\"} {}"] {
        assert_eq!(stage.say(ALICE, "POST", ORDERS, body).await.status, 400, "{body}");
    }
    let form = stage.sign(ALICE, Asking::new("POST", ORDERS)).with("content-type", "text/plain");
    assert_eq!(stage.send(form).await.problem(), (400, "invalid", vec!["Content-Type"]));
    assert_eq!(stage.state(), before);
}

#[tokio::test]
async fn what_the_engine_refuses_has_its_reason_as_code() {
    let stage = Stage::new().await;
    stage.limit(ALICE, "sell", "1", "20000").await;
    let maker = json!({ "symbol": "BTC-USDT", "side": "buy", "type": "limitMaker",
        "quantity": "1", "price": "20000" });
    let mut halted = limit("buy", "1", "19000");
    halted["symbol"] = "ETH-USDT".into();
    for (order, code) in [
        (limit("buy", "60", "19000"), "insufficientFunds"),
        (limit("buy", "0.00001", "1"), "filterNotional"),
        (limit("buy", "1", "2000000"), "filterPrice"),
        (maker, "postOnlyWouldTake"),
        (halted, "marketHalted"),
    ] {
        let reply = stage.say(BOB, "POST", ORDERS, &order).await;
        assert_eq!(reply.problem(), (422, code, vec![]), "{order}");
    }
}

#[tokio::test]
async fn every_type_is_placed_and_told_as_it_was_asked() {
    let stage = Stage::new().await;
    stage.limit(ALICE, "sell", "1", "20000").await;
    stage.limit(BOB, "buy", "0.5", "20000").await;
    let order = |side: &str, word: &str, more: Value| {
        let mut order =
            json!({ "symbol": "BTC-USDT", "side": side, "type": word, "quantity": "0.1" });
        order.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        order
    };
    for asked in [
        order("sell", "limitMaker", json!({ "price": "20001.00", "icebergQuantity": "0.05000" })),
        order("sell", "stopLoss", json!({ "stopPrice": "19000.00" })),
        order(
            "sell",
            "stopLossLimit",
            json!({ "stopPrice": "19000.00", "price": "18900.00", "timeInForce": "ioc" }),
        ),
        order("sell", "takeProfit", json!({ "stopPrice": "21000.00" })),
        order("sell", "takeProfitLimit", json!({ "stopPrice": "21000.00", "price": "20900.00" })),
        order("sell", "trailingStop", json!({ "trailingDelta": 100 })),
        order("sell", "trailingStopLimit", json!({ "trailingDelta": 100, "price": "18900.00" })),
    ] {
        let told = stage.place(BOB, asked.clone()).await;
        for (name, value) in asked.as_object().unwrap() {
            let want = if name == "quantity" { &"0.10000".into() } else { value };
            assert_eq!(&told[name], want, "{name} of {asked}");
        }
        assert_eq!(told["status"], "open", "{asked}");
    }
    let spent = json!({ "symbol": "BTC-USDT", "side": "buy", "type": "market",
        "quoteQuantity": "1000" });
    let told = stage.place(BOB, spent).await;
    assert_eq!((&told["status"], &told["quantity"]), (&"filled".into(), &().into()));
    assert_eq!((&told["filled"], &told["averagePrice"]), (&"0.05000".into(), &"20000.00".into()));
    let fills = stage.ask(BOB, "GET", "/api/v1/trading/fills?symbol=BTC-USDT").await.good();
    let fill = &fills["items"][0];
    let got = ["price", "quantity", "quoteQuantity", "fee", "feeAsset"].map(|name| &fill[name]);
    assert_eq!(got, ["20000.00", "0.05000", "1000", "0.0001", "BTC"]);
    assert_eq!((&fill["maker"], &fill["orderId"]), (&false.into(), &told["id"]));
}

#[tokio::test]
async fn what_was_signed_for_one_request_and_held_back_is_good_for_no_other() {
    let stage = Stage::new().await;
    let order = stage.limit(ALICE, "buy", "1", "19000").await;
    let named = |method: &str, path: &str| format!("{path}?request={method}%20{path}");
    let before = stage.state();
    let read = named("GET", ORDERS);
    for method in ["DELETE", "POST", "PATCH"] {
        let refused = stage.ask(ALICE, method, &read).await;
        assert!(matches!(refused.status, 401 | 405), "{method} {}", refused.status);
    }
    let cancel = named("DELETE", &format!("{ORDERS}/999"));
    let cancel = cancel.replacen("999", order["id"].as_str().unwrap(), 1);
    assert_eq!(stage.ask(ALICE, "DELETE", &cancel).await.problem(), (401, "unauthorized", vec![]));
    assert_eq!(stage.state(), before);
    assert_eq!(stage.ask(ALICE, "GET", &read).await.status, 200);
    let own = named("DELETE", &path(&order));
    assert_eq!(stage.ask(ALICE, "DELETE", &own).await.good()["status"], "canceled");
}

#[tokio::test]
async fn an_operator_may_ask_that_what_changes_something_names_itself() {
    let settings = ApiSettings { named_requests: true, ..ApiSettings::default() };
    let stage = Stage::with(settings).await;
    let order = limit("buy", "0.01", "19000");
    let bare = stage.say(ALICE, "POST", ORDERS, &order).await;
    assert_eq!(bare.problem(), (401, "unauthorized", vec![]));
    assert_eq!(stage.ask(ALICE, "GET", ORDERS).await.status, 200, "a question changes nothing");
    let named = format!("{ORDERS}?request=POST+{ORDERS}");
    assert_eq!(stage.say(ALICE, "POST", &named, &order).await.status, 201);
    let ann = stage.register("ann@example.com").await;
    stage.fund(&ann).await;
    let by_session = ann.asks("POST", ORDERS).saying(&order);
    assert_eq!(stage.send(by_session).await.status, 201, "a session signs nothing");
}

#[tokio::test]
async fn who_pages_through_fills_meets_both_sides_of_an_own_trade_once() {
    let stage = Stage::new().await;
    for price in ["20000", "20001", "20002"] {
        stage.limit(ALICE, "sell", "1", price).await;
        let mut own = limit("buy", "1", price);
        own["selfTradePrevention"] = "none".into();
        assert_eq!(stage.place(ALICE, own).await["status"], "filled");
    }
    stage.limit(ALICE, "sell", "1", "20003").await;
    stage.limit(BOB, "buy", "1", "20003").await;
    for of in ["", "symbol=BTC-USDT&"] {
        for size in [1, 2, 3, 4, 7, 8] {
            let (mut met, mut cursor) = (Vec::new(), String::new());
            for _ in 0..8 {
                let path = format!("/api/v1/trading/fills?{of}limit={size}{cursor}");
                let page = stage.ask(ALICE, "GET", &path).await.good();
                let items = page["items"].as_array().unwrap();
                assert!(!items.is_empty() && items.len() <= size);
                met.extend(items.iter().map(|it| format!("{} {}", it["tradeId"], it["side"])));
                match page["nextCursor"].as_str() {
                    Some(next) => cursor = format!("&cursor={next}"),
                    None => break,
                }
            }
            let all = met.len();
            met.sort();
            met.dedup();
            assert_eq!((all, met.len()), (7, 7), "{size} a page of {of}");
        }
    }
}

#[tokio::test]
async fn a_smaller_order_keeps_its_place_and_any_other_change_makes_a_new_one() {
    let stage = Stage::new().await;
    let order = stage.limit(ALICE, "sell", "1", "20000").await;
    let change = |change: Value| stage.say(ALICE, "PATCH", Box::leak(path(&order).into()), change);
    let less = change(json!({ "quantity": "0.8" })).await.good();
    assert_eq!((&less["id"], &less["quantity"]), (&order["id"], &"0.80000".into()));
    stage.limit(BOB, "buy", "0.3", "20000").await;
    for (wrong, fields) in [
        (json!({}), vec!["quantity"]),
        (json!({ "quantity": "0.3" }), vec!["quantity"]),
        (json!({ "quantity": "0.8" }), vec!["quantity"]),
        (json!({ "price": "x" }), vec!["price"]),
    ] {
        let reply = change(wrong.clone()).await;
        assert_eq!(reply.problem(), (400, "invalid", fields), "{wrong}");
    }
    let moved = change(json!({ "price": "20100", "quantity": "1" })).await.good();
    assert_eq!(moved["replaces"], order["id"]);
    assert_eq!(
        (&moved["price"], &moved["quantity"]),
        (&"20100.00".into(), &"0.70000".into()),
        "0.3 of 1 has traded"
    );
    assert_eq!(change(json!({ "price": "20200" })).await.problem().0, 409, "it is gone");
    let raised = json!({ "price": "20200" });
    let raised = stage.say(ALICE, "PATCH", &path(&moved), raised).await.good();
    assert_eq!((&raised["replaces"], &raised["quantity"]), (&moved["id"], &"0.70000".into()));
    let open = stage.ask(ALICE, "GET", &format!("{ORDERS}?status=open")).await.good();
    assert_eq!(open["items"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn all_orders_of_a_market_are_cancelled_at_once_and_a_typing_error_cancels_none() {
    let stage = Stage::new().await;
    for price in ["18000", "18001", "18002"] {
        stage.limit(ALICE, "buy", "0.1", price).await;
    }
    stage.limit(BOB, "buy", "0.1", "18000").await;
    let typo = stage.ask(ALICE, "DELETE", &format!("{ORDERS}?symbl=ETH-USDT")).await;
    assert_eq!(typo.status, 400);
    let canceled = stage.ask(ALICE, "DELETE", &format!("{ORDERS}?symbol=BTC-USDT")).await.good();
    let items = canceled["items"].as_array().unwrap();
    assert!(items.len() == 3 && items.iter().all(|order| order["status"] == "canceled"));
    let mine = stage.ask(BOB, "GET", &format!("{ORDERS}?status=open")).await.good();
    assert_eq!(mine["items"].as_array().unwrap().len(), 1, "another's are not touched");
}

#[tokio::test]
async fn one_order_of_a_list_cancels_the_other() {
    let stage = Stage::new().await;
    stage.limit(ALICE, "sell", "1", "20000").await;
    stage.limit(BOB, "buy", "0.5", "20000").await;
    let list = json!({ "symbol": "BTC-USDT", "type": "oco", "side": "sell", "quantity": "0.2",
        "above": { "type": "limitMaker", "price": "21000" },
        "below": { "type": "stopLossLimit", "stopPrice": "19000", "price": "18900" } });
    let lists = "/api/v1/trading/order-lists";
    let placed = stage.say(BOB, "POST", lists, &list).await;
    assert_eq!(placed.status, 201, "{}", placed.json);
    let orders = placed.json["orders"].as_array().unwrap();
    assert_eq!(
        (&orders[0]["type"], &orders[1]["type"]),
        (&"limitMaker".into(), &"stopLossLimit".into())
    );
    stage.ask(BOB, "DELETE", &path(&orders[0])).await.good();
    let other = stage.ask(BOB, "GET", &path(&orders[1])).await.good();
    assert_eq!(other["status"], "canceled");
    let again = stage.say(BOB, "POST", lists, &list).await.good();
    let listed = async |more: &str| {
        let listed = stage.ask(BOB, "GET", &format!("{lists}{more}")).await.good();
        let items = listed["items"].as_array().unwrap().iter();
        items.map(|it| (it["id"].clone(), it["status"].clone())).collect::<Vec<_>>()
    };
    let open = (again["id"].clone(), json!("open"));
    assert_eq!(listed("").await, [open.clone(), (placed.json["id"].clone(), json!("done"))]);
    assert_eq!(listed("?status=open").await, [open]);
    let nothing = stage.ask(ALICE, "GET", lists).await.good();
    assert_eq!(nothing["items"], json!([]), "they are nobody else's");
    let first = stage.ask(BOB, "GET", &format!("{lists}?limit=1")).await.good();
    assert_eq!(first["items"][0], again);
    let cursor = first["nextCursor"].as_str().unwrap();
    let second = stage.ask(BOB, "GET", &format!("{lists}?limit=1&cursor={cursor}")).await.good();
    assert_eq!(second["items"][0]["id"], placed.json["id"]);
    let reply = stage.ask(BOB, "GET", &format!("{lists}?limit=101")).await;
    assert_eq!(reply.problem(), (400, "invalid", vec!["limit"]));
    let mut wrong = list.clone();
    wrong["above"]["price"] = "x".into();
    wrong["below"]["type"] = "market".into();
    let reply = stage.say(BOB, "POST", lists, wrong).await;
    assert_eq!(reply.problem(), (400, "invalid", vec!["above.price", "below.type"]));
}

#[tokio::test]
async fn orders_are_paged_newest_first() {
    let stage = Stage::new().await;
    for price in 18_000..18_005 {
        stage.limit(ALICE, "buy", "0.01", &price.to_string()).await;
    }
    let newest = stage.limit(ALICE, "buy", "0.01", "18005").await;
    stage.ask(ALICE, "DELETE", &path(&newest)).await.good();
    for (filter, count) in [("", 6), ("&status=open", 5), ("&status=closed", 1)] {
        let mut url = format!("{ORDERS}?limit=2{filter}");
        let mut ids: Vec<u64> = Vec::new();
        loop {
            let page = stage.ask(ALICE, "GET", &url).await.good();
            let items = page["items"].as_array().unwrap();
            ids.extend(items.iter().map(|it| it["id"].as_str().unwrap().parse::<u64>().unwrap()));
            let Some(cursor) = page["nextCursor"].as_str() else { break };
            url = format!("{ORDERS}?limit=2{filter}&cursor={cursor}");
        }
        assert!(ids.len() == count && ids.is_sorted_by(|a, b| b < a), "{filter} {ids:?}");
    }
}

#[tokio::test]
async fn who_may_not_is_told_so_and_nothing_changes() {
    let stage = Stage::new().await;
    let before = stage.state();
    let order = limit("buy", "1", "19000");
    let nobody = stage.send(Asking::new("POST", ORDERS).saying(&order)).await;
    assert_eq!(nobody.problem(), (401, "unauthorized", vec![]));
    assert_eq!(nobody.headers["www-authenticate"], "Bearer");
    let reader = stage.say(READER, "POST", ORDERS, &order).await;
    assert_eq!(reader.problem(), (403, "forbidden", vec![]));
    let signed = stage.sign(ALICE, Asking::new("POST", ORDERS).saying(&order));
    let changed = signed.clone().saying(limit("buy", "2", "19000"));
    assert_eq!(stage.send(changed).await.status, 401, "what is signed is the body, too");
    assert_eq!(stage.state(), before);
    assert_eq!(stage.send(signed.clone()).await.status, 201);
    assert_eq!(stage.send(signed).await.problem(), (409, "conflict", vec![]), "good once");
    assert_eq!(stage.ask(ALICE, "GET", "/api/v1/admin/engine").await.status, 403);
    assert_eq!(stage.ask(ADMIN, "GET", "/api/v1/admin/engine").await.status, 200);
    let huge = " ".repeat(64 * 1_024 + 1);
    assert_eq!(stage.say(ALICE, "POST", ORDERS, huge).await.problem().0, 413);
}

#[tokio::test]
async fn a_timer_that_is_not_set_again_cancels_everything() {
    let stage = Stage::new().await;
    let timer = "/api/v1/trading/cancel-after";
    for wrong in [json!({ "timeoutMs": 99 }), json!({ "timeoutMs": 86_400_001 }), json!({})] {
        assert_eq!(stage.say(ALICE, "POST", timer, wrong).await.status, 400);
    }
    stage.limit(ALICE, "buy", "1", "19000").await;
    stage.limit(BOB, "buy", "1", "19000").await;
    let mut feed = stage.exchange.views.subscribe();
    let set = stage.say(ALICE, "POST", timer, json!({ "timeoutMs": 60_000 })).await.good();
    assert!(set["cancelAt"].as_str().unwrap().starts_with("2023-11-14T22:14:20"), "{set}");
    let off = stage.say(BOB, "POST", timer, json!({ "timeoutMs": 60_000 })).await.good();
    assert!(off["cancelAt"].is_string());
    let off = stage.say(BOB, "POST", timer, json!({ "timeoutMs": 0 })).await.good();
    assert_eq!(off, json!({ "cancelAt": null }));
    let now = stage.say(ALICE, "POST", timer, json!({ "timeoutMs": 100 })).await.good();
    assert!(now["cancelAt"].as_str().unwrap().starts_with("2023-11-14T22:13:20.1"), "{now}");
    feed.next().await.unwrap();
    let open = |account| stage.exchange.views.open_orders(model::AccountId(account), None).len();
    assert_eq!((open(2), open(3)), (0, 1));
}

#[tokio::test]
async fn a_timer_cancels_what_stands_in_a_halted_market_when_that_is_resumed() {
    let stage = Stage::new().await;
    let stale = stage.limit(ALICE, "buy", "1", "19000").await;
    stage.set_state(MarketState::Halted).await;
    let (views, halted) = (&stage.exchange.views, stage.exchange.views.seq());
    let timer = json!({ "timeoutMs": 100 });
    stage.say(ALICE, "POST", "/api/v1/trading/cancel-after", timer).await.good();
    while views.seq() == halted {
        tokio::task::yield_now().await;
    }
    let open = || views.open_orders(model::AccountId(2), None);
    assert_eq!(open().len(), 1, "nothing is cancelled in a halted market");
    let mut feed = views.subscribe();
    stage.set_state(MarketState::Open).await;
    let later = stage.limit(ALICE, "buy", "1", "18000").await;
    while now_open(&stage, &stale).await {
        feed.next().await.unwrap();
    }
    assert!(now_open(&stage, &later).await, "it was placed after the timer had run down");
}

#[tokio::test]
async fn a_timer_goes_on_cancelling_while_its_owner_cannot_be_told() {
    let stage = Stage::new().await;
    stage.set_other_state(MarketState::Open).await;
    let here = stage.limit(ALICE, "buy", "1", "19000").await;
    let mut elsewhere = limit("buy", "1", "1000");
    elsewhere["symbol"] = "ETH-USDT".into();
    let elsewhere = stage.place(ALICE, elsewhere).await;
    stage.set_other_state(MarketState::Halted).await;
    let held = stage.hold_database().await;
    let mut feed = stage.exchange.views.subscribe();
    let timer = json!({ "timeoutMs": 100 });
    stage.say(ALICE, "POST", "/api/v1/trading/cancel-after", timer).await.good();
    while now_open(&stage, &here).await {
        feed.next().await.unwrap();
    }
    assert!(now_open(&stage, &elsewhere).await);
    stage.set_other_state(MarketState::Open).await;
    while now_open(&stage, &elsewhere).await {
        feed.next().await.unwrap();
    }
    drop(held);
}

async fn now_open(stage: &Stage, order: &Value) -> bool {
    stage.ask(ALICE, "GET", &path(order)).await.good()["status"] == "open"
}
