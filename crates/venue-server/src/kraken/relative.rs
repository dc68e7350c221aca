//! Prices that are asked for as a distance from another: `+5`, `-0.5%`, `#10`.
//!
//! Source  docs.kraken.com, `AddOrder`, `price` and `price2`.

use model::{Decimal, Side};

/// Which way a distance goes that begins with `#`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    Up,
    Down,
}

impl Way {
    /// Up for this side, down for the other.
    pub const fn up_for(up: Side, side: Side) -> Self {
        match (up, side) {
            (Side::Buy, Side::Buy) | (Side::Sell, Side::Sell) => Self::Up,
            (Side::Buy, Side::Sell) | (Side::Sell, Side::Buy) => Self::Down,
        }
    }
}

/// The price that a text means: itself, or so far from `from`, truncated to so many digits. `None`
/// where it means none, or nobody knows how far from what.
pub fn price_of(text: &str, from: Option<Decimal>, way: Way, digits: u8) -> Option<Decimal> {
    let (way, distance) = match text.as_bytes().first()? {
        b'+' => (Way::Up, &text[1..]),
        b'-' => (Way::Down, &text[1..]),
        b'#' => (way, &text[1..]),
        _ => return text.parse().ok(),
    };
    let from = from?;
    let (percent, distance) = match distance.strip_suffix('%') {
        Some(distance) => (true, distance),
        None => (false, distance),
    };
    let distance: Decimal = distance.parse().ok().filter(|it: &Decimal| !it.is_negative())?;
    let distance =
        if percent { distance.times(Decimal::new(1, 2)?)?.times(from)? } else { distance };
    let price = match way {
        Way::Up => from.checked_add(distance)?,
        Way::Down => from.checked_sub(distance)?,
    };
    Some(price.truncated(digits).with_digits_at_least(digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_distance_is_added_or_taken_and_a_price_is_itself() {
        let number = |text: &str| text.parse::<Decimal>().unwrap();
        for (text, way, want) in [
            ("20000.5", Way::Up, Some("20000.5")),
            ("+5", Way::Down, Some("50005.0")),
            ("-5", Way::Up, Some("49995.0")),
            ("#5", Way::Up, Some("50005.0")),
            ("#5", Way::Down, Some("49995.0")),
            ("+0.5%", Way::Down, Some("50250.0")),
            ("-0.00333%", Way::Down, Some("49998.3")),
            ("#1%", Way::Down, Some("49500.0")),
            ("", Way::Up, None),
            ("+", Way::Up, None),
            ("+-5", Way::Up, None),
            ("5%", Way::Up, None),
            ("+é", Way::Up, None),
        ] {
            let price = price_of(text, Some(number("50000")), way, 1);
            assert_eq!(price.map(|price| price.to_string()).as_deref(), want, "{text}");
        }
        assert_eq!(price_of("+5", None, Way::Up, 1), None, "of what nobody knows");
        assert_eq!(Way::up_for(Side::Buy, Side::Sell), Way::Down);
    }
}
