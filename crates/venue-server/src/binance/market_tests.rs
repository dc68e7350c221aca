//! What the public operations answer, to the letter.

use model::Side::{Buy, Sell};
use venue::binance::{Filter, Operation, Refusal, TimeUnit};

use super::market::weight_of;
use super::request::Params;
use super::stage::Stage;

fn traded() -> Stage {
    let mut stage = Stage::new();
    stage.levels(&[(Buy, 6_700_000, 150_000), (Buy, 6_699_950, 1), (Sell, 6_700_001, 20_000)]);
    stage.trade(Buy, &[(6_700_000, 10_000), (6_700_000, 5_000), (6_700_100, 1)]);
    stage.pass_ms(61_234);
    stage.trade(Sell, &[(6_690_000, 20_000)]);
    stage.pass_ms(1_000);
    stage
}

#[track_caller]
fn check(stage: &Stage, operation: Operation, query: &str, want: &str) {
    assert_eq!(stage.ask(operation, query).as_deref(), Ok(want), "{operation:?} {query}");
}

#[test]
fn candles_of_a_time_zone_weigh_what_it_takes_to_compose_them() {
    for (query, want) in [
        ("interval=1M&limit=1000", 2),
        ("interval=1s&timeZone=8", 2),
        ("interval=1m&timeZone=8", 2),
        ("interval=4h&timeZone=8", 2),
        ("interval=1d&timeZone=8", 2 + 24),
        ("interval=1d&timeZone=5:45", 2 + 96),
        ("interval=1M&timeZone=8&limit=1000", 2 + 100),
        ("interval=?&timeZone=8", 2),
    ] {
        let params = Params::from_form(query, b"").unwrap();
        assert_eq!(weight_of(Operation::Klines, &params), want, "{query}");
        assert_eq!(weight_of(Operation::UiKlines, &params), want, "{query}");
        assert_eq!(weight_of(Operation::AvgPrice, &params), 2, "{query}");
    }
}

#[test]
fn the_book_and_its_best_are_told_with_eight_digits() {
    let stage = traded();
    let depth = r#"{"lastUpdateId":1,"bids":[["67000.00000000","1.50000000"],["66999.50000000","0.00001000"]],"asks":[["67000.01000000","0.20000000"]]}"#;
    check(&stage, Operation::Depth, "symbol=BTCUSDT", depth);
    let best = r#"{"lastUpdateId":1,"bids":[["67000.00000000","1.50000000"]],"asks":[["67000.01000000","0.20000000"]]}"#;
    check(&stage, Operation::Depth, "symbol=BTCUSDT&limit=1&symbolStatus=TRADING", best);
    let book = r#"{"symbol":"BTCUSDT","bidPrice":"67000.00000000","bidQty":"1.50000000","askPrice":"67000.01000000","askQty":"0.20000000"}"#;
    check(&stage, Operation::TickerBook, "symbol=BTCUSDT", book);
    let empty = r#"{"symbol":"ETHUSDT","bidPrice":"0.00000000","bidQty":"0.00000000","askPrice":"0.00000000","askQty":"0.00000000"}"#;
    check(&stage, Operation::TickerBook, "", &format!("[{book},{empty}]"));
    check(&stage, Operation::TickerBook, "symbolStatus=HALT", &format!("[{empty}]"));
}

#[test]
fn trades_are_told_one_by_one_and_by_taker_and_price() {
    let stage = traded();
    let row = |id, price, qty, quote, time, maker| {
        format!(
            r#"{{"id":{id},"price":"{price}","qty":"{qty}","quoteQty":"{quote}","time":{time},"isBuyerMaker":{maker},"isBestMatch":true}}"#
        )
    };
    let third = row(3, "67001.00000000", "0.00001000", "0.67001000", 1_700_000_000_000_u64, false);
    let last = row(4, "66900.00000000", "0.20000000", "13380.00000000", 1_700_000_061_234, true);
    check(&stage, Operation::Trades, "symbol=BTCUSDT&limit=2", &format!("[{third},{last}]"));
    let from = "symbol=BTCUSDT&limit=1&fromId=3";
    check(&stage, Operation::HistoricalTrades, from, &format!("[{third}]"));
    let first = r#"{"a":1,"p":"67000.00000000","q":"0.15000000","f":1,"l":2,"T":1700000000000,"m":false,"M":true}"#;
    let second = r#"{"a":2,"p":"67001.00000000","q":"0.00001000","f":3,"l":3,"T":1700000000000,"m":false,"M":true}"#;
    let all = "symbol=BTCUSDT&startTime=1700000000000&endTime=1700000000000";
    check(&stage, Operation::AggTrades, all, &format!("[{first},{second}]"));
    check(&stage, Operation::AggTrades, "symbol=BTCUSDT&fromId=1&limit=1", &format!("[{first}]"));
}

