//! Bytes that are not as they were written.

use std::sync::Arc;

use journal::simulated::Disk;
use journal::{JournalError, Resting, Storage};

use crate::rig::{self, config};

const SEGMENT: &str = "0000000000000000.segment";

fn storage(disk: &Disk) -> Arc<dyn Storage> {
    Arc::new(disk.clone())
}

/// A journal of so many batches, each durable and acknowledged before the next, but for the last:
/// that one is acknowledged only if asked.
fn written(batches: u32, acknowledge_last: bool) -> Disk {
    let disk = Disk::new();
    let mut run = rig::open(&storage(&disk), config()).unwrap();
    for batch in 0..batches {
        run.append(batch % 3 + 1).unwrap();
        if batch + 1 < batches || acknowledge_last {
            run.acknowledge().unwrap();
        } else {
            assert!(run.told.wait_for(run.last));
        }
    }
    run.journal.stop().unwrap();
    disk.kill();
    disk
}

/// Where the last frame of the first segment begins and ends.
fn last_frame(disk: &Disk) -> std::ops::Range<usize> {
    let end = rig::check(&storage(disk)).unwrap();
    let bytes = disk.read(SEGMENT).unwrap();
    let stop = usize::try_from(end.offset).unwrap();
    let mut sectors = (0..stop).step_by(512).rev();
    let start = sectors.find(|at| bytes[*at..].starts_with(b"RJF1")).unwrap();
    start..stop
}

#[test]
fn a_tail_torn_at_any_byte_is_cut_if_nobody_was_told() {
    let disk = written(5, false);
    let whole = rig::check(&storage(&disk)).unwrap();
    let bytes = disk.read(SEGMENT).unwrap();
    let frame = last_frame(&disk);
    for at in frame.clone() {
        // The rest of the frame never arrived; or the file ends there.
        let mut zeroed = bytes.clone();
        zeroed[at..].fill(0);
        for torn in [zeroed, bytes[..at].to_vec()] {
            let harmless = torn.get(frame.clone()) == Some(&bytes[frame.clone()]);
            let copy = disk.copy();
            copy.write(SEGMENT, torn);
            let end = rig::check(&storage(&copy)).unwrap();
            if harmless {
                assert_eq!(end.seq, whole.seq, "byte {at}");
                continue;
            }
            assert!(end.seq < whole.seq, "byte {at}");
            let mut run = rig::open(&storage(&copy), config()).unwrap();
            assert_eq!(run.last, end.seq, "byte {at}");
            run.append(1).unwrap();
            run.acknowledge().unwrap();
            run.journal.stop().unwrap();
            assert_eq!(rig::check(&storage(&copy)).unwrap().seq, end.seq + 1, "byte {at}");
        }
    }
}

#[test]
fn a_tail_torn_at_any_byte_refuses_the_start_if_somebody_was_told() {
    let disk = written(4, true);
    let bytes = disk.read(SEGMENT).unwrap();
    let frame = last_frame(&disk);
    for at in frame.clone() {
        let mut torn = bytes.clone();
        torn[at..].fill(0);
        let harmless = torn == bytes;
        disk.write(SEGMENT, torn);
        match rig::check(&storage(&disk)) {
            Ok(_) => assert!(harmless, "byte {at}"),
            Err(JournalError::AcknowledgedMissing { .. }) => assert!(!harmless, "byte {at}"),
            Err(other) => panic!("byte {at}: {other}"),
        }
    }
}

#[test]
fn every_flipped_bit_is_found_or_changes_nothing() {
    let disk = written(12, true);
    let whole = rig::check(&storage(&disk)).unwrap();
    let (mut found, mut harmless) = (0, 0);
    // A spare segment is not read before it is written.
    for name in disk.list().unwrap().into_iter().filter(|name| !name.starts_with("spare")) {
        let bits = disk.read(&name).unwrap().len() * 8;
        for bit in 0..bits {
            disk.flip(&name, bit);
            // `check` compares every record that is read with what was written.
            match rig::check(&storage(&disk)) {
                Ok(end) => {
                    assert_eq!(end.seq, whole.seq, "bit {bit} of {name}");
                    harmless += 1;
                }
                Err(_) => found += 1,
            }
            disk.flip(&name, bit);
        }
    }
    assert!(0 < found && 0 < harmless, "{found} found, {harmless} harmless");
    assert_eq!(rig::check(&storage(&disk)).unwrap().seq, whole.seq);
}

