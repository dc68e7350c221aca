//! The life of orders over REST.

use engine::{Command, MarketState, NewOrder, OrderKind, SelfTradePrevention};
use model::{AccountId, ClientOrderId, MarketId, Price, Qty, Side};
use serde_json::json;

use crate::stage::{ALICE, BOB, STRANGER, Stage};

const LIMIT: &str = "symbol=BTCUSDT&type=LIMIT&timeInForce=GTC";

#[tokio::test]
async fn an_order_is_placed_found_and_cancelled() {
    let stage = Stage::new();
    let placed = stage
        .place(ALICE, &format!("{LIMIT}&side=BUY&quantity=0.5&price=30000&newClientOrderId=mine"))
        .await;
    assert_eq!(
        placed,
        json!({
            "symbol": "BTCUSDT", "orderId": 1, "orderListId": -1, "clientOrderId": "mine",
            "transactTime": stage.now(), "price": "30000.00000000", "origQty": "0.50000000",
            "executedQty": "0.00000000", "origQuoteOrderQty": "0.00000000",
            "cummulativeQuoteQty": "0.00000000", "status": "NEW", "timeInForce": "GTC",
            "type": "LIMIT", "side": "BUY", "workingTime": stage.now(),
            "selfTradePreventionMode": "NONE", "fills": []
        })
    );
    let order = "/api/v3/order";
    let found = stage.ask(ALICE, "GET", order, "symbol=BTCUSDT&origClientOrderId=mine").await;
    assert_eq!((&found["status"], &found["isWorking"]), (&json!("NEW"), &json!(true)));
    let open = stage.ask(ALICE, "GET", "/api/v3/openOrders", "").await;
    assert_eq!(open[0], found);
    assert_eq!(stage.ask(BOB, "GET", "/api/v3/openOrders", "").await, json!([]));
    let account = stage.ask(ALICE, "GET", "/api/v3/account", "omitZeroBalances=true").await;
    assert_eq!(
        account["balances"][0],
        json!({"asset": "USDT", "free": "985000.00000000", "locked": "15000.00000000"})
    );
    let cancel = "symbol=BTCUSDT&orderId=1&newClientOrderId=gone";
    let canceled = stage.ask(ALICE, "DELETE", order, cancel).await;
    assert_eq!(canceled["status"], "CANCELED");
    assert_eq!(canceled["origClientOrderId"], "mine");
    assert_eq!(canceled["clientOrderId"], "gone");
    let found = stage.ask(ALICE, "GET", order, "symbol=BTCUSDT&orderId=1").await;
    assert_eq!(found["status"], "CANCELED");
    let all = stage.ask(ALICE, "GET", "/api/v3/allOrders", "symbol=BTCUSDT").await;
    assert_eq!(all, json!([found]));
}

