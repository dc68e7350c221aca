//! One market's depth stream: what changed since the last message, without a gap.
//!
//! ```text
//! updates   41  42  43  44  45  46 …
//! @100ms    [41 … 43]  [44]  [45 46] …      each message begins where the last one ended
//! @1000ms   [41 ………………………………………… ] …
//! ```
//!
//! Keeps   `U` of a message is `u` of the message before plus one, even where updates were lost on
//!         the way here: then the book is read anew and all that differs is told.

use std::collections::BTreeMap;

use model::{Price, Qty, Side};
use projection::{Depth, Level};

use super::stream_shape::ChangedLevels;

/// What is not yet told at one speed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Untold {
    /// The first and the last update in it.
    updates: Option<(u64, u64)>,
    changes: ChangedLevels,
}

impl Untold {
    fn add(&mut self, first: u64, last: u64, changed: &[(Side, Level)]) {
        let begin = self.updates.map_or(first, |(begin, _)| begin);
        self.updates = Some((begin, last));
        self.changes.extend(changed.iter().map(|(side, level)| ((*side, level.price), level.qty)));
    }

    /// Takes it all; `None` where there is nothing.
    pub fn take(&mut self) -> Option<((u64, u64), ChangedLevels)> {
        let updates = self.updates.take()?;
        Some((updates, std::mem::take(&mut self.changes)))
    }
}

/// A market's book as the listeners know it, or will know it after the next message.
#[derive(Clone, Debug)]
pub struct StreamBook {
    levels: BTreeMap<(Side, Price), Qty>,
    /// The last update that is in `levels`.
    last: u64,
    /// `levels` was read when the book stood here: before that it is ahead of what was told.
    read_at: u64,
    /// By speed, for those at which somebody listens.
    pub fast: Option<Untold>,
    /// As `fast`.
    pub slow: Option<Untold>,
}

impl StreamBook {
    /// The book that `depth` is, of which nothing is told yet. The next update is `next`; it may
    /// be in `depth` already.
    #[must_use]
    pub fn new(depth: &Depth, next: u64) -> Self {
        Self {
            levels: levels(depth).collect(),
            last: next - 1,
            read_at: depth.update_id,
            fast: None,
            slow: None,
        }
    }

    /// Takes note of one update. What was read already is passed over.
    ///
    /// # Errors
    /// [`Gap`] where updates before it were lost: [`Self::catch_up`] helps.
    pub fn update(&mut self, update_id: u64, changed: &[(Side, Level)]) -> Result<(), Gap> {
        if update_id <= self.last {
            return Ok(());
        }
        if update_id != self.last + 1 {
            return Err(Gap);
        }
        for (side, level) in changed {
            set(&mut self.levels, (*side, level.price), level.qty);
        }
        self.last = update_id;
        self.add(update_id, update_id, changed);
        Ok(())
    }

    /// After a gap: tells all in which `depth`, the whole book, differs from what is known.
    ///
    /// If the gap came before the book was first told in full, listeners see a gap as well, and
    /// begin anew as they are documented to.
    pub fn catch_up(&mut self, depth: &Depth) {
        if depth.update_id <= self.last {
            return;
        }
        let now: BTreeMap<_, _> = levels(depth).collect();
        if self.last < self.read_at {
            // What was read was ahead of what was told, so the difference to it says too little.
            *self = Self {
                levels: now,
                last: depth.update_id,
                read_at: depth.update_id,
                fast: self.fast.as_ref().map(|_| Untold::default()),
                slow: self.slow.as_ref().map(|_| Untold::default()),
            };
            return;
        }
        let gone = self.levels.keys().filter(|key| !now.contains_key(key));
        let gone = gone.map(|&(side, price)| (side, Level { price, qty: Qty::ZERO }));
        let other = now.iter().filter(|(key, qty)| self.levels.get(key) != Some(qty));
        let other = other.map(|(&(side, price), &qty)| (side, Level { price, qty }));
        let changed: Vec<_> = gone.chain(other).collect();
        let first = self.last + 1;
        self.levels = now;
        self.last = depth.update_id;
        self.add(first, depth.update_id, &changed);
    }

    fn add(&mut self, first: u64, last: u64, changed: &[(Side, Level)]) {
        for untold in [&mut self.fast, &mut self.slow].into_iter().flatten() {
            untold.add(first, last, changed);
        }
    }
}

/// Updates were lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap;

fn levels(depth: &Depth) -> impl Iterator<Item = ((Side, Price), Qty)> {
    let side = |side| move |level: &Level| ((side, level.price), level.qty);
    depth.bids.iter().map(side(Side::Buy)).chain(depth.asks.iter().map(side(Side::Sell)))
}

fn set(levels: &mut BTreeMap<(Side, Price), Qty>, key: (Side, Price), qty: Qty) {
    if qty.is_zero() {
        levels.remove(&key);
    } else {
        levels.insert(key, qty);
    }
}

#[cfg(test)]
mod tests {
    use model::Time;

    use super::*;

    /// Deterministic, without a seed from outside.
    struct Random(u64);

    impl Random {
        fn below(&mut self, end: u64) -> u64 {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0 % end
        }
    }

    /// The book that is told about.
    #[derive(Clone, Default)]
    struct Truth {
        levels: BTreeMap<(Side, Price), Qty>,
        update_id: u64,
    }

