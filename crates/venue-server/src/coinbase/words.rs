//! Our words in the venue's, and a little exact arithmetic for what it tells besides.

use model::Decimal;
use venue::coinbase::{CancelFailure, DecimalText, MaybeDecimal, OrderFailure, Refusal};

use crate::desk::{DeskError, DeskFilter};

/// Assets that states issue.
const FIAT: [&str; 3] = ["USD", "EUR", "GBP"];

/// Whether a state issues it.
pub fn is_fiat(code: &str) -> bool {
    FIAT.contains(&code)
}

/// What people call an asset.
pub fn name_of(code: &str) -> &str {
    match code {
        "USD" => "US Dollar",
        "EUR" => "Euro",
        "GBP" => "British Pound",
        "BTC" => "Bitcoin",
        "ETH" => "Ethereum",
        "SOL" => "Solana",
        "ADA" => "Cardano",
        "USDT" => "Tether",
        other => other,
    }
}

/// Why an order was not placed.
///
/// # Errors
/// [`Refusal`] where it is not the order's fault.
pub const fn failure_of(error: DeskError) -> Result<OrderFailure, Refusal> {
    Ok(match error {
        DeskError::UnknownMarket => OrderFailure::Product,
        DeskError::MarketClosed => OrderFailure::Closed,
        DeskError::UnknownAccount | DeskError::Funds => OrderFailure::Funds,
        DeskError::WouldTake => OrderFailure::PostOnly,
        DeskError::WouldTrigger => OrderFailure::StopPrice,
        DeskError::TooManyOrders => OrderFailure::TooMany,
        DeskError::TimePassed | DeskError::Unsupported | DeskError::BelowFilled => {
            OrderFailure::Configuration
        }
        DeskError::UnknownOrder | DeskError::Duplicate => OrderFailure::Unknown,
        DeskError::Filter(filter) => match filter {
            DeskFilter::PriceStep => OrderFailure::PriceStep,
            DeskFilter::QtyStep => OrderFailure::SizeStep,
            DeskFilter::PriceMin | DeskFilter::PriceMax | DeskFilter::PriceBand => {
                OrderFailure::Price
            }
            DeskFilter::QtyMin | DeskFilter::NotionalMin => OrderFailure::TooSmall,
            DeskFilter::QtyMax | DeskFilter::NotionalMax | DeskFilter::Position => {
                OrderFailure::TooLarge
            }
        },
        DeskError::Busy | DeskError::Stopping => return Err(Refusal::Unavailable),
        DeskError::OutcomeUnknown => return Err(Refusal::Timeout),
        DeskError::Internal => return Err(Refusal::Internal),
    })
}

/// Why an order was not cancelled.
pub const fn cancel_failure_of(error: DeskError) -> CancelFailure {
    match error {
        DeskError::UnknownMarket | DeskError::UnknownAccount | DeskError::UnknownOrder => {
            CancelFailure::Unknown
        }
        DeskError::MarketClosed
        | DeskError::Funds
        | DeskError::WouldTake
        | DeskError::WouldTrigger
        | DeskError::TooManyOrders
        | DeskError::TimePassed
        | DeskError::Unsupported
        | DeskError::BelowFilled
        | DeskError::Duplicate
        | DeskError::Filter(_)
        | DeskError::Busy
        | DeskError::Stopping
        | DeskError::OutcomeUnknown
        | DeskError::Internal => CancelFailure::Other,
    }
}

/// A number without the zeros behind it, as the venue writes most.
pub fn text(number: Decimal) -> DecimalText {
    DecimalText(number.trimmed())
}

/// As [`text`], where there may be none.
pub fn maybe(number: Option<Decimal>) -> MaybeDecimal {
    MaybeDecimal(number.map(Decimal::trimmed))
}

/// The exact sum; `one` where it cannot be kept.
pub fn sum(one: Decimal, other: Decimal) -> Decimal {
    combine(one, other, i128::checked_add)
}

/// The exact difference; `one` where it cannot be kept.
pub fn difference(one: Decimal, other: Decimal) -> Decimal {
    combine(one, other, i128::checked_sub)
}

fn combine(one: Decimal, other: Decimal, by: fn(i128, i128) -> Option<i128>) -> Decimal {
    let scale = one.scale().max(other.scale());
    let units = one.units_at(scale).zip(other.units_at(scale));
    let combined = units.and_then(|(one, other)| by(one, other));
    combined.and_then(|units| Decimal::new(units, scale)).unwrap_or(one)
}

/// `one` / `other` with so many digits, truncated; `None` where there is no such number.
pub fn ratio(one: Decimal, other: Decimal, digits: u8) -> Option<Decimal> {
    let scale = one.scale().max(other.scale());
    let (one, other) = (one.units_at(scale)?, other.units_at(scale)?);
    let up = 10_i128.checked_pow(digits.into())?;
    Decimal::new(one.checked_mul(up)?.checked_div(other)?, digits)
}

/// `part` of `whole` in percent, with so many digits.
pub fn percent(part: Decimal, whole: Decimal, digits: u8) -> Option<Decimal> {
    let ratio = ratio(part, whole, digits + 2)?;
    Decimal::new(ratio.units_at(digits + 2)?, digits)
}

/// In the middle of two numbers.
pub fn middle(one: Decimal, other: Decimal) -> Option<Decimal> {
    let half = Decimal::new(5, 1)?;
    sum(one, other).times(half).map(Decimal::trimmed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn numbers_are_combined_exactly_and_ratios_are_cut_off() {
        assert_eq!(sum(number("0.1"), number("0.25")).to_string(), "0.35");
        assert_eq!(difference(number("1"), number("0.25")).to_string(), "0.75");
        assert_eq!(ratio(number("1"), number("3"), 4), Some(number("0.3333")));
        assert_eq!(ratio(number("1"), number("0"), 4), None);
        assert_eq!(percent(number("0.5"), number("2"), 2), Some(number("25")));
        assert_eq!(percent(number("-1"), number("3"), 2), Some(number("-33.33")));
        assert_eq!(middle(number("68923.66"), number("68923.67")), Some(number("68923.665")));
        assert_eq!(text(number("68923.00")).0.to_string(), "68923");
    }
}
