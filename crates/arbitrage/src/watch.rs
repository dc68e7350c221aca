//! How it goes with what venues tell, as metrics: each second, so that nothing is counted where a
//! message is read but by an addition.

use std::time::Duration;

use model::Time;
use venue::port::Venue;

use crate::price_cache::{PriceCache, Standing};

/// How often it is told.
const EVERY: Duration = Duration::from_secs(1);

/// Tells of these venues until it is dropped.
pub async fn watch(cache: &PriceCache, venues: &[Venue], clock: &(dyn Fn() -> Time + Sync)) {
    loop {
        for venue in venues {
            tell(*venue, cache.standing(*venue), cache.heard(*venue), clock());
        }
        tokio::time::sleep(EVERY).await;
    }
}

fn tell(venue: Venue, standing: Standing, heard: Time, now: Time) {
    let Standing { live, asked, lost, connecting, books, tops } = standing;
    let states = [("live", live), ("asked", asked), ("lost", lost), ("connecting", connecting)];
    for (state, count) in states {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        metrics::gauge!("rialto_venue_markets", "venue" => venue.id(), "state" => state).set(count);
    }
    for (kind, count) in [("book", books), ("top", tops)] {
        metrics::counter!("rialto_venue_updates_total", "venue" => venue.id(), "kind" => kind)
            .absolute(count);
    }
    // Who was never heard has no age: the count of markets that are live says it.
    if heard != Time(0) {
        let age = Duration::from_micros(now.0.saturating_sub(heard.0)).as_secs_f64();
        metrics::gauge!("rialto_venue_age_seconds", "venue" => venue.id()).set(age);
    }
}
