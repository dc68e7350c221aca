//! The markets of a venue by its spelling, as they were listed last.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, PoisonError};

use venue::port::{Market, Pair};

use crate::meters::Meters;

/// Markets by the venue's spelling.
#[derive(Debug, Default)]
pub struct Known {
    /// Those that were listed.
    pub pairs: HashMap<String, Pair>,
    /// Those that have no name that we can write.
    pub skipped: HashSet<String>,
}

/// What is known of a venue's markets: nothing at first.
#[derive(Debug, Default)]
pub struct Latest(Mutex<Arc<Known>>);

impl Latest {
    /// As they were listed last; `None` where they were not yet.
    pub fn listed(&self) -> Option<Arc<Known>> {
        let known = Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner));
        (!known.pairs.is_empty()).then_some(known)
    }

    /// Now they are listed so, and those `skipped` are passed over.
    pub fn list(&self, meters: Meters, markets: &[Market], skipped: &[String]) {
        let pairs = markets.iter().map(|it| (it.symbol.clone(), it.pair)).collect();
        if !skipped.is_empty() {
            let (venue, count) = (meters.venue(), skipped.len());
            tracing::debug!(venue, count, "markets are passed over");
        }
        let known = Known { pairs, skipped: skipped.iter().cloned().collect() };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(known);
    }
}
