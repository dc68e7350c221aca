//! The newest part of a series that never ends.

use std::collections::VecDeque;

/// The newest items of a series, and up to which number older ones were forgotten.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Recent<T> {
    pub(crate) items: VecDeque<T>,
    /// The highest number that was forgotten; 0 while nothing was.
    pub(crate) forgotten: u64,
}

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self { items: VecDeque::new(), forgotten: 0 }
    }
}

impl<T> Recent<T> {
    /// Adds an item and forgets the oldest beyond `max`. Says whether one was forgotten.
    pub(crate) fn push(&mut self, item: T, max: usize, number: impl Fn(&T) -> u64) -> bool {
        self.items.push_back(item);
        if self.items.len() <= max {
            return false;
        }
        self.forget(number);
        true
    }

    /// Forgets the oldest item.
    pub(crate) fn forget(&mut self, number: impl Fn(&T) -> u64) {
        if let Some(oldest) = self.items.pop_front() {
            self.forgotten = self.forgotten.max(number(&oldest));
        }
    }
}