#[test]
fn a_frame_exchanged_or_repeated_is_found() {
    let disk = written(6, true);
    let bytes = disk.read(SEGMENT).unwrap();
    let starts = (512..bytes.len()).step_by(512);
    let starts: Vec<usize> = starts.filter(|at| bytes[*at..].starts_with(b"RJF1")).collect();
    assert_eq!(starts.len(), 6);
    for (from, to) in starts.iter().flat_map(|from| starts.iter().map(move |to| (*from, *to))) {
        if from == to {
            continue;
        }
        let mut changed = bytes.clone();
        changed.copy_within(from..from + 512, to);
        disk.write(SEGMENT, changed);
        assert!(rig::check(&storage(&disk)).is_err(), "{from} over {to}");
    }
}

#[test]
fn a_missing_segment_refuses_the_start() {
    let disk = written(60, true);
    let names = disk.list().unwrap();
    let segments: Vec<&String> = names.iter().filter(|name| name.ends_with(".segment")).collect();
    assert!(3 <= segments.len(), "{segments:?}");
    for (at, name) in segments.iter().enumerate() {
        let copy = disk.copy();
        copy.lose(name);
        let checked = rig::open(&storage(&copy), config()).map(|run| run.last);
        let as_it_should = match (at, &checked) {
            // Nothing tells a lost first segment from a pruned one: who reads from the beginning
            // finds that it is not there.
            (0, checked) => {
                assert!(checked.is_ok());
                let resting = Resting::open(storage(&copy), rig::RULES).unwrap().unwrap();
                matches!(resting.frames(1), Err(JournalError::Pruned { wanted: 1, .. }))
            }
            (_, Err(JournalError::MissingSegment { index })) => *index == at as u64,
            (_, Err(JournalError::AcknowledgedMissing { .. })) => at + 1 == segments.len(),
            _ => false,
        };
        assert!(as_it_should, "{name}: {checked:?}");
    }
    let copy = disk.copy();
    segments.iter().for_each(|name| copy.lose(name));
    let error = rig::open(&storage(&copy), config()).map(|run| run.last).unwrap_err();
    assert!(matches!(error, JournalError::MissingSegment { .. }), "{error}");
}

#[test]
fn a_missing_or_ruined_watermark_refuses_the_start() {
    let disk = written(3, true);
    let copy = disk.copy();
    copy.lose("watermark");
    assert!(matches!(rig::check(&storage(&copy)), Err(JournalError::Damaged { .. })));
    disk.write("watermark", vec![0; 1_024]);
    assert!(matches!(rig::check(&storage(&disk)), Err(JournalError::Damaged { .. })));
}

#[test]
fn a_journal_of_other_rules_is_refused() {
    let disk = written(3, true);
    let error = Resting::open(storage(&disk), rig::RULES + 1).unwrap_err();
    assert!(matches!(error, JournalError::Rules { found: 1, known: 2 }), "{error}");
}

#[test]
fn a_journal_behind_what_is_known_elsewhere_is_refused() {
    let disk = written(3, true);
    let resting = Resting::open(storage(&disk), rig::RULES).unwrap().unwrap();
    let end = rig::read(&resting).unwrap();
    resting.check(&end, end.seq).unwrap();
    let error = resting.check(&end, end.seq + 1).unwrap_err();
    assert!(matches!(error, JournalError::Behind { .. }), "{error}");
}

#[test]
fn a_second_process_is_kept_out() {
    let disk = Disk::new();
    let run = rig::open(&storage(&disk), config()).unwrap();
    let second = rig::open(&storage(&disk), config()).map(|run| run.last);
    assert!(matches!(second, Err(JournalError::Locked)), "{second:?}");
    drop(run);
    assert!(rig::open(&storage(&disk), config()).is_ok());
}
