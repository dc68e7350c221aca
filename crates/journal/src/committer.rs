//! Group commit: what is appended while one sync runs goes to disk with the next.
//!
//! ```text
//! appender ──append──► pending ──swap──► journal thread: write, sync ──► durable(seq)
//!                                        preparer thread: spare segments, the watermark's sync
//! ```
//!
//! Keeps   frames in the order of appending; `durable` is called after the sync of what it names;
//!         room on disk is there before it is promised, and some of it for the urgent alone.
//! Fails   a write or sync that fails is told to `fatal` at once and never tried again; nothing is
//!         durable after it. A full disk is no failure: see [`Room`].

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::error::JournalError;
use crate::frame::{self, PAYLOAD_MAX, SECTOR};
use crate::reading::{End, Resting};
use crate::segment::FRAMES_AT;
use crate::snapshot::Identity;
use crate::spare::{self, Spare};
use crate::storage::Storage;
use crate::watermark::Watermark;
use crate::writer::{Batch, Writer};

/// How a journal is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct JournalConfig {
    /// Bytes of a segment, a multiple of 512, at least [`Self::SEGMENT_BYTES_MIN`].
    pub segment_bytes: u64,
    /// Segments kept ready.
    pub spares: usize,
    /// Bytes on disk that only the urgent may use; less than a quarter of a segment.
    pub reserved_bytes: u64,
    /// How often a full disk is tried again, and the longest that the watermark waits for its
    /// sync.
    pub retry: Duration,
}

impl JournalConfig {
    /// Bytes of a segment, unless somebody says otherwise.
    pub const SEGMENT_BYTES: u64 = 16 << 20;
    /// Smaller segments would hold little but headers.
    pub const SEGMENT_BYTES_MIN: u64 = 8 * 1024;

    /// Bytes that may wait for one sync: a quarter of a segment at most, so that what a segment
    /// wastes at its end stays bounded.
    fn pending_max(&self) -> usize {
        let quarter = usize::try_from(self.segment_bytes / 4).unwrap_or(usize::MAX);
        (quarter - frame::HEADER).min(PAYLOAD_MAX)
    }

    /// The largest payload that [`Journal::append`] takes.
    #[must_use]
    pub fn payload_max(&self) -> usize {
        self.pending_max() / 2
    }
}

impl Default for JournalConfig {
    fn default() -> Self {
        Self {
            segment_bytes: Self::SEGMENT_BYTES,
            spares: 1,
            reserved_bytes: 2 << 20,
            retry: Duration::from_secs(1),
        }
    }
}

/// Records on their way to the journal.
#[derive(Debug)]
pub struct Payload {
    bytes: Vec<u8>,
}

impl Payload {
    /// Nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self { bytes: vec![0; frame::HEADER] }
    }

    /// Where records are appended. What is there already must stay.
    pub const fn bytes(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Bytes appended.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len() - frame::HEADER
    }

    /// Whether nothing is appended.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn clear(&mut self) {
        self.bytes.truncate(frame::HEADER);
    }
}

impl Default for Payload {
    fn default() -> Self {
        Self::new()
    }
}

/// For whom the disk has room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// For all.
    Ample,
    /// For the urgent only: the disk is full, and what is left is reserved.
    Urgent,
    /// For nobody.
    None,
}

/// One frame that is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Durable {
    /// The last sequence in it.
    pub seq: u64,
    /// How many records it holds.
    pub count: u32,
    /// How long writing and syncing took.
    pub took: Duration,
}

/// Called on the journal's thread with each frame that is durable.
pub type OnDurable = Box<dyn FnMut(Durable) + Send>;
/// Called with the reason when the journal can not go on.
pub type OnFatal = Arc<dyn Fn(&str) + Send + Sync>;