#[test]
fn candles_are_cut_where_the_zone_says_and_empty_ones_are_told() {
    let stage = traded();
    // The first trades fell into 22:13, the last one into 22:14.
    let first = r#"[1699999980000,"67000.00000000","67001.00000000","67000.00000000","67001.00000000","0.15001000",1700000039999,"10050.67001000",3,"0.15001000","10050.67001000","0"]"#;
    let second = r#"[1700000040000,"66900.00000000","66900.00000000","66900.00000000","66900.00000000","0.20000000",1700000099999,"13380.00000000",1,"0.00000000","0.00000000","0"]"#;
    check(&stage, Operation::Klines, "symbol=BTCUSDT&interval=1m", &format!("[{first},{second}]"));
    check(
        &stage,
        Operation::UiKlines,
        "symbol=BTCUSDT&interval=1m&limit=1",
        &format!("[{second}]"),
    );
    let within = "symbol=BTCUSDT&interval=1m&startTime=1699999980000&endTime=1699999999999";
    check(&stage, Operation::Klines, within, &format!("[{first}]"));
    let day = "symbol=BTCUSDT&interval=1d&timeZone=-8:00";
    assert!(stage.ask(Operation::Klines, day).unwrap().starts_with("[[1699948800000,"));
    let empty = r#"[[1700000001000,"67001.00000000","67001.00000000","67001.00000000","67001.00000000","0.00000000",1700000001999,"0.00000000",0,"0.00000000","0.00000000","0"]]"#;
    let second = "symbol=BTCUSDT&interval=1s&startTime=1700000001000&limit=1";
    check(&stage, Operation::Klines, second, empty);
    check(&stage, Operation::Klines, "symbol=ETHUSDT&interval=1m", "[]");
}

