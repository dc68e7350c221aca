//! Threads that are woken run at once, also where all cores are busy: who places an order waits for
//! five threads in a row, and would wait behind whoever computes beside them at each.
//!
//! Source  sched_setattr(2); Linux 6.12 and later prefer who asks for a shorter slice of time. Other
//!         systems, and older ones, share time as they always did.

/// How long a thread runs before another that waits is looked at, in nanoseconds: the shortest that
/// Linux takes. Its own usual is some three milliseconds.
#[cfg(target_os = "linux")]
const SLICE_NS: u64 = 100_000;

/// To be called before any other thread is there: each has the slices of who began it.
#[cfg(target_os = "linux")]
#[expect(unsafe_code, reason = "no crate that we use has this call of the system")]
pub fn run_when_woken() {
    let size = u32::try_from(size_of::<libc::sched_attr>()).expect("some bytes");
    let attributes = libc::sched_attr {
        size,
        sched_policy: libc::SCHED_OTHER.unsigned_abs(),
        sched_flags: 0,
        sched_nice: rustix::process::getpriority_process(None).unwrap_or(0),
        sched_priority: 0,
        sched_runtime: SLICE_NS,
        sched_deadline: 0,
        sched_period: 0,
    };
    // SAFETY: the system reads `size` bytes, which are there, and keeps no pointer.
    let done = unsafe { libc::syscall(libc::SYS_sched_setattr, 0, &raw const attributes, 0) };
    if done != 0 {
        // Nothing is lost but time, and the log is not there yet.
        eprintln!("rialto: slices of time: {}", std::io::Error::last_os_error());
    }
}

#[cfg(not(target_os = "linux"))]
pub fn run_when_woken() {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    /// The slice of this thread; 0 on systems that do not tell.
    #[expect(unsafe_code, reason = "as above")]
    fn slice() -> u64 {
        let size = size_of::<libc::sched_attr>();
        // SAFETY: all its fields are numbers, of which any is good.
        let mut told: libc::sched_attr = unsafe { std::mem::zeroed() };
        // SAFETY: the system writes `size` bytes at most, which are there.
        let done = unsafe { libc::syscall(libc::SYS_sched_getattr, 0, &raw mut told, size, 0) };
        assert_eq!(done, 0);
        told.sched_runtime
    }

    #[test]
    fn threads_have_the_slices_of_who_began_them() {
        let nice = rustix::process::getpriority_process(None).unwrap();
        let usual = slice();
        run_when_woken();
        let told = std::thread::spawn(slice).join().unwrap();
        assert!(usual == 0 || told == SLICE_NS, "{usual} before, {told} after");
        assert_eq!(rustix::process::getpriority_process(None).unwrap(), nice);
    }
}