/// A journal that is being written.
pub struct Journal {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

struct Shared {
    config: JournalConfig,
    storage: Arc<dyn Storage>,
    watermark: Arc<Watermark>,
    fatal: OnFatal,
    state: Mutex<State>,
    /// For the journal thread: something is pending, a spare is ready, the end.
    work: Condvar,
    /// For the appender: pending shrank, room changed, the end.
    room: Condvar,
    /// For the preparer: a spare was used, the end.
    prepare: Condvar,
}

struct State {
    pending: Payload,
    batch: Batch,
    /// Bytes on disk that pending and what is being written can take at most.
    promised: u64,
    pending_promised: u64,
    /// Bytes left in the segment being written.
    remaining: u64,
    spares: VecDeque<Spare>,
    full: bool,
    /// The journal thread waits for a spare: nobody asked for room.
    starving: bool,
    stopping: bool,
    failed: bool,
}

/// What a payload can take on disk at most: a frame of its own.
const fn promise(payload_len: usize) -> u64 {
    frame::size(payload_len) as u64
}

impl Journal {
    /// Begins a new journal in an empty directory. The caller holds the lock.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn create(
        storage: Arc<dyn Storage>,
        identity: Identity,
        config: JournalConfig,
        on_durable: OnDurable,
        on_fatal: OnFatal,
    ) -> Result<Self, JournalError> {
        assert!(JournalConfig::SEGMENT_BYTES_MIN <= config.segment_bytes, "too small a segment");
        // The watermark first: a journal without one is damaged.
        let watermark = Watermark::create(storage.as_ref(), identity.journal_id, 0)?;
        let (mut spares, mut number) = spare::left(storage.as_ref(), config.segment_bytes)?;
        let first = if spares.is_empty() {
            number += 1;
            spare::prepare(storage.as_ref(), number - 1, config.segment_bytes)?
        } else {
            spares.remove(0)
        };
        let writer = Writer::create(Arc::clone(&storage), identity, first)?;
        let found = Found { writer, watermark, spares, number };
        Self::begin(storage, config, found, on_durable, on_fatal)
    }

    /// Goes on with a journal that was read to its `end` and checked there. Cuts what is torn.
    ///
    /// # Errors
    /// [`JournalError`].
    pub fn resume(
        journal: &Resting,
        end: &End,
        config: JournalConfig,
        on_durable: OnDurable,
        on_fatal: OnFatal,
    ) -> Result<Self, JournalError> {
        assert!(JournalConfig::SEGMENT_BYTES_MIN <= config.segment_bytes, "too small a segment");
        let writer = Writer::resume(journal, end)?;
        let storage = Arc::clone(journal.storage());
        let watermark = Watermark::resume(storage.as_ref(), journal.journal_id(), end.seq)?;
        let (spares, number) = spare::left(storage.as_ref(), config.segment_bytes)?;
        let found = Found { writer, watermark, spares, number };
        Self::begin(storage, config, found, on_durable, on_fatal)
    }

    fn begin(
        storage: Arc<dyn Storage>,
        mut config: JournalConfig,
        found: Found,
        on_durable: OnDurable,
        fatal: OnFatal,
    ) -> Result<Self, JournalError> {
        config.spares = config.spares.max(1);
        let state = State {
            pending: Payload::new(),
            batch: Batch::default(),
            promised: 0,
            pending_promised: 0,
            remaining: found.writer.remaining(),
            spares: found.spares.into(),
            full: false,
            starving: false,
            stopping: false,
            failed: false,
        };
        let shared = Arc::new(Shared {
            config,
            storage,
            watermark: Arc::new(found.watermark),
            fatal,
            state: Mutex::new(state),
            work: Condvar::new(),
            room: Condvar::new(),
            prepare: Condvar::new(),
        });
        let mut journal = Self { shared: Arc::clone(&shared), threads: Vec::new() };
        let (writer, number) = (found.writer, found.number);
        journal.spawn("journal", {
            let shared = Arc::clone(&shared);
            move || write_frames(&shared, writer, on_durable)
        })?;
        journal.spawn("journal-spares", move || prepare_spares(&shared, number))?;
        Ok(journal)
    }

