//! The power goes at any operation on the disk, under load.

use engine::Command;
use journal::Retention;
use journal::simulated::Disk;
use sequencer::offline;

use crate::rig::{self, config, set_up, storage, trade};

/// What callers were told: the commands in the order of their answers.
#[derive(Debug, Default)]
struct Told {
    answered: Vec<Command>,
    submitted: usize,
}

/// Runs until the power goes or all is done. Several commands are under way at any time.
fn run(disk: &Disk, commands: &[Command], retention: Retention) -> Told {
    let mut told = Told::default();
    let mut config = config();
    config.snapshot_every = 40;
    config.journal.segment_bytes = journal::JournalConfig::SEGMENT_BYTES_MIN;
    config.journal.reserved_bytes = 1_024;
    config.retention = retention;
    config.on_fatal = std::sync::Arc::new(|_| {});
    let Ok((handle, joiner)) = rig::start(disk, config) else { return told };
    'work: for burst in commands.chunks(7) {
        let mut pending = Vec::new();
        for command in burst {
            let Ok(answer) = handle.submit(command.clone()) else { break };
            told.submitted += 1;
            pending.push((command, answer));
        }
        for (command, answer) in pending {
            let Ok(answer) = answer.wait() else { break 'work };
            told.answered.push(command.clone());
            assert!(told.answered.len() as u64 <= answer.seq.0);
        }
    }
    rig::stop(&handle, joiner);
    told
}

#[test]
fn nothing_answered_is_lost_or_doubled_when_the_power_goes() {
    let commands: Vec<Command> = set_up().into_iter().chain((0..150).map(trade)).collect();
    let (mut losses, mut pruned, mut whole) = (0, 0, 0);
    let mut operation = 1;
    loop {
        let disk = Disk::new();
        disk.lose_power_at(operation);
        // Where all is kept, the journal is compared from its first command on.
        let bytes = if operation.is_multiple_of(2) { 0 } else { u64::MAX };
        let told = run(&disk, &commands, Retention { snapshots: 2, bytes });
        let counts = disk.counts();
        disk.restart(operation);
        if journal::Resting::open(storage(&disk), engine::RULES_VERSION).unwrap().is_none() {
            assert!(told.answered.is_empty(), "operation {operation}");
            operation += 1;
            continue;
        }
        // An exchange that lost its power while it began has no first entry yet: it begins anew.
        let (handle, joiner) = rig::start(&disk, config()).unwrap();
        let status = handle.status().unwrap().wait().unwrap();
        rig::stop(&handle, joiner);
        let journaled = rig::journaled(&disk);
        let context = format!("operation {operation}: {} answered", told.answered.len());
        let last = usize::try_from(status.seq.0).unwrap();
        assert!(told.answered.len() <= last, "{context}, {last} there");
        assert!(last <= told.submitted, "{context}, {last} there");
        let first =
            journaled.first().map_or(last + 1, |stamped| usize::try_from(stamped.seq.0).unwrap());
        assert_eq!(first + journaled.len(), last + 1, "{context}");
        for stamped in &journaled {
            let asked = &commands[usize::try_from(stamped.seq.0).unwrap() - 1];
            assert_eq!(&stamped.command, asked, "{context}: at {}", stamped.seq);
        }
        if first == 1 {
            assert_eq!(status.state_hash, rig::hash_after(&journaled), "{context}");
        } else {
            pruned += 1;
        }
        let report = offline::verify(&storage(&disk)).unwrap();
        assert!(report.is_sound(), "{context}: {report:?}");
        operation += 1;
        losses += u64::from(0 < counts.power_losses);
        if counts.power_losses == 0 {
            assert_eq!(told.answered.len(), commands.len());
            whole += 1;
            // Old segments go on a thread of its own, whose turn may come late.
            if 0 < pruned || 40 <= whole {
                break;
            }
        }
    }
    assert!(60 < losses && 0 < pruned, "{losses} losses of power, {pruned} pruned journals");
}
