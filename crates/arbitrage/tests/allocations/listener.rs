//! Who listens to a venue: from the text of its messages to the price that is shown.

use arbitrage::PriceCache;
use model::{Decimal, Side, Time};
use venue::binance::{self, reading as binance_reading};
use venue::coinbase::{self, Heading, StreamTrade};
use venue::kraken::{self, Precision, TradeData};
use venue::kucoin;
use venue::port::{BookTold, MarketSink, Pair, Stamp, TopTold, Venue};
use venue::{Begun, Book, Heard, LocalBook, each};

/// Hears messages whose numbers rise by one.
pub trait Listener {
    /// Which venue.
    fn venue(&self) -> Venue;
    /// Takes the snapshot of number 10.
    fn begin(&mut self);
    /// Takes a message.
    fn hear(&mut self, text: &str);
    /// All kinds of messages of that number; the best bid shows it as its quantity.
    fn messages(&mut self, number: u64) -> Vec<String>;
    /// A message of that number with a level that is further away than all before it.
    fn further(&self, number: u64) -> String;
    /// How much is bid at the best price, as the cache shows it.
    fn best_bid_qty(&self) -> String;
}

/// One for each venue.
pub const LISTENERS: [fn() -> Box<dyn Listener>; 4] = [
    || Box::new(Binance { shown: Shown::at(Venue::Binance), ..Binance::default() }),
    || Box::new(Coinbase { shown: Shown::at(Venue::Coinbase), ..Coinbase::default() }),
    || Box::new(Kraken::new(Shown::at(Venue::Kraken))),
    || Box::new(Kucoin { shown: Shown::at(Venue::Kucoin), ..Kucoin::default() }),
];

/// The cache, with one market in it.
pub struct Shown {
    venue: Venue,
    pair: Pair,
    cache: PriceCache,
}

impl Default for Shown {
    fn default() -> Self {
        Self::at(Venue::Binance)
    }
}

impl Shown {
    pub fn at(venue: Venue) -> Self {
        let quote = if venue == Venue::Kraken || venue == Venue::Coinbase { "USD" } else { "USDT" };
        let pair = Pair { base: "BTC".parse().unwrap(), quote: quote.parse().unwrap() };
        Self { venue, pair, cache: PriceCache::new([(venue, pair)]) }
    }

    pub fn book(&self, sequence: u64, book: &Book) {
        let stamp = Stamp { sequence, venue_time: None, received: Time(1) };
        self.cache.sink(self.venue).book(&BookTold { pair: self.pair, stamp, book });
    }

    fn top(&self, sequence: u64, bid: Option<venue::Level>, ask: Option<venue::Level>) {
        let stamp = Stamp { sequence, venue_time: None, received: Time(1) };
        self.cache.sink(self.venue).top(&TopTold { pair: self.pair, stamp, bid, ask });
    }

    fn best_bid_qty(&self) -> String {
        self.cache.quote(self.venue, self.pair).unwrap().bid.unwrap().qty.to_string()
    }
}

/// A price that is the further from the market the higher the number.
fn far(number: u64) -> String {
    format!("{}.{:02}", 60_000 - number / 100, 99 - number % 100)
}

#[derive(Default)]
struct Binance {
    shown: Shown,
    reader: binance::MarketReader,
    book: LocalBook,
}

impl Listener for Binance {
    fn venue(&self) -> Venue {
        Venue::Binance
    }

    fn begin(&mut self) {
        let snapshot = r#"{"lastUpdateId":10,"bids":[["61797.90","1"]],"asks":[["61799.00","1"]]}"#;
        let snapshot: binance::Depth = serde_json::from_str(snapshot).unwrap();
        assert_eq!(self.book.begin(&snapshot), Ok(Begun::Live));
    }

    fn hear(&mut self, text: &str) {
        let (_, message) = self.reader.read(text).expect("a message");
        match message {
            binance::MarketMessage::Depth(event) => {
                let heard = self.book.hear(&event, Time(1)).expect("sense");
                assert!(matches!(heard, Heard::Changed | Heard::Waiting), "{heard:?}");
                if let Some((book, sequence)) = self.book.live() {
                    self.shown.book(sequence, book);
                }
            }
            binance::MarketMessage::Top(event) => {
                let (bid, ask) = binance_reading::top(&event, self.shown.pair).expect("a top");
                self.shown.top(event.update_id, bid, ask);
            }
            binance::MarketMessage::Trade(event) => {
                let trade = binance_reading::trade(&event, self.shown.pair).expect("a trade");
                self.shown.cache.sink(Venue::Binance).trade(&trade);
            }
            message => panic!("{message:?}"),
        }
    }

