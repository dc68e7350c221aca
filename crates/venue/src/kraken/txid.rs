//! Names of orders and fills as the venue writes them: `OUF4EM-FRGI2-MQMWZD`.
//!
//! Shape   a letter, then 80 bits in base 32: a number of 64 bits, mixed so that neighbours look
//!         different, and 16 bits beside it.
//! Keeps   a name leads back to its number, and what is no name leads nowhere.

/// As RFC 4648 has it.
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Odd, so that multiplying by it can be undone.
const MIX: u64 = 0x9e37_79b9_7f4a_7c15;
const UNMIX: u64 = inverse(MIX);
/// Digits of base 32.
const DIGITS: usize = 16;
/// The longest name.
const TXID_CHARS_MAX: usize = 32;
/// What stands beside the number of an order, by which a slip of the pen is found.
const ORDER_MARK: u16 = 0x4b52;

const fn inverse(odd: u64) -> u64 {
    // Newton: each step doubles the bits that are right, of which there are three to begin with.
    let mut inverse = odd;
    let mut step = 0;
    while step < 5 {
        inverse = inverse.wrapping_mul(2_u64.wrapping_sub(odd.wrapping_mul(inverse)));
        step += 1;
    }
    inverse
}

/// The name of an order.
#[must_use]
pub fn order_txid(order: u64) -> String {
    write('O', order, ORDER_MARK)
}

/// The order of that name.
#[must_use]
pub fn parse_order_txid(text: &str) -> Option<u64> {
    let (number, beside) = read('O', text)?;
    (beside == ORDER_MARK).then_some(number)
}

/// The name of an account's fill.
#[must_use]
pub fn fill_txid(account: u16, fill: u64) -> String {
    write('T', fill, account)
}

/// The account and its fill of that name.
#[must_use]
pub fn parse_fill_txid(text: &str) -> Option<(u16, u64)> {
    read('T', text).map(|(fill, account)| (account, fill))
}

/// The name of what was done to an order at that moment, in microseconds.
#[must_use]
pub fn amend_txid(order: u64, at: u64) -> String {
    let low = order.to_be_bytes();
    write('T', at, u16::from_be_bytes([low[6], low[7]]))
}

/// The name of a movement of money.
#[must_use]
pub fn transfer_txid(number: u64) -> String {
    write('Q', number, ORDER_MARK)
}

/// The name of what moved an account's balance, by its number and by which of its two sides.
#[must_use]
pub fn ledger_txid(number: u64, side: u16) -> String {
    write('L', number, side)
}

/// Whether a text has the shape of such a name, of ours or of the venue's own making.
#[must_use]
pub fn is_txid(text: &str) -> bool {
    let is_written_so = |byte: u8| byte == b'-' || byte.is_ascii_alphanumeric();
    (1..=TXID_CHARS_MAX).contains(&text.len()) && text.bytes().all(is_written_so)
}

fn write(letter: char, number: u64, beside: u16) -> String {
    let mixed = number.wrapping_mul(MIX);
    // The high bits of the product depend on all of the number: they mix what stands beside it.
    let beside = u64::from(beside) ^ (mixed >> 48);
    let mut bits = u128::from(mixed) << 16 | u128::from(beside);
    let mut digits = [0; DIGITS];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[usize::try_from(bits & 31).expect("below 32")];
        bits >>= 5;
    }
    let text = std::str::from_utf8(&digits).expect("only letters and digits");
    format!("{letter}{}-{}-{}", &text[..5], &text[5..10], &text[10..])
}

fn read(letter: char, text: &str) -> Option<(u64, u16)> {
    let (one, two, three) = {
        let mut parts = text.strip_prefix(letter)?.split('-');
        let all = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        all
    };
    if (one.len(), two.len(), three.len()) != (5, 5, 6) {
        return None;
    }
    let mut bits = 0_u128;
    for byte in one.bytes().chain(two.bytes()).chain(three.bytes()) {
        let place = ALPHABET.iter().position(|known| *known == byte)?;
        bits = bits << 5 | u128::try_from(place).ok()?;
    }
    let mixed = u64::try_from(bits >> 16).ok()?;
    let beside = u16::try_from((bits & 0xffff) ^ (u128::from(mixed) >> 48)).ok()?;
    Some((mixed.wrapping_mul(UNMIX), beside))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_leads_back_to_its_number() {
        for number in [0, 1, 2, 1_000_000, u64::MAX / 3, u64::MAX] {
            let name = order_txid(number);
            assert_eq!(parse_order_txid(&name), Some(number), "{name}");
            assert_eq!((name.len(), &name[..1]), (19, "O"));
            let name = fill_txid(7, number);
            assert_eq!(parse_fill_txid(&name), Some((7, number)), "{name}");
            assert_eq!(parse_order_txid(&name), None);
        }
        assert_ne!(order_txid(1)[..6], order_txid(2)[..6], "neighbours look different");
    }

    #[test]
    fn what_is_no_name_leads_nowhere() {
        for text in
            ["", "O", "OUF4EM-FRGI2-MQMWZD", "OUF4EM-FRGI2", "oUF4EM-FRGI2-MQMWZD", "42", "O-O-O-O"]
        {
            assert_eq!(parse_order_txid(text), None, "{text}");
        }
        assert_eq!(parse_fill_txid("TAAAA0-AAAAA-AAAAAA"), None);
    }
}
