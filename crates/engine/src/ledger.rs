//! Whose money is where. Every movement takes from one balance what it gives to another.
//!
//! Units   ledger units of the asset.
//! Keeps   per asset the sum over all accounts, free and held, is zero: what customers have is
//!         what the account of the outside world owes. No customer's balance is below zero.

use std::collections::BTreeMap;

use model::{AccountId, Amount, AssetId, Side};

use crate::event::Event;
use crate::machine::{HOUSE, OUTSIDE};
use crate::swap::Swap;

/// What one account has of one asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Balance {
    pub(crate) available: Amount,
    pub(crate) held: Amount,
}

/// What is bought and what it is paid in.
pub(crate) type Assets = (AssetId, AssetId);

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    /// By asset, then account; rows are as long as the highest account that ever had some.
    rows: Vec<Vec<Balance>>,
    /// Base and quote of the market in which the running command touched balances.
    pair: Option<Assets>,
    /// Whose balances of these it has touched, and what they were before.
    touched: Vec<Touched>,
    /// Room to bring them in order: account and place, so that the first of each comes first.
    keys: Vec<u64>,
    /// What balances were before that the command touched elsewhere.
    many: BTreeMap<(AccountId, AssetId), Balance>,
}

/// What an account had of base and quote before the running command touched that.
#[derive(Clone, Copy, Debug)]
struct Touched {
    account: AccountId,
    before: [Balance; 2],
}

/// What a taker and the house gain by its matches, booked when the taker has finished.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
    /// By how much the maker's hold shrinks.
    pub(crate) release: Amount,
    pub(crate) turnover: Turnover,
}

/// What changes hands in one match, or in several with the same side.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Turnover {
    pub(crate) base: Amount,
    pub(crate) quote: Amount,
    pub(crate) maker_fee: Amount,
    pub(crate) taker_fee: Amount,
}

/// Who pays what in which asset.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Direction {
    pub(crate) maker_buys: bool,
    /// Whether a buyer's fee is taken in base; a seller's is always in quote.
    pub(crate) fee_in_base: bool,
}

impl Direction {
    /// Fees in base, and in quote.
    #[inline(always)]
    const fn fees(self, turnover: &Turnover) -> (Amount, Amount) {
        let Turnover { maker_fee, taker_fee, .. } = *turnover;
        match (self.fee_in_base, self.maker_buys) {
            (false, _) => (0, maker_fee + taker_fee),
            (true, true) => (maker_fee, taker_fee),
            (true, false) => (taker_fee, maker_fee),
        }
    }
}