#[tokio::test]
async fn a_market_order_tells_its_fills_and_both_sides_see_the_trade() {
    let stage = Stage::new();
    stage.place(ALICE, &format!("{LIMIT}&side=SELL&quantity=1&price=30000")).await;
    stage.place(ALICE, &format!("{LIMIT}&side=SELL&quantity=1&price=30100")).await;
    let market = "symbol=BTCUSDT&type=MARKET&side=BUY&quantity=1.5";
    let bought = stage.place(BOB, market).await;
    assert_eq!(bought["status"], "FILLED");
    assert_eq!(bought["executedQty"], "1.50000000");
    assert_eq!(bought["cummulativeQuoteQty"], "45050.00000000");
    assert_eq!(
        bought["fills"],
        json!([
            {"price": "30000.00000000", "qty": "1.00000000", "commission": "0.00100000",
             "commissionAsset": "BTC", "tradeId": 1},
            {"price": "30100.00000000", "qty": "0.50000000", "commission": "0.00050000",
             "commissionAsset": "BTC", "tradeId": 2}
        ])
    );
    let trades = stage.ask(ALICE, "GET", "/api/v3/myTrades", "symbol=BTCUSDT").await;
    assert_eq!(trades.as_array().unwrap().len(), 2);
    assert_eq!(
        trades[1],
        json!({
            "symbol": "BTCUSDT", "id": 2, "orderId": 2, "orderListId": -1,
            "price": "30100.00000000", "qty": "0.50000000", "quoteQty": "15050.00000000",
            "commission": "15.05000000", "commissionAsset": "USDT", "time": stage.now(),
            "isBuyer": false, "isMaker": true, "isBestMatch": true
        })
    );
    let rest = stage.ask(ALICE, "GET", "/api/v3/order", "symbol=BTCUSDT&orderId=2").await;
    assert_eq!(
        (&rest["status"], &rest["executedQty"]),
        (&json!("PARTIALLY_FILLED"), &json!("0.50000000"))
    );
    let by_quote = "symbol=BTCUSDT&type=MARKET&side=BUY&quoteOrderQty=3010&newOrderRespType=RESULT";
    let bought = stage.place(BOB, by_quote).await;
    assert_eq!(
        (&bought["status"], &bought["executedQty"]),
        (&json!("FILLED"), &json!("0.10000000"))
    );
    assert_eq!(bought["origQuoteOrderQty"], "3010.00000000");
    assert!(bought.get("fills").is_none());
}

#[tokio::test]
async fn answers_are_as_long_as_they_were_asked_for() {
    let stage = Stage::new();
    for (index, (params, has_status, has_fills)) in [
        ("type=LIMIT&timeInForce=GTC&price=20000", true, true),
        ("type=LIMIT&timeInForce=GTC&price=20000&newOrderRespType=ACK", false, false),
        ("type=LIMIT&timeInForce=GTC&price=20000&newOrderRespType=RESULT", true, false),
        ("type=LIMIT_MAKER&price=20000", false, false),
        ("type=LIMIT_MAKER&price=20000&newOrderRespType=FULL", true, true),
        ("type=STOP_LOSS&stopPrice=40000", false, false),
        (
            "type=TAKE_PROFIT_LIMIT&stopPrice=10000&price=10000&timeInForce=IOC\
             &newOrderRespType=RESULT",
            true,
            false,
        ),
        ("type=STOP_LOSS&trailingDelta=100&newOrderRespType=RESULT", true, false),
    ]
    .into_iter()
    .enumerate()
    {
        let params = format!("symbol=BTCUSDT&side=BUY&quantity=0.001{index}&{params}");
        let placed = stage.place(ALICE, &params).await;
        assert_eq!(placed.get("status").is_some(), has_status, "{params}: {placed}");
        assert_eq!(placed.get("fills").is_some(), has_fills, "{params}: {placed}");
        if params.contains("trailingDelta") {
            assert_eq!(placed["trailingDelta"], 100);
        }
        if has_status && params.contains("stopPrice") {
            assert_eq!(placed["stopPrice"], "10000.00000000");
            assert_eq!(placed["workingTime"], -1);
        }
    }
}

#[tokio::test]
async fn labels_and_icebergs_come_back() {
    let stage = Stage::new();
    let params = format!(
        "{LIMIT}&side=BUY&quantity=0.1&price=20000&icebergQty=0.01&strategyId=7\
         &strategyType=1000001&selfTradePreventionMode=EXPIRE_BOTH"
    );
    let placed = stage.place(ALICE, &params).await;
    assert_eq!(placed["icebergQty"], "0.01000000");
    assert_eq!((&placed["strategyId"], &placed["strategyType"]), (&json!(7), &json!(1_000_001)));
    assert_eq!(placed["selfTradePreventionMode"], "EXPIRE_BOTH");
}

