//! A session on a socket: why it ends, and what becomes of who listened.
//!
//! Keeps   nobody listens any more only where the venue knows no such key or market: whatever else
//!         it refuses may be another thing the next time.

use std::convert::Infallible;
use std::time::Duration;

use venue::port::{AccountSink, Rejection, VenueError};

use crate::backoff::Backoff;
use crate::meters::Meters;
use crate::socket::SocketEnd;

/// Why a session ends.
#[derive(Debug)]
pub enum End {
    /// The socket did.
    Socket(SocketEnd),
    /// The venue wants, or knows, nothing of us.
    Venue(VenueError),
}

impl From<SocketEnd> for End {
    fn from(end: SocketEnd) -> Self {
        Self::Socket(end)
    }
}

impl From<VenueError> for End {
    fn from(error: VenueError) -> Self {
        Self::Venue(error)
    }
}

/// An account whose socket is listened to.
pub trait Listening {
    /// Opens a socket and tells `sink` of the account until it ends.
    fn session<'a>(
        &'a self,
        sink: &'a dyn AccountSink,
        backoff: &'a mut Backoff,
    ) -> impl Future<Output = Result<Infallible, End>> + Send + 'a;

    /// Measures how far the venue's clock is from ours.
    fn measure(&self) -> impl Future<Output = Result<(), VenueError>> + Send;
}

/// Tells `sink` of the account; ends only where the key may not listen.
///
/// # Errors
/// [`VenueError::Rejected`].
pub async fn listen(
    account: &impl Listening,
    sink: &dyn AccountSink,
    meters: Meters,
) -> Result<Infallible, VenueError> {
    let mut backoff = Backoff::default();
    loop {
        let Err(end) = account.session(sink, &mut backoff).await;
        sink.lost();
        if let End::Venue(VenueError::Rejected { why: Rejection::Clock, .. }) = &end {
            // If it cannot be measured now, the next session tells.
            let _ = account.measure().await;
        }
        end.pause("an account", &mut backoff, meters).await?;
    }
}

impl End {
    /// Waits until the next session may begin. `what` of the venue was listened to.
    ///
    /// # Errors
    /// The refusal of a key or a market, after which there is no next one.
    pub async fn pause(
        self,
        what: &'static str,
        backoff: &mut Backoff,
        meters: Meters,
    ) -> Result<(), VenueError> {
        let wait = backoff.next();
        let (wait, why): (Duration, String) = match self {
            Self::Venue(
                error @ VenueError::Rejected {
                    why: Rejection::Key | Rejection::UnknownMarket, ..
                },
            ) => return Err(error),
            Self::Venue(VenueError::Rejected { text, .. }) => (wait, text),
            Self::Venue(VenueError::TryLater { after, text }) => (wait.max(after), text),
            Self::Venue(VenueError::Unknown { text }) => (wait, text),
            Self::Socket(end) => {
                meters.socket_lost();
                if let SocketEnd::Nonsense(_) = end {
                    meters.refused();
                }
                (wait, end.to_string())
            }
        };
        tracing::info!(venue = meters.venue(), what, %why, ?wait, "nothing is heard for a while");
        tokio::time::sleep(wait).await;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;
    use venue::port::Venue;

    use super::*;

    #[test]
    fn only_a_key_or_a_market_that_is_none_ends_it_for_good() {
        for (why, ends) in [
            (Rejection::Key, true),
            (Rejection::UnknownMarket, true),
            (Rejection::Clock, false),
            (Rejection::MarketClosed, false),
            (Rejection::Other, false),
        ] {
            let end = End::Venue(VenueError::refused_here(why, "no"));
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
            let _inside = runtime.as_ref().unwrap().enter();
            let mut backoff = Backoff::default();
            let pause = end.pause("the markets", &mut backoff, Meters::of(Venue::Kraken));
            assert_eq!(pause.now_or_never().is_some(), ends, "{why:?}");
        }
    }
}