    fn messages(&mut self, number: u64) -> Vec<String> {
        vec![
            format!(
                r#"{{"stream":"btcusdt@depth@100ms","data":{{"e":"depthUpdate","E":1723161256000,"s":"BTCUSDT","U":{number},"u":{number},"b":[["61798.00000000","0.{number:08}"],["61797.90000000","1.00000000"]],"a":[["61798.01000000","3.74893000"],["61799.00000000","0.00000000"]]}}}}"#
            ),
            format!(
                r#"{{"stream":"btcusdt@bookTicker","data":{{"u":{number},"s":"BTCUSDT","b":"61798.00000000","B":"0.{number:08}","a":"61798.01000000","A":"3.74893000"}}}}"#
            ),
            r#"{"stream":"btcusdt@trade","data":{"e":"trade","E":1723161256001,"s":"BTCUSDT","t":3728261412,"p":"61798.01000000","q":"0.00009000","T":1723161256001,"m":false,"M":true}}"#.to_owned(),
        ]
    }

    fn further(&self, number: u64) -> String {
        let price = far(number);
        format!(
            r#"{{"stream":"btcusdt@depth@100ms","data":{{"e":"depthUpdate","E":1723161256000,"s":"BTCUSDT","U":{number},"u":{number},"b":[["{price}","1.0"]],"a":[]}}}}"#
        )
    }

    fn best_bid_qty(&self) -> String {
        self.shown.best_bid_qty()
    }
}

#[derive(Default)]
struct Kucoin {
    shown: Shown,
    reader: kucoin::MarketReader,
    book: LocalBook,
}

impl Listener for Kucoin {
    fn venue(&self) -> Venue {
        Venue::Kucoin
    }

    fn begin(&mut self) {
        let snapshot =
            r#"{"time":1,"sequence":"10","bids":[["61797.9","1"]],"asks":[["61799","1"]]}"#;
        let snapshot: kucoin::FullBook = serde_json::from_str(snapshot).unwrap();
        assert_eq!(self.book.begin(&snapshot), Ok(Begun::Live));
    }

    fn hear(&mut self, text: &str) {
        let (symbol, message) = self.reader.read(text).expect("a message");
        assert_eq!(symbol, "BTC-USDT");
        match message {
            kucoin::MarketMessage::Book(update) => {
                let heard = self.book.hear(&update, Time(1)).expect("sense");
                assert!(matches!(heard, Heard::Changed | Heard::Waiting), "{heard:?}");
                if let Some((book, sequence)) = self.book.live() {
                    self.shown.book(sequence, book);
                }
            }
            kucoin::MarketMessage::Top(event) => {
                let [bid, ask] = kucoin::reading::top(&event).expect("a top");
                self.shown.top(event.sequence, bid, ask);
            }
            kucoin::MarketMessage::Trade(event) => {
                let trade = kucoin::reading::trade(&event, self.shown.pair).expect("a trade");
                self.shown.cache.sink(Venue::Kucoin).trade(&trade);
            }
            message => panic!("{message:?}"),
        }
    }

    fn messages(&mut self, number: u64) -> Vec<String> {
        vec![
            format!(
                r#"{{"topic":"/market/level2:BTC-USDT","type":"message","subject":"trade.l2update","data":{{"changes":{{"asks":[["61798.1","3.74893","{number}"],["61799","0","{number}"]],"bids":[["61798","0.{number:08}","{number}"],["61797.9","1","{number}"]]}},"sequenceEnd":{number},"sequenceStart":{number},"symbol":"BTC-USDT","time":1729816058766}}}}"#
            ),
            format!(
                r#"{{"topic":"/market/ticker:BTC-USDT","type":"message","subject":"trade.ticker","data":{{"bestAsk":"61798.1","bestAskSize":"3.74893","bestBid":"61798","bestBidSize":"0.{number:08}","price":"61798","sequence":"{number}","size":"0.00002","time":1729816058766}}}}"#
            ),
            r#"{"topic":"/market/match:BTC-USDT","type":"message","subject":"trade.l3match","data":{"makerOrderId":"671b5007389355000701b1d3","price":"61798","sequence":"11067996711960577","side":"buy","size":"0.000011","symbol":"BTC-USDT","takerOrderId":"671b50161777ff00074c168d","time":"1729843222921000000","tradeId":"11067996711960577","type":"match"}}"#.to_owned(),
        ]
    }