#[tokio::test]
async fn an_order_is_replaced_in_one_step() {
    let stage = Stage::new();
    let path = "/api/v3/order/cancelReplace";
    stage.place(ALICE, &format!("{LIMIT}&side=BUY&quantity=0.5&price=30000")).await;
    let new = format!("{LIMIT}&side=BUY&quantity=0.5&price=29000");
    let stop = "cancelReplaceMode=STOP_ON_FAILURE";
    let reply = stage.ask(ALICE, "POST", path, &format!("{new}&{stop}&cancelOrderId=1")).await;
    assert_eq!(reply["cancelResult"], "SUCCESS");
    assert_eq!(reply["cancelResponse"]["status"], "CANCELED");
    assert_eq!(reply["newOrderResponse"]["price"], "29000.00000000");
    for (params, status, code, results) in [
        (format!("{new}&{stop}&cancelOrderId=99"), 400, -2022, ["FAILURE", "NOT_ATTEMPTED"]),
        (
            format!("{new}&cancelReplaceMode=ALLOW_FAILURE&cancelOrderId=99"),
            409,
            -2021,
            ["FAILURE", "SUCCESS"],
        ),
        (
            format!("{LIMIT}&side=BUY&quantity=90&price=29000&{stop}&cancelOrderId=2"),
            409,
            -2021,
            ["SUCCESS", "FAILURE"],
        ),
    ] {
        let reply = stage.signed(ALICE, "POST", path, &params).await;
        let data = &reply.json["data"];
        assert_eq!((reply.status, &reply.json["code"]), (status, &json!(code)), "{params}");
        assert_eq!([&data["cancelResult"], &data["newOrderResult"]], results, "{params}");
    }
}

#[tokio::test]
async fn a_restricted_cancel_spares_an_order_that_has_traded() {
    let stage = Stage::new();
    stage.place(ALICE, &format!("{LIMIT}&side=BUY&quantity=0.5&price=30000")).await;
    stage.place(BOB, "symbol=BTCUSDT&type=MARKET&side=SELL&quantity=0.2").await;
    let only_new = "cancelRestrictions=ONLY_NEW";
    let order = "symbol=BTCUSDT&orderId=1";
    let reply =
        stage.signed(ALICE, "DELETE", "/api/v3/order", &format!("{order}&{only_new}")).await;
    let text = "Order was not canceled due to cancel restrictions.";
    assert_eq!(reply.error(), (400, -2011, text.to_owned()));
    let new = format!("{LIMIT}&side=BUY&quantity=0.5&price=29000&cancelOrderId=1&{only_new}");
    let replace = "/api/v3/order/cancelReplace";
    for (mode, status, placed) in
        [("STOP_ON_FAILURE", 400, "NOT_ATTEMPTED"), ("ALLOW_FAILURE", 409, "SUCCESS")]
    {
        let params = format!("{new}&cancelReplaceMode={mode}");
        let reply = stage.signed(ALICE, "POST", replace, &params).await;
        let data = &reply.json["data"];
        assert_eq!((reply.status, &data["newOrderResult"]), (status, &json!(placed)), "{mode}");
        assert_eq!(data["cancelResponse"]["msg"], text, "{mode}");
    }
    let partial = format!("{order}&cancelRestrictions=ONLY_PARTIALLY_FILLED");
    let canceled = stage.ask(ALICE, "DELETE", "/api/v3/order", &partial).await;
    assert_eq!(canceled["executedQty"], "0.20000000");
}

#[tokio::test]
async fn a_market_that_only_cancels_replaces_nothing_and_says_so() {
    let stage = Stage::new();
    stage.place(ALICE, &format!("{LIMIT}&side=BUY&quantity=0.5&price=30000")).await;
    let state = Command::SetMarketState { market: MarketId(0), state: MarketState::CancelOnly };
    stage.exchange.sequencer.submit(state).unwrap().await.unwrap();
    for mode in ["STOP_ON_FAILURE", "ALLOW_FAILURE"] {
        let params = format!(
            "{LIMIT}&side=BUY&quantity=0.5&price=29000&cancelReplaceMode={mode}&cancelOrderId=1"
        );
        let reply = stage.signed(ALICE, "POST", "/api/v3/order/cancelReplace", &params).await;
        assert_eq!((reply.status, &reply.json["code"]), (400, &json!(-2022)), "{mode}");
        assert_eq!(reply.json["data"]["cancelResult"], "FAILURE", "{mode}");
        let open = stage.ask(ALICE, "GET", "/api/v3/openOrders", "symbol=BTCUSDT").await;
        assert_eq!(open[0]["orderId"], 1, "it still rests");
    }
}

