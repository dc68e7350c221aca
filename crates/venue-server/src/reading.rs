//! Joins the read models to the sequencer: neighbours that do not know each other.

use model::Seq;
use projection::Projection;
use sequencer::{Committed, Reader, ReaderError};

/// A projection as the sequencer feeds it.
#[derive(Debug)]
pub struct Reading(pub Projection);

impl Reader for Reading {
    fn name(&self) -> &'static str {
        "projection"
    }

    fn fold(&mut self, committed: &Committed<'_>) {
        let Committed { seq, time, command, note, events, replayed } = *committed;
        self.0.fold(seq, time, command, note, events, replayed);
    }

    fn batch_end(&mut self, _through: Seq) {
        self.0.batch_end();
    }

    fn snapshot(&self, out: &mut Vec<u8>) {
        self.0.snapshot(out);
    }

    fn restore(&mut self, seq: Seq, bytes: Option<&[u8]>) -> Result<(), ReaderError> {
        self.0.restore(seq, bytes).map_err(|error| ReaderError(error.to_string()))
    }
}