    fn further(&self, number: u64) -> String {
        let price = far(number);
        format!(
            r#"{{"topic":"/market/level2:BTC-USDT","type":"message","subject":"trade.l2update","data":{{"changes":{{"asks":[],"bids":[["{price}","1","{number}"]]}},"sequenceEnd":{number},"sequenceStart":{number},"symbol":"BTC-USDT","time":1}}}}"#
        )
    }

    fn best_bid_qty(&self) -> String {
        self.shown.best_bid_qty()
    }
}

#[derive(Default)]
struct Coinbase {
    shown: Shown,
    reader: coinbase::MarketReader,
    book: coinbase::LocalBook,
}

impl Listener for Coinbase {
    fn venue(&self) -> Venue {
        Venue::Coinbase
    }

    fn begin(&mut self) {
        self.hear(r#"{"channel":"l2_data","client_id":"","timestamp":"2026-04-07T14:30:00.456789Z","sequence_num":10,"events":[{"type":"snapshot","product_id":"BTC-USD","updates":[{"side":"bid","event_time":"1970-01-01T00:00:00Z","price_level":"61797.90","new_quantity":"1"},{"side":"offer","event_time":"1970-01-01T00:00:00Z","price_level":"61799.00","new_quantity":"1"}]}]}"#);
    }

    fn hear(&mut self, text: &str) {
        let Self { shown, reader, book } = self;
        let heading = Heading::read(text).expect("a message");
        let events = heading.events.expect("events");
        let read: serde_json::Result<()> = match heading.channel {
            "l2_data" => reader.read_books(events, |event| {
                assert_eq!(event.product_id, "BTC-USD");
                coinbase::reading::moment(heading.timestamp).expect("a time");
                let heard = book.hear(&event).expect("sense");
                assert_ne!(heard, coinbase::Heard::Gap);
                if let Some(book) = book.live() {
                    shown.book(heading.sequence_num.expect("a number"), book);
                }
                Ok(())
            }),
            "market_trades" => coinbase::each_trades(events, |_, trades| {
                each(trades, |trade: StreamTrade<'_>| {
                    let trade = coinbase::reading::trade(&trade).expect("a trade");
                    shown.cache.sink(Venue::Coinbase).trade(&trade);
                    Ok(())
                })
            }),
            channel => panic!("{channel}"),
        };
        read.expect("events of the channel");
    }

    fn messages(&mut self, number: u64) -> Vec<String> {
        vec![
            format!(
                r#"{{"channel":"l2_data","client_id":"","timestamp":"2026-04-07T14:30:01.456789Z","sequence_num":{number},"events":[{{"type":"update","product_id":"BTC-USD","updates":[{{"side":"bid","event_time":"2026-04-07T14:30:01.456789Z","price_level":"61798.00","new_quantity":"0.{number:08}"}},{{"side":"offer","event_time":"2026-04-07T14:30:01.456789Z","price_level":"61799.00","new_quantity":"0.00000000"}},{{"side":"offer","event_time":"2026-04-07T14:30:01.456789Z","price_level":"61798.01","new_quantity":"3.74893000"}}]}}]}}"#
            ),
            format!(
                r#"{{"channel":"market_trades","client_id":"","timestamp":"2026-04-07T14:30:03.456789Z","sequence_num":{number},"events":[{{"type":"update","trades":[{{"product_id":"BTC-USD","trade_id":"995098700","price":"61798.50","size":"0.00005000","time":"2026-04-07T14:30:03.456789Z","side":"BUY"}}]}}]}}"#
            ),
        ]
    }

    fn further(&self, number: u64) -> String {
        let price = far(number);
        format!(
            r#"{{"channel":"l2_data","client_id":"","timestamp":"2026-04-07T14:30:01.456789Z","sequence_num":{number},"events":[{{"type":"update","product_id":"BTC-USD","updates":[{{"side":"bid","event_time":"","price_level":"{price}","new_quantity":"1"}}]}}]}}"#
        )
    }

    fn best_bid_qty(&self) -> String {
        self.shown.best_bid_qty()
    }
}

pub struct Kraken {
    shown: Shown,
    reader: kraken::MarketReader,
    book: kraken::LocalBook,
    /// As the venue has it, for its checksums.
    theirs: Book,
    number: u64,
}

/// Levels of a side that are listened to.
pub const KRAKEN_DEPTH: usize = 100;
const PRECISION: Precision = Precision { price: 2, qty: 8 };

