//! What is folded but not yet in the database.
//!
//! Keeps   at most [`OUTBOX_MAX`] commands' rows. From a quarter of it on the folding thread waits
//!         a little now and then ([`Outbox::pace`]), so that the writer keeps up; from half of
//!         it on the exchange should take no more orders ([`Outbox::lags`]); when it is full
//!         the folding thread waits, but not for good: after [`WAIT_MAX`] the history is given up
//!         until the next start, so that a dead database never stops cancels. Nothing is written
//!         behind a gap: what is missing comes again from the journal. Why so:
//!         docs/decisions/0006.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use model::{Seq, Time};
use tokio::sync::Notify;

use crate::codec::{Wire, wire_struct};
use crate::rows::Rows;

/// Commands whose rows wait to be written.
pub const OUTBOX_MAX: usize = 32_768;
/// How long the folding thread waits for room while callers wait for it.
const WAIT_MAX: Duration = Duration::from_secs(10);
/// How long it waits after each batch where the writer is about to fall behind.
pub(crate) const PACE: Duration = Duration::from_millis(20);
/// How long it waits while nobody does, during a replay.
const REPLAY_WAIT_MAX: Duration = Duration::from_secs(600);

/// The rows of one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) seq: Seq,
    pub(crate) time: Time,
    pub(crate) rows: Rows,
}

wire_struct!(Entry { seq, time, rows });

/// What is folded but not yet in the database.
#[derive(Debug)]
pub(crate) struct Outbox {
    queue: Mutex<Queue>,
    room: Condvar,
    arrived: Notify,
    emptied: Notify,
    max: usize,
    wait_max: Duration,
}

#[derive(Debug)]
struct Queue {
    entries: VecDeque<Arc<Entry>>,
    /// The last command that is folded.
    folded: Seq,
    /// The last command whose rows are in the database.
    written: Seq,
    /// The time of the journal's first command, as the database knows it.
    origin: Option<Time>,
    /// The last command whose rows were given up.
    gap: Option<Seq>,
    closed: bool,
}

/// A run of entries to be written at once.
pub(crate) struct Run {
    pub(crate) entries: Vec<Arc<Entry>>,
    /// What the database has reached when they are written.
    pub(crate) through: Seq,
    pub(crate) origin: Option<Time>,
}

/// What there is to write.
enum Next {
    /// These entries.
    Run(Run),
    /// Nothing yet.
    Wait,
    /// Nothing any more.
    Closed,
}

/// What a snapshot says about the history.
pub(crate) struct Standing {
    /// The history must have reached this when the snapshot is used.
    pub(crate) needs: Seq,
    /// What was not yet written.
    pub(crate) entries: VecDeque<Arc<Entry>>,
}

impl Outbox {
    pub(crate) fn new(written: Seq, origin: Option<Time>) -> Self {
        Self::bounded(written, origin, OUTBOX_MAX, WAIT_MAX)
    }

