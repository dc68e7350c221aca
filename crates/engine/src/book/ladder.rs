//! The price levels of one side: an array over the prices that matter, a tree for the rest.
//!
//! Prices go to 2^48, so no array spans them all. A window of consecutive prices has a cell each
//! and two layers of bits above, which find the next level in a few instructions; levels outside
//! the window stand in a sorted map. Where the window lies changes the speed and nothing else: it
//! moves to the best price, and widens, once enough was asked of the map to pay for the move.

use std::collections::BTreeMap;

use model::{Price, Side};

use super::NONE;

/// All orders of one side at one price.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Level {
    /// Sum of what its orders show.
    pub(crate) shown: u128,
    /// Sum of what its orders want, hidden parts included.
    pub(crate) total: u128,
    /// The front of the queue.
    pub(crate) head: u32,
    /// The back of the queue.
    pub(crate) tail: u32,
}

/// The narrowest and the widest window, in prices.
const WINDOW_MIN: usize = 1 << 10;
const WINDOW_MAX: usize = 1 << 16;
/// A window moves after this part of its width was asked of the map instead.
const MOVE_AFTER: usize = 16;
const WORD: usize = u64::BITS as usize;

#[derive(Debug)]
pub(crate) struct Ladder {
    side: Side,
    best: Option<Price>,
    best_level: u32,
    start: u64,
    cells: Vec<u32>,
    bits: Vec<u64>,
    summary: Vec<u64>,
    far: BTreeMap<u64, u32>,
    far_visits: usize,
    levels: Vec<Level>,
    free: u32,
}

impl Ladder {
    pub(crate) fn new(side: Side) -> Self {
        Self {
            side,
            best: None,
            best_level: NONE,
            start: 0,
            cells: Vec::new(),
            bits: Vec::new(),
            summary: Vec::new(),
            far: BTreeMap::new(),
            far_visits: 0,
            levels: Vec::new(),
            free: NONE,
        }
    }

    /// The price that a taker meets first.
    pub(crate) const fn best(&self) -> Option<Price> {
        self.best
    }

    /// The level at [`Self::best`].
    pub(crate) const fn best_level(&self) -> u32 {
        self.best_level
    }

    pub(crate) fn level(&self, level: u32) -> &Level {
        &self.levels[level as usize]
    }

    pub(crate) fn level_mut(&mut self, level: u32) -> &mut Level {
        &mut self.levels[level as usize]
    }

    pub(crate) fn find(&self, price: Price) -> Option<u32> {
        if self.best == Some(price) {
            return Some(self.best_level);
        }
        match self.cell(price.ticks()) {
            Some(cell) => (self.cells[cell] != NONE).then(|| self.cells[cell]),
            None => self.far.get(&price.ticks()).copied(),
        }
    }

    /// The level of a price, made if it is not there.
    pub(crate) fn open(&mut self, price: Price) -> u32 {
        let ticks = price.ticks();
        let number = if let Some(cell) = self.cell(ticks) {
            if self.cells[cell] != NONE {
                return self.cells[cell];
            }
            let number = self.take_level();
            self.set(cell, number);
            number
        } else {
            self.visit_far(ticks);
            if let Some(number) = self.find(price) {
                return number;
            }
            let number = self.take_level();
            match self.cell(ticks) {
                Some(cell) => self.set(cell, number),
                None => _ = self.far.insert(ticks, number),
            }
            number
        };
        if self.best.is_none_or(|best| self.is_better(price, best)) {
            (self.best, self.best_level) = (Some(price), number);
        }
        number
    }

    /// Takes away the level of a price, which is empty.
    pub(crate) fn close(&mut self, price: Price, number: u32) {
        let ticks = price.ticks();
        match self.cell(ticks) {
            Some(cell) => {
                self.cells[cell] = NONE;
                let word = cell / WORD;
                self.bits[word] &= !(1 << (cell % WORD));
                if self.bits[word] == 0 {
                    self.summary[word / WORD] &= !(1 << (word % WORD));
                }
            }
            None => {
                self.far.remove(&ticks);
                self.visit_far(ticks);
            }
        }
        self.levels[number as usize].head = self.free;
        self.free = number;
        if self.best == Some(price) {
            let next = self.after(price);
            self.best = next.map(|(price, _)| price);
            self.best_level = next.map_or(NONE, |(_, level)| level);
        }
    }

    /// The next level away from the best.
    pub(crate) fn after(&self, price: Price) -> Option<(Price, u32)> {
        let near = match self.side {
            Side::Sell => self.next_cell_up(price.ticks() + 1),
            Side::Buy => self.next_cell_down(price.ticks()),
        };
        let near = near.map(|cell| (self.start + cell as u64, self.cells[cell]));
        let next = if self.far.is_empty() {
            near
        } else {
            let far = match self.side {
                Side::Sell => self.far.range(price.ticks() + 1..).next(),
                Side::Buy => self.far.range(..price.ticks()).next_back(),
            };
            let far = far.map(|(&ticks, &number)| (ticks, number));
            match (near, far, self.side) {
                (Some(near), Some(far), Side::Sell) => Some(near.min(far)),
                (Some(near), Some(far), Side::Buy) => Some(near.max(far)),
                (near, far, _) => near.or(far),
            }
        };
        next.and_then(|(ticks, number)| Some((Price::new(ticks)?, number)))
    }