impl Gains {
    /// Notes the taker's side of matches, and the house's.
    #[inline(always)]
    pub(crate) fn note(&mut self, direction: Direction, turnover: &Turnover) {
        let Turnover { base, quote, maker_fee, taker_fee } = *turnover;
        let (fee_base, fee_quote) = direction.fees(turnover);
        self.house_base += fee_base;
        self.house_quote += fee_quote;
        if direction.maker_buys {
            self.base -= base;
            self.quote += quote - taker_fee;
        } else {
            self.base += base - fee_base;
            self.quote -= quote + fee_quote - maker_fee;
        }
    }
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
        self.set_apart();
        for (account, amount) in [(from, -amount), (to, amount)] {
            let balance = at(&mut self.rows[usize::from(asset.0)], account);
            self.many.entry((account, asset)).or_insert(*balance);
            balance.available += amount;
        }
    }

    /// Reserves free money for an order of a side; a negative amount frees it.
    pub(crate) fn hold(&mut self, account: AccountId, assets: Assets, side: Side, amount: Amount) {
        let mut pair = self.pair(assets);
        let (base, quote) = pair.touch(account);
        let balance = held_for(side, base, quote);
        balance.available -= amount;
        balance.held += amount;
    }

    /// As [`Self::hold`], where it is the last that a command does: told at once if nothing else is
    /// to be told.
    #[inline]
    pub(crate) fn hold_last(
        &mut self,
        account: AccountId,
        assets: Assets,
        side: Side,
        amount: Amount,
        events: &mut Vec<Event>,
    ) {
        let asset = held_for(side, assets.0, assets.1);
        let row = &mut self.rows[usize::from(asset.0)];
        match row.get_mut(account.0 as usize) {
            Some(balance) if self.pair.is_none() && amount != 0 => {
                let available = balance.available - amount;
                let held = balance.held + amount;
                *balance = Balance { available, held };
                events.push(Event::Balance { account, asset, available, held });
            }
            Some(_) | None => self.hold(account, assets, side, amount),
        }
    }

    /// Books what a taker and the house gained.
    pub(crate) fn book(&mut self, taker: AccountId, assets: Assets, gains: &Gains) {
        let mut pair = self.pair(assets);
        if gains.house_base != 0 || gains.house_quote != 0 {
            let (base, quote) = pair.touch(HOUSE);
            base.available += gains.house_base;
            quote.available += gains.house_quote;
        }
        let (base, quote) = pair.touch(taker);
        base.available += gains.base;
        quote.available += gains.quote;
    }

    /// The balances of a market's two assets, to be changed.
    #[inline(always)]
    pub(crate) fn pair(&mut self, assets: Assets) -> Pair<'_> {
        if self.pair != Some(assets) {
            if self.pair.is_some() {
                self.set_apart();
            }
            self.pair = Some(assets);
        }
        let places = [usize::from(assets.0.0), usize::from(assets.1.0)];
        let rows = self.rows.get_disjoint_mut(places);
        let [base, quote] = rows.expect("a market is over two listed assets");
        Pair { base, quote, touched: &mut self.touched }
    }

    /// Tells what the command changed, in the order of account, then asset, and forgets it.
    #[inline]
    pub(crate) fn tell(&mut self, events: &mut Vec<Event>) {
        if !self.many.is_empty() {
            self.tell_many(events);
        } else if let Some(assets) = self.pair.take() {
            self.tell_pair(assets, events);
        }
    }

    fn tell_pair(&mut self, assets: Assets, events: &mut Vec<Event>) {
        let key = |(place, touched): (usize, &Touched)| key(touched.account, place);
        self.keys.clear();
        self.keys.extend(self.touched.iter().enumerate().map(key));
        sort(&mut self.keys);
        let both = [(assets.0, 0), (assets.1, 1)];
        let both = if assets.0 < assets.1 { both } else { [both[1], both[0]] };
        let [first, second] =
            both.map(|(asset, which)| (asset, which, &self.rows[usize::from(asset.0)]));
        let mut last = None;
        for (account, place) in self.keys.iter().map(|key| parts(*key)) {
            if last.replace(account) == Some(account) {
                continue;
            }
            let before = &self.touched[place].before;
            for (asset, which, row) in [first, second] {
                tell_news(account, asset, &before[which], &row[account.0 as usize], events);
            }
        }
        self.touched.clear();
    }

    #[cold]
    fn tell_many(&mut self, events: &mut Vec<Event>) {
        self.set_apart();
        for ((account, asset), before) in std::mem::take(&mut self.many) {
            let balance = &self.rows[usize::from(asset.0)][account.0 as usize];
            tell_news(account, asset, &before, balance, events);
        }
    }

    /// Makes room for another pair: of several entries for one balance the earliest counts.
    #[cold]
    fn set_apart(&mut self) {
        let Some((base, quote)) = self.pair.take() else { return };
        for Touched { account, before } in self.touched.drain(..) {
            for (asset, before) in [base, quote].into_iter().zip(before) {
                self.many.entry((account, asset)).or_insert(before);
            }
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
        *at(&mut self.rows[usize::from(asset.0)], account) = balance;
    }
}

/// Base and quote of a market: what trades change.
#[derive(Debug)]
pub(crate) struct Pair<'a> {
    base: &'a mut Vec<Balance>,
    quote: &'a mut Vec<Balance>,
    touched: &'a mut Vec<Touched>,
}

