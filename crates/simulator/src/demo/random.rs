//! Randomness that a seed determines.

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

    /// Any number.
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Evenly between 0 and 1, never 1.
    #[must_use]
    pub fn fraction(&mut self) -> f64 {
        // The upper 32 bits, which a float holds exactly.
        let upper = u32::try_from(self.next() >> 32).unwrap_or(0);
        f64::from(upper) / (f64::from(u32::MAX) + 1.0)
    }

    /// True so often: 0 for never, 1 for always.
    pub fn chance(&mut self, probability: f64) -> bool {
        self.fraction() < probability
    }

    /// Normally distributed around 0 with deviation 1. Source: Box and Muller.
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.fraction()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.fraction()).cos()
    }
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
        let normals: Vec<f64> = (0..draws).map(|_| one.normal()).collect();
        let mean = normals.iter().sum::<f64>() / f64::from(draws);
        let variance = normals.iter().map(|it| it * it).sum::<f64>() / f64::from(draws);
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
        let hits: u32 = (0..draws).map(|_| u32::from(one.chance(0.25))).sum();
        assert!((4_700..5_300).contains(&hits), "{hits}");
    }
}
