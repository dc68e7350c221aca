//! What is counted of each venue, for who runs the house.

use venue::port::Venue;

/// The counters of one venue. Nothing is counted for each message that is as it should be.
#[derive(Clone, Copy, Debug)]
pub struct Meters(Venue);

impl Meters {
    /// Those of `venue`.
    #[must_use]
    pub const fn of(venue: Venue) -> Self {
        Self(venue)
    }

    /// Its name.
    #[must_use]
    pub const fn venue(self) -> &'static str {
        self.0.id()
    }

    /// A request was sent, of this weight.
    pub fn asked(self, weight: u32) {
        metrics::counter!("rialto_venue_requests_total", "venue" => self.venue()).increment(1);
        metrics::counter!("rialto_venue_weight_total", "venue" => self.venue())
            .increment(weight.into());
    }

    /// So much of the budget is used now.
    pub fn used(self, weight: u32) {
        metrics::gauge!("rialto_venue_weight_used", "venue" => self.venue()).set(weight);
    }

    /// A socket ended, and is opened anew.
    pub fn socket_lost(self) {
        metrics::counter!("rialto_venue_reconnects_total", "venue" => self.venue()).increment(1);
    }

    /// Something was missing between two updates of a book.
    pub fn gap(self) {
        metrics::counter!("rialto_venue_book_gaps_total", "venue" => self.venue()).increment(1);
    }

    /// A book was begun from a snapshot.
    pub fn resync(self) {
        metrics::counter!("rialto_venue_book_resyncs_total", "venue" => self.venue()).increment(1);
    }

    /// Something that the venue said makes no sense, and was not believed.
    pub fn refused(self) {
        metrics::counter!("rialto_venue_messages_refused_total", "venue" => self.venue())
            .increment(1);
    }
}