impl Pair<'_> {
    /// Both balances of an account, to be changed: what they are now is remembered.
    #[inline(always)]
    fn touch(&mut self, account: AccountId) -> (&mut Balance, &mut Balance) {
        let (base, quote) = (at(self.base, account), at(self.quote, account));
        self.touched.push(Touched { account, before: [*base, *quote] });
        (base, quote)
    }

    /// Books the maker's side of a match whose amounts fit 64 bits, out of what it holds.
    #[inline(always)]
    pub(crate) fn swap(&mut self, maker: AccountId, side: Side, swap: &Swap) {
        let (base, quote) = self.touch(maker);
        let (given, got) = match side {
            Side::Sell => (base, quote),
            Side::Buy => (quote, base),
        };
        given.held -= Amount::from(swap.gives);
        got.available += Amount::from(swap.gets.cast_signed() - swap.maker_fee);
    }

    /// Books the maker's side of a match, out of what it holds.
    #[inline(always)]
    pub(crate) fn settle(&mut self, direction: Direction, settlement: &Settlement) {
        let Settlement { maker, release, turnover } = settlement;
        let (fee_base, _) = direction.fees(turnover);
        let (base, quote) = self.touch(*maker);
        if direction.maker_buys {
            let fee_quote = if direction.fee_in_base { 0 } else { turnover.maker_fee };
            quote.held -= release;
            quote.available += release - turnover.quote - fee_quote;
            base.available += turnover.base - fee_base;
        } else {
            base.held -= release;
            quote.available += turnover.quote - turnover.maker_fee;
        }
    }
}

/// What an order of a side pays with.
#[inline]
pub(crate) fn held_for<T>(side: Side, base: T, quote: T) -> T {
    match side {
        Side::Buy => quote,
        Side::Sell => base,
    }
}

/// The balance of an account in the row of an asset.
#[inline]
fn at(row: &mut Vec<Balance>, account: AccountId) -> &mut Balance {
    let at = account.0 as usize;
    if row.len() <= at {
        lengthen(row, at);
    }
    &mut row[at]
}

#[cold]
#[inline(never)]
fn lengthen(row: &mut Vec<Balance>, at: usize) {
    row.resize(at + 1, Balance::default());
}

/// Tells a balance if it is another than before.
#[inline]
fn tell_news(
    account: AccountId,
    asset: AssetId,
    before: &Balance,
    now: &Balance,
    events: &mut Vec<Event>,
) {
    let Balance { available, held } = *now;
    let is_news = (available != before.available) | (held != before.held);
    if is_news && account != OUTSIDE {
        events.push(Event::Balance { account, asset, available, held });
    }
}

/// So many are sorted without asking how they are mixed, which no processor would guess.
const FEW: usize = 8;

/// Sorts keys of which no two are equal.
fn sort(keys: &mut [u64]) {
    if FEW < keys.len() {
        return keys.sort_unstable();
    }
    let mut mixed = [u64::MAX; FEW];
    mixed[..keys.len()].copy_from_slice(keys);
    for key in &mixed[..keys.len()] {
        let rank: usize = mixed.iter().map(|other| usize::from(other < key)).sum();
        keys[rank] = *key;
    }
}

const PLACE_BITS: u32 = 32;

/// The account above a place.
#[inline]
fn key(account: AccountId, place: usize) -> u64 {
    debug_assert!(place >> PLACE_BITS == 0, "a command touches fewer balances");
    u64::from(account.0) << PLACE_BITS | place as u64
}

#[inline]
#[expect(clippy::cast_possible_truncation, reason = "unpacks what key packed")]
const fn parts(key: u64) -> (AccountId, usize) {
    (AccountId((key >> PLACE_BITS) as u32), key as u32 as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANN: AccountId = AccountId(2);
    const BOB: AccountId = AccountId(3);
    const COIN: AssetId = AssetId(0);
    const CASH: AssetId = AssetId(1);

    #[test]
    fn each_changed_balance_is_told_once_in_order_and_unchanged_ones_are_not() {
        let mut ledger = Ledger::default();
        ledger.add_asset();
        ledger.add_asset();
        ledger.transfer(OUTSIDE, BOB, COIN, 70);
        ledger.transfer(OUTSIDE, ANN, COIN, 30);
        ledger.hold(BOB, (COIN, CASH), Side::Sell, 20);
        ledger.transfer(ANN, HOUSE, COIN, 5);
        ledger.transfer(HOUSE, ANN, COIN, 5);
        let mut events = Vec::new();
        ledger.tell(&mut events);
        let told =
            |account, available, held| Event::Balance { account, asset: COIN, available, held };
        assert_eq!(events, [told(ANN, 30, 0), told(BOB, 50, 20)]);
        assert_eq!(ledger.sums().collect::<Vec<_>>(), [(COIN, 0), (CASH, 0)]);
    }
}
