//! What Binance told others, a gap or a crossed book of which would be a fault of ours.
//!
//! Source  ten minutes of its streams with the snapshots that belong to them, recorded by
//!         nkaz001/hftbacktest (MIT); not part of the repository.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use model::{Side, Time};
use serde::Deserialize;
use venue::binance::{Begun, Combined, Depth, DepthEvent, Heard, LocalBook};
use venue::kraken::{self, BookFrame, Precision, Quoted};

/// Each market's files, in order, and how many differences they hold.
const MARKETS: [(&str, [&str; 2], usize); 2] = [
    ("btcusdt", ["spot_btcusdt_20240808.gz", "spot_btcusdt_20240809.gz"], 6_495),
    ("ethusdt", ["spot_ethusdt_20240808.gz", "spot_ethusdt_20240809.gz"], 6_470),
];

#[derive(Deserialize)]
#[serde(untagged)]
enum Line<'a> {
    #[serde(borrow)]
    Difference(Combined<'a, DepthEvent<'a>>),
    Snapshot(Depth),
    /// What else was listened to.
    Other(serde::de::IgnoredAny),
}

fn folder() -> PathBuf {
    let shared = std::env::var_os("RIALTO_SHARED")
        .map_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared"), Into::into);
    shared.join("marketdata/hftbacktest")
}

fn unpacked(path: &Path) -> String {
    let output = Command::new("gzip").arg("-dc").arg(path).output().expect("gzip runs");
    assert!(output.status.success(), "{}", path.display());
    String::from_utf8(output.stdout).expect("the recording is text")
}

#[derive(Debug, Default)]
struct Seen {
    differences: usize,
    changed: usize,
    gaps: usize,
    crossed: usize,
}

fn replay(text: &str, book: &mut LocalBook, seen: &mut Seen) {
    for line in text.lines() {
        let (nanos, json) = line.split_once(' ').expect("a time, then what came");
        let at = Time(nanos.parse::<u64>().expect("a time") / 1_000);
        match serde_json::from_str(json).expect("what came is JSON") {
            Line::Difference(message) => {
                seen.differences += 1;
                match book.hear(&message.data, at).expect("the venue makes sense") {
                    Heard::Waiting | Heard::Old => {}
                    Heard::Changed => seen.changed += 1,
                    Heard::Gap => seen.gaps += 1,
                }
            }
            Line::Snapshot(snapshot) => {
                let begun = book.begin(&snapshot).expect("the venue makes sense");
                assert_eq!(begun, Begun::Live);
            }
            Line::Other(_) => {}
        }
        if let Some((book, _)) = book.live() {
            seen.crossed += usize::from(book.is_crossed());
        }
    }
}

#[test]
fn a_recorded_stream_replays_without_a_gap_or_a_crossed_book() {
    let folder = folder();
    if !folder.is_dir() {
        eprintln!("skipped: recorded streams of Binance: {} is not there", folder.display());
        return;
    }
    for (market, files, differences) in MARKETS {
        let (mut book, mut seen) = (LocalBook::default(), Seen::default());
        for file in files {
            replay(&unpacked(&folder.join(file)), &mut book, &mut seen);
        }
        assert_eq!((seen.differences, seen.gaps, seen.crossed), (differences, 0, 0), "{market}");
        assert!(differences - 100 < seen.changed, "{market}: {seen:?}");
        let (book, _) = book.live().expect("a book at the end");
        let levels = [Side::Buy, Side::Sell].map(|side| book.levels(side).len());
        assert!(levels.into_iter().all(|levels| 1_000 <= levels), "{market}: {levels:?}");
    }
}

/// What Kraken told others of ten markets: how many of its differences carry a checksum.
const KRAKEN_CHECKSUMS: usize = 4_269;

/// Takes a message of version 1; whether it carried a checksum, and whether that was right.
fn hear_frame(books: &mut BTreeMap<String, kraken::LocalBook>, json: &str) -> Option<bool> {
    let frame = BookFrame::parse(json).expect("what came is JSON")?;
    let is_snapshot = frame.sides.iter().any(|side| side.snapshot_asks.is_some());
    let quoted = |side, levels: &[Quoted]| {
        levels.iter().map(move |Quoted(price, qty)| (side, price.0, qty.0)).collect::<Vec<_>>()
    };
    let mut levels = Vec::new();
    for side in &frame.sides {
        for asks in [side.snapshot_asks.as_deref().unwrap_or_default(), &side.asks] {
            levels.extend(quoted(Side::Sell, asks));
        }
        for bids in [side.snapshot_bids.as_deref().unwrap_or_default(), &side.bids] {
            levels.extend(quoted(Side::Buy, bids));
        }
    }
    if is_snapshot {
        // Version 1 counts the digits that it writes, whatever the listing says.
        let (_, price, qty) = levels[0];
        let precision = Precision { price: price.scale(), qty: qty.scale() };
        books.insert(frame.pair.to_owned(), kraken::LocalBook::new(precision, 1_000));
    }
    let book = books.get_mut(frame.pair).expect("a snapshot comes first");
    let proof = frame.sides.iter().find_map(|side| side.checksum);
    let number = proof.map(|proof| proof.parse().expect("a checksum is a number"));
    let heard = book.take(is_snapshot, levels.into_iter(), number).expect("the venue makes sense");
    proof.map(|_| heard == kraken::Heard::Changed)
}

#[test]
fn every_checksum_of_a_recorded_stream_is_that_of_our_book() {
    let path = folder().join("../cryptofeed/KRAKEN.ws.50.0");
    if !path.is_file() {
        eprintln!("skipped: a recorded stream of Kraken: {} is not there", path.display());
        return;
    }
    let text = std::fs::read_to_string(path).expect("the recording is text");
    let (mut books, mut right, mut wrong) = (BTreeMap::new(), 0, 0);
    for line in text.lines() {
        let Some((_, json)) = line.split_once(": ") else { continue };
        match hear_frame(&mut books, json) {
            Some(true) => right += 1,
            Some(false) => wrong += 1,
            None => {}
        }
    }
    assert_eq!((right, wrong, books.len()), (KRAKEN_CHECKSUMS, 0, 10));
}
