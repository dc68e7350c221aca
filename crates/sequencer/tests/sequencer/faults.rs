//! Syncs that fail, disks that fill up, readers and engines that break.

use std::sync::{Arc, Mutex};

use journal::simulated::Disk;
use model::{AccountId, Seq};
use sequencer::{Committed, Config, OnFatal, Reader, ReaderError, SubmitError};

use crate::rig::{self, cancel, config, set_up, storage, trade};

/// Remembers reasons instead of ending the process.
fn recording() -> (OnFatal, Arc<Mutex<Vec<String>>>) {
    let reasons = Arc::new(Mutex::new(Vec::new()));
    let on_fatal: OnFatal = {
        let reasons = Arc::clone(&reasons);
        Arc::new(move |reason| reasons.lock().unwrap().push(reason.to_owned()))
    };
    (on_fatal, reasons)
}

fn recorded() -> (Config, Arc<Mutex<Vec<String>>>) {
    let (mut config, (on_fatal, reasons)) = (config(), recording());
    config.on_fatal = on_fatal;
    (config, reasons)
}

#[test]
fn a_failing_sync_ends_everything_with_its_reason_and_answers_nobody_after_it() {
    for sync in 0..60 {
        let (disk, (config, reasons)) = (Disk::new(), recorded());
        let Ok((handle, joiner)) = rig::start(&disk, config) else {
            panic!("no fault is set yet");
        };
        for command in set_up() {
            handle.submit(command).unwrap().wait().unwrap();
        }
        disk.fail_sync_after(sync);
        let mut answered = rig::SET_UP;
        let mut number = 0;
        let error = loop {
            let outcome = handle.submit(trade(number)).and_then(sequencer::Pending::wait);
            match outcome {
                Ok(answer) => answered = answer.seq.0,
                Err(error) => break error,
            }
            number += 1;
        };
        assert_eq!(error, SubmitError::Stopped);
        assert_eq!(disk.counts().failed_syncs, 1, "the fault fired");
        let reasons = reasons.lock().unwrap().clone();
        assert_eq!(reasons.len(), 1, "{reasons:?}");
        assert!(reasons[0].contains("input/output error"), "{reasons:?}");
        assert_eq!(handle.submit(trade(0)).unwrap_err(), SubmitError::Stopped);
        joiner.join();
        disk.restart(sync);
        let (handle, joiner) = rig::start(&disk, rig::config()).unwrap();
        assert!(answered <= handle.status().unwrap().wait().unwrap().seq.0);
        rig::stop(&handle, joiner);
    }
}

#[test]
fn a_full_disk_refuses_orders_keeps_cancels_and_reads_and_comes_back() {
    let disk = Disk::new();
    let (config, reasons) = recorded();
    disk.set_capacity(Some(2 * config.journal.segment_bytes + 4_096));
    let (handle, joiner) = rig::start(&disk, config).unwrap();
    for command in set_up() {
        handle.submit(command).unwrap().wait().unwrap();
    }
    let mut number = 0;
    let error = loop {
        match handle.submit(trade(number)).and_then(sequencer::Pending::wait) {
            Ok(_) => number += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error, SubmitError::DiskFull);
    assert!(0 < disk.counts().full_writes, "the disk was full");
    assert!(handle.is_disk_full());
    let before = handle.status().unwrap().wait().unwrap().seq;
    let canceled = handle.submit(cancel(AccountId(2), 1)).unwrap().wait().unwrap();
    assert_eq!(canceled.seq, Seq(before.0 + 1), "cancels are still done");
    assert_eq!(handle.submit(trade(number)).unwrap_err(), SubmitError::DiskFull);

    disk.set_capacity(None);
    while handle.is_disk_full() {
        std::thread::yield_now();
    }
    let answer = handle.submit(trade(number)).unwrap().wait().unwrap();
    assert_eq!(answer.seq, Seq(canceled.seq.0 + 1), "and orders again");
    rig::stop(&handle, joiner);
    assert!(reasons.lock().unwrap().is_empty(), "a full disk is no failure");
}

/// A reader that breaks at a command.
struct Broken(u64);

impl Reader for Broken {
    fn name(&self) -> &'static str {
        "broken"
    }

    fn fold(&mut self, committed: &Committed<'_>) {
        assert_ne!(committed.seq.0, self.0, "it breaks here");
    }

    fn batch_end(&mut self, _through: Seq) {}

    fn snapshot(&self, _out: &mut Vec<u8>) {}

    fn restore(&mut self, _seq: Seq, _bytes: Option<&[u8]>) -> Result<(), ReaderError> {
        Ok(())
    }
}

#[test]
fn a_reader_that_breaks_ends_everything_with_its_reason() {
    let (disk, (config, reasons)) = (Disk::new(), recorded());
    let readers: Vec<Box<dyn Reader>> = vec![Box::new(Broken(3))];
    let (handle, joiner) = sequencer::start(config, storage(&disk), rig::clock(), readers).unwrap();
    let mut outcomes = Vec::new();
    for command in set_up() {
        outcomes.push(handle.submit(command).and_then(sequencer::Pending::wait).map(|a| a.seq.0));
    }
    assert_eq!(outcomes[..2], [Ok(1), Ok(2)]);
    assert!(outcomes[2..].iter().all(|outcome| *outcome == Err(SubmitError::Stopped)));
    joiner.join();
    let reasons = reasons.lock().unwrap();
    assert_eq!(reasons.len(), 1, "{reasons:?}");
    assert!(reasons[0].contains("it breaks here"), "{reasons:?}");
}

/// Names the test that plays the process that dies.
const CHILD: &str = "faults::a_process_whose_sync_fails";
/// Set for the process that dies.
const IS_CHILD: &str = "RIALTO_TEST_CHILD";

#[test]
fn a_process_whose_sync_fails() {
    if std::env::var_os(IS_CHILD).is_none() {
        return;
    }
    let disk = Disk::new();
    let (handle, _joiner) = rig::start(&disk, config()).unwrap();
    disk.fail_sync_after(5);
    for number in 0.. {
        if handle.submit(trade(number)).and_then(sequencer::Pending::wait).is_err() {
            // The process is ending: whoever waits for it sees how.
            std::thread::park();
        }
    }
}

#[test]
fn a_failing_sync_ends_the_process_with_code_70_and_its_reason() {
    let child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", CHILD, "--nocapture"])
        .env(IS_CHILD, "1")
        .output()
        .unwrap();
    assert_eq!(child.status.code(), Some(70), "{child:?}");
    let said = String::from_utf8_lossy(&child.stderr);
    // That of a record, or, on a slow day, that of the watermark.
    assert!(said.contains("cannot sync"), "{said}");
    assert!(said.contains("input/output error"), "{said}");
}