    impl Truth {
        fn change(&mut self, random: &mut Random) -> Vec<(Side, Level)> {
            let mut changed = BTreeMap::new();
            for _ in 0..=random.below(3) {
                let side = if random.below(2) == 0 { Side::Buy } else { Side::Sell };
                let price = Price::new(1 + random.below(12)).unwrap();
                let qty = Qty::new(random.below(3)).unwrap();
                set(&mut self.levels, (side, price), qty);
                changed.insert((side, price), Level { price, qty });
            }
            self.update_id += 1;
            changed.into_iter().map(|((side, _), level)| (side, level)).collect()
        }

        fn depth(&self) -> Depth {
            let of = |wanted: Side| {
                let here = self.levels.iter().filter(move |((side, _), _)| *side == wanted);
                here.map(|(&(_, price), &qty)| Level { price, qty })
            };
            Depth {
                update_id: self.update_id,
                time: Time(0),
                bids: of(Side::Buy).collect(),
                asks: of(Side::Sell).collect(),
            }
        }
    }

    /// A client that follows the documented rule to the letter.
    #[derive(Default)]
    struct Client {
        buffer: Vec<((u64, u64), ChangedLevels)>,
        book: Option<(u64, ChangedLevels)>,
    }

    impl Client {
        fn hear(&mut self, event: ((u64, u64), ChangedLevels)) {
            let Some((id, levels)) = &mut self.book else {
                self.buffer.push(event);
                return;
            };
            let ((first, last), changes) = event;
            if last < *id {
                return;
            }
            assert!(first <= *id + 1, "missed {} to {}", *id + 1, first - 1);
            for (key, qty) in changes {
                set(levels, key, qty);
            }
            *id = last;
        }

        fn read(&mut self, depth: &Depth) {
            let Some(((first, _), _)) = self.buffer.first() else { return };
            if depth.update_id < *first {
                return;
            }
            self.book = Some((depth.update_id, levels(depth).collect()));
            let buffered = std::mem::take(&mut self.buffer);
            for event in buffered.into_iter().filter(|((_, last), _)| depth.update_id < *last) {
                self.hear(event);
            }
        }
    }

    /// Trades at random; loses updates on the way with a chance of one in `lost`; both speeds are
    /// followed to the end.
    fn follow(seed: u64, lost: u64) {
        let mut random = Random(seed);
        let mut truth = Truth::default();
        for _ in 0..random.below(50) {
            truth.change(&mut random);
        }
        let mut ahead = truth.clone();
        let mut waiting = Vec::new();
        for _ in 0..=random.below(4) {
            let changed = ahead.change(&mut random);
            waiting.push((ahead.update_id, changed));
        }
        // The first updates are on their way while the book that is read has them already.
        let mut book = StreamBook::new(&ahead.depth(), truth.update_id + 1);
        (book.fast, book.slow) = (Some(Untold::default()), Some(Untold::default()));
        for (update_id, changed) in waiting {
            book.update(update_id, &changed).unwrap();
        }
        let mut truth = ahead;
        let mut clients = [Client::default(), Client::default()];
        for step in 0..400 {
            let changed = truth.change(&mut random);
            let arrives = lost == 0 || random.below(lost) != 0;
            if arrives && book.update(truth.update_id, &changed).is_err() {
                book.catch_up(&truth.depth());
            }
            if random.below(3) == 0 {
                let event = book.fast.as_mut().unwrap().take();
                event.into_iter().for_each(|event| clients[0].hear(event));
            }
            if random.below(20) == 0 {
                let event = book.slow.as_mut().unwrap().take();
                event.into_iter().for_each(|event| clients[1].hear(event));
            }
            if 50 < step && random.below(10) == 0 {
                for client in clients.iter_mut().filter(|client| client.book.is_none()) {
                    client.read(&truth.depth());
                }
            }
        }
        book.catch_up(&truth.depth());
        for (client, untold) in clients.iter_mut().zip([&mut book.fast, &mut book.slow]) {
            let event = untold.as_mut().unwrap().take();
            event.into_iter().for_each(|event| client.hear(event));
            let (id, levels) = client.book.as_ref().expect("it has read the book by now");
            assert_eq!((*id, levels), (truth.update_id, &truth.levels), "seed {seed}");
        }
    }

    #[test]
    fn a_client_that_follows_the_rule_always_has_the_very_book() {
        for seed in 1..=60 {
            follow(seed, 0);
        }
    }

    #[test]
    fn it_has_the_very_book_even_where_updates_are_lost_on_the_way_here() {
        for seed in 1..=60 {
            follow(seed, 7);
        }
    }

    #[test]
    fn what_was_told_is_not_told_again() {
        let mut book = StreamBook::new(&Truth::default().depth(), 1);
        book.fast = Some(Untold::default());
        let level = Level { price: Price::new(7).unwrap(), qty: Qty::new(1).unwrap() };
        assert_eq!(book.update(1, &[(Side::Buy, level)]), Ok(()));
        assert_eq!(book.update(1, &[(Side::Buy, level)]), Ok(()), "seen before");
        assert_eq!(book.update(3, &[(Side::Buy, level)]), Err(Gap));
        let fast = book.fast.as_mut().unwrap();
        let ((first, last), changes) = fast.take().unwrap();
        assert_eq!((first, last, changes.len()), (1, 1, 1));
        assert_eq!(fast.take(), None);
        assert_eq!(book.slow, None, "nobody listens");
    }
}
