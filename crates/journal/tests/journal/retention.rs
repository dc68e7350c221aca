//! Snapshots, and what may go because of them.

use std::sync::Arc;

use journal::simulated::Disk;
use journal::{JournalError, Next, Resting, Retention, Storage};

use crate::rig::{self, IDENTITY, config};

fn storage(disk: &Disk) -> Arc<dyn Storage> {
    Arc::new(disk.clone())
}

fn written() -> (Disk, u64) {
    let disk = Disk::new();
    let mut run = rig::open(&storage(&disk), config()).unwrap();
    for _ in 0..90 {
        run.append(3).unwrap();
        run.acknowledge().unwrap();
    }
    let last = run.last;
    run.journal.stop().unwrap();
    disk.kill();
    (disk, last)
}

#[test]
fn what_a_kept_snapshot_needs_is_never_removed() {
    let (disk, last) = written();
    for (seqs, keep) in [(vec![40, 90, 150], 2), (vec![1], 1), (vec![last], 1)] {
        let disk = disk.copy();
        for seq in &seqs {
            journal::write_snapshot(&disk, IDENTITY, *seq, b"state").unwrap();
        }
        let removed = journal::prune(&disk, Retention { snapshots: keep, bytes: 0 }).unwrap();
        let kept = journal::snapshots(&disk).unwrap();
        assert_eq!(kept.len(), keep, "{seqs:?}");
        let oldest = *kept.last().unwrap();
        let resting = Resting::open(storage(&disk), rig::RULES).unwrap().unwrap();
        assert!(resting.oldest() <= oldest + 1, "{seqs:?}: begins at {}", resting.oldest());
        assert_eq!(1 < resting.oldest(), seqs.len() < removed + keep && 1 < oldest, "{seqs:?}");
        // From the snapshot on, every record is there.
        let mut frames = resting.frames(oldest + 1).unwrap();
        let mut reached = 0;
        while let Next::Frame(frame) = frames.next().unwrap() {
            reached = frame.first + u64::from(frame.count) - 1;
        }
        assert_eq!(reached.max(oldest), last, "{seqs:?}");
    }
}

#[test]
fn segments_are_kept_up_to_the_given_bytes() {
    let (disk, last) = written();
    journal::write_snapshot(&disk, IDENTITY, last, b"state").unwrap();
    let segments =
        |disk: &Disk| disk.list().unwrap().iter().filter(|n| n.ends_with(".segment")).count();
    let before = segments(&disk);
    assert!(4 < before);
    let bytes = 2 * config().segment_bytes;
    journal::prune(&disk, Retention { snapshots: 1, bytes }).unwrap();
    assert_eq!(segments(&disk), 3, "the one in use and two more");
}

#[test]
fn without_a_snapshot_nothing_is_removed() {
    let (disk, _) = written();
    let before = disk.list().unwrap();
    assert_eq!(journal::prune(&disk, Retention { snapshots: 1, bytes: 0 }).unwrap(), 0);
    assert_eq!(disk.list().unwrap(), before);
}

#[test]
fn every_flipped_bit_of_a_snapshot_is_found() {
    let disk = Disk::new();
    let body: Vec<u8> = (0..=255).collect();
    journal::write_snapshot(&disk, IDENTITY, 9, &body).unwrap();
    assert_eq!(journal::read_snapshot(&disk, IDENTITY, 9).unwrap(), body);
    let name = &disk.list().unwrap()[0];
    for bit in 0..disk.read(name).unwrap().len() * 8 {
        disk.flip(name, bit);
        assert!(journal::read_snapshot(&disk, IDENTITY, 9).is_err(), "bit {bit}");
        disk.flip(name, bit);
    }
}

#[test]
fn a_snapshot_is_whole_or_absent_when_the_power_goes() {
    let (mut whole, mut absent) = (0, 0);
    for operation in 1..12 {
        for seed in 0..8 {
            let disk = Disk::new();
            disk.lose_power_at(operation);
            let written = journal::write_snapshot(&disk, IDENTITY, 5, &[3; 5_000]);
            disk.restart(seed);
            match journal::snapshots(&disk).unwrap()[..] {
                [] => {
                    assert!(written.is_err(), "operation {operation}");
                    absent += 1;
                }
                [5] => {
                    assert_eq!(journal::read_snapshot(&disk, IDENTITY, 5).unwrap(), [3; 5_000]);
                    whole += 1;
                }
                _ => panic!("only one was written"),
            }
        }
    }
    assert!(0 < whole && 0 < absent);
}

#[test]
fn voids_are_remembered_and_damage_to_them_is_found() {
    let disk = Disk::new();
    let void = |seq, reason: &str| journal::Void { seq, at: 7, reason: reason.into() };
    for seq in [3, 9] {
        journal::declare_void(&disk, 1, &void(seq, &"é".repeat(120))).unwrap();
    }
    disk.restart(0);
    let kept = "é".repeat(journal::REASON_BYTES_MAX / 2);
    assert_eq!(journal::voids(&disk, 1).unwrap(), [void(3, &kept), void(9, &kept)]);
    for bit in 0..disk.read("voids").unwrap().len() * 8 {
        disk.flip("voids", bit);
        let error = journal::voids(&disk, 1).unwrap_err();
        assert!(matches!(error, JournalError::Damaged { .. }), "bit {bit}: {error}");
        disk.flip("voids", bit);
    }
}

#[test]
fn a_void_torn_while_it_was_declared_blocks_neither_reading_nor_declaring() {
    let void = |seq| journal::Void { seq, at: 7, reason: "it panics".into() };
    let sound = Disk::new();
    for seq in [3, 9] {
        journal::declare_void(&sound, 1, &void(seq)).unwrap();
    }
    let sound = sound.read("voids").unwrap();
    for cut in sound.len() / 2..sound.len() {
        for zeroed in [false, true] {
            let disk = Disk::new();
            let mut torn = sound[..if zeroed { sound.len() / 2 } else { cut }].to_vec();
            if zeroed {
                torn.resize(cut + 1, 0);
            }
            disk.write("voids", torn);
            assert_eq!(journal::voids(&disk, 1).unwrap(), [void(3)], "cut at {cut}");
            journal::declare_void(&disk, 1, &void(9)).unwrap();
            assert_eq!(disk.read("voids").unwrap(), sound);
        }
    }
}

#[test]
fn a_void_is_declared_whole_or_not_at_all_when_the_power_goes() {
    let void = |seq| journal::Void { seq, at: 7, reason: "it panics".into() };
    for operation in 1.. {
        for seed in 0..8 {
            let disk = Disk::new();
            journal::declare_void(&disk, 1, &void(3)).unwrap();
            disk.restart(0);
            disk.lose_power_at(disk.counts().operations + operation);
            let declared = journal::declare_void(&disk, 1, &void(9)).is_ok();
            if declared && disk.counts().power_losses == 0 {
                return;
            }
            disk.restart(seed);
            let known: Vec<u64> =
                journal::voids(&disk, 1).unwrap().iter().map(|void| void.seq).collect();
            assert!(known == [3, 9] || !declared && known == [3], "{operation}: {known:?}");
        }
    }
}

#[test]
fn a_void_whose_sync_failed_is_not_declared() {
    let void = |seq| journal::Void { seq, at: 7, reason: "it panics".into() };
    let disk = Disk::new();
    journal::declare_void(&disk, 1, &void(3)).unwrap();
    disk.fail_sync_after(0);
    assert!(journal::declare_void(&disk, 1, &void(9)).is_err());
    disk.kill();
    assert_eq!(journal::voids(&disk, 1).unwrap(), [void(3)]);
}
