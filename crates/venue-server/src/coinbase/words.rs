//! Our words and numbers in the venue's.

use model::Decimal;
use venue::coinbase::{
    CancelFailure, DecimalText, MaybeDecimal, OrderFailure, Refusal, StopDirection,
};

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

/// Why an order was not placed, which waits for a rise, a fall or nothing.
///
/// # Errors
/// [`Refusal`] where it is not the order's fault.
pub const fn failure_of(
    error: DeskError,
    waits_for: Option<StopDirection>,
) -> Result<OrderFailure, Refusal> {
    Ok(match error {
        DeskError::UnknownMarket => OrderFailure::Product,
        DeskError::MarketClosed => OrderFailure::Closed,
        DeskError::UnknownAccount | DeskError::Funds => OrderFailure::Funds,
        DeskError::WouldTake => OrderFailure::PostOnly,
        DeskError::WouldTrigger => match waits_for {
            Some(StopDirection::Up) => OrderFailure::StopBelow,
            Some(StopDirection::Down) => OrderFailure::StopAbove,
            None => OrderFailure::Unknown,
        },
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

/// `part` of `whole` in percent, with so many digits.
pub fn percent(part: Decimal, whole: Decimal, digits: u8) -> Option<Decimal> {
    let ratio = part.checked_div(whole, digits + 2)?;
    Decimal::new(ratio.units_at(digits + 2)?, digits)
}

/// In the middle of two numbers.
pub fn middle(one: Decimal, other: Decimal) -> Option<Decimal> {
    let half = Decimal::new(5, 1)?;
    one.checked_add(other)?.times(half).map(Decimal::trimmed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn parts_and_middles_are_exact_or_cut_off() {
        assert_eq!(percent(number("0.5"), number("2"), 2), Some(number("25")));
        assert_eq!(percent(number("-1"), number("3"), 2), Some(number("-33.33")));
        assert_eq!(middle(number("68923.66"), number("68923.67")), Some(number("68923.665")));
        assert_eq!(text(number("68923.00")).0.to_string(), "68923");
    }
}
