//! The prices that all exchanges of one process follow, and what happens to them.

use std::path::PathBuf;
use std::sync::Arc;

use simulator::{Director, PriceProcess, Tapes};

use crate::Failure;

/// What moves prices.
pub struct World {
    /// What everybody follows.
    pub process: Arc<PriceProcess>,
    /// Tells it what a scenario asks.
    pub director: Arc<Director>,
}

impl World {
    /// The world that `seed` and `tapes` determine.
    ///
    /// # Errors
    /// Where a tape cannot be played.
    pub async fn open(seed: u64, tapes: Vec<PathBuf>) -> Result<Self, Failure> {
        let tapes = tokio::task::spawn_blocking(move || Tapes::read(&tapes)).await??;
        if !tapes.markets().is_empty() {
            let (markets, seconds) = (tapes.markets().join(", "), tapes.duration().as_secs());
            tracing::info!(markets, seconds, "a tape is played, and begins anew at its end");
        }
        let director = Arc::new(Director::default());
        let process = PriceProcess::new(seed, tapes, director.weather());
        Ok(Self { process, director })
    }
}
