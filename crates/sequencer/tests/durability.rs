//! The whole sequencer on a simulated disk.

use std::sync::Arc;

use engine::Command;
use journal::simulated::Disk;
use model::{Seq, Time, UserId};
use sequencer::{Config, start};

fn user(number: u8) -> Command {
    Command::OpenAccount { user: UserId([number; 16]) }
}

fn config() -> Config {
    let mut config = Config::new([7; 24]);
    config.journal.segment_bytes = 8 * 1_024;
    config.journal.reserved_bytes = 1_024;
    config.tick = None;
    config
}

#[test]
fn what_was_answered_is_there_after_a_restart() {
    let disk = Disk::new();
    let clock = || Box::new(|| Time(1));
    let (handle, joiner) = start(config(), Arc::new(disk.clone()), clock(), Vec::new()).unwrap();
    for number in 0..200 {
        let answer = handle.submit(user(number)).unwrap().wait().unwrap();
        assert_eq!(answer.seq, Seq(u64::from(number) + 1));
    }
    let before = handle.status().unwrap().wait().unwrap();
    handle.stop();
    joiner.join();
    let (handle, joiner) = start(config(), Arc::new(disk.clone()), clock(), Vec::new()).unwrap();
    let after = handle.status().unwrap().wait().unwrap();
    assert_eq!((after.seq, after.state_hash), (before.seq, before.state_hash));
    handle.stop();
    joiner.join();
}
