//! Whose money is where. Every movement takes from one balance what it gives to another.
//!
//! Units   ledger units of the asset.
//! Keeps   per asset the sum over all accounts, free and held, is zero: what customers have is
//!         what the account of the outside world owes. No customer's balance is below zero.

use std::collections::BTreeMap;

use model::{AccountId, Amount, AssetId};

use crate::event::Event;
use crate::machine::{HOUSE, OUTSIDE};

/// What one account has of one asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Balance {
    pub(crate) available: Amount,
    pub(crate) held: Amount,
}

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// By asset, then account; rows are as long as the highest account that ever had some.
    rows: Vec<Vec<Balance>>,
    /// Which balances the running command has touched, told when it ends: account, asset, and
    /// place in `before`, so that sorting brings them in order and the first of each to the front.
    touched: Vec<u64>,
    /// What they were before.
    before: Vec<Balance>,
    /// Those beyond [`TOUCHED_MAX`].
    many: BTreeMap<(AccountId, AssetId), Balance>,
}

/// So many places fit a touched balance's 16 bits.
const TOUCHED_MAX: usize = 1 << 16;
/// So many are sorted by insertion.
const FEW: usize = 24;

/// What a taker and the house gain by its matches, booked when the taker has finished.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Gains {
    pub(crate) base: Amount,
    pub(crate) quote: Amount,
    pub(crate) house_base: Amount,
    pub(crate) house_quote: Amount,
}

/// One match, as it changes balances.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settlement {
    pub(crate) maker: AccountId,
    pub(crate) maker_buys: bool,
    pub(crate) base: Amount,
    pub(crate) quote: Amount,
    /// By how much the maker's hold shrinks.
    pub(crate) release: Amount,
    pub(crate) maker_fee: Amount,
    pub(crate) taker_fee: Amount,
    /// Whether a buyer's fee is taken in base; a seller's is always in quote.
    pub(crate) fee_in_base: bool,
}

impl Ledger {
    pub(crate) fn add_asset(&mut self) {
        self.rows.push(Vec::new());
    }

    pub(crate) fn balance(&self, account: AccountId, asset: AssetId) -> Balance {
        let row = &self.rows[usize::from(asset.0)];
        row.get(account.0 as usize).copied().unwrap_or_default()
    }

    pub(crate) fn available(&self, account: AccountId, asset: AssetId) -> Amount {
        self.balance(account, asset).available
    }

    /// Moves free money between two accounts.
    pub(crate) fn transfer(
        &mut self,
        from: AccountId,
        to: AccountId,
        asset: AssetId,
        amount: Amount,
    ) {
        self.touch(from, asset).available -= amount;
        self.touch(to, asset).available += amount;
    }

    /// Reserves free money; a negative amount frees it.
    pub(crate) fn hold(&mut self, account: AccountId, asset: AssetId, amount: Amount) {
        let balance = self.touch(account, asset);
        balance.available -= amount;
        balance.held += amount;
    }

    /// As [`Self::hold`], where it is the last that a command does: told at once if nothing else is
    /// to be told.
    #[inline]
    pub(crate) fn hold_last(
        &mut self,
        account: AccountId,
        asset: AssetId,
        amount: Amount,
        events: &mut Vec<Event>,
    ) {
        let row = &mut self.rows[usize::from(asset.0)];
        match row.get_mut(account.0 as usize) {
            Some(balance) if self.touched.is_empty() && amount != 0 => {
                let available = balance.available - amount;
                let held = balance.held + amount;
                *balance = Balance { available, held };
                events.push(Event::Balance { account, asset, available, held });
            }
            Some(_) | None => self.hold(account, asset, amount),
        }
    }

