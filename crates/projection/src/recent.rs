//! The newest part of a series that never ends.

use std::collections::VecDeque;

use model::Time;

use crate::page::Page;

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

/// A part of a series, and whether nothing of it was forgotten.
pub(crate) struct Part<T> {
    pub(crate) items: Vec<T>,
    pub(crate) is_whole: bool,
}

impl<T> Part<T> {
    /// Of somebody who has nothing.
    pub(crate) const fn nothing() -> Self {
        Self { items: Vec::new(), is_whole: true }
    }
}

impl<T: Clone> Recent<T> {
    /// The page of those items that are `here`.
    pub(crate) fn part(
        &self,
        page: &Page,
        here: impl Fn(&T) -> bool,
        key: impl Fn(&T) -> (u64, Time),
    ) -> Part<T> {
        let mut series = self.items.iter().filter(|item| here(item));
        let items = page.select(series.clone(), &key);
        let first = series.next().map(&key);
        let is_whole = self.forgotten == 0 || page.is_told_from(first, items.len());
        Part { items, is_whole }
    }
}

impl<T> Recent<T> {
    /// Adds an item and forgets the oldest beyond `max`. Says whether it keeps one more now.
    pub(crate) fn push(&mut self, item: T, max: usize, number: impl Fn(&T) -> u64) -> bool {
        self.items.push_back(item);
        let grew = self.items.len() <= max;
        if !grew {
            self.forget(number);
        }
        grew
    }

    /// Forgets the oldest item.
    pub(crate) fn forget(&mut self, number: impl Fn(&T) -> u64) {
        if let Some(oldest) = self.items.pop_front() {
            self.forgotten = self.forgotten.max(number(&oldest));
        }
    }
}
