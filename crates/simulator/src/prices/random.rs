//! Randomness that a seed determines, in integers: the same on every machine and in every build.

/// The whole, where a number is a part of something: 2^40.
pub const WHOLE: i64 = 1 << 40;
/// One deviation of [`Random::bell`]: 2^16.
pub const DEVIATION: i64 = 1 << 16;

/// A stream of numbers. Source: Steele, Lea, Flood, "Fast splittable pseudorandom number
/// generators" (SplitMix64).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// The stream that `seed` determines.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// The stream of one occasion: what is drawn on it moves no draw of any other.
    #[must_use]
    pub fn on(seed: u64, occasion: &[u64]) -> Self {
        let fold = |so_far: u64, part: &u64| Self(so_far ^ part.rotate_left(32)).next();
        Self(occasion.iter().fold(seed, fold))
    }

    /// Any number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Evenly one of so many: below `count`, which is positive.
    pub fn below(&mut self, count: u64) -> u64 {
        let scaled = u128::from(self.next()) * u128::from(count);
        u64::try_from(scaled >> 64).expect("below a u64")
    }

    /// True so often in a million times.
    pub fn chance(&mut self, millionths: u64) -> bool {
        self.below(1_000_000) < millionths
    }

    /// True once in so many times, which are positive.
    pub fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// Distributed around 0 like a bell, in units of [`DEVIATION`]: twelve even draws in a sum,
    /// whose variance is one, so that nothing lies beyond six deviations.
    pub fn bell(&mut self) -> i64 {
        let mut sum = 0;
        for _ in 0..3 {
            let drawn = self.next();
            sum += [0, 16, 32, 48].map(|at| (drawn >> at) & 0xffff).iter().sum::<u64>();
        }
        i64::try_from(sum).expect("twelve times 16 bits") - 6 * 0xffff
    }

    /// `amount`, made larger or smaller: the logarithm to base 2 of the factor has a deviation of
    /// so many thousandths.
    pub fn spread(&mut self, amount: u64, thousandths: i64) -> u64 {
        powered(amount, self.bell() * thousandths / 1_000)
    }
}

/// `amount` times 2 to the power of `exponent`, which is in units of [`DEVIATION`]; good to a
/// few ten thousandths.
fn powered(amount: u64, exponent: i64) -> u64 {
    /// 2^(k/8), in units of 2^16.
    const EIGHTHS: [u64; 9] =
        [65_536, 71_468, 77_936, 84_990, 92_682, 101_070, 110_218, 120_194, 131_072];
    let shift = exponent >> 16;
    let rest = u64::try_from(exponent & 0xffff).expect("16 bits");
    let (place, between) = (usize::try_from(rest >> 13).unwrap_or(0), rest & 0x1fff);
    let (low, high) = (EIGHTHS[place], EIGHTHS[place + 1]);
    let factor = low + (((high - low) * between) >> 13);
    let scaled = u128::from(amount) * u128::from(factor);
    let moved = match u32::try_from(shift.unsigned_abs()).unwrap_or(u32::MAX).min(63) {
        by if 0 <= shift => (scaled >> 16).saturating_mul(1 << by),
        by => scaled >> 16 >> by,
    };
    u64::try_from(moved).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_determines_the_stream_and_its_shape_is_right() {
        let (mut one, mut other) = (Random::new(7), Random::new(7));
        assert!((0..100).all(|_| one.next() == other.next()));
        assert_ne!(Random::new(8).next(), Random::new(7).next());
        let draws = 20_000;
        let bells: Vec<i64> = (0..draws).map(|_| one.bell()).collect();
        let mean = bells.iter().sum::<i64>() / draws;
        let square = |it: &i64| it * it / DEVIATION;
        let variance = bells.iter().map(square).sum::<i64>() / draws;
        assert!(mean.abs() < DEVIATION / 30, "{mean}");
        assert!((variance - DEVIATION).abs() < DEVIATION / 20, "{variance}");
        let hits = (0..draws).filter(|_| one.chance(250_000)).count();
        assert!((4_700..5_300).contains(&hits), "{hits}");
        let rare = (0..draws).filter(|_| one.once_in(4)).count();
        assert!((4_700..5_300).contains(&rare), "{rare}");
        assert!((0..draws).all(|_| one.below(3) < 3));
    }

    #[test]
    fn the_stream_is_the_same_on_every_machine() {
        let mut random = Random::new(1);
        assert_eq!([random.next(), random.next()], [0x910a_2dec_8902_5cc1, 0xbeeb_8da1_658e_ec67]);
        let mut occasions = std::collections::HashSet::new();
        for occasion in [[1, 2], [2, 1], [0, 3], [3, 0], [0, 0]] {
            assert!(occasions.insert(Random::on(1, &occasion).next()), "{occasion:?}");
        }
    }

    #[test]
    fn powers_of_two_are_near_enough() {
        for (exponent, want) in [(0, 1_000_000), (DEVIATION, 2_000_000), (-DEVIATION, 500_000)] {
            assert_eq!(powered(1_000_000, exponent), want);
        }
        let root = powered(1_000_000, DEVIATION / 2);
        assert!(root.abs_diff(1_414_213) < 100, "{root}");
        let off = powered(1_000_000, DEVIATION / 16);
        assert!(off.abs_diff(1_044_273) < 1_100, "{off}");
        assert_eq!(powered(u64::MAX, 63 * DEVIATION), u64::MAX);
        assert_eq!(powered(1_000, -60 * DEVIATION), 0);
    }
}
