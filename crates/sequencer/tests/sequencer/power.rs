//! The power goes at any operation on the disk, under load.

use engine::Command;
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
fn run(disk: &Disk, commands: &[Command]) -> Told {
    let mut told = Told::default();
    let mut config = config();
    config.snapshot_every = 40;
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
    let mut losses = 0;
    let mut operation = 1;
    loop {
        let disk = Disk::new();
        disk.lose_power_at(operation);
        let told = run(&disk, &commands);
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
        assert_eq!(status.seq.0, journaled.len() as u64, "{context}");
        assert!(told.answered.len() <= journaled.len(), "{context}");
        assert!(journaled.len() <= told.submitted, "{context}");
        for (at, stamped) in journaled.iter().enumerate() {
            assert_eq!(stamped.command, commands[at], "{context}: at {at}");
        }
        assert_eq!(status.state_hash, rig::hash_after(&journaled), "{context}");
        let report = offline::verify(&storage(&disk)).unwrap();
        assert!(report.is_sound(), "{context}: {report:?}");
        if counts.power_losses == 0 {
            assert_eq!(told.answered.len(), commands.len());
            break;
        }
        losses += 1;
        operation += 1;
    }
    assert!(60 < losses, "the power went {losses} times");
}
