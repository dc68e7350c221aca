//! Starting again: from snapshots, from the beginning, or not at all.

use std::sync::Arc;

use engine::Command;
use journal::simulated::Disk;
use journal::{Directory, JournalError, Retention, Storage};
use model::{ClientOrderId, Label, Note, Seq};
use sequencer::{ReplayError, StartError, offline};

use crate::rig::{self, Witness, config, set_up, storage, trade};

fn commands(count: u64) -> Vec<Command> {
    set_up().into_iter().chain((0..count).map(trade)).collect()
}

/// Runs all commands one by one, with snapshots every so many; stops in order.
fn run(disk: &Disk, commands: Vec<Command>, snapshot_every: u64, witness: &Witness) {
    let mut config = config();
    config.snapshot_every = snapshot_every;
    config.retention = Retention { snapshots: 2, bytes: 0 };
    let (handle, joiner) =
        sequencer::start(config, storage(disk), rig::clock(), witness.boxed()).unwrap();
    for command in commands {
        handle.submit(command).unwrap().wait().unwrap();
    }
    rig::stop(&handle, joiner);
}

#[test]
fn engine_and_readers_stand_where_they_stood() {
    let (disk, witness) = (Disk::new(), Witness::default());
    run(&disk, commands(300), 70, &witness);
    let before = witness.seen();
    let snapshots = journal::snapshots(&disk).unwrap();
    assert_eq!(snapshots.len(), 2, "{snapshots:?}");
    // As if the last snapshot had not been finished: the tail is replayed.
    disk.lose(&format!("snapshot-{:020}", snapshots[0]));
    let again = Witness::default();
    run(&disk, Vec::new(), 1 << 40, &again);
    let after = again.seen();
    assert_eq!(after.restored, Some(Seq(snapshots[1])));
    assert_eq!(after.replayed, before.last.0 - snapshots[1]);
    assert_eq!((after.last, after.events, after.fills), (before.last, before.events, before.fills));
}

#[test]
fn what_was_said_beside_a_command_is_told_again_with_it() {
    let (disk, witness) = (Disk::new(), Witness::default());
    let start = |witness: &Witness| {
        sequencer::start(config(), storage(&disk), rig::clock(), witness.boxed()).unwrap()
    };
    let (handle, joiner) = start(&witness);
    for command in commands(20) {
        handle.submit(command).unwrap().wait().unwrap();
    }
    let label = Label { strategy_id: Some(7), strategy_type: None };
    let name = ClientOrderId::new("bye").unwrap();
    for (number, note) in
        [(20, Note::labelled(label)), (21, Note::default()), (24, Note::canceling(name))]
    {
        handle.submit_noted(trade(number), note).unwrap().wait().unwrap();
    }
    rig::stop(&handle, joiner);
    let said = witness.seen().notes;
    let first = rig::SET_UP + 21;
    let want = [(first, Note::labelled(label)), (first + 2, Note::canceling(name))];
    assert_eq!(said.into_iter().collect::<Vec<_>>(), want);
    // The snapshot of the stop stands at the end: without it all is replayed.
    for snapshot in journal::snapshots(&disk).unwrap() {
        disk.lose(&format!("snapshot-{snapshot:020}"));
    }
    let again = Witness::default();
    let (handle, joiner) = start(&again);
    rig::stop(&handle, joiner);
    assert_eq!(again.seen().notes.into_iter().collect::<Vec<_>>(), want);
    let mut lines = Vec::new();
    let mut take = |record: &offline::Record| lines.push(record.to_string());
    offline::dump(&storage(&disk), Some(Seq(first + 2)), None, &mut take).unwrap();
    assert!(lines[0].contains("cancel: Some"), "{}", lines[0]);
}

#[test]
fn a_damaged_snapshot_is_passed_over_for_an_older_one() {
    let (disk, witness) = (Disk::new(), Witness::default());
    run(&disk, commands(300), 70, &witness);
    let snapshots = journal::snapshots(&disk).unwrap();
    disk.flip(&format!("snapshot-{:020}", snapshots[0]), 4_000);
    let report = offline::verify(&storage(&disk)).unwrap();
    assert!(!report.is_sound(), "{report:?}");
    let again = Witness::default();
    run(&disk, Vec::new(), 1 << 40, &again);
    assert_eq!(again.seen().restored, Some(Seq(snapshots[1])));
    assert_eq!(again.seen().last, witness.seen().last);
}

