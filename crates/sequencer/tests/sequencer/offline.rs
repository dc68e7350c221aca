//! What an operator sees of a journal at rest.

use engine::Command;
use journal::simulated::Disk;
use model::{Seq, Time};
use sequencer::ReplayError;
use sequencer::offline::{self, Record, VoidError};

use crate::rig::{self, config, set_up, storage, trade};

/// A journal of 110 commands, and the state hashes that were shown on the way.
fn written() -> (Disk, Vec<(Seq, engine::StateHash)>) {
    let disk = Disk::new();
    let mut config = config();
    config.journal.segment_bytes = 256 * 1_024;
    let (handle, joiner) = rig::start(&disk, config).unwrap();
    let mut shown = Vec::new();
    let commands: Vec<Command> = set_up().into_iter().chain((0..100).map(trade)).collect();
    for burst in commands.chunks(11) {
        let pending: Vec<_> = burst.iter().map(|c| handle.submit(c.clone()).unwrap()).collect();
        pending.into_iter().for_each(|pending| drop(pending.wait().unwrap()));
        let status = handle.status().unwrap().wait().unwrap();
        shown.push((status.seq, status.state_hash));
    }
    rig::stop(&handle, joiner);
    (disk, shown)
}

#[test]
fn replay_reaches_the_hash_that_was_shown_at_every_sequence() {
    let (disk, shown) = written();
    assert_eq!(shown.len(), 10);
    for (seq, hash) in shown {
        let reached = offline::replay(&storage(&disk), Some(seq)).unwrap();
        assert_eq!((reached.seq, reached.state_hash, reached.from), (seq, hash, Seq(0)));
    }
    let error = offline::replay(&storage(&disk), Some(Seq(111))).unwrap_err();
    assert!(error.to_string().contains("ends at 110"), "{error}");
}

#[test]
fn a_sound_journal_verifies_and_a_changed_one_does_not() {
    let (disk, shown) = written();
    let report = offline::verify(&storage(&disk)).unwrap();
    assert!(report.is_sound(), "{report:?}");
    let (last, hash) = *shown.last().unwrap();
    assert_eq!((report.oldest, report.seq, report.state_hash), (Seq(1), last, Some(hash)));
    assert_eq!((report.acknowledged, report.snapshots), (last, vec![last]));
    // The first byte of every frame, and one of each snapshot.
    let segment = "0000000000000000.segment";
    let bytes = disk.read(segment).unwrap();
    let frames = (0..bytes.len()).step_by(512).filter(|at| bytes[*at] != 0);
    let mut found = 0;
    for at in frames {
        disk.flip(segment, at * 8);
        let report = offline::verify(&storage(&disk)).unwrap();
        // At the very end is a checkpoint: a promise to ourselves, that nobody was told.
        let at_the_end = report.seq == last && 0 < report.unacknowledged_tail_bytes;
        assert!(!report.is_sound() || at_the_end, "byte {at}: {report:?}");
        found += u32::from(!report.is_sound());
        disk.flip(segment, at * 8);
    }
    assert!(10 < found, "{found} flips found");
    assert!(offline::verify(&storage(&disk)).unwrap().is_sound());
}

#[test]
fn what_only_an_audit_still_needs_is_verified_too() {
    let disk = Disk::new();
    let mut config = config();
    config.snapshot_every = 50;
    config.retention = journal::Retention { snapshots: 1, bytes: 2 * config.journal.segment_bytes };
    let (handle, joiner) = rig::start(&disk, config).unwrap();
    for command in set_up().into_iter().chain((0..200).map(trade)) {
        handle.submit(command).unwrap().wait().unwrap();
    }
    rig::stop(&handle, joiner);
    let report = offline::verify(&storage(&disk)).unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert!(1 < report.oldest.0, "its beginning is forgotten: {report:?}");
    let names = journal::Storage::list(&disk).unwrap();
    let oldest = names.into_iter().filter(|name| name.ends_with(".segment")).min().unwrap();
    for at in [512, 600, 5 * 512] {
        disk.flip(&oldest, at * 8);
        let report = offline::verify(&storage(&disk)).unwrap();
        assert!(!report.is_sound(), "byte {at} of {oldest}");
        disk.flip(&oldest, at * 8);
    }
}

#[test]
fn a_tail_that_nobody_was_told_about_is_reported_and_sound() {
    let (disk, _) = written();
    let segments: Vec<String> = journal::Storage::list(&disk)
        .unwrap()
        .into_iter()
        .filter(|name| name.ends_with(".segment"))
        .collect();
    let last = segments.last().unwrap();
    let mut bytes = disk.read(last).unwrap();
    let end = bytes.iter().rposition(|byte| *byte != 0).unwrap() / 512 * 512 + 512;
    bytes[end..end + 700].fill(0x5a);
    disk.write(last, bytes);
    let report = offline::verify(&storage(&disk)).unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.unacknowledged_tail_bytes, 700);
}

#[test]
fn a_dump_tells_every_entry_in_one_line() {
    let (disk, _) = written();
    let mut lines = Vec::new();
    let mut take = |record: &Record| lines.push(record.to_string());
    offline::dump(&storage(&disk), None, None, &mut take).unwrap();
    assert!(lines[0].starts_with(r#"{"genesis":{"rulesVersion":2,"#), "{}", lines[0]);
    assert!(lines.iter().any(|line| line.starts_with(r#"{"checkpoint":{"seq":"#)));
    assert_eq!(lines.iter().filter(|line| line.contains(r#""command":""#)).count(), 110);
    assert!(lines.iter().all(|line| !line.contains('\n')));
    assert!(lines.iter().any(|line| line.contains(r#"client_id: \"day-7\""#)));
    let mut seqs = Vec::new();
    let mut take = |record: &Record| {
        if let Record::Command { stamped, .. } = record {
            seqs.push(stamped.seq.0);
        }
    };
    offline::dump(&storage(&disk), Some(Seq(30)), Some(Seq(33)), &mut take).unwrap();
    assert_eq!(seqs, [30, 31, 32, 33]);
}

#[test]
fn a_record_is_voided_only_where_replay_stops_and_nobody_was_told() {
    let (disk, _) = written();
    let error = offline::void(&storage(&disk), Seq(50), "a try", Time(0)).unwrap_err();
    assert!(matches!(error, VoidError::Published { .. }), "{error}");
    let error = offline::void(&storage(&disk), Seq(500), "a try", Time(0)).unwrap_err();
    assert!(matches!(error, VoidError::NotStopped { .. }), "{error}");
}

#[test]
fn without_a_journal_there_is_nothing_to_say() {
    let disk = Disk::new();
    assert!(matches!(offline::verify(&storage(&disk)), Err(ReplayError::Nothing)));
    assert!(matches!(offline::replay(&storage(&disk), None), Err(ReplayError::Nothing)));
}
