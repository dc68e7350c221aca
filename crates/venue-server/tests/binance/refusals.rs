//! The documented errors of requests, as tables.

use crate::stage::{ALICE, BOB, Stage};

const ORDER: &str = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.1&price=20000";

async fn check(path: &str, table: &[(&str, i64, &str)]) {
    let stage = Stage::new();
    let sell = "symbol=BTCUSDT&side=SELL&type=LIMIT&timeInForce=GTC&quantity=1&price=30000";
    stage.place(BOB, sell).await;
    stage.place(BOB, "symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=1&price=10000").await;
    stage.place(ALICE, "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=0.1").await;
    stage.place(ALICE, &format!("{ORDER}&newClientOrderId=taken")).await;
    let before = stage.state();
    let (method, path) = path.split_once(' ').unwrap();
    for (params, code, text) in table {
        let reply = stage.signed(ALICE, method, path, params).await;
        assert_eq!(reply.error(), (400, *code, (*text).to_owned()), "{params}");
    }
    assert_eq!(stage.state().1, before.1, "a refused request changes nothing");
}

#[tokio::test]
async fn parameters_that_do_not_make_an_order_are_refused_with_the_documented_error() {
    check(
        "POST /api/v3/order",
        &[
            (
                "side=BUY",
                -1102,
                "Mandatory parameter 'symbol' was not sent, was empty/null, or malformed.",
            ),
            ("symbol=", -1105, "Parameter 'symbol' was empty."),
            (
                "symbol=btcusdt",
                -1100,
                "Illegal characters found in parameter 'symbol'; legal range is \
                 '^[A-Z0-9-_.]{1,20}$'.",
            ),
            ("symbol=NOPE", -1121, "Invalid symbol."),
            ("symbol=BTC-USDT", -1121, "Invalid symbol."),
            ("symbol=BTCUSDT&side=HOLD", -1117, "Invalid side."),
            ("symbol=BTCUSDT&side=BUY&type=MAGIC", -1116, "Invalid orderType."),
            (
                "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=1",
                -1102,
                "Mandatory parameter 'timeInForce' was not sent, was empty/null, or malformed.",
            ),
            (
                "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTX&quantity=1&price=1",
                -1115,
                "Invalid timeInForce.",
            ),
            (
                "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1",
                -1102,
                "Mandatory parameter 'price' was not sent, was empty/null, or malformed.",
            ),
            (
                "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&price=1",
                -1102,
                "Mandatory parameter 'quantity' was not sent, was empty/null, or malformed.",
            ),
            (
                "symbol=BTCUSDT&side=BUY&type=MARKET",
                -1102,
                "Param 'quantity' or 'quoteOrderQty' must be sent, but both were empty/null!",
            ),
            (
                "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&quoteOrderQty=1",
                -1128,
                "Combination of optional parameters invalid.",
            ),
            (
                "symbol=BTCUSDT&side=BUY&type=MARKET&quantity=1&timeInForce=GTC",
                -1106,
                "Parameter 'timeInForce' sent when not required.",
            ),
            (
                "symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=1&price=1&stopPrice=1",
                -1106,
                "Parameter 'stopPrice' sent when not required.",
            ),
            (
                "symbol=BTCUSDT&side=BUY&type=STOP_LOSS&quantity=1",
                -1102,
                "Param 'stopPrice' or 'trailingDelta' must be sent, but both were empty/null!",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn values_that_are_not_what_their_parameter_holds_are_refused() {
    check(
        "POST /api/v3/order",
        &[
            (
                "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=-1&price=1",
                -1100,
                "Illegal characters found in parameter 'quantity'; legal range is \
                 '^([0-9]{1,20})(\\.[0-9]{1,20})?$'.",
            ),
            (
                "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1e3&price=1",
                -1100,
                "Illegal characters found in parameter 'quantity'; legal range is \
                 '^([0-9]{1,20})(\\.[0-9]{1,20})?$'.",
            ),
            (
                "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0&price=1",
                -1013,
                "Invalid quantity.",
            ),
            (
                "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0",
                -1013,
                "Invalid price.",
            ),
            (
                "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=0.123456789&price=1",
                -1111,
                "Parameter 'quantity' has too much precision.",
            ),
            (
                "symbol=BTCUSDT&side=BUY&type=MARKET&quoteOrderQty=10.123456789",
                -1111,
                "Parameter 'quoteOrderQty' has too much precision.",
            ),
            (
                &format!("{ORDER}&newClientOrderId=a%20b"),
                -1100,
                "Illegal characters found in parameter 'newClientOrderId'; legal range is \
                 '^[\\.A-Z\\:/a-z0-9_-]{1,36}$'.",
            ),
            (&format!("{ORDER}&strategyType=1"), -1134, "`strategyType` was less than 1000000."),
            (
                &format!("{ORDER}&newOrderRespType=LONG"),
                -1130,
                "Data sent for parameter 'newOrderRespType' is not valid.",
            ),
            (
                &format!("{ORDER}&selfTradePreventionMode=MAYBE"),
                -1130,
                "Data sent for parameter 'selfTradePreventionMode' is not valid.",
            ),
            (&format!("{ORDER}&icebergQty=0.2"), -2010, "IcebergQty exceeds QTY."),
            (&format!("{ORDER}&side=BUY"), -1101, "Duplicate values for a parameter detected."),
            (
                &format!("{ORDER}&unheardOf=1"),
                -1104,
                "Not all sent parameters were read; read '8' parameter(s) but was sent '9'.",
            ),
            (
                "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=IOC&quantity=1&price=20000\
                 &icebergQty=0.5",
                -1014,
                "Unsupported order combination.",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn orders_off_the_filters_are_refused_with_the_filter_s_name() {
    let limit = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC";
    check(
        "POST /api/v3/order",
        &[
            (
                &format!("{limit}&quantity=0.1&price=20000.001"),
                -1013,
                "Filter failure: PRICE_FILTER",
            ),
            (
                &format!("{limit}&quantity=0.1&price=1000000.01"),
                -1013,
                "Filter failure: PRICE_FILTER",
            ),
            (&format!("{limit}&quantity=0.000001&price=20000"), -1013, "Filter failure: LOT_SIZE"),
            (&format!("{limit}&quantity=9001&price=20000"), -1013, "Filter failure: LOT_SIZE"),
            (&format!("{limit}&quantity=0.0001&price=20000"), -1013, "Filter failure: NOTIONAL"),
            (
                &format!("{limit}&quantity=0.1&price=5999.99"),
                -1013,
                "Filter failure: PERCENT_PRICE_BY_SIDE",
            ),
            (
                "symbol=BTCUSDT&side=SELL&type=MARKET&quantity=100.00001",
                -1013,
                "Filter failure: MARKET_LOT_SIZE",
            ),
            (
                &format!("{limit}&quantity=1&price=20000&icebergQty=0.009"),
                -1013,
                "Filter failure: ICEBERG_PARTS",
            ),
            (
                "symbol=BTCUSDT&side=BUY&type=STOP_LOSS&quantity=0.1&trailingDelta=5",
                -1013,
                "Filter failure: TRAILING_DELTA",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn a_test_order_is_held_to_the_filters_too() {
    let limit = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC";
    check(
        "POST /api/v3/order/test",
        &[
            (
                &format!("{limit}&quantity=0.1&price=1000000.01"),
                -1013,
                "Filter failure: PRICE_FILTER",
            ),
            (&format!("{limit}&quantity=9001&price=20000"), -1013, "Filter failure: LOT_SIZE"),
            (&format!("{limit}&quantity=0.0001&price=20000"), -1013, "Filter failure: NOTIONAL"),
            (
                "symbol=BTCUSDT&side=SELL&type=MARKET&quantity=100.00001",
                -1013,
                "Filter failure: MARKET_LOT_SIZE",
            ),
            ("symbol=ETHUSDT&side=SELL&type=MARKET&quantity=1", -2010, "Market is closed."),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_the_engine_refuses_is_told_in_the_documented_words() {
    let limit = "symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC";
    check(
        "POST /api/v3/order",
        &[
            (
                &format!("{limit}&quantity=51&price=20000"),
                -2010,
                "Account has insufficient balance for requested action.",
            ),
            (&format!("{ORDER}&newClientOrderId=taken"), -2010, "Duplicate order sent."),
            (
                "symbol=ETHUSDT&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=2000",
                -2010,
                "Market is closed.",
            ),
            (
                "symbol=BTCUSDT&side=BUY&type=LIMIT_MAKER&quantity=0.1&price=30000",
                -2010,
                "Order would immediately match and take.",
            ),
            (
                "symbol=BTCUSDT&side=BUY&type=STOP_LOSS&quantity=0.1&stopPrice=29000",
                -2010,
                "Order would trigger immediately.",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn cancels_and_questions_about_orders_that_are_not_there_are_refused() {
    check(
        "DELETE /api/v3/order",
        &[
            ("symbol=BTCUSDT&orderId=99", -2011, "Unknown order sent."),
            ("symbol=BTCUSDT&orderId=1", -2011, "Unknown order sent."),
            (
                "symbol=BTCUSDT",
                -1102,
                "Param 'origClientOrderId' or 'orderId' must be sent, but both were empty/null!",
            ),
            (
                "symbol=BTCUSDT&orderId=4&origClientOrderId=other",
                -2039,
                "Client order ID is not correct for this order ID.",
            ),
            (
                "symbol=BTCUSDT&orderId=4&cancelRestrictions=ONLY_PARTIALLY_FILLED",
                -2011,
                "Order was not canceled due to cancel restrictions.",
            ),
            (
                "symbol=BTCUSDT&orderId=4&cancelRestrictions=NEVER",
                -1145,
                "Invalid cancelRestrictions",
            ),
            ("symbol=ETHUSDT&orderId=4", -2011, "Market is closed."),
        ],
    )
    .await;
    check(
        "GET /api/v3/order",
        &[
            ("symbol=BTCUSDT&orderId=99", -2013, "Order does not exist."),
            ("symbol=BTCUSDT&orderId=1", -2013, "Order does not exist."),
            (
                "symbol=BTCUSDT&orderId=99999999999999999999",
                -1108,
                "Parameter 'orderId' overflowed.",
            ),
        ],
    )
    .await;
    check(
        "GET /api/v3/allOrders",
        &[
            (
                "symbol=BTCUSDT&startTime=1700000000000&endTime=1700090000000",
                -1127,
                "More than 24 hours between startTime and endTime.",
            ),
            ("symbol=BTCUSDT&limit=0", -1130, "Data sent for parameter 'limit' is not valid."),
        ],
    )
    .await;
}

#[tokio::test]
async fn lists_that_do_not_hold_together_are_refused() {
    let base = "symbol=BTCUSDT&quantity=0.1";
    check(
        "POST /api/v3/orderList/oco",
        &[
            (
                &format!(
                    "{base}&side=SELL&aboveType=LIMIT_MAKER&abovePrice=25000&belowType=STOP_LOSS\
                     &belowStopPrice=20000"
                ),
                -2010,
                "The relationship of the prices for the orders is not correct.",
            ),
            (
                &format!("{base}&side=BUY&aboveType=LIMIT_MAKER&belowType=STOP_LOSS"),
                -1165,
                "A limit order in a buy OCO must be below.",
            ),
            (
                &format!("{base}&side=BUY&aboveType=MARKET&belowType=STOP_LOSS"),
                -1158,
                "Order type not supported in OCO.",
            ),
            (
                &format!("{base}&side=SELL&belowType=STOP_LOSS"),
                -1102,
                "Mandatory parameter 'aboveType' was not sent, was empty/null, or malformed.",
            ),
        ],
    )
    .await;
}

#[tokio::test]
async fn what_is_too_large_or_not_there_is_refused_before_it_is_read() {
    let stage = Stage::new();
    let before = stage.state();
    let long = "a".repeat(20_000);
    for (method, url, body, status) in [
        ("POST", "/api/v3/order".to_owned(), long.as_str(), 413),
        ("GET", format!("/api/v3/account?x={}", &long[..9_000]), "", 414),
        ("PATCH", "/api/v3/order".to_owned(), "", 405),
        ("GET", "/api/v3/nothing".to_owned(), "", 404),
    ] {
        let reply = stage.send(method, &url, body, ALICE).await;
        assert_eq!(reply.status, status, "{method} {}", &url[..20.min(url.len())]);
    }
    assert_eq!(stage.state(), before);
}
