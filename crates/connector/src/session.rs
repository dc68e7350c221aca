//! A session on a socket: why it ends, and what becomes of who listened.

use std::time::Duration;

use venue::port::VenueError;

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

impl End {
    /// Waits until the next session may begin. `what` of the venue was listened to.
    ///
    /// # Errors
    /// The refusal, after which there is no next one.
    pub async fn pause(
        self,
        what: &'static str,
        backoff: &mut Backoff,
        meters: Meters,
    ) -> Result<(), VenueError> {
        let wait = backoff.next();
        let (wait, why): (Duration, String) = match self {
            Self::Venue(error @ VenueError::Rejected { .. }) => return Err(error),
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