    /// Books the maker's side of a match, out of what it holds, and notes the taker's.
    #[inline]
    pub(crate) fn settle(
        &mut self,
        (base, quote): (AssetId, AssetId),
        s: &Settlement,
        gains: &mut Gains,
    ) {
        let (fee_base, fee_quote) = match (s.fee_in_base, s.maker_buys) {
            (false, _) => (0, s.maker_fee + s.taker_fee),
            (true, true) => (s.maker_fee, s.taker_fee),
            (true, false) => (s.taker_fee, s.maker_fee),
        };
        gains.house_base += fee_base;
        gains.house_quote += fee_quote;
        if s.maker_buys {
            let pays = if s.fee_in_base { s.quote } else { s.quote + s.maker_fee };
            let balance = self.touch(s.maker, quote);
            balance.held -= s.release;
            balance.available += s.release - pays;
            self.touch(s.maker, base).available += s.base - fee_base;
            gains.base -= s.base;
            gains.quote += s.quote - s.taker_fee;
        } else {
            let pays = if s.fee_in_base { s.quote } else { s.quote + s.taker_fee };
            self.touch(s.maker, base).held -= s.base;
            self.touch(s.maker, quote).available += s.quote - s.maker_fee;
            gains.base += s.base - fee_base;
            gains.quote -= pays;
        }
    }

    /// Books what a taker and the house gained.
    pub(crate) fn book(&mut self, taker: AccountId, base: AssetId, quote: AssetId, gains: &Gains) {
        if gains.house_base != 0 {
            self.touch(HOUSE, base).available += gains.house_base;
        }
        if gains.house_quote != 0 {
            self.touch(HOUSE, quote).available += gains.house_quote;
        }
        self.touch(taker, base).available += gains.base;
        self.touch(taker, quote).available += gains.quote;
    }

    /// Tells what the command changed, in the order of account, then asset, and forgets it.
    #[inline]
    pub(crate) fn tell(&mut self, events: &mut Vec<Event>) {
        if !self.many.is_empty() {
            self.tell_many(events);
        } else if 1 < self.touched.len() {
            self.tell_in_order(events);
        } else if let (Some(key), Some(before)) = (self.touched.first(), self.before.first()) {
            self.tell_one(*key, before, events);
        }
        self.touched.clear();
        self.before.clear();
    }

    fn tell_in_order(&mut self, events: &mut Vec<Event>) {
        if self.touched.len() <= FEW {
            insertion_sort(&mut self.touched);
        } else {
            self.touched.sort_unstable();
        }
        let mut last = u64::MAX;
        for &key in &self.touched {
            if key >> PLACE_BITS != last {
                last = key >> PLACE_BITS;
                self.tell_one(key, &self.before[place(key)], events);
            }
        }
    }

    #[cold]
    fn tell_many(&mut self, events: &mut Vec<Event>) {
        let mut all = std::mem::take(&mut self.many);
        // Of several entries for one balance the earliest counts: it is put in last.
        for key in self.touched.iter().rev() {
            all.insert(parts(*key), self.before[place(*key)]);
        }
        for ((account, asset), before) in all {
            self.tell_one(key(account, asset), &before, events);
        }
    }

    #[inline]
    fn tell_one(&self, key: u64, before: &Balance, events: &mut Vec<Event>) {
        let (account, asset) = parts(key);
        let balance = &self.rows[usize::from(asset.0)][account.0 as usize];
        let (available, held) = (in_halves(&balance.available), in_halves(&balance.held));
        if (available != before.available || held != before.held) && account != OUTSIDE {
            events.push(Event::Balance { account, asset, available, held });
        }
    }

    /// Per asset the sum over all accounts.
    pub(crate) fn sums(&self) -> impl Iterator<Item = (AssetId, Amount)> {
        let all = |balance: &Balance| balance.available + balance.held;
        let sums = self.rows.iter().map(move |row| row.iter().map(all).sum());
        (0..=u16::MAX).map(AssetId).zip(sums)
    }

