//! Tapes that are made here, and the recorded ones where they are.

use std::io::Write;

use tempfile::TempDir;

use super::*;
use crate::prices::{PriceProcess, Worth};

/// A folder with files that are written as asked.
struct Shelf(TempDir);

impl Shelf {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn put(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    fn put_compressed(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.path().join(name);
        let file = File::create(&path).unwrap();
        let mut packed = flate2::write::GzEncoder::new(file, flate2::Compression::default());
        packed.write_all(text.as_bytes()).unwrap();
        packed.finish().unwrap();
        path
    }

    fn read(&self, text: &str) -> Result<Tapes, TapeError> {
        Tapes::read(&[self.put("tape", text)])
    }
}

const BEGIN: u64 = 1_723_161_254_000_000_000;

fn ticker(millis: u64, symbol: &str, bid: &str, ask: &str) -> String {
    let (at, lower) = (BEGIN + millis * 1_000_000, symbol.to_lowercase());
    format!(
        "{at} {{\"stream\":\"{lower}@bookTicker\",\"data\":{{\"u\":1,\"s\":\"{symbol}\",\"b\":\
         \"{bid}\",\"B\":\"1\",\"a\":\"{ask}\",\"A\":\"1\"}}}}\n"
    )
}

fn deal(millis: u64, symbol: &str, price: &str) -> String {
    let (at, lower) = (BEGIN + millis * 1_000_000, symbol.to_lowercase());
    format!(
        "{at} {{\"stream\":\"{lower}@trade\",\"data\":{{\"e\":\"trade\",\"s\":\"{symbol}\",\
         \"p\":\"{price}\",\"q\":\"1\"}}}}\n"
    )
}

/// The prices of the only market of a tape.
fn told(tapes: &Tapes) -> Vec<Quotation> {
    assert_eq!(tapes.0.len(), 1);
    tapes.0[0].prices.clone()
}

fn prices(texts: &[&str]) -> Vec<Quotation> {
    texts.iter().map(|text| Quotation::parse(text).unwrap()).collect()
}

#[test]
fn the_last_price_of_a_step_counts_and_stays_until_another_is_told() {
    let text = [
        ticker(0, "BTCUSDT", "100.00000000", "100.02000000"),
        "1723161254010000000 {\"stream\":\"btcusdt@depth\",\"data\":{\"b\":[],\"a\":[]}}\n".into(),
        "1723161254020000000 {\"lastUpdateId\":1,\"bids\":[],\"asks\":[]}\n".into(),
        ticker(49, "BTCUSDT", "101", "101.02"),
        deal(60, "BTCUSDT", "150"),
        ticker(205, "BTCUSDT", "102", "102"),
        // A little back is within the order of sockets.
        ticker(100, "BTCUSDT", "103", "103"),
    ];
    let shelf = Shelf::new();
    let want = prices(&["101.01", "101.01", "101.01", "101.01", "103"]);
    for path in [shelf.put("plain", &text.concat()), shelf.put_compressed("gz", &text.concat())] {
        let tapes = Tapes::read(&[path]).unwrap();
        assert_eq!((told(&tapes), tapes.markets()), (want.clone(), vec!["BTC-USDT".to_owned()]));
        assert_eq!(tapes.duration().as_millis(), 250);
    }
    let deals = [deal(0, "BTCUSDT", "100"), deal(100, "BTCUSDT", "99")].concat();
    let deals = shelf.read(&deals).unwrap();
    assert_eq!(told(&deals), prices(&["100", "100", "99"]), "trades, where no quotes are told");
}

#[test]
fn a_tape_drives_its_market_begins_anew_and_leaves_the_others_alone() {
    let shelf = Shelf::new();
    let (first, last) = ("61000", "61050");
    let text = ticker(0, "BTCUSDT", first, first) + &ticker(50, "BTCUSDT", last, last);
    let weather = tokio::sync::watch::Sender::new(crate::Weather::default()).subscribe();
    let taped = PriceProcess::new(1, shelf.read(&text).unwrap(), weather);
    let drawn = PriceProcess::of_seed(1);
    let (mut one, mut other) = (taped.open_path(), drawn.open_path());
    for step in 0..10 {
        let price = prices(&[if step % 2 == 0 { first } else { last }])[0];
        let tether = one.worth("USDT").unwrap();
        assert_eq!(one.worth("BTC"), Some(tether.times(price)));
        for code in ["USDT", "ETH"] {
            assert_eq!(one.worth(code), other.worth(code));
        }
        one.advance(&taped);
        other.advance(&drawn);
    }
    assert_ne!(other.worth("USDT"), Some(Worth::DOLLAR));
}

#[test]
fn files_that_follow_each_other_are_one_tape_and_markets_go_side_by_side() {
    let shelf = Shelf::new();
    let one = shelf.put("one", &ticker(0, "BTCUSDT", "100", "100"));
    let next = shelf.put("next", &ticker(150, "BTCUSDT", "101", "101"));
    let coin = ticker(50, "ETHUSDT", "10", "10") + &ticker(100, "NKNUSDT", "1", "1");
    let other = shelf.put("other", &coin);
    let cross = shelf.put("cross", &ticker(50, "ETHBTC", "0.1", "0.1"));
    let tapes = Tapes::read(&[next, other, one.clone(), cross]).unwrap();
    assert_eq!(tapes.markets(), ["BTC-USDT", "ETH-USDT"], "one market drives a coin");
    assert_eq!(tapes.0[0].prices, prices(&["100", "100", "100", "101"]));
    assert_eq!(tapes.0[1].prices, prices(&["10", "10", "10", "10"]));

    let later = shelf.put("later", &ticker(3_700_000, "BTCUSDT", "100", "100"));
    let error = Tapes::read(&[later.clone(), one.clone()]).unwrap_err();
    assert!(matches!(&error, TapeError::Apart { other, .. } if *other == later), "{error}");
    let error =
        Tapes::read(&std::iter::repeat_n(one, FILES_MAX + 1).collect::<Vec<_>>()).unwrap_err();
    assert!(matches!(error, TapeError::TooMany));
}

#[test]
fn a_file_with_nonsense_is_refused_with_its_line() {
    let shelf = Shelf::new();
    let good = ticker(0, "BTCUSDT", "100", "101");
    let cases = [
        (ticker(50, "BTCUSDT", "102", "101"), Nonsense::Crossed),
        (ticker(50, "BTCUSDT", "0", "101"), Nonsense::Price),
        (ticker(50, "BTCUSDT", "-5", "101"), Nonsense::Price),
        (ticker(50, "BTCUSDT", "NaN", "101"), Nonsense::Price),
        (ticker(50, "NKNUSDT", "1e400", "101"), Nonsense::Price),
        (ticker(50, "BTCUSDT", "100", "100.0000000000001"), Nonsense::Price),
        (deal(50, "ETHUSDT", "99999999"), Nonsense::Price),
        (ticker(50, "BTCUSDT", "300", "301"), Nonsense::Leap),
        (ticker(50, "BTCUSDT", "30", "31"), Nonsense::Leap),
        (ticker(3_700_000, "BTCUSDT", "100", "101"), Nonsense::Time),
        ("1723161252000000000".to_owned() + &good[19..], Nonsense::Time),
        ("17231612540".to_owned() + &good[19..], Nonsense::Time),
        ("0000000000000000000".to_owned() + &good[19..], Nonsense::Time),
        ("yesterday".to_owned() + &good[19..], Nonsense::Time),
        ("1723161254000000000 {\"stream\":\"a@bookTicker\",\"data\":{}}".into(), Nonsense::Form),
        ("1723161254000000000 {\"stream\"".into(), Nonsense::Form),
        ("1723161254000000000".into(), Nonsense::Form),
        ("1723161254000000000 hello".into(), Nonsense::Form),
        ("1723161254.0: [1,{},\"ticker\"]".into(), Nonsense::Form),
        ("1723161254.0: [1,{\"a\":[],\"b\":[]},\"ticker\",\"XBT/USD\"]".into(), Nonsense::Form),
        ("x".repeat(LINE_BYTES_MAX + 1), Nonsense::TooLong),
    ];
    for (bad, want) in cases {
        let error = shelf.read(&(good.clone() + &bad)).unwrap_err();
        let shown = bad.get(..80).unwrap_or(&bad);
        match error {
            TapeError::Nonsense { line: 2, nonsense, .. } => assert_eq!(nonsense, want, "{shown}"),
            other => panic!("{shown}: {other:?}"),
        }
    }
    let error = Tapes::read(&[shelf.put("raw", "\u{1}")]).unwrap_err();
    assert!(matches!(error, TapeError::Nonsense { line: 1, nonsense: Nonsense::Form, .. }));
    std::fs::write(shelf.0.path().join("raw"), [0xff, 0xfe, 0x00]).unwrap();
    let error = Tapes::read(&[shelf.0.path().join("raw")]).unwrap_err();
    assert!(error.to_string().ends_with("line 1: it is in no form that is known"), "{error}");
}

#[test]
fn what_cannot_be_read_or_tells_nothing_that_is_known_is_refused() {
    let shelf = Shelf::new();
    let none = Tapes::read(&[shelf.0.path().join("none")]).unwrap_err();
    assert!(matches!(none, TapeError::Unreadable { .. }), "{none}");
    let unknown = shelf.read(&ticker(0, "NKNUSDT", "1", "1")).unwrap_err();
    assert!(unknown.to_string().ends_with("known here, but of NKNUSDT"), "{unknown}");
    assert!(matches!(shelf.read("").unwrap_err(), TapeError::Unknown { .. }));
    let path = shelf.put_compressed("cut", &ticker(0, "BTCUSDT", "1", "1").repeat(1_000));
    let bytes = std::fs::read(&path).unwrap();
    std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let cut = Tapes::read(&[path]).unwrap_err();
    assert!(matches!(cut, TapeError::Unreadable { .. }), "{cut}");
    assert_eq!(Tapes::read(&[]).unwrap().markets(), Vec::<String>::new());
}

#[test]
fn a_tape_longer_than_a_day_is_played_for_a_day() {
    let shelf = Shelf::new();
    let hours = (0..30).map(|hour| ticker(hour * 3_500_000, "BTCUSDT", "100", "100"));
    let tapes = shelf.read(&hours.collect::<String>()).unwrap();
    assert!(tapes.0[0].prices.len() <= STEPS_MAX);
    assert_eq!(tapes.duration().as_secs(), 24 * 3_500);
}

#[test]
fn tables_of_quotes_and_trades_and_other_sockets_are_read() {
    let shelf = Shelf::new();
    let one = |text: &str| {
        let tapes = shelf.read(text).unwrap();
        (tapes.markets().join(" "), told(&tapes))
    };
    let quotes = "symbol,timestamp,ask_price,bid_price\n\
                  BTC-USD,1588291201099000,8629.3,8629.1\nBTC-USD,1588291201150000,8630,8630\n";
    assert_eq!(one(quotes), ("BTC-USD".into(), prices(&["8629.2", "8630"])));
    let tops = "symbol,timestamp,asks[0].price,bids[0].price\nETHUSDT,1598918403696,3.5,3.5\n";
    assert_eq!(one(tops), ("ETH-USDT".into(), prices(&["3.5"])));
    let trades = "exchange,symbol,timestamp,side,price\nbitmex,XBTUSD,1583020803145000,sell,85.5\n";
    assert_eq!(one(trades), ("BTC-USD".into(), prices(&["85.5"])));
    let kraken = r#"wss://ws.kraken.com <-> 1618678132.3771882
1618678132.845558: {"event":"systemStatus"}
1618678132.94: [1,{"a":["2.10",35,"3"],"b":["2.00",1,"1"]},"ticker","ADA/XBT"]
1618678132.95: [2,[["2.2","1","1618678132.9","b","l",""]],"trade","ADA/XBT"]
"#;
    assert_eq!(one(kraken), ("ADA-BTC".into(), prices(&["2.05"])));
    for table in ["symbol,price\n", "timestamp,price\n", "a,b\n", "symbol,timestamp,bid_price\n"] {
        let error = shelf.read(table).unwrap_err();
        let is_table =
            matches!(error, TapeError::Nonsense { line: 1, nonsense: Nonsense::Table, .. });
        assert!(is_table, "{table}: {error}");
    }
}

/// A recorded file, where recordings are.
fn recorded(name: &str) -> Option<PathBuf> {
    let shared = std::env::var_os("RIALTO_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), Into::into);
    let path = shared.join("marketdata").join(name);
    if !path.exists() {
        eprintln!("skipped: recorded market data: {} is not there", path.display());
        return None;
    }
    Some(path)
}

#[test]
fn recorded_tapes_are_played() {
    let coins = ["btcusdt_20240808", "btcusdt_20240809", "ethusdt_20240808", "ethusdt_20240809"];
    let name = |coin: &str| format!("hftbacktest/spot_{coin}.gz");
    let Some(files) = coins.iter().map(|coin| recorded(&name(coin))).collect::<Option<Vec<_>>>()
    else {
        return;
    };
    let tapes = Tapes::read(&files).unwrap();
    assert_eq!(tapes.markets(), ["BTC-USDT", "ETH-USDT"]);
    assert_eq!(tapes.duration().as_secs(), 650, "to the end of the later of both");
    for (reel, (low, high)) in tapes.0.iter().zip([("61000", "63000"), ("2600", "2750")]) {
        let (low, high) = (Quotation::parse(low).unwrap(), Quotation::parse(high).unwrap());
        assert!(reel.prices.iter().all(|price| (low..high).contains(price)));
        let moves = reel.prices.windows(2).filter(|pair| pair[0] != pair[1]).count();
        assert!(500 < moves, "{moves}");
    }

    let read = |name| Tapes::read(&[recorded(name).unwrap()]);
    for (file, market) in [
        ("cryptofeed/KRAKEN.ws.49.0", "ADA-BTC"),
        ("nautilus/tardis_bitmex_trades_XBTUSD.csv", "BTC-USD"),
        ("nautilus/tardis_huobi-dm-swap_quotes_BTC-USD.csv", "BTC-USD"),
        ("nautilus/tardis_binance-futures_book_snapshot_5_BTCUSDT.csv", "BTC-USDT"),
    ] {
        assert_eq!(read(file).unwrap().markets(), [market], "{file}");
    }
    for file in [
        "cryptofeed/BINANCE.ws.1.0",
        "hftbacktest/cm_btcusd_perp_20240808.gz",
        "nautilus/binance_btcusdt-depth-update.csv",
        "nautilus/bybit_xrpusdt-ob500.data.zip",
    ] {
        assert!(read(file).is_err(), "{file}");
    }
}
