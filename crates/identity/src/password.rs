//! Password hashes: Argon2id, a bounded number at once, on threads of their own that yield to
//! those that serve: who logs in holds up no order.
//!
//! Source  OWASP Password Storage Cheat Sheet: m=19456 (KiB), t=2, p=1.

use std::num::NonZero;
use std::sync::{Arc, Mutex, PoisonError, RwLock, mpsc};

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, PasswordHash, Version};
use aws_lc_rs::rand;
use tokio::sync::{Semaphore, oneshot};

use crate::error::IdentityError;
use crate::user::{Password, TypedPassword};

const MEMORY_KIB: u32 = 19_456;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Hashes computed at once, on as many cores at most; see [`at_once`]. 19 MiB each.
const AT_ONCE_MAX: usize = 2;
/// Hashes computed or waited for. One more is told that we are busy.
const ACCEPTED_MAX: usize = 96;
/// Of these, for strangers: however many come, those who are known find room.
const STRANGERS_MAX: usize = 64;
/// How far the threads stand back (`nice`).
#[cfg(target_os = "linux")]
const STAND_BACK: i32 = 15;

/// A stored password hash, in PHC form. It is not printed: it is all that a guesser needs.
#[derive(Clone, PartialEq, Eq, sea_orm::DeriveValueType)]
#[sea_orm(column_type = "Text")]
pub struct StoredHash(pub String);

impl std::fmt::Debug for StoredHash {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("StoredHash(…)")
    }
}

/// For whom something is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Somebody who is signed in, or comes from where they have been.
    Known,
    /// Anybody else.
    Stranger,
}

type Job = Box<dyn FnOnce() + Send>;

/// Computes and compares password hashes, and does what else takes its time.
#[derive(Debug)]
pub struct Hasher {
    accepted: Arc<Semaphore>,
    strangers: Arc<Semaphore>,
    jobs: mpsc::Sender<Job>,
    /// Held by each thread while it works.
    working: Arc<RwLock<()>>,
}

impl Hasher {
    pub fn new() -> Self {
        let (jobs, taken) = mpsc::channel::<Job>();
        let (taken, working) = (Arc::new(Mutex::new(taken)), Arc::default());
        for _ in 0..at_once() {
            let (taken, working) = (Arc::clone(&taken), Arc::clone(&working));
            let thread = std::thread::Builder::new().name("passwords".into());
            thread.spawn(move || work(&taken, &working)).expect("a thread starts");
        }
        let room = |places| Arc::new(Semaphore::new(places));
        Self { accepted: room(ACCEPTED_MAX), strangers: room(STRANGERS_MAX), jobs, working }
    }

    pub async fn hash(&self, line: Line, password: Password) -> Result<StoredHash, IdentityError> {
        self.run(line, move || {
            let mut salt = [0; 16];
            rand::fill(&mut salt).expect("the system has randomness");
            let hash = argon2().hash_password_with_salt(password.expose(), &salt);
            StoredHash(hash.expect("the parameters are in range").to_string())
        })
        .await
    }

    /// Whether `password` is the one of `hash`. Without a hash it takes as long, and is not.
    pub async fn verify(
        &self,
        line: Line,
        password: TypedPassword,
        hash: Option<StoredHash>,
    ) -> Result<bool, IdentityError> {
        self.run(line, move || match hash {
            Some(hash) => PasswordHash::new(&hash.0)
                .is_ok_and(|hash| argon2().verify_password(password.expose(), &hash).is_ok()),
            None => {
                let hash = argon2().hash_password_with_salt(password.expose(), &[0; 16]);
                hash.expect("the parameters are in range");
                false
            }
        })
        .await
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
        answer.await.expect("hashing does not panic")
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
        tracing::warn!(%error, "hashing does not stand back");
    }
    loop {
        let job = taken.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else { return };
        let _working = working.read();
        job();
    }
}

fn argon2() -> Argon2<'static> {
    let params = Params::new(MEMORY_KIB, PASSES, LANES, None).expect("they are in range");
    Argon2::new(Algorithm::Argon2id, Version::V0x13, params)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use model::Secret;

    use super::*;

    fn password(text: &str) -> Password {
        Password::new(Secret::new(text.to_owned())).unwrap()
    }

    fn typed(text: &str) -> TypedPassword {
        TypedPassword::new(Secret::new(text.to_owned())).unwrap()
    }

    #[tokio::test]
    async fn a_hash_knows_its_password_alone_and_names_its_cost() {
        let hasher = Hasher::new();
        let hash = hasher.hash(Line::Known, password("correct horse")).await.unwrap();
        assert!(hash.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", hash.0);
        assert_ne!(
            hasher.hash(Line::Known, password("correct horse")).await.unwrap(),
            hash,
            "salted"
        );
        for (text, stored, is_right) in [
            ("correct horse", Some(hash.clone()), true),
            ("correct horsf", Some(hash.clone()), false),
            ("correct horse ", Some(hash.clone()), false),
            ("correct horse", Some(StoredHash("nonsense".into())), false),
            ("correct horse", None, false),
        ] {
            let verified = hasher.verify(Line::Known, typed(text), stored.clone()).await.unwrap();
            assert_eq!(verified, is_right, "{text} {stored:?}");
        }
        assert!(!format!("{hash:?} {hasher:?}").contains("argon2id"));
    }

    #[test]
    fn who_ends_waits_for_what_is_being_worked_at() {
        let hasher = Hasher::new();
        let ((begun, begins), (go, goes)) = (mpsc::channel(), mpsc::channel());
        let is_done = Arc::new(AtomicBool::new(false));
        let done = Arc::clone(&is_done);
        let job = Box::new(move || {
            begun.send(()).unwrap();
            goes.recv().unwrap();
            done.store(true, Ordering::Release);
        });
        hasher.jobs.send(job).unwrap();
        begins.recv().unwrap();
        let other = std::thread::spawn(move || go.send(()));
        hasher.finish();
        assert!(is_done.load(Ordering::Acquire));
        other.join().unwrap().unwrap();
    }

    #[tokio::test]
    async fn more_than_can_wait_are_told_that_we_are_busy_strangers_first() {
        let hasher = Hasher::new();
        let check = async |line| hasher.verify(line, typed("correct horse"), None).await;
        let is_busy = |checked| matches!(checked, Err(IdentityError::Busy));
        let strangers = u32::try_from(STRANGERS_MAX).unwrap();
        let others = u32::try_from(ACCEPTED_MAX - STRANGERS_MAX).unwrap();
        let take = |room: &Arc<Semaphore>, places| Arc::clone(room).try_acquire_many_owned(places);
        let waiting = take(&hasher.strangers, strangers).unwrap();
        let in_line = take(&hasher.accepted, strangers).unwrap();
        assert!(is_busy(check(Line::Stranger).await));
        assert!(!is_busy(check(Line::Known).await), "room is kept for them");
        let known = take(&hasher.accepted, others).unwrap();
        assert!(is_busy(check(Line::Known).await));
        drop((waiting, in_line, known));
        check(Line::Stranger).await.unwrap();
    }
}
