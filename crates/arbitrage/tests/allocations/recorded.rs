//! What Kraken told others: ten markets, every message with the checksum of its book.
//!
//! Source  a recording of bmoscon/cryptofeed in version 1 of its protocol; not part of the
//!         repository. It is told here in version 2: the same levels, the same checksums.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use model::Side;
use venue::Book;
use venue::kraken::{BookFrame, Heard, LocalBook, MarketMessage, MarketReader, Precision, Quoted};

use super::counted;

/// How many of its differences carry a checksum.
const CHECKSUMS: usize = 4_269;
/// Levels of a side that were listened to.
const DEPTH: usize = 1_000;

fn path() -> PathBuf {
    let shared = std::env::var_os("RIALTO_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), Into::into);
    shared.join("marketdata/cryptofeed/KRAKEN.ws.50.0")
}

/// The messages in version 2, and the precision of each market. A snapshot carried no checksum:
/// it has that of the book that we make of it.
fn messages(text: &str) -> (Vec<String>, BTreeMap<String, Precision>) {
    let (mut messages, mut precisions) = (Vec::new(), BTreeMap::new());
    for line in text.lines() {
        let Some((_, json)) = line.split_once(": ") else { continue };
        let Some(frame) = BookFrame::parse(json).expect("what came is JSON") else { continue };
        let (mut bids, mut asks, mut proof) = (Vec::new(), Vec::new(), None);
        let mut is_snapshot = false;
        for side in frame.sides {
            is_snapshot |= side.snapshot_asks.is_some();
            asks.extend(side.snapshot_asks.into_iter().flatten().chain(side.asks));
            bids.extend(side.snapshot_bids.into_iter().flatten().chain(side.bids));
            proof = proof.or(side.checksum.map(|proof| proof.parse().expect("a number")));
        }
        if is_snapshot {
            let Quoted(price, qty) = asks[0];
            let precision = Precision { price: price.0.scale(), qty: qty.0.scale() };
            precisions.insert(frame.pair.to_owned(), precision);
            let mut book = Book::default();
            for (side, levels) in [(Side::Buy, &bids), (Side::Sell, &asks)] {
                levels.iter().for_each(|level| book.set(side, level.0.0, level.1.0));
            }
            proof = venue::kraken::checksum(&book, precision);
        }
        let levels = |levels: &[Quoted]| {
            let text = levels
                .iter()
                .map(|Quoted(price, qty)| format!(r#"{{"price":{},"qty":{}}}"#, price.0, qty.0));
            text.collect::<Vec<_>>().join(",")
        };
        let kind = if is_snapshot { "snapshot" } else { "update" };
        messages.push(format!(
            r#"{{"channel":"book","type":"{kind}","data":[{{"symbol":"{}","bids":[{}],"asks":[{}],"checksum":{}}}]}}"#,
            frame.pair,
            levels(&bids),
            levels(&asks),
            proof.expect("a checksum"),
        ));
    }
    (messages, precisions)
}

#[test]
fn a_recorded_stream_is_read_and_proved_without_an_allocation() {
    let path = path();
    if !path.is_file() {
        eprintln!("skipped: a recorded stream of Kraken: {} is not there", path.display());
        return;
    }
    let (messages, precisions) = messages(&std::fs::read_to_string(path).expect("it is text"));
    let new = |(pair, precision): (&String, &Precision)| {
        (pair.clone(), LocalBook::new(*precision, DEPTH))
    };
    let mut books: BTreeMap<_, _> = precisions.iter().map(new).collect();
    let mut reader = MarketReader::default();
    let mut replay = || {
        let mut proved = 0;
        for text in &messages {
            let told = reader.read(text).expect("a message");
            let MarketMessage::Book { is_snapshot, book } = told else { panic!("{text}") };
            let ours = books.get_mut(book.symbol).expect("a market");
            assert_eq!(ours.hear(is_snapshot, &book), Ok(Heard::Changed), "{text}");
            proved += usize::from(!is_snapshot);
        }
        proved
    };
    // The first time makes the room that the second finds.
    assert_eq!(replay(), CHECKSUMS);
    assert_eq!(counted::allocations(|| assert_eq!(replay(), CHECKSUMS)), 0);
}
