//! The checksum by which the venue lets its listeners prove their books.
//!
//! Shape   the ten best asks, lowest first, then the ten best bids, highest first: of each level
//!         the digits of its price and of its quantity, at the precision of the market, without
//!         the point and without leading zeros. Of that text the CRC32 of IEEE 802.3.
//! Source  docs.kraken.com, "Spot WebSocket v2: book checksum".

use model::{Decimal, Side};

use crate::book::Book;

/// Levels of a side that count.
const LEVELS: usize = 10;
/// Room for the digits of 128 bits.
const DIGITS_MAX: usize = 39;

/// With how many digits after the point a market writes its numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Precision {
    /// Of prices.
    pub price: u8,
    /// Of quantities.
    pub qty: u8,
}

/// The checksum of a book; `None` where a number has more digits than its market.
#[must_use]
pub fn checksum(book: &Book, precision: Precision) -> Option<u32> {
    let mut crc = Crc::default();
    for side in [Side::Sell, Side::Buy] {
        for level in book.levels(side).take(LEVELS) {
            crc.digits(level.price, precision.price)?;
            crc.digits(level.qty, precision.qty)?;
        }
    }
    Some(crc.finish())
}

/// A CRC32 under way.
struct Crc(u32);

impl Default for Crc {
    fn default() -> Self {
        Self(u32::MAX)
    }
}

/// The remainder of each byte.
const TABLE: [u32; 256] = table();

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "below 256")]
        let mut rest = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            rest = if rest & 1 == 1 { (rest >> 1) ^ 0xedb8_8320 } else { rest >> 1 };
            bit += 1;
        }
        table[byte] = rest;
        byte += 1;
    }
    table
}

impl Crc {
    fn digits(&mut self, number: Decimal, scale: u8) -> Option<()> {
        let mut rest = u128::try_from(number.units_at(scale)?).ok()?;
        let mut room = [0; DIGITS_MAX];
        let mut at = DIGITS_MAX;
        while 0 < rest {
            at -= 1;
            // Most numbers fit 64 bits, where division is an instruction and not a loop.
            let digit = if let Ok(small) = u64::try_from(rest) {
                rest = u128::from(small / 10);
                small % 10
            } else {
                let digit = rest % 10;
                rest /= 10;
                u64::try_from(digit).ok()?
            };
            room[at] = b'0' + u8::try_from(digit).ok()?;
        }
        self.bytes(&room[at..]);
        Some(())
    }

    fn bytes(&mut self, bytes: &[u8]) {
        for byte in bytes {
            let place = usize::from(self.0.to_le_bytes()[0] ^ byte);
            self.0 = (self.0 >> 8) ^ TABLE[place];
        }
    }

    const fn finish(self) -> u32 {
        !self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As the venue documents it.
    const ASKS: [(&str, &str); 10] = [
        ("45285.2", "0.00100000"),
        ("45286.4", "1.54571953"),
        ("45286.6", "1.54571109"),
        ("45289.6", "1.54560911"),
        ("45290.2", "0.15890660"),
        ("45291.8", "1.54553491"),
        ("45294.7", "0.04454749"),
        ("45296.1", "0.35380000"),
        ("45297.5", "0.09945542"),
        ("45299.5", "0.18772827"),
    ];
    const BIDS: [(&str, &str); 10] = [
        ("45283.5", "0.10000000"),
        ("45283.4", "1.54582015"),
        ("45282.1", "0.10000000"),
        ("45281.0", "0.10000000"),
        ("45280.3", "1.54592586"),
        ("45279.0", "0.07990000"),
        ("45277.6", "0.03310103"),
        ("45277.5", "0.30000000"),
        ("45277.3", "1.54602737"),
        ("45276.6", "0.15445238"),
    ];

    #[test]
    fn the_documented_book_has_the_documented_checksum() {
        let mut book = Book::default();
        for (side, levels) in [(Side::Sell, ASKS), (Side::Buy, BIDS)] {
            for (price, qty) in levels {
                book.set(side, price.parse().unwrap(), qty.parse().unwrap());
            }
        }
        let precision = Precision { price: 1, qty: 8 };
        assert_eq!(checksum(&book, precision), Some(3_310_070_434));
        book.set(Side::Sell, "50000.0".parse().unwrap(), "1".parse().unwrap());
        assert_eq!(checksum(&book, precision), Some(3_310_070_434), "the eleventh does not count");
        assert_eq!(checksum(&book, Precision { price: 0, ..precision }), None);
    }

    #[test]
    fn it_is_the_usual_crc32() {
        let mut crc = Crc::default();
        crc.bytes(b"123456789");
        assert_eq!(crc.finish(), 0xcbf4_3926);
    }
}
