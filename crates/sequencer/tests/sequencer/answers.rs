//! Order, time, room in the queue, and who sees what when.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use engine::{Command, MarketState};
use journal::simulated::Disk;
use model::{AccountId, MarketId, Seq, Time};
use sequencer::{Config, SubmitError};

use crate::rig::{self, Witness, cancel, config, set_up, storage, trade};

/// A clock that holds the writer up while it is closed.
#[derive(Default)]
struct Gate {
    closed: Mutex<bool>,
    opened: Condvar,
}

impl Gate {
    fn set(&self, closed: bool) {
        *self.closed.lock().unwrap() = closed;
        self.opened.notify_all();
    }

    fn clock(self: &Arc<Self>) -> Box<dyn sequencer::Clock> {
        let gate = Arc::clone(self);
        Box::new(move || {
            let mut closed = gate.closed.lock().unwrap();
            while *closed {
                closed = gate.opened.wait(closed).unwrap();
            }
            Time(1)
        })
    }
}

#[test]
fn a_full_queue_is_busy_but_for_cancels_and_arrival_order_is_kept() {
    let (disk, gate) = (Disk::new(), Arc::new(Gate::default()));
    let mut config = config();
    (config.queue_max, config.cancels_reserved, config.batch_max) = (20, 10, 4);
    let (handle, joiner) =
        sequencer::start(config, storage(&disk), gate.clock(), Vec::new()).unwrap();
    gate.set(true);
    // The writer takes some and stops at the gate: fill until it is busy twice in a row.
    let mut pending = Vec::new();
    let mut number = 0;
    let mut refusals = 0;
    while refusals < 2 || handle.queue_depth() < 20 {
        match handle.submit(trade(number)) {
            Ok(answer) => pending.push(answer),
            Err(error) => {
                assert_eq!(error, SubmitError::Busy);
                refusals += 1;
            }
        }
        number += 1;
    }
    let state = |state| Command::SetMarketState { market: MarketId(0), state };
    assert_eq!(handle.submit(state(MarketState::Open)).unwrap_err(), SubmitError::Busy);
    pending.push(handle.submit(state(MarketState::Halted)).expect("room to end trading"));
    let mut cancels = 1;
    while let Ok(answer) = handle.submit(cancel(AccountId(2), 1)) {
        pending.push(answer);
        cancels += 1;
    }
    assert_eq!(cancels, 10, "cancels have room of their own");
    assert_eq!(handle.submit(trade(0)).unwrap_err(), SubmitError::Busy);
    gate.set(false);
    let seqs: Vec<u64> = pending.into_iter().map(|p| p.wait().unwrap().seq.0).collect();
    assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>(), "in the order of arrival");
    rig::stop(&handle, joiner);
}

#[test]
fn who_is_answered_can_read_what_was_done() {
    let (disk, witness) = (Disk::new(), Witness::default());
    let (handle, joiner) =
        sequencer::start(config(), storage(&disk), rig::clock(), witness.boxed()).unwrap();
    for command in set_up().into_iter().chain((0..100).map(trade)) {
        let answer = handle.submit(command).unwrap().wait().unwrap();
        assert!(answer.seq <= witness.seen().ended);
    }
    rig::stop(&handle, joiner);
    assert!(!witness.seen().fills.is_empty(), "some orders traded");
}

#[test]
fn each_answer_carries_the_events_of_its_own_command() {
    let disk = Disk::new();
    let (handle, joiner) = rig::start(&disk, config()).unwrap();
    let commands: Vec<Command> = set_up().into_iter().chain((0..100).map(trade)).collect();
    // All at once, so that batches hold many.
    let pending: Vec<_> =
        commands.iter().map(|command| handle.submit(command.clone()).unwrap()).collect();
    let answers: Vec<_> = pending.into_iter().map(|pending| pending.wait().unwrap()).collect();
    rig::stop(&handle, joiner);
    let mut engine = engine::Engine::new(&engine::Genesis { map_key: [7; 16] });
    for (stamped, answer) in rig::journaled(&disk).iter().zip(answers) {
        let mut events = Vec::new();
        engine.apply(stamped, &mut events);
        assert_eq!((stamped.seq, stamped.time, events), (answer.seq, answer.time, answer.events));
    }
}

