//! What of a venue's words makes sense: numbers, times and names are believed no further than that.
//!
//! Fails   [`Malformed`], with the name of what makes no sense.

use model::{AssetCode, Decimal, Time};

use crate::number::DecimalText;

/// Digits after the point that no price or quantity exceeds.
const SCALE_MAX: u8 = 18;

/// What of an answer makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the {0} makes no sense")]
pub struct Malformed(pub &'static str);

/// A number above zero.
pub fn positive(number: DecimalText, what: &'static str) -> Result<Decimal, Malformed> {
    if number.0.is_zero() { Err(Malformed(what)) } else { not_negative(number, what) }
}

/// A number of zero or more.
pub fn not_negative(number: DecimalText, what: &'static str) -> Result<Decimal, Malformed> {
    let sensible = !number.0.is_negative() && number.0.scale() <= SCALE_MAX;
    if sensible { Ok(number.0) } else { Err(Malformed(what)) }
}

/// `None` for zero, by which a venue says that there is none.
pub fn unless_zero(number: DecimalText, what: &'static str) -> Result<Option<Decimal>, Malformed> {
    let number = not_negative(number, what)?;
    Ok((!number.is_zero()).then_some(number))
}

/// A time that was told in milliseconds.
///
/// # Errors
/// [`Malformed`] where no clock will ever show it.
pub fn moment(millis: u64) -> Result<Time, Malformed> {
    millis.checked_mul(1_000).map(Time).ok_or(Malformed("time"))
}

/// The name of an asset.
pub fn asset(code: &str) -> Result<AssetCode, Malformed> {
    code.parse().map_err(|_| Malformed("asset"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_that_makes_no_sense_is_refused() {
        let told = |text: &str| DecimalText(text.parse().unwrap());
        for (text, is_positive, is_not_negative) in [
            ("1.5", true, true),
            ("0.000000000000000001", true, true),
            ("0", false, true),
            ("-1", false, false),
            ("0.0000000000000000001", false, false),
        ] {
            assert_eq!(positive(told(text), "n").is_ok(), is_positive, "{text}");
            assert_eq!(not_negative(told(text), "n").is_ok(), is_not_negative, "{text}");
        }
    }
}
