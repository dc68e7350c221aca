//! How each asset behaves by itself.
//!
//! Units   parts of [`WHOLE`] per step of a twentieth of a second, unless said otherwise.

use super::random::WHOLE;
use super::worth::Worth;

/// How one asset moves.
#[derive(Clone, Copy, Debug)]
pub struct Nature {
    /// Its code.
    pub code: &'static str,
    /// What it is worth in the long run, in millionths of a dollar.
    anchor: u64,
    /// How much it follows the common factor, in hundredths.
    pub beta: i64,
    /// How far it moves by itself: one deviation.
    pub own: i64,
    /// It jumps by itself once in so many steps; 0 for never.
    pub jumps: u64,
}

impl Nature {
    /// What it is worth in the long run.
    #[must_use]
    pub const fn anchor(&self) -> Worth {
        Worth::millionths(self.anchor)
    }

    /// Whether it stands for a dollar.
    #[must_use]
    pub const fn is_dollar(&self) -> bool {
        self.beta == 0
    }
}

/// One percent of movement in a year, as the deviation of a step: there are 630,720,000 steps in
/// a year, and a deviation grows with the root of time.
pub const A_YEAR: i64 = 437_806;
const _: () = {
    let (year, whole) = ((100 * A_YEAR) as i128, WHOLE as i128);
    let (moved, wanted) = (year * year * 630_720_000, whole * whole);
    assert!(moved.abs_diff(wanted) < wanted.unsigned_abs() / 100_000);
};

const fn dollar(code: &'static str, own_percent: i64) -> Nature {
    Nature { code, anchor: 1_000_000, beta: 0, own: own_percent * A_YEAR, jumps: 0 }
}

const fn coin(code: &'static str, anchor: u64, beta: i64, own_percent: i64) -> Nature {
    let jumps = if own_percent < 20 { 45_000 } else { 25_000 };
    Nature { code, anchor, beta, own: own_percent * A_YEAR, jumps }
}

/// What is known. First what stands for a dollar, then what others are quoted in.
pub const NATURES: [Nature; 32] = [
    dollar("USD", 0),
    dollar("USDT", 6),
    dollar("USDC", 3),
    coin("BTC", 67_000_000_000, 100, 15),
    coin("ETH", 3_400_000_000, 120, 30),
    coin("BNB", 600_000_000, 90, 30),
    coin("KCS", 11_000_000, 80, 50),
    coin("SOL", 150_000_000, 140, 50),
    coin("XRP", 2_200_000, 110, 55),
    coin("ADA", 600_000, 130, 50),
    coin("DOGE", 200_000, 140, 60),
    coin("AVAX", 28_000_000, 140, 55),
    coin("DOT", 5_000_000, 130, 50),
    coin("LINK", 14_000_000, 130, 50),
    coin("LTC", 90_000_000, 110, 40),
    coin("BCH", 420_000_000, 110, 45),
    coin("TRX", 250_000, 70, 40),
    coin("ATOM", 5_000_000, 130, 50),
    coin("NEAR", 4_000_000, 140, 60),
    coin("UNI", 9_000_000, 140, 60),
    coin("AAVE", 180_000_000, 140, 60),
    coin("ETC", 20_000_000, 120, 50),
    coin("FIL", 4_000_000, 130, 55),
    coin("ALGO", 250_000, 130, 55),
    coin("XLM", 300_000, 110, 55),
    coin("SUI", 3_000_000, 150, 65),
    coin("APT", 7_000_000, 140, 60),
    coin("ARB", 600_000, 140, 60),
    coin("OP", 1_200_000, 140, 60),
    coin("INJ", 20_000_000, 150, 65),
    coin("SHIB", 15, 140, 65),
    coin("PEPE", 9, 150, 80),
];

/// How many are known.
pub const KNOWN: usize = NATURES.len();

/// The place of an asset in [`NATURES`].
#[must_use]
pub fn place(code: &str) -> Option<usize> {
    NATURES.iter().position(|nature| nature.code == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_asset_is_known_once_and_dollars_come_first() {
        for (at, nature) in NATURES.iter().enumerate() {
            assert_eq!(place(nature.code), Some(at));
        }
        assert!(NATURES.iter().map(Nature::is_dollar).is_sorted_by(|one, next| one >= next));
        assert_eq!(place("NONE"), None);
    }
}