#[tokio::test]
async fn an_amended_order_asks_for_less() {
    let stage = Stage::new();
    let path = "/api/v3/order/amend/keepPriority";
    stage.place(ALICE, &format!("{LIMIT}&side=BUY&quantity=0.5&price=30000")).await;
    let reply = stage.ask(ALICE, "PUT", path, "symbol=BTCUSDT&orderId=1&newQty=0.2").await;
    assert_eq!(reply["amendedOrder"]["qty"], "0.20000000");
    let found = stage.ask(ALICE, "GET", "/api/v3/order", "symbol=BTCUSDT&orderId=1").await;
    assert_eq!(found["origQty"], "0.20000000");
    assert_eq!(found["clientOrderId"], reply["amendedOrder"]["clientOrderId"]);
    for (params, code) in [
        ("symbol=BTCUSDT&orderId=1&newQty=0.2", -2038),
        ("symbol=BTCUSDT&orderId=1&newQty=0.3", -2038),
        ("symbol=BTCUSDT&orderId=9&newQty=0.1", -2038),
        ("symbol=BTCUSDT&newQty=0.1", -1102),
        ("symbol=BTCUSDT&orderId=1", -1102),
    ] {
        assert_eq!(stage.signed(ALICE, "PUT", path, params).await.error().1, code, "{params}");
    }
}

#[tokio::test]
async fn a_woken_stop_limit_expires_as_the_limit_it_became() {
    let stage = Stage::new();
    let order = async |who: &str, params: &str| {
        stage.place(who, &format!("symbol=BTCUSDT&{params}")).await;
        stage.pass_ms(1);
    };
    let gtc = "type=LIMIT&timeInForce=GTC";
    order(BOB, &format!("{gtc}&side=SELL&quantity=1&price=30000")).await;
    order(ALICE, "type=MARKET&side=BUY&quantity=0.1").await;
    let stop = "type=STOP_LOSS_LIMIT&side=BUY&stopPrice=31000&quantity=0.3";
    order(ALICE, &format!("{stop}&timeInForce=IOC&price=30500&newClientOrderId=ioc")).await;
    order(ALICE, &format!("{stop}&timeInForce=FOK&price=30500&newClientOrderId=fok")).await;
    order(ALICE, "type=MARKET&side=BUY&quantity=0.9").await;
    order(BOB, &format!("{gtc}&side=SELL&quantity=0.1&price=31000")).await;
    order(ALICE, "type=MARKET&side=BUY&quantity=0.1").await;
    for (name, reason) in
        [("ioc", "UNFILLED_IOC_QUANTITY_EXPIRED"), ("fok", "UNFILLED_FOK_ORDER_EXPIRED")]
    {
        let query = format!("symbol=BTCUSDT&origClientOrderId={name}");
        let found = stage.ask(ALICE, "GET", "/api/v3/order", &query).await;
        assert_eq!((&found["status"], &found["expiryReason"]), (&json!("EXPIRED"), &json!(reason)));
    }
}

