//! Whose money is where. Every movement takes from one balance what it gives to another.
//!
//! Units   ledger units of the asset.
//! Keeps   per asset the sum over all accounts, free and held, is zero: what customers have is
//!         what the account of the outside world owes. No customer's balance is below zero.

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
    /// Which balances the running command has touched, and what they were before: told when it
    /// ends.
    keys: Vec<u64>,
    before: Vec<Balance>,
    /// Room to sort them.
    order: Vec<(u64, u32)>,
}

/// So many of the balances touched last are known again; others are told once all the same.
const RECENT: usize = 6;
/// So many touched balances are sorted in place.
const FEW: usize = 24;

/// What one side of a match gives, gets and pays.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settlement {
    pub(crate) buyer: AccountId,
    pub(crate) seller: AccountId,
    pub(crate) base: Amount,
    pub(crate) quote: Amount,
    /// In base if fees are taken from what is received, else in quote.
    pub(crate) buyer_fee: Amount,
    /// Always in quote.
    pub(crate) seller_fee: Amount,
    /// Out of what the maker pays: by how much its hold shrinks.
    pub(crate) maker_release: Amount,
    pub(crate) maker_buys: bool,
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

    /// Books one match: the taker pays out of what is free, the maker out of what it holds.
    pub(crate) fn settle(&mut self, base: AssetId, quote: AssetId, match_: &Settlement) {
        let s = match_;
        let (base_fee, quote_fee) = if s.fee_in_base {
            (s.buyer_fee, s.seller_fee)
        } else {
            (0, s.buyer_fee + s.seller_fee)
        };
        let buyer_pays = if s.fee_in_base { s.quote } else { s.quote + s.buyer_fee };
        let buyer = self.touch(s.buyer, quote);
        if s.maker_buys {
            buyer.held -= s.maker_release;
            buyer.available += s.maker_release - buyer_pays;
        } else {
            buyer.available -= buyer_pays;
        }
        self.touch(s.seller, quote).available += s.quote - s.seller_fee;
        let seller = self.touch(s.seller, base);
        if s.maker_buys {
            seller.available -= s.base;
        } else {
            seller.held -= s.maker_release;
            seller.available += s.maker_release - s.base;
        }
        self.touch(s.buyer, base).available += s.base - base_fee;
        if base_fee != 0 {
            self.touch(HOUSE, base).available += base_fee;
        }
        if quote_fee != 0 {
            self.touch(HOUSE, quote).available += quote_fee;
        }
    }

    /// Tells what the command changed, in the order of account, then asset, and forgets it.
    pub(crate) fn tell(&mut self, events: &mut Vec<Event>) {
        match self.keys.len() {
            0 => return,
            1 => self.tell_one(self.keys[0], 0, events),
            _ => self.tell_in_order(events),
        }
        self.keys.clear();
        self.before.clear();
    }

    fn tell_in_order(&mut self, events: &mut Vec<Event>) {
        // Of several entries for one balance the first has what was before.
        let mut order = std::mem::take(&mut self.order);
        order.extend(self.keys.iter().zip(0_u32..).map(|(key, at)| (*key, at)));
        if order.len() <= FEW {
            insertion_sort(&mut order);
        } else {
            order.sort_unstable();
        }
        let mut last = None;
        for (key, at) in order.drain(..) {
            if last.replace(key) != Some(key) {
                self.tell_one(key, at as usize, events);
            }
        }
        self.order = order;
    }

    #[inline]
    fn tell_one(&self, key: u64, at: usize, events: &mut Vec<Event>) {
        let (account, asset) = parts(key);
        let balance = &self.rows[usize::from(asset.0)][account.0 as usize];
        let (available, held) = (in_halves(&balance.available), in_halves(&balance.held));
        let before = &self.before[at];
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
        self.keys.clear();
        self.before.clear();
    }

    fn touch(&mut self, account: AccountId, asset: AssetId) -> &mut Balance {
        let row = &mut self.rows[usize::from(asset.0)];
        let at = account.0 as usize;
        if row.len() <= at {
            row.resize(at + 1, Balance::default());
        }
        let key = key(account, asset);
        let recent = self.keys.len().saturating_sub(RECENT);
        if !self.keys[recent..].contains(&key) {
            self.keys.push(key);
            self.before.push(row[at]);
        }
        &mut row[at]
    }
}

/// Reads an amount that was written a moment ago. It was written in two halves, and a processor
/// hands a value from a write to a read only if the read is no wider than the write.
#[inline]
fn in_halves(amount: &Amount) -> Amount {
    let (low, high) = (*amount & Amount::from(u64::MAX), *amount >> 64);
    std::hint::black_box(high) << 64 | low
}

fn insertion_sort(order: &mut [(u64, u32)]) {
    for from in 1..order.len() {
        let (key, at) = order[from];
        let mut to = from;
        while 0 < to && key < order[to - 1].0 {
            (order[to].0, order[to].1) = (order[to - 1].0, order[to - 1].1);
            to -= 1;
        }
        (order[to].0, order[to].1) = (key, at);
    }
}

fn key(account: AccountId, asset: AssetId) -> u64 {
    u64::from(account.0) << 16 | u64::from(asset.0)
}

fn parts(key: u64) -> (AccountId, AssetId) {
    let account = u32::try_from(key >> 16).expect("packed from 32 bits");
    let asset = u16::try_from(key & 0xffff).expect("masked to 16 bits");
    (AccountId(account), AssetId(asset))
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
