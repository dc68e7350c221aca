//! How often one person has something written down that stays.
//!
//! Keeps   [`ACTS_PER_HOUR_MAX`] an hour of one user, so that nobody fills the disk or has the
//!         database for themselves; what ends or revokes something is never refused for it, and
//!         not counted. At most [`USERS_MAX`] are remembered.

use std::collections::HashMap;

use model::{Time, UserId};

/// Acts of one user in an hour.
pub const ACTS_PER_HOUR_MAX: u32 = 100;
/// Users remembered; where there are more, all begin anew.
const USERS_MAX: usize = 100_000;
const HOUR_SECONDS: u64 = 3_600;

/// Acts of this hour.
#[derive(Debug, Default)]
pub struct Acts {
    hour: u64,
    by_user: HashMap<UserId, u32>,
}

impl Acts {
    /// Counts one more.
    ///
    /// # Errors
    /// For how many seconds they have to wait, if there have been enough.
    pub fn count(&mut self, user: UserId, now: Time) -> Result<(), u64> {
        let second = now.micros() / 1_000_000;
        let hour = second / HOUR_SECONDS;
        if self.hour != hour || USERS_MAX <= self.by_user.len() {
            *self = Self { hour, by_user: HashMap::new() };
        }
        let acts = self.by_user.entry(user).or_default();
        if ACTS_PER_HOUR_MAX <= *acts {
            return Err(HOUR_SECONDS - second % HOUR_SECONDS);
        }
        *acts += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_user_has_so_many_an_hour_and_others_as_many() {
        let mut acts = Acts::default();
        let mut count =
            |user, seconds: u64| acts.count(UserId([user; 16]), Time(seconds * 1_000_000));
        for _ in 0..ACTS_PER_HOUR_MAX {
            assert_eq!(count(1, 7_200), Ok(()));
        }
        assert_eq!(count(1, 7_300), Err(3_500));
        assert_eq!(count(2, 7_300), Ok(()));
        assert_eq!(count(1, 10_800), Ok(()), "another hour");
    }
}