#[tokio::test]
async fn all_that_was_cancelled_is_told_however_much_it_was() {
    let stage = Stage::new();
    let mut filters = stage.exchange.views.catalog().markets()[0].spec.filters;
    filters.orders_max = 2_000;
    let change = Command::SetFilters { market: MarketId(0), filters: Box::new(filters) };
    stage.exchange.sequencer.submit(change).unwrap().await.unwrap();
    let order = |number: u64| NewOrder {
        account: AccountId(2),
        market: MarketId(0),
        client_id: ClientOrderId::new(&format!("n{number}")).unwrap(),
        side: Side::Buy,
        stp: SelfTradePrevention::None,
        kind: OrderKind::LimitMaker {
            price: Price::new(2_000_000).unwrap(),
            qty: Qty::new(100).unwrap(),
            display: None,
        },
    };
    // More than memory keeps of ended orders.
    let many = 1_200;
    let placed: Vec<_> = (0..many)
        .map(|number| stage.exchange.sequencer.submit(Command::Place(order(number))).unwrap())
        .collect();
    for pending in placed {
        pending.await.unwrap();
    }
    let told = stage.ask(ALICE, "DELETE", "/api/v3/openOrders", "symbol=BTCUSDT").await;
    let ids = told.as_array().unwrap().iter().map(|order| order["orderId"].as_u64().unwrap());
    assert_eq!(ids.collect::<Vec<_>>(), (1..=many).collect::<Vec<_>>());
    assert_eq!(told[0]["origClientOrderId"], "n0");
}

#[tokio::test]
async fn the_amendments_of_an_order_are_told_oldest_first() {
    let stage = Stage::new();
    let amend = "/api/v3/order/amend/keepPriority";
    for name in ["a", "b"] {
        let order = format!("{LIMIT}&side=BUY&quantity=0.5&price=30000&newClientOrderId={name}");
        stage.place(ALICE, &order).await;
    }
    let mut ids = Vec::new();
    for params in
        ["orderId=1&newQty=0.4&newClientOrderId=c", "orderId=1&newQty=0.3", "orderId=2&newQty=0.1"]
    {
        let params = format!("symbol=BTCUSDT&{params}");
        ids.push(stage.ask(ALICE, "PUT", amend, &params).await["executionId"].clone());
        stage.pass_ms(1_000);
    }
    let path = "/api/v3/order/amendments";
    let order = "symbol=BTCUSDT&orderId=1";
    let all = stage.ask(ALICE, "GET", path, order).await;
    assert_eq!(all.as_array().unwrap().len(), 2, "{all}");
    let time = stage.now() - 3_000;
    assert_eq!(
        all[0],
        json!({"symbol": "BTCUSDT", "orderId": 1, "executionId": ids[0],
            "origClientOrderId": "a", "newClientOrderId": "c",
            "origQty": "0.50000000", "newQty": "0.40000000", "time": time})
    );
    assert_eq!((&all[1]["executionId"], &all[1]["origClientOrderId"]), (&ids[1], &json!("c")));
    let from = ids[0].as_u64().unwrap() + 1;
    for (params, want) in [
        (format!("{order}&fromExecutionId={from}"), json!([all[1]])),
        (format!("{order}&fromExecutionId={}", ids[0]), all.clone()),
        (format!("{order}&fromExecutionId=0&limit=1"), json!([all[0]])),
    ] {
        assert_eq!(stage.ask(ALICE, "GET", path, &params).await, want, "{params}");
    }
    for (who, params, code) in [
        (ALICE, "symbol=BTCUSDT&orderId=9", -2013),
        (BOB, order, -2013),
        (ALICE, "symbol=BTCUSDT", -1102),
    ] {
        assert_eq!(stage.signed(who, "GET", path, params).await.error().1, code, "{params}");
    }
}