#[test]
fn a_reader_that_will_have_no_snapshot_begins_at_the_beginning_while_that_is_kept() {
    let disk = Disk::new();
    let mut config = config();
    config.snapshot_every = 70;
    let (handle, joiner) =
        sequencer::start(config, storage(&disk), rig::clock(), Witness::default().boxed()).unwrap();
    for command in commands(200) {
        handle.submit(command).unwrap().wait().unwrap();
    }
    rig::stop(&handle, joiner);
    let witness = Witness { refuses: journal::snapshots(&disk).unwrap(), ..Witness::default() };
    run(&disk, Vec::new(), 1 << 40, &witness);
    let seen = witness.seen();
    assert_eq!((seen.restored, seen.last, seen.replayed), (None, Seq(210), 210));
}

#[test]
fn a_reader_that_cannot_be_brought_up_to_date_refuses_the_start() {
    let disk = Disk::new();
    run(&disk, commands(400), 70, &Witness::default());
    let witness = Witness { refuses: journal::snapshots(&disk).unwrap(), ..Witness::default() };
    let started = sequencer::start(config(), storage(&disk), rig::clock(), witness.boxed());
    match started.map(|(handle, joiner)| rig::stop(&handle, joiner)) {
        Err(StartError::Replay(ReplayError::Reader { name: "witness", .. })) => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_start_behind_the_database_is_refused() {
    let disk = Disk::new();
    run(&disk, commands(5), 1 << 40, &Witness::default());
    for (must_reach, allowed) in [(15, true), (16, false)] {
        let mut config = config();
        config.must_reach = Seq(must_reach);
        match rig::start(&disk, config) {
            Ok((handle, joiner)) => {
                assert!(allowed);
                rig::stop(&handle, joiner);
            }
            Err(StartError::Replay(ReplayError::Journal(JournalError::Behind { .. }))) => {
                assert!(!allowed);
            }
            Err(other) => panic!("{other}"),
        }
    }
    let mut config = config();
    config.must_reach = Seq(1);
    assert!(rig::start(&Disk::new(), config).is_err(), "an empty directory is behind too");
}

#[test]
fn a_second_start_on_one_directory_is_refused() {
    let disk = Disk::new();
    let (handle, joiner) = rig::start(&disk, config()).unwrap();
    let second = rig::start(&disk, config()).map(|(handle, joiner)| rig::stop(&handle, joiner));
    let locked =
        matches!(second, Err(StartError::Replay(ReplayError::Journal(JournalError::Locked))));
    assert!(locked, "{second:?}");
    rig::stop(&handle, joiner);
}

#[test]
fn everything_answered_is_in_real_files_after_the_process_lets_go() {
    let directory = tempfile::tempdir().unwrap();
    let open = || -> Arc<dyn Storage> {
        Arc::new(Directory::create(&directory.path().join("journal")).unwrap())
    };
    let mut last = (Seq(0), None);
    for round in 0..3_u64 {
        let (handle, joiner) =
            sequencer::start(config(), open(), rig::clock(), Vec::new()).unwrap();
        let status = handle.status().unwrap().wait().unwrap();
        assert_eq!(status.seq, last.0);
        assert!(last.1.is_none_or(|hash| hash == status.state_hash));
        let batch = commands(60).into_iter().skip(if round == 0 { 0 } else { 10 });
        let pending: Vec<_> = batch.map(|command| handle.submit(command).unwrap()).collect();
        pending.into_iter().for_each(|pending| drop(pending.wait().unwrap()));
        let status = handle.status().unwrap().wait().unwrap();
        last = (status.seq, Some(status.state_hash));
        rig::stop(&handle, joiner);
    }
    let reached = offline::replay(&open(), None).unwrap();
    assert_eq!((reached.seq, Some(reached.state_hash)), last);
    assert_eq!(reached.from, Seq(0), "the proof begins at the beginning");
}
