//! Requests that are carried out to their end, whether or not their clients wait.
//!
//! A server drops what it does for a client that hangs up, wherever that is: after a key was
//! revoked in the database and before it was taken out of memory, after a market was halted and
//! before the audit log says so. Whoever hangs up at the right moment could choose.
//!
//! Keeps   what has begun here ends here; [`Errands::finish`] waits for it, so that a server that
//!         stops leaves nothing half done. At most [`ERRANDS_MAX`] of trading are under way, as
//!         many that look an order up first, and as many of all else, so that what waits for a slow
//!         database keeps no order waiting; who comes then waits for [`ROOM_WITHIN`] and hears 503,
//!         before anything was done. Of all else nobody has more than a few: of one user
//!         [`USER_ERRANDS_MAX`], and as many of each kind that ends or takes back something, so
//!         that nothing else stands before these. Beyond is 429, before they wait for room. Of
//!         strangers [`NETWORK_ERRANDS_MAX`] of one network; beyond is 503: whose token is renewed
//!         is a stranger, too, and must not take the crowd for the end of their session.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::response::{IntoResponse, Response};
use model::UserId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use venue_server::{Bounds, Connections, Permit};

use crate::problem::Problem;

/// Requests of trading carried out at once, those that look up an order, and those of all else.
const ERRANDS_MAX: u32 = 1_024;
/// Of those that look up an order, those of one user.
const USER_LOOKUPS_MAX: u32 = 256;
/// Of all else, those of one user, of each kind.
const USER_ERRANDS_MAX: u32 = 4;
/// Of all else, those of strangers from one network; from a site four times that.
const NETWORK_ERRANDS_MAX: usize = 64;
/// How long one waits for room.
const ROOM_WITHIN: Duration = Duration::from_secs(5);

/// How many there are of each kind that is of a user.
type Counts = Arc<Mutex<HashMap<Kind, u32>>>;

/// Requests that are carried out to their end.
#[derive(Debug)]
pub struct Errands {
    trading: Arc<Semaphore>,
    looking_up: Arc<Semaphore>,
    others: Arc<Semaphore>,
    of_users: Counts,
    of_strangers: Connections,
    room_within: Duration,
}

/// What a request is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// Orders.
    Trading,
    /// One order of a user, which is looked up first: in the database, perhaps.
    LookingUp(UserId),
    /// Something else that a user wants.
    Of(UserId),
    /// Something of theirs that a user ends or takes back, by the path of its route.
    Ending(UserId, &'static str),
    /// Something that somebody wants who is not known yet.
    Stranger(IpAddr),
}

/// Room for one request.
#[derive(Debug)]
pub struct Errand {
    _place: OwnedSemaphorePermit,
    _share: Option<Share>,
}

/// What somebody has of all the room there is, until it is dropped.
#[derive(Debug)]
enum Share {
    OfUser { of_users: Counts, kind: Kind },
    Stranger { _permit: Permit },
}

impl Default for Errands {
    fn default() -> Self {
        let room = || Arc::new(Semaphore::new(ERRANDS_MAX as usize));
        Self {
            trading: room(),
            looking_up: room(),
            others: room(),
            of_users: Arc::default(),
            of_strangers: Connections::default(),
            room_within: ROOM_WITHIN,
        }
    }
}

impl Errands {
    /// Room for one more of that kind.
    ///
    /// # Errors
    /// 429 where whoever asks has their share, 503 where there is no room.
    pub async fn room(&self, kind: Kind) -> Result<Errand, Problem> {
        let share = self.share(kind)?;
        let room = match kind {
            Kind::Trading => &self.trading,
            Kind::LookingUp(_) => &self.looking_up,
            Kind::Of(_) | Kind::Ending(..) | Kind::Stranger(_) => &self.others,
        };
        match timeout(self.room_within, Arc::clone(room).acquire_owned()).await {
            Ok(Ok(place)) => Ok(Errand { _place: place, _share: share }),
            Ok(Err(_)) | Err(_) => Err(Problem::unavailable("too much is being carried out")),
        }
    }

    fn share(&self, kind: Kind) -> Result<Option<Share>, Problem> {
        match kind {
            Kind::Trading => Ok(None),
            Kind::LookingUp(_) => self.share_of_user(kind, USER_LOOKUPS_MAX).map(Some),
            Kind::Of(_) | Kind::Ending(..) => self.share_of_user(kind, USER_ERRANDS_MAX).map(Some),
            Kind::Stranger(from) => {
                let bounds = Bounds::new(ERRANDS_MAX as usize, NETWORK_ERRANDS_MAX);
                let permit = self.of_strangers.permit(from, bounds);
                let too_much = "too much is being carried out for your network";
                let permit = permit.map_err(|_| Problem::unavailable(too_much))?;
                Ok(Some(Share::Stranger { _permit: permit }))
            }
        }
    }

