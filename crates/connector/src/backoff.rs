//! How long to wait before the next try: twice as long each time, and never for all at once.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// The first wait, on average.
const FIRST: Duration = Duration::from_millis(100);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(30);

/// The waits of one who tries again and again.
#[derive(Debug, Default)]
pub struct Backoff {
    failures: u32,
}

impl Backoff {
    /// It went well: the next wait is a short one.
    pub const fn succeeded(&mut self) {
        self.failures = 0;
    }

    /// How long to wait now: between a half and the whole of what has doubled so often.
    pub fn next(&mut self) -> Duration {
        self.wait(fraction())
    }

    fn wait(&mut self, fraction: u32) -> Duration {
        let doubled = FIRST.saturating_mul(2_u32.saturating_pow(self.failures));
        self.failures = self.failures.saturating_add(1);
        let whole = doubled.min(LONGEST);
        let part = whole.as_nanos() / 2 * u128::from(fraction) / u128::from(u32::MAX);
        whole / 2 + Duration::from_nanos(u64::try_from(part).unwrap_or(u64::MAX))
    }
}

/// Anything: the keys of a new hash map, which differ each time and from process to process.
fn fraction() -> u32 {
    let hash = RandomState::new().build_hasher().finish();
    u32::try_from(hash >> 32).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_to_a_bound_and_are_short_again_after_a_success() {
        let mut backoff = Backoff::default();
        let longest: Vec<_> = (0..10).map(|_| backoff.wait(u32::MAX).as_millis()).collect();
        assert_eq!(longest[..4], [100, 200, 400, 800]);
        assert_eq!(longest[8..], [25_600, 30_000]);
        assert_eq!(backoff.wait(0), LONGEST / 2);
        backoff.succeeded();
        assert_eq!(backoff.wait(0), FIRST / 2);
    }

    #[test]
    fn two_who_fail_at_once_do_not_come_back_at_once() {
        let waits: Vec<_> = (0..20).map(|_| Backoff::default().next()).collect();
        assert!(waits.iter().any(|wait| *wait != waits[0]), "{waits:?}");
    }
}
