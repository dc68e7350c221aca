//! Syncs that fail and disks that fill up.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use journal::simulated::Disk;
use journal::{JournalError, Room, Storage, StoredFile};

use crate::rig::{self, config};

#[test]
fn a_failed_sync_is_told_once_and_nothing_is_durable_after_it() {
    for sync in 0.. {
        let disk = Disk::new();
        let storage: Arc<dyn Storage> = Arc::new(disk.clone());
        disk.fail_sync_after(sync);
        let mut acknowledged = 0;
        let opened = rig::open(&storage, config());
        if let Ok(mut run) = opened {
            for _ in 0..40 {
                if run.append(2).is_err() {
                    break;
                }
                let Some(seq) = run.acknowledge() else { break };
                acknowledged = seq;
            }
            if 0 < disk.counts().failed_syncs {
                // The preparer may be the one that failed: let the journal hear of it.
                while run.append(1).is_ok() {}
                let failures = run.told.failures();
                assert_eq!(failures.len(), 1, "{failures:?}");
                assert!(failures[0].contains("input/output error"), "{failures:?}");
                assert!(matches!(run.append(1), Err(JournalError::Stopped)));
            }
        }
        if disk.counts().failed_syncs == 0 {
            assert!(20 < sync, "every sync failed once");
            return;
        }
        disk.restart(sync);
        match journal::Resting::open(Arc::clone(&storage), rig::RULES).unwrap() {
            None => assert_eq!(acknowledged, 0),
            Some(_) => assert!(acknowledged <= rig::check(&storage).unwrap().seq),
        }
    }
}

#[test]
fn a_full_disk_keeps_room_for_the_urgent_and_comes_back() {
    let disk = Disk::new();
    let storage: Arc<dyn Storage> = Arc::new(disk.clone());
    // Room for two segments and small change.
    disk.set_capacity(Some(2 * config().segment_bytes + 2_048));
    let mut run = rig::open(&storage, config()).unwrap();
    while run.append(3).unwrap() == Room::Ample {}
    assert!(0 < disk.counts().full_writes, "the disk was full");
    let normal = run.last;
    assert_eq!(run.acknowledge(), Some(normal), "what was taken is done");

    while run.append_urgent().unwrap() != Room::None {}
    assert!(normal < run.last, "urgent records had room of their own");
    assert_eq!(run.acknowledge(), Some(run.last));
    assert!(run.told.failures().is_empty(), "a full disk is no failure");

    disk.set_capacity(None);
    while run.append(1).unwrap() != Room::Ample {
        std::thread::yield_now();
    }
    let last = run.acknowledge().unwrap();
    run.journal.stop().unwrap();
    disk.restart(1);
    assert_eq!(rig::check(&storage).unwrap().seq, last);
}

#[test]
fn what_is_pending_at_the_stop_is_written_even_if_nobody_asked_for_room() {
    let disk = Disk::new();
    let storage: Arc<dyn Storage> = Arc::new(disk.clone());
    let run = rig::open(&storage, config()).unwrap();
    let mut payload = journal::Payload::new();
    for seq in 1..=200 {
        payload.bytes().extend_from_slice(&[7; 900]);
        run.journal.append(&mut payload, seq, 1, 0).unwrap();
    }
    run.journal.stop().unwrap();
    disk.kill();
    let resting = journal::Resting::open(storage, rig::RULES).unwrap().unwrap();
    let mut frames = resting.frames(1).unwrap();
    let mut records = 0;
    while let journal::Next::Frame(frame) = frames.next().unwrap() {
        records += frame.count;
    }
    assert_eq!(records, 200);
}

/// A frame takes less than was promised to each of its parts. Whoever waited for what was promised
/// and not taken is the only one who appends: nobody else would wake the journal again.
#[test]
fn who_waits_for_room_hears_that_less_was_taken_than_was_promised() {
    let storage: Arc<dyn Storage> = Arc::new(Disk::new());
    let mut run = rig::open(&storage, config()).unwrap();
    for _ in 0..5_000 {
        assert_eq!(run.append(1).unwrap(), Room::Ample);
    }
    assert!(run.told.wait_for(run.last), "all is durable: {:?}", run.told.failures());
}

/// A disk on which no file can be opened or made while `none` is set.
struct NoFiles {
    disk: Disk,
    none: Arc<AtomicBool>,
}

impl NoFiles {
    fn look(&self) -> io::Result<()> {
        const EMFILE: i32 = 24;
        let none = self.none.load(Ordering::SeqCst);
        if none { Err(io::Error::from_raw_os_error(EMFILE)) } else { Ok(()) }
    }
}

impl Storage for NoFiles {
    fn list(&self) -> io::Result<Vec<String>> {
        self.look().and_then(|()| self.disk.list())
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn StoredFile>> {
        self.look().and_then(|()| self.disk.create(name))
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn StoredFile>> {
        self.look().and_then(|()| self.disk.open(name))
    }

    fn rename(&self, from: &str, to: &str) -> io::Result<()> {
        self.disk.rename(from, to)
    }

    fn remove(&self, name: &str) -> io::Result<()> {
        self.disk.remove(name)
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.disk.sync_directory()
    }

    fn lock(&self) -> io::Result<Box<dyn Send + Sync>> {
        self.disk.lock()
    }
}

#[test]
fn a_prepared_segment_is_begun_where_no_file_can_be_opened() {
    let (disk, none) = (Disk::new(), Arc::new(AtomicBool::new(false)));
    let storage: Arc<dyn Storage> =
        Arc::new(NoFiles { disk: disk.clone(), none: Arc::clone(&none) });
    let mut run = rig::open(&storage, config()).unwrap();
    let segments = || {
        let names = disk.list().unwrap();
        names.iter().filter(|name| name.ends_with(".segment")).count()
    };
    while !disk.list().unwrap().iter().any(|name| name.starts_with("spare-")) {
        std::thread::yield_now();
    }
    none.store(true, Ordering::SeqCst);
    while run.append(3).unwrap() == Room::Ample {}
    while run.append_urgent().unwrap() != Room::None {}
    assert_eq!(run.acknowledge(), Some(run.last));
    assert!(run.told.failures().is_empty(), "{:?}", run.told.failures());
    assert!(2 <= segments(), "the prepared segment was begun");
    none.store(false, Ordering::SeqCst);
    while run.append(1).unwrap() != Room::Ample {
        std::thread::yield_now();
    }
    let last = run.acknowledge().unwrap();
    run.journal.stop().unwrap();
    disk.kill();
    assert_eq!(rig::check(&storage).unwrap().seq, last);
}
