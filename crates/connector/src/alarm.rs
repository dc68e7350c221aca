//! When something has lasted too long: by the machine's clock, and in tests by one that they set.

use tokio::time::{Instant, sleep_until};

/// Tells when a moment has come.
#[derive(Clone, Debug, Default)]
pub enum Alarm {
    /// As time passes.
    #[default]
    Machine,
    /// As a test has it pass.
    #[cfg(test)]
    Set(tokio::sync::watch::Receiver<Instant>),
}

impl Alarm {
    /// What time it is.
    pub fn now(&self) -> Instant {
        match self {
            Self::Machine => Instant::now(),
            #[cfg(test)]
            Self::Set(clock) => *clock.borrow(),
        }
    }

    /// Waits until then.
    pub async fn at(&self, moment: Instant) {
        match self {
            Self::Machine => sleep_until(moment).await,
            #[cfg(test)]
            Self::Set(clock) => {
                let passed = clock.clone().wait_for(|now| moment <= *now).await.is_ok();
                assert!(passed, "the clock of a test is there as long as the test");
            }
        }
    }
}
