//! A journal of records that say their own number, so that what comes back can be checked.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use journal::{
    End, Identity, Journal, JournalConfig, JournalError, Lock, Next, OnDurable, OnFatal, Payload,
    Resting, Room, Storage,
};

pub const RULES: u32 = 1;
pub const IDENTITY: Identity = Identity { rules: RULES, journal_id: 0x1234_5678_9abc_def0 };

pub fn config() -> JournalConfig {
    JournalConfig {
        segment_bytes: JournalConfig::SEGMENT_BYTES_MIN,
        spares: 1,
        reserved_bytes: 1_024,
        retry: Duration::from_millis(1),
    }
}

/// The bytes of one record: its number, a length, so many bytes of filling.
fn put_record(out: &mut Vec<u8>, seq: u64) {
    let filling = u8::try_from(seq * 7 % 100).expect("below 100");
    out.extend_from_slice(&seq.to_le_bytes());
    out.extend(std::iter::repeat_n(filling, usize::from(filling)));
}

/// What the journal's threads said.
#[derive(Default)]
pub struct Told {
    state: Mutex<(u64, Vec<String>)>,
    changed: Condvar,
}

impl Told {
    /// Waits until `seq` is durable; `false` if the journal failed before.
    pub fn wait_for(&self, seq: u64) -> bool {
        let mut state = self.state.lock().unwrap();
        while state.0 < seq && state.1.is_empty() {
            state = self.changed.wait(state).unwrap();
        }
        seq <= state.0
    }

    pub fn failures(&self) -> Vec<String> {
        self.state.lock().unwrap().1.clone()
    }
}

/// A journal open for writing.
pub struct Run {
    pub journal: Journal,
    pub told: Arc<Told>,
    pub last: u64,
    _lock: Lock,
}

/// Opens what is in `storage`, checks every record, and goes on with it.
pub fn open(storage: &Arc<dyn Storage>, config: JournalConfig) -> Result<Run, JournalError> {
    let lock = journal::lock(storage.as_ref())?;
    let told = Arc::new(Told::default());
    let on_durable: OnDurable = {
        let told = Arc::clone(&told);
        Box::new(move |durable| {
            told.state.lock().unwrap().0 = durable.seq;
            told.changed.notify_all();
        })
    };
    let on_fatal: OnFatal = {
        let told = Arc::clone(&told);
        Arc::new(move |reason| {
            told.state.lock().unwrap().1.push(reason.to_owned());
            told.changed.notify_all();
        })
    };
    let (journal, last) = match Resting::open(Arc::clone(storage), RULES)? {
        None => (Journal::create(Arc::clone(storage), IDENTITY, config, on_durable, on_fatal)?, 0),
        Some(resting) => {
            resting.settle()?;
            let end = read(&resting)?;
            resting.check(&end, 0)?;
            (Journal::resume(&resting, &end, config, on_durable, on_fatal)?, end.seq)
        }
    };
    Ok(Run { journal, told, last, _lock: lock })
}

/// Reads a journal to its end, and checks that its records are the right ones.
pub fn read(resting: &Resting) -> Result<End, JournalError> {
    let mut frames = resting.frames(resting.oldest())?;
    let mut next = resting.oldest();
    loop {
        match frames.next()? {
            Next::End(end) => {
                assert_eq!(end.seq + 1, next, "the end is after the last record");
                return Ok(end);
            }
            Next::Frame(frame) => {
                let mut want = Vec::new();
                assert_eq!(frame.first, next, "no gap");
                for seq in next..next + u64::from(frame.count) {
                    put_record(&mut want, seq);
                }
                assert_eq!(frame.payload, want, "record {next} and after");
                next += u64::from(frame.count);
            }
        }
    }
}

/// What is in `storage` now, and must be.
pub fn check(storage: &Arc<dyn Storage>) -> Result<End, JournalError> {
    let resting = Resting::open(Arc::clone(storage), RULES)?.expect("there is a journal");
    let end = read(&resting)?;
    resting.check(&end, 0)?;
    Ok(end)
}

impl Run {
    /// Appends `count` records, if there is room for all.
    pub fn append(&mut self, count: u32) -> Result<Room, JournalError> {
        let mut payload = Payload::new();
        for seq in self.last + 1..=self.last + u64::from(count) {
            put_record(payload.bytes(), seq);
        }
        let room = self.journal.room(payload.len())?;
        if room == Room::Ample {
            self.append_payload(&mut payload, count)?;
        }
        Ok(room)
    }

    /// Appends one urgent record, if there is any room.
    pub fn append_urgent(&mut self) -> Result<Room, JournalError> {
        let mut payload = Payload::new();
        put_record(payload.bytes(), self.last + 1);
        let room = self.journal.room(payload.len())?;
        if room != Room::None {
            self.append_payload(&mut payload, 1)?;
        }
        Ok(room)
    }

    fn append_payload(&mut self, payload: &mut Payload, count: u32) -> Result<(), JournalError> {
        self.journal.append(payload, self.last + 1, count, 1_000 + self.last)?;
        self.last += u64::from(count);
        Ok(())
    }

    /// Waits until all is durable and acknowledges it, as the publisher does; what is acknowledged
    /// then, or `None` after a failure.
    pub fn acknowledge(&self) -> Option<u64> {
        if !self.told.wait_for(self.last) {
            return None;
        }
        self.journal.watermark().note(self.last).ok().map(|()| self.last)
    }
}
