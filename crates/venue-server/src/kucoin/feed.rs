//! What happens, told to whoever listens, until the server stops.
//!
//! Units   each change of a book, trade, order and balance at once; the best parts of books ten
//!         times a second where they changed; statistics every two seconds.

use std::sync::Arc;
use std::time::Duration;

use projection::FeedError;
use tokio::time::{MissedTickBehavior, interval};

use super::door::Door;
use super::tell::Teller;

/// How often the best parts of books are told.
const BEAT: Duration = Duration::from_millis(100);
/// Every so many of these, statistics are told.
const STATISTICS_EVERY: u64 = 20;

/// Tells the sockets what happens, and ends orders whose switch says so, until they are stopped.
/// To be spawned once.
pub fn feed(door: Arc<Door>) -> impl Future<Output = ()> + Send + use<> {
    // Before it is polled first: what happens from now on is told.
    let mut changes = door.desk.events(door.users.clone());
    let mut teller = Teller::new(Arc::clone(&door));
    let watched = Arc::clone(&door);
    let telling = async move {
        let mut stop = door.stop.subscribe();
        let mut beats = 0_u64;
        let mut beat = interval(BEAT);
        beat.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while !*stop.borrow() {
            tokio::select! {
                _ = stop.changed() => return,
                next = changes.next() => match next {
                    Ok(changes) => teller.tell(&changes),
                    // Books have a gap, which their numbers tell; accounts have no numbers.
                    Err(FeedError::Lagged(_)) => {
                        tracing::warn!("kucoin: changes were lost");
                        door.hub.end_owners();
                        teller = Teller::new(Arc::clone(&door));
                    }
                    Err(FeedError::Closed) => return,
                },
                _ = beat.tick() => {
                    teller.beat();
                    if beats.is_multiple_of(STATISTICS_EVERY) {
                        teller.statistics();
                    }
                    beats = beats.wrapping_add(1);
                }
            }
        }
    };
    async move {
        tokio::select! {
            () = telling => {}
            () = watched.dead_man.watch(&watched.desk) => {}
        }
    }
}
