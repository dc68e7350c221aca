//! The publisher's part: readers fold, then callers are answered, then what was asked for beside.

use std::sync::mpsc::SyncSender;

use model::Seq;

use crate::batch::{Batch, EngineState, Mark};
use crate::courier::{Courier, Letter};
use crate::handle::{Answer, Reply};
use crate::measured::measured;
use crate::pipeline::Publish;
use crate::reader::Reader;
use crate::state;

/// A snapshot on its way to disk.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub seq: Seq,
    pub body: Vec<u8>,
}

pub(crate) struct Publisher {
    pub readers: Vec<Box<dyn Reader>>,
    pub courier: Courier,
    pub snapshots: SyncSender<Snapshot>,
    pub is_measured: bool,
}

impl Publish<Reply> for Publisher {
    fn publish(&mut self, batch: &mut Batch<Reply>) {
        if !batch.is_empty() {
            for reader in &mut self.readers {
                for committed in batch.committed() {
                    reader.fold(&committed);
                }
                measured(self.is_measured, || reader.batch_end(batch.through));
            }
            self.courier.send(answers(batch));
        }
        match batch.mark.take() {
            None => {}
            // Whoever asked may have gone.
            Some(Mark::Status(reply, status)) => drop(reply.send(status)),
            Some(Mark::Snapshot { engine, last }) => self.keep(&engine, last),
        }
    }
}

impl Publisher {
    fn keep(&self, engine: &EngineState, last: bool) {
        let seq = engine.seq;
        let snapshot = Snapshot { seq, body: state::encode(engine, &self.readers) };
        let kept = if last {
            self.snapshots.send(snapshot).is_ok()
        } else {
            self.snapshots.try_send(snapshot).is_ok()
        };
        if !kept {
            tracing::warn!(seq = seq.0, "a snapshot is passed over: one is in work");
        }
    }
}

/// The answers to those who still wait for one.
fn answers(batch: &mut Batch<Reply>) -> Vec<Letter> {
    let mut letters = Vec::with_capacity(batch.tags.len());
    let mut events = batch.events.drain(..);
    let mut begin = 0;
    for ((input, end), reply) in batch.inputs.iter().zip(&batch.ends).zip(batch.tags.drain(..)) {
        let its_own = events.by_ref().take(end - begin);
        begin = *end;
        match reply {
            Some(to) if !to.is_closed() => {
                let (seq, time, events) = (input.seq, input.time, its_own.collect());
                letters.push(Letter { to, answer: Answer { seq, time, events } });
            }
            Some(_) | None => its_own.for_each(drop),
        }
    }
    letters
}