    /// Balances of an asset that are not zero, by account.
    pub(crate) fn row(&self, asset: AssetId) -> impl Iterator<Item = (AccountId, Balance)> {
        let row =
            (0..=u32::MAX).map(AccountId).zip(self.rows[usize::from(asset.0)].iter().copied());
        row.filter(|(_, balance)| *balance != Balance::default())
    }

    /// Sets a balance that a snapshot tells.
    pub(crate) fn restore(&mut self, account: AccountId, asset: AssetId, balance: Balance) {
        *self.touch(account, asset) = balance;
        self.touched.clear();
        self.before.clear();
    }

    /// The balance, to be changed: what it is now is remembered.
    #[inline]
    fn touch(&mut self, account: AccountId, asset: AssetId) -> &mut Balance {
        let row = &mut self.rows[usize::from(asset.0)];
        let at = account.0 as usize;
        if row.len() <= at {
            lengthen(row, at);
        }
        let balance = &mut row[at];
        let place = self.touched.len();
        if place < TOUCHED_MAX {
            self.touched.push(key(account, asset) | place as u64);
            self.before.push(*balance);
        } else {
            remember(&mut self.many, account, asset, balance);
        }
        balance
    }
}

#[cold]
#[inline(never)]
fn remember(
    many: &mut BTreeMap<(AccountId, AssetId), Balance>,
    account: AccountId,
    asset: AssetId,
    balance: &Balance,
) {
    many.entry((account, asset)).or_insert(*balance);
}

#[cold]
#[inline(never)]
fn lengthen(row: &mut Vec<Balance>, at: usize) {
    row.resize(at + 1, Balance::default());
}

/// Reads an amount that was written a moment ago. It was written in two halves, and a processor
/// hands a value from a write to a read only if the read is no wider than the write.
#[inline]
fn in_halves(amount: &Amount) -> Amount {
    let (low, high) = (*amount & Amount::from(u64::MAX), *amount >> 64);
    std::hint::black_box(high) << 64 | low
}

fn insertion_sort(keys: &mut [u64]) {
    for from in 1..keys.len() {
        let key = keys[from];
        let mut to = from;
        while 0 < to && key < keys[to - 1] {
            keys[to] = keys[to - 1];
            to -= 1;
        }
        keys[to] = key;
    }
}

const PLACE_BITS: u32 = 16;
const ASSET_BITS: u32 = 16;

/// Account and asset above an empty place.
#[inline]
fn key(account: AccountId, asset: AssetId) -> u64 {
    u64::from(account.0) << (ASSET_BITS + PLACE_BITS) | u64::from(asset.0) << PLACE_BITS
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "unpacks what key packed")]
const fn parts(key: u64) -> (AccountId, AssetId) {
    (AccountId((key >> (ASSET_BITS + PLACE_BITS)) as u32), AssetId((key >> PLACE_BITS) as u16))
}

#[inline]
fn place(key: u64) -> usize {
    usize::try_from(key & 0xffff).expect("masked")
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: AccountId = AccountId(2);
    const BOB: AccountId = AccountId(3);
    const COIN: AssetId = AssetId(0);

    #[test]
    fn each_changed_balance_is_told_once_in_order_and_unchanged_ones_are_not() {
        let mut ledger = Ledger::default();
        ledger.add_asset();
        ledger.transfer(OUTSIDE, BOB, COIN, 70);
        ledger.transfer(OUTSIDE, ANN, COIN, 30);
        ledger.hold(BOB, COIN, 20);
        ledger.transfer(ANN, HOUSE, COIN, 5);
        ledger.transfer(HOUSE, ANN, COIN, 5);
        let mut events = Vec::new();
        ledger.tell(&mut events);
        let told =
            |account, available, held| Event::Balance { account, asset: COIN, available, held };
        assert_eq!(events, [told(ANN, 30, 0), told(BOB, 50, 20)]);
        assert_eq!(ledger.sums().collect::<Vec<_>>(), [(COIN, 0)]);
    }
}
