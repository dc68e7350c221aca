//! What takes its time: a bounded number at once, on threads of their own that yield to those that
//! serve, so that who logs in holds up no order.
//!
//! Keeps   at most [`ACCEPTED_MAX`] pieces of work wait or are done, of these [`STRANGERS_MAX`] for
//!         strangers; one more is told that we are busy.

use std::num::NonZero;
use std::sync::{Arc, Mutex, PoisonError, RwLock, mpsc};

use tokio::sync::{Semaphore, oneshot};

use crate::error::IdentityError;

/// Pieces done at once, on as many cores at most; see [`at_once`]. A password hash takes 19 MiB.
const AT_ONCE_MAX: usize = 2;
/// Pieces done or waited for. One more is told that we are busy.
const ACCEPTED_MAX: usize = 96;
/// Of these, for strangers: however many come, those who are known find room.
const STRANGERS_MAX: usize = 64;
/// How far the threads stand back (`nice`).
#[cfg(target_os = "linux")]
const STAND_BACK: i32 = 15;

/// For whom something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Somebody who is signed in, or comes from where they have been.
    Known,
    /// Anybody else.
    Stranger,
}

type Job = Box<dyn FnOnce() + Send>;

/// Does what takes its time.
#[derive(Debug)]
pub struct SlowWork {
    accepted: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
    jobs: mpsc::Sender<Job>,
    /// Held by each thread while it works.
    working: Arc<RwLock<()>>,
}

impl SlowWork {
    pub fn new() -> Self {
        let (jobs, taken) = mpsc::channel::<Job>();
        let (taken, working) = (Arc::new(Mutex::new(taken)), Arc::default());
        for _ in 0..at_once() {
            let (taken, working) = (Arc::clone(&taken), Arc::clone(&working));
            let thread = std::thread::Builder::new().name("slow work".into());
            thread.spawn(move || work(&taken, &working)).expect("a thread starts");
        }
        let room = |places| Arc::new(Semaphore::new(places));
        Self { accepted: room(ACCEPTED_MAX), strangers: room(STRANGERS_MAX), jobs, working }
    }

    /// Has `work` done by one of the threads.
    pub async fn run<T: Send + 'static>(
        &self,
        line: Line,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, IdentityError> {
        let enter = |room: &Arc<Semaphore>| {
            Arc::clone(room).try_acquire_owned().map_err(|_| IdentityError::Busy)
        };
        let as_stranger = match line {
            Line::Known => None,
            Line::Stranger => Some(enter(&self.strangers)?),
        };
        let accepted = enter(&self.accepted)?;
        // The permits go along: whoever asked may go away, the work is done until it is done.
        let work = move || {
            let done = work();
            drop((accepted, as_stranger));
            done
        };
        Ok(self.run_seldom(work).await)
    }

    /// The same, however many wait: for what is done seldom.
    pub async fn run_seldom<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> T {
        let (done, answer) = oneshot::channel();
        let job = Box::new(move || drop(done.send(work())));
        self.jobs.send(job).expect("the threads are there as long as this is");
        answer.await.expect("it does not panic")
    }

    /// Waits for what is being worked at, seconds at most, and lets nothing begin any more. To be
    /// called before the process ends: its randomness is torn down then, and a thread that wants
    /// some would abort the process in the middle of its orderly end.
    pub fn finish(&self) {
        std::mem::forget(self.working.write());
    }
}

/// How many threads compute. Half of the cores are left to those that serve: however far a thread
/// stands back, who wakes up on its core may wait for the system's next look.
fn at_once() -> usize {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    (cores / 2).clamp(1, AT_ONCE_MAX)
}

/// Does what is asked until nobody can ask any more.
fn work(taken: &Mutex<mpsc::Receiver<Job>>, working: &RwLock<()>) {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, STAND_BACK) {
        tracing::warn!(%error, "slow work does not stand back");
    }
    loop {
        let job = taken.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        let _working = working.read();
        job();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;

    #[test]
    fn who_ends_waits_for_what_is_being_worked_at() {
        let slow = SlowWork::new();
        let ((begun, begins), (go, goes)) = (mpsc::channel(), mpsc::channel());
        let is_done = Arc::new(AtomicBool::new(false));
        let done = Arc::clone(&is_done);
        let job = Box::new(move || {
            begun.send(()).unwrap();
            goes.recv().unwrap();
            done.store(true, Ordering::Release);
        });
        slow.jobs.send(job).unwrap();
        begins.recv().unwrap();
        let other = std::thread::spawn(move || go.send(()));
        slow.finish();
        assert!(is_done.load(Ordering::Acquire));
        other.join().unwrap().unwrap();
    }

    #[tokio::test]
    async fn more_than_can_wait_are_told_that_we_are_busy_strangers_first() {
        let slow = SlowWork::new();
        let check = async |line| slow.run(line, || ()).await;
        let is_busy = |checked| matches!(checked, Err(IdentityError::Busy));
        let strangers = u32::try_from(STRANGERS_MAX).unwrap();
        let others = u32::try_from(ACCEPTED_MAX - STRANGERS_MAX).unwrap();
        let take = |room: &Arc<Semaphore>, places| Arc::clone(room).try_acquire_many_owned(places);
        let waiting = take(&slow.strangers, strangers).unwrap();
        let in_line = take(&slow.accepted, strangers).unwrap();
        assert!(is_busy(check(Line::Stranger).await));
        assert!(!is_busy(check(Line::Known).await), "room is kept for them");
        let known = take(&slow.accepted, others).unwrap();
        assert!(is_busy(check(Line::Known).await));
        drop((waiting, in_line, known));
        check(Line::Stranger).await.unwrap();
    }
}
