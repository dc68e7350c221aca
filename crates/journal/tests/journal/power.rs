//! The power goes at every single operation on the disk.

use std::sync::Arc;

use journal::Storage;
use journal::simulated::Disk;

use crate::rig::{self, config};

/// What a run did before its end.
#[derive(Debug, Default)]
struct Outcome {
    appended: u64,
    acknowledged: u64,
}

/// Opens, appends batches, acknowledges now and then, stops; ends early where the disk fails.
fn work(storage: &Arc<dyn Storage>, batches: u32) -> Outcome {
    let mut outcome = Outcome::default();
    let Ok(mut run) = rig::open(storage, config()) else { return outcome };
    outcome = Outcome { appended: run.last, acknowledged: run.last };
    for batch in 0..batches {
        // What an append that failed holds may be on disk all the same.
        outcome.appended = run.last + u64::from(batch % 4 + 1);
        if run.append(batch % 4 + 1).is_err() {
            return outcome;
        }
        if batch % 3 == 0 {
            let Some(acknowledged) = run.acknowledge() else { return outcome };
            outcome.acknowledged = acknowledged;
        }
    }
    let _ = run.journal.stop();
    outcome
}

#[test]
fn nothing_acknowledged_is_lost_when_the_power_goes() {
    let mut forgotten = 0;
    let mut torn = 0;
    for operation in 1.. {
        let mut fired = false;
        for seed in 0..4 {
            let disk = Disk::new();
            let storage: Arc<dyn Storage> = Arc::new(disk.clone());
            disk.lose_power_at(operation);
            let before = work(&storage, 60);
            fired |= 0 < disk.counts().power_losses;
            disk.restart(seed * 1_000 + operation);
            forgotten += disk.counts().forgotten_sectors;
            let context = format!("operation {operation}, seed {seed}: {before:?}");

            // The power goes once more while recovering, at some operation.
            disk.lose_power_at(disk.counts().operations + 1 + operation % 23);
            let during = work(&storage, 3);
            assert!(during.appended == 0 || before.acknowledged <= during.appended, "{context}");
            disk.restart(seed * 7_000 + operation);

            let resting = journal::Resting::open(Arc::clone(&storage), rig::RULES);
            let Some(resting) = resting.expect(&context) else {
                assert_eq!(before.acknowledged, 0, "{context}");
                continue;
            };
            let end = rig::read(&resting).expect(&context);
            resting.check(&end, 0).expect(&context);
            torn += u64::from(0 < end.torn_bytes);
            let acknowledged = before.acknowledged.max(during.acknowledged);
            assert!(acknowledged <= end.seq, "{context}, {during:?}: ends at {}", end.seq);
            assert!(end.seq <= before.appended.max(during.appended), "{context}: {}", end.seq);

            // And it goes on from there as if nothing had been.
            let after = work(&storage, 5);
            assert!(end.seq < after.acknowledged, "{context}: {after:?}");
        }
        if !fired {
            assert!(100 < operation, "the power went at every operation of a whole run");
            break;
        }
    }
    assert!(0 < forgotten, "the disk forgot sectors");
    assert!(0 < torn, "some tails were torn");
}

#[test]
fn all_that_was_written_is_there_when_only_the_process_dies() {
    for operation in (1..400).step_by(3) {
        let disk = Disk::new();
        let storage: Arc<dyn Storage> = Arc::new(disk.clone());
        disk.lose_power_at(operation);
        let before = work(&storage, 60);
        disk.kill();
        let after = work(&storage, 1);
        assert!(before.acknowledged < after.appended, "operation {operation}");
    }
}