    pub(crate) fn bounded(
        written: Seq,
        origin: Option<Time>,
        max: usize,
        wait_max: Duration,
    ) -> Self {
        let (entries, folded) = (VecDeque::new(), Seq(0));
        let queue = Queue { entries, folded, written, origin, gap: None, closed: false };
        Self {
            queue: Mutex::new(queue),
            room: Condvar::new(),
            arrived: Notify::new(),
            emptied: Notify::new(),
            max,
            wait_max,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the rows of a command. `false` where they are given up.
    pub(crate) fn put(&self, entry: Entry, replayed: bool) -> bool {
        let mut queue = self.lock();
        queue.folded = entry.seq;
        if entry.seq <= queue.written {
            return true;
        }
        if queue.gap.is_none() && self.max <= queue.entries.len() {
            let wait_max = if replayed { REPLAY_WAIT_MAX } else { self.wait_max };
            let full = |queue: &mut Queue| self.max <= queue.entries.len();
            let waited = self.room.wait_timeout_while(queue, wait_max, full);
            queue = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        if queue.gap.is_some() || self.max <= queue.entries.len() {
            queue.gap = Some(entry.seq);
            return false;
        }
        queue.entries.push_back(Arc::new(entry));
        drop(queue);
        self.arrived.notify_one();
        true
    }

    /// Gives the writer a little time where it is about to fall behind: callers then wait for the
    /// database for a moment, instead of being refused. Where it writes nothing, this soon ends.
    pub(crate) fn pace(&self, pace: Duration) {
        let queue = self.lock();
        let nearly = |queue: &mut Queue| {
            let waiting = queue.entries.len();
            queue.gap.is_none() && self.max / 4 <= waiting && waiting < self.max / 2
        };
        drop(self.room.wait_timeout_while(queue, pace, nearly));
    }

    /// A command without rows was folded.
    pub(crate) fn pass(&self, seq: Seq) {
        self.lock().folded = seq;
    }

    /// The next entries, at most `max`; waits for one. `None` when no more will come.
    pub(crate) async fn next(&self, max: usize) -> Option<Run> {
        loop {
            match self.peek(max) {
                Next::Run(run) => return Some(run),
                Next::Closed => return None,
                Next::Wait => self.arrived.notified().await,
            }
        }
    }

    fn peek(&self, max: usize) -> Next {
        let queue = self.lock();
        if queue.entries.is_empty() {
            return if queue.closed { Next::Closed } else { Next::Wait };
        }
        let entries: Vec<_> = queue.entries.iter().take(max).cloned().collect();
        let is_all = entries.len() == queue.entries.len() && queue.gap.is_none();
        let last = entries.last().map_or(Seq(0), |entry| entry.seq);
        let through = if is_all { queue.folded.max(last) } else { last };
        Next::Run(Run { entries, through, origin: queue.origin })
    }

    /// A run is in the database.
    pub(crate) fn wrote(&self, run: &Run) {
        let mut queue = self.lock();
        queue.entries.drain(..run.entries.len());
        queue.written = run.through;
        let is_empty = queue.entries.is_empty();
        drop(queue);
        self.room.notify_all();
        if is_empty {
            self.emptied.notify_waiters();
        }
    }

    /// How many commands wait to be written.
    pub(crate) fn lag(&self) -> usize {
        self.lock().entries.len()
    }

    pub(crate) fn lags(&self) -> bool {
        let queue = self.lock();
        queue.gap.is_some() || self.max / 2 <= queue.entries.len()
    }

    pub(crate) fn has_gap(&self) -> bool {
        self.lock().gap.is_some()
    }

    /// The last command whose rows are in the database.
    pub(crate) fn written(&self) -> Seq {
        self.lock().written
    }

    /// Waits until everything that was put is written.
    pub(crate) async fn drained(&self) {
        loop {
            let emptied = self.emptied.notified();
            if self.lock().entries.is_empty() {
                return;
            }
            emptied.await;
        }
    }

    /// What waits to be written.
    pub(crate) fn pending(&self) -> Vec<Arc<Entry>> {
        self.lock().entries.iter().cloned().collect()
    }

    /// For a snapshot; `last_rows` is the last command that had any.
    pub(crate) fn standing(&self, last_rows: Seq) -> Standing {
        let queue = self.lock();
        let needs = match queue.gap {
            Some(gap) => gap,
            None if queue.entries.is_empty() => last_rows,
            None => queue.written.min(last_rows),
        };
        Standing { needs, entries: queue.entries.clone() }
    }

    /// Begins at a snapshot, whose origin this is. `false` if the database lacks something from
    /// before it, or tells another journal.
    pub(crate) fn begin(&self, seq: Seq, origin: Option<Time>, standing: Standing) -> bool {
        let mut queue = self.lock();
        queue.entries.clear();
        (queue.folded, queue.gap) = (seq, None);
        let same = match (queue.origin, origin) {
            (Some(known), Some(told)) => known == told,
            (_, None) | (None, Some(_)) => true,
        };
        if !same || queue.written < standing.needs {
            return false;
        }
        let written = queue.written;
        queue.entries.extend(standing.entries.into_iter().filter(|entry| written < entry.seq));
        queue.origin = queue.origin.or(origin);
        drop(queue);
        self.arrived.notify_one();
        true
    }

    /// Names the journal by the time of its first command. `false` if the database tells another.
    pub(crate) fn name_journal(&self, origin: Time) -> bool {
        let mut queue = self.lock();
        let same = queue.origin.is_none_or(|known| known == origin);
        if same {
            queue.origin = Some(origin);
        } else {
            queue.gap = Some(Seq(1));
        }
        same
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Nothing more will come.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
        self.arrived.notify_one();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(outbox: &Outbox, max: usize) -> Run {
        match outbox.peek(max) {
            Next::Run(run) => run,
            Next::Wait | Next::Closed => panic!("there is something to write"),
        }
    }

    fn entry(seq: u64) -> Entry {
        Entry { seq: Seq(seq), time: Time(seq), rows: Rows::default() }
    }

    #[test]
    fn a_full_outbox_gives_up_after_its_wait_and_keeps_what_it_has() {
        let outbox = Outbox::bounded(Seq(0), None, 4, Duration::ZERO);
        let put: Vec<_> = (1..=6).map(|seq| outbox.put(entry(seq), false)).collect();
        assert_eq!(put, [true, true, true, true, false, false]);
        assert!(outbox.lags() && outbox.has_gap());
        let run = run(&outbox, 100);
        assert_eq!((run.entries.len(), run.through), (4, Seq(4)), "nothing behind the gap");
        outbox.wrote(&run);
        assert!(!outbox.put(entry(7), false), "a gap stays a gap");
        assert_eq!(outbox.standing(Seq(7)).needs, Seq(7), "no start from behind the gap");
    }

    #[test]
    fn half_full_is_behind_until_it_is_written() {
        let outbox = Outbox::bounded(Seq(0), None, 4, Duration::ZERO);
        assert!(outbox.put(entry(1), false) && !outbox.lags());
        assert!(outbox.put(entry(2), false) && outbox.lags());
        let run = run(&outbox, 1);
        assert_eq!(run.through, Seq(1));
        outbox.wrote(&run);
        assert!(!outbox.lags());
        assert_eq!((outbox.lag(), outbox.written()), (1, Seq(1)));
    }

    #[test]
    fn who_is_about_to_fall_behind_is_given_time_until_it_has_written() {
        let outbox = Arc::new(Outbox::bounded(Seq(0), None, 8, Duration::ZERO));
        let long = Duration::from_secs(60);
        assert!(outbox.put(entry(1), false));
        outbox.pace(long);
        assert!((2..=3).all(|seq| outbox.put(entry(seq), false)));
        let folding = std::thread::spawn({
            let outbox = Arc::clone(&outbox);
            move || outbox.pace(long)
        });
        let run = run(&outbox, 2);
        outbox.wrote(&run);
        folding.join().expect("it waits no longer");
        assert!((4..=6).all(|seq| outbox.put(entry(seq), false)) && outbox.lags());
        outbox.pace(long);
    }

    #[test]
    fn the_folding_thread_waits_for_room() {
        let outbox = Arc::new(Outbox::bounded(Seq(0), None, 1, Duration::from_secs(60)));
        assert!(outbox.put(entry(1), false));
        let folding = std::thread::spawn({
            let outbox = Arc::clone(&outbox);
            move || outbox.put(entry(2), false)
        });
        let run = run(&outbox, 9);
        outbox.wrote(&run);
        assert!(folding.join().expect("it does not panic"));
        assert_eq!(outbox.lag(), 1);
    }

    #[test]
    fn what_the_database_has_already_is_passed_over() {
        let outbox = Outbox::new(Seq(2), Some(Time(1)));
        assert!((1..=3).all(|seq| outbox.put(entry(seq), true)));
        assert_eq!(outbox.pending().iter().map(|it| it.seq).collect::<Vec<_>>(), [Seq(3)]);
    }
}
