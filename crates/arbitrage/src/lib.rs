//! Prices of all venues side by side, for whoever looks for gaps between them.
//!
//! Shape   [`PriceCache`] is filled by feeds of `venue::port`, whoever makes them, and read at any
//!         moment. [`Refresh`] asks beside them for what they do not tell, [`watch`] tells how all
//!         that goes.

mod price_cache;
mod refresh;
mod watch;

pub use price_cache::{Day, Depth, Freshness, PriceCache, Quote, Standing, VenueSink};
pub use refresh::{Pace, Refresh, Round};
pub use watch::watch;