    fn share_of_user(&self, kind: Kind, count_max: u32) -> Result<Share, Problem> {
        let mut counts = lock(&self.of_users);
        let count = counts.entry(kind).or_default();
        if count_max <= *count {
            let too_much = "too much of yours is being carried out: wait for it";
            return Err(Problem::rate_limited(too_much, 1));
        }
        *count += 1;
        Ok(Share::OfUser { of_users: Arc::clone(&self.of_users), kind })
    }

    /// Waits until all that has begun has ended, for `within` at most. Whether it has.
    pub async fn finish(&self, within: Duration) -> bool {
        let all = async {
            for room in [&self.trading, &self.looking_up, &self.others] {
                drop(room.acquire_many(ERRANDS_MAX).await);
            }
        };
        timeout(within, all).await.is_ok()
    }
}

fn lock(counts: &Counts) -> MutexGuard<'_, HashMap<Kind, u32>> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Drop for Share {
    fn drop(&mut self) {
        let Self::OfUser { of_users, kind } = self else { return };
        let mut counts = lock(of_users);
        if let Some(count) = counts.get_mut(kind) {
            *count -= 1;
            if *count == 0 {
                counts.remove(kind);
            }
        }
    }
}

impl Errand {
    /// Carries `request` out in a task of its own, which goes on where this is dropped.
    pub async fn carry_out(
        self,
        request: impl Future<Output = Response> + Send + 'static,
    ) -> Response {
        let task = tokio::spawn(async move {
            let response = request.await;
            drop(self);
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

    fn user(number: u32) -> UserId {
        let mut bytes = [0; 16];
        bytes[..4].copy_from_slice(&number.to_le_bytes());
        UserId(bytes)
    }

    fn someone(number: u32) -> Kind {
        Kind::Of(user(number))
    }

    fn looking_up(number: u32) -> Kind {
        Kind::LookingUp(user(number))
    }

    #[tokio::test]
    async fn there_is_room_for_so_many_and_the_next_one_hears_so() {
        let errands = Errands { room_within: Duration::ZERO, ..Errands::default() };
        let mut places = Vec::new();
        for number in 0..ERRANDS_MAX {
            places.push(errands.room(someone(number)).await.unwrap());
        }
        assert_eq!(errands.room(someone(0)).await.unwrap_err().status.as_u16(), 503);
        for kind in [Kind::Trading, looking_up(0)] {
            assert!(errands.room(kind).await.is_ok(), "{kind:?} has room of its own");
        }
        drop(places.pop());
        assert!(errands.room(someone(0)).await.is_ok());
    }

    #[tokio::test]
    async fn nobody_takes_the_room_of_all() {
        let errands = Errands { room_within: Duration::ZERO, ..Errands::default() };
        let mut held = Vec::new();
        let mut takes = async |kind| {
            let before = held.len();
            loop {
                match errands.room(kind).await {
                    Ok(errand) => held.push(errand),
                    Err(problem) => break (problem.status.as_u16(), held.len() - before),
                }
            }
        };
        let stranger = |address: &str| Kind::Stranger(address.parse().unwrap());
        assert_eq!(takes(someone(1)).await, (429, 4));
        for path in ["logout", "sessions"] {
            assert_eq!(takes(Kind::Ending(user(1), path)).await, (429, 4), "whatever else they do");
        }
        assert_eq!(takes(stranger("192.0.2.1")).await, (503, 64));
        assert_eq!(takes(stranger("192.0.2.2")).await, (503, 64));
        for network in 0..4 {
            let address = format!("2001:db8:0:{network}::1");
            assert_eq!(takes(stranger(&address)).await, (503, 64));
        }
        assert_eq!(takes(stranger("2001:db8:0:9::1")).await, (503, 0), "the site has its share");
        assert_eq!(takes(someone(2)).await, (429, 4), "others are not concerned");
        assert_eq!(takes(Kind::Trading).await, (503, ERRANDS_MAX as usize));
        for number in 0..4 {
            assert_eq!(takes(looking_up(number)).await, (429, 256));
        }
        assert_eq!(takes(looking_up(4)).await, (503, 0));
        drop(held);
        assert!(lock(&errands.of_users).is_empty());
        assert!(errands.room(stranger("2001:db8:0:9::1")).await.is_ok());
    }

    #[tokio::test]
    async fn what_has_begun_ends_though_nobody_waits_and_whoever_stops_waits_for_it() {
        let errands = Errands::default();
        let (end, ended) = oneshot::channel::<()>();
        let (tell, told) = oneshot::channel();
        let errand = errands.room(Kind::Trading).await.unwrap().carry_out(async move {
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
            errands.room(someone(1)).await.unwrap().carry_out(async { panic!("it breaks here") });
        assert_eq!(broken.await.status().as_u16(), 500);
        assert!(errands.finish(PATIENCE).await);
    }
}
