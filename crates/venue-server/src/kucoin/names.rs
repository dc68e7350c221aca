//! How the venue spells what is ours: markets, orders, accounts, people.
//!
//! Keeps   what is spelled is read back as the same, and nothing else is.

use model::{OrderId, UserId};

/// The first third of the name of an order.
const ORDER_PREFIX: &str = "7269616c";
/// Length of the name of an order, in characters.
const ORDER_CHARS: usize = 24;
/// An account's name begins with the number of its owner, and then has so much for the currency.
const CURRENCIES_MAX: u64 = 1_000;
/// The first owner.
const FIRST_UID: u64 = 160_000_000;

/// The name of an order: 24 digits of base 16.
pub fn order_name(id: OrderId) -> String {
    format!("{ORDER_PREFIX}{:016x}", id.0)
}

/// The order of that name.
pub fn order_of(name: &str) -> Option<OrderId> {
    let digits = name.strip_prefix(ORDER_PREFIX)?;
    let is_ours = name.len() == ORDER_CHARS
        && digits.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
    is_ours.then(|| u64::from_str_radix(digits, 16).ok()).flatten().map(OrderId)
}

/// The number of a person, by their place among those who have keys.
pub const fn uid(place: usize) -> u64 {
    FIRST_UID + place as u64
}

/// The name of a person on sockets.
pub fn user_name(user: &UserId) -> String {
    let [.., a, b, c, d] = user.0;
    format!("63355cd156298d00{a:02x}{b:02x}{c:02x}{d:02x}")
}

/// The name of an account: of a person, in the currency of that place in the list of all.
pub fn account_name(place: usize, currency: usize) -> String {
    (uid(place) * CURRENCIES_MAX + currency as u64).to_string()
}

/// The places of the person and of the currency that the name of an account tells.
pub fn account_of(name: &str) -> Option<(usize, usize)> {
    let number: u64 = name.parse().ok()?;
    let place = (number / CURRENCIES_MAX).checked_sub(FIRST_UID)?;
    let currency = number % CURRENCIES_MAX;
    Some((usize::try_from(place).ok()?, usize::try_from(currency).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spelled_is_read_back_and_nothing_else() {
        for id in [1, 42, u64::MAX].map(OrderId) {
            let name = order_name(id);
            assert_eq!((name.len(), order_of(&name)), (ORDER_CHARS, Some(id)));
        }
        for name in [
            "",
            "42",
            "7269616c",
            "7269616c000000000000002A",
            "7269616c+00000000000002a",
            "7269616c0000000000000000a",
            "67120bbef094e200070976f6",
        ] {
            assert_eq!(order_of(name), None, "{name}");
        }
        assert_eq!(account_of(&account_name(1, 7)), Some((1, 7)));
        for name in ["", "x", "7", "-1"] {
            assert_eq!(account_of(name), None, "{name}");
        }
    }
}