#[test]
fn a_clock_that_steps_back_stops_the_time_and_nothing_else() {
    let disk = Disk::new();
    let times = Arc::new(AtomicU64::new(1_000));
    let clock = {
        let times = Arc::clone(&times);
        Box::new(move || Time(times.fetch_sub(10, Ordering::Relaxed)))
    };
    let (handle, joiner) = sequencer::start(config(), storage(&disk), clock, Vec::new()).unwrap();
    let mut last = Time(0);
    for command in set_up() {
        let answer = handle.submit(command).unwrap().wait().unwrap();
        assert!(last <= answer.time);
        last = answer.time;
    }
    assert!(times.load(Ordering::Relaxed) < 900, "the clock stepped back");
    rig::stop(&handle, joiner);
}

#[test]
fn time_passes_while_nobody_calls() {
    let (disk, witness) = (Disk::new(), Witness::default());
    let mut config = config();
    config.tick = Some(Duration::from_millis(1));
    let (handle, joiner) =
        sequencer::start(config, storage(&disk), rig::clock(), witness.boxed()).unwrap();
    witness.wait_until(|seen| 3 <= seen.clocks);
    rig::stop(&handle, joiner);
}

#[test]
fn a_stopped_sequencer_has_answered_everything_and_takes_nothing_more() {
    let disk = Disk::new();
    let (handle, joiner) = rig::start(&disk, config()).unwrap();
    let pending: Vec<_> = (0..200).map(|number| handle.submit(trade(number)).unwrap()).collect();
    rig::stop(&handle, joiner);
    for (number, pending) in (1..).zip(pending) {
        assert_eq!(pending.wait().unwrap().seq, Seq(number));
    }
    assert_eq!(handle.submit(trade(0)).unwrap_err(), SubmitError::Stopped);
    assert_eq!(handle.status().unwrap_err(), SubmitError::Stopped);
}

#[test]
fn what_no_record_holds_is_refused() {
    let disk = Disk::new();
    let (handle, joiner) = rig::start(&disk, config()).unwrap();
    let fees = vec![engine::FeeTier::default(); 1_000];
    let error = handle.submit(Command::SetFees { market: rig::MARKET, fees }).unwrap_err();
    assert_eq!(error, SubmitError::TooLarge);
    rig::stop(&handle, joiner);
}

#[test]
fn the_status_is_that_of_the_very_state_at_its_sequence() {
    let disk = Disk::new();
    let (handle, joiner) = rig::start(&disk, config()).unwrap();
    let mut said = Vec::new();
    let mut pending = Vec::new();
    for (number, command) in set_up().into_iter().chain((0..200).map(trade)).enumerate() {
        pending.push(handle.submit(command).unwrap());
        if number % 20 == 3 {
            said.push((number as u64 + 1, handle.status().unwrap()));
        }
    }
    pending.into_iter().for_each(|pending| drop(pending.wait().unwrap()));
    let said: Vec<_> =
        said.into_iter().map(|(seq, status)| (seq, status.wait().unwrap())).collect();
    rig::stop(&handle, joiner);
    let commands = rig::journaled(&disk);
    for (seq, status) in said {
        assert_eq!(status.seq, Seq(seq), "between the commands before and after it");
        let applied = &commands[..usize::try_from(seq).unwrap()];
        assert_eq!(status.state_hash, rig::hash_after(applied), "at {seq}");
        if let Some((at, hash)) = status.checkpoint {
            assert_eq!(hash, rig::hash_after(&commands[..usize::try_from(at.0).unwrap()]));
        }
    }
}

#[test]
fn tasks_of_a_runtime_are_answered_in_order_and_threads_when_it_has_gone() {
    let (disk, witness) = (Disk::new(), Witness::default());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
    let config = Config { runtime: Some(runtime.handle().clone()), ..config() };
    let (handle, joiner) =
        sequencer::start(config, storage(&disk), rig::clock(), witness.boxed()).unwrap();
    let tasks = handle.clone();
    runtime.block_on(async {
        let pending: Vec<_> = (0..500).map(|number| tasks.submit(trade(number)).unwrap()).collect();
        for (number, pending) in (1..).zip(pending) {
            let answer = pending.await.unwrap();
            assert_eq!(answer.seq, Seq(number));
            assert!(answer.seq <= witness.seen().last, "folded before it is answered");
        }
    });
    drop(runtime);
    let answer = handle.submit(trade(500)).unwrap().wait().unwrap();
    assert_eq!(answer.seq, Seq(501));
    rig::stop(&handle, joiner);
}
