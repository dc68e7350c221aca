//! A clock that tests move: sessions end by it without anybody waiting for them.
//!
//! Keeps   only sessions, codes and keys go by it, never the exchange; there is none outside a
//!         demo, and nobody moves it but the operator of the data directory.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use model::Time;
use serde_json::{Value, json};

use crate::operator::{Operator, Refusal, refuse};

/// The longest way at once, in seconds: a day.
const SECONDS_MAX: u64 = 86_400;

/// How far the clock of people is ahead of the machine's. Cheap to clone.
#[derive(Clone, Debug, Default)]
pub struct TestClock(Arc<AtomicU64>);

impl TestClock {
    /// What it shows when the machine's clock shows `time`.
    pub fn after(&self, time: Time) -> Time {
        Time(time.micros().saturating_add(self.0.load(Ordering::Relaxed)))
    }
}

impl Operator {
    /// Moves the clock ahead.
    pub fn advance_clock(&self, seconds: u64) -> Result<Value, Refusal> {
        let Some(TestClock(ahead)) = &self.test_clock else {
            return refuse(
                "no clock can be moved here: that is for demos that run with --test-clock",
            );
        };
        if SECONDS_MAX < seconds {
            return refuse(format!("a clock is moved by {SECONDS_MAX} seconds at most"));
        }
        let by = seconds * 1_000_000;
        let before = ahead.fetch_add(by, Ordering::Relaxed);
        tracing::warn!(seconds, "the clock of sessions and keys was moved");
        Ok(json!({ "secondsAhead": (before + by) / 1_000_000 }))
    }
}
