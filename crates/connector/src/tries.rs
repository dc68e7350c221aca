//! What is asked again, where that is safe: a few times, each after a longer wait.

use std::time::Duration;

use venue::port::VenueError;

use crate::backoff::Backoff;
use crate::budget::Purpose;

/// How often something is asked that changes nothing.
const TRIES_MAX: u32 = 3;
/// The longest wait that somebody who asks is kept waiting for.
const PATIENCE: Duration = Duration::from_secs(1);

/// The tries of one question.
#[derive(Debug)]
pub struct Tries {
    left: u32,
    backoff: Backoff,
}

impl Default for Tries {
    fn default() -> Self {
        Self { left: TRIES_MAX - 1, backoff: Backoff::default() }
    }
}

impl Tries {
    /// Asks, with `ask`, as often as it may be asked: once, if something is another after it.
    ///
    /// # Errors
    /// [`VenueError`].
    pub async fn of<T, F>(purpose: Purpose, ask: impl Fn() -> F) -> Result<T, VenueError>
    where
        F: Future<Output = Result<T, VenueError>>,
    {
        let mut tries = Self::default();
        loop {
            match ask().await {
                Err(error) if !purpose.changes() => tries.pause(error).await?,
                outcome => return outcome,
            }
        }
    }

    /// Waits before the next try.
    ///
    /// # Errors
    /// The same one, where there is to be no other try: it was no [`VenueError::TryLater`], or one
    /// for longer than anybody waits, or the last.
    pub async fn pause(&mut self, error: VenueError) -> Result<(), VenueError> {
        match error {
            VenueError::TryLater { after, .. } if after <= PATIENCE && 0 < self.left => {
                self.left -= 1;
                tokio::time::sleep(after.max(self.backoff.next())).await;
                Ok(())
            }
            error => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_question_is_asked_again_only_where_it_may_and_soon() {
        let soon = || VenueError::later("busy");
        let late = VenueError::TryLater { after: Duration::from_secs(2), text: String::new() };
        let unknown = VenueError::Unknown { text: String::new() };
        for error in [late, unknown] {
            assert_eq!(Tries::default().pause(error.clone()).await, Err(error));
        }
        let mut tries = Tries::default();
        for _ in 1..TRIES_MAX {
            assert_eq!(tries.pause(soon()).await, Ok(()));
        }
        assert_eq!(tries.pause(soon()).await, Err(soon()));
    }
}