    /// All levels, the best first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Price, u32)> {
        let first = self.best.map(|best| (best, self.best_level));
        std::iter::successors(first, |(price, _)| self.after(*price))
    }

    fn is_better(&self, price: Price, than: Price) -> bool {
        match self.side {
            Side::Buy => than < price,
            Side::Sell => price < than,
        }
    }

    fn cell(&self, ticks: u64) -> Option<usize> {
        let cell = usize::try_from(ticks.wrapping_sub(self.start)).ok()?;
        (cell < self.cells.len()).then_some(cell)
    }

    fn set(&mut self, cell: usize, number: u32) {
        self.cells[cell] = number;
        let word = cell / WORD;
        self.bits[word] |= 1 << (cell % WORD);
        self.summary[word / WORD] |= 1 << (word % WORD);
    }

    fn take_level(&mut self) -> u32 {
        let empty = Level { shown: 0, total: 0, head: NONE, tail: NONE };
        if self.free == NONE {
            self.levels.push(empty);
            return u32::try_from(self.levels.len() - 1).expect("fewer levels than orders");
        }
        let number = self.free;
        self.free = std::mem::replace(&mut self.levels[number as usize], empty).head;
        number
    }

    /// The first cell with a level at or above `ticks`.
    fn next_cell_up(&self, ticks: u64) -> Option<usize> {
        let from = usize::try_from(ticks.saturating_sub(self.start)).ok()?;
        if self.cells.len() <= from {
            return None;
        }
        let word = from / WORD;
        let here = self.bits[word] & (u64::MAX << (from % WORD));
        if here != 0 {
            return Some(word * WORD + here.trailing_zeros() as usize);
        }
        let mut group = (word + 1) / WORD;
        let mut mask = u64::MAX << ((word + 1) % WORD);
        while group < self.summary.len() {
            let words = self.summary[group] & mask;
            if words != 0 {
                let word = group * WORD + words.trailing_zeros() as usize;
                return Some(word * WORD + self.bits[word].trailing_zeros() as usize);
            }
            (group, mask) = (group + 1, u64::MAX);
        }
        None
    }

    /// The last cell with a level below `ticks`.
    fn next_cell_down(&self, ticks: u64) -> Option<usize> {
        let below = usize::try_from(ticks.checked_sub(self.start)?).unwrap_or(usize::MAX);
        let last = below.min(self.cells.len()).checked_sub(1)?;
        let highest = |word: u64| WORD - 1 - word.leading_zeros() as usize;
        let up_to = |bit: usize| u64::MAX >> (WORD - 1 - bit);
        let word = last / WORD;
        let here = self.bits[word] & up_to(last % WORD);
        if here != 0 {
            return Some(word * WORD + highest(here));
        }
        let last_word = word.checked_sub(1)?;
        let mut mask = up_to(last_word % WORD);
        for group in (0..=last_word / WORD).rev() {
            let words = self.summary[group] & mask;
            if words != 0 {
                let word = group * WORD + highest(words);
                return Some(word * WORD + highest(self.bits[word]));
            }
            mask = u64::MAX;
        }
        None
    }

    /// Counts a visit to the map and moves the window when visits have paid for it.
    fn visit_far(&mut self, ticks: u64) {
        self.far_visits += 1;
        if self.far_visits * MOVE_AFTER < self.cells.len() {
            return;
        }
        self.far_visits = 0;
        for (cell, number) in self.cells.iter().enumerate() {
            if *number != NONE {
                self.far.insert(self.start + cell as u64, *number);
            }
        }
        let width = (self.cells.len() * 4).clamp(WINDOW_MIN, WINDOW_MAX);
        let centre = self.best.map_or(ticks, Price::ticks);
        self.start = centre.saturating_sub(width as u64 / 2);
        self.cells.clear();
        self.cells.resize(width, NONE);
        self.bits.clear();
        self.bits.resize(width / WORD, 0);
        self.summary.clear();
        self.summary.resize((width / WORD).div_ceil(WORD), 0);
        let rest = self.far.split_off(&(self.start + width as u64));
        let inside = self.far.split_off(&self.start);
        self.far.extend(rest);
        for (ticks, number) in inside {
            let cell = self.cell(ticks).expect("the window holds what was split off for it");
            self.set(cell, number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn price(ticks: u64) -> Price {
        Price::new(ticks).unwrap()
    }

    /// Opens and closes pseudo-random prices and compares with a sorted set after each step.
    fn walk(side: Side, spread: u64, steps: u64) {
        let (mut ladder, mut set) = (Ladder::new(side), BTreeMap::new());
        let mut state = 1_u64;
        for step in 0..steps {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let ticks = 1 + (state >> 20) % spread + if step % 7 == 0 { 1 << 40 } else { 5_000 };
            if let Some(number) = set.remove(&ticks) {
                ladder.close(price(ticks), number);
            } else {
                set.insert(ticks, ladder.open(price(ticks)));
            }
            let best = match side {
                Side::Buy => set.last_key_value(),
                Side::Sell => set.first_key_value(),
            };
            assert_eq!(ladder.best().map(Price::ticks), best.map(|(ticks, _)| *ticks));
            assert_eq!(ladder.find(price(ticks)), set.get(&ticks).copied());
        }
        let mut listed: Vec<_> =
            ladder.iter().map(|(price, level)| (price.ticks(), level)).collect();
        listed.sort_unstable();
        assert_eq!(listed, set.into_iter().collect::<Vec<_>>());
    }

    #[test]
    fn near_and_far_prices_are_found_in_order_wherever_the_window_lies() {
        for side in [Side::Buy, Side::Sell] {
            for spread in [3, 100, 5_000, 100_000, 1 << 41] {
                walk(side, spread, 20_000);
            }
        }
    }
}
