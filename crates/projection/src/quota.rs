//! A bound on what all accounts together keep.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use model::AccountId;

/// Knows who keeps the most: beyond the bound that account forgets its oldest, so that nobody who
/// keeps little forgets because of somebody who does much.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Quota {
    max: usize,
    total: usize,
    /// How many each keeps that keeps any; of the same, the account opened first pays first.
    by_count: BTreeSet<(usize, Reverse<AccountId>)>,
}

impl Quota {
    pub(crate) const fn new(max: usize) -> Self {
        Self { max, total: 0, by_count: BTreeSet::new() }
    }

    /// Where the accounts, by number, keep so many each.
    pub(crate) fn of(max: usize, counts: impl Iterator<Item = usize>) -> Self {
        let mut quota = Self::new(max);
        for (account, count) in (0..).map(AccountId).zip(counts) {
            quota.total += count;
            if count != 0 {
                quota.by_count.insert((count, Reverse(account)));
            }
        }
        quota
    }

    /// `owner` keeps one more: `count` now.
    pub(crate) fn grew(&mut self, owner: AccountId, count: usize) {
        self.by_count.remove(&(count - 1, Reverse(owner)));
        self.by_count.insert((count, Reverse(owner)));
        self.total += 1;
    }

    /// Who must forget one because `owner` grew; to be asked until nobody must. It is `owner` only
    /// where nobody else keeps as much: nobody forgets what has just come.
    pub(crate) fn payer(&mut self, owner: AccountId) -> Option<AccountId> {
        if self.total <= self.max {
            return None;
        }
        let mut most = self.by_count.iter().rev().copied();
        let first = most.next()?;
        let other = most.next().filter(|(count, _)| *count == first.0);
        let (count, payer) = other.filter(|_| first.1.0 == owner).unwrap_or(first);
        self.by_count.remove(&(count, payer));
        if 1 < count {
            self.by_count.insert((count - 1, payer));
        }
        self.total -= 1;
        Some(payer.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_keeps_the_most_forgets_first_and_never_what_has_just_come() {
        let mut kept = [0_usize; 4];
        let mut quota = Quota::new(6);
        for (owner, wanted) in [
            (0, [1, 0, 0, 0]),
            (1, [1, 1, 0, 0]),
            (1, [1, 2, 0, 0]),
            (1, [1, 3, 0, 0]),
            (1, [1, 4, 0, 0]),
            (2, [1, 4, 1, 0]),
            (1, [1, 4, 1, 0]),
            (2, [1, 3, 2, 0]),
            (2, [1, 2, 3, 0]),
            (3, [1, 2, 2, 1]),
            (3, [1, 1, 2, 2]),
            (0, [2, 1, 1, 2]),
        ] {
            kept[owner] += 1;
            let account = AccountId(u32::try_from(owner).unwrap());
            quota.grew(account, kept[owner]);
            while let Some(payer) = quota.payer(account) {
                kept[payer.0 as usize] -= 1;
            }
            assert_eq!(kept, wanted, "{owner}");
            assert_eq!(quota, Quota::of(6, kept.into_iter()), "{owner}");
        }
        let mut quota = Quota::of(2, [1, 1, 1].into_iter());
        assert_eq!(quota.payer(AccountId(0)), Some(AccountId(1)));
        assert_eq!(quota.payer(AccountId(0)), None);
    }
}
