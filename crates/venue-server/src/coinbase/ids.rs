//! The venue's names for things of ours: numbers and identities, written as UUIDs.
//!
//! Keeps   what was written is read again, and nothing else is read.

use model::{OrderId, UserId};

/// What a number is of, in the last part of its name.
const ORDER: u64 = 0x0a;
const FILL: u64 = 0x0f;
const ACCOUNT: u64 = 0xac;
const TRANSFER: u64 = 0x7f;

/// The name of an order.
#[must_use]
pub fn order_name(order: OrderId) -> String {
    write(order.0, ORDER)
}

/// The order of that name.
#[must_use]
pub fn order_of(name: &str) -> Option<OrderId> {
    let hex: String = name.get(..13)?.split('-').collect();
    let number = u64::from_str_radix(&hex, 16).ok()? << 16;
    let rest = u64::from_str_radix(name.get(32..)?, 16).ok()?;
    let order = OrderId(number | rest);
    // Whatever else stands in it must be what we would write.
    (order_name(order) == name).then_some(order)
}

/// The name of a fill, by its number among those of its account.
#[must_use]
pub fn fill_name(number: u64) -> String {
    write(number, FILL)
}

/// The name of a movement of money.
#[must_use]
pub fn transfer_name(number: u64) -> String {
    write(number, TRANSFER)
}

/// The name of what a user has of an asset, by its place among all assets.
#[must_use]
pub fn account_name(user: &UserId, asset: usize) -> String {
    let last = u64::from(user.0[15]) << 16;
    write(last | asset as u64, ACCOUNT)
}

/// The name of a user, and of their only portfolio.
#[must_use]
pub fn user_name(user: &UserId) -> String {
    let number = u128::from_be_bytes(user.0);
    let group = |shift: u32, digits: u32| (number >> shift) & ((1 << (4 * digits)) - 1);
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        group(96, 8),
        group(80, 4),
        group(64, 4),
        group(48, 4),
        group(0, 12)
    )
}

fn write(number: u64, kind: u64) -> String {
    let (high, middle, low) = (number >> 32, number >> 16 & 0xffff, number & 0xffff);
    format!("{high:08x}-{middle:04x}-4000-8000-{kind:08x}{low:04x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_read_again_and_nothing_else_is() {
        for number in [0, 1, 0xffff, 0x1_0000, 0x1234_5678_9abc_def0, u64::MAX] {
            let name = order_name(OrderId(number));
            let lengths: Vec<_> = name.split('-').map(str::len).collect();
            assert_eq!(lengths, [8, 4, 4, 4, 12], "{name}");
            assert_eq!(order_of(&name), Some(OrderId(number)), "{name}");
            assert_eq!(order_of(&name.to_uppercase()).is_some(), name == name.to_uppercase());
        }
        for text in ["", "1", "11111-00000-000000", &fill_name(7), "é".repeat(40).as_str()] {
            assert_eq!(order_of(text), None, "{text}");
        }
        assert_eq!(
            user_name(&UserId([0xde, 0x31, 0, 0, 0, 0, 0x80, 0, 0x80, 0, 0, 0, 0, 0, 0, 1])),
            "de310000-0000-8000-8000-000000000001"
        );
    }
}