#[tokio::test]
async fn one_order_of_a_list_cancels_the_other() {
    let stage = Stage::new();
    let path = "/api/v3/orderList/oco";
    stage.place(ALICE, &format!("{LIMIT}&side=SELL&quantity=1&price=30000")).await;
    stage.place(BOB, "symbol=BTCUSDT&type=MARKET&side=BUY&quantity=0.5").await;
    let list = "symbol=BTCUSDT&side=SELL&quantity=0.5&aboveType=LIMIT_MAKER&abovePrice=31000\
                &belowType=STOP_LOSS&belowStopPrice=25000&listClientOrderId=pair";
    let placed = stage.ask(BOB, "POST", path, list).await;
    assert_eq!(placed["listOrderStatus"], "EXECUTING");
    assert_eq!(placed["orderReports"][0]["type"], "LIMIT_MAKER");
    assert_eq!(placed["orderReports"][1]["stopPrice"], "25000.00000000");
    let open = stage.ask(BOB, "GET", "/api/v3/openOrderList", "").await;
    assert_eq!(open[0]["listClientOrderId"], "pair");
    let query = "origClientOrderId=pair";
    assert_eq!(stage.ask(BOB, "GET", "/api/v3/orderList", query).await, open[0]);
    let id = placed["orderListId"].as_u64().unwrap();
    let cancel = format!("symbol=BTCUSDT&orderListId={id}");
    let canceled = stage.ask(BOB, "DELETE", "/api/v3/orderList", &cancel).await;
    assert_eq!(canceled["listOrderStatus"], "ALL_DONE");
    assert_eq!(canceled["orderReports"].as_array().unwrap().len(), 2);
    assert_eq!(stage.ask(BOB, "GET", "/api/v3/openOrderList", "").await, json!([]));
    let legacy = "symbol=BTCUSDT&side=SELL&quantity=0.5&price=32000&stopPrice=25000\
                  &stopLimitPrice=24000&stopLimitTimeInForce=GTC";
    let placed = stage.ask(BOB, "POST", "/api/v3/order/oco", legacy).await;
    assert_eq!(placed["orderReports"][1]["type"], "STOP_LOSS_LIMIT");
    let order = placed["orders"][0]["orderId"].as_u64().unwrap();
    let one = format!("symbol=BTCUSDT&orderId={order}");
    let canceled = stage.ask(BOB, "DELETE", "/api/v3/order", &one).await;
    assert_eq!(canceled["contingencyType"], "OCO", "the whole list goes with its order");
    assert_eq!(stage.ask(BOB, "GET", "/api/v3/openOrders", "").await, json!([]));
}

#[tokio::test]
async fn everything_in_a_market_is_cancelled_at_once() {
    let stage = Stage::new();
    for price in [20_000, 20_001, 20_002] {
        stage.place(ALICE, &format!("{LIMIT}&side=BUY&quantity=0.5&price={price}")).await;
    }
    let path = "/api/v3/openOrders";
    let canceled = stage.ask(ALICE, "DELETE", path, "symbol=BTCUSDT").await;
    assert_eq!(canceled.as_array().unwrap().len(), 3);
    let again = stage.signed(ALICE, "DELETE", path, "symbol=BTCUSDT").await;
    assert_eq!(again.error(), (400, -2011, "Unknown order sent.".to_owned()));
}

#[tokio::test]
async fn a_self_trade_is_prevented_and_told() {
    let stage = Stage::new();
    stage.place(ALICE, &format!("{LIMIT}&side=SELL&quantity=1&price=30000")).await;
    let taker =
        format!("{LIMIT}&side=BUY&quantity=0.4&price=30000&selfTradePreventionMode=EXPIRE_TAKER");
    let placed = stage.place(ALICE, &taker).await;
    assert_eq!(placed["status"], "EXPIRED_IN_MATCH");
    assert_eq!(placed["preventedQuantity"], "0.40000000");
    let path = "/api/v3/myPreventedMatches";
    let prevented = stage.ask(ALICE, "GET", path, "symbol=BTCUSDT&orderId=2").await;
    assert_eq!(prevented[0]["selfTradePreventionMode"], "EXPIRE_TAKER");
    assert_eq!(prevented[0]["takerPreventedQuantity"], "0.40000000");
}

#[tokio::test]
async fn an_order_filled_but_for_what_was_prevented_is_told_as_filled_everywhere() {
    let stage = Stage::new();
    stage.place(ALICE, &format!("{LIMIT}&side=SELL&quantity=0.3&price=30000")).await;
    stage.place(BOB, &format!("{LIMIT}&side=SELL&quantity=0.7&price=30000")).await;
    let taker =
        format!("{LIMIT}&side=BUY&quantity=1&price=30000&selfTradePreventionMode=DECREMENT");
    let placed = stage.place(ALICE, &taker).await;
    assert_eq!(
        (&placed["executedQty"], &placed["status"]),
        (&json!("0.70000000"), &json!("FILLED"))
    );
    let one = format!("symbol=BTCUSDT&orderId={}", placed["orderId"]);
    assert_eq!(stage.ask(ALICE, "GET", "/api/v3/order", &one).await["status"], "FILLED");
}