#[test]
fn tickers_tell_the_window_in_all_their_shapes() {
    let stage = traded();
    let full = r#"{"symbol":"BTCUSDT","priceChange":"-100.00000000","priceChangePercent":"-0.149","weightedAvgPrice":"66942.85880403","prevClosePrice":"0.00000000","lastPrice":"66900.00000000","lastQty":"0.20000000","bidPrice":"67000.00000000","bidQty":"1.50000000","askPrice":"67000.01000000","askQty":"0.20000000","openPrice":"67000.00000000","highPrice":"67001.00000000","lowPrice":"66900.00000000","volume":"0.35001000","quoteVolume":"23430.67001000","openTime":1699913640000,"closeTime":1700000062234,"firstId":1,"lastId":4,"count":4}"#;
    check(&stage, Operation::Ticker24hr, "symbol=BTCUSDT", full);
    let mini = r#"{"symbol":"BTCUSDT","openPrice":"66900.00000000","highPrice":"66900.00000000","lowPrice":"66900.00000000","lastPrice":"66900.00000000","volume":"0.20000000","quoteVolume":"13380.00000000","openTime":1700000040000,"closeTime":1700000062234,"firstId":4,"lastId":4,"count":1}"#;
    let query = "symbols=[%22BTCUSDT%22]&windowSize=1m&type=MINI";
    // One minute before 22:14:22 lies in 22:13, which is told in full.
    let answer = stage.ask(Operation::TickerRolling, query).unwrap();
    assert!(answer.contains(r#""openTime":1699999980000"#), "{answer}");
    stage.pass_ms(60_000);
    let later = mini.replace("1700000062234", "1700000122234");
    check(&stage, Operation::TickerRolling, query, &format!("[{later}]"));
    let day = stage.ask(Operation::TickerTradingDay, "symbol=BTCUSDT").unwrap();
    assert!(day.contains(r#""openTime":1699920000000,"closeTime":1700006399999"#), "{day}");
    check(
        &stage,
        Operation::TickerPrice,
        "",
        r#"[{"symbol":"BTCUSDT","price":"66900.00000000"},{"symbol":"ETHUSDT","price":"0.00000000"}]"#,
    );
    let never = stage.ask(Operation::Ticker24hr, "symbol=ETHUSDT").unwrap();
    assert!(never.ends_with(r#""firstId":-1,"lastId":-1,"count":0}"#), "{never}");
}

#[test]
fn the_rules_of_a_market_are_all_told() {
    let stage = Stage::new();
    let info = stage.ask(Operation::ExchangeInfo, "symbol=BTCUSDT").unwrap();
    let want = concat!(
        r#"{"timezone":"UTC","serverTime":1700000000000,"rateLimits":["#,
        r#"{"rateLimitType":"REQUEST_WEIGHT","interval":"MINUTE","intervalNum":1,"limit":6000},"#,
        r#"{"rateLimitType":"ORDERS","interval":"SECOND","intervalNum":10,"limit":100},"#,
        r#"{"rateLimitType":"ORDERS","interval":"DAY","intervalNum":1,"limit":200000},"#,
        r#"{"rateLimitType":"RAW_REQUESTS","interval":"MINUTE","intervalNum":5,"limit":61000}],"#,
        r#""exchangeFilters":[],"symbols":[{"symbol":"BTCUSDT","status":"TRADING","#,
        r#""baseAsset":"BTC","baseAssetPrecision":8,"quoteAsset":"USDT","quotePrecision":8,"#,
        r#""quoteAssetPrecision":8,"baseCommissionPrecision":8,"quoteCommissionPrecision":8,"#,
        r#""orderTypes":["LIMIT","LIMIT_MAKER","MARKET","STOP_LOSS","STOP_LOSS_LIMIT","#,
        r#""TAKE_PROFIT","TAKE_PROFIT_LIMIT"],"icebergAllowed":true,"ocoAllowed":true,"#,
        r#""otoAllowed":false,"opoAllowed":false,"quoteOrderQtyMarketAllowed":true,"#,
        r#""allowTrailingStop":true,"cancelReplaceAllowed":true,"amendAllowed":true,"#,
        r#""pegInstructionsAllowed":false,"isSpotTradingAllowed":true,"#,
        r#""isMarginTradingAllowed":false,"filters":["#,
        r#"{"filterType":"PRICE_FILTER","minPrice":"0.01000000","maxPrice":"1000000.00000000","#,
        r#""tickSize":"0.01000000"},"#,
        r#"{"filterType":"LOT_SIZE","minQty":"0.00001000","maxQty":"9000.00000000","#,
        r#""stepSize":"0.00001000"},{"filterType":"ICEBERG_PARTS","limit":100},"#,
        r#"{"filterType":"MARKET_LOT_SIZE","minQty":"0.00001000","maxQty":"100.00000000","#,
        r#""stepSize":"0.00001000"},{"filterType":"TRAILING_DELTA","minTrailingAboveDelta":10,"#,
        r#""maxTrailingAboveDelta":2000,"minTrailingBelowDelta":10,"#,
        r#""maxTrailingBelowDelta":2000},{"filterType":"PERCENT_PRICE_BY_SIDE","#,
        r#""bidMultiplierUp":"5","bidMultiplierDown":"0.2","askMultiplierUp":"5","#,
        r#""askMultiplierDown":"0.2","avgPriceMins":5},{"filterType":"NOTIONAL","#,
        r#""minNotional":"5.00000000","applyMinToMarket":true,"maxNotional":"9000000.00000000","#,
        r#""applyMaxToMarket":false,"avgPriceMins":5},"#,
        r#"{"filterType":"MAX_NUM_ORDERS","maxNumOrders":200},"#,
        r#"{"filterType":"MAX_NUM_ORDER_LISTS","maxNumOrderLists":20},"#,
        r#"{"filterType":"MAX_NUM_ALGO_ORDERS","maxNumAlgoOrders":5},"#,
        r#"{"filterType":"MAX_NUM_ICEBERG_ORDERS","maxNumIcebergOrders":10},"#,
        r#"{"filterType":"MAX_NUM_ORDER_AMENDS","maxNumOrderAmends":10}],"permissions":[],"#,
        r#""permissionSets":[["SPOT"]],"defaultSelfTradePreventionMode":"NONE","#,
        r#""allowedSelfTradePreventionModes":["NONE","EXPIRE_TAKER","EXPIRE_MAKER","#,
        r#""EXPIRE_BOTH","DECREMENT"]}]}"#,
    );
    assert_eq!(info, want);
    for (query, symbols) in [
        ("", 2),
        ("symbols=[%22ETHUSDT%22,%22BTCUSDT%22]", 2),
        ("symbolStatus=HALT", 1),
        ("permissions=SPOT", 2),
        ("permissions=[%22MARGIN%22,%22SPOT%22]", 2),
        ("permissions=MARGIN", 0),
        ("showPermissionSets=false", 2),
    ] {
        let info = stage.ask(Operation::ExchangeInfo, query).unwrap();
        assert_eq!(info.matches(r#""symbol":"#).count(), symbols, "{query}");
        assert_eq!(info.contains(r#"[["SPOT"]]"#), 0 < symbols && !query.starts_with("show"));
    }
}

#[test]
fn times_are_told_in_the_unit_that_is_asked() {
    let stage = traded();
    let micros = |operation, query| stage.ask_in(operation, query, TimeUnit::Microsecond).unwrap();
    assert_eq!(micros(Operation::Time, ""), r#"{"serverTime":1700000062234000}"#);
    let kline = micros(Operation::Klines, "symbol=BTCUSDT&interval=1m&limit=1");
    assert!(kline.starts_with("[[1700000040000000,") && kline.contains("1700000099999999"));
    assert_eq!(
        micros(Operation::AvgPrice, "symbol=BTCUSDT"),
        r#"{"mins":5,"price":"66900.00000000","closeTime":1700000061234000}"#
    );
    assert_eq!(stage.ask(Operation::Ping, "").unwrap(), "{}");
}

#[test]
fn bad_requests_are_refused_as_documented() {
    let stage = traded();
    for (operation, query, want) in [
        (Operation::Depth, "", Refusal::Mandatory("symbol")),
        (Operation::Depth, "symbol=NOSUCH", Refusal::BadSymbol),
        (Operation::Depth, "symbol=BTC-USDT", Refusal::BadSymbol),
        (Operation::Depth, "symbol=ETHUSDT&symbolStatus=TRADING", Refusal::SymbolStatusMismatch),
        (Operation::Depth, "symbol=BTCUSDT&symbolStatus=OPEN", Refusal::BadSymbolStatus),
        (Operation::Depth, "symbol=BTCUSDT&x=1", Refusal::Unread { read: 1, sent: 2 }),
        (Operation::Klines, "symbol=BTCUSDT", Refusal::Mandatory("interval")),
        (Operation::Klines, "symbol=BTCUSDT&interval=7m", Refusal::BadInterval),
        (
            Operation::Klines,
            "symbol=BTCUSDT&interval=1m&timeZone=15",
            Refusal::BadValue("timeZone"),
        ),
        (
            Operation::AggTrades,
            "symbol=BTCUSDT&fromId=1&startTime=1700000000000",
            Refusal::BadOptionalCombination,
        ),
        (
            Operation::Ticker24hr,
            "symbol=BTCUSDT&symbols=[%22ETHUSDT%22]",
            Refusal::BadOptionalCombination,
        ),
        (Operation::Ticker24hr, "symbols=[]", Refusal::Empty("symbols")),
        (Operation::Ticker24hr, "symbol=BTCUSDT&type=TINY", Refusal::BadTickerType),
        (Operation::TickerPrice, "symbols=[%22BTCUSDT%22,%22NO%22]", Refusal::BadSymbol),
        (Operation::TickerRolling, "", Refusal::MandatoryEither("symbol", "symbols")),
        (
            Operation::TickerRolling,
            "symbol=BTCUSDT&windowSize=1d2h",
            Refusal::BadValue("windowSize"),
        ),
        (
            Operation::ExchangeInfo,
            "symbol=BTCUSDT&permissions=SPOT",
            Refusal::BadOptionalCombination,
        ),
        (
            Operation::ExchangeInfo,
            "symbol=BTCUSDT&symbolStatus=HALT",
            Refusal::BadOptionalCombination,
        ),
        (Operation::ExchangeInfo, "permissions=spot", Refusal::BadValue("permissions")),
    ] {
        assert_eq!(stage.ask(operation, query), Err(want), "{operation:?} {query}");
    }
    assert_eq!(Refusal::Filter(Filter::Price).code(), -1013);
}
