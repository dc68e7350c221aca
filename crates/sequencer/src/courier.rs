//! Brings answers to those who wait for them.
//!
//! Keeps   the answers of a batch in its order; at most [`PARCELS_MAX`] batches on the way, then
//!         the publisher waits.

use tokio::runtime;
use tokio::sync::{mpsc, oneshot};

use crate::handle::{Answer, SubmitError};

/// Batches whose answers are on the way.
const PARCELS_MAX: usize = 64;

/// One answer and who waits for it.
pub(crate) struct Letter {
    pub to: oneshot::Sender<Result<Answer, SubmitError>>,
    pub answer: Answer,
}

impl Letter {
    fn deliver(self) {
        // Whoever asked may have gone.
        let _ = self.to.send(Ok(self.answer));
    }
}

/// Brings answers to those who wait for them.
#[derive(Debug)]
pub(crate) struct Courier {
    road: Option<mpsc::Sender<Vec<Letter>>>,
}

impl Courier {
    /// Where the callers are tasks of `runtime`, one more of its tasks wakes them: that costs the
    /// publisher one wake-up for each batch instead of one for each answer.
    pub fn new(runtime: Option<&runtime::Handle>) -> Self {
        let road = runtime.map(|runtime| {
            let (road, mut arriving) = mpsc::channel::<Vec<Letter>>(PARCELS_MAX);
            runtime.spawn(async move {
                while let Some(letters) = arriving.recv().await {
                    letters.into_iter().for_each(Letter::deliver);
                }
            });
            road
        });
        Self { road }
    }

    /// Brings the answers of one batch. Not to be called by a task of a runtime.
    pub fn send(&self, letters: Vec<Letter>) {
        let back = match &self.road {
            // A runtime that ends takes no more: then the letters come back.
            Some(road) => road.blocking_send(letters).map_err(|back| back.0).err(),
            None => Some(letters),
        };
        back.into_iter().flatten().for_each(Letter::deliver);
    }
}