#[tokio::test]
async fn a_trailing_order_follows_from_when_it_was_placed() {
    let stage = Stage::new();
    let trailing = "symbol=BTCUSDT&type=STOP_LOSS&side=SELL&quantity=0.5&trailingDelta=100\
                    &newOrderRespType=RESULT";
    let placed = stage.place(BOB, trailing).await;
    assert!(placed["trailingTime"].as_i64().is_some_and(|time| 0 < time), "{placed}");
    let one = format!("symbol=BTCUSDT&orderId={}", placed["orderId"]);
    for method in ["GET", "DELETE"] {
        let order = stage.ask(BOB, method, "/api/v3/order", &one).await;
        assert_eq!(order["trailingTime"], placed["trailingTime"], "{method}");
    }
}

#[tokio::test]
async fn what_clients_ask_when_they_start_is_answered() {
    let stage = Stage::new();
    let coins = stage.ask(ALICE, "GET", "/sapi/v1/capital/config/getall", "").await;
    assert_eq!(coins.as_array().unwrap().len(), 3);
    assert_eq!((&coins[1]["coin"], &coins[1]["free"]), (&json!("BTC"), &json!("100.00000000")));
    for path in [
        "/sapi/v1/margin/allPairs",
        "/sapi/v1/margin/isolated/allPairs",
        "/sapi/v1/capital/withdraw/history",
    ] {
        assert_eq!(stage.ask(ALICE, "GET", path, "recvWindow=10000").await, json!([]), "{path}");
    }
    let deposits =
        stage.ask(ALICE, "GET", "/sapi/v1/capital/deposit/hisrec", "coin=BTC&status=1").await;
    let told: Vec<_> = deposits.as_array().unwrap().iter().map(|it| &it["amount"]).collect();
    assert_eq!((told, &deposits[0]["coin"]), (vec![&json!("100.00000000")], &json!("BTC")));
    for path in ["/fapi/v1/exchangeInfo", "/dapi/v1/exchangeInfo"] {
        let info = stage.send_from("127.0.0.1", ("GET", path, ""), None).await;
        assert_eq!(info.json["symbols"], json!([]), "{path}");
    }
    let fees = stage.ask(ALICE, "GET", "/sapi/v1/asset/tradeFee", "symbol=BTCUSDT").await;
    assert_eq!(fees[0]["takerCommission"], "0.00100000");
    let key = stage.ask(ALICE, "GET", "/sapi/v1/account/apiRestrictions", "").await;
    assert_eq!(key["enableSpotAndMarginTrading"], true);
    let fees = stage.ask(ALICE, "GET", "/api/v3/account/commission", "symbol=BTCUSDT").await;
    assert_eq!(fees["standardCommission"]["maker"], "0.00100000");
}

#[tokio::test]
async fn who_has_no_account_gets_one_by_asking() {
    let stage = Stage::new();
    let account = stage.ask(STRANGER, "GET", "/api/v3/account", "").await;
    assert_eq!(account["balances"][0]["free"], "0.00000000");
    assert_eq!(account["uid"], 4);
}

#[tokio::test]
async fn a_test_order_changes_nothing() {
    let stage = Stage::new();
    let before = stage.state();
    let params = format!("{LIMIT}&side=BUY&quantity=0.5&price=30000");
    let path = "/api/v3/order/test";
    assert_eq!(stage.ask(ALICE, "POST", path, &params).await, json!({}));
    let rates = format!("{params}&computeCommissionRates=true");
    let rates = stage.ask(ALICE, "POST", path, &rates).await;
    assert_eq!(rates["standardCommissionForOrder"]["taker"], "0.00100000");
    assert_eq!(stage.state(), before);
}
