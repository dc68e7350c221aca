//! The generator: one market, a random walk, deterministic by its seed.

use model::Side;

use crate::book::Book;

/// So many users trade.
pub const USERS: u64 = 1_000;
const START: u64 = 1_000_000;
/// How far through the market an IOC order is priced, in ticks.
const THROUGH: u64 = 100_000;
/// Mean distance of a passive order from the middle, in ticks.
const DISTANCE: f64 = 200.0;
/// Of a hundred passive orders so many lie anywhere up to [`TAIL`].
const TAIL_PERCENT: u64 = 5;
const TAIL: u64 = 20_000;
/// Half of the cancels go to one of so many orders placed last.
const RECENT: usize = 1_000;

/// What a flow is made of.
#[derive(Clone, Copy, Debug)]
pub struct Mix {
    /// Its name in reports.
    pub name: &'static str,
    /// Orders placed before measuring begins.
    pub prefill: usize,
    /// Of a hundred steps so many place an order that rests.
    pub adds: u64,
    /// Of a hundred steps so many cancel.
    pub cancels: u64,
    /// Measured steps.
    pub steps: usize,
    /// Where the random numbers start.
    pub seed: u64,
}

/// A book that grows.
pub const MIX_A: Mix =
    Mix { name: "A", prefill: 0, adds: 60, cancels: 25, steps: 1_000_000, seed: 1 };
/// A deep book that drains.
pub const MIX_B: Mix =
    Mix { name: "B", prefill: 100_000, adds: 60, cancels: 24, steps: 1_000_000, seed: 2 };
/// A small book.
pub const MIX_C: Mix =
    Mix { name: "C", prefill: 1_000, adds: 55, cancels: 29, steps: 1_000_000, seed: 3 };

/// One command.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    /// Places a limit order that rests if it does not trade.
    Add {
        /// Who.
        user: u32,
        /// Buy or sell.
        side: Side,
        /// In ticks.
        price: u64,
        /// In lots.
        qty: u32,
    },
    /// Trades at once or not at all.
    Ioc {
        /// Who.
        user: u32,
        /// Buy or sell.
        side: Side,
        /// In ticks.
        price: u64,
        /// In lots.
        qty: u32,
    },
    /// Cancels an order that is live.
    Cancel {
        /// Who placed it.
        user: u32,
        /// Its number.
        number: u64,
    },
}

/// All steps of a flow, and what a right engine makes of them.
#[derive(Clone, Debug)]
pub struct Flow {
    /// What it was made from.
    pub mix: Mix,
    /// The steps before measuring begins, then the others.
    pub prefill: Vec<Step>,
    /// The steps that are measured.
    pub steps: Vec<Step>,
    /// Matches in the measured steps.
    pub fills: u64,
    /// Lots in those.
    pub filled: u64,
    /// Orders that rest in the end.
    pub live: usize,
    /// Measured orders that rest and crossed when they were placed.
    pub crossing: u64,
}

struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    fn distance(&mut self) -> u64 {
        if self.below(100) < TAIL_PERCENT {
            return 1 + self.below(TAIL);
        }
        let unit = (self.next() >> 11) as f64 / (1_u64 << 53) as f64;
        1 + (-DISTANCE * (1.0 - unit).ln()) as u64
    }
}

struct Maker {
    random: Random,
    book: Book,
    middle: u64,
    number: u64,
    owners: Vec<u32>,
    crossing: u64,
}

impl Maker {
    fn user(&mut self, side: Side) -> u32 {
        let pair = self.random.below(USERS / 2) as u32 * 2;
        pair + u32::from(side == Side::Sell)
    }

    fn walk(&mut self) {
        let far = self.random.below(100) < 5;
        let step = if far { 10 } else { 1 };
        let up = self.random.below(2) == 0;
        self.middle = if up { self.middle + step } else { self.middle - step };
    }

    fn side(&mut self) -> Side {
        if self.random.below(2) == 0 { Side::Buy } else { Side::Sell }
    }

    fn add(&mut self) -> Step {
        let side = self.side();
        let (distance, qty) = (self.random.distance(), 1 + self.random.below(100));
        let price = match side {
            Side::Buy => self.middle - distance,
            Side::Sell => self.middle + distance,
        };
        let user = self.user(side);
        self.place(user, side, price, qty, true);
        Step::Add { user, side, price, qty: qty as u32 }
    }

    fn ioc(&mut self) -> Step {
        let side = self.side();
        let qty = 1 + self.random.below(150);
        let price = match side {
            Side::Buy => self.middle + THROUGH,
            Side::Sell => self.middle - THROUGH,
        };
        let user = self.user(side);
        self.place(user, side, price, qty, false);
        Step::Ioc { user, side, price, qty: qty as u32 }
    }

    fn place(&mut self, user: u32, side: Side, price: u64, qty: u64, rests: bool) {
        self.number += 1;
        self.owners.push(user);
        let crossed = self.book.place(self.number, side, price, qty, rests);
        self.crossing += u64::from(rests && crossed);
    }

    fn cancel(&mut self) -> Option<Step> {
        let count = self.book.live().len();
        if count == 0 {
            return None;
        }
        let number = if self.random.below(2) == 0 {
            self.recent()?
        } else {
            self.book.live()[self.random.below(count as u64) as usize]
        };
        self.book.cancel(number);
        Some(Step::Cancel { user: self.owners[number as usize], number })
    }

    /// One of the orders placed last that is live still.
    fn recent(&mut self) -> Option<u64> {
        let back = RECENT.min(self.number as usize) as u64;
        (0..1_000)
            .map(|_| self.number - self.random.below(back))
            .find(|number| self.book.is_live(*number))
            .or_else(|| self.book.live().last().copied())
    }
}

impl Flow {
    /// Makes the flow: always the same for the same mix.
    #[must_use]
    pub fn new(mix: Mix) -> Self {
        let mut maker = Maker {
            random: Random(mix.seed),
            book: Book::default(),
            middle: START,
            number: 0,
            owners: vec![0],
            crossing: 0,
        };
        let prefill = (0..mix.prefill).map(|_| maker.add()).collect();
        let before = (maker.book.fills, maker.book.filled);
        maker.crossing = 0;
        let mut steps = Vec::with_capacity(mix.steps);
        while steps.len() < mix.steps {
            maker.walk();
            let dice = maker.random.below(100);
            let step = if dice < mix.adds {
                Some(maker.add())
            } else if dice < mix.adds + mix.cancels {
                maker.cancel()
            } else {
                Some(maker.ioc())
            };
            steps.extend(step);
        }
        Self {
            mix,
            prefill,
            steps,
            fills: maker.book.fills - before.0,
            filled: maker.book.filled - before.1,
            live: maker.book.live().len(),
            crossing: maker.crossing,
        }
    }
}
