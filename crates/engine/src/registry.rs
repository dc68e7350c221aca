//! Who and what exists: assets, accounts, and which references have been used.

use std::collections::{BTreeMap, BTreeSet};

use model::{AccountId, AssetId, UserId};

use crate::machine::{HOUSE, OUTSIDE};
use crate::market::Asset;

#[derive(Debug)]
pub(crate) struct Registry {
    pub(crate) assets: Vec<Asset>,
    /// Users of the accounts from 2 on, in the order of opening.
    pub(crate) users: Vec<UserId>,
    /// Fee tier by account number.
    tiers: Vec<u8>,
    by_user: BTreeMap<UserId, AccountId>,
    pub(crate) references: BTreeSet<u128>,
}

/// Accounts that belong to nobody.
const OWN: u32 = 2;
const _: () = assert!(OUTSIDE.0 < OWN && HOUSE.0 < OWN);

impl Registry {
    pub(crate) fn new() -> Self {
        Self {
            assets: Vec::new(),
            users: Vec::new(),
            tiers: vec![0; OWN as usize],
            by_user: BTreeMap::new(),
            references: BTreeSet::new(),
        }
    }

    pub(crate) fn asset(&self, id: AssetId) -> Option<&Asset> {
        self.assets.get(usize::from(id.0))
    }

    /// Whether the account is an open one of a customer.
    pub(crate) fn is_customer(&self, account: AccountId) -> bool {
        OWN <= account.0 && (account.0 as usize) < self.tiers.len()
    }

    pub(crate) fn tier(&self, account: AccountId) -> u8 {
        self.tiers[account.0 as usize]
    }

    /// The fee tier of an open account of a customer.
    #[inline]
    pub(crate) fn customer_tier(&self, account: AccountId) -> Option<u8> {
        let tier = *self.tiers.get(account.0 as usize)?;
        (OWN <= account.0).then_some(tier)
    }

    pub(crate) fn set_tier(&mut self, account: AccountId, tier: u8) {
        self.tiers[account.0 as usize] = tier;
    }

    /// The account of a user, opened if there is none. `None` when numbers have run out.
    pub(crate) fn open(&mut self, user: UserId) -> Option<AccountId> {
        if let Some(account) = self.by_user.get(&user) {
            return Some(*account);
        }
        let account = AccountId(u32::try_from(self.tiers.len()).ok()?);
        self.by_user.insert(user, account);
        self.users.push(user);
        self.tiers.push(0);
        Some(account)
    }
}
