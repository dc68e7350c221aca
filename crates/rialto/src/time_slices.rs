//! Threads that are woken run at once, also where all cores are busy: an order is handed from
//! thread to thread five times, and would wait at each behind whoever computes beside them.
//! Decision 0021.
//!
//! Source  sched_setattr(2); Linux 6.12 and later prefer who asks for shorter slices of time. Older
//!         ones, and other systems, share time as they always did.

/// How long a thread runs before another that waits is looked at, in nanoseconds: the shortest that
/// Linux takes. Its own usual is some three milliseconds.
#[cfg(target_os = "linux")]
const SLICE_NS: u64 = 100_000;

/// To be called before any other thread is there: each has the slices of who began it. A policy
/// that an operator chose (`chrt`) stays.
#[cfg(target_os = "linux")]
pub fn ask_for_short_slices() {
    let asked = told().and_then(|mut attributes| {
        if attributes.sched_policy != libc::SCHED_OTHER.unsigned_abs() {
            return Ok(());
        }
        attributes.sched_runtime = SLICE_NS;
        ask(&attributes)
    });
    if let Err(error) = asked {
        tracing::debug!(%error, "slices of time are as they were");
    }
}

#[cfg(not(target_os = "linux"))]
pub fn ask_for_short_slices() {}

/// How time is given to this thread; slices of 0 where the system does not tell them.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "no crate that we use has this call of the system")]
fn told() -> std::io::Result<libc::sched_attr> {
    let size = size_of::<libc::sched_attr>();
    // SAFETY: all its fields are numbers, of which any is good.
    let mut told: libc::sched_attr = unsafe { std::mem::zeroed() };
    // SAFETY: the system writes `size` bytes at most, which are there.
    let done = unsafe { libc::syscall(libc::SYS_sched_getattr, 0, &raw mut told, size, 0) };
    if done == 0 { Ok(told) } else { Err(std::io::Error::last_os_error()) }
}

#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "no crate that we use has this call of the system")]
fn ask(attributes: &libc::sched_attr) -> std::io::Result<()> {
    // SAFETY: the system reads as many bytes as `told` wrote, and keeps no pointer.
    let done = unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const *attributes, 0) };
    if done == 0 { Ok(()) } else { Err(std::io::Error::last_os_error()) }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn of_a_new_thread() -> (u64, u32, i32) {
        let attributes = std::thread::spawn(told).join().unwrap().unwrap();
        (attributes.sched_runtime, attributes.sched_policy, attributes.sched_nice)
    }

    #[test]
    fn threads_have_the_slices_of_who_began_them_and_the_rest_stays() {
        let (usual, policy, nice) = of_a_new_thread();
        ask_for_short_slices();
        // Before Linux 6.12 nothing is told, and nothing is kept.
        let slice = if usual == 0 { 0 } else { SLICE_NS };
        assert_eq!(of_a_new_thread(), (slice, policy, nice));
    }

    #[test]
    fn a_policy_that_somebody_chose_stays() {
        let mut chosen = told().unwrap();
        let usual = chosen.sched_runtime;
        chosen.sched_policy = libc::SCHED_BATCH.unsigned_abs();
        ask(&chosen).unwrap();
        ask_for_short_slices();
        let now = told().unwrap();
        assert_eq!((now.sched_policy, now.sched_runtime), (chosen.sched_policy, usual));
    }
}
