//! A bound on what all accounts together keep.

use std::collections::VecDeque;

use model::AccountId;

/// Remembers in which order the accounts got their items, so that the oldest of all goes first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Quota {
    pub(crate) owners: VecDeque<AccountId>,
    max: usize,
}

impl Quota {
    pub(crate) const fn new(max: usize) -> Self {
        Self { owners: VecDeque::new(), max }
    }

    /// `owner` got one more. Says whose oldest must go.
    pub(crate) fn add(&mut self, owner: AccountId) -> Option<AccountId> {
        self.owners.push_back(owner);
        if self.owners.len() <= self.max { None } else { self.owners.pop_front() }
    }
}
