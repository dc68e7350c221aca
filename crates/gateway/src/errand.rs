//! Requests that are carried out to their end, whether or not their clients wait.
//!
//! A server drops what it does for a client that hangs up, wherever that is: after a key was
//! revoked in the database and before it was taken out of memory, after a market was halted and
//! before the audit log says so. Whoever hangs up at the right moment could choose.
//!
//! Keeps   what has begun here ends here; [`Errands::finish`] waits for it, so that a server that
//!         stops leaves nothing half done. At most [`ERRANDS_MAX`] of trading are under way, and
//!         as many of all else, so that what waits for a slow database keeps no order waiting; who
//!         comes then waits for [`ROOM_WITHIN`] and hears 503, before anything was done.

use std::sync::Arc;
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use crate::problem::Problem;

/// Requests of trading carried out at once, and those of all else.
const ERRANDS_MAX: u32 = 1_024;
/// How long one waits for room.
const ROOM_WITHIN: Duration = Duration::from_secs(5);

/// Requests that are carried out to their end.
#[derive(Debug)]
pub struct Errands {
    trading: Arc<Semaphore>,
    others: Arc<Semaphore>,
    room_within: Duration,
}

/// Room for one request.
#[derive(Debug)]
pub struct Errand(OwnedSemaphorePermit);

impl Default for Errands {
    fn default() -> Self {
        let room = || Arc::new(Semaphore::new(ERRANDS_MAX as usize));
        Self { trading: room(), others: room(), room_within: ROOM_WITHIN }
    }
}

impl Errands {
    /// Room for one more, of trading or of all else.
    ///
    /// # Errors
    /// 503 where there is none.
    pub async fn room(&self, trades: bool) -> Result<Errand, Problem> {
        let room = if trades { &self.trading } else { &self.others };
        match timeout(self.room_within, Arc::clone(room).acquire_owned()).await {
            Ok(Ok(place)) => Ok(Errand(place)),
            Ok(Err(_)) | Err(_) => Err(Problem::unavailable("too much is being carried out")),
        }
    }

    /// Waits until all that has begun has ended, for `within` at most. Whether it has.
    pub async fn finish(&self, within: Duration) -> bool {
        let all = async {
            for room in [&self.trading, &self.others] {
                drop(room.acquire_many(ERRANDS_MAX).await);
            }
        };
        timeout(within, all).await.is_ok()
    }
}

impl Errand {
    /// Carries `request` out in a task of its own, which goes on where this is dropped.
    pub async fn carry_out(
        self,
        request: impl Future<Output = Response> + Send + 'static,
    ) -> Response {
        let Self(place) = self;
        let task = tokio::spawn(async move {
            let response = request.await;
            drop(place);
            response
        });
        task.await.unwrap_or_else(|_| Problem::internal().into_response())
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use tokio::sync::oneshot;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn there_is_room_for_so_many_and_the_next_one_hears_so() {
        let errands = Errands { room_within: Duration::ZERO, ..Errands::default() };
        let mut places = Vec::new();
        for _ in 0..ERRANDS_MAX {
            places.push(errands.room(false).await.unwrap());
        }
        assert_eq!(errands.room(false).await.unwrap_err().status.as_u16(), 503);
        assert!(errands.room(true).await.is_ok(), "trading has room of its own");
        drop(places.pop());
        assert!(errands.room(false).await.is_ok());
    }

    #[tokio::test]
    async fn what_has_begun_ends_though_nobody_waits_and_whoever_stops_waits_for_it() {
        let errands = Errands::default();
        let (end, ended) = oneshot::channel::<()>();
        let (tell, told) = oneshot::channel();
        let errand = errands.room(true).await.unwrap().carry_out(async move {
            ended.await.unwrap();
            tell.send(()).unwrap();
            Response::default()
        });
        assert!(errand.now_or_never().is_none(), "it waits, and hangs up");
        assert!(errands.finish(PATIENCE).now_or_never().is_none());
        end.send(()).unwrap();
        assert!(errands.finish(PATIENCE).await);
        told.await.unwrap();
    }

    #[tokio::test]
    async fn one_that_breaks_is_an_error_of_ours() {
        let errands = Errands::default();
        let broken =
            errands.room(false).await.unwrap().carry_out(async { panic!("it breaks here") });
        assert_eq!(broken.await.status().as_u16(), 500);
        assert!(errands.finish(PATIENCE).await);
    }
}