    fn spawn(
        &mut self,
        name: &str,
        body: impl FnOnce() + Send + 'static,
    ) -> Result<(), JournalError> {
        let shared = Arc::clone(&self.shared);
        let reason = format!("the thread {name} panicked");
        let body = move || {
            // A panic is a bug; what it leaves behind must not be acknowledged.
            if catch_unwind(AssertUnwindSafe(body)).is_err() {
                shared.fail(&reason);
            }
        };
        let thread = std::thread::Builder::new().name(name.into()).spawn(body);
        self.threads.push(thread.map_err(JournalError::io("start a thread"))?);
        Ok(())
    }

    /// The watermark of this journal.
    #[must_use]
    pub fn watermark(&self) -> Arc<Watermark> {
        Arc::clone(&self.shared.watermark)
    }

    /// For whom there is room for a payload of up to `bytes`. Waits while a segment is being
    /// prepared; a disk that is full is answered at once.
    ///
    /// # Errors
    /// [`JournalError::Stopped`] after a failure.
    pub fn room(&self, bytes: usize) -> Result<Room, JournalError> {
        let mut state = self.shared.lock();
        loop {
            if state.failed {
                return Err(JournalError::Stopped);
            }
            let free = self.shared.free(&state);
            if promise(bytes) + self.shared.config.reserved_bytes <= free {
                return Ok(Room::Ample);
            }
            if state.full {
                return Ok(if promise(bytes) <= free { Room::Urgent } else { Room::None });
            }
            state = wait(&self.shared.room, state);
        }
    }

    /// Takes `count` records from `first` on, and clears the payload. Waits while too much waits.
    /// The caller has asked for [`Self::room`].
    ///
    /// # Errors
    /// [`JournalError::TooLarge`], or [`JournalError::Stopped`] after a failure.
    pub fn append(
        &self,
        payload: &mut Payload,
        first: u64,
        count: u32,
        time: u64,
    ) -> Result<(), JournalError> {
        let (len, max) = (payload.len(), self.shared.config.payload_max());
        if max < len {
            return Err(JournalError::TooLarge { bytes: len, max });
        }
        let mut state = self.shared.lock();
        while !state.failed && self.shared.config.pending_max() < state.pending.len() + len {
            state = wait(&self.shared.room, state);
        }
        if state.failed {
            return Err(JournalError::Stopped);
        }
        if state.pending.is_empty() {
            std::mem::swap(&mut state.pending, payload);
            state.batch = Batch { first, count, time };
        } else {
            state.pending.bytes.extend_from_slice(&payload.bytes[frame::HEADER..]);
            state.batch.count += count;
            state.batch.time = time;
        }
        payload.clear();
        state.promised += promise(len);
        state.pending_promised += promise(len);
        drop(state);
        self.shared.work.notify_one();
        Ok(())
    }

    /// Writes what is pending, makes the watermark durable, ends.
    ///
    /// # Errors
    /// [`JournalError::Stopped`] after a failure; the reason went to `on_fatal`.
    pub fn stop(mut self) -> Result<(), JournalError> {
        self.end();
        if self.shared.lock().failed {
            return Err(JournalError::Stopped);
        }
        self.shared.watermark.sync()
    }

    fn end(&mut self) {
        self.shared.lock().stopping = true;
        self.shared.work.notify_all();
        self.shared.prepare.notify_all();
        for thread in self.threads.drain(..) {
            // Panics are caught within and told.
            let _ = thread.join();
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.end();
    }
}

impl std::fmt::Debug for Journal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Journal").field("config", &self.shared.config).finish_non_exhaustive()
    }
}

struct Found {
    writer: Writer,
    watermark: Watermark,
    spares: Vec<Spare>,
    number: u64,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic happens under this lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Bytes on disk that nobody was promised. Of a spare segment, its header does not count, nor
    /// what the segment before may waste at its end.
    fn free(&self, state: &State) -> u64 {
        let wasted = FRAMES_AT + promise(self.config.pending_max());
        let spares = state.spares.len() as u64 * self.config.segment_bytes.saturating_sub(wasted);
        (state.remaining + spares).saturating_sub(state.promised)
    }

