//! Recorded messages, read over and over.

use std::hint::black_box;
use std::time::Duration;

use model::Time;
use serde_json::Value;
use venue::binance::{Depth, MarketMessage, MarketReader};
use venue::{Begun, LocalBook};

use super::{Failure, rate};

/// What a recording has.
struct Recording {
    snapshot: Depth,
    messages: Vec<String>,
}

pub fn run(file: &str, length: Duration) -> Result<(), Failure> {
    let Recording { snapshot, messages } = read(file)?;
    let mut reader = MarketReader::default();
    let ours = rate(length, messages.len(), || {
        for text in &messages {
            drop(black_box(reader.read(text)));
        }
    });
    let value = rate(length, messages.len(), || {
        for text in &messages {
            drop(black_box(serde_json::from_str::<Value>(text)));
        }
    });
    let mut changed = 0;
    let kept = rate(length, messages.len(), || {
        changed = 0;
        let mut book = LocalBook::default();
        assert_eq!(book.begin(&snapshot), Ok(Begun::Live), "the snapshot begins a book");
        for text in &messages {
            if let Ok((_, MarketMessage::Depth(event))) = reader.read(text) {
                changed += usize::from(black_box(book.hear(&event, Time(1))).is_ok());
            }
        }
    });
    assert!(0 < changed, "no difference was taken");
    println!(
        r#"{{"messages":{},"perSecond":{ours:.0},"valuePerSecond":{value:.0},"keptPerSecond":{kept:.0}}}"#,
        messages.len(),
    );
    Ok(())
}

/// The messages that follow the first snapshot, which has the book they change.
fn read(file: &str) -> Result<Recording, Failure> {
    let text = std::fs::read_to_string(file)?;
    let lines = text.lines().filter_map(|line| Some(line.split_once(' ')?.1));
    let (mut snapshot, mut messages) = (None, Vec::new());
    for line in lines {
        if line.starts_with(r#"{"stream""#) {
            messages.push(line.to_owned());
        } else if snapshot.is_none() {
            snapshot = serde_json::from_str(line).ok();
        }
    }
    let snapshot = snapshot.ok_or("the recording has no snapshot")?;
    Ok(Recording { snapshot, messages })
}