impl Kraken {
    fn new(shown: Shown) -> Self {
        let book = kraken::LocalBook::new(PRECISION, KRAKEN_DEPTH);
        let (reader, theirs) = (kraken::MarketReader::default(), Book::default());
        Self { shown, reader, book, theirs, number: 10 }
    }

    /// More levels than nearly every update has.
    fn levels(number: u64) -> Vec<(Side, Decimal, Decimal)> {
        let level = |side, price: &str, qty: &str| {
            (side, price.parse::<Decimal>().unwrap(), qty.parse::<Decimal>().unwrap())
        };
        let bid = level(Side::Buy, "61798.00", &format!("0.{number:08}"));
        let deeper = (1..30).map(|step| level(Side::Buy, &format!("617{:02}.00", 97 - step), "1"));
        let asks = [level(Side::Sell, "61799.00", "0"), level(Side::Sell, "61798.01", "3.74893")];
        std::iter::once(bid).chain(deeper).chain(asks).collect()
    }

    fn message(kind: &str, levels: &[(Side, Decimal, Decimal)], checksum: u32) -> String {
        let side = |wanted: Side| {
            let of = levels.iter().filter(|(side, ..)| *side == wanted);
            let text = of.map(|(_, price, qty)| format!(r#"{{"price":{price},"qty":{qty}}}"#));
            text.collect::<Vec<_>>().join(",")
        };
        let (bids, asks) = (side(Side::Buy), side(Side::Sell));
        format!(
            r#"{{"channel":"book","type":"{kind}","data":[{{"symbol":"BTC/USD","bids":[{bids}],"asks":[{asks}],"checksum":{checksum},"timestamp":"2023-10-06T17:35:55.440295Z"}}]}}"#
        )
    }

    fn proved(&mut self, kind: &str, levels: &[(Side, Decimal, Decimal)]) -> String {
        levels.iter().for_each(|(side, price, qty)| self.theirs.set(*side, *price, *qty));
        let checksum = kraken::checksum(&self.theirs, PRECISION).unwrap();
        Self::message(kind, levels, checksum)
    }
}

impl Listener for Kraken {
    fn venue(&self) -> Venue {
        Venue::Kraken
    }

    fn begin(&mut self) {
        let levels = [("61797.90", Side::Buy), ("61799.00", Side::Sell)]
            .map(|(price, side)| (side, price.parse().unwrap(), "1".parse().unwrap()));
        let snapshot = self.proved("snapshot", &levels);
        self.hear(&snapshot);
    }

    fn hear(&mut self, text: &str) {
        match self.reader.read(text).expect("a message") {
            kraken::MarketMessage::Book { is_snapshot, book } => {
                assert_eq!(book.symbol, "BTC/USD");
                book.timestamp.map(kraken::reading::written_moment).transpose().expect("a time");
                let heard = self.book.hear(is_snapshot, &book).expect("sense");
                assert_ne!(heard, kraken::Heard::Broken);
                if let Some(book) = self.book.live() {
                    self.number += 1;
                    self.shown.book(self.number, book);
                }
            }
            kraken::MarketMessage::Trades(trades) => {
                let read: serde_json::Result<()> = each(trades, |trade: TradeData<'_>| {
                    let trade = kraken::reading::trade(&trade, self.shown.pair).expect("a trade");
                    self.shown.cache.sink(Venue::Kraken).trade(&trade);
                    Ok(())
                });
                read.expect("trades");
            }
            message => panic!("{message:?}"),
        }
    }

    fn messages(&mut self, number: u64) -> Vec<String> {
        let book = self.proved("update", &Self::levels(number));
        let trade = r#"{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"sell","price":61798.01,"qty":0.00009,"ord_type":"limit","trade_id":4665846,"timestamp":"2023-09-25T07:48:36.925533Z"}]}"#;
        vec![book, trade.to_owned()]
    }

    /// What is further than the tenth level is not in the checksum.
    fn further(&self, number: u64) -> String {
        let mut book = self.theirs.clone();
        (11..=number.min(20)).for_each(|number| {
            book.set(Side::Buy, far(number).parse().unwrap(), "1".parse().unwrap());
        });
        let checksum = kraken::checksum(&book, PRECISION).unwrap();
        let level = (Side::Buy, far(number).parse().unwrap(), "1".parse().unwrap());
        Self::message("update", &[level], checksum)
    }

    fn best_bid_qty(&self) -> String {
        self.shown.best_bid_qty()
    }
}
