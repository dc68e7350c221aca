//! Journals that no sequencer of today writes.

use std::sync::{Arc, Condvar, Mutex};

use engine::{Command, Engine, Genesis};
use journal::simulated::Disk;
use journal::{Identity, Journal, JournalConfig, Payload};

use super::*;
use crate::codec;

const GENESIS: Genesis = Genesis { map_key: [3; 16] };

/// A frame: its commands and their time, or a checkpoint.
enum Written {
    Commands(u64, Vec<Command>),
    Checkpoint(u64, StateHash),
    Bytes(Vec<u8>),
}

/// A journal of these frames, acknowledged up to `acknowledged`.
fn journal_of(frames: Vec<Written>, acknowledged: u64) -> Arc<dyn Storage> {
    let disk = Disk::new();
    let storage: Arc<dyn Storage> = Arc::new(disk.clone());
    let identity = Identity { rules: RULES_VERSION, journal_id: 5 };
    let durable = Arc::new((Mutex::new(0), Condvar::new()));
    let on_durable = {
        let durable = Arc::clone(&durable);
        Box::new(move |now: journal::Durable| {
            *durable.0.lock().unwrap() = now.seq;
            durable.1.notify_all();
        })
    };
    let on_fatal = Arc::new(|reason: &str| panic!("{reason}"));
    let config = JournalConfig { segment_bytes: 1 << 16, ..JournalConfig::default() };
    let journal =
        Journal::create(Arc::clone(&storage), identity, config, on_durable, on_fatal).unwrap();
    let mut payload = Payload::new();
    codec::put_genesis(payload.bytes(), RULES_VERSION, &GENESIS, Time(1));
    journal.append(&mut payload, 1, 0, 1).unwrap();
    let mut next = 1;
    for frame in frames {
        let count = match frame {
            Written::Checkpoint(seq, hash) => {
                codec::put_checkpoint(payload.bytes(), Seq(seq), hash);
                0
            }
            Written::Commands(time, commands) => {
                let at = codec::begin_commands(payload.bytes(), Time(time));
                commands.iter().for_each(|c| codec::put_command(payload.bytes(), c));
                let count = u32::try_from(commands.len()).unwrap();
                codec::end_commands(payload.bytes(), at, count);
                count
            }
            Written::Bytes(bytes) => {
                payload.bytes().extend_from_slice(&bytes);
                1
            }
        };
        journal.append(&mut payload, next, count, 1).unwrap();
        next += u64::from(count);
        // One frame for each, so that the test says what a frame holds.
        let mut seen = durable.0.lock().unwrap();
        while *seen + 1 < next {
            seen = durable.1.wait(seen).unwrap();
        }
    }
    journal.watermark().note(acknowledged).unwrap();
    journal.stop().unwrap();
    disk.kill();
    storage
}

fn user(number: u8) -> Command {
    Command::OpenAccount { user: model::UserId([number; 16]) }
}

fn hash_after(commands: &[(u64, Command)]) -> StateHash {
    let mut engine = Engine::new(&GENESIS);
    let mut events = Vec::new();
    for (seq, (time, command)) in (1..).zip(commands) {
        let stamped = Stamped { seq: Seq(seq), time: Time(*time), command: command.clone() };
        engine.apply(&stamped, &mut events);
    }
    engine.state_hash()
}

#[test]
fn a_checkpoint_that_does_not_match_stops_the_replay() {
    let right = hash_after(&[(10, user(1))]);
    for (hash, sound) in [(right, true), (StateHash([0; 32]), false)] {
        let frames = vec![
            Written::Commands(10, vec![user(1)]),
            Written::Checkpoint(1, hash),
            Written::Commands(11, vec![user(2)]),
        ];
        let storage = journal_of(frames, 2);
        match replay(&storage, None) {
            Ok(reached) => assert_eq!((reached.seq, sound), (Seq(2), true)),
            Err(ReplayError::Diverged { seq }) => assert_eq!((seq, sound), (Seq(1), false)),
            Err(other) => panic!("{other}"),
        }
        assert_eq!(verify(&storage).unwrap().is_sound(), sound);
    }
}

/// The engine refuses to let time step back: the nearest there is to a record that breaks it.
fn breaking(acknowledged: u64) -> Arc<dyn Storage> {
    let frames = vec![
        Written::Commands(10, vec![user(1), user(2)]),
        Written::Commands(5, vec![user(3)]),
        Written::Commands(12, vec![user(4)]),
    ];
    journal_of(frames, acknowledged)
}

#[test]
fn a_record_that_breaks_the_engine_can_be_voided_where_nobody_was_told() {
    let storage = breaking(2);
    let stops = |storage| match replay(storage, None) {
        Err(ReplayError::Stopped { seq, reason }) => {
            assert!(reason.contains("time steps back"), "{reason}");
            seq
        }
        other => panic!("{other:?}"),
    };
    assert_eq!(stops(&storage), Seq(3));
    assert!(!verify(&storage).unwrap().is_sound());
    for (seq, elsewhere) in [(4, true), (9, true), (1, false)] {
        let error = void(&storage, Seq(seq), "a try", Time(0)).unwrap_err();
        let as_it_should = match error {
            VoidError::Elsewhere { stops_at, .. } => elsewhere && stops_at == Seq(3),
            VoidError::Published { acknowledged, .. } => !elsewhere && acknowledged == Seq(2),
            VoidError::NotStopped { .. } | VoidError::Replay(_) => false,
        };
        assert!(as_it_should, "{seq}");
    }
    void(&storage, Seq(3), "a bug of ours", Time(9_000_000)).unwrap();
    let reached = replay(&storage, None).unwrap();
    let passed = [(10, user(1)), (10, user(2)), (10, Command::Clock), (12, user(4))];
    assert_eq!((reached.seq, reached.state_hash), (Seq(4), hash_after(&passed)));
    let report = verify(&storage).unwrap();
    assert!(report.is_sound(), "{report:?}");
    assert_eq!(report.voids, [(Seq(3), "a bug of ours".into())]);
    let mut void = Vec::new();
    let mut take = |record: &Record| {
        if let Record::Command { stamped, void: true, .. } = record {
            void.push(stamped.seq);
        }
    };
    dump(&storage, None, None, &mut take).unwrap();
    assert_eq!(void, [Seq(3)]);
}

#[test]
fn a_record_that_somebody_was_told_about_is_never_voided() {
    let error = void(&breaking(3), Seq(3), "a try", Time(0)).unwrap_err();
    assert!(matches!(error, VoidError::Published { acknowledged: Seq(3), .. }), "{error}");
}

#[test]
fn a_sound_frame_of_nonsense_is_refused_with_its_place() {
    let frames = vec![Written::Commands(10, vec![user(1)]), Written::Bytes(vec![0xff, 1, 2])];
    match replay(&journal_of(frames, 2), None) {
        Err(ReplayError::Malformed { seq, .. }) => assert_eq!(seq, Seq(2)),
        other => panic!("{other:?}"),
    }
}
