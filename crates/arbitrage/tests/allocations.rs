//! From the text of a message to the price that is shown, nothing is allocated: at thousands of
//! updates a second the memory of a process would be its bottleneck, and its noise.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use arbitrage::PriceCache;
use model::Time;
use venue::binance::{MarketMessage, MarketReader, reading};
use venue::port::{BookTold, MarketSink, Pair, Stamp, TopTold, Venue};
use venue::{Begun, Heard, LocalBook};

thread_local! {
    /// Allocations of this thread.
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

/// The system's memory, counted.
struct Counted;

#[global_allocator]
static COUNTED: Counted = Counted;

#[expect(unsafe_code, reason = "what allocates is unsafe to write; this only counts beside it")]
// SAFETY: everything is passed on to the system's allocator as it is.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.with(|count| count.set(count.get() + 1));
        // SAFETY: as the caller promised.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: as the caller promised.
        unsafe { System.dealloc(place, layout) }
    }
}

fn allocations(work: impl FnOnce()) -> usize {
    let before = COUNT.with(Cell::get);
    work();
    COUNT.with(Cell::get) - before
}

const DEPTH_10: &str = r#"{"stream":"btcusdt@depth@100ms","data":{"e":"depthUpdate","E":1723161256000,"s":"BTCUSDT","U":11,"u":12,"b":[["61798.00000000","0.49201000"],["61797.90000000","1.00000000"]],"a":[["61798.01000000","3.74893000"],["61799.00000000","0.00000000"]]}}"#;
const TOP_10: &str = r#"{"stream":"btcusdt@bookTicker","data":{"u":12,"s":"BTCUSDT","b":"61798.00000000","B":"0.49201000","a":"61798.01000000","A":"3.74893000"}}"#;
const TRADE: &str = r#"{"stream":"btcusdt@trade","data":{"e":"trade","E":1723161256001,"s":"BTCUSDT","t":3728261412,"p":"61798.01000000","q":"0.00009000","T":1723161256001,"m":false,"M":true}}"#;

struct Listener<'a> {
    pair: Pair,
    reader: MarketReader,
    book: LocalBook,
    cache: &'a PriceCache,
}

impl Listener<'_> {
    fn hear(&mut self, text: &str) {
        let sink = self.cache.sink(Venue::Binance);
        let (_, message) = self.reader.read(text).expect("a message");
        match message {
            MarketMessage::Depth(event) => {
                assert_eq!(self.book.hear(&event), Ok(Heard::Changed));
                let (book, sequence) = self.book.live().expect("a book");
                let stamp = Stamp { sequence, venue_time: None, received: Time(1) };
                sink.book(&BookTold { pair: self.pair, stamp, book });
            }
            MarketMessage::Top(event) => {
                let (bid, ask) = reading::top(&event, self.pair).expect("a top");
                let stamp =
                    Stamp { sequence: event.update_id, venue_time: None, received: Time(1) };
                sink.top(&TopTold { pair: self.pair, stamp, bid, ask });
            }
            MarketMessage::Trade(event) => {
                sink.trade(&reading::trade(&event, self.pair).expect("a trade"));
            }
            MarketMessage::Shutdown | MarketMessage::Other => panic!("{message:?}"),
        }
    }
}

/// A difference and a top of the same numbers, as often as they are wanted.
fn messages(number: u64) -> [String; 3] {
    let depth = DEPTH_10
        .replace(r#""U":11,"u":12"#, &format!(r#""U":{number},"u":{number}"#))
        .replace("0.49201000", &format!("0.{number:08}"));
    [depth, TOP_10.replace(r#""u":12"#, &format!(r#""u":{number}"#)), TRADE.to_owned()]
}

#[test]
fn an_allocation_is_counted() {
    assert_eq!(allocations(|| drop(std::hint::black_box(Box::new(7_u64)))), 1);
}

#[test]
fn an_update_is_read_kept_and_shown_without_an_allocation() {
    let pair = Pair { base: "BTC".parse().unwrap(), quote: "USDT".parse().unwrap() };
    let cache = PriceCache::new([(Venue::Binance, pair)]);
    let (reader, mut book) = (MarketReader::default(), LocalBook::default());
    let snapshot = r#"{"lastUpdateId":10,"bids":[["61797.90","1"]],"asks":[["61799.00","1"]]}"#;
    let snapshot: venue::binance::Depth = serde_json::from_str(snapshot).unwrap();
    assert_eq!(book.begin(&snapshot), Ok(Begun::Live));
    let mut listener = Listener { pair, reader, book, cache: &cache };
    // The first of each makes the room that the others find.
    messages(11).iter().for_each(|text| listener.hear(text));
    let texts: Vec<_> = (12..1_012).flat_map(messages).collect();
    let counted = allocations(|| texts.iter().for_each(|text| listener.hear(text)));
    assert_eq!(counted, 0, "in {} messages", texts.len());
    let quote = cache.quote(Venue::Binance, pair).unwrap();
    assert_eq!(
        (quote.stamp.sequence, quote.bid.unwrap().qty.to_string()),
        (1_011, "0.00001011".to_owned())
    );
}
