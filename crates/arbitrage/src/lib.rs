//! Prices of all venues side by side, for whoever looks for gaps between them.
//!
//! Shape   [`PriceCache`] is filled by feeds of `venue::port`, whoever makes them, and read at any
//!         moment.

mod price_cache;

pub use price_cache::{DEPTH_LEVELS, Depth, Freshness, PriceCache, Quote, VenueSink};