    fn fail(&self, reason: &str) {
        self.lock().failed = true;
        (self.fatal)(reason);
        self.work.notify_all();
        self.room.notify_all();
        self.prepare.notify_all();
    }
}

fn wait<'a>(condition: &Condvar, state: MutexGuard<'a, State>) -> MutexGuard<'a, State> {
    condition.wait(state).unwrap_or_else(PoisonError::into_inner)
}

/// The journal thread.
fn write_frames(shared: &Shared, mut writer: Writer, mut on_durable: OnDurable) {
    let mut payload = Payload::new();
    loop {
        let mut state = shared.lock();
        while state.pending.is_empty() && !state.stopping && !state.failed {
            state = wait(&shared.work, state);
        }
        if state.failed || state.pending.is_empty() {
            return;
        }
        let size = frame::size(state.pending.len()) as u64;
        let mut spare = None;
        if writer.remaining() < size {
            let Some(next) = state.spares.pop_front() else {
                // Only where nobody asked for room: the spare is being prepared.
                state.starving = true;
                shared.prepare.notify_one();
                drop(wait(&shared.work, state));
                continue;
            };
            spare = Some(next);
        }
        state.starving = false;
        std::mem::swap(&mut state.pending, &mut payload);
        let batch = state.batch;
        let promised = std::mem::take(&mut state.pending_promised);
        if spare.is_some() {
            // Until the new segment is there, its bytes stand in for it.
            state.remaining = shared.config.segment_bytes - FRAMES_AT;
        }
        drop(state);
        shared.room.notify_all();
        let begun = Instant::now();
        let written = write(shared, &mut writer, spare, &mut payload, batch);
        if let Err(error) = written {
            shared.fail(&error.to_string());
            return;
        }
        payload.clear();
        let mut state = shared.lock();
        if state.failed {
            // The other thread failed meanwhile: the process is ending.
            return;
        }
        state.promised -= promised;
        state.remaining = writer.remaining();
        drop(state);
        // A frame takes less than was promised for its parts: whoever waits for room may have it.
        shared.room.notify_all();
        let (seq, count) = (batch.first + u64::from(batch.count) - 1, batch.count);
        on_durable(Durable { seq, count, took: begun.elapsed() });
    }
}

fn write(
    shared: &Shared,
    writer: &mut Writer,
    spare: Option<Spare>,
    payload: &mut Payload,
    batch: Batch,
) -> Result<(), JournalError> {
    if let Some(spare) = spare {
        writer.rotate(spare)?;
        shared.prepare.notify_one();
    }
    writer.append(&mut payload.bytes, batch, shared.watermark.noted())
}

/// The preparer thread.
fn prepare_spares(shared: &Shared, mut number: u64) {
    loop {
        let mut state = shared.lock();
        let idle = shared.config.spares <= state.spares.len() || state.full;
        if idle && !state.stopping && !state.failed {
            let waited = shared.prepare.wait_timeout(state, shared.config.retry);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        if state.failed || (state.stopping && !state.starving) {
            return;
        }
        if state.stopping && state.full {
            drop(state);
            return shared.fail("the disk is full, and nobody asked for room");
        }
        let wanted = state.spares.len() < shared.config.spares;
        drop(state);
        if let Err(error) = shared.watermark.sync() {
            return shared.fail(&error.to_string());
        }
        if !wanted {
            continue;
        }
        match spare::prepare(shared.storage.as_ref(), number, shared.config.segment_bytes) {
            Ok(spare) => {
                number += 1;
                let mut state = shared.lock();
                state.spares.push_back(spare);
                state.full = false;
            }
            Err(error) if error.is_full() => shared.lock().full = true,
            Err(error) => return shared.fail(&error.to_string()),
        }
        shared.room.notify_all();
        shared.work.notify_all();
    }
}

const _: () = assert!(PAYLOAD_MAX + SECTOR < u32::MAX as usize, "lengths are written as u32");
