//! What a process left in the kernel's memory alone is not on disk because the next one sees it.

use std::sync::Arc;
use std::time::Duration;

use journal::simulated::Disk;
use journal::{JournalConfig, Storage};

use crate::rig::{self, Run, config};

/// Appends and acknowledges until the disk fails, or for so many batches.
fn work(run: &mut Run, batches: u32) -> u64 {
    let mut acknowledged = run.last;
    for _ in 0..batches {
        if run.append(2).is_err() {
            break;
        }
        let Some(seq) = run.acknowledge() else { break };
        acknowledged = seq;
    }
    acknowledged
}

/// The process dies and another goes on; then the power goes. Nothing acknowledged may be lost.
fn check_the_next_process(disk: &Disk, next: JournalConfig, seed: u64, context: &str) {
    let storage: Arc<dyn Storage> = Arc::new(disk.clone());
    disk.kill();
    let mut run = rig::open(&storage, next).expect(context);
    let acknowledged = work(&mut run, 2);
    assert_eq!(acknowledged, run.last, "{context}: it goes on");
    disk.lose_power();
    drop(run);
    disk.restart(seed);
    let end = rig::check(&storage).unwrap_or_else(|error| panic!("{context}: {error}"));
    assert!(acknowledged <= end.seq, "{context}: {acknowledged} lost, ends at {}", end.seq);
}

#[test]
fn what_a_failed_sync_left_behind_is_written_again_by_the_next_process() {
    for sync in 0.. {
        let disk = Disk::new();
        let storage: Arc<dyn Storage> = Arc::new(disk.clone());
        disk.fail_sync_after(sync);
        if let Ok(mut run) = rig::open(&storage, config()) {
            work(&mut run, 40);
        }
        if disk.counts().failed_syncs == 0 {
            assert!(20 < sync, "every sync failed once");
            return;
        }
        check_the_next_process(&disk, config(), sync, &format!("sync {sync}"));
    }
}

#[test]
fn a_segment_whose_name_was_not_synced_keeps_it_when_the_next_process_goes_on() {
    // Nothing else syncs the directory meanwhile: a spare is left over, and no other is wanted.
    let before = JournalConfig { spares: 2, ..config() };
    let after = JournalConfig { spares: 1, retry: Duration::from_secs(60), ..config() };
    let mut fired = 0;
    for operation in 20..160 {
        let disk = Disk::new();
        let storage: Arc<dyn Storage> = Arc::new(disk.clone());
        let mut run = rig::open(&storage, before).unwrap();
        let spares = || storage.list().unwrap().iter().filter(|n| n.starts_with("spare-")).count();
        while spares() < before.spares {
            std::thread::yield_now();
        }
        disk.lose_power_at(operation);
        work(&mut run, 100);
        drop(run);
        fired += disk.counts().power_losses;
        check_the_next_process(&disk, after, operation, &format!("operation {operation}"));
    }
    assert_eq!(fired, 140, "each run was stopped");
}
