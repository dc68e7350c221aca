//! Which part of a series is asked for.

use std::collections::BTreeMap;

use model::Time;

/// A part of a series, told oldest first.
///
/// With `from_id` or `start` the earliest that fit, otherwise the latest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// Not below this number.
    pub from_id: Option<u64>,
    /// Below this number: the cursor of a list that is read backwards.
    pub before_id: Option<u64>,
    /// Not earlier.
    pub start: Option<Time>,
    /// Not later.
    pub end: Option<Time>,
    /// At most so many; never more than [`Page::LIMIT_MAX`] are told.
    pub limit: usize,
}

impl Page {
    /// The longest page.
    pub const LIMIT_MAX: usize = 5_000;

    /// The latest `limit`.
    #[must_use]
    pub const fn latest(limit: usize) -> Self {
        Self { from_id: None, before_id: None, start: None, end: None, limit }
    }

    /// Whether the earliest that fit are asked for, not the latest.
    #[must_use]
    pub const fn is_forward(&self) -> bool {
        self.from_id.is_some() || self.start.is_some()
    }

    /// How many at most.
    #[must_use]
    pub fn limit(&self) -> usize {
        self.limit.min(Self::LIMIT_MAX)
    }

    /// Whether an item of this number and time lies in the part.
    #[must_use]
    pub fn admits(&self, id: u64, time: Time) -> bool {
        self.from_id.is_none_or(|from| from <= id)
            && self.before_id.is_none_or(|before| id < before)
            && self.start.is_none_or(|start| start <= time)
            && self.end.is_none_or(|end| time <= end)
    }

    /// Whether a memory whose oldest item is `first` tells all of the part, of which it found
    /// `found`, although older items were forgotten.
    pub(crate) fn is_told_from(&self, first: Option<(u64, Time)>, found: usize) -> bool {
        match first {
            None => false,
            Some((id, time)) if self.is_forward() => {
                self.from_id.is_some_and(|from| id < from)
                    || self.start.is_some_and(|start| time < start)
            }
            Some(_) => found == self.limit(),
        }
    }

    /// Stored and remembered items as one part; of two with one key the remembered one counts.
    pub(crate) fn merge<T, K: Ord>(
        &self,
        stored: Vec<T>,
        remembered: Vec<T>,
        key: impl Fn(&T) -> K,
    ) -> Vec<T> {
        let all: BTreeMap<K, T> =
            stored.into_iter().chain(remembered).map(|item| (key(&item), item)).collect();
        let surplus = all.len().saturating_sub(self.limit());
        let skipped = if self.is_forward() { 0 } else { surplus };
        all.into_values().skip(skipped).take(self.limit()).collect()
    }

    /// The part of `series`, which is in ascending order.
    pub(crate) fn select<'a, T: Clone + 'a>(
        &self,
        series: impl DoubleEndedIterator<Item = &'a T>,
        key: impl Fn(&T) -> (u64, Time),
    ) -> Vec<T> {
        let admitted = |item: &&T| {
            let (id, time) = key(item);
            self.admits(id, time)
        };
        if self.is_forward() {
            return series.filter(admitted).take(self.limit()).cloned().collect();
        }
        let mut part: Vec<T> = series.rev().filter(admitted).take(self.limit()).cloned().collect();
        part.reverse();
        part
    }
}
